// The whole computer: cores, memory, interrupt controller, timers and devices, and the run loop
// that gives each core its turn.
//
// Time is counted instructions: one nanosecond each. Cores run in rounds of a fixed quantum, one
// after the other over the same stretch of virtual time; the schedule is part of the state, so
// that where the host pauses a run makes no difference to it.

import Arm
import Platform

/// A simulated computer.
public final class Board {
  /// Nanoseconds of virtual time each core gets in a round.
  public static let quantum: UInt64 = 8192

  /// The cores.
  public private(set) var cores: [Core] = []
  /// Memory and devices.
  public let bus: Bus
  /// The interrupt controller.
  public let gic: GIC
  /// The generic timers.
  public let timers: GenericTimers
  /// Predecoded code.
  public let codeCache: CodeCache
  /// What makes code of operations, if the engine is not the interpreter.
  let translator: (any Translator)?
  /// Why there is none, where one was asked for.
  private let translatorRefusal: TranslatorRefusal?
  /// The error records.
  public var ras: RASNodes { bus.ras }

  /// Whose turn it is and how far everybody got.
  struct Schedule: Equatable {
    /// Virtual time at which the current round began.
    var roundStart: UInt64 = 0
    /// The core whose turn it is.
    var turn = 0
    /// Virtual time each core has reached.
    var reached: [UInt64]
    /// Instructions all cores have executed.
    var instructions: UInt64 = 0
  }
  var schedule: Schedule

  /// Virtual time at which the current slice of the running core ends.
  var sliceEnd: UInt64 = 0
  /// Why the run must stop, once something says so.
  var stopRequest: StopReason? { didSet { hasStopRequest = stopRequest != nil } }
  /// Whether a run ends where EL3 returns after an external abort: the moment at which what
  /// firmware published is complete and nobody has read it.
  public var stopsAtFirmwareReturn = false
  /// Whether a run ends where the console has sent the end of a line: the instruction that sent it is
  /// the last.
  public var stopsAtConsoleLine: Bool {
    get { bus.devices.uart0.tellsLineEnds }
    set { bus.devices.uart0.tellsLineEnds = newValue }
  }
  /// The virtual time beyond which no wait is skipped: a run stops there, and the next one goes on
  /// waiting. Nil, and so no limit, unless somebody lives through the waits.
  public var waitLimit: UInt64?
  /// Whether `stopRequest` is set; cheap to ask.
  private(set) var hasStopRequest = false
  /// What happened, oldest first; `takeEvents` empties it.
  private var events: [MachineEvent] = []

  /// Nanoseconds of virtual time, exact when an instruction asks.
  public var now: UInt64 { bus.now }
  /// Instructions all cores have executed.
  public var instructions: UInt64 { schedule.instructions }

  /// A board with a translator, or with the interpreter and why it is that.
  init(
    coreCount: Int, ramSize: UInt64, errorNodes: [ErrorNodeRow] = ErrorNodeRow.machine,
    translator: (any Translator)?, refusal: TranslatorRefusal? = nil
  ) throws(MemoryError) {
    self.translator = translator
    translatorRefusal = refusal
    codeCache = CodeCache()
    codeCache.exitEntry = translator?.exitEntry ?? 0
    gic = GIC(coreCount: coreCount)
    timers = GenericTimers(coreCount: coreCount)
    bus = try Bus(
      ramSize: ramSize, coreCount: coreCount, codeCache: codeCache, gic: gic,
      errorNodes: errorNodes)
    schedule = Schedule(reached: Array(repeating: 0, count: coreCount))
    for index in 0..<coreCount { cores.append(try Core(index: index, board: self)) }
    for core in cores { core.resetSystemRegisters() }
    bus.ras.receivers = cores.map { RASNodes.Receiver(core: $0) }
  }

  // MARK: Running

  /// Executes instructions until the budget is used up or something ends the run.
  ///
  /// - Parameter budget: Instructions, over all cores.
  /// - Returns: Why it stopped.
  public func run(instructions budget: UInt64) -> StopReason {
    var left = budget
    while left > 0 {
      if let reason = takeStop() { return reason }
      let turn = schedule.turn
      let core = cores[turn]
      let roundEnd = schedule.roundStart &+ Board.quantum
      let time = schedule.reached[turn]
      if time >= roundEnd {
        if cores.count > 1 { core.state.exclusiveSize = 0 }
        if turn + 1 < cores.count {
          schedule.turn += 1
        } else if let wait = beginRound(at: roundEnd) {
          return wait
        }
        continue
      }
      bus.now = time
      (sliceEnd, core.budgetLeft) = (time, 0)
      timers.update(core: turn, now: time, gic: gic)
      core.errorsArrive(at: time)
      if ras.nextInjection(core: turn) <= time { fakeErrors(core, now: time) }
      if turn == 0 { bus.updateDevices() }
      if bus.hasEvents { collectBusEvents(core: core, faultAddress: nil) }
      let deadline = max(nextDeadline(core: turn, now: time) ?? .max, time &+ 1)
      if core.state.waiting != 0 {
        core.takePendingInterrupt()
        if core.state.waiting != 0 {
          if core.state.waiting == 1 { core.hasWaited = true }
          // WFE also ends with the round: a store that another core's monitor would notice is not
          // tracked, and the architecture lets WFE end at any time.
          schedule.reached[turn] = min(deadline, roundEnd)
          if core.state.waiting == 2, schedule.reached[turn] == roundEnd { core.state.waiting = 0 }
          continue
        }
      }
      let count = min(min(deadline, roundEnd) - time, left)
      sliceEnd = time + count
      core.budgetLeft = Int(count)
      core.execute()
      let executed = count - UInt64(core.budgetLeft)
      core.state.instructions &+= executed
      schedule.reached[turn] = time + executed
      schedule.instructions += executed
      left -= executed
      if bus.hasEvents { collectBusEvents(core: core, faultAddress: nil) }
    }
    return takeStop() ?? .budget
  }

  /// Starts the next round, skipping the time in which every core waits: to its end, or as far as
  /// `waitLimit` allows. Why the run stops here, if it does.
  private func beginRound(at start: UInt64) -> StopReason? {
    var begin = start
    var stop: StopReason?
    if areAllWaiting(at: start) {
      var next: UInt64?
      for core in cores {
        guard let deadline = nextDeadline(core: core.index, now: start) else { continue }
        next = min(next ?? .max, deadline)
      }
      guard let next else { return .idle }
      begin = max(start, next)
      if let waitLimit, begin > waitLimit {
        // Nothing happens before `begin`, so that the part of the wait that is over can pass.
        (begin, stop) = (max(start, waitLimit), .waiting(until: begin))
      }
    }
    schedule.roundStart = begin
    schedule.turn = 0
    for index in cores.indices { schedule.reached[index] = begin }
    if stop != nil { bus.now = begin }
    return stop
  }

  /// Whether every core waits, and nothing is there to end it. A timer may have come due at this very moment,
  /// which is the end of a round: then it has no deadline any more, and no core's turn has seen it yet.
  private func areAllWaiting(at now: UInt64) -> Bool {
    guard cores.allSatisfy({ $0.state.waiting != 0 }) else { return false }
    for core in cores { timers.update(core: core.index, now: now, gic: gic) }
    return !cores.contains(where: hasPendingInterrupt)
  }

  /// When a core's interrupt inputs may next change by themselves. Devices count with core 0.
  private func nextDeadline(core: Int, now: UInt64) -> UInt64? {
    var deadline = timers.nextDeadline(core: core, now: now)
    let state = cores[core].state
    if state.errorInFlight != 0 { deadline = min(deadline ?? .max, state.errorArrival) }
    let injection = ras.nextInjection(core: core)
    if injection != .max { deadline = min(deadline ?? .max, injection) }
    guard core == 0, let device = bus.nextDeviceDeadline else { return deadline }
    return min(deadline ?? .max, device)
  }

  private func hasPendingInterrupt(_ core: Core) -> Bool {
    let signals = gic.signals(core: core.index, core.interruptView)
    if core.state.pendingError != 0 || core.isVirtualErrorPending { return true }
    return signals.irq || signals.fiq || signals.virtualIRQ || signals.virtualFIQ
  }

  private func takeStop() -> StopReason? {
    if let reason = stopRequest {
      stopRequest = nil
      return reason
    }
    if let request = bus.powerRequest {
      bus.powerRequest = nil
      log(.power(request), core: nil)
      return request == .off ? .powerOff : .reset
    }
    while !bus.unmodelled.isEmpty {
      let access = bus.unmodelled.removeFirst()
      if bus.isStrict { return .unmodelled(access) }
      log(.unmodelled(access), core: nil)
    }
    return nil
  }

  // MARK: Power and console

  /// Resets the machine as its reset line does: cores, devices and interrupts. Memory keeps its
  /// contents, its poison and its error records: the warm one of `ResetKind`.
  public func reset() {
    for core in cores {
      for index in 0..<CoreState.wordCount { core.state[word: index] = 0 }
      core.resetSystemRegisters()
      core.mmu.reset()
      core.errorReturnAddress = nil
      core.monitorEntry = nil
      core.delegatedReturns = []
    }
    gic.state = GIC(coreCount: cores.count).state
    timers.state = GenericTimers(coreCount: cores.count).state
    bus.resetDevices()
    stopRequest = nil
  }

  /// What the console printed since the last call.
  public func takeConsoleOutput() -> [UInt8] { bus.devices.uart0.takeOutput() }

  /// Types on the console.
  public func receiveConsoleInput(_ bytes: [UInt8]) { bus.receiveConsoleInput(bytes) }

  /// Whether software has asked the console's UART for an interrupt when a character arrives.
  public var isConsoleListening: Bool { bus.devices.uart0.isListening }

  // MARK: Caches

  /// Every core forgets what it may reach without the bus.
  func flushDirectAccess() {
    bus.flushRequested = false
    for core in cores {
      core.mmu.tlb.flushAll()
      core.pendingEffects.insert(.privilege)
    }
  }

  /// A page holds decoded code now: stores to it must be seen.
  func codeWasAdded(_ page: PhysicalAddress) {
    for core in cores { core.mmu.tlb.removeWriteAccess(physicalPage: page.rawValue) }
  }

  /// Forgets all decoded code, and every pointer to it.
  func emptyCodeCache() {
    for core in cores { core.mmu.tlb.flushAll() }
    codeCache.removeAll()
    translator?.removeAll()
  }

  /// Forgets all translations: there is no room for another one. No core is in one.
  func removeTranslations() {
    codeCache.removeTranslations()
    translator?.removeAll()
  }

  // MARK: The engine

  static func translator(
    for engine: ExecutionEngine
  ) -> ((any Translator)?, TranslatorRefusal?) {
    guard engine != .interpreter else { return (nil, nil) }
    do throws(TranslatorRefusal) {
      return (try HostTranslator.make(engine), nil)
    } catch {
      return (nil, error)
    }
  }

  /// What executes instructions, and what it has done.
  public var engineStatistics: EngineStatistics {
    translator?.statistics
      ?? EngineStatistics(engine: .interpreter, refusal: translatorRefusal?.description)
  }

  // MARK: Events

  /// What happened since the last call, oldest first.
  public func takeEvents() -> [MachineEvent] {
    defer { events.removeAll() }
    return events
  }

  /// Instructions all cores have executed, as far as a core is in its slice.
  func instructions(at core: Core) -> UInt64 {
    let slice = sliceEnd &- UInt64(truncatingIfNeeded: core.turnLeft)
    return schedule.instructions &+ (slice &- schedule.reached[core.index])
  }

  /// Notes an event at the place a core has reached.
  func log(_ kind: MachineEvent.Kind, core: Core?) {
    let slice = core.map { sliceEnd &- UInt64(truncatingIfNeeded: $0.turnLeft) } ?? now
    let inSlice = core.map { slice &- schedule.reached[$0.index] } ?? 0
    events.append(
      MachineEvent(
        instruction: schedule.instructions &+ inSlice, time: slice, core: core?.index, kind: kind))
  }

  /// Takes the bus's events, adding what only the core knows.
  func collectBusEvents(core: Core, faultAddress: UInt64?) {
    for event in bus.takeEvents() {
      guard case .consumed(var consumption) = event else {
        log(event, core: core)
        if case .coreMadeBad(let target, let error, _) = event { cores[target].raiseError(error) }
        if case .watchHit(let hit) = event { stopRequest = .watch(hit) }
        if case .consoleLine = event, stopRequest == nil { stopRequest = .consoleLine }
        continue
      }
      consumption.place = Consumption.Place(
        level: core.exceptionLevel, pc: VirtualAddress(core.state.pc),
        virtual: faultAddress.map { VirtualAddress($0) })
      log(.consumed(consumption), core: core)
      if case .serror(let error) = consumption.signal, let index = consumption.access.core {
        cores[index].raiseError(error)
      }
    }
  }

  /// A core's own node fakes the errors that it was asked for: the core is told of uncorrected ones as of
  /// real ones, by an SError.
  private func fakeErrors(_ core: Core, now: UInt64) {
    (sliceEnd, core.budgetLeft) = (now, 0)
    for state in bus.injectErrors(core: core.index, now: now) {
      if bus.hasEvents { collectBusEvents(core: core, faultAddress: nil) }
      if state.isUncorrected { core.raiseError(SystemError(state)) }
    }
  }

  /// Makes a core meet an error of its own, now: its node records it, and an SError follows.
  ///
  /// `error` is what the core will be told, if anything; `state` what its node records, with a
  /// Non-secure physical address or none.
  public func injectError(
    core index: Int, _ error: SystemError?, state: ErrorState, address: PhysicalAddress?
  ) {
    let core = cores[index]
    (sliceEnd, core.budgetLeft) = (schedule.reached[index], 0)
    bus.now = sliceEnd
    let recording = ras.recordError(ofCore: index, state, address: address, now: sliceEnd)
    log(.nodeRecorded(recording), core: core)
    bus.settleNodes()
    if bus.hasEvents { collectBusEvents(core: core, faultAddress: nil) }
    if let error { core.raiseError(error) }
  }

  /// Notes that EL3 has entered a handler of a delegated exception, or left one.
  func logDelegation(_ event: MachineEvent.Kind, core: Core) {
    if stopsAtFirmwareReturn, stopRequest == nil {
      stopRequest = .firmwareReturned(core: core.index)
    }
    log(event, core: core)
  }

  /// Notes that EL3 has left after an external abort or SError, whose preferred return address was
  /// `interrupted`, and that it goes on at `pc`: `core` is already there. An exception was forged if a vector is entered
  /// with that address as its own return address; the interrupted instruction may itself be one of a
  /// vector.
  func logFirmwareReturn(
    core: Core, from interrupted: UInt64, at pc: UInt64, level: ExceptionLevel
  ) {
    if stopsAtFirmwareReturn, stopRequest == nil {
      stopRequest = .firmwareReturned(core: core.index)
    }
    let state = core.state
    let (syndrome, address, link, base): (UInt64, UInt64, UInt64, UInt64) =
      switch level {
      case .el3: (state[.esrEL3], state[.farEL3], state[.elrEL3], state[.vbarEL3])
      case .el2: (state[.esrEL2], state[.farEL2], state[.elrEL2], state[.vbarEL2])
      default: (state[.esrEL1], state[.farEL1], state[.elrEL1], state[.vbarEL1])
      }
    let isAtVector = pc &- (base & ~0x7FF) < 0x800 && pc & 0x7F == 0
    log(
      .firmwareReturned(
        FirmwareReturn(
          target: level, pc: VirtualAddress(pc), syndrome: Syndrome(rawValue: syndrome),
          faultAddress: VirtualAddress(address), returnAddress: VirtualAddress(link),
          isForged: level != .el0 && link == interrupted && isAtVector)),
      core: core)
  }
}
