// Self-hosted debug: where debug exceptions are enabled, and software step. Arm ARM D2. Breakpoints
// and watchpoints are in Core+Breakpoints.swift.

import Arm

extension Core {
  /// AArch64.GenerateDebugExceptionsFrom, with the OS lock.
  func areDebugExceptionsEnabled(at level: ExceptionLevel, daif: UInt64) -> Bool {
    if state[.oslsrEL1] & 2 != 0 || level == .el3 { return false }
    // MDCR_EL3.SDD disables them in Secure state.
    if !isEL2Enabled, state[.mdcrEL3] & 1 << 16 != 0 { return false }
    let target = debugTarget(from: level)
    if target > level { return true }
    if target < level { return false }
    // From the level itself: MDSCR_EL1.KDE, and PSTATE.D clear.
    return state[.mdscrEL1] & 1 << 13 != 0 && daif & 1 << 9 == 0
  }

  private func debugTarget(from level: ExceptionLevel) -> ExceptionLevel {
    isEL2Enabled && (state[.mdcrEL2] & 1 << 8 != 0 || state[.hcrEL2] & 1 << 27 != 0) ? .el2 : .el1
  }

  /// Whether the software step machine is active here: MDSCR_EL1.SS and enabled exceptions.
  var isSoftwareStepActive: Bool {
    state[.mdscrEL1] & 1 == 1 && areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
  }

  /// Software Step, EC 0x32. ISV says that an instruction was stepped, EX that it was a load
  /// exclusive; without ISV the state was active-pending from the start. Arm ARM D2.11.
  func softwareStepException() -> GuestException {
    let isv: UInt64 = state.steppedInstruction == 0 ? 0 : 1 << 24
    let ex: UInt64 = state.steppedInstruction == 2 ? 1 << 6 : 0
    return GuestException(.debug, syndrome: 0x32 << 26 | 1 << 25 | isv | ex | 0x22)
  }
}
