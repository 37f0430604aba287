// The registers of the performance monitors. Arm ARM D24.5.

/// PMCR_EL0.
public struct PerformanceMonitorsControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Enable.
  public static let e = Field("E", 0)
  /// Resets the event counters. Write only.
  public static let p = Field("P", 1)
  /// Resets the cycle counter. Write only.
  public static let c = Field("C", 2)
  /// The cycle counter counts every 64th cycle.
  public static let d = Field("D", 3)
  /// Events are exported.
  public static let x = Field("X", 4)
  /// No cycles where counting is prohibited.
  public static let dp = Field("DP", 5)
  /// The cycle counter overflows at 64 bits.
  public static let lc = Field("LC", 6)
  /// How many event counters there are. Read-only.
  public static let n = Field("N", 15, 11)
  /// All fields but the implementer and its code.
  public static let fields = [e, p, c, d, x, dp, lc, n]
}

/// PMUSERENR_EL0: what EL0 may do.
public struct PerformanceMonitorsUserEnable: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Everything.
  public static let en = Field("EN", 0)
  /// Write PMSWINC_EL0.
  public static let sw = Field("SW", 1)
  /// Read the cycle counter.
  public static let cr = Field("CR", 2)
  /// Read event counters, and select them.
  public static let er = Field("ER", 3)
  /// All fields.
  public static let fields = [en, sw, cr, er]
}
