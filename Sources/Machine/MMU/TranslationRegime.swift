// Which registers translate an access. Arm ARM D8.1.
//
// A host's EL0 (HCR_EL2.{E2H,TGE} = {1,1}) is translated by EL2's registers, which then have
// EL1's layout. There is no Secure EL2 (FEAT_SEL2), so a Secure EL1&0 has no stage 2.

import Arm

/// A translation regime, as one access sees it.
struct TranslationRegime: Equatable {
  /// The regimes of a PE without Secure EL2.
  enum Kind: UInt8 {
    /// EL1&0.
    case el10
    /// EL2&0: EL2 with HCR_EL2.E2H.
    case el20
    /// EL2.
    case el2
    /// EL3.
    case el3
  }

  /// The regime.
  var kind: Kind
  /// Whether the access is made with EL0's permissions.
  var isUnprivileged: Bool
  /// Whether the access is made from Secure state.
  var isSecure: Bool
  /// HCR_EL2 with the fields that TGE and E2H override; 0 where EL2 is not enabled.
  var hcr: HypervisorConfiguration

  /// The regime of an access with the privilege of `level`.
  @inline(__always) init(_ level: ExceptionLevel, _ state: CoreState) {
    let secure = !state.scr.isSet(SecureConfiguration.ns)
    let hcr = secure ? HypervisorConfiguration(rawValue: 0) : state.hcr
    isUnprivileged = level == .el0
    self.hcr = HypervisorConfiguration(rawValue: 0)
    switch level {
    case .el3:
      kind = .el3
      isSecure = true
    case .el2:
      kind = state.hcr.isSet(HypervisorConfiguration.e2h) ? .el20 : .el2
      isSecure = secure
    case .el0 where hcr.isHost:
      kind = .el20
      isSecure = secure
    case .el1, .el0:
      kind = .el10
      isSecure = secure
      self.hcr = hcr.effectiveForEL1
    }
  }

  /// Whether the regime has two VA ranges and an unprivileged side.
  @inline(__always) var hasTwoRanges: Bool { kind == .el10 || kind == .el20 }

  /// Whether stage 2 translates what stage 1 gives. HCR_EL2.DC makes VM behave as 1.
  @inline(__always) var hasStage2: Bool {
    kind == .el10
      && (hcr.isSet(HypervisorConfiguration.vm) || hcr.isSet(HypervisorConfiguration.dc))
  }

  /// Whether stage 1 is on. TGE and DC make SCTLR_EL1.M behave as 0.
  @inline(__always) func isStage1Enabled(_ sctlr: SystemControl) -> Bool {
    if kind == .el10,
      hcr.isSet(HypervisorConfiguration.tge) || hcr.isSet(HypervisorConfiguration.dc)
    {
      return false
    }
    return sctlr.isSet(SystemControl.m)
  }

  /// SCTLR_ELx of the regime.
  @inline(__always) func sctlr(_ state: CoreState) -> SystemControl {
    switch kind {
    case .el10: state.systemControl(.sctlrEL1)
    case .el20, .el2: state.systemControl(.sctlrEL2)
    case .el3: state.systemControl(.sctlrEL3)
    }
  }

  /// TCR_ELx of the regime: `TranslationControl` or `SingleRangeTranslationControl`.
  @inline(__always) func tcr(_ state: CoreState) -> UInt64 {
    switch kind {
    case .el10: state[.tcrEL1]
    case .el20, .el2: state[.tcrEL2]
    case .el3: state[.tcrEL3]
    }
  }

  /// MAIR_ELx of the regime.
  @inline(__always) func mair(_ state: CoreState) -> UInt64 {
    switch kind {
    case .el10: state[.mairEL1]
    case .el20, .el2: state[.mairEL2]
    case .el3: state[.mairEL3]
    }
  }

  /// TTBR0_ELx or TTBR1_ELx of the regime.
  @inline(__always) func ttbr(_ state: CoreState, upper: Bool) -> TableBase {
    switch kind {
    case .el10: TableBase(rawValue: upper ? state[.ttbr1EL1] : state[.ttbr0EL1])
    case .el20: TableBase(rawValue: upper ? state[.ttbr1EL2] : state[.ttbr0EL2])
    case .el2: TableBase(rawValue: state[.ttbr0EL2])
    case .el3: TableBase(rawValue: state[.ttbr0EL3])
    }
  }

  /// The current ASID, or 0 where the regime has none: TTBR1 when TCR_ELx.A1, 8 or 16 bits by AS.
  @inline(__always) func asid(_ state: CoreState) -> UInt16 {
    guard hasTwoRanges else { return 0 }
    let tcr = TranslationControl(rawValue: self.tcr(state))
    let asid = ttbr(state, upper: tcr.isSet(TranslationControl.a1))[TableBase.asid]
    return UInt16(truncatingIfNeeded: asid) & tcr.asidMask
  }

  /// The current VMID, or 0 where the regime has none: 8 or 16 bits by VTCR_EL2.VS.
  @inline(__always) func vmid(_ state: CoreState) -> UInt16 {
    kind == .el10 && !isSecure ? state.vmid : 0
  }

  /// Whether the top byte of an address is ignored. TCR_ELx.TBI{0,1}, TCR_EL2 and TCR_EL3.TBI.
  @inline(__always) func ignoresTopByte(_ address: UInt64, _ tcr: UInt64) -> Bool {
    StageOneTranslation.ignoresTopByte(
      tcr: tcr, hasTwoRanges: hasTwoRanges, isUpper: address >> 55 & 1 != 0)
  }
}

extension HypervisorConfiguration {
  /// HCR_EL2 as EL1&0's translation has it: PTW is treated as 0 when TGE is 1, the others when E2H
  /// is 1 too. Arm ARM D24.2, HCR_EL2.
  @inline(__always) fileprivate var effectiveForEL1: HypervisorConfiguration {
    typealias HCR = HypervisorConfiguration
    var bits = rawValue
    if isSet(HCR.tge) { bits &= ~HCR.ptw.mask }
    if isHost { bits &= ~(HCR.vm.mask | HCR.dc.mask | HCR.cd.mask | HCR.id.mask) }
    return HCR(rawValue: bits)
  }

  /// The bits that decide a translation.
  @inline(__always) static var translationMask: UInt64 {
    vm.mask | ptw.mask | dc.mask | tge.mask | cd.mask | id.mask | e2h.mask
  }
}

extension SystemControl {
  /// The bits that decide a translation.
  @inline(__always) static var translationMask: UInt64 {
    m.mask | c.mask | i.mask | wxn.mask | ee.mask
  }
}

extension TranslationControl {
  /// The bits of an ASID that count: 8 or 16 by AS.
  @inline(__always) var asidMask: UInt16 { isSet(TranslationControl.as) ? 0xFFFF : 0xFF }
}

extension CoreState {
  /// The VMID: 8 or 16 bits by VTCR_EL2.VS.
  @inline(__always) var vmid: UInt16 {
    let vmid = UInt16(
      truncatingIfNeeded: TableBase(rawValue: self[.vttbrEL2])[TableBase.vmid])
    let vtcr = VirtualizationTranslationControl(rawValue: self[.vtcrEL2])
    return vtcr.isSet(VirtualizationTranslationControl.vs) ? vmid : vmid & 0xFF
  }
}
