// KVM_CAP_* (linux/include/uapi/linux/kvm.h), as far as an arm64 VMM asks.

/// A capability, for KVM_CHECK_EXTENSION and KVM_ENABLE_CAP.
public enum KVMCapability: UInt64, Sendable, CaseIterable {
  case irqChip = 0
  case userMemory = 3
  case recommendedVCPUs = 9
  case memorySlots = 10
  case mpState = 14
  case syncMMU = 16
  case irqFD = 32
  case vcpuEvents = 41
  case maximumVCPUs = 66
  case oneRegister = 70
  case readOnlyMemory = 81
  case armPSCI = 87
  case deviceControl = 89
  case enableCapabilityVM = 98
  case vmAttributes = 101
  case armPSCI02 = 102
  case armEL132Bit = 93
  case checkExtensionVM = 105
  case vcpuAttributes = 127
  case maximumVCPUID = 128
  case immediateExit = 136
  case armUserIRQ = 144
  /// KVM_CAP_ARM_INJECT_SERROR_ESR: KVM_SET_VCPU_EVENTS takes serror_has_esr.
  case armInjectSErrorESR = 158
  case armVMIPASize = 165
  case armIRQLineLayout2 = 174
  case armNISVToUser = 177
  /// KVM_CAP_ARM_INJECT_EXT_DABT: KVM_SET_VCPU_EVENTS takes ext_dabt_pending.
  case armInjectExternalDataAbort = 178
  /// KVM_CAP_STEAL_TIME: KVM_ARM_VCPU_PVTIME_CTRL.
  case stealTime = 187
  /// KVM_CAP_PTP_KVM: KVM's clock for guests.
  case ptp = 198
  /// KVM_CAP_ARM_SYSTEM_SUSPEND, enabled on a VM: SYSTEM_SUSPEND exits as KVM_SYSTEM_EVENT_SUSPEND.
  case armSystemSuspend = 216
  /// KVM_CAP_ARM_SEA_TO_USER: aborts the host cannot claim exit as KVM_EXIT_ARM_SEA.
  case armSEAToUser = 245
  /// KVM_CAP_ARM_SET_SERROR_ESR of D. Geng's series, never merged, so its number there was soon
  /// taken by others. Ours is out of any reach.
  case armSetSErrorESR = 0x4641_0001
  /// KVM_CAP_ARM_SERROR_TO_USER, enabled on a VM: an SError of a guest for whose memory nobody has an
  /// address exits as KVM_EXIT_ARM_SERROR, and user space answers it. Ours alone; made as
  /// KVM_CAP_ARM_SEA_TO_USER is.
  case armSErrorToUser = 0x4641_0002
  /// KVM_CAP_ARM_CORRECTED_TO_USER, enabled on a VM: a corrected error of its memory exits as
  /// KVM_EXIT_ARM_CORRECTED. Ours alone.
  case armCorrectedToUser = 0x4641_0003
}
