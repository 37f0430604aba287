// HVC: the SMC calling convention and PSCI, as KVM offers them. Arm DEN 0028, DEN 0022.

import Arm
import KVM

extension GuestMonitor {
  /// A call by HVC, or by SMC, for which there is nobody here: only user space may want it. PC is behind it.
  func handleCall(_ processor: VirtualProcessor, isSMC: Bool) -> GuestStep {
    let function = UInt32(truncatingIfNeeded: processor.x(0))
    let action = processor.machine.filter.action(of: function)
    if action == .toUser { return handUp(processor, function, isSMC: isSMC) }
    guard !isSMC, action == .handle else {
      processor.setX(0, UInt64(bitPattern: SMCCC.notSupported))
      return .resume
    }
    let is64 = SMCCC.Function(rawValue: UInt64(function)).isSet(SMCCC.Function.is64)
    let mask: UInt64 = is64 ? .max : 0xFFFF_FFFF
    let first = processor.x(1) & mask
    let second = processor.x(2) & mask
    let third = processor.x(3) & mask
    let unsupported = Int64(PSCI.Result.notSupported.rawValue)
    var result: Int64 = unsupported
    switch function {
    case SMCCC.version: result = Int64(SMCCC.version1Dot2 - 1)  // 1.1: no calls with more registers
    case SMCCC.archFeatures:
      result = architectureFeature(UInt32(truncatingIfNeeded: first), processor.machine.services)
    case PSCI.version: result = Int64(processor.machine.psciVersion)
    case PSCI.features where processor.machine.psciVersion >= PSCI.version1Dot0:
      result = powerFeature(UInt32(truncatingIfNeeded: first), processor)
    case PSCI.cpuSuspend32, PSCI.cpuSuspend64:
      // Standby, whatever was asked for: the deepest that loses no state.
      processor.isWaiting = true
      result = Int64(PSCI.Result.success.rawValue)
    case PSCI.cpuOff:
      processor.isOff = true
      return .resume
    case PSCI.cpuOn32, PSCI.cpuOn64:
      result = turnOn(processor, affinity: first, entry: second, context: third)
    case PSCI.affinityInfo32, PSCI.affinityInfo64:
      result = affinityState(processor.machine, first, level: second)
    case PSCI.migrateInfoType: result = Int64(PSCI.trustedOSNotPresent)
    case PSCI.systemOff: return systemEvent(processor, .shutdown, flags: 0)
    case PSCI.systemReset: return systemEvent(processor, .reset, flags: 0)
    case PSCI.systemSuspend32, PSCI.systemSuspend64:
      // User space reads the call's registers, and answers it.
      guard powerFeature(function, processor) == 0 else { break }
      setSystemEvent(processor, .suspend, flags: nil)
      return .leave
    case PSCI.systemReset2SMC32, PSCI.systemReset2SMC64:
      guard processor.machine.psciVersion >= PSCI.version1Dot1 else { break }
      // SYSTEM_WARM_RESET or a vendor's; others are invalid. DEN 0022, 5.12.
      guard first == 0 || first & 0x8000_0000 != 0 else {
        result = Int64(PSCI.Result.invalidParameters.rawValue)
        break
      }
      return systemEvent(processor, .reset, flags: 1)
    default:
      if processor.machine.services.contains(function) {
        result = serviceCall(processor, function, first)
      }
    }
    processor.setX(0, UInt64(bitPattern: result))
    return .resume
  }

  private func architectureFeature(_ function: UInt32, _ services: GuestServiceSet) -> Int64 {
    switch function {
    case SMCCC.version, SMCCC.archFeatures: SMCCC.success
    case SMCCC.timeFeatures: services.contains(function) ? SMCCC.success : SMCCC.notSupported
    // The PE says that it needs none of them (CSV2), or nobody can tell: nothing to call.
    case SMCCC.archWorkaround1, SMCCC.archWorkaround2, SMCCC.archWorkaround3: SMCCC.notRequired
    default: SMCCC.notSupported
    }
  }

  private func powerFeature(_ function: UInt32, _ processor: VirtualProcessor) -> Int64 {
    switch function {
    case PSCI.version, PSCI.cpuSuspend32, PSCI.cpuSuspend64, PSCI.cpuOff, PSCI.cpuOn32,
      PSCI.cpuOn64, PSCI.affinityInfo32, PSCI.affinityInfo64, PSCI.migrateInfoType,
      PSCI.systemOff, PSCI.systemReset, PSCI.features, SMCCC.version:
      0
    case PSCI.systemSuspend32, PSCI.systemSuspend64:
      processor.machine.sendsSuspendToUser && processor.machine.psciVersion >= PSCI.version1Dot0
        ? 0 : Int64(PSCI.Result.notSupported.rawValue)
    case PSCI.systemReset2SMC32, PSCI.systemReset2SMC64:
      processor.machine.psciVersion >= PSCI.version1Dot1
        ? 0 : Int64(PSCI.Result.notSupported.rawValue)
    default: Int64(PSCI.Result.notSupported.rawValue)
    }
  }

  private func turnOn(
    _ processor: VirtualProcessor, affinity: UInt64, entry: UInt64, context: UInt64
  ) -> Int64 {
    func answer(_ result: PSCI.Result) -> Int64 { Int64(result.rawValue) }
    // Affinity fields of MPIDR only.
    guard affinity & ~MultiprocessorAffinity.affinityMask == 0 else {
      return answer(.invalidParameters)
    }
    for target in processor.machine.processors where UInt64(target.affinity) == affinity {
      guard target.features != nil else { return answer(.invalidParameters) }
      guard target.isOff else {
        return answer(target.start == nil ? .alreadyOn : .onPending)
      }
      target.start = (entry, context)
      target.isOff = false
      wake(target)
      return answer(.success)
    }
    return answer(.invalidParameters)
  }

  private func affinityState(
    _ machine: VirtualMachine, _ affinity: UInt64, level: UInt64
  ) -> Int64 {
    guard level <= 3 else { return Int64(PSCI.Result.invalidParameters.rawValue) }
    let mask = ~UInt64(0) << (8 * level)
    var exists = false
    for processor in machine.processors
    where UInt64(processor.affinity) & mask == affinity & mask {
      exists = true
      if !processor.isOff { return Int64(PSCI.AffinityState.on.rawValue) }
    }
    return exists
      ? Int64(PSCI.AffinityState.off.rawValue) : Int64(PSCI.Result.invalidParameters.rawValue)
  }

  /// The VM stops: all its vCPUs are off, user space is told why. Should it run this one again
  /// nevertheless, the call failed.
  private func systemEvent(
    _ processor: VirtualProcessor, _ event: KVMSystemEvent, flags: UInt64
  ) -> GuestStep {
    processor.setX(0, UInt64(bitPattern: Int64(PSCI.Result.internalFailure.rawValue)))
    for other in processor.machine.processors {
      other.isOff = true
      if other !== processor { wake(other) }
    }
    setSystemEvent(processor, event, flags: flags)
    return .leave
  }

  /// KVM_EXIT_SYSTEM_EVENT, with data[0] or without data.
  func setSystemEvent(
    _ processor: VirtualProcessor, _ event: KVMSystemEvent, flags: UInt64?
  ) {
    setRunWord(
      processor, KVMRunLayout.systemEventType,
      UInt64(event.rawValue) | (flags == nil ? 0 : 1 << 32))
    setRunWord(processor, KVMRunLayout.systemEventData, flags ?? 0)
    setExit(processor, .systemEvent)
  }
}
