// The real machine as an experiment sees it: a thin adapter over `Board`.

import Arm
import Machine
import Platform

/// A board under experiment.
public final class BoardTarget: Target {
  /// The machine itself.
  public let board: Board
  /// What `takeEvents` has not taken yet.
  var events: [TimelineEvent] = []
  /// Hits of watches that `run` has not reported: one instruction may hit several.
  var hits: [WatchHit] = []

  /// A board ready to run its firmware. Throws BoardError.
  public init(
    cores: Int, memory: UInt64, firmware: [UInt8], kernel: [UInt8]?, initrd: [UInt8]?,
    commandLine: String, serror: Scenario.SErrorNotification = .event,
    aborts: Scenario.AbortRouting = .el3, events: Scenario.EventNotification = .gpio,
    watchdog: UInt64 = 0,
    scrubRate: UInt64 = 0, errorNodes: [ErrorNodeRow] = ErrorNodeRow.machine,
    isStrict: Bool = false,
    engine: ExecutionEngine = .standard
  ) throws {
    board = try Board(
      BoardConfiguration(
        coreCount: cores, ramSize: memory, firmware: firmware, kernel: kernel, initrd: initrd,
        commandLine: commandLine,
        files: serror.firmwareFiles.merging(aborts.firmwareFiles) { $1 }
          .merging(events.firmwareFiles) { $1 }
          .merging(
            watchdog == 0 ? [:] : [FirmwareSetting.watchdog.description: Array("\(watchdog)".utf8)]
          ) { $1 },
        errorNodes: errorNodes, engine: engine))
    board.stopsAtFirmwareReturn = true
    board.bus.isStrict = isStrict
    board.bus.scrubRate = scrubRate
    self.memory = (MemoryMap.ram, memory)
  }

  /// Instructions executed by all cores since reset.
  public var instructions: UInt64 { board.instructions }
  /// Nanoseconds of virtual time.
  public var virtualNanoseconds: UInt64 { board.now }
  /// The virtual time beyond which no wait is skipped: `run` ends there with `.waiting`.
  public var waitLimit: UInt64? {
    get { board.waitLimit }
    set { board.waitLimit = newValue }
  }
  /// Whether software on the machine waits for the console's input.
  public var isListening: Bool { board.isConsoleListening }
  /// Where each core is: exception level, program counter, and whether it waits; and below, of each
  /// level that took an exception, its syndrome, its return address and its fault address.
  public var positions: [String] {
    board.cores.flatMap { core in
      [
        "PE \(core.index): EL\(core.exceptionLevel.rawValue) pc \(core.state.pc.hex(16))"
          + (core.state.waiting != 0 ? " waiting" : "")
      ]
        + core.lastExceptions.map { "PE \(core.index): \($0)" }
    }
  }
  /// What executes instructions, and what it has done, in one line.
  public var engine: String { board.engineStatistics.description }
  /// How many cores there are.
  public var coreCount: Int { board.cores.count }
  /// Start and size of the RAM.
  public let memory: (start: UInt64, size: UInt64)

  /// Runs at most so many instructions.
  public func run(instructions budget: UInt64) -> TargetStop {
    let reason = board.run(instructions: budget)
    for event in board.takeEvents() { note(event) }
    switch reason {
    case .budget: return .budget
    case .firmwareReturned, .consoleLine: return .event
    case .powerOff: return .powerOff
    case .reset: return .reset
    case .idle: return .idle
    case .waiting(let end): return .waiting(until: end)
    case .unmodelled(let access): return .unmodelled(access.description)
    case .watch:
      defer { hits = [] }
      for hit in hits { board.bus.unwatch(hit.identifier) }
      return .triggers(hits.map { TriggerHit(.watch($0.identifier), core: $0.core) })
    case .breakpoint(let index, let pc):
      for core in board.cores { core.breakpoints.remove(pc) }
      return .triggers([TriggerHit(.breakpoint(VirtualAddress(pc)), core: index)])
    }
  }

  /// Resets the board.
  public func reset(_ kind: ResetKind) {
    board.reset(kind)
    hits = []
  }

  /// What the console printed since the last call.
  public func takeConsole() -> [UInt8] { board.takeConsoleOutput() }

  /// Types on the console.
  public func type(_ bytes: [UInt8]) {
    board.receiveConsoleInput(bytes)
  }

  /// What the hardware noted since the last call.
  public func takeEvents() -> [TimelineEvent] {
    for event in board.takeEvents() { note(event) }
    defer { events = [] }
    return events
  }

  /// Reads physical memory as a debugger does.
  public func read(_ address: PhysicalAddress, count: Int) -> [UInt8]? {
    board.bus.readBytes(address, count: count)
  }

  /// Who runs on a core; nil for firmware.
  public func context(core index: Int) -> Scenario.Context? {
    let core = board.cores[index]
    return switch core.exceptionLevel {
    case .el3: nil
    case .el2: .hostKernel
    case .el1: core.runsGuest ? .guestKernel : .hostKernel
    case .el0: core.runsGuest ? .guestProcess : .hostProcess
    }
  }

  /// Whether a core waits for an interrupt (WFI), or runs a process or a guest.
  public func isUseful(core index: Int) -> Bool {
    // A core that is off waits in firmware.
    if board.cores[index].state.waiting == 1 { return true }
    return switch context(core: index) {
    case .hostProcess, .guestKernel, .guestProcess: true
    case .hostKernel, nil: false
    }
  }

  /// Whether a core has waited for an interrupt since this was last asked.
  public func takeWait(core index: Int) -> Bool {
    let core = board.cores[index]
    defer { core.hasWaited = false }
    return core.hasWaited
  }

  /// What a core does, as far as one look tells.
  public func activity(core index: Int) -> CoreActivity {
    let core = board.cores[index]
    switch core.deadEnd {
    case nil: return core.state.waiting != 0 ? .waiting : .going
    case .exception(let last)?:
      return .stuck(
        at: last.returnAddress, "takes the same exception at its own vector for ever: \(last)")
    case .branchToItself(let pc)?:
      return .stuck(
        at: pc, "branches to itself for ever at EL3, with interrupts masked: pc \(pc.hex(16))")
    }
  }

  /// Whether `run` ends when a line of the console is complete.
  public var stopsAtLines: Bool {
    get { board.stopsAtConsoleLine }
    set { board.stopsAtConsoleLine = newValue }
  }

  /// A general register of a core, as what runs there sees it.
  public func read(_ register: TargetRegister, core index: Int) -> UInt64 {
    let core = board.cores[index]
    return core.state[x: UInt8(register.rawValue.dropFirst()) ?? 31]
  }

  /// The physical address that a virtual one has in a core's current context, or nil. The addresses
  /// of EL3 are nobody else's.
  public func translate(core index: Int, _ address: VirtualAddress) -> PhysicalAddress? {
    let core = board.cores[index]
    guard core.exceptionLevel != .el3 else { return nil }
    return core.translateForDebug(address)
  }

  /// The physical address of the stage 1 descriptor of a virtual address at a level, or nil.
  public func descriptor(core index: Int, _ address: VirtualAddress, level: Int) -> PhysicalAddress?
  {
    let core = board.cores[index]
    guard core.exceptionLevel != .el3 else { return nil }
    return core.descriptorForDebug(address, level: level)
  }

  /// The physical address that a guest's physical one has in the guest that a core runs, or nil.
  public func translate(core: Int, _ address: IntermediatePhysicalAddress) -> PhysicalAddress? {
    board.cores[core].translateForDebug(address)
  }

  /// The physical address of the stage 2 descriptor of a guest's physical address at a level, or
  /// nil.
  public func descriptor(
    core: Int, _ address: IntermediatePhysicalAddress, level: Int
  )
    -> PhysicalAddress?
  {
    board.cores[core].descriptorForDebug(address, level: level)
  }

  /// Where a physical address is for the guest that a core runs, or ran when EL3 took it.
  public func guestAddress(core: Int, _ address: PhysicalAddress) -> IntermediatePhysicalAddress? {
    board.cores[core].guestAddressForDebug(address)
  }

  /// Poisons the 64-byte line at a physical address. False where there is no memory.
  public func plantPoison(_ address: PhysicalAddress, _ poison: Poison) -> Bool {
    board.bus.plantPoison(address, poison)
  }

  /// Poisons every line of memory that a pattern has. False where no memory has one.
  public func plantPoison(_ lines: LinePattern, _ poison: Poison) -> Bool {
    board.bus.plantPoison(lines, poison)
  }

  /// A whole-line engine copies so many lines, with their poison: how many it did; nil where there is not so much
  /// memory.
  public func copyLines(
    from source: PhysicalAddress, to destination: PhysicalAddress, count: Int
  ) -> Int? {
    board.bus.copyLines(from: source, to: destination, lineCount: count)
  }

  /// The memory node finds the line at a physical address to be bad, which it is, without an access.
  public func announcePoison(_ address: PhysicalAddress) {
    board.bus.announcePoison(address)
  }

  /// From now on lines are read `rate` times a second, `count` times or for as long as they are bad.
  public func addTraffic(_ lines: LinePattern, rate: UInt64, count: UInt64?) {
    board.bus.addTraffic(lines, rate: rate, count: count)
  }

  /// Makes a core meet an error of its own now, told by an SError.
  public func injectError(core: Int, _ address: PhysicalAddress?, _ poison: Poison) {
    let error: SystemError? = if case .serror(let error) = poison.signal { error } else { nil }
    board.injectError(
      core: core, error, state: poison.state,
      address: poison.address == .valid ? address : nil)
  }

  /// Makes the interconnect meet an error in itself now.
  public func injectInterconnectError(
    _ state: ErrorState, isCritical: Bool, cause: Scenario.InterconnectCause,
    _ address: PhysicalAddress?
  ) {
    board.bus.injectInterconnectError(
      state, isCritical: isCritical, cause: cause.code, address: address)
  }

  /// Stops `run` right after the n-th access from now on to `length` bytes at a physical address.
  public func watch(
    _ address: PhysicalAddress, length: UInt64, kind: Scenario.AccessKind, count: UInt64
  ) -> Int? {
    let kinds: AccessKinds =
      switch kind {
      case .read: .read
      case .write: .write
      case .execute: .execute
      case .any: .all
      }
    return board.bus.watch(
      address, byteCount: length, kinds: kinds, ordinal: count)
  }

  /// Stops `run` before the instruction at a virtual address, on whatever core.
  public func setBreakpoint(_ address: VirtualAddress) {
    for core in board.cores { core.breakpoints.insert(address.rawValue) }
  }

  /// A hash of the whole state.
  public func hash() -> UInt64 { board.hash() }

  /// Drops what saving drops.
  public func mark() { board.mark() }

  /// The board, and what its adapter has to tell.
  public struct Saved {
    fileprivate let board: Board.Snapshot
    fileprivate let breakpoints: [Set<UInt64>]
    fileprivate let events: [TimelineEvent]
    fileprivate let hits: [WatchHit]
  }

  /// Saves the whole machine. Throws MemoryError.
  public func save() throws -> Saved {
    for event in board.takeEvents() { note(event) }
    return Saved(
      board: try board.snapshot(), breakpoints: board.cores.map(\.breakpoints), events: events,
      hits: hits)
  }

  /// Makes the whole machine what it was.
  public func restore(_ saved: Saved) {
    board.restore(saved.board)
    for (core, breakpoints) in zip(board.cores, saved.breakpoints) {
      core.breakpoints = breakpoints
    }
    (events, hits) = (saved.events, saved.hits)
  }
}

extension Scenario.InterconnectCause {
  /// IERR.
  fileprivate var code: UInt8 {
    switch self {
    case .data: InterconnectErrorCause.data
    case .request: InterconnectErrorCause.request
    case .snoopFilter: InterconnectErrorCause.snoopFilter
    }
  }
}
