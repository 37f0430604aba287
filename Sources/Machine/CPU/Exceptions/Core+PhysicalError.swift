// Physical SErrors: in flight, pending, taken, deferred. Arm ARM D1.4.6, D20.4 and D20.5; the
// pseudocode PhysicalSErrorTarget, ESBOperation, TakeUnmaskedPhysicalSErrorInterrupts.
//
// Surprising: an error that a core has met need not be pending yet. It is in flight until its delay
// is over or an error synchronization event comes, whichever is first: ESB, and the implicit one at
// exception entry and return that SCTLR_ELx.IESB asks for, or SCR_EL3.{EA,NMEA} at EL3. That is
// what these are for: without them an error may be blamed on whoever runs when it arrives.
//
// A pending SError stays pending while its target masks it, whatever level runs. Two that meet are
// one: the architecture has a single pending state.

import Arm

extension Core: ErrorReceiver {
  /// The bit that makes `pendingError` and `errorInFlight` not zero.
  private static let isPresent: UInt64 = 1 << 31

  /// Meets an error.
  func raiseError(_ error: SystemError) {
    let value = Core.isPresent | error.syndrome[Syndrome.iss]
    if error.delay == 0 {
      makePending(value)
      return
    }
    let arrival = board.now &+ error.delay
    if state.errorInFlight == 0 {
      state.errorInFlight = value
      state.errorArrival = arrival
    } else {
      state.errorInFlight = Core.merged(state.errorInFlight, value)
      state.errorArrival = min(state.errorArrival, arrival)
    }
    // The slice must end when it arrives.
    pendingEffects.formUnion([.timers, .interruptMask])
  }

  /// Makes what is in flight pending once its time has come.
  func errorsArrive(at time: UInt64) {
    if state.errorInFlight != 0, time >= state.errorArrival { arrive() }
  }

  private func arrive() {
    let value = state.errorInFlight
    state.errorInFlight = 0
    state.errorArrival = 0
    makePending(value)
  }

  private func makePending(_ value: UInt64) {
    let isMerged = state.pendingError != 0
    state.pendingError = isMerged ? Core.merged(state.pendingError, value) : value
    pendingEffects.insert(.interruptMask)
    board.log(
      .errorPending(Syndrome(.serror, iss: state.pendingError), isMerged: isMerged), core: self)
  }

  /// One SError for two: that of the worse state. Nothing is known of the state of an
  /// IMPLEMENTATION DEFINED or uncategorized one, so that it is the worst.
  private static func merged(_ first: UInt64, _ second: UInt64) -> UInt64 {
    func rank(_ value: UInt64) -> UInt8 {
      let syndrome = Syndrome(.serror, iss: value)
      guard !syndrome.isSet(Syndrome.ids),
        syndrome[Syndrome.dfsc] == Syndrome.asynchronousErrorStatus
      else { return .max }
      return (syndrome.asynchronousErrorType ?? .uncontainable).rawValue
    }
    return rank(second) > rank(first) ? second : first
  }

  /// Takes the pending SError if nothing masks it now; its preferred return is `state.pc`. False if
  /// it stays pending, or there is none. `isImplicit` says that an implicit error synchronization
  /// event takes it, and becomes ESR_ELx.IESB.
  func takePhysicalError(isImplicit: Bool) -> Bool {
    guard state.pendingError != 0 else { return false }
    let source = exceptionLevel
    let route = errorRoute
    guard !route.isMasked else { return false }
    var syndrome = Syndrome(.serror, iss: state.pendingError)
    // IESB is valid with an architected asynchronous syndrome only.
    if isImplicit, !syndrome.isSet(Syndrome.ids),
      syndrome[Syndrome.dfsc] == Syndrome.asynchronousErrorStatus
    {
      syndrome[Syndrome.iesb] = 1
    }
    state.pendingError = 0
    switch route.target {
    case .el3: state[.esrEL3] = syndrome.rawValue
    case .el2: state[.esrEL2] = syndrome.rawValue
    default: state[.esrEL1] = syndrome.rawValue
    }
    let preferredReturn = state.pc
    enterException(
      route.target, offset: VectorTable.Entry.serror.rawValue, preferredReturn: preferredReturn)
    if route.target == .el3 { noteFirmwareEntry(from: source, preferredReturn) }
    board.log(
      .exceptionTaken(
        TakenException(
          cause: .serror, source: source, target: route.target, vector: VirtualAddress(state.pc),
          syndrome: syndrome, returnAddress: VirtualAddress(preferredReturn))),
      core: self)
    synchronizeErrors(atEntryTo: route.target)
    return true
  }

  /// Where the pending SError goes, and whether it is masked now.
  var errorRoute: ExternalAbortRouting.ErrorTarget {
    ExternalAbortRouting.errorTarget(
      at: exceptionLevel, isMaskSet: state.daif & ProcessState.a.mask != 0,
      scr: SecureConfiguration(rawValue: state[.scrEL3]),
      hcr: HypervisorConfiguration(rawValue: state[.hcrEL2]))
  }

  /// Whether an SError would be taken now if one were pending.
  var canTakeError: Bool { !errorRoute.isMasked }

  // MARK: Error synchronization events

  /// Whether an ESB has anything to do.
  @inline(__always) var hasErrorToSynchronize: Bool {
    state.pendingError | state.errorInFlight != 0
      || state[.hcrEL2] & HypervisorConfiguration.vse.mask != 0
  }

  /// ESB: what is in flight becomes pending; a pending SError that is masked is deferred into
  /// DISR_EL1, one that is not is taken after the instruction.
  @inline(never) func synchronizeErrors() {
    if state.errorInFlight != 0 { arrive() }
    if state.pendingError != 0, errorRoute.isMasked {
      let value = DeferredError(deferring: Syndrome(.serror, iss: state.pendingError))
      state[.disrEL1] = value.rawValue
      state.pendingError = 0
      board.log(.errorDeferred(value, isVirtual: false), core: self)
    }
    deferVirtualError()
  }

  /// Whether exceptions to a level, and returns from it, synchronize errors: SCTLR_ELx.IESB, and at
  /// EL3 SCR_EL3.{EA,NMEA} (FEAT_DoubleFault). A host's EL2 uses SCTLR_EL2.
  private func synchronizesImplicitly(_ level: ExceptionLevel) -> Bool {
    typealias SCR = SecureConfiguration
    let control: UInt64
    switch level {
    case .el3:
      let scr = SCR(rawValue: state[.scrEL3])
      if scr.isSet(SCR.ea), scr.isSet(SCR.nmea) { return true }
      control = state[.sctlrEL3]
    case .el2: control = state[.sctlrEL2]
    default: control = state[.sctlrEL1]
    }
    return control & SystemControl.iesb.mask != 0
  }

  /// The implicit error synchronization event after an exception entry. What it makes takeable is
  /// taken before the first instruction of the handler; what is masked stays pending.
  @inline(__always) func synchronizeErrors(atEntryTo target: ExceptionLevel) {
    if state.pendingError | state.errorInFlight != 0 { synchronizeImplicitly(target) }
  }

  @inline(never) private func synchronizeImplicitly(_ target: ExceptionLevel) {
    guard synchronizesImplicitly(target) else { return }
    if state.errorInFlight != 0 { arrive() }
    _ = takePhysicalError(isImplicit: true)
  }

  /// The implicit error synchronization event before an exception return. True if it made an SError
  /// takeable, which was taken with the ERET as its preferred return.
  func takesErrorBeforeReturn(from level: ExceptionLevel) -> Bool {
    guard state.pendingError | state.errorInFlight != 0, synchronizesImplicitly(level) else {
      return false
    }
    if state.errorInFlight != 0 { arrive() }
    return takePhysicalError(isImplicit: true)
  }
}
