// The traps of system register accesses and system instructions, level by level. Each `if` is a
// line of the manual's accessor pseudocode; the ones of one level are in the order that matters
// (there is none within a level: they have the same target).

import Arm

extension Core {
  /// Throws the trap that one of `traps` raises for an access by the current level, if any.
  func checkTraps(
    _ traps: SystemRegisterTraps, _ encoding: UInt16, rt: UInt8, isRead: Bool
  ) throws(GuestException) {
    let level = exceptionLevel
    if traps.contains(.fp) { try checkFloatingPointAccess() }
    if traps.contains(.nonSecure), !isEL2Enabled { throw .undefined }
    if traps.contains(.secureTimer), level == .el2 || (level == .el1 && isEL2Enabled) {
      throw .undefined
    }
    if level == .el3 { return }
    let isUserDenied =
      level == .el0 && traps.contains(.monitors)
      && !mayUserAccessMonitor(encoding, isRead: isRead)
    if level == .el0, isUserDenied || isTrappedByEL1(traps) {
      throw systemTrap(to: isTGE ? .el2 : .el1, encoding, rt: rt, isRead: isRead)
    }
    if level <= .el1, isEL2Enabled, isTrappedByEL2(traps, level, isRead: isRead) {
      throw systemTrap(to: .el2, encoding, rt: rt, isRead: isRead)
    }
    if isTrappedByEL3(traps, level) {
      throw systemTrap(to: .el3, encoding, rt: rt, isRead: isRead)
    }
  }

  /// What the operating system (or the host, with HCR_EL2.{E2H,TGE}) withholds from EL0.
  private func isTrappedByEL1(_ traps: SystemRegisterTraps) -> Bool {
    let sctlr = SystemControl(rawValue: state[isHost ? .sctlrEL2 : .sctlrEL1])
    if traps.contains(.uct), !sctlr.isSet(SystemControl.uct) { return true }
    if traps.contains(.uma), !sctlr.isSet(SystemControl.uma) { return true }
    if traps.contains(.uci), !sctlr.isSet(SystemControl.uci) { return true }
    if traps.contains(.tdz), !sctlr.isSet(SystemControl.dze) { return true }
    if traps.contains(.tdcc), state[.mdscrEL1] & 1 << 12 != 0 { return true }
    if traps.intersection(.anyTimer).isEmpty { return false }
    let control = timerControl(isHost ? .cnthctlEL2 : .cntkctlEL1)
    if traps.contains(.counterFrequency), control & 0b11 == 0 { return true }
    if traps.contains(.physicalCounter), control & 1 << 0 == 0 { return true }
    if traps.contains(.virtualCounter), control & 1 << 1 == 0 { return true }
    if traps.contains(.virtualTimer), control & 1 << 8 == 0 { return true }
    if traps.contains(.physicalTimer), control & 1 << 9 == 0 { return true }
    return false
  }

  /// What the hypervisor withholds from EL1, and from EL0 when that is not its own application.
  private func isTrappedByEL2(
    _ traps: SystemRegisterTraps, _ level: ExceptionLevel, isRead: Bool
  ) -> Bool {
    typealias HCR = HypervisorConfiguration
    let hcr = HCR(rawValue: state[.hcrEL2])
    let mdcr = state[.mdcrEL2]
    let tde: UInt64 = 1 << 8
    // Debug exceptions that go to EL2 take the debug registers with them; TGE implies it.
    let isDebugTrapped = mdcr & tde != 0 || (level == .el0 && hcr.isSet(HCR.tge))
    if traps.contains(.tda), isDebugTrapped || mdcr & 1 << 9 != 0 { return true }
    if traps.contains(.tdosa), isDebugTrapped || mdcr & 1 << 10 != 0 { return true }
    if traps.contains(.tdra), isDebugTrapped || mdcr & 1 << 11 != 0 { return true }
    if traps.contains(.monitors), mdcr & 1 << 6 != 0 { return true }
    if traps.contains(.monitorControl), mdcr & 1 << 5 != 0 { return true }
    if hcr.isHost { return false }
    if traps.contains(.tid2), hcr.isSet(HCR.tid2) { return true }
    if traps.contains(.tpu), hcr.isSet(HCR.tpu) { return true }
    if traps.contains(.tpcp), hcr.isSet(HCR.tpcp) { return true }
    if traps.contains(.tdz), hcr.isSet(HCR.tdz) { return true }
    if !traps.intersection(.anyTimer).isEmpty {
      let control = timerControl(.cnthctlEL2)
      let isE2H = hcr.isSet(HCR.e2h)
      if traps.contains(.physicalCounter), control & (isE2H ? 1 << 10 : 1 << 0) == 0 {
        return true
      }
      if traps.contains(.physicalTimer), control & (isE2H ? 1 << 11 : 1 << 1) == 0 {
        return true
      }
    }
    guard level == .el1 else { return false }
    if traps.contains(.tvm), hcr.isSet(isRead ? HCR.trvm : HCR.tvm) { return true }
    if traps.contains(.tid1), hcr.isSet(HCR.tid1) { return true }
    if traps.contains(.tid3), hcr.isSet(HCR.tid3) { return true }
    if traps.contains(.tacr), hcr.isSet(HCR.tacr) { return true }
    if traps.contains(.terr), hcr.isSet(HCR.terr) { return true }
    if traps.contains(.fien), !hcr.isSet(HCR.fien) { return true }
    if traps.contains(.tlor), hcr.isSet(HCR.tlor) { return true }
    if traps.contains(.tidcp), hcr.isSet(HCR.tidcp) { return true }
    if traps.contains(.ttlb), hcr.isSet(HCR.ttlb) { return true }
    if traps.contains(.tsw), hcr.isSet(HCR.tsw) { return true }
    if traps.contains(.tcpac), state[.cptrEL2] & 1 << 31 != 0 { return true }
    return false
  }

  /// What EL3 withholds from all levels below.
  private func isTrappedByEL3(_ traps: SystemRegisterTraps, _ level: ExceptionLevel) -> Bool {
    typealias SCR = SecureConfiguration
    let scr = SCR(rawValue: state[.scrEL3])
    let mdcr = state[.mdcrEL3]
    if traps.contains(.terr), scr.isSet(SCR.terr) { return true }
    if traps.contains(.fien), !scr.isSet(SCR.fien) { return true }
    if traps.contains(.tlor), scr.isSet(SCR.tlor) { return true }
    if traps.contains(.tcpac), state[.cptrEL3] & 1 << 31 != 0 { return true }
    if !traps.isDisjoint(with: [.tda, .tdra]), mdcr & 1 << 9 != 0 { return true }
    if traps.contains(.tdosa), mdcr & 1 << 10 != 0 { return true }
    if traps.contains(.monitors), mdcr & 1 << 6 != 0 { return true }
    if traps.contains(.secureTimer), !scr.isSet(SCR.st) { return true }
    return false
  }

  private func timerControl(_ register: SystemRegister) -> UInt64 {
    board.timers.read(register, core: index, now: board.now)
  }

  // MARK: Floating point

  /// Throws the trap that an FP or Advanced SIMD instruction raises here, if any. EC 0x07.
  /// Arm ARM D1.4.8 (CheckFPEnabled64, CheckFPAdvSIMDTrap, AArch64.AdvSIMDFPAccessTrap).
  func checkFloatingPointAccess() throws(GuestException) {
    guard let target = floatingPointTrapTarget else { return }
    // A trap to EL1 that TGE sends to EL2 is reported as an unknown reason.
    let isRedirected = target == .el1 && isTGE
    throw GuestException(
      .trap,
      syndrome: isRedirected
        ? GuestException.undefined.syndrome : Syndrome.floatingPointAccess.rawValue,
      target: isRedirected ? .el2 : target)
  }

  private var floatingPointTrapTarget: ExceptionLevel? {
    let level = exceptionLevel
    if level <= .el1, !isHost {
      // CPACR_EL1.FPEN: 0b01 traps EL0, 0b11 nobody, the others both.
      switch state[.cpacrEL1] >> 20 & 3 {
      case 0b11: break
      case 0b01: if level == .el0 { return .el1 }
      default: return .el1
      }
    }
    if level <= .el2, isEL2Enabled {
      let cptr = state[.cptrEL2]
      if isE2H {
        switch cptr >> 20 & 3 {
        case 0b11: break
        case 0b01: if level == .el0, isTGE { return .el2 }
        default: return .el2
        }
      } else if cptr & 1 << 10 != 0 {
        return .el2
      }
    }
    return state[.cptrEL3] & 1 << 10 != 0 ? .el3 : nil
  }
}

extension SystemRegisterTraps {
  /// The traps that look at CNTKCTL_EL1 and CNTHCTL_EL2.
  static let anyTimer: SystemRegisterTraps = [
    .counterFrequency, .physicalCounter, .virtualCounter, .physicalTimer, .virtualTimer,
  ]
}
