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
    let pfr0 = ProcessorFeature0(rawValue: platform.read(.idAA64PFR0EL1))
    let pfr1 = ProcessorFeature1(rawValue: platform.read(.idAA64PFR1EL1))
    let isar1 = InstructionSetAttribute1(rawValue: platform.read(.idAA64ISAR1EL1))
    let mmfr0 = MemoryModelFeature0(rawValue: platform.read(.idAA64MMFR0EL1))
    let mmfr1 = MemoryModelFeature1(rawValue: platform.read(.idAA64MMFR1EL1))
    let mmfr2 = MemoryModelFeature2(rawValue: platform.read(.idAA64MMFR2EL1))
    ras = pfr0.isSet(ProcessorFeature0.ras)
    rasV1p1 = ErrorRecordVersion(pfr0, pfr1) == .v1p1
    iesb = mmfr2.isSet(MemoryModelFeature2.iesb)
    pan = mmfr1.isSet(MemoryModelFeature1.pan)
    vhe = mmfr1.isSet(MemoryModelFeature1.vh)
    uao = mmfr2.isSet(MemoryModelFeature2.uao)
    dit = pfr0.isSet(ProcessorFeature0.dit)
    ssbs = pfr1.isSet(ProcessorFeature1.ssbs)
    mte = pfr1.isSet(ProcessorFeature1.mte)
    nmi = pfr1.isSet(ProcessorFeature1.nmi)
    sve = pfr0.isSet(ProcessorFeature0.sve)
    sme = pfr1.isSet(ProcessorFeature1.sme)
    fgt = mmfr0.isSet(MemoryModelFeature0.fgt)
    ecv = mmfr0[MemoryModelFeature0.ecv] >= 2
    hcx = mmfr1.isSet(MemoryModelFeature1.hcx)
    csv2 = pfr0.isSet(ProcessorFeature0.csv2)
    pointerAuthentication = isar1.hasPointerAuthentication
  }
}
