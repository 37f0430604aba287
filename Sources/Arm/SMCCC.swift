// The SMC calling convention: how a function is named and how a call answers.

/// Function identifiers and results of the SMC calling convention 1.2. Arm DEN 0028.
public enum SMCCC {
  /// SMCCC_VERSION.
  public static let version: UInt32 = 0x8000_0000
  /// SMCCC_ARCH_FEATURES.
  public static let archFeatures: UInt32 = 0x8000_0001
  /// SMCCC_ARCH_SOC_ID.
  public static let archSocID: UInt32 = 0x8000_0002
  /// SMCCC_ARCH_WORKAROUND_1 (CVE-2017-5715).
  public static let archWorkaround1: UInt32 = 0x8000_8000
  /// SMCCC_ARCH_WORKAROUND_2 (CVE-2018-3639).
  public static let archWorkaround2: UInt32 = 0x8000_7FFF
  /// SMCCC_ARCH_WORKAROUND_3 (CVE-2017-5715 and CVE-2022-23960).
  public static let archWorkaround3: UInt32 = 0x8000_3FFF

  /// What SMCCC_VERSION answers for version 1.2.
  public static let version1Dot2: UInt64 = 0x1_0002

  /// SUCCESS.
  public static let success: Int64 = 0
  /// NOT_SUPPORTED: also what an unknown function answers.
  public static let notSupported: Int64 = -1
  /// NOT_REQUIRED.
  public static let notRequired: Int64 = -2
  /// INVALID_PARAMETER.
  public static let invalidParameter: Int64 = -3

  /// A function identifier's fields. DEN 0028, 2.5.
  public struct Function: Register {
    /// W0 of the call.
    public var rawValue: UInt64
    /// A function identifier with these bits.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Fast call (1) or yielding call (0).
    public static let fast = Field("Fast", 31)
    /// SMC64 (1) or SMC32 (0).
    public static let is64 = Field("SMC64", 30)
    /// Owning entity: 0 Arm architecture, 4 standard secure (PSCI, SDEI), 5 standard hypervisor.
    public static let owner = Field("Owner", 29, 24)
    /// Hint that the caller has no live SVE state.
    public static let noSVE = Field("NoSVE", 16)
    /// Function number within the owner.
    public static let number = Field("Number", 15, 0)
    /// All fields.
    public static let fields = [fast, is64, owner, noSVE, number]
  }
}
