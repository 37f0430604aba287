// Breakpoints and watchpoints, linked ones and context matches included. Arm ARM D2.8 and D2.9.
//
// ID_AA64DFR0_EL1 promises six breakpoints, of which the last two are context-aware, and four
// watchpoints. While a breakpoint can match, instructions are executed one by one; while a
// watchpoint can match, no data page enters the fast TLB: the hot paths never look.

import Arm

extension Core {
  private static let breakpointControls: [SystemRegister] = [
    .dbgbcr0EL1, .dbgbcr1EL1, .dbgbcr2EL1, .dbgbcr3EL1, .dbgbcr4EL1, .dbgbcr5EL1,
  ]
  private static let breakpointValues: [SystemRegister] = [
    .dbgbvr0EL1, .dbgbvr1EL1, .dbgbvr2EL1, .dbgbvr3EL1, .dbgbvr4EL1, .dbgbvr5EL1,
  ]
  private static let watchpointControls: [SystemRegister] = [
    .dbgwcr0EL1, .dbgwcr1EL1, .dbgwcr2EL1, .dbgwcr3EL1,
  ]
  private static let watchpointValues: [SystemRegister] = [
    .dbgwvr0EL1, .dbgwvr1EL1, .dbgwvr2EL1, .dbgwvr3EL1,
  ]
  /// The first context-aware breakpoint.
  private static let firstContextAware = 4

  /// Whether any breakpoint register may match here.
  var hasHardwareBreakpoints: Bool { isAnyEnabled(Core.breakpointControls) }

  /// Whether any watchpoint register may match here.
  var hasHardwareWatchpoints: Bool { isAnyEnabled(Core.watchpointControls) }

  private func isAnyEnabled(_ controls: [SystemRegister]) -> Bool {
    guard state.mdscr.isSet(MonitorDebugSystemControl.mde) else { return false }
    // E is the same bit of both.
    for control in controls where state[control] & BreakpointControl.e.mask != 0 {
      return areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
    }
    return false
  }

  /// Breakpoint, EC 0x30, when a breakpoint register matches the instruction at `pc`.
  func hardwareBreakpointException(_ pc: UInt64) -> GuestException? {
    guard hasHardwareBreakpoints else { return nil }
    for number in Core.breakpointControls.indices {
      let control = breakpoint(number)
      guard control.isSet(BreakpointControl.e), matches(control, exceptionLevel) else { continue }
      let isMatch: Bool
      switch control[BreakpointControl.bt] {
      case 0b0000: isMatch = matchesAddress(number, pc)
      case 0b0001:
        isMatch =
          matchesAddress(number, pc) && isContextMatch(linked: control[BreakpointControl.lbn])
      case 0b0010, 0b0110, 0b1000, 0b1010, 0b1100, 0b1110: isMatch = matchesContext(number)
      // Linked context breakpoints match only through what links to them.
      default: isMatch = false
      }
      if isMatch { return GuestException(.debug, .debugException(.breakpointLower)) }
    }
    return nil
  }

  private func breakpoint(_ number: Int) -> BreakpointControl {
    BreakpointControl(rawValue: state[Core.breakpointControls[number]])
  }

  /// DBGBVR<n>_EL1[52:2] against the program counter.
  private func matchesAddress(_ number: Int, _ pc: UInt64) -> Bool {
    (((state[Core.breakpointValues[number]] ^ pc) << 11) >> 13) == 0
  }

  /// Whether the context breakpoint that LBN names is enabled, linked and matches.
  private func isContextMatch(linked lbn: UInt64) -> Bool {
    let number = Int(lbn)
    guard Core.breakpointControls.indices.contains(number) else { return false }
    let linked = breakpoint(number)
    let type = linked[BreakpointControl.bt]
    // The linked form of a context match has BT<0> set.
    return linked.isSet(BreakpointControl.e) && type & 1 == 1 && type != 1
      && matchesContext(number)
  }

  /// Context ID and VMID matches, by BT<3:1>. Arm ARM D2.8.6.
  private func matchesContext(_ number: Int) -> Bool {
    guard number >= Core.firstContextAware else { return false }
    let value = state[Core.breakpointValues[number]]
    let level = exceptionLevel
    let isBelowEL2 = level <= .el1 && isEL2Enabled && !isHost
    let isEL1Context = level <= .el1 && !isHost
    let matchesEL1 = isEL1Context && value & 0xFFFF_FFFF == state[.contextidrEL1] & 0xFFFF_FFFF
    let second = value >> 32
    let matchesVMID =
      isBelowEL2 && UInt64(state.vmid) == second & vmidMask
    let matchesEL2 = isEL2Enabled && level <= .el2 && second == state[.contextidrEL2] & 0xFFFF_FFFF
    switch breakpoint(number)[BreakpointControl.bt] >> 1 {
    case 0b001:
      // CONTEXTIDR_EL1, or CONTEXTIDR_EL2 in an EL2 with E2H and in its EL0.
      if isHost || (level == .el2 && isE2H) {
        return value & 0xFFFF_FFFF == state[.contextidrEL2] & 0xFFFF_FFFF
      }
      return matchesEL1
    case 0b011: return matchesEL1
    case 0b100: return matchesVMID
    case 0b101: return matchesVMID && matchesEL1
    case 0b110: return matchesEL2
    case 0b111: return matchesEL2 && matchesEL1
    default: return false
    }
  }

  /// The bits of a VMID in use: VTCR_EL2.VS.
  private var vmidMask: UInt64 {
    VirtualizationTranslationControl(rawValue: state[.vtcrEL2])
      .isSet(VirtualizationTranslationControl.vs) ? 0xFFFF : 0xFF
  }

  /// HMC, SSC and PMC against a level. Arm ARM D2.8.6. A watchpoint's are the same bits;
  /// its PMC is called PAC.
  private func matches(_ control: BreakpointControl, _ level: ExceptionLevel) -> Bool {
    let privilege = control[BreakpointControl.pmc]
    switch control[BreakpointControl.ssc] {
    case 1, 3: if isSecure { return false }
    case 2: if !isSecure { return false }
    default: break
    }
    switch level {
    case .el0: return privilege & 2 != 0
    case .el1: return privilege & 1 != 0
    case .el2, .el3: return control.isSet(BreakpointControl.hmc)
    }
  }

  /// Watchpoint, EC 0x34, when a data access matches a watchpoint register. FAR is the lowest byte
  /// of the access that is watched.
  func checkWatchpoints(
    _ address: UInt64, size: Int, isWrite: Bool, _ context: TranslationContext
  )
    throws(GuestException)
  {
    for (control, value) in zip(Core.watchpointControls, Core.watchpointValues) {
      let control = WatchpointControl(rawValue: state[control])
      guard control.isSet(WatchpointControl.e),
        control[WatchpointControl.lsc] & (isWrite ? 2 : 1) != 0,
        matches(BreakpointControl(rawValue: control.rawValue), context.level),
        !control.isSet(WatchpointControl.wt)
          || isContextMatch(linked: control[WatchpointControl.lbn])
      else { continue }
      let base = state[value]
      for offset in 0..<UInt64(size) {
        let byte = address &+ offset
        let mask = control[WatchpointControl.mask]
        let isHit: Bool
        if mask >= 3 {
          isHit = (((byte ^ base) << 15) >> (15 + mask)) == 0
        } else {
          isHit =
            (((byte ^ base) << 15) >> 18) == 0
            && control[WatchpointControl.bas] >> (byte & 7) & 1 == 1
        }
        guard isHit else { continue }
        throw GuestException(
          .debug,
          Syndrome.debugException(.watchpointLower).with(Syndrome.wnr, isWrite ? 1 : 0),
          faultAddress: byte)
      }
    }
  }
}
