// A block: which operations belong to it, its code, and the code out of the way behind it.
//
// It begins by taking its length off the budget, and leaves if that is not there; whoever leaves in the
// middle gives back what was not executed. So the budget is exact wherever somebody looks at it.

import Arm

extension Translator {
  /// Whether there is no room for another block.
  var isFull: Bool { memory.end - address < BlockTranslator.reserve }

  /// Throws all blocks away. No core may be in one, and the caller forgets every entry.
  func removeAll() {
    memory.makeOwn(upTo: address)
    rewind(to: start)
    noteFlush()
  }

  /// Decodes the operations of the block at an index and tells how many there are; 0 where there is
  /// nothing to translate.
  func scan(_ core: Core, _ page: CodePage, _ index: Int, _ pageAddress: UInt64) -> Int {
    var length = 0
    while length < BlockTranslator.maximumLength, index + length < 1024 {
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
    memory.makeOwn(upTo: address)
    memory.beginWriting()
    self.page = page
    first = index
    count = length
    findWantedFlags()
    stubs.removeAll(keepingCapacity: true)
    forgetRegisters()
    pendingFlags = []
    forgetFlags()
    isLoopBody = false
    blockEntry = address
    let outOfBudget = takeOffBudget(length)
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
    patch(outOfBudget)
    leaveOutOfBudget()
    memory.endWriting(from: blockEntry, to: address)
    note(bytes: address - blockEntry)
    let code = UInt(blockEntry + executableOffset)
    page.setEntry(index, code)
    return code
  }

  /// Goes to the operation behind the block.
  func goOn(at next: Int) {
    if next == 1024 {
      setTarget(4096)
      jumpFar()
    } else {
      jumpLocal(next)
    }
  }

  /// Goes to an operation of this page: at once if it is translated, else by way of its entry, so that
  /// code made later is found.
  func jumpLocal(_ target: Int) {
    if target == first { return jump(to: blockEntry) }
    let known = page.entry(target)
    if known != exitEntry {
      jump(to: Int(known) - executableOffset)
    } else {
      jumpByEntry(target)
    }
  }

  private func leaveOutOfBudget() {
    giveBackToBudget(count)
    leave(at: first)
  }

  private func write(_ stub: Stub) {
    stub.sites.forEach { patch($0) }
    spill(stub.spill)
    store(flags: stub.flags)
    let unexecuted = count - stub.ordinal - 1
    switch stub.kind {
    case .step:
      callStep(stub.ordinal)
      if stub.restoresFlags { restoreFlags() }
      reload(stub.reload)
      jump(to: stub.resume)
    case .outOfBudget: leaveOutOfBudget()
    case .local(let target):
      if unexecuted != 0 { giveBackToBudget(unexecuted) }
      jumpLocal(target)
    case .far(let distance):
      if unexecuted != 0 { giveBackToBudget(unexecuted) }
      setTarget(distance)
      jumpFar()
    }
  }

  // MARK: Steps

  /// An operation that has no translation.
  func step(_ k: Int) {
    writeBack()
    forgetRegisters()
    callStep(k)
    forgetFlags()
  }

  /// Ends an operation whose fast path may be missed at `sites`: then it is a step. `spill` is what was
  /// not in the state when it began.
  func finish(_ k: Int, _ sites: Sites, _ spill: CachedRegisters) {
    stubs.append(
      Stub(
        kind: .step, sites: sites, resume: address, ordinal: k, spill: spill, flags: pendingFlags,
        reload: mappedRegisters(), restoresFlags: areFlagsKept))
    if !areFlagsKept { forgetFlags() }
  }

  // MARK: Flags

  /// Finds the flags that are wanted after each operation, from the last one back. What nobody reads before
  /// it is set again is not written.
  private func findWantedFlags() {
    var flags = ConditionFlags.all
    for k in stride(from: count - 1, through: 0, by: -1) {
      let operation = operation(k)
      let opcode = operation.opcode.unfused
      opcodes[k] = opcode
      wanted[k] = flags
      switch opcode.flagEffect {
      case .none: break
      case .sets(let reading): flags = reading
      case .reads(let read): flags.formUnion(read)
      case .readsCondition: flags.formUnion(.read(by: operation.extra))
      case .leaves: flags = .all
      }
    }
  }
}

extension Opcode {
  /// The compare of a fused compare and branch: the branch has an operation of its own as well.
  var unfused: Opcode {
    switch self {
    case .subtractsImmediate64BranchNE, .subtractsImmediate64BranchEQ: .subtractsImmediate64
    case .subtractsImmediate32BranchNE, .subtractsImmediate32BranchEQ: .subtractsImmediate32
    default: self
    }
  }

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
