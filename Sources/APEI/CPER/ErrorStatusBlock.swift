// Reads a Generic Error Status Block that anybody wrote: our firmware, QEMU, a fuzzer. Every
// length is checked before it is used; what cannot be understood stays as bytes.

import Bytes

/// Why bytes are not an error status block.
public enum DecodeError: Error, Equatable, Sendable {
  /// The bytes end before what they announce.
  case truncated(offset: Int, count: Int)
  /// Data Length or an entry's length reaches outside the block.
  case entryOutside(offset: Int)
  /// An entry's revision is not one that is known.
  case unknownRevision(offset: Int, revision: UInt16)

  init(_ error: ByteError) {
    switch error {
    case .truncated(let offset, let count), .noRoom(let offset, let count):
      self = .truncated(offset: offset, count: count)
    }
  }
}

/// What a section contains.
public enum SectionPayload: Equatable, Sendable {
  /// Platform memory.
  case memory(MemorySection)
  /// Arm processor.
  case processor(DecodedProcessorSection)
  /// Arm RAS node.
  case errorNode(DecodedErrorNode)
  /// A section of another type, or one too short for its type.
  case other
}

/// A decoded Generic Error Data Entry. ACPI 6.5, table 18.12.
public struct DecodedEntry: Equatable, Sendable {
  /// Offset in the block.
  public var offset: Int
  /// Size of the entry's header.
  public var headerSize: Int
  /// Section Type.
  public var sectionType: GUID
  /// Error Severity, as found.
  public var severityValue: UInt32
  /// Revision.
  public var revision: UInt16
  /// Validation Bits: 0 FRU id, 1 FRU text, 2 timestamp.
  public var validationBits: UInt8
  /// Flags.
  public var flags: SectionFlags
  /// Size of the section.
  public var dataLength: UInt32
  /// FRU id, if valid.
  public var fruID: GUID?
  /// The 20 bytes of FRU text, whether valid or not.
  public var fruText: [UInt8]
  /// The timestamp's bytes, if valid.
  public var timestampValue: UInt64?
  /// The section.
  public var payload: SectionPayload

  /// Error Severity, or nil if it has no name.
  public var severity: ErrorSeverity? { ErrorSeverity(rawValue: severityValue) }
  /// The timestamp, or nil if there is none or it is no time.
  public var timestamp: Timestamp? { timestampValue.flatMap { Timestamp(rawValue: $0) } }
}

/// A decoded Generic Error Status Block. ACPI 6.5, table 18.11.
public struct ErrorStatusBlock: Equatable, Sendable {
  /// BlockStatus: bits 0 to 3 UE, CE, several UE, several CE; 13 to 4 the number of entries.
  public var blockStatus: UInt32
  /// Raw Data Offset.
  public var rawDataOffset: UInt32
  /// Raw Data Length.
  public var rawDataLength: UInt32
  /// Data Length.
  public var dataLength: UInt32
  /// Error Severity, as found.
  public var severityValue: UInt32
  /// The entries.
  public var entries: [DecodedEntry]

  /// Error Severity, or nil if it has no name.
  public var severity: ErrorSeverity? { ErrorSeverity(rawValue: severityValue) }
  /// The number of entries that BlockStatus states.
  public var statedEntryCount: Int { Int(blockStatus >> 4 & 0x3ff) }

  /// Size of the header in bytes.
  public static let headerSize = ErrorStatusBlockLayout.size

  /// How many bytes the block at the start of a source says that it has: header, entries and raw
  /// data. Nobody has checked that they are there.
  public static func statedLength(_ source: some ByteSource) throws(ByteError) -> Int {
    let rawDataOffset = try source.u32(at: ErrorStatusBlockLayout.rawDataOffset.offset)
    let rawDataLength = try source.u32(at: ErrorStatusBlockLayout.rawDataLength.offset)
    let entries = headerSize + Int(try source.u32(at: ErrorStatusBlockLayout.dataLength.offset))
    return rawDataLength == 0 ? entries : max(entries, Int(rawDataOffset) + Int(rawDataLength))
  }

  /// Decodes the block at the start of a source. An empty block (BlockStatus 0) decodes as well.
  public static func decode(_ source: some ByteSource) throws(DecodeError) -> ErrorStatusBlock {
    let (block, failure) = try decodeWhatCanBe(source)
    if let failure { throw failure }
    return block
  }

  /// Decodes the block at the start of a source up to the first entry that is malformed, and says
  /// what is wrong with that. Throws when there is not even a header.
  public static func decodeWhatCanBe(
    _ source: some ByteSource
  ) throws(DecodeError) -> (block: ErrorStatusBlock, failure: DecodeError?) {
    var block = try header(of: source)
    let room = source.byteCount - headerSize
    let end = headerSize + min(Int(block.dataLength), room)
    let isCut = Int(block.dataLength) > room
    var offset = headerSize
    while offset < end {
      do throws(DecodeError) {
        let entry = try entry(source, at: offset, end: end)
        offset += entry.headerSize + Int(entry.dataLength)
        block.entries.append(entry)
      } catch {
        return (block, isCut ? cut : error)
      }
    }
    return (block, isCut ? cut : nil)
  }

  /// What is wrong with a block whose Data Length reaches outside.
  private static var cut: DecodeError {
    .entryOutside(offset: ErrorStatusBlockLayout.dataLength.offset)
  }

  private static func header(of source: some ByteSource) throws(DecodeError) -> ErrorStatusBlock {
    do {
      return ErrorStatusBlock(
        blockStatus: try source.u32(at: ErrorStatusBlockLayout.blockStatus.offset),
        rawDataOffset: try source.u32(at: ErrorStatusBlockLayout.rawDataOffset.offset),
        rawDataLength: try source.u32(at: ErrorStatusBlockLayout.rawDataLength.offset),
        dataLength: try source.u32(at: ErrorStatusBlockLayout.dataLength.offset),
        severityValue: try source.u32(at: ErrorStatusBlockLayout.severity.offset), entries: [])
    } catch {
      throw DecodeError(error)
    }
  }

  private static func entry(
    _ source: some ByteSource, at offset: Int, end: Int
  ) throws(DecodeError) -> DecodedEntry {
    guard end - offset >= DataEntry.oldSize else { throw .entryOutside(offset: offset) }
    let (revision, dataLength) = try revisionAndLength(source, at: offset)
    guard revision >> 8 == 2 || revision >> 8 == 3 else {
      throw .unknownRevision(offset: offset, revision: revision)
    }
    let headerSize = revision >> 8 == 3 ? DataEntry.size : DataEntry.oldSize
    guard headerSize <= end - offset, Int(dataLength) <= end - offset - headerSize else {
      throw .entryOutside(offset: offset)
    }
    do {
      let valid = try source.u8(at: offset + DataEntryLayout.validation.offset)
      let type = try source.guid(at: offset + DataEntryLayout.type.offset)
      let body = try source.slice(offset + headerSize, count: Int(dataLength))
      var text: [UInt8] = []
      for index in 0..<DataEntryLayout.fruText.size {
        text.append(try source.u8(at: offset + DataEntryLayout.fruText.offset + index))
      }
      return DecodedEntry(
        offset: offset, headerSize: headerSize, sectionType: type,
        severityValue: try source.u32(at: offset + DataEntryLayout.severity.offset),
        revision: revision, validationBits: valid,
        flags: SectionFlags(rawValue: try source.u8(at: offset + DataEntryLayout.flags.offset)),
        dataLength: dataLength,
        fruID: valid & 1 != 0 ? try source.guid(at: offset + DataEntryLayout.fruId.offset) : nil,
        fruText: text,
        timestampValue: valid & 4 != 0 && headerSize == DataEntry.size
          ? try source.u64(at: offset + DataEntryLayout.timestamp.offset) : nil,
        payload: payload(type, body))
    } catch {
      throw DecodeError(error)
    }
  }

  private static func revisionAndLength(
    _ source: some ByteSource, at offset: Int
  ) throws(DecodeError) -> (UInt16, UInt32) {
    do {
      return (
        try source.u16(at: offset + DataEntryLayout.revision.offset),
        try source.u32(at: offset + DataEntryLayout.dataLength.offset)
      )
    } catch {
      throw DecodeError(error)
    }
  }

  private static func payload(_ type: GUID, _ body: some ByteSource) -> SectionPayload {
    if type == SectionType.memory, let section = try? MemorySection(body) {
      return .memory(section)
    }
    if type == SectionType.processorArm, let section = try? DecodedProcessorSection(body) {
      return .processor(section)
    }
    // An operating system of ours does nothing with it, and a kernel's image has no room for nothing.
    #if !hasFeature(Embedded)
    if type == SectionType.armRASNode, let section = try? DecodedErrorNode(body) {
      return .errorNode(section)
    }
    #endif
    return .other
  }
}
