// The CPER record of ERST, BERT's persisted form and files: a header, a descriptor a section, then
// the sections. Error status blocks have neither header nor descriptors, but entries.

/// Record header. UEFI 2.10, N.2.1.
public enum RecordLayout {
  /// Size in bytes.
  public static let size = 128
  /// "CPER".
  public static let signature = ByteField("signature", 0, 4)
  /// These letters as a number, the first in the lowest byte.
  public static let letters: UInt32 = 0x5245_5043
  /// Minor and major, BCD.
  public static let revision = ByteField("revision", 4, 2)
  /// All ones.
  public static let signatureEnd = ByteField("signatureEnd", 6, 4)
  /// How many descriptors follow; at least 1.
  public static let sectionCount = ByteField("sectionCount", 10, 2)
  /// The worst section's.
  public static let severity = ByteField("severity", 12, 4)
  /// Bit 0: platform id, 1: timestamp, 2: partition id.
  public static let validation = ByteField("validation", 16, 4)
  /// Bytes of header, descriptors and sections.
  public static let recordLength = ByteField("recordLength", 20, 4)
  /// BCD: seconds, minutes, hours, flags, day, month, year, century.
  public static let timestamp = ByteField("timestampRaw", 24, 8)
  /// The platform's SMBIOS UUID.
  public static let platform = ByteField("platform", 32, 16)
  /// Software domain.
  public static let partition = ByteField("partition", 48, 16)
  /// Who created the record.
  public static let creator = ByteField("creator", 64, 16)
  /// How the operating system was told.
  public static let notify = ByteField("notify", 80, 16)
  /// Unique together with the creator.
  public static let recordId = ByteField("recordId", 96, 8)
  /// 1 recovered, 2 previous error, 4 simulated.
  public static let flags = ByteField("flags", 104, 4)
  /// For whoever stores the record.
  public static let persistence = ByteField("persistence", 108, 8)
  /// Reserved.
  public static let reserved = ByteField("reserved", 116, 12)
}

/// Section descriptor. UEFI 2.10, N.2.2.
public enum SectionDescriptorLayout {
  /// Size in bytes.
  public static let size = 72
  /// Where the section is, from the record's start.
  public static let offset = ByteField("offset", 0, 4)
  /// Its bytes.
  public static let length = ByteField("length", 4, 4)
  /// Minor and major, BCD.
  public static let revision = ByteField("revision", 8, 2)
  /// Bit 0: FRU id, 1: FRU text.
  public static let validation = ByteField("validation", 10, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 11, 1)
  /// Flags of the section.
  public static let flags = ByteField("flags", 12, 4)
  /// What the section is.
  public static let type = ByteField("type", 16, 16)
  /// Field replaceable unit.
  public static let fruId = ByteField("fruId", 32, 16)
  /// Severity.
  public static let severity = ByteField("severity", 48, 4)
  /// Field replaceable unit in words.
  public static let fruText = ByteField("fruText", 52, 20)
}
