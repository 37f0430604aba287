// SCTLR_ELx. One struct for the three levels: the fields mean the same where they exist.

/// SCTLR_EL1, SCTLR_EL2, SCTLR_EL3. Arm ARM D24.2, SCTLR_EL1.
public struct SystemControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Stage 1 MMU enable.
  public static let m = Field("M", 0)
  /// Alignment check enable.
  public static let a = Field("A", 1)
  /// Data cacheability.
  public static let c = Field("C", 2)
  /// SP alignment check, at this level.
  public static let sa = Field("SA", 3)
  /// SP alignment check, at EL0.
  public static let sa0 = Field("SA0", 4)
  /// AArch32 barriers at EL0; RES0 or RES1 without AArch32.
  public static let cp15ben = Field("CP15BEN", 5)
  /// Unaligned load-acquire and store-release may cross a boundary of 16 bytes (FEAT_LSE2).
  public static let naa = Field("nAA", 6)
  /// AArch32 IT disable at EL0; RES1 without AArch32.
  public static let itd = Field("ITD", 7)
  /// AArch32 SETEND disable at EL0; RES1 without AArch32.
  public static let sed = Field("SED", 8)
  /// User mask access: DAIF at EL0 when set.
  public static let uma = Field("UMA", 9)
  /// Exception exit is context synchronizing; RES1 without FEAT_ExS.
  public static let eos = Field("EOS", 11)
  /// Instruction cacheability.
  public static let i = Field("I", 12)
  /// DC ZVA at EL0 when set.
  public static let dze = Field("DZE", 14)
  /// CTR_EL0 at EL0 when set.
  public static let uct = Field("UCT", 15)
  /// WFI at EL0 when set.
  public static let ntwi = Field("nTWI", 16)
  /// WFE at EL0 when set.
  public static let ntwe = Field("nTWE", 18)
  /// Write permission implies execute never.
  public static let wxn = Field("WXN", 19)
  /// SCXTNUM_EL0 traps (FEAT_CSV2_2); RES1 without.
  public static let tscxt = Field("TSCXT", 20)
  /// Implicit error synchronization at exception entry and return (FEAT_IESB).
  public static let iesb = Field("IESB", 21)
  /// Exception entry is context synchronizing; RES1 without FEAT_ExS.
  public static let eis = Field("EIS", 22)
  /// PSTATE.PAN is kept at entry when set, becomes 1 when clear.
  public static let span = Field("SPAN", 23)
  /// Endianness of data accesses at EL0.
  public static let e0e = Field("E0E", 24)
  /// Endianness of data accesses at this level and of table walks.
  public static let ee = Field("EE", 25)
  /// Cache maintenance instructions at EL0 when set.
  public static let uci = Field("UCI", 26)
  /// AArch32 load and store multiple to Device memory; RES1 without FEAT_LSMAOC.
  public static let ntlsmd = Field("nTLSMD", 28)
  /// AArch32 load and store multiple, atomicity and order; RES1 without FEAT_LSMAOC.
  public static let lsmaoe = Field("LSMAOE", 29)
  /// PSTATE.SSBS at exception entry.
  public static let dssbs = Field("DSSBS", 44)
  /// PSTATE.ALLINT stays clear at exception entry (FEAT_NMI).
  public static let spintmask = Field("SPINTMASK", 62)
  /// What is RES1 in SCTLR_EL1 of a PE without any of the features that use it: bits 29, 28, 23, 22,
  /// 20 and 11.
  public static let reservedOnesEL1: UInt64 = 0x30D0_0800
  /// The same of SCTLR_EL2 and SCTLR_EL3: bits 29, 28, 23, 22, 18, 16, 11, 5 and 4.
  public static let reservedOnesEL2: UInt64 = 0x30C5_0830
  /// All fields.
  public static let fields = [
    m, a, c, sa, sa0, cp15ben, naa, itd, sed, uma, eos, i, dze, uct, ntwi, ntwe, wxn, tscxt, iesb,
    eis, span, e0e, ee, uci, ntlsmd, lsmaoe, dssbs, spintmask,
  ]
}
