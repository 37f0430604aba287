// The ID registers: what a PE has. A field of four bits counts: zero is nothing, and what one value
// promises every larger one does, unless its comment says otherwise. Arm ARM D24.2.
//
// Only the fields that somebody here looks at or promises have names.

/// ID_AA64PFR0_EL1. Arm ARM D24.2.
public struct ProcessorFeature0: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// EL0: 1 AArch64 only, 2 AArch32 too.
  public static let el0 = Field("EL0", 3, 0)
  /// EL1: 1 AArch64 only, 2 AArch32 too.
  public static let el1 = Field("EL1", 7, 4)
  /// EL2: 0 absent, 1 AArch64 only, 2 AArch32 too.
  public static let el2 = Field("EL2", 11, 8)
  /// EL3: 0 absent, 1 AArch64 only, 2 AArch32 too.
  public static let el3 = Field("EL3", 15, 12)
  /// Floating point: 0 without, 1 with half precision, 15 absent.
  public static let fp = Field("FP", 19, 16)
  /// Advanced SIMD: 0 without, 1 with half precision, 15 absent.
  public static let advSIMD = Field("AdvSIMD", 23, 20)
  /// System registers of the GIC CPU interface.
  public static let gic = Field("GIC", 27, 24)
  /// 1 FEAT_RAS, 2 FEAT_RASv1p1 and FEAT_DoubleFault.
  public static let ras = Field("RAS", 31, 28)
  /// FEAT_SVE.
  public static let sve = Field("SVE", 35, 32)
  /// FEAT_SEL2.
  public static let sel2 = Field("SEL2", 39, 36)
  /// FEAT_MPAM.
  public static let mpam = Field("MPAM", 43, 40)
  /// FEAT_AMU.
  public static let amu = Field("AMU", 47, 44)
  /// FEAT_DIT.
  public static let dit = Field("DIT", 51, 48)
  /// FEAT_RME.
  public static let rme = Field("RME", 55, 52)
  /// Branch targets of one context do not control another.
  public static let csv2 = Field("CSV2", 59, 56)
  /// No data is speculated on that a fault withholds.
  public static let csv3 = Field("CSV3", 63, 60)
  /// All fields.
  public static let fields = [
    el0, el1, el2, el3, fp, advSIMD, gic, ras, sve, sel2, mpam, amu, dit, rme, csv2, csv3,
  ]
}

/// ID_AA64PFR1_EL1. Arm ARM D24.2.
public struct ProcessorFeature1: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// FEAT_BTI.
  public static let bt = Field("BT", 3, 0)
  /// FEAT_SSBS; 2 with the SSBS register.
  public static let ssbs = Field("SSBS", 7, 4)
  /// FEAT_MTE.
  public static let mte = Field("MTE", 11, 8)
  /// With RAS = 1: 1 FEAT_RASv1p1.
  public static let rasFrac = Field("RAS_frac", 15, 12)
  /// A minor version of FEAT_MPAM.
  public static let mpamFrac = Field("MPAM_frac", 19, 16)
  /// FEAT_SME.
  public static let sme = Field("SME", 27, 24)
  /// A minor version of CSV2.
  public static let csv2Frac = Field("CSV2_frac", 35, 32)
  /// FEAT_NMI.
  public static let nmi = Field("NMI", 39, 36)
  /// All fields.
  public static let fields = [bt, ssbs, mte, rasFrac, mpamFrac, sme, csv2Frac, nmi]
}

/// ID_AA64DFR0_EL1. Arm ARM D24.2.
public struct DebugFeature0: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// 6 Armv8.0, 7 with VHE, 8 Armv8.2.
  public static let debugVer = Field("DebugVer", 3, 0)
  /// Trace registers.
  public static let traceVer = Field("TraceVer", 7, 4)
  /// Performance monitors; 15 is a form that is not architected.
  public static let pmuVer = Field("PMUVer", 11, 8)
  /// Breakpoints less one.
  public static let brps = Field("BRPs", 15, 12)
  /// Watchpoints less one.
  public static let wrps = Field("WRPs", 23, 20)
  /// Context-aware breakpoints less one: the last ones.
  public static let ctxCMPs = Field("CTX_CMPs", 31, 28)
  /// Statistical profiling.
  public static let pmsVer = Field("PMSVer", 35, 32)
  /// All fields.
  public static let fields = [debugVer, traceVer, pmuVer, brps, wrps, ctxCMPs, pmsVer]

  /// How many breakpoints there are.
  @inlinable public var breakpointCount: Int { Int(self[DebugFeature0.brps]) &+ 1 }
  /// How many watchpoints there are.
  @inlinable public var watchpointCount: Int { Int(self[DebugFeature0.wrps]) &+ 1 }
}

/// ID_AA64ISAR0_EL1. Arm ARM D24.2.
public struct InstructionSetAttribute0: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// 1 AESE and its relatives, 2 with PMULL of 64 bits.
  public static let aes = Field("AES", 7, 4)
  /// SHA1C and its relatives.
  public static let sha1 = Field("SHA1", 11, 8)
  /// 1 SHA256, 2 with SHA512.
  public static let sha2 = Field("SHA2", 15, 12)
  /// CRC32B and its relatives.
  public static let crc32 = Field("CRC32", 19, 16)
  /// 2 FEAT_LSE.
  public static let atomic = Field("Atomic", 23, 20)
  /// FEAT_RDM.
  public static let rdm = Field("RDM", 31, 28)
  /// FEAT_SHA3.
  public static let sha3 = Field("SHA3", 35, 32)
  /// FEAT_SM3.
  public static let sm3 = Field("SM3", 39, 36)
  /// FEAT_SM4.
  public static let sm4 = Field("SM4", 43, 40)
  /// FEAT_DotProd.
  public static let dp = Field("DP", 47, 44)
  /// FEAT_FHM.
  public static let fhm = Field("FHM", 51, 48)
  /// FEAT_FlagM.
  public static let ts = Field("TS", 55, 52)
  /// TLBI by range and of the Outer Shareable domain.
  public static let tlb = Field("TLB", 59, 56)
  /// FEAT_RNG.
  public static let rndr = Field("RNDR", 63, 60)
  /// All fields.
  public static let fields = [
    aes, sha1, sha2, crc32, atomic, rdm, sha3, sm3, sm4, dp, fhm, ts, tlb, rndr,
  ]
}

/// ID_AA64ISAR1_EL1. Arm ARM D24.2.
public struct InstructionSetAttribute1: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// 1 DC CVAP, 2 DC CVADP too.
  public static let dpb = Field("DPB", 3, 0)
  /// Pointer authentication of addresses, QARMA5.
  public static let apa = Field("APA", 7, 4)
  /// Pointer authentication of addresses, another algorithm.
  public static let api = Field("API", 11, 8)
  /// FJCVTZS.
  public static let jscvt = Field("JSCVT", 15, 12)
  /// FEAT_FCMA.
  public static let fcma = Field("FCMA", 19, 16)
  /// 1 LDAPR, 2 LDAPUR and STLUR too.
  public static let lrcpc = Field("LRCPC", 23, 20)
  /// Generic authentication, QARMA5.
  public static let gpa = Field("GPA", 27, 24)
  /// Generic authentication, another algorithm.
  public static let gpi = Field("GPI", 31, 28)
  /// All fields.
  public static let fields = [dpb, apa, api, jscvt, fcma, lrcpc, gpa, gpi]

  /// FEAT_PAuth, of any kind.
  @inlinable public var hasPointerAuthentication: Bool {
    isSet(InstructionSetAttribute1.apa) || isSet(InstructionSetAttribute1.api)
      || isSet(InstructionSetAttribute1.gpa) || isSet(InstructionSetAttribute1.gpi)
  }
}

/// ID_AA64MMFR0_EL1. Arm ARM D24.2.
public struct MemoryModelFeature0: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Bits of physical address, `OutputAddressSize`.
  public static let paRange = Field("PARange", 3, 0)
  /// 0 eight bits, 2 sixteen.
  public static let asidBits = Field("ASIDBits", 7, 4)
  /// SCTLR_ELx.EE can be changed.
  public static let bigEnd = Field("BigEnd", 11, 8)
  /// Secure and Non-secure memory are distinct.
  public static let snsMem = Field("SNSMem", 15, 12)
  /// SCTLR_EL1.E0E can be changed, where BigEnd is 0.
  public static let bigEndEL0 = Field("BigEndEL0", 19, 16)
  /// 16 KiB granules.
  public static let tgran16 = Field("TGran16", 23, 20)
  /// 64 KiB granules: 0 has them, 15 has not.
  public static let tgran64 = Field("TGran64", 27, 24)
  /// 4 KiB granules: 0 has them, 15 has not.
  public static let tgran4 = Field("TGran4", 31, 28)
  /// FEAT_FGT.
  public static let fgt = Field("FGT", 59, 56)
  /// 1 FEAT_ECV, 2 with CNTPOFF_EL2.
  public static let ecv = Field("ECV", 63, 60)
  /// All fields.
  public static let fields = [
    paRange, asidBits, bigEnd, snsMem, bigEndEL0, tgran16, tgran64, tgran4, fgt, ecv,
  ]
}

/// ID_AA64MMFR1_EL1. Arm ARM D24.2.
public struct MemoryModelFeature1: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// 1 hardware sets the Access flag, 2 manages dirty state too.
  public static let hafdbs = Field("HAFDBS", 3, 0)
  /// 0 eight bits, 2 sixteen.
  public static let vmidBits = Field("VMIDBits", 7, 4)
  /// FEAT_VHE.
  public static let vh = Field("VH", 11, 8)
  /// 1 FEAT_HPDS, 2 FEAT_HPDS2.
  public static let hpds = Field("HPDS", 15, 12)
  /// FEAT_LOR.
  public static let lo = Field("LO", 19, 16)
  /// 1 FEAT_PAN, 2 FEAT_PAN2.
  public static let pan = Field("PAN", 23, 20)
  /// A speculative access may raise an SError.
  public static let specSEI = Field("SpecSEI", 27, 24)
  /// FEAT_XNX.
  public static let xnx = Field("XNX", 31, 28)
  /// FEAT_HCX.
  public static let hcx = Field("HCX", 43, 40)
  /// All fields.
  public static let fields = [hafdbs, vmidBits, vh, hpds, lo, pan, specSEI, xnx, hcx]
}

/// ID_AA64MMFR2_EL1. Arm ARM D24.2.
public struct MemoryModelFeature2: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// FEAT_TTCNP.
  public static let cnp = Field("CnP", 3, 0)
  /// FEAT_UAO.
  public static let uao = Field("UAO", 7, 4)
  /// FEAT_LSMAOC.
  public static let lsm = Field("LSM", 11, 8)
  /// FEAT_IESB.
  public static let iesb = Field("IESB", 15, 12)
  /// FEAT_LVA.
  public static let vaRange = Field("VARange", 19, 16)
  /// FEAT_CCIDX.
  public static let ccidx = Field("CCIDX", 23, 20)
  /// FEAT_NV.
  public static let nv = Field("NV", 27, 24)
  /// FEAT_TTST.
  public static let st = Field("ST", 31, 28)
  /// FEAT_LSE2.
  public static let at = Field("AT", 35, 32)
  /// FEAT_IDST.
  public static let ids = Field("IDS", 39, 36)
  /// FEAT_S2FWB.
  public static let fwb = Field("FWB", 43, 40)
  /// All fields.
  public static let fields = [
    cnp, uao, lsm, iesb, vaRange, ccidx, nv, st, at, ids, fwb,
  ]
}

extension ErrorRecordVersion {
  /// The version of the error records of a PE's own; nil where there are none, without FEAT_RAS.
  @inlinable public init?(_ pfr0: ProcessorFeature0, _ pfr1: ProcessorFeature1) {
    switch pfr0[ProcessorFeature0.ras] {
    case 0: return nil
    case 1: self = pfr1.isSet(ProcessorFeature1.rasFrac) ? .v1p1 : .v1p0
    default: self = .v1p1
    }
  }
}
