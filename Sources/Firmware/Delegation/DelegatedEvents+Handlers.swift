// Entering a client's handler and leaving it. A handler is entered at EL2, which SCR_EL3.HCE gives to
// whoever the firmware has started, as by an exception: everything masked, on the stack pointer of EL2. It
// gets the event, its argument, and where and in which PSTATE it has interrupted whom; X0 to X17 are
// kept here. ELR_EL2 and SPSR_EL2 are not touched, so that there is no moment at which it must not come.
// Arm DEN 0054, 4.3 and 5.1.

import Arm
import Platform

extension DelegatedEvents {
  /// An event has happened: its handler is entered as soon as it can be.
  func raise(_ event: DelegatedEvent, core: Int) {
    if isOffered { self[event, core: core].handler.isPending = true }
  }

  /// Whether a client has bound an interrupt.
  func isBound(_ interrupt: UInt32) -> Bool { event(of: interrupt) != nil }

  /// Takes an interrupt that a client has bound; false for any other.
  @inline(never)
  func take<P: FirmwarePlatform>(_ platform: P, _ interrupt: UInt64, core: Int) -> Bool {
    guard isOffered, let event = event(of: UInt32(truncatingIfNeeded: interrupt)) else {
      return false
    }
    self[event, core: core].handler.isPending = true
    listen(platform, event, core)
    return true
  }

  /// Enters the handler of an event that waits on a core, if there is one that may be entered; a
  /// critical one first.
  @inline(never)
  func deliver<P: FirmwarePlatform>(
    _ platform: P, _ core: Int, _ context: inout LowerContext, _ features: ProcessorFeatures
  ) -> Bool {
    guard let event = next(core), self[event, core: core].handler.deliver() else { return false }
    let depth = self[target: core].depth
    self[target: core].depth = depth + 1
    self[target: core].contexts[depth].row = event.row
    self[target: core].contexts[depth].elr = context.elr
    self[target: core].contexts[depth].spsr = context.spsr
    for index in 0..<SDEI.savedRegisterCount {
      self[target: core].contexts[depth].x[index] = context.x[index]
    }
    context.x[0] = UInt64(event.number)
    context.x[1] = self[event, core: core].handler.argument
    context.x[2] = context.elr
    context.x[3] = context.spsr
    context.elr = self[event, core: core].handler.entry
    context.spsr = handlerState(platform, context.spsr, features)
    return true
  }

  /// PSTATE of a handler.
  private func handlerState<P: FirmwarePlatform>(
    _ platform: P, _ origin: UInt64, _ features: ProcessorFeatures
  ) -> UInt64 {
    ProcessState.ofHandler(
      from: ProcessState(rawValue: origin), at: .el2,
      sctlr: SystemControl(rawValue: platform.read(.sctlrEL2)),
      hcr: HypervisorConfiguration(rawValue: platform.read(.hcrEL2)), features
    ).rawValue
  }

  /// The event whose handler a core is to enter now.
  private func next(_ core: Int) -> DelegatedEvent? {
    guard isOffered else { return nil }
    if canTake(.criticalErrors, core) { return .criticalErrors }
    for row in 0..<DelegatedEvent.count where canTake(DelegatedEvent(row: row), core) {
      return DelegatedEvent(row: row)
    }
    return nil
  }

  /// Whether a core may enter the handler of an event, and the event waits for that.
  private func canTake(_ event: DelegatedEvent, _ core: Int) -> Bool {
    guard !self[target: core].isMasked, self[event, core: core].handler.isWaiting(for: core) else {
      return false
    }
    switch self[target: core].depth {
    case 0: return true
    case 1:
      return event.isCritical
        && !DelegatedEvent(row: self[target: core].contexts[0].row).isCritical
    default: return false
    }
  }

  /// Tells other cores of events that wait and that they may take, when this one does not.
  @inline(never)
  func offer<P: FirmwarePlatform>(_ platform: P, _ caller: DelegationCaller) {
    guard isOffered else { return }
    for core in 0..<caller.coreCount
    where core != caller.core && caller.coresOn >> UInt32(core) & 1 != 0 {
      guard let event = next(core), !(event.isShared && canTake(event, caller.core)) else {
        continue
      }
      SecureGIC(platform).send(SecureGIC<P>.delegationInterrupt, to: core)
    }
  }

  /// A handler has completed: what it had interrupted goes on where it was or, as if it had taken an
  /// exception, at the address of COMPLETE_AND_RESUME.
  @inline(never)
  func complete<P: FirmwarePlatform>(
    _ platform: P, _ core: Int, resumesAt address: UInt64?, _ features: ProcessorFeatures,
    _ context: inout LowerContext
  ) -> Int64? {
    let depth = self[target: core].depth
    guard depth > 0, address.map({ SDEI.isEntry($0) }) ?? true else {
      return SDEI.Result.denied.rawValue
    }
    let event = DelegatedEvent(row: self[target: core].contexts[depth - 1].row)
    let result = self[event, core: core].handler.change(.complete)
    guard result == .success else { return result.rawValue }
    self[target: core].depth = depth - 1
    listen(platform, event, core)
    for index in 0..<SDEI.savedRegisterCount {
      context.x[index] = self[target: core].contexts[depth - 1].x[index]
    }
    let elr = self[target: core].contexts[depth - 1].elr
    let spsr = self[target: core].contexts[depth - 1].spsr
    if let address {
      platform.write(.elrEL2, elr)
      platform.write(.spsrEL2, spsr)
      context.elr = address
      context.spsr = handlerState(platform, spsr, features)
    } else {
      context.elr = elr
      context.spsr = spsr
    }
    return nil
  }

  /// A core is turned off: its private events are unregistered, and no handler runs there any more.
  @inline(never)
  func turnOff<P: FirmwarePlatform>(_ platform: P, _ core: Int) {
    guard isOffered else { return }
    while self[target: core].depth > 0 {
      let depth = self[target: core].depth - 1
      let event = DelegatedEvent(row: self[target: core].contexts[depth].row)
      _ = self[event, core: core].handler.change(.complete)
      listen(platform, event, core)
      self[target: core].depth = depth
    }
    for row in 0..<DelegatedEvent.privateCount {
      _ = unregister(platform, DelegatedEvent(row: row), core)
    }
    self[target: core].isMasked = true
  }
}
