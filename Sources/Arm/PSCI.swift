// The Power State Coordination Interface: numbers only.

/// Function identifiers and results of PSCI 1.1. Arm DEN 0022, 5.
public enum PSCI {
  /// PSCI_VERSION.
  public static let version: UInt32 = 0x8400_0000
  /// CPU_SUSPEND, SMC32.
  public static let cpuSuspend32: UInt32 = 0x8400_0001
  /// CPU_SUSPEND, SMC64.
  public static let cpuSuspend64: UInt32 = 0xC400_0001
  /// CPU_OFF.
  public static let cpuOff: UInt32 = 0x8400_0002
  /// CPU_ON, SMC32.
  public static let cpuOn32: UInt32 = 0x8400_0003
  /// CPU_ON, SMC64.
  public static let cpuOn64: UInt32 = 0xC400_0003
  /// AFFINITY_INFO, SMC32.
  public static let affinityInfo32: UInt32 = 0x8400_0004
  /// AFFINITY_INFO, SMC64.
  public static let affinityInfo64: UInt32 = 0xC400_0004
  /// MIGRATE, SMC32.
  public static let migrate32: UInt32 = 0x8400_0005
  /// MIGRATE, SMC64.
  public static let migrate64: UInt32 = 0xC400_0005
  /// MIGRATE_INFO_TYPE.
  public static let migrateInfoType: UInt32 = 0x8400_0006
  /// SYSTEM_OFF.
  public static let systemOff: UInt32 = 0x8400_0008
  /// SYSTEM_RESET.
  public static let systemReset: UInt32 = 0x8400_0009
  /// PSCI_FEATURES.
  public static let features: UInt32 = 0x8400_000A
  /// CPU_FREEZE.
  public static let cpuFreeze: UInt32 = 0x8400_000B
  /// CPU_DEFAULT_SUSPEND, SMC64.
  public static let cpuDefaultSuspend64: UInt32 = 0xC400_000C
  /// NODE_HW_STATE, SMC64.
  public static let nodeHardwareState64: UInt32 = 0xC400_000D
  /// SYSTEM_SUSPEND, SMC32.
  public static let systemSuspend32: UInt32 = 0x8400_000E
  /// SYSTEM_SUSPEND, SMC64.
  public static let systemSuspend64: UInt32 = 0xC400_000E
  /// PSCI_SET_SUSPEND_MODE.
  public static let setSuspendMode: UInt32 = 0x8400_000F
  /// SYSTEM_RESET2, SMC32.
  public static let systemReset2SMC32: UInt32 = 0x8400_0012
  /// SYSTEM_RESET2, SMC64.
  public static let systemReset2SMC64: UInt32 = 0xC400_0012

  /// What PSCI_VERSION answers for version 0.2.
  public static let version0Dot2: UInt64 = 0x0_0002
  /// What PSCI_VERSION answers for version 1.0.
  public static let version1Dot0: UInt64 = 0x1_0000
  /// What PSCI_VERSION answers for version 1.1.
  public static let version1Dot1: UInt64 = 0x1_0001

  /// A result, sign-extended in X0. DEN 0022, 5.2.2.
  public enum Result: Int32, Sendable {
    /// SUCCESS.
    case success = 0
    /// NOT_SUPPORTED.
    case notSupported = -1
    /// INVALID_PARAMETERS.
    case invalidParameters = -2
    /// DENIED.
    case denied = -3
    /// ALREADY_ON.
    case alreadyOn = -4
    /// ON_PENDING.
    case onPending = -5
    /// INTERNAL_FAILURE.
    case internalFailure = -6
    /// NOT_PRESENT.
    case notPresent = -7
    /// DISABLED.
    case disabled = -8
    /// INVALID_ADDRESS.
    case invalidAddress = -9
  }

  /// What AFFINITY_INFO answers. DEN 0022, 5.7.
  public enum AffinityState: Int32, Sendable {
    /// ON.
    case on = 0
    /// OFF.
    case off = 1
    /// ON_PENDING.
    case onPending = 2
  }

  /// What MIGRATE_INFO_TYPE answers without a Trusted OS that needs migration.
  public static let trustedOSNotPresent: Int32 = 2
}
