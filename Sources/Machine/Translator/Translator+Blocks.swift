// A block: which operations belong to it, its code, and the code out of the way behind it.
//
// It begins by taking its length off the budget, and leaves if that is not there; whoever leaves in the
// middle gives back what was not executed. So the budget is exact wherever somebody looks at it.

import Arm

/// Code out of the way.
struct Stub {
  enum Kind {
    /// Has the interpreter execute an operation, and goes on behind it.
    case step
    /// Goes to an operation of the page.
    case local(Int)
    /// Goes so many bytes from the beginning of the page.
    case far(Int)
    /// Leaves: the budget is not enough for another turn of a loop.
    case outOfBudget
  }
  var kind: Kind
  /// The jumps that come here.
  var sites: Sites
  /// Where to go on, for `step`.
  var resume: Int
  /// The operation it belongs to.
  var ordinal: Int
  /// What to write to the state first.
  var spill: CachedRegisters
  /// What to read from the state afterwards.
  var reload = CachedRegisters()
}

extension Translator {
  /// Decodes the operations of the block at an index and tells how many there are; 0 where there is
  /// nothing to translate.
  func scan(_ core: Core, _ page: CodePage, _ index: Int, _ pageAddress: UInt64) -> Int {
    var length = 0
    while length < Translator.maximumLength, index + length < 1024 {
      let place = index + length
      if page.operation(place).opcode == .undecoded {
        // As the loop does it, so that stores to the page are seen.
        core.decode(
          at: Position(
            pc: pageAddress + UInt64(place * 4), operations: page.address, budget: 1))
      }
      let operation = page.operation(place)
      if operation.opcode == .alone { break }
      length += 1
      if operation.opcode.endsBlock { break }
      // Conditions 14 and 15, to another page: always taken.
      if operation.opcode == .branchConditional, operation.extra >= 14 { break }
      if let target = operation.localTarget(at: place), target <= place { break }
    }
    return length
  }

  /// Translates the block of `length` operations at `index`. The address of its code.
  func translate(_ page: CodePage, _ index: Int, _ length: Int) -> UInt {
    makeOwn()
    self.page = page
    first = index
    count = length
    findWantedFlags()
    stubs.removeAll(keepingCapacity: true)
    forgetRegisters()
    liveFlags = .none
    isLoopBody = false
    blockEntry = x86.address
    x86.alu(.sub, .r15, imm: Int32(length), w: true)
    let outOfBudget = x86.jump(.l)
    var isEnded = false
    for k in 0..<length {
      locked = 0
      isEnded = emit(k)
    }
    if !isEnded {
      writeBack()
      goOn(at: index + length)
    }
    for stub in stubs { write(stub) }
    x86.patch(outOfBudget)
    leaveOutOfBudget()
    note(x86.address - blockEntry)
    let code = UInt(blockEntry + executableOffset)
    page.setEntry(index, code)
    return code
  }

  /// Goes to the operation behind the block.
  func goOn(at next: Int) {
    if next == 1024 {
      x86.load(.ax, .bx, Self.offset(ContextWord.page))
      x86.lea(.ax, .ax, 4096)
      jumpFar()
    } else {
      jumpLocal(next)
    }
  }

  /// Goes to an operation of this page: at once if it is translated, else by way of its entry, so that
  /// code made later is found.
  func jumpLocal(_ target: Int) {
    if target == first { return x86.jump(to: blockEntry) }
    let known = page.entry(target)
    if known != exitEntry {
      x86.jump(to: Int(known) - executableOffset)
    } else {
      x86.mov(.ax, imm: UInt64(target * 4))
      x86.mov(.cx, imm: UInt64(page.entryAddress(target)))
      x86.jumpMemory(.cx, 0)
    }
  }

  /// Goes to the virtual address in AX: by the fetch TLB, as `Position.jump`, or leaves.
  func jumpFar() {
    x86.mov(.cx, .ax)
    x86.shift(.shr, .cx, 7, w: false)
    x86.alu(.and, .cx, imm: Int32((TLB.fetchCount - 1) * 32), w: false)
    x86.alu(.add, .cx, .bx, Self.offset(ContextWord.codeTLB), w: true)
    x86.mov(.dx, .ax)
    x86.alu(.and, .dx, imm: ~0xFFC, w: true)
    x86.alu(.cmp, .dx, .cx, 0, w: true)
    let miss = x86.jump(.ne)
    x86.load(.cx, .cx, FetchEntry.payloadOffset)
    x86.store(.dx, .bx, Self.offset(ContextWord.page))
    x86.alu(.and, .ax, imm: 0xFFC, w: false)
    x86.jumpMemory(.cx, .ax, 1, -Int32(CodePage.entriesOffset))
    x86.patch(miss)
    x86.store(.ax, .bx, Self.offset(StateWord.pc))
    x86.store(.r15, .bx, Self.offset(ContextWord.budget))
    x86.jump(to: commonExit)
  }

  private func leaveOutOfBudget() {
    x86.alu(.add, .r15, imm: Int32(count), w: true)
    x86.mov(.ax, imm: UInt64(first * 4))
    x86.jump(to: exitStub)
  }

  private func write(_ stub: Stub) {
    stub.sites.forEach { x86.patch($0) }
    spill(stub.spill)
    let unexecuted = Int32(count - stub.ordinal - 1)
    switch stub.kind {
    case .step:
      callStep(stub.ordinal)
      reload(stub.reload)
      x86.jump(to: stub.resume)
    case .outOfBudget: leaveOutOfBudget()
    case .local(let target):
      if unexecuted != 0 { x86.alu(.add, .r15, imm: unexecuted, w: true) }
      jumpLocal(target)
    case .far(let distance):
      if unexecuted != 0 { x86.alu(.add, .r15, imm: unexecuted, w: true) }
      x86.load(.ax, .bx, Self.offset(ContextWord.page))
      x86.lea(.ax, .ax, Int32(distance))
      jumpFar()
    }
  }

  // MARK: Steps

  /// Has the interpreter execute an operation; leaves if that says so.
  private func callStep(_ k: Int) {
    x86.load(.di, .bx, Self.offset(ContextWord.core))
    x86.mov(.si, imm: UInt64(page.address))
    x86.mov(.dx, imm: UInt64((first + k) * 4))
    x86.lea(.cx, .r15, Int32(count - k))
    x86.callMemory(.bx, Self.offset(ContextWord.step))
    x86.test(.ax, .ax, w: false)
    x86.jump(.ne, to: commonExit)
  }

  /// An operation that has no translation.
  func step(_ k: Int) {
    writeBack()
    forgetRegisters()
    callStep(k)
  }

  /// Ends an operation whose fast path may be missed at `sites`: then it is a step. `spill` is what was
  /// not in the state when it began.
  func finish(_ k: Int, _ sites: Sites, _ spill: CachedRegisters) {
    stubs.append(
      Stub(
        kind: .step, sites: sites, resume: x86.address, ordinal: k, spill: spill,
        reload: mappedRegisters()))
  }
}

/// Up to four jumps to one stub, without a heap.
struct Sites {
  private var ends = SIMD4<Int>(repeating: 0)
  private var count = 0

  init() {}
  init(_ site: JumpSite) { append(site) }

  mutating func append(_ site: JumpSite) {
    precondition(count < 4, "a stub has at most four sites")
    ends[count] = site.end
    count += 1
  }

  mutating func append(_ others: Sites) { others.forEach { append($0) } }

  func forEach(_ body: (JumpSite) -> Void) {
    for index in 0..<count { body(JumpSite(end: ends[index])) }
  }
}

extension Opcode {
  /// Whether nothing behind it belongs to the same block.
  var endsBlock: Bool {
    switch self {
    case .branchLocal, .branchLinkLocal, .branch, .branchLink, .branchRegister, .branchLinkRegister,
      .returnFromSubroutine, .supervisorCall, .hypervisorCall, .secureMonitorCall,
      .breakpointInstruction, .haltInstruction, .exceptionReturn, .unallocated, .waitForEvent,
      .waitForInterrupt:
      true
    default: false
    }
  }
}

extension Operation {
  /// Where a branch inside a page goes: the place of its target, for an operation at `index`.
  func localTarget(at index: Int) -> Int? {
    guard opcode.rawValue >= Opcode.branchLocal.rawValue,
      opcode.rawValue <= Opcode.testBranchNonZeroLocal.rawValue
    else { return nil }
    return index + 1 + Int(Int64(bitPattern: immediate)) / Position.stride
  }
}
