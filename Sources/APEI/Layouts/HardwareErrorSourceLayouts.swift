// Hardware Error Source Table: who reports errors, where the record is, and how the operating system is told.
// ACPI 6.5, 18.3.2.

/// The table before its first source. ACPI 6.5, 18.3.2.
public enum HESTLayout {
  /// Offset of the first source.
  public static let sources = 40
  /// How many sources follow.
  public static let sourceCount = ByteField("sourceCount", 36, 4)
}

/// Generic Hardware Error Source, with what version 2 has behind it. Other sources begin in the same way.
/// ACPI 6.5, 18.3.2.7 and 18.3.2.8.
public enum ErrorSourceLayout {
  /// Size of version 1 in bytes.
  public static let size1 = 64
  /// Size of version 2.
  public static let size2 = 92
  /// 9, and 10 for version 2.
  public static let type = ByteField("type", 0, 2)
  /// Unique in the table.
  public static let id = ByteField("id", 2, 2)
  /// From type 12 on in its place: bytes of the whole source.
  public static let length = ByteField("length", 2, 2)
  /// The source that this one replaces; 0xFFFF: none.
  public static let related = ByteField("related", 4, 2)
  /// Reserved; flags of other sources.
  public static let flags = ByteField("flags", 6, 1)
  /// 1: the operating system is to use the source.
  public static let enabled = ByteField("enabled", 7, 1)
  /// Records to allocate.
  public static let preallocate = ByteField("preallocate", 8, 4)
  /// The most sections of a record.
  public static let maximumSections = ByteField("maxSections", 12, 4)
  /// The most bytes of raw data of a record.
  public static let maximumRawData = ByteField("maxRawData", 16, 4)
  /// Generic Address Structure: where the address of the error status block is.
  public static let statusAddress = ByteField("errorStatusAddress", 20, 12)
  /// `NotificationLayout`.
  public static let notification = ByteField("notify", 32, 28)
  /// Bytes of the error status block.
  public static let blockLength = ByteField("blockLength", 60, 4)
  /// Version 2: the acknowledge register, a Generic Address Structure.
  public static let acknowledge = ByteField("readAck", 64, 12)
  /// Version 2: bits of it to keep.
  public static let preserve = ByteField("ackPreserve", 76, 8)
  /// Version 2: bits of it to set.
  public static let write = ByteField("ackWrite", 84, 8)
}

/// The other sources whose length follows from their type. ACPI 6.5, 18.3.2.
public enum NativeSourceLayout {
  /// Machine check exception, type 0: bytes before its banks.
  public static let machineCheckSize = 40
  /// How many banks it has.
  public static let machineCheckBankCount = ByteField("bankCount", 32, 1)
  /// Corrected and deferred machine check, types 1 and 11: bytes before the banks.
  public static let correctedMachineCheckSize = 48
  /// How many banks these have.
  public static let correctedMachineCheckBankCount = ByteField("bankCount", 44, 1)
  /// Bytes of a bank.
  public static let bankSize = 28
  /// NMI, type 2.
  public static let nonMaskableSize = 20
  /// PCIe root port, type 6.
  public static let rootPortSize = 48
  /// PCIe device, type 7.
  public static let endpointSize = 44
  /// PCIe bridge, type 8.
  public static let bridgeSize = 56
}

/// Hardware Error Notification. ACPI 6.5, 18.3.2.9.
public enum NotificationLayout {
  /// Size in bytes.
  public static let size = 28
  /// How the operating system is told.
  public static let type = ByteField("type", 0, 1)
  /// 28.
  public static let length = ByteField("length", 1, 1)
  /// Which of the following the operating system may change.
  public static let configurationWriteEnable = ByteField("configWriteEnable", 2, 2)
  /// Milliseconds between looks.
  public static let pollInterval = ByteField("pollInterval_ms", 4, 4)
  /// Interrupt or event.
  public static let vector = ByteField("vector", 8, 4)
  /// Interrupts before looks take their place.
  public static let switchToPollingThreshold = ByteField("switchToPollingThreshold", 12, 4)
  /// The time in which these must come.
  public static let switchToPollingWindow = ByteField("switchToPollingWindow_ms", 16, 4)
  /// Errors before a notification.
  public static let errorThreshold = ByteField("errorThreshold", 20, 4)
  /// The time in which these must come.
  public static let errorThresholdWindow = ByteField("errorThresholdWindow_ms", 24, 4)
}
