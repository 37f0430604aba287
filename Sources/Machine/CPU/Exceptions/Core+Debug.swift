// Self-hosted debug: software step, breakpoints and watchpoints. Arm ARM D2. While a watchpoint can
// match, no data page enters the fast TLB, so that every access comes by here.

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

  /// Software Step, EC 0x32: ISV 1, EX 0.
  func softwareStepException() -> GuestException {
    GuestException(.debug, syndrome: 0x32 << 26 | 1 << 25 | 1 << 24 | 0x22)
  }

  /// Whether any breakpoint register may match here.
  var hasHardwareBreakpoints: Bool {
    guard state[.mdscrEL1] & 1 << 15 != 0 else { return false }
    for control in Core.breakpointControls where state[control] & 1 != 0 {
      return areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
    }
    return false
  }

  static let breakpointControls: [SystemRegister] = [
    .dbgbcr0EL1, .dbgbcr1EL1, .dbgbcr2EL1, .dbgbcr3EL1, .dbgbcr4EL1, .dbgbcr5EL1,
  ]
  static let breakpointValues: [SystemRegister] = [
    .dbgbvr0EL1, .dbgbvr1EL1, .dbgbvr2EL1, .dbgbvr3EL1, .dbgbvr4EL1, .dbgbvr5EL1,
  ]

  /// The exception of an address breakpoint that matches `pc`. Arm ARM D2.8; unlinked address
  /// matches (BT 0b0000); others never match.
  func hardwareBreakpointException(_ pc: UInt64) -> GuestException? {
    guard hasHardwareBreakpoints else { return nil }
    for (control, value) in zip(Core.breakpointControls, Core.breakpointValues) {
      let bits = state[control]
      guard bits & 1 == 1, bits >> 20 & 0xF == 0 else { continue }
      guard matchesLevel(bits, exceptionLevel), (((state[value] ^ pc) << 11) >> 13) == 0 else { continue }
      return GuestException(.debug, syndrome: 0x30 << 26 | 1 << 25 | 0x22)
    }
    return nil
  }

  /// HMC, SSC and PMC (or PAC) against a level. Arm ARM D2.8.3, Table D2-9.
  func matchesLevel(_ control: UInt64, _ level: ExceptionLevel) -> Bool {
    let privilege = control >> 1 & 3
    let isHigher = control >> 13 & 1 == 1
    let security = control >> 14 & 3
    if security == 1, !isEL2Enabled { return false }
    if security == 2, isEL2Enabled { return false }
    switch level {
    case .el0: return privilege & 2 != 0
    case .el1: return privilege & 1 != 0
    case .el2: return isHigher
    case .el3: return isHigher && security != 1
    }
  }

  static let watchpointControls: [SystemRegister] = [
    .dbgwcr0EL1, .dbgwcr1EL1, .dbgwcr2EL1, .dbgwcr3EL1,
  ]
  static let watchpointValues: [SystemRegister] = [
    .dbgwvr0EL1, .dbgwvr1EL1, .dbgwvr2EL1, .dbgwvr3EL1,
  ]

  /// Whether any watchpoint register may match here.
  var hasHardwareWatchpoints: Bool {
    guard state[.mdscrEL1] & 1 << 15 != 0 else { return false }
    for control in Core.watchpointControls where state[control] & 1 != 0 {
      return areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
    }
    return false
  }

  /// Watchpoint, EC 0x34, when a data access matches one. Arm ARM D2.10.
  func checkWatchpoints(_ address: UInt64, size: Int, isWrite: Bool, _ context: TranslationContext)
    throws(GuestException)
  {
    for (control, value) in zip(Core.watchpointControls, Core.watchpointValues) {
      let bits = state[control]
      guard bits & 1 == 1, bits >> 3 & (isWrite ? 2 : 1) != 0, matchesLevel(bits, context.level)
      else { continue }
      let base = state[value]
      for offset in 0..<UInt64(size) {
        let byte = address &+ offset
        let mask = bits >> 24 & 0x1F
        let isHit: Bool
        if mask >= 3 {
          isHit = ((byte ^ base) << 15) >> (15 + mask) == 0
        } else {
          isHit = ((byte ^ base) << 15) >> 18 == 0 && bits >> (5 + (byte & 7)) & 1 == 1
        }
        guard isHit else { continue }
        throw GuestException(
          .debug, syndrome: 0x34 << 26 | 1 << 25 | (isWrite ? 1 << 6 : 0) | 0x22,
          faultAddress: byte)
      }
    }
  }
}
