// Which registers translate an access. Arm ARM D8.1.
//
// A host's EL0 (HCR_EL2.{E2H,TGE} = {1,1}) is translated by EL2's registers, which then have
// EL1's layout. There is no Secure EL2 (FEAT_SEL2), so a Secure EL1&0 has no stage 2.

import Arm

/// Bits of the control registers that translation looks at. They repeat `SystemControl`,
/// `HypervisorConfiguration` and `SecureConfiguration` as literals, which the compiler folds
/// across modules without being asked to; a test compares them.
enum TranslationControl {
  /// SCTLR_ELx.M: stage 1 enable.
  static let m: UInt64 = 1 << 0
  /// SCTLR_ELx.C: data cacheability.
  static let c: UInt64 = 1 << 2
  /// SCTLR_ELx.I: instruction cacheability.
  static let i: UInt64 = 1 << 12
  /// SCTLR_ELx.WXN: what is writable is not executable.
  static let wxn: UInt64 = 1 << 19
  /// SCTLR_ELx.EE: tables are big-endian.
  static let ee: UInt64 = 1 << 25
  /// The bits of SCTLR_ELx that decide a translation.
  static let sctlr = m | c | i | wxn | ee
  /// HCR_EL2.VM: stage 2 enable.
  static let vm: UInt64 = 1 << 0
  /// HCR_EL2.PTW: a stage 1 walk to Device memory faults.
  static let ptw: UInt64 = 1 << 2
  /// HCR_EL2.FB: TLB maintenance at EL1 is broadcast.
  static let fb: UInt64 = 1 << 9
  /// HCR_EL2.DC: stage 1 off, Normal Write-Back, stage 2 on.
  static let dc: UInt64 = 1 << 12
  /// HCR_EL2.TGE.
  static let tge: UInt64 = 1 << 27
  /// HCR_EL2.CD: stage 2 data accesses are Non-cacheable.
  static let cd: UInt64 = 1 << 32
  /// HCR_EL2.ID: stage 2 instruction accesses are Non-cacheable.
  static let id: UInt64 = 1 << 33
  /// HCR_EL2.E2H.
  static let e2h: UInt64 = 1 << 34
  /// The bits of HCR_EL2 that decide a translation.
  static let hcr = vm | ptw | dc | tge | cd | id | e2h
  /// SCR_EL3.NS.
  static let ns: UInt64 = 1 << 0
  /// SCR_EL3.SIF: no fetch from Non-secure memory in Secure state.
  static let sif: UInt64 = 1 << 9
}

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
  var hcr: UInt64

  /// The regime of an access with the privilege of `level`.
  @inline(__always) init(_ level: ExceptionLevel, _ state: CoreState) {
    let secure = state[.scrEL3] & TranslationControl.ns == 0
    let hcr = secure ? 0 : state[.hcrEL2]
    let host = TranslationControl.e2h | TranslationControl.tge
    isUnprivileged = level == .el0
    switch level {
    case .el3:
      kind = .el3
      isSecure = true
      self.hcr = 0
    case .el2:
      kind = state[.hcrEL2] & TranslationControl.e2h != 0 ? .el20 : .el2
      isSecure = secure
      self.hcr = 0
    case .el0 where hcr & host == host:
      kind = .el20
      isSecure = secure
      self.hcr = 0
    case .el1, .el0:
      kind = .el10
      isSecure = secure
      // Arm ARM, HCR_EL2: PTW is treated as 0 when TGE is 1; the others when E2H is 1 too.
      var effective = hcr
      if hcr & TranslationControl.tge != 0 { effective &= ~TranslationControl.ptw }
      if hcr & host == host {
        effective &=
          ~(TranslationControl.vm | TranslationControl.dc | TranslationControl.cd
          | TranslationControl.id)
      }
      self.hcr = effective
    }
  }

  /// Whether the regime has two VA ranges and an unprivileged side.
  @inline(__always) var hasTwoRanges: Bool { kind == .el10 || kind == .el20 }

  /// Whether stage 2 translates what stage 1 gives. HCR_EL2.DC makes VM behave as 1.
  @inline(__always) var hasStage2: Bool {
    kind == .el10 && hcr & (TranslationControl.vm | TranslationControl.dc) != 0
  }

  /// Whether stage 1 is on. TGE and DC make SCTLR_EL1.M behave as 0.
  @inline(__always) func isStage1Enabled(_ sctlr: UInt64) -> Bool {
    if kind == .el10, hcr & (TranslationControl.tge | TranslationControl.dc) != 0 { return false }
    return sctlr & TranslationControl.m != 0
  }

  /// SCTLR_ELx of the regime.
  @inline(__always) func sctlr(_ state: CoreState) -> UInt64 {
    switch kind {
    case .el10: state[.sctlrEL1]
    case .el20, .el2: state[.sctlrEL2]
    case .el3: state[.sctlrEL3]
    }
  }

  /// TCR_ELx of the regime.
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
  @inline(__always) func ttbr(_ state: CoreState, upper: Bool) -> UInt64 {
    switch kind {
    case .el10: upper ? state[.ttbr1EL1] : state[.ttbr0EL1]
    case .el20: upper ? state[.ttbr1EL2] : state[.ttbr0EL2]
    case .el2: state[.ttbr0EL2]
    case .el3: state[.ttbr0EL3]
    }
  }

  /// The current ASID, or 0 where the regime has none: TTBR1 when TCR_ELx.A1, 8 or 16 bits by AS.
  @inline(__always) func asid(_ state: CoreState) -> UInt16 {
    guard hasTwoRanges else { return 0 }
    let tcr = self.tcr(state)
    let asid = ttbr(state, upper: tcr >> 22 & 1 != 0) >> 48
    return UInt16(truncatingIfNeeded: tcr >> 36 & 1 != 0 ? asid : asid & 0xFF)
  }

  /// The current VMID, or 0 where the regime has none: 8 or 16 bits by VTCR_EL2.VS.
  @inline(__always) func vmid(_ state: CoreState) -> UInt16 {
    guard kind == .el10, !isSecure else { return 0 }
    let vmid = state[.vttbrEL2] >> 48
    return UInt16(truncatingIfNeeded: state[.vtcrEL2] >> 19 & 1 != 0 ? vmid : vmid & 0xFF)
  }

  /// Whether the top byte of an address is ignored. TCR_ELx.TBI{0,1}, TCR_EL2 and TCR_EL3.TBI.
  @inline(__always) func ignoresTopByte(_ address: UInt64, _ tcr: UInt64) -> Bool {
    hasTwoRanges ? tcr >> (37 &+ (address >> 55 & 1)) & 1 != 0 : tcr >> 20 & 1 != 0
  }
}
