// Self-hosted debug: where debug exceptions are enabled, and software step. Arm ARM D2. Breakpoints
// and watchpoints are in Core+Breakpoints.swift.

import Arm

extension Core {
  /// AArch64.GenerateDebugExceptionsFrom, with the OS lock.
  func areDebugExceptionsEnabled(at level: ExceptionLevel, daif: UInt64) -> Bool {
    if state.isOSLocked || level == .el3 { return false }
    // MDCR_EL3.SDD disables them in Secure state.
    let mdcr = MonitorDebugConfiguration(rawValue: state[.mdcrEL3])
    if !isEL2Enabled, mdcr.isSet(MonitorDebugConfiguration.sdd) { return false }
    let target = debugTarget(from: level)
    if target > level { return true }
    if target < level { return false }
    // From the level itself: MDSCR_EL1.KDE, and PSTATE.D clear.
    return state.mdscr.isSet(MonitorDebugSystemControl.kde) && daif & ProcessState.d.mask == 0
  }

  private func debugTarget(from level: ExceptionLevel) -> ExceptionLevel {
    isEL2Enabled && (areDebugExceptionsEL2s || state.hcr.isSet(HypervisorConfiguration.tge))
      ? .el2 : .el1
  }

  /// MDCR_EL2.TDE, of an enabled EL2.
  var areDebugExceptionsEL2s: Bool {
    isEL2Enabled
      && MonitorDebugConfiguration(rawValue: state[.mdcrEL2]).isSet(MonitorDebugConfiguration.tde)
  }

  /// Whether the software step machine is active here: MDSCR_EL1.SS and enabled exceptions.
  var isSoftwareStepActive: Bool {
    state.mdscr.isSet(MonitorDebugSystemControl.ss)
      && areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
  }

  /// Software Step, EC 0x32. ISV says that an instruction was stepped, EX that it was a load
  /// exclusive; without ISV the state was active-pending from the start. Arm ARM D2.11.
  func softwareStepException() -> GuestException {
    var syndrome = Syndrome.debugException(.softwareStepLower)
    syndrome[Syndrome.isv] = state.steppedInstruction == 0 ? 0 : 1
    syndrome[Syndrome.ex] = state.steppedInstruction == 2 ? 1 : 0
    return GuestException(.debug, syndrome)
  }
}
