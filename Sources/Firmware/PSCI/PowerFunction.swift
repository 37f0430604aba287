// Which PSCI functions this firmware has, and their identifiers.

import Arm

/// The PSCI functions that this firmware offers. PSCI 1.1 (Arm DEN0022) 5.
public enum PowerFunction: UInt8, CaseIterable, Sendable {
  case version, cpuSuspend, cpuOff, cpuOn, affinityInfo, migrateInfoType
  case systemOff, systemReset, features, systemReset2

  /// The function of an identifier, in its SMC32 or SMC64 form; nil for one that is not offered.
  public init?(identifier: UInt32) {
    switch identifier {
    case PSCI.version: self = .version
    case PSCI.cpuSuspend32, PSCI.cpuSuspend64: self = .cpuSuspend
    case PSCI.cpuOff: self = .cpuOff
    case PSCI.cpuOn32, PSCI.cpuOn64: self = .cpuOn
    case PSCI.affinityInfo32, PSCI.affinityInfo64: self = .affinityInfo
    case PSCI.migrateInfoType: self = .migrateInfoType
    case PSCI.systemOff: self = .systemOff
    case PSCI.systemReset: self = .systemReset
    case PSCI.features: self = .features
    case PSCI.systemReset2SMC32, PSCI.systemReset2SMC64: self = .systemReset2
    default: return nil
    }
  }
}
