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

/// Values of the identification registers.
enum IdentificationRegisters {
  /// Arm Ltd, Neoverse N1, r4p1.
  static let midr: UInt64 = 0x414F_D0C1
  /// IDC 0, DIC 0, CWG 4, ERG 4, DminLine 4, L1Ip PIPT, IminLine 4: 64-byte lines.
  static let ctr: UInt64 = 0x8444_C004
  /// Separate L1 caches, unified L2, to unify at L2.
  static let clidr: UInt64 = 0x8200_0023
  /// L1 data, L1 instruction, L2; by CSSELR_EL1.
  static let ccsidr: [UInt64] = [0x701F_E01A, 0x201F_E01A, 0x70FF_E03A]
  /// Log2 of the words that DC ZVA zeroes: 16 words, 64 bytes.
  static let zeroBlockSizeLog2Words: UInt64 = 4

  /// CSV3 1, CSV2 1, RAS 2, GIC 1, AdvSIMD and FP with FP16, EL3...EL0 AArch64 only.
  static let pfr0: UInt64 = 0x1100_0000_2111_1111
  /// SSBS 2: PSTATE.SSBS and the SSBS register.
  static let pfr1: UInt64 = 0x20
  /// CTX_CMPs 2, WRPs 4, BRPs 6, PMUVer 4 (PMUv3 for Armv8.1), no trace, DebugVer Armv8.2.
  static let dfr0: UInt64 = 0x1030_5408
  /// DP, RDM, Atomic (LSE), CRC32, SHA2 (SHA256), SHA1, AES with PMULL.
  static let isar0: UInt64 = 0x0000_1000_1021_1120
  /// LRCPC 1 (LDAPR), DPB 1 (DC CVAP).
  static let isar1: UInt64 = 0x0000_0000_0010_0001
  /// TGran4, TGran64, TGran16, SNSMem, ASIDBits 16, PARange 48 bits.
  static let mmfr0: UInt64 = 0x0000_0000_0010_1025
  /// XNX, PAN 2, LO, HPDS 2, VH, VMIDBits 16, HAFDBS 2.
  static let mmfr1: UInt64 = 0x0000_0000_1021_2122
  /// IESB, UAO, CnP.
  static let mmfr2: UInt64 = 0x0000_0000_0000_1011

  /// MPIDR_EL1 of a core: one cluster, no threads.
  static func mpidr(_ core: Int) -> UInt64 { 0x8000_0000 | UInt64(core) }
}
