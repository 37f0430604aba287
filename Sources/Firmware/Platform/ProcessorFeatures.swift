// What this core has, from its ID registers. A bit that is RES0 without a feature is written only
// with the feature: forged state must be what the hardware would have made.

import Arm

/// The optional features that the firmware's work depends on.
public struct ProcessorFeatures: Equatable, Sendable {
  /// FEAT_RAS: error records and syndromes. ID_AA64PFR0_EL1.RAS.
  public var ras = false
  /// FEAT_RASv1p1: four MISC registers, the newer clear rules, SCR_EL3.FIEN. ID_AA64PFR0_EL1.RAS.
  public var rasV1p1 = false
  /// FEAT_IESB: SCTLR_ELx.IESB. ID_AA64MMFR2_EL1.IESB.
  public var iesb = false
  /// FEAT_PAN. ID_AA64MMFR1_EL1.PAN.
  public var pan = false
  /// FEAT_VHE: HCR_EL2.E2H. ID_AA64MMFR1_EL1.VH.
  public var vhe = false
  /// FEAT_UAO. ID_AA64MMFR2_EL1.UAO.
  public var uao = false
  /// FEAT_DIT. ID_AA64PFR0_EL1.DIT.
  public var dit = false
  /// FEAT_SSBS. ID_AA64PFR1_EL1.SSBS.
  public var ssbs = false
  /// FEAT_MTE: PSTATE.TCO. ID_AA64PFR1_EL1.MTE.
  public var mte = false
  /// FEAT_NMI: PSTATE.ALLINT. ID_AA64PFR1_EL1.NMI.
  public var nmi = false
  /// FEAT_SVE. ID_AA64PFR0_EL1.SVE.
  public var sve = false
  /// FEAT_SME. ID_AA64PFR1_EL1.SME.
  public var sme = false
  /// FEAT_FGT. ID_AA64MMFR0_EL1.FGT.
  public var fgt = false
  /// FEAT_ECV, with CNTPOFF_EL2. ID_AA64MMFR0_EL1.ECV.
  public var ecv = false
  /// FEAT_HCX. ID_AA64MMFR1_EL1.HCX.
  public var hcx = false
  /// FEAT_PAuth, of any kind. ID_AA64ISAR1_EL1.{GPI,GPA,API,APA}.
  public var pointerAuthentication = false
  /// FEAT_CSV2: branch predictors of one context are not steered by another. ID_AA64PFR0_EL1.CSV2.
  public var csv2 = false

  /// No optional feature at all.
  public init() {}

  /// The features of the core that the platform runs on.
  public init<P: FirmwarePlatform>(_ platform: P) {
    let pfr0 = platform.read(.idAA64PFR0EL1)
    let pfr1 = platform.read(.idAA64PFR1EL1)
    let isar1 = platform.read(.idAA64ISAR1EL1)
    let mmfr0 = platform.read(.idAA64MMFR0EL1)
    let mmfr1 = platform.read(.idAA64MMFR1EL1)
    let mmfr2 = platform.read(.idAA64MMFR2EL1)
    func field(_ register: UInt64, _ low: UInt64) -> UInt64 { register >> low & 0xf }
    ras = field(pfr0, 28) >= 1
    rasV1p1 = field(pfr0, 28) >= 2 || (field(pfr0, 28) == 1 && field(pfr1, 12) >= 1)
    iesb = field(mmfr2, 12) >= 1
    pan = field(mmfr1, 20) >= 1
    vhe = field(mmfr1, 8) >= 1
    uao = field(mmfr2, 4) >= 1
    dit = field(pfr0, 48) >= 1
    ssbs = field(pfr1, 4) >= 1
    mte = field(pfr1, 8) >= 1
    nmi = field(pfr1, 36) >= 1
    sve = field(pfr0, 32) >= 1
    sme = field(pfr1, 24) >= 1
    fgt = field(mmfr0, 56) >= 1
    ecv = field(mmfr0, 60) >= 2
    hcx = field(mmfr1, 40) >= 1
    csv2 = field(pfr0, 56) >= 1
    pointerAuthentication = isar1 & 0xff00_0ff0 != 0
  }
}
