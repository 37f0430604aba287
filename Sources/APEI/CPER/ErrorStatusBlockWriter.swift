// Writes a Generic Error Status Block. ACPI 6.5, 18.3.2.7.1. This is the error path of EL3
// firmware: no heap, no buffer of its own, words straight into the sink. BlockStatus stays zero
// until the caller, after a barrier, stores the value that `finish` gives: the operating system
// looks at it first, so nobody ever sees half a record.

import Bytes

/// An error status block in the making.
///
/// Put an Arm processor section before the memory section: Linux (drivers/acpi/apei/ghes.c,
/// ghes_do_proc) reports to its caller what the *last* section queued, and only a memory section
/// queues recovery for every error type.
public struct ErrorStatusBlockWriter<Sink: ByteSink> {
  private var writer: ByteWriter<Sink>
  private var severity = ErrorSeverity.none
  private var entryCount: UInt32 = 0
  private var uncorrected: UInt32 = 0
  private var corrected: UInt32 = 0

  /// A block at the start of the sink, whose size is the source's block length. Its first words are
  /// written at once: BlockStatus 0.
  public init(into sink: Sink) throws(ByteError) {
    writer = ByteWriter(sink)
    try writer.zeros(ErrorStatusBlock.headerSize)
  }

  /// What a finished block is.
  public struct Finished: Equatable, Sendable {
    /// The value to store at offset 0 once everything else is visible.
    public let blockStatus: UInt32
    /// Size of the block in bytes.
    public let byteCount: Int
    /// The worst severity of its entries.
    public let severity: ErrorSeverity
  }

  private mutating func begin(
    _ type: GUID, _ entry: borrowing DataEntry, byteCount: Int
  ) throws(ByteError) {
    guard byteCount <= writer.sink.byteCount,
      writer.offset <= writer.sink.byteCount - DataEntry.size - byteCount
    else { throw .noRoom(offset: writer.offset, count: DataEntry.size + byteCount) }
    try writer.guid(type)
    try writer.u32(entry.severity.rawValue)
    try writer.u16(DataEntry.revision)
    try writer.u8(
      (entry.fruID != nil ? 1 : 0) | (entry.fruText != nil ? 2 : 0)
        | (entry.timestamp != nil ? 4 : 0))
    try writer.u8(entry.flags.rawValue)
    try writer.u32(UInt32(truncatingIfNeeded: byteCount))
    if let id = entry.fruID {
      try writer.guid(id)
    } else {
      try writer.zeros(DataEntryLayout.fruId.size)
    }
    if let text = entry.fruText {
      try writer.ascii(text, count: DataEntryLayout.fruText.size)
    } else {
      try writer.zeros(DataEntryLayout.fruText.size)
    }
    try writer.u64(entry.timestamp?.rawValue ?? 0)
    severity = severity.worse(entry.severity)
    entryCount += 1
    switch entry.severity {
    case .recoverable, .fatal: uncorrected += 1
    case .corrected: corrected += 1
    case .none: break
    }
  }

  /// Adds a memory section. If it does not fit, the block stays as it was.
  public mutating func append(
    _ section: borrowing MemorySection, _ entry: borrowing DataEntry
  ) throws(ByteError) {
    try begin(SectionType.memory, entry, byteCount: MemorySection.size)
    try writer.memorySection(section)
  }

  /// Adds an Arm processor section. If it does not fit, the block stays as it was.
  public mutating func append(
    _ section: borrowing ProcessorSection, _ information: borrowing ProcessorErrorInformation,
    contexts: some ProcessorContextRegisters = NoProcessorContext(),
    _ entry: borrowing DataEntry
  ) throws(ByteError) {
    try begin(SectionType.processorArm, entry, byteCount: ProcessorSection.size(contexts))
    try writer.processorSection(section, information, contexts)
  }

  /// Adds an Arm RAS node section, of which `append(_: ErrorRecordDescriptor)` is then to be called for each
  /// record that it announces. If all of it does not fit, the block stays as it was.
  public mutating func append(
    _ section: borrowing ErrorNodeSection, _ entry: borrowing DataEntry
  ) throws(ByteError) {
    try begin(SectionType.armRASNode, entry, byteCount: section.byteCount)
    try writer.errorNodeSection(section)
  }

  /// The next record of the Arm RAS node section that was added last; there is room for all that it
  /// announces.
  public mutating func append(_ record: borrowing ErrorRecordDescriptor) throws(ByteError) {
    try writer.errorRecord(record)
  }

  /// Adds a section of any type; its bytes come from `payload`.
  public mutating func append(
    _ type: GUID, payload: some ByteSource, _ entry: borrowing DataEntry
  ) throws(ByteError) {
    try begin(type, entry, byteCount: payload.byteCount)
    try writer.bytes(payload)
  }

  /// Fills in the header, but for BlockStatus.
  ///
  /// BlockStatus says "multiple" of uncorrected and of corrected errors where the caller says that
  /// there were several: several sections may be about the same one.
  public mutating func finish(
    severalUncorrected: Bool = false, severalCorrected: Bool = false
  ) throws(ByteError) -> Finished {
    try writer.patch(
      UInt32(truncatingIfNeeded: writer.offset - ErrorStatusBlock.headerSize),
      at: ErrorStatusBlockLayout.dataLength.offset)
    try writer.patch(severity.rawValue, at: ErrorStatusBlockLayout.severity.offset)
    let status =
      (uncorrected > 0 ? 1 : 0) | (corrected > 0 ? 2 : 0)
      | (severalUncorrected && uncorrected > 0 ? 4 : 0)
      | (severalCorrected && corrected > 0 ? 8 : 0)
      | (entryCount & 0x3ff) << 4
    return Finished(blockStatus: status, byteCount: writer.offset, severity: severity)
  }

  /// The sink, with what has been written.
  public var sink: Sink { writer.sink }
}
