// What stands around a section of a record: its type, its severity, its length.

/// What the Generic Error Data Entry around a section says. ACPI 6.5, table 18.12.
public struct DataEntry: Sendable {
  /// Size of the header in bytes, revision 0x300.
  public static let size = DataEntryLayout.size
  /// Size without the timestamp, revision 0x201.
  public static let oldSize = DataEntryLayout.oldSize
  /// The revision written.
  public static let revision: UInt16 = 0x300

  /// How bad the error of this section is.
  public var severity: ErrorSeverity
  /// What else is to be known.
  public var flags: SectionFlags
  /// When it happened.
  public var timestamp: Timestamp?
  /// Which field-replaceable unit, as a GUID.
  public var fruID: GUID?
  /// Which unit, in at most 20 ASCII letters.
  public var fruText: StaticString?

  /// An entry's description.
  public init(
    severity: ErrorSeverity, flags: SectionFlags = [], timestamp: Timestamp? = nil,
    fruID: GUID? = nil, fruText: StaticString? = nil
  ) {
    self.severity = severity
    self.flags = flags
    self.timestamp = timestamp
    self.fruID = fruID
    self.fruText = fruText
  }
}
