// struct kvm_run, which a VMM maps from a vCPU's descriptor (api.rst 5), and why KVM_RUN returned.

/// struct kvm_run, offsets in bytes.
public enum KVMRunLayout {
  /// sizeof; the mapping is KVM_GET_VCPU_MMAP_SIZE.
  public static let size: UInt64 = 2352
  /// immediate_exit, 8 bits: KVM_RUN returns EINTR at once.
  public static let immediateExit: UInt64 = 1
  /// exit_reason, 32 bits.
  public static let exitReason: UInt64 = 8
  /// flags, 16 bits.
  public static let flags: UInt64 = 14
  /// The union of what the exits say, 256 bytes.
  public static let union: UInt64 = 0x20

  /// MMIO: phys_addr, 64 bits.
  public static let mmioAddress: UInt64 = 0x20
  /// MMIO: data, 8 bytes, little endian.
  public static let mmioData: UInt64 = 0x28
  /// MMIO: len, 32 bits.
  public static let mmioLength: UInt64 = 0x30
  /// MMIO: is_write, 8 bits.
  public static let mmioIsWrite: UInt64 = 0x34

  /// HYPERCALL: nr, 64 bits: the function. args[6] and ret behind it are not arm64's.
  public static let hypercallNumber: UInt64 = 0x20
  /// HYPERCALL: flags, 64 bits.
  public static let hypercallFlags: UInt64 = 0x60
  /// KVM_HYPERCALL_EXIT_SMC: the call was made by SMC.
  public static let hypercallBySMC: UInt64 = 1

  /// FAIL_ENTRY: hardware_entry_failure_reason, 64 bits.
  public static let failReason: UInt64 = 0x20
  /// FAIL_ENTRY: cpu, 32 bits.
  public static let failCPU: UInt64 = 0x28

  /// INTERNAL_ERROR: suberror, 32 bits.
  public static let suberror: UInt64 = 0x20

  /// SYSTEM_EVENT: type, 32 bits.
  public static let systemEventType: UInt64 = 0x20
  /// SYSTEM_EVENT: ndata, 32 bits.
  public static let systemEventCount: UInt64 = 0x24
  /// SYSTEM_EVENT: data[16].
  public static let systemEventData: UInt64 = 0x28

  /// ARM_NISV: esr_iss, 64 bits.
  public static let nisvSyndrome: UInt64 = 0x20
  /// ARM_NISV: fault_ipa.
  public static let nisvAddress: UInt64 = 0x28

  /// MEMORY_FAULT: flags, gpa, size.
  public static let memoryFaultFlags: UInt64 = 0x20
  /// MEMORY_FAULT: gpa.
  public static let memoryFaultAddress: UInt64 = 0x28
  /// MEMORY_FAULT: size.
  public static let memoryFaultSize: UInt64 = 0x30

  /// ARM_SEA: flags, 64 bits; bit 0 KVM_EXIT_ARM_SEA_FLAG_GPA_VALID.
  public static let seaFlags: UInt64 = 0x20
  /// ARM_SEA: esr, without what belongs to stage 2.
  public static let seaSyndrome: UInt64 = 0x28
  /// ARM_SEA: gva, 0 when FnV.
  public static let seaVirtualAddress: UInt64 = 0x30
  /// ARM_SEA: gpa of the page, when flags say so.
  public static let seaPhysicalAddress: UInt64 = 0x38
  /// KVM_EXIT_ARM_SEA_FLAG_GPA_VALID.
  public static let seaAddressValid: UInt64 = 1

  /// ARM_SERROR: flags, 64 bits.
  public static let serrorFlags: UInt64 = 0x20
  /// ARM_SERROR: esr, the physical SError's: EC, IL, ISS. Nothing was made pending for the guest.
  public static let serrorSyndrome: UInt64 = 0x28
  /// The virtual SError for an earlier error is still pending, and the vCPU is where it met that: it
  /// masks SErrors and makes no progress.
  public static let serrorNotTaken: UInt64 = 1

  /// ARM_CORRECTED: flags, 64 bits.
  public static let correctedFlags: UInt64 = 0x20
  /// ARM_CORRECTED: gpa.
  public static let correctedAddress: UInt64 = 0x28
  /// ARM_CORRECTED: size, of what the record speaks of: a power of two, at most a page.
  public static let correctedSize: UInt64 = 0x30
  /// There were too many of them there, as firmware says.
  public static let correctedOverThreshold: UInt64 = 1
  /// Others came before that are not told.
  public static let correctedDropped: UInt64 = 2
}

/// KVM_EXIT_*.
public enum KVMExitReason: UInt32, Sendable, CaseIterable {
  case unknown = 0
  case hypercall = 3
  case debug = 4
  case mmio = 6
  case shutdown = 8
  case failEntry = 9
  case interrupted = 10
  case internalError = 17
  case systemEvent = 24
  case armNISV = 28
  case memoryFault = 39
  case armSEA = 41
  /// KVM_EXIT_ARM_SERROR of `KVMCapability.armSErrorToUser`: ours, out of Linux's reach.
  case armSError = 0x4641_0002
  /// KVM_EXIT_ARM_CORRECTED of `KVMCapability.armCorrectedToUser`: ours as well.
  case armCorrected = 0x4641_0003
}

/// KVM_SYSTEM_EVENT_*.
public enum KVMSystemEvent: UInt32, Sendable {
  case shutdown = 1
  case reset = 2
  case crash = 3
  case wakeUp = 4
  case suspend = 5
}
