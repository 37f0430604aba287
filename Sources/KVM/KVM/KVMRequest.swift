// The ioctl numbers of /dev/kvm (linux/include/uapi/linux/kvm.h; Documentation/virt/kvm/api.rst).
// A number holds direction, size and type: those that carry a structure name its size, so a
// kernel can copy it by the number alone.

/// A KVM ioctl by its number.
public enum KVMRequest: UInt64, Sendable, CaseIterable {
  // On /dev/kvm.
  case getAPIVersion = 0xAE00
  case createVM = 0xAE01
  case checkExtension = 0xAE03
  case getVCPUMapSize = 0xAE04
  // On a VM.
  case createVCPU = 0xAE41
  case setUserMemoryRegion = 0x4020_AE46
  case setUserMemoryRegion2 = 0x40A0_AE49
  case irqLine = 0x4008_AE61
  case irqFD = 0x4020_AE76
  case ioEventFD = 0x4040_AE79
  case signalMSI = 0x4020_AEA5
  case createDevice = 0xC00C_AEE0
  case armPreferredTarget = 0x8020_AEAF
  /// On a VM or a vCPU.
  case enableCapability = 0x4068_AEA3
  // On a device, a vCPU or a VM.
  case setDeviceAttribute = 0x4018_AEE1
  case getDeviceAttribute = 0x4018_AEE2
  case hasDeviceAttribute = 0x4018_AEE3
  // On a vCPU.
  case run = 0xAE80
  case armVCPUInit = 0x4020_AEAE
  case armVCPUFinalize = 0x4004_AEC2
  case getOneRegister = 0x4010_AEAB
  case setOneRegister = 0x4010_AEAC
  case getRegisterList = 0xC008_AEB0
  case getVCPUEvents = 0x8040_AE9F
  case setVCPUEvents = 0x4040_AEA0
  case getMPState = 0x8004_AE98
  case setMPState = 0x4004_AE99
  case setSignalMask = 0x4004_AE8B
  case setGuestDebug = 0x4208_AE9B
  /// KVM_ARM_SET_SERROR_ESR of D. Geng's series of 2017 and 2018, never merged; the number is ours.
  /// The argument points to 64 bits: the syndrome of a virtual SError, ISS and IDS only.
  case armSetSErrorESR = 0x4008_AEB7

  /// KVM_GET_API_VERSION's answer.
  public static let apiVersion: UInt64 = 12
  /// Bytes of the structure the argument points to (_IOC_SIZE); 0 where the argument is a value.
  public var argumentSize: UInt64 { rawValue >> 16 & 0x3FFF }
  /// The kernel reads the structure (_IOC_WRITE).
  public var isRead: Bool { rawValue >> 30 & 1 != 0 }
  /// The kernel writes the structure (_IOC_READ).
  public var isWritten: Bool { rawValue >> 31 & 1 != 0 }
}
