// The Arm processor section: a fixed part, error information structures, contexts, and vendor data. UEFI 2.10,
// N.2.4.4.

/// The fixed part. UEFI 2.10, N.2.4.4.
public enum ProcessorSectionLayout {
  /// Size in bytes.
  public static let size = 40
  /// Bit 0: MPIDR, 1: affinity level, 2: running state, 3: vendor data.
  public static let validation = ByteField("validation", 0, 4)
  /// How many error information structures follow.
  public static let informationCount = ByteField("errorInfoNum", 4, 2)
  /// How many contexts follow these.
  public static let contextCount = ByteField("contextInfoNum", 6, 2)
  /// Bytes of the whole section.
  public static let sectionLength = ByteField("sectionLength", 8, 4)
  /// 0, the processor, to 3.
  public static let affinityLevel = ByteField("affinityLevel", 12, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 13, 3)
  /// MPIDR_EL1.
  public static let mpidr = ByteField("mpidr", 16, 8)
  /// MIDR_EL1.
  public static let midr = ByteField("midr", 24, 8)
  /// Bit 0: the processor runs.
  public static let runningState = ByteField("runningState", 32, 4)
  /// PSCI state of one that does not.
  public static let psciState = ByteField("psciState", 36, 4)
}

/// Error information structure. UEFI 2.10, N.2.4.4.1.
public enum ProcessorErrorInformationLayout {
  /// Size in bytes.
  public static let size = 32
  /// 0.
  public static let version = ByteField("version", 0, 1)
  /// 32.
  public static let length = ByteField("length", 1, 1)
  /// Bit 0: multiple, 1: flags, 2: error information, 3: virtual address, 4: physical address.
  public static let validation = ByteField("validation", 2, 2)
  /// In one of three encodings.
  public static let type = ByteField("type", 4, 1)
  /// 0 one error, 1 several, else how many.
  public static let multiple = ByteField("multiple", 5, 2)
  /// First, last, propagated, overflow.
  public static let flags = ByteField("flags", 7, 1)
  /// Details, by the type.
  public static let detail = ByteField("errorInfo", 8, 8)
  /// Virtual address.
  public static let virtualAddress = ByteField("virtualAddress", 16, 8)
  /// Physical address.
  public static let physicalAddress = ByteField("physicalAddress", 24, 8)
}

/// Head of a context: registers follow. UEFI 2.10, N.2.4.4.2.
public enum ProcessorContextLayout {
  /// Size in bytes.
  public static let size = 8
  /// 0.
  public static let version = ByteField("version", 0, 2)
  /// Which registers.
  public static let type = ByteField("type", 2, 2)
  /// Their bytes.
  public static let arraySize = ByteField("arraySize", 4, 4)
}
