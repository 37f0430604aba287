// Register ids of KVM_GET_ONE_REG and KVM_SET_ONE_REG (api.rst 4.68): architecture 63:60, size
// 55:52, coprocessor 27:16, register 15:0.

import Arm

/// A register id.
public struct OneRegister: Equatable, Sendable {
  /// The 64 bits of struct kvm_one_reg.
  public var id: UInt64

  /// From the 64 bits of struct kvm_one_reg.
  public init(id: UInt64) { self.id = id }

  /// KVM_REG_ARM64.
  public static let architecture: UInt64 = 0x6000_0000_0000_0000

  /// What kind of register an id names.
  public enum Space: UInt64, Sendable {
    /// KVM_REG_ARM_CORE: offsets into struct kvm_regs in units of 4 bytes.
    case core = 0x10
    /// KVM_REG_ARM_DEMUX: CCSIDR_EL1 by CSSELR_EL1.
    case cacheSize = 0x11
    /// KVM_REG_ARM64_SYSREG: the encoding of MSR and MRS.
    case system = 0x13
    /// KVM_REG_ARM_FW: firmware pseudo-registers.
    case firmware = 0x14
    /// KVM_REG_ARM64_SVE.
    case vector = 0x15
    /// KVM_REG_ARM_FW_FEAT_BMAP.
    case firmwareFeatures = 0x16
  }

  /// Bytes of the value.
  public var byteCount: UInt64 { 1 << (id >> 52 & 0xF) }
  /// Whether it is arm64's: all of the upper half but the size.
  public var isOfArm64: Bool { (id & ~(0xF << 52)) >> 32 == Self.architecture >> 32 }
  /// The kind, when it is one of arm64's that are known here.
  public var space: Space? { isOfArm64 ? Space(rawValue: id >> 16 & 0xFFFF) : nil }
  /// The register within its kind.
  public var index: UInt64 { id & 0xFFFF }

  /// The register at an offset in struct kvm_regs, in bytes: 2 to the power of `size` of them.
  private static func core(_ byteOffset: UInt64, size: UInt64 = 3) -> OneRegister {
    OneRegister(id: architecture | size << 52 | Space.core.rawValue << 16 | byteOffset / 4)
  }
  /// Where in struct kvm_regs a register of `Space.core` is, in bytes.
  public var coreOffset: UInt64 { index * 4 }

  /// Xn, 0 to 30.
  public static func x(_ n: UInt64) -> OneRegister { core(KVMRegistersLayout.x + 8 * n) }
  /// SP_EL0.
  public static var spEL0: OneRegister { core(KVMRegistersLayout.spEL0) }
  /// PC.
  public static var pc: OneRegister { core(KVMRegistersLayout.pc) }
  /// PSTATE.
  public static var pstate: OneRegister { core(KVMRegistersLayout.pstate) }
  /// SP_EL1.
  public static var spEL1: OneRegister { core(KVMRegistersLayout.spEL1) }
  /// ELR_EL1.
  public static var elrEL1: OneRegister { core(KVMRegistersLayout.elrEL1) }
  /// SPSR_EL1.
  public static var spsrEL1: OneRegister { core(KVMRegistersLayout.spsrEL1) }
  /// Vn, 0 to 31: 128 bits.
  public static func v(_ n: UInt64) -> OneRegister { core(KVMRegistersLayout.v + 16 * n, size: 4) }
  /// FPSR: 32 bits.
  public static var fpsr: OneRegister { core(KVMRegistersLayout.fpsr, size: 2) }
  /// FPCR: 32 bits.
  public static var fpcr: OneRegister { core(KVMRegistersLayout.fpcr, size: 2) }

  /// A system register by its encoding in MRS.
  public static func system(_ encoding: SystemRegisterEncoding) -> OneRegister {
    OneRegister(
      id: architecture | 3 << 52 | Space.system.rawValue << 16 | UInt64(encoding.rawValue))
  }

  /// A system register. DISR_EL1 is the vCPU's VDISR_EL2.
  public static func system(_ register: SystemRegister) -> OneRegister {
    system(register.encoding)
  }

  /// The virtual timer's control; KVM_REG_ARM_TIMER_CTL.
  public static var timerControl: OneRegister { system(.cntvCTLEL0) }
  /// The virtual timer's compare value; KVM_REG_ARM_TIMER_CVAL, which carries the encoding of
  /// CNTVCT_EL0: the two were swapped and stay so.
  public static var timerCompare: OneRegister { system(.cntvctEL0) }
  /// The virtual count; KVM_REG_ARM_TIMER_CNT, which carries the encoding of CNTV_CVAL_EL0.
  public static var timerCount: OneRegister { system(.cntvCVALEL0) }
  /// SPSR_abt, SPSR_und, SPSR_irq, SPSR_fiq of AArch32: 0 to 3.
  public static func bankedSPSR(_ number: UInt64) -> OneRegister {
    core(KVMRegistersLayout.bankedSPSR + 8 * number)
  }

  /// CCSIDR_EL1 of a cache by what CSSELR_EL1 says for it: 32 bits.
  public static func cacheSize(_ selection: UInt64) -> OneRegister {
    OneRegister(id: architecture | 2 << 52 | Space.cacheSize.rawValue << 16 | selection & 0xFF)
  }
  /// KVM_REG_ARM_FW_REG: PSCI's version, SMCCC_ARCH_WORKAROUND_1 to 3.
  public static func firmware(_ number: UInt64) -> OneRegister {
    OneRegister(id: architecture | 3 << 52 | Space.firmware.rawValue << 16 | number)
  }
  /// KVM_REG_ARM_FW_FEAT_BMAP_REG: calls of the standard services, of the standard hypervisor's, of the
  /// vendor's.
  public static func firmwareFeatures(_ number: UInt64) -> OneRegister {
    OneRegister(id: architecture | 3 << 52 | Space.firmwareFeatures.rawValue << 16 | number)
  }
  /// KVM_REG_ARM_PSCI_VERSION.
  public static var psciVersion: OneRegister { firmware(0) }
}
