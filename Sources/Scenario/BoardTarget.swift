// The real machine as an experiment sees it: a thin adapter over `Board`.

import Arm
import Machine
import Platform

/// A board under experiment.
public final class BoardTarget: Target {
  /// The machine itself.
  public let board: Board
  private var events: [TargetEvent] = []
  /// Hits of watches that `run` has not reported: one instruction may hit several.
  private var hits: [WatchHit] = []

  /// A board ready to run its firmware. Throws BoardError.
  public init(
    cores: Int, memory: UInt64, firmware: [UInt8], kernel: [UInt8]?, initrd: [UInt8]?,
    commandLine: String, serror: Scenario.SErrorNotification = .event,
    aborts: Scenario.AbortRouting = .el3, isStrict: Bool = false
  ) throws {
    board = try Board(
      BoardConfiguration(
        coreCount: cores, ramSize: memory, firmware: firmware, kernel: kernel, initrd: initrd,
        commandLine: commandLine, files: serror.firmwareFiles.merging(aborts.firmwareFiles) { $1 }))
    board.stopsAtFirmwareReturn = true
    board.bus.isStrict = isStrict
    self.memory = (MemoryMap.ram, memory)
  }

  /// Instructions executed by all cores since reset.
  public var instructions: UInt64 { board.instructions }
  /// Nanoseconds of virtual time.
  public var virtualNanoseconds: UInt64 { board.now }
  /// Where each core is: exception level, program counter, and whether it waits.
  public var positions: [String] {
    board.cores.map { core in
      "PE \(core.index): EL\(core.exceptionLevel.rawValue) pc \(core.state.pc.hex(16))"
        + (core.state.waiting != 0 ? " waiting" : "")
    }
  }
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
    case .firmwareReturned: return .event
    case .powerOff: return .powerOff
    case .reset: return .reset
    case .idle: return .idle
    case .unmodelled(let access): return .unmodelled(access.description)
    case .watch:
      defer { hits = [] }
      for hit in hits { board.bus.unwatch(hit.identifier) }
      return .triggers(hits.map { TriggerHit(.watch($0.identifier), core: $0.core) })
    case .breakpoint(let index, let pc):
      for core in board.cores { core.breakpoints.remove(pc) }
      return .triggers([TriggerHit(.breakpoint(pc), core: index)])
    }
  }

  /// What the console printed since the last call.
  public func takeConsole() -> [UInt8] { board.takeConsoleOutput() }

  /// Types on the console.
  public func type(_ bytes: [UInt8]) {
    board.receiveConsoleInput(bytes)
  }

  /// What the hardware noted since the last call.
  public func takeEvents() -> [TargetEvent] {
    for event in board.takeEvents() { note(event) }
    defer { events = [] }
    return events
  }

  /// Reads physical memory as a debugger does.
  public func read(physical address: UInt64, count: Int) -> [UInt8]? {
    board.bus.readBytes(PhysicalAddress(address), count: count)
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

  /// A general register of a core, as what runs there sees it.
  public func read(_ register: TargetRegister, core index: Int) -> UInt64 {
    let core = board.cores[index]
    return core.state[x: UInt8(register.rawValue.dropFirst()) ?? 31]
  }

  /// The physical address that a virtual one has in a core's current context, or nil. The addresses
  /// of EL3 are nobody else's.
  public func translate(core index: Int, virtual address: UInt64) -> UInt64? {
    let core = board.cores[index]
    guard core.exceptionLevel != .el3 else { return nil }
    return core.translateForDebug(VirtualAddress(address))?.rawValue
  }

  /// The physical address of the stage 1 descriptor of a virtual address at a level, or nil.
  public func descriptor(core index: Int, virtual address: UInt64, level: Int) -> UInt64? {
    let core = board.cores[index]
    guard core.exceptionLevel != .el3 else { return nil }
    return core.descriptorForDebug(VirtualAddress(address), level: level)?.rawValue
  }

  /// The physical address that a guest's physical one has in the guest that a core runs, or nil.
  public func translate(core: Int, intermediate address: UInt64) -> UInt64? {
    board.cores[core].translateForDebug(IntermediatePhysicalAddress(address))?.rawValue
  }

  /// The physical address of the stage 2 descriptor of a guest's physical address at a level, or
  /// nil.
  public func descriptor(core: Int, intermediate address: UInt64, level: Int) -> UInt64? {
    board.cores[core].descriptorForDebug(IntermediatePhysicalAddress(address), level: level)?
      .rawValue
  }

  /// Where a physical address is for the guest that a core runs, or ran when EL3 took it.
  public func guestAddress(core: Int, physical address: UInt64) -> UInt64? {
    board.cores[core].guestAddressForDebug(PhysicalAddress(address))?.rawValue
  }

  /// Poisons the 64-byte line at a physical address. False where there is no memory.
  public func plantPoison(physical address: UInt64, _ poison: Poison) -> Bool {
    board.bus.plantPoison(PhysicalAddress(address), poison)
  }

  /// Makes a core meet an error of its own now, told by an SError.
  public func injectError(core: Int, physical address: UInt64?, _ poison: Poison) {
    let error: SystemError? = if case .serror(let error) = poison.signal { error } else { nil }
    board.injectError(
      core: core, error, state: poison.state,
      address: poison.isAddressValid ? address.map { PhysicalAddress($0) } : nil)
  }

  /// Stops `run` right after the n-th access from now on to `length` bytes at a physical address.
  public func watch(
    physical address: UInt64, length: UInt64, kind: Scenario.AccessKind, count: UInt64
  ) -> Int? {
    let kinds: AccessKinds =
      switch kind {
      case .read: .read
      case .write: .write
      case .execute: .execute
      case .any: .all
      }
    return board.bus.watch(
      PhysicalAddress(address), byteCount: length, kinds: kinds, ordinal: count)
  }

  /// Stops `run` before the instruction at a virtual address, on whatever core.
  public func setBreakpoint(virtual address: UInt64) {
    for core in board.cores { core.breakpoints.insert(address) }
  }

  /// A hash of the whole state.
  public func hash() -> UInt64 { board.hash() }

  /// Saves the whole machine. Throws MemoryError.
  public func save() throws -> Board.Snapshot { try board.snapshot() }

  /// Makes the whole machine what it was.
  public func restore(_ saved: Board.Snapshot) { board.restore(saved) }

  private func note(_ event: MachineEvent) {
    func add(_ kind: TargetEvent.Kind) {
      events.append(
        TargetEvent(instructions: event.instruction, core: event.core ?? 0, kind: kind))
    }
    switch event.kind {
    case .poisonPlanted(let line, _): add(.poisonPlanted(physical: line.rawValue))
    case .poisonCured(let line): add(.poisonCured(physical: line.rawValue))
    case .consumed(let consumption):
      guard let place = consumption.place else { break }
      add(
        .consumed(
          el: Int(place.level.rawValue), pc: place.pc.rawValue, virtual: place.virtual?.rawValue,
          physical: consumption.address.rawValue,
          access: BoardTarget.purpose(consumption.access)))
      if let written = BoardTarget.written(consumption.recording) { add(written) }
    case .nodeRecorded(let recording):
      if let written = BoardTarget.written(recording) { add(written) }
    case .errorPending(let syndrome, _): add(.pending(iss: syndrome[Syndrome.iss]))
    case .errorDeferred(let value, let isVirtual):
      add(.deferred(register: isVirtual ? "VDISR_EL2" : "DISR_EL1", value: value.rawValue))
    case .exceptionTaken(let taken):
      let cause: String =
        switch taken.cause {
        case .abort: taken.syndrome.exceptionClass.title ?? "reserved"
        case .serror: "SError"
        case .virtualSError: "virtual SError"
        }
      add(
        .taken(
          cause: cause, from: Int(taken.source.rawValue), to: Int(taken.target.rawValue),
          vector: taken.vector.rawValue, esr: taken.syndrome.rawValue,
          far: taken.faultAddress?.rawValue, elr: taken.returnAddress.rawValue))
    case .firmwareReturned(let entry):
      let (to, pc) = (Int(entry.target.rawValue), entry.pc.rawValue)
      let hasAddress = entry.syndrome.exceptionClass != .serror
      add(
        entry.isForged
          ? .forged(
            to: to, vector: pc, offset: pc & 0x7FF, esr: entry.syndrome.rawValue,
            far: hasAddress ? entry.faultAddress.rawValue : nil,
            elr: entry.returnAddress.rawValue)
          : .returned(to: to, pc: pc))
    case .watchHit(let hit): hits.append(hit)
    case .unmodelled(let access): add(.unmodelled(access.description))
    case .power: break
    }
  }

  private static func written(_ recording: ErrorRecording) -> TargetEvent.Kind? {
    guard recording.outcome != nil else { return nil }
    return .recordWritten(
      node: "\(recording.node)", status: recording.status.rawValue,
      address: recording.address.rawValue)
  }

  private static func purpose(_ access: BusAccess) -> String {
    switch access.purpose {
    case .instructionFetch: "fetch"
    case .tableWalk: "table walk"
    case .data, .debug: access.core == nil ? "DMA" : "data"
    }
  }
}
