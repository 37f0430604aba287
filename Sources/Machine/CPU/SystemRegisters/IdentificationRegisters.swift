// What the PE says it is. The values are those of QEMU 7.2's neoverse-n1 (r4p1), changed only where
// this machine differs; what an ID register promises works, what it does not is UNDEFINED.
//
// The differences, and why:
// - ID_AA64PFR0_EL1.EL0...EL3 = 1: AArch64 only, at every exception level. All AArch32 ID registers
//   are UNKNOWN then; they read as zero. DACR32_EL2, IFSR32_EL2, FPEXC32_EL2, DBGVCR32_EL2,
//   SDER32_EL3, SPSR_{irq,abt,und,fiq} do not exist.
// - ID_AA64PFR0_EL1.RAS = 2: FEAT_RASv1p1 and FEAT_DoubleFault (QEMU and N1: 1).
// - ID_AA64DFR0_EL1.PMSVer = 0 as in QEMU: no profiling.
// - ID_AA64MMFR0_EL1.BigEnd = 0: little-endian only; SCTLR_ELx.{EE,E0E} are fixed to 0.
// - LORID_EL1 = 0 as in QEMU: FEAT_LOR without regions, so LORSA_EL1 and relatives are RES0.

import Arm

/// Values of the identification registers.
enum IdentificationRegisters {
  private static func value<R: Register>(_ fields: (Field, UInt64)...) -> R {
    var register = R(rawValue: 0)
    for (field, value) in fields { register[field] = value }
    return register
  }

  /// Arm Ltd, Neoverse N1, r4p1.
  static let midr: MainIdentification = {
    typealias ID = MainIdentification
    return value(
      (ID.implementer, 0x41), (ID.variant, 4), (ID.architecture, 0xF), (ID.partNum, 0xD0C),
      (ID.revision, 1))
  }()
  /// Lines of 64 bytes.
  static let ctr: CacheType = {
    typealias ID = CacheType
    let fields: CacheType = value(
      (ID.cwg, 4), (ID.erg, 4), (ID.dMinLine, 4), (ID.l1Ip, 3), (ID.iMinLine, 4))
    return CacheType(rawValue: fields.rawValue | CacheType.reservedOnes)
  }()
  /// Separate L1 caches, unified L2, to unify at L2.
  static let clidr: CacheLevels = {
    typealias ID = CacheLevels
    return value((ID.icb, 2), (ID.loc, 2), (ID.ctype2, 4), (ID.ctype1, 3))
  }()
  /// L1 data, L1 instruction, L2; by CSSELR_EL1.
  static let ccsidr: [UInt64] = [0x701F_E01A, 0x201F_E01A, 0x70FF_E03A]
  /// DC ZVA zeroes 16 words, 64 bytes.
  static let zeroBlock: ZeroBlockIdentification = value((ZeroBlockIdentification.bs, 4))

  /// FP16; AArch64 only.
  static let pfr0: ProcessorFeature0 = {
    typealias ID = ProcessorFeature0
    return value(
      (ID.csv3, 1), (ID.csv2, 1), (ID.ras, 2), (ID.gic, 1), (ID.advSIMD, 1), (ID.fp, 1),
      (ID.el3, 1), (ID.el2, 1), (ID.el1, 1), (ID.el0, 1))
  }()
  /// PSTATE.SSBS and the SSBS register.
  static let pfr1: ProcessorFeature1 = value((ProcessorFeature1.ssbs, 2))
  /// Six breakpoints, of which two are context-aware, four watchpoints, PMUv3 for Armv8.1; no trace.
  static let dfr0: DebugFeature0 = {
    typealias ID = DebugFeature0
    return value((ID.ctxCMPs, 1), (ID.wrps, 3), (ID.brps, 5), (ID.pmuVer, 4), (ID.debugVer, 8))
  }()
  /// LSE, SHA256, PMULL.
  static let isar0: InstructionSetAttribute0 = {
    typealias ID = InstructionSetAttribute0
    return value(
      (ID.dp, 1), (ID.rdm, 1), (ID.atomic, 2), (ID.crc32, 1), (ID.sha2, 1), (ID.sha1, 1),
      (ID.aes, 2))
  }()
  /// LDAPR, DC CVAP.
  static let isar1: InstructionSetAttribute1 = {
    typealias ID = InstructionSetAttribute1
    return value((ID.lrcpc, 1), (ID.dpb, 1))
  }()
  /// All three granules, 16 bits of ASID, 48 bits of physical address.
  static let mmfr0: MemoryModelFeature0 = {
    typealias ID = MemoryModelFeature0
    return value((ID.tgran16, 1), (ID.snsMem, 1), (ID.asidBits, 2), (ID.paRange, 5))
  }()
  /// FEAT_HPDS2, FEAT_HAFDBS with dirty state, 16 bits of VMID.
  static let mmfr1: MemoryModelFeature1 = {
    typealias ID = MemoryModelFeature1
    return value(
      (ID.xnx, 1), (ID.pan, 2), (ID.lo, 1), (ID.hpds, 2), (ID.vh, 1), (ID.vmidBits, 2),
      (ID.hafdbs, 2))
  }()
  /// FEAT_IESB, FEAT_UAO, FEAT_TTCNP.
  static let mmfr2: MemoryModelFeature2 = {
    typealias ID = MemoryModelFeature2
    return value((ID.iesb, 1), (ID.uao, 1), (ID.cnp, 1))
  }()

  /// MPIDR_EL1 of a core: one cluster, no threads.
  static func mpidr(_ core: Int) -> UInt64 {
    MultiprocessorAffinity(rawValue: MultiprocessorAffinity.reservedOnes)
      .with(MultiprocessorAffinity.aff0, UInt64(core)).rawValue
  }
}
