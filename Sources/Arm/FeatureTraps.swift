// Who may use FP and Advanced SIMD, and who may change that; how long the vectors of SVE and SME may
// be. Arm ARM D24.2.

/// CPACR_EL1, and CPTR_EL2 with HCR_EL2.E2H = 1. Arm ARM D24.2.
public struct FeatureAccessControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// SVE, as FPEN.
  public static let zen = Field("ZEN", 17, 16)
  /// FP and Advanced SIMD: 0 and 2 trap EL0 and the level itself, 1 EL0 only, 3 nobody.
  public static let fpen = Field("FPEN", 21, 20)
  /// Trap the trace registers.
  public static let tta = Field("TTA", 28)
  /// Trap CPACR_EL1. CPTR_EL2.
  public static let tcpac = Field("TCPAC", 31)
  /// All fields.
  public static let fields = [zen, fpen, tta, tcpac]
}

/// CPTR_EL3, and CPTR_EL2 with HCR_EL2.E2H = 0. Arm ARM D24.2.
public struct FeatureTrap: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// SVE does not trap. CPTR_EL3.
  public static let ez = Field("EZ", 8)
  /// Trap FP and Advanced SIMD.
  public static let tfp = Field("TFP", 10)
  /// SME does not trap. CPTR_EL3.
  public static let esm = Field("ESM", 12)
  /// Trap the trace registers.
  public static let tta = Field("TTA", 20)
  /// Trap CPACR_EL1, and CPTR_EL2 from CPTR_EL3.
  public static let tcpac = Field("TCPAC", 31)
  /// RES1 of CPTR_EL2 without SVE and SME: bits 13, 12 and 9:0.
  public static let reservedOnes: UInt64 = 0x33FF
  /// All fields.
  public static let fields = [ez, tfp, esm, tta, tcpac]
}

/// ZCR_ELx (FEAT_SVE). Arm ARM D24.2.
public struct SVEControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The longest vector in units of 128 bits, less one.
  public static let len = Field("LEN", 3, 0)
  /// All fields.
  public static let fields = [len]
}

/// SMCR_ELx (FEAT_SME). Arm ARM D24.2.
public struct SMEControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The longest vector of Streaming SVE mode in units of 128 bits, less one.
  public static let len = Field("LEN", 3, 0)
  /// ZT0 does not trap (FEAT_SME2).
  public static let ezt0 = Field("EZT0", 30)
  /// All A64 instructions are there in Streaming SVE mode (FEAT_SME_FA64).
  public static let fa64 = Field("FA64", 31)
  /// All fields.
  public static let fields = [len, ezt0, fa64]
}
