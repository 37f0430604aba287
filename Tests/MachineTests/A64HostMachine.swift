// An arm64 host made of our own machine: it executes, with the interpreter, what the A64 back end wrote for
// another machine of this process.
//
// Its addresses are this process's. Nothing of them is in its page tables: every first access to a page
// faults, and the test looks whether generated code may access that page at all before it enters the page in
// the fast TLB, with an addend of zero. So code that reaches for anything else is found, too. Code is fetched
// the same way. Functions of this program are breakpoints: the test calls them, and spoils every register that
// AAPCS64 lets a function spoil.

import Arm
import Support
import Testing

@testable import Machine

/// A host for one guest of one core.
final class A64HostMachine {
  /// A place that generated code calls or returns to.
  enum Place: UInt64, CaseIterable {
    case step = 0x4000_0000
    case vector = 0x4000_0010
    case body = 0x4000_0020
    case finished = 0x4000_0030
    /// Where an exception of the host goes, by the stack pointer it had.
    case faultSP0 = 0x4008_0000
    case faultSPx = 0x4008_0200
  }

  /// What may be done with a run of this process's bytes.
  struct Region {
    var bytes: Range<UInt64>
    var isWritable = false
    var isExecutable = false
  }

  let bench: InterpreterBench
  /// What executes here, once it is made.
  private(set) var guest: Core?
  private(set) var translator: A64Translator?
  private var regions: [Region] = []
  /// Pages of the guest's code, which has entries that generated code reads.
  private var codePages: Set<UInt64> = []
  /// Pages of generated code, decoded.
  private var decoded: [UInt64: CodePage] = [:]
  private var flushes = 0
  private var random = FuzzRandom(seed: 64)
  private let garbage: [UInt64] = {
    var random = FuzzRandom(seed: 46)
    return (0..<96).map { _ in random.next() }
  }()
  /// What went wrong, if anything did.
  private(set) var complaint: String?
  /// How often code was entered, faulted for a page, and called a function.
  private(set) var counts = (entries: 0, faults: 0, calls: 0)
  /// A mistake that is made on purpose: this word becomes the other one.
  var mistake: (word: UInt32, wrong: UInt32)?
  private var examined = 0
  /// The last fault, by address, instruction and kind, and how often it came again at once.
  private var lastFault: (UInt64, UInt64, Bool) = (0, 0, false)
  private var lastFaultTime: UInt64 = 0
  private var repetitions = 0

  /// Top of the host's stack.
  private static let stack: UInt64 = 0x4018_0000

  init() throws {
    bench = try InterpreterBench(engine: .interpreter)
    bench.enableMMU()
    bench.state[.cptrEL3] = 0
    // RET, NOP where it ends, and ERET for the vectors.
    bench.place([0xD65F_03C0], at: Place.step.rawValue)
    bench.place([0xD69F_03E0], at: Place.faultSP0.rawValue)
    bench.place([0xD69F_03E0], at: Place.faultSPx.rawValue)
    bench.board.cores[0].breakpoints = Set(Place.allCases.map(\.rawValue))
  }

  deinit { for page in decoded.values { page.deallocate() } }

  /// A board whose engine is the A64 back end, executed here.
  func makeBoard(
    ramSize: UInt64 = InterpreterBench.ramSize, capacity: Int = A64Translator.standardCapacity
  ) throws -> Board {
    let translator = try unsafe A64Translator(
      .jit, capacity: capacity,
      functions: CalledFunctions(
        step: UInt(Place.step.rawValue), vector: UInt(Place.vector.rawValue),
        body: UInt(Place.body.rawValue)),
      simulator: { [unowned self] words, code, budget in
        unsafe execute(words, UInt64(code), budget)
      })
    let board = try Board(coreCount: 1, ramSize: ramSize, translator: translator)
    adopt(board, translator)
    return board
  }

  private func adopt(_ board: Board, _ translator: A64Translator) {
    let core = board.cores[0]
    guest = core
    self.translator = translator
    func add(
      _ start: UInt64, _ count: Int, isWritable: Bool = false, isExecutable: Bool = false
    ) {
      regions.append(
        Region(
          bytes: start..<start + UInt64(count), isWritable: isWritable, isExecutable: isExecutable))
    }
    let words = unsafe core.state.words - ContextWord.count
    add(
      UInt64(UInt(bitPattern: words)), (ContextWord.count + CoreState.wordCount) * 8,
      isWritable: true)
    let tables = core.fastTLB.table(0)
    add(
      UInt64(unsafe UInt(bitPattern: tables.data)),
      TLBContext.count * TLB.entryCount * MemoryLayout<TLBEntry>.stride)
    add(
      UInt64(unsafe UInt(bitPattern: tables.code)),
      TLBContext.count * TLB.fetchCount * MemoryLayout<FetchEntry>.stride)
    let memory = translator.memory
    let code = unsafe memory.end - memory.bytes.count + translator.executableOffset
    add(UInt64(code), unsafe memory.bytes.count, isExecutable: true)
    examined = Int(translator.enterAddress) - translator.executableOffset
  }

  // MARK: Execution

  private func execute(_ words: UnsafeMutablePointer<UInt64>, _ code: UInt64, _ budget: Int) {
    // A host that has complained executes nothing any more.
    defer { if complaint != nil { guest?[context: ContextWord.budget] = 0 } }
    guard let translator, complaint == nil else { return }
    counts.entries += 1
    makeMistakes(translator)
    forgetOldCode(translator)
    noteCodePages()
    let state = bench.state
    for register: UInt8 in 0..<31 { state[x: register] = random.next() }
    for register: UInt8 in 0..<32 {
      for half in 0..<2 { state[v: register, half] = random.next() }
    }
    state[x: 0] = UInt64(UInt(bitPattern: words))
    state[x: 1] = code
    state[x: 2] = UInt64(bitPattern: Int64(budget))
    state[x: 30] = Place.finished.rawValue
    state[x: 31] = Self.stack
    let kept = preserved
    state.pc = UInt64(translator.enterAddress)
    while complaint == nil {
      bench.board.cores[0].passedBreakpoint =
        Place(rawValue: state.pc) == nil ? nil : state.pc
      let reason = bench.board.run(instructions: 50_000_000)
      guard case .breakpoint(_, let pc) = reason, let place = Place(rawValue: pc) else {
        complaint = "stopped for \(reason) at \(String(state.pc, radix: 16))"
        return
      }
      switch place {
      case .finished:
        if preserved != kept { complaint = "a register that a function preserves was changed" }
        return
      case .faultSP0, .faultSPx: enterPage(translator)
      case .step, .vector, .body: call(place)
      }
    }
  }

  /// X18 to X29, the stack pointer and the lower halves of V8 to V15: X18 is the platform's, the others are
  /// the caller's.
  private var preserved: [UInt64] {
    (18...29).map { bench.state[x: $0] } + [bench.state[x: 31]]
      + (8...15).map { bench.state[v: $0, 0] }
  }

  /// Has this process's function do it.
  private func call(_ place: Place) {
    counts.calls += 1
    let state = bench.state
    if state[x: 31] & 15 != 0 { complaint = "a call with a misaligned stack pointer" }
    let arguments = (0..<4).map { Int(truncatingIfNeeded: state[x: $0]) }
    let result = Self.call(place, arguments)
    spoilRegisters()
    bench.flags = UInt8(truncatingIfNeeded: random.next() & 15)
    // The upper half of the register of a 32-bit result is anything.
    state[x: 0] = UInt64(UInt32(bitPattern: result)) | random.next() << 32
    state.pc = state[x: 30]
  }

  /// Writes to every register but those of `preserved`: this is done often, and tests are not optimised.
  private func spoilRegisters() {
    let words = unsafe bench.state.words
    // X0 to X17, then from V0 on, two words each.
    let first = Int(random.next() & 63)
    unsafe garbage.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      unsafe words.update(from: start + first, count: 18)
      unsafe (words + StateWord.vectors).update(from: start + first, count: 16)
      unsafe (words + StateWord.vectors + 32).update(from: start + first, count: 32)
      var register = StateWord.vectors + 16
      while register < StateWord.vectors + 32 {
        unsafe words[register + 1] = start[first]
        register += 2
      }
    }
  }

  private static func call(_ place: Place, _ arguments: [Int]) -> Int32 {
    typealias Step = @convention(c) (UnsafeRawPointer?, Int, Int, Int) -> Int32
    typealias Vector = @convention(c) (UnsafeRawPointer?, UnsafeRawPointer?) -> Int32
    typealias Body = @convention(c) (UnsafeRawPointer?, UnsafeRawPointer?, Int) -> Int32
    let own = CalledFunctions.own
    let core = unsafe UnsafeRawPointer(bitPattern: arguments[0])
    let operation = unsafe UnsafeRawPointer(bitPattern: arguments[1])
    switch place {
    case .step:
      let function = unsafe unsafeBitCast(own.step, to: Step.self)
      return unsafe function(core, arguments[1], arguments[2], arguments[3])
    case .vector:
      let function = unsafe unsafeBitCast(own.vector, to: Vector.self)
      return unsafe function(core, operation)
    default:
      let function = unsafe unsafeBitCast(own.body, to: Body.self)
      return unsafe function(core, operation, arguments[2])
    }
  }

  // MARK: Pages

  /// The page of a fault, if generated code may do there what it tried.
  private func enterPage(_ translator: A64Translator) {
    counts.faults += 1
    let state = bench.state
    let address = state[.farEL3]
    let syndrome = state[.esrEL3]
    let isFetch = syndrome >> 26 == 0x21
    let isWrite = syndrome >> 26 == 0x25 && syndrome & 1 << 6 != 0
    let fault = (address, state[.elrEL3], isWrite)
    // ERET, and the access again. After more than that the page was entered, and another one, the stack's,
    // has taken its place in the TLB.
    let now = bench.board.instructions
    repetitions = fault == lastFault && now - lastFaultTime <= 2 ? repetitions + 1 : 0
    (lastFault, lastFaultTime) = (fault, now)
    guard isFetch || syndrome >> 26 == 0x25, repetitions < 3 else {
      complaint = "an exception: \(bench.board.cores[0].lastExceptions)"
      return
    }
    let page = address & ~0xFFF
    guard isAllowed(address, isWrite: isWrite, isFetch: isFetch),
      let host = unsafe UnsafeMutableRawPointer(bitPattern: UInt(page))
    else {
      let kind = isFetch ? "fetches from" : isWrite ? "writes to" : "reads from"
      complaint =
        "generated code \(kind) \(String(address, radix: 16)) at \(String(state[.elrEL3], radix: 16))"
      return
    }
    let translation = Translation(
      physicalAddress: PhysicalAddress(page), isSecure: true, blockSizeLog2: 12,
      mappingSizeLog2: 12, isGlobal: true, isReadable: true, isWritable: isWrite,
      isExecutable: isFetch, isDevice: false, attributes: 0xFF, shareability: 3)
    let tlb = bench.board.cores[0].fastTLB
    if isFetch {
      let code = unsafe decoded[page] ?? CodePage(host: host)
      decoded[page] = code
      tlb.fillFetch(TLBContext.el3, page, translation, payload: UInt64(code.address))
    } else {
      unsafe tlb.fill(
        TLBContext.el3, page, host: host, translation, isReadable: true, isWritable: isWrite)
    }
  }

  /// Whether generated code may access an address: a page is allowed whole.
  private func isAllowed(_ address: UInt64, isWrite: Bool, isFetch: Bool) -> Bool {
    let isInside = regions.contains {
      $0.bytes.contains(address) && $0.isExecutable == isFetch && ($0.isWritable || !isWrite)
    }
    if isInside || isFetch { return isInside }
    if isMapped(address, isWrite: isWrite) { return true }
    if isWrite { return false }
    noteCodePages()
    // Entries are in front of operations.
    return codePages.contains {
      address < $0 && address >= $0 - UInt64(CodePage.entriesOffset)
    }
  }

  /// Whether the guest's TLB has the page, and for stores: generated code has just looked there.
  private func isMapped(_ address: UInt64, isWrite: Bool) -> Bool {
    guard let table = guest?.fastTLB.table(0) else { return false }
    return (0..<TLBContext.count * TLB.entryCount).contains { index in
      let entry = unsafe table.data[index]
      let tag = isWrite ? entry.writeTag : entry.readTag
      return tag != TLBEntry.invalid && tag &+ entry.addend == address & ~0xFFF
    }
  }

  /// Notes what the guest's fetch TLB holds, and the page that was translated last.
  private func noteCodePages() {
    guard let guest, let translator else { return }
    codePages.insert(UInt64(translator.page.address))
    for context in 0..<TLBContext.count {
      let table = guest.fastTLB.table(context)
      for index in 0..<TLB.fetchCount {
        let entry = unsafe table.code[index]
        if entry.payload != 0 { codePages.insert(entry.payload) }
      }
    }
  }

  /// What `__clear_cache` does on a real host, when code memory is used again.
  private func forgetOldCode(_ translator: A64Translator) {
    guard translator.statistics.flushes != flushes else { return }
    flushes = translator.statistics.flushes
    for page in decoded.values { page.clear() }
    examined = translator.start
  }

  private func makeMistakes(_ translator: A64Translator) {
    guard let mistake else { return }
    while examined < translator.address {
      if let place = unsafe UnsafeMutablePointer<UInt32>(bitPattern: examined),
        unsafe place.pointee == mistake.word
      {
        unsafe place.pointee = mistake.wrong
      }
      examined += 4
    }
  }
}
