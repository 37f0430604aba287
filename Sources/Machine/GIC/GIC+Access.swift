// Who may access which register of the CPU interface, and where the access is trapped to; then
// whether it reaches the physical interface (ICC_*) or the virtual one (ICV_*). IHI 0069H 12.2, the
// accessibility pseudocode of each register; the order is QEMU's.

import Arm

extension GIC {
  /// How the accessibility of a register is decided below the level of its name.
  enum AccessRule {
    /// Group 0 registers: ICH_HCR_EL2.TALL0, SCR_EL3.FIQ, HCR_EL2.FMO.
    case group0
    /// Group 1 registers: ICH_HCR_EL2.TALL1, SCR_EL3.IRQ, HCR_EL2.IMO.
    case group1
    /// PMR, RPR, CTLR_EL1: ICH_HCR_EL2.TC, both of SCR_EL3.{IRQ, FIQ}, any of HCR_EL2.{IMO, FMO}.
    case common
    /// DIR: as `common`, and ICH_HCR_EL2.TDIR.
    case deactivate
    /// SGI generation: as `common`, and a guest's access is always trapped.
    case generateSGI
    /// Only the Exception level counts.
    case unrestricted
  }

  /// The lowest Exception level, the rule, and whether the register can be read and written. Nil
  /// for a register that does not exist: with 5 priority bits there is one AP0R and one AP1R, with
  /// four list registers there is no LR4.
  static func rule(
    _ register: SystemRegister
  ) -> (level: ExceptionLevel, rule: AccessRule, reads: Bool, writes: Bool)? {
    switch register {
    case .iccIAR0EL1, .iccHPPIR0EL1: (.el1, .group0, true, false)
    case .iccEOIR0EL1: (.el1, .group0, false, true)
    case .iccBPR0EL1, .iccAP0R0EL1, .iccIGRPEN0EL1: (.el1, .group0, true, true)
    case .iccIAR1EL1, .iccHPPIR1EL1: (.el1, .group1, true, false)
    case .iccEOIR1EL1: (.el1, .group1, false, true)
    case .iccBPR1EL1, .iccAP1R0EL1, .iccIGRPEN1EL1: (.el1, .group1, true, true)
    case .iccPMREL1, .iccCTLREL1: (.el1, .common, true, true)
    case .iccRPREL1: (.el1, .common, true, false)
    case .iccDIREL1: (.el1, .deactivate, false, true)
    case .iccSGI0REL1, .iccSGI1REL1, .iccASGI1REL1: (.el1, .generateSGI, false, true)
    // System registers are always enabled (SRE and Enable read as one), so these never trap.
    case .iccSREEL1: (.el1, .unrestricted, true, true)
    case .iccSREEL2: (.el2, .unrestricted, true, true)
    case .iccSREEL3, .iccCTLREL3, .iccIGRPEN1EL3: (.el3, .unrestricted, true, true)
    case .ichHCREL2, .ichVMCREL2, .ichAP0R0EL2, .ichAP1R0EL2, .ichLR0EL2, .ichLR1EL2, .ichLR2EL2,
      .ichLR3EL2:
      (.el2, .unrestricted, true, true)
    case .ichVTREL2, .ichMISREL2, .ichEISREL2, .ichELRSREL2: (.el2, .unrestricted, true, false)
    default: nil
    }
  }

  /// Throws what an access raises instead of completing.
  func check(
    _ register: SystemRegister, core: Int, _ view: InterruptView, isRead: Bool
  ) throws(GuestException) {
    guard live.cores.indices.contains(core), let rule = GIC.rule(register),
      view.level >= rule.level, isRead ? rule.reads : rule.writes
    else { throw .undefined }
    if rule.rule == .unrestricted || view.level == .el3 { return }

    typealias Control = InterruptControllerHypervisorControl
    let control = live.cores[core].virtual.control
    let isNonSecureEL1 = view.level == .el1 && !view.isSecure
    let masks = view.effectiveMasks
    let overridesFIQ = masks & InterruptView.fmo != 0
    let overridesIRQ = masks & InterruptView.imo != 0
    let routesFIQ = view.scrEL3 & InterruptView.scrFIQ != 0
    let routesIRQ = view.scrEL3 & InterruptView.scrIRQ != 0

    // Traps to EL2 come first.
    if isNonSecureEL1 {
      let isTrapped =
        switch rule.rule {
        case .group0: control.isSet(Control.tall0)
        case .group1: control.isSet(Control.tall1)
        case .common: control.isSet(Control.tc)
        case .deactivate:
          control.isSet(Control.tc) || control.isSet(Control.tdir)
        case .generateSGI:
          control.isSet(Control.tc) || overridesFIQ || overridesIRQ
        case .unrestricted: false
        }
      if isTrapped { throw GIC.trap(to: .el2) }
    }
    // An interrupt that SCR_EL3 routes to EL3 is not for lower levels, unless the virtual interface
    // answers.
    let isForEL3 =
      switch rule.rule {
      case .group0: routesFIQ && !(view.level == .el1 && overridesFIQ)
      case .group1: routesIRQ && !(view.level == .el1 && overridesIRQ)
      case .common, .deactivate, .generateSGI:
        routesFIQ && routesIRQ && !(view.level == .el1 && (overridesFIQ || overridesIRQ))
      case .unrestricted: false
      }
    if isForEL3 { throw GIC.trap(to: .el3) }
  }

  /// A trapped MSR or MRS: EC 0x18 and IL. Who knows the instruction adds the ISS (its encoding,
  /// Rt and direction). Arm ARM D24.2, ESR_EL1, ISS of EC 0x18.
  static func trap(to level: ExceptionLevel) -> GuestException {
    GuestException(.trap, Syndrome(.systemRegister, iss: 0), target: level)
  }
}

extension InterruptView {
  /// HCR_EL2.FMO.
  static var fmo: UInt64 { HypervisorConfiguration.fmo.mask }
  /// HCR_EL2.IMO.
  static var imo: UInt64 { HypervisorConfiguration.imo.mask }
  /// SCR_EL3.IRQ.
  static var scrIRQ: UInt64 { SecureConfiguration.irq.mask }
  /// SCR_EL3.FIQ.
  static var scrFIQ: UInt64 { SecureConfiguration.fiq.mask }

  /// HCR_EL2.{IMO, FMO} as they act: 0 in Secure state (there is no Secure EL2); with TGE, 0 in a
  /// host regime (E2H) and 1 otherwise. Arm ARM D24.2, HCR_EL2.
  var effectiveMasks: UInt64 {
    let both = InterruptView.fmo | InterruptView.imo
    guard usesNonSecureBank else { return 0 }
    let hcr = HypervisorConfiguration(rawValue: hcrEL2)
    if hcr.isSet(HypervisorConfiguration.tge) { return hcr.isHost ? 0 : both }
    return hcrEL2 & both
  }

  /// Whether an access by this PE reaches the virtual CPU interface, when any of these HCR_EL2 bits
  /// is set.
  func isVirtual(_ masks: UInt64) -> Bool {
    level == .el1 && !isSecure && effectiveMasks & masks != 0
  }

  /// Whether the Security state below EL3 is Non-secure: which bank of ICC_* EL3 sees.
  var usesNonSecureBank: Bool { scrEL3 & SecureConfiguration.ns.mask != 0 }

  /// Whether the PE sees Non-secure priorities: Group 0 is not for it. IHI 0069H 4.8.1.
  var seesNonSecurePriorities: Bool {
    !isSecure && level != .el3 && scrEL3 & InterruptView.scrFIQ != 0
  }

  /// Whether the PE is in Secure state or at EL3.
  var isTrusted: Bool { isSecure || level == .el3 }
}
