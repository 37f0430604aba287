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
    let sctlr = state.systemControl(isHost ? .sctlrEL2 : .sctlrEL1)
    if traps.contains(.uct), !sctlr.isSet(SystemControl.uct) { return true }
    if traps.contains(.uma), !sctlr.isSet(SystemControl.uma) { return true }
    if traps.contains(.uci), !sctlr.isSet(SystemControl.uci) { return true }
    if traps.contains(.tdz), !sctlr.isSet(SystemControl.dze) { return true }
    if traps.contains(.tdcc), state.mdscr.isSet(MonitorDebugSystemControl.tdcc) { return true }
    if traps.intersection(.anyTimer).isEmpty { return false }
    typealias Control = CounterKernelControl
    let control = Control(rawValue: timerControl(isHost ? .cnthctlEL2 : .cntkctlEL1))
    let mayReadPhysical = control.isSet(Control.el0pcten)
    let mayReadVirtual = control.isSet(Control.el0vcten)
    if traps.contains(.counterFrequency), !mayReadPhysical, !mayReadVirtual { return true }
    if traps.contains(.physicalCounter), !mayReadPhysical { return true }
    if traps.contains(.virtualCounter), !mayReadVirtual { return true }
    if traps.contains(.virtualTimer), !control.isSet(Control.el0vten) { return true }
    if traps.contains(.physicalTimer), !control.isSet(Control.el0pten) { return true }
    return false
  }

  /// What the hypervisor withholds from EL1, and from EL0 when that is not its own application.
  private func isTrappedByEL2(
    _ traps: SystemRegisterTraps, _ level: ExceptionLevel, isRead: Bool
  ) -> Bool {
    typealias HCR = HypervisorConfiguration
    typealias MDCR = MonitorDebugConfiguration
    let hcr = state.hcr
    let mdcr = MDCR(rawValue: state[.mdcrEL2])
    // Debug exceptions that go to EL2 take the debug registers with them; TGE implies it.
    let isDebugTrapped = mdcr.isSet(MDCR.tde) || (level == .el0 && hcr.isSet(HCR.tge))
    if traps.contains(.tda), isDebugTrapped || mdcr.isSet(MDCR.tda) { return true }
    if traps.contains(.tdosa), isDebugTrapped || mdcr.isSet(MDCR.tdosa) { return true }
    if traps.contains(.tdra), isDebugTrapped || mdcr.isSet(MDCR.tdra) { return true }
    if traps.contains(.monitors), mdcr.isSet(MDCR.tpm) { return true }
    if traps.contains(.monitorControl), mdcr.isSet(MDCR.tpmcr) { return true }
    if hcr.isHost { return false }
    if traps.contains(.tid2), hcr.isSet(HCR.tid2) { return true }
    if traps.contains(.tpu), hcr.isSet(HCR.tpu) { return true }
    if traps.contains(.tpcp), hcr.isSet(HCR.tpcp) { return true }
    if traps.contains(.tdz), hcr.isSet(HCR.tdz) { return true }
    if !traps.intersection(.anyTimer).isEmpty {
      let host = CounterKernelControl(rawValue: timerControl(.cnthctlEL2))
      let own = CounterHypervisorControl(rawValue: host.rawValue)
      let isE2H = hcr.isSet(HCR.e2h)
      let mayRead =
        isE2H
        ? host.isSet(CounterKernelControl.el1pcten) : own.isSet(CounterHypervisorControl.el1pcten)
      if traps.contains(.physicalCounter), !mayRead { return true }
      let mayUse =
        isE2H
        ? host.isSet(CounterKernelControl.el1pten) : own.isSet(CounterHypervisorControl.el1pcen)
      if traps.contains(.physicalTimer), !mayUse { return true }
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
    // TCPAC is the same bit in both layouts.
    if traps.contains(.tcpac), state[.cptrEL2] & FeatureTrap.tcpac.mask != 0 { return true }
    return false
  }

  /// What EL3 withholds from all levels below.
  private func isTrappedByEL3(_ traps: SystemRegisterTraps, _ level: ExceptionLevel) -> Bool {
    typealias SCR = SecureConfiguration
    typealias MDCR = MonitorDebugConfiguration
    let scr = state.scr
    let mdcr = MDCR(rawValue: state[.mdcrEL3])
    if traps.contains(.terr), scr.isSet(SCR.terr) { return true }
    if traps.contains(.fien), !scr.isSet(SCR.fien) { return true }
    if traps.contains(.tlor), scr.isSet(SCR.tlor) { return true }
    if traps.contains(.tcpac), state[.cptrEL3] & FeatureTrap.tcpac.mask != 0 { return true }
    if !traps.isDisjoint(with: [.tda, .tdra]), mdcr.isSet(MDCR.tda) { return true }
    if traps.contains(.tdosa), mdcr.isSet(MDCR.tdosa) { return true }
    if traps.contains(.monitors), mdcr.isSet(MDCR.tpm) { return true }
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
      // FPEN: 0b01 traps EL0, 0b11 nobody, the others both.
      switch FeatureAccessControl(rawValue: state[.cpacrEL1])[FeatureAccessControl.fpen] {
      case 0b11: break
      case 0b01: if level == .el0 { return .el1 }
      default: return .el1
      }
    }
    if level <= .el2, isEL2Enabled {
      let cptr = state[.cptrEL2]
      if isE2H {
        switch FeatureAccessControl(rawValue: cptr)[FeatureAccessControl.fpen] {
        case 0b11: break
        case 0b01: if level == .el0, isTGE { return .el2 }
        default: return .el2
        }
      } else if cptr & FeatureTrap.tfp.mask != 0 {
        return .el2
      }
    }
    return state[.cptrEL3] & FeatureTrap.tfp.mask != 0 ? .el3 : nil
  }
}

extension SystemRegisterTraps {
  /// The traps that look at CNTKCTL_EL1 and CNTHCTL_EL2.
  static let anyTimer: SystemRegisterTraps = [
    .counterFrequency, .physicalCounter, .virtualCounter, .physicalTimer, .virtualTimer,
  ]
}
