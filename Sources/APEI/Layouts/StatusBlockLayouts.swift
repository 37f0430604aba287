// The error status block: what a generic source publishes and a BERT leads to. Entries follow its header, and a
// section follows the head of each. ACPI 6.5, 18.3.2.7.1.

/// Header of a Generic Error Status Block. ACPI 6.5, table 18.11.
public enum ErrorStatusBlockLayout {
  /// Size in bytes: where the entries begin.
  public static let size = 20
  /// 0: nothing to read. Bits 0 to 3: uncorrected, corrected, several of each; 13:4 how many entries.
  public static let blockStatus = ByteField("blockStatus", 0, 4)
  /// Where the raw data is, from the block's start.
  public static let rawDataOffset = ByteField("rawDataOffset", 4, 4)
  /// Bytes of raw data; 0: none.
  public static let rawDataLength = ByteField("rawDataLength", 8, 4)
  /// Bytes of entries.
  public static let dataLength = ByteField("dataLength", 12, 4)
  /// The worst entry's.
  public static let severity = ByteField("severity", 16, 4)
}

/// Head of a Generic Error Data Entry. ACPI 6.5, table 18.12.
public enum DataEntryLayout {
  /// Size in bytes, revision 0x300.
  public static let size = 72
  /// Size without the timestamp, revision 0x201.
  public static let oldSize = 64
  /// What the section is.
  public static let type = ByteField("type", 0, 16)
  /// Severity.
  public static let severity = ByteField("severity", 16, 4)
  /// Minor and major, BCD.
  public static let revision = ByteField("revision", 20, 2)
  /// Bit 0: FRU id, 1: FRU text, 2: timestamp.
  public static let validation = ByteField("validation", 22, 1)
  /// Flags of the section.
  public static let flags = ByteField("flags", 23, 1)
  /// Bytes of the section.
  public static let dataLength = ByteField("dataLength", 24, 4)
  /// Field replaceable unit.
  public static let fruId = ByteField("fruId", 28, 16)
  /// Field replaceable unit in words.
  public static let fruText = ByteField("fruText", 44, 20)
  /// BCD: seconds, minutes, hours, flags, day, month, year, century.
  public static let timestamp = ByteField("timestampRaw", 64, 8)
}
