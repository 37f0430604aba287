// The SMC Calling Convention 1.2 (Arm DEN0028) and the calls this firmware answers: the Arm
// Architecture Calls and PSCI. Anything else is Unknown Function, -1 (DEN0028 5.2).

import Arm

/// What a call answers, and what is to be done.
public struct MonitorCall: Equatable, Sendable {
  /// X0 for the caller, or nil when it never returns.
  public var result: Int64?
  /// What to do after the lock is released.
  public var action = MonitorAction.resume
  /// The core to send the wake interrupt to.
  public var wokenCore: Int?

  /// A call's answer and what it leads to.
  public init(result: Int64?, action: MonitorAction = .resume, wokenCore: Int? = nil) {
    self.result = result
    self.action = action
    self.wokenCore = wokenCore
  }

  static func answer(_ value: Int64) -> MonitorCall { MonitorCall(result: value) }
  static func answer(_ value: PSCI.Result) -> MonitorCall {
    MonitorCall(result: Int64(value.rawValue))
  }
  static func act(_ action: MonitorAction) -> MonitorCall {
    MonitorCall(result: nil, action: action)
  }
}

extension PowerState {
  /// Handles an SMC of `core`, with X0 to X3 as the caller had them.
  ///
  /// W0 is the function: the upper half of X0 is ignored, and for an SMC32 call the upper halves of
  /// the arguments too (DEN0028 3.1).
  public mutating func call(
    core: Int, x0: UInt64, x1: UInt64, x2: UInt64, x3: UInt64, features: ProcessorFeatures
  ) -> MonitorCall {
    let identifier = UInt32(truncatingIfNeeded: x0)
    switch identifier {
    case SMCCC.version: return .answer(Int64(SMCCC.version1Dot2))
    case SMCCC.archFeatures:
      return .answer(Self.architectureFeature(UInt32(truncatingIfNeeded: x1), features))
    // SMCCC_ARCH_WORKAROUND_1 has nothing to do on a core whose predictors keep contexts apart.
    case SMCCC.archWorkaround1 where features.csv2: return .answer(SMCCC.success)
    default: break
    }
    guard let function = PowerFunction(identifier: identifier) else {
      return .answer(SMCCC.notSupported)
    }
    let mask: UInt64 =
      SMCCC.Function(rawValue: x0).isSet(SMCCC.Function.is64) ? .max : 0xffff_ffff
    return power(function, core: core, x1 & mask, x2 & mask, x3 & mask)
  }

  private mutating func power(
    _ function: PowerFunction, core: Int, _ x1: UInt64, _ x2: UInt64, _ x3: UInt64
  ) -> MonitorCall {
    switch function {
    case .version: return .answer(Int64(PSCI.version1Dot1))
    case .cpuSuspend:
      // The original power_state format (DEN0022 5.4.2): StateID 15:0, StateType 16 (1 is power
      // down), PowerLevel 25:24. Of the core itself, StateID 0 of both types is offered.
      switch x1 & 0xffff_ffff {
      case 0: return MonitorCall(result: 0, action: .standby)
      case 1 << 16:
        let result = suspend(core, entry: x2, context: x3)
        return result == .success ? .act(.suspend) : .answer(result)
      default: return .answer(.invalidParameters)
      }
    case .cpuOff:
      turnOff(core)
      return .act(.park)
    case .cpuOn:
      let result = turnOn(affinity: x1, entry: x2, context: x3)
      var call = MonitorCall.answer(result)
      if result == .success { call.wokenCore = self.core(affinity: x1) }
      return call
    case .affinityInfo:
      return .answer(Int64(affinityInfo(affinity: x1, lowestLevel: x2)))
    case .migrateInfoType: return .answer(Int64(PSCI.trustedOSNotPresent))
    case .systemOff: return .act(.powerOff)
    case .systemReset: return .act(.reset)
    case .systemReset2:
      // Type 0 is the architectural warm reset; types with bit 31 are a vendor's: we have none.
      return x1 & 0xffff_ffff == 0 ? .act(.reset) : .answer(.invalidParameters)
    case .features:
      let identifier = UInt32(truncatingIfNeeded: x1)
      if identifier == SMCCC.version { return .answer(.success) }
      // The flags of CPU_SUSPEND: original format, platform-coordinated. No other has any.
      return .answer(PowerFunction(identifier: identifier) == nil ? .notSupported : .success)
    }
  }

  /// SMCCC_ARCH_FEATURES. DEN0028 7.3; Arm DEN0070 for the workarounds.
  static func architectureFeature(_ identifier: UInt32, _ features: ProcessorFeatures) -> Int64 {
    switch identifier {
    case SMCCC.version, SMCCC.archFeatures: SMCCC.success
    // 1: offered, and not needed on this core.
    case SMCCC.archWorkaround1 where features.csv2: 1
    // SOC_ID is not offered; workaround 2 is PSTATE.SSBS here; workaround 3 is the kernel's own.
    default: SMCCC.notSupported
    }
  }
}
