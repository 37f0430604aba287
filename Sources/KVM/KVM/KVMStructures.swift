// The structures of the KVM ABI, by offset in bytes (linux/include/uapi/linux/kvm.h,
// arch/arm64/include/uapi/asm/kvm.h), checked by compiling those headers.

import Arm

/// struct kvm_userspace_memory_region.
public enum KVMMemoryRegionLayout {
  /// Bytes.
  public static let size: UInt64 = 32
  /// slot, 32 bits; bits 31:16 address space.
  public static let slot: UInt64 = 0
  /// flags, 32 bits.
  public static let flags: UInt64 = 4
  /// guest_phys_addr.
  public static let guestAddress: UInt64 = 8
  /// memory_size; 0 removes the slot.
  public static let byteCount: UInt64 = 16
  /// userspace_addr.
  public static let userAddress: UInt64 = 24
  /// KVM_MEM_LOG_DIRTY_PAGES.
  public static let logDirty: UInt32 = 1
  /// KVM_MEM_READONLY.
  public static let readOnly: UInt32 = 2
}

/// struct kvm_vcpu_init.
public enum KVMVCPUInitLayout {
  /// Bytes.
  public static let size: UInt64 = 32
  /// target, 32 bits.
  public static let target: UInt64 = 0
  /// features[7], 32 bits each.
  public static let features: UInt64 = 4
  /// KVM_ARM_TARGET_GENERIC_V8.
  public static let genericV8: UInt32 = 5
  /// KVM_ARM_VCPU_POWER_OFF, in features[0].
  public static let powerOff: UInt32 = 1 << 0
  /// KVM_ARM_VCPU_EL1_32BIT.
  public static let el132Bit: UInt32 = 1 << 1
  /// KVM_ARM_VCPU_PSCI_0_2.
  public static let psci02: UInt32 = 1 << 2
  /// KVM_ARM_VCPU_PMU_V3.
  public static let pmuV3: UInt32 = 1 << 3
  /// KVM_VCPU_MAX_FEATURES: how many bits of features[0] mean something to Linux 6.1.
  public static let featureCount: UInt32 = 7
}

/// struct kvm_regs: the registers of `OneRegister.Space.core`.
public enum KVMRegistersLayout {
  /// Bytes.
  public static let size: UInt64 = 0x360
  /// regs[31]: X0 to X30, 64 bits each.
  public static let x: UInt64 = 0
  /// sp: SP_EL0.
  public static let spEL0: UInt64 = 0xF8
  /// pc.
  public static let pc: UInt64 = 0x100
  /// pstate.
  public static let pstate: UInt64 = 0x108
  /// sp_el1.
  public static let spEL1: UInt64 = 0x110
  /// elr_el1.
  public static let elrEL1: UInt64 = 0x118
  /// spsr[0]: SPSR_EL1.
  public static let spsrEL1: UInt64 = 0x120
  /// spsr[1] to spsr[4]: SPSR_abt, SPSR_und, SPSR_irq, SPSR_fiq of AArch32.
  public static let bankedSPSR: UInt64 = 0x128
  /// The end of what comes 64 bits each.
  public static let wordsEnd: UInt64 = 0x148
  /// fp_regs.vregs[32]: V0 to V31, 128 bits each.
  public static let v: UInt64 = 0x150
  /// fp_regs.fpsr, 32 bits; the vectors end here.
  public static let fpsr: UInt64 = 0x350
  /// fp_regs.fpcr, 32 bits.
  public static let fpcr: UInt64 = 0x354
}

/// struct kvm_one_reg.
public enum KVMOneRegisterLayout {
  /// Bytes.
  public static let size: UInt64 = 16
  /// id, 64 bits.
  public static let id: UInt64 = 0
  /// addr, of the value in user memory.
  public static let address: UInt64 = 8
}

/// struct kvm_create_device.
public enum KVMCreateDeviceLayout {
  /// Bytes.
  public static let size: UInt64 = 12
  /// type, 32 bits.
  public static let type: UInt64 = 0
  /// fd, 32 bits, written by the kernel.
  public static let descriptor: UInt64 = 4
  /// flags, 32 bits.
  public static let flags: UInt64 = 8
  /// KVM_CREATE_DEVICE_TEST.
  public static let test: UInt32 = 1
  /// KVM_DEV_TYPE_ARM_VGIC_V2.
  public static let vgicV2: UInt32 = 5
  /// KVM_DEV_TYPE_ARM_VGIC_V3.
  public static let vgicV3: UInt32 = 7
}

/// struct kvm_device_attr.
public enum KVMDeviceAttributeLayout {
  /// Bytes.
  public static let size: UInt64 = 24
  /// flags, 32 bits, 0.
  public static let flags: UInt64 = 0
  /// group, 32 bits.
  public static let group: UInt64 = 4
  /// attr, 64 bits.
  public static let attribute: UInt64 = 8
  /// addr, of the value in user memory.
  public static let address: UInt64 = 16
}

/// Groups and attributes of a VM (Documentation/virt/kvm/devices/vm.rst).
public enum KVMVMAttribute {
  /// KVM_ARM_VM_SMCCC_CTRL.
  public static let callGroup: UInt32 = 0
  /// KVM_ARM_VM_SMCCC_FILTER; the value is struct kvm_smccc_filter.
  public static let callFilter: UInt64 = 0
}

/// struct kvm_smccc_filter.
public enum KVMCallFilterLayout {
  /// Bytes.
  public static let size: UInt64 = 24
  /// base, 32 bits: the first function.
  public static let base: UInt64 = 0
  /// nr_functions, 32 bits.
  public static let count: UInt64 = 4
  /// action, 8 bits.
  public static let action: UInt64 = 8
  /// pad[15], zeros.
  public static let padding: UInt64 = 9
  /// KVM_SMCCC_FILTER_FWD_TO_USER.
  public static let toUser: UInt8 = 2
}

/// Groups and attributes of a vCPU (Documentation/virt/kvm/devices/vcpu.rst).
public enum KVMVCPUAttribute {
  /// KVM_ARM_VCPU_PMU_V3_CTRL.
  public static let monitorGroup: UInt32 = 0
  /// KVM_ARM_VCPU_TIMER_CTRL; the value is 32 bits.
  public static let timerGroup: UInt32 = 1
  /// KVM_ARM_VCPU_PVTIME_CTRL.
  public static let timeGroup: UInt32 = 2
  /// KVM_ARM_VCPU_PMU_V3_IRQ.
  public static let monitorInterrupt: UInt64 = 0
  /// KVM_ARM_VCPU_TIMER_IRQ_VTIMER.
  public static let virtualTimer: UInt64 = 0
  /// KVM_ARM_VCPU_TIMER_IRQ_PTIMER.
  public static let physicalTimer: UInt64 = 1
  /// KVM_ARM_VCPU_PVTIME_IPA; 64 bits.
  public static let stolenTimeAddress: UInt64 = 0
}

/// struct pvclock_vcpu_stolen_time, in guest memory (DEN 0057, 3.2.2).
public enum StolenTimeLayout {
  /// Bytes, and their alignment.
  public static let size: UInt64 = 64
  /// stolen_time: nanoseconds.
  public static let stolenTime: UInt64 = 8
}

/// Groups and attributes of the vGICv3 (Documentation/virt/kvm/devices/arm-vgic-v3.rst).
public enum VGICv3 {
  /// KVM_DEV_ARM_VGIC_GRP_ADDR.
  public static let addressGroup: UInt32 = 0
  /// KVM_DEV_ARM_VGIC_GRP_DIST_REGS.
  public static let distributorGroup: UInt32 = 1
  /// KVM_DEV_ARM_VGIC_GRP_NR_IRQS; the value is 32 bits.
  public static let interruptCountGroup: UInt32 = 3
  /// KVM_DEV_ARM_VGIC_GRP_CTRL.
  public static let controlGroup: UInt32 = 4
  /// KVM_DEV_ARM_VGIC_GRP_REDIST_REGS.
  public static let redistributorGroup: UInt32 = 5
  /// KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS.
  public static let cpuInterfaceGroup: UInt32 = 6
  /// KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO.
  public static let levelGroup: UInt32 = 7
  /// KVM_VGIC_V3_ADDR_TYPE_DIST: 64 KiB, aligned as much.
  public static let distributorAddress: UInt64 = 2
  /// KVM_VGIC_V3_ADDR_TYPE_REDIST: 128 KiB for each vCPU.
  public static let redistributorAddress: UInt64 = 3
  /// KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION: count << 52 | base | index.
  public static let redistributorRegion: UInt64 = 5
  /// KVM_DEV_ARM_VGIC_CTRL_INIT.
  public static let initialize: UInt64 = 0
  /// KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES.
  public static let savePendingTables: UInt64 = 3
}

/// struct kvm_irq_level and the number in it (api.rst 4.25).
public enum KVMIRQLevelLayout {
  /// Bytes.
  public static let size: UInt64 = 8
  /// irq, 32 bits.
  public static let irq: UInt64 = 0
  /// level, 32 bits.
  public static let level: UInt64 = 4
}

/// The number of an interrupt line: vcpu2_index 31:28, type 27:24, vcpu_index 23:16, number 15:0.
public struct KVMInterruptLine: Equatable, Sendable {
  /// The 32 bits of struct kvm_irq_level.
  public var rawValue: UInt32

  /// From the 32 bits of struct kvm_irq_level.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// KVM_ARM_IRQ_TYPE_SPI: an INTID from 32 on.
  public static func spi(_ intid: UInt32) -> KVMInterruptLine {
    KVMInterruptLine(rawValue: 1 << 24 | intid & 0xFFFF)
  }

  /// KVM_ARM_IRQ_TYPE_PPI: an INTID from 16 to 31 of one vCPU, 0 to 4095.
  public static func ppi(_ intid: UInt32, vcpu: UInt32) -> KVMInterruptLine {
    KVMInterruptLine(
      rawValue: (vcpu >> 8 & 0xF) << 28 | 2 << 24 | (vcpu & 0xFF) << 16 | intid & 0xFFFF)
  }

  /// KVM_ARM_IRQ_TYPE_*: 0 the core's own line, 1 SPI, 2 PPI.
  public var type: UInt32 { rawValue >> 24 & 0xF }
  /// The vCPU of type 0 and 2.
  public var vcpu: UInt32 { (rawValue >> 28) << 8 | rawValue >> 16 & 0xFF }
  /// The INTID of type 1 and 2.
  public var number: UInt32 { rawValue & 0xFFFF }
}

/// struct kvm_enable_cap.
public enum KVMEnableCapabilityLayout {
  /// Bytes.
  public static let size: UInt64 = 104
  /// cap, 32 bits.
  public static let capability: UInt64 = 0
  /// flags, 32 bits.
  public static let flags: UInt64 = 4
  /// args[4].
  public static let arguments: UInt64 = 8
}

/// struct kvm_vcpu_events of arm64.
public enum KVMVCPUEventsLayout {
  /// Bytes.
  public static let size: UInt64 = 64
  /// serror_pending, 8 bits.
  public static let serrorPending: UInt64 = 0
  /// serror_has_esr, 8 bits.
  public static let serrorHasESR: UInt64 = 1
  /// ext_dabt_pending, 8 bits.
  public static let externalDataAbortPending: UInt64 = 2
  /// serror_esr, 64 bits: ISS and IDS, bits 24:0.
  public static let serrorESR: UInt64 = 8
  /// What KVM accepts in serror_esr.
  public static var serrorESRMask: UInt64 { Syndrome.iss.mask }
}

/// struct kvm_mp_state: 32 bits.
public enum KVMMPState: UInt32, Sendable {
  case runnable = 0
  case stopped = 5
  case suspended = 10
}

/// struct kvm_signal_mask: len u32 @0 (must be 8), sigset @4.
public enum KVMSignalMaskLayout {
  /// Bytes.
  public static let size: UInt64 = 12
}
