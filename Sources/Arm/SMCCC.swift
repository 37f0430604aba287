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

  /// The Arm Architecture Calls, fast calls of owner 0, as SMC32.
  public static let architectureCalls32: ClosedRange<UInt32> = 0x8000_0000...0x8000_FFFF
  /// The Arm Architecture Calls as SMC64.
  public static let architectureCalls64: ClosedRange<UInt32> = 0xC000_0000...0xC000_FFFF

  /// PV_TIME_FEATURES. DEN 0057.
  public static let timeFeatures: UInt32 = 0xC500_0020
  /// PV_TIME_ST: where this PE's stolen time is told.
  public static let stolenTime: UInt32 = 0xC500_0021

  /// TRNG_VERSION. DEN 0098.
  public static let randomVersion: UInt32 = 0x8400_0050
  /// TRNG_FEATURES.
  public static let randomFeatures: UInt32 = 0x8400_0051
  /// TRNG_GET_UUID.
  public static let randomSource: UInt32 = 0x8400_0052
  /// TRNG_RND, SMC32.
  public static let random32: UInt32 = 0x8400_0053
  /// TRNG_RND, SMC64.
  public static let random64: UInt32 = 0xC400_0053
  /// What TRNG_VERSION answers for version 1.0.
  public static let randomVersion1Dot0: Int64 = 0x1_0000

  /// The UID of the vendor of hypervisor services.
  public static let vendorHypervisorUID: UInt32 = 0x8600_FF01
  /// What services KVM has (linux/include/linux/arm-smccc.h), when it is the vendor.
  public static let kvmFeatures: UInt32 = 0x8600_0000
  /// KVM's clock: the time and a counter, read at once.
  public static let kvmClock: UInt32 = 0x8600_0001

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
