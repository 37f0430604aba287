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
  /// User mask access: DAIF at EL0 when set.
  public static let uma = Field("UMA", 9)
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
  /// Implicit error synchronization at exception entry and return (FEAT_IESB).
  public static let iesb = Field("IESB", 21)
  /// PSTATE.PAN is kept at entry when set, becomes 1 when clear.
  public static let span = Field("SPAN", 23)
  /// Endianness of data accesses at EL0.
  public static let e0e = Field("E0E", 24)
  /// Endianness of data accesses at this level and of table walks.
  public static let ee = Field("EE", 25)
  /// Cache maintenance instructions at EL0 when set.
  public static let uci = Field("UCI", 26)
  /// PSTATE.SSBS at exception entry.
  public static let dssbs = Field("DSSBS", 44)
  /// All fields.
  public static let fields = [
    m, a, c, sa, sa0, uma, i, dze, uct, ntwi, ntwe, wxn, iesb, span, e0e, ee, uci, dssbs,
  ]
}
