// The software delegated exception interface as the monitor has it: who calls, and when handlers are entered.
// That is at the end of every stay in EL3, so that whatever made an event come, its handler is the first
// thing that the core executes below.

import Arm
import Platform

extension Monitor {
  /// Offers the software delegated exception interface from now on.
  public mutating func delegate(_ events: DelegatedEvents) { delegation = events }

  // Mutating, as in Monitor.swift, lest the compiler put a copy of the monitor on the stack.

  @inline(never)
  private mutating func caller(_ core: Int) -> DelegationCaller {
    var cores: UInt32 = 0
    for other in 0..<power.coreCount where power.states[other] == .on {
      cores |= 1 << UInt32(other)
    }
    return DelegationCaller(core: core, coreCount: power.coreCount, coresOn: cores)
  }

  /// Handles a call of the interface. The client is EL2: whoever calls from EL1 finds no interface.
  @inline(never)
  mutating func handleDelegationCall(_ core: Int, _ context: inout LowerContext) {
    guard ProcessState(rawValue: context.spsr).originLevel == .el2 else {
      context.x[0] = UInt64(bitPattern: SDEI.Result.notSupported.rawValue)
      return
    }
    let caller = caller(core)
    if let result = delegation.call(platform, caller, features, &context) {
      context.x[0] = UInt64(bitPattern: result)
    }
  }

  /// Takes a bound interrupt on a core that is off: one that is routed to any core may be given to that, and its
  /// handler is another's. What else is pending is left as it is: it may be what wakes the core.
  @inline(never)
  mutating func takeBound(_ core: Int) {
    guard delegation.isOffered,
      delegation.isBound(UInt32(truncatingIfNeeded: platform.read(.iccHPPIR0EL1)))
    else { return }
    let interrupt = platform.read(.iccIAR0EL1)
    _ = delegation.take(platform, interrupt, core: core)
    if !SpecialInterrupt.contains(interrupt) { platform.write(.iccEOIR0EL1, interrupt) }
    platform.synchronizeContext()
  }

  /// Lets other cores tell this one, which is about to run, of events.
  @inline(never)
  mutating func listenForEvents(_ core: Int) {
    if delegation.isOffered { SecureGIC(platform).listenForEvents(core) }
  }

  /// Enters the handler of an event that waits for this core, and tells other cores of what waits for
  /// them.
  @inline(never)
  mutating func deliverEvents(
    _ core: Int, _ context: inout LowerContext, _ action: MonitorAction
  ) -> MonitorAction {
    guard delegation.isOffered else { return action }
    raiseErrorEvents(core)
    let hasEntered =
      (action == .resume || action == .standby)
      && delegation.deliver(platform, core, &context, features)
    offer(core)
    return hasEntered ? .resume : action
  }

  /// The same on a core that is not below EL3, and enters no handler.
  @inline(never)
  mutating func offerEvents(_ core: Int) {
    guard delegation.isOffered else { return }
    raiseErrorEvents(core)
    offer(core)
  }

  @inline(never)
  private mutating func offer(_ core: Int) {
    let caller = caller(core)
    delegation.offer(platform, caller)
  }

  /// Raises the events of records that have been published.
  @inline(never)
  private mutating func raiseErrorEvents(_ core: Int) {
    let told = errors.takeTold()
    if told.normal { delegation.raise(.errors, core: core) }
    if told.critical { delegation.raise(.criticalErrors, core: core) }
  }
}
