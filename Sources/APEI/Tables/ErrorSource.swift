// One source of errors in the HEST: where its record is and how it is acknowledged.

import Bytes

/// Generic Hardware Error Source: version 2 if it has an acknowledge register. ACPI 6.5, 18.3.2.7
/// and 18.3.2.8.
public struct ErrorSource: Equatable, Sendable {
  /// Type of a version 1 source in the HEST.
  public static let type1: UInt16 = 9
  /// Type of a version 2 source.
  public static let type2: UInt16 = 10
  /// Size of a version 1 structure in bytes.
  public static let size1 = ErrorSourceLayout.size1
  /// Size of a version 2 structure.
  public static let size2 = ErrorSourceLayout.size2

  /// Unique in the table.
  public var sourceID: UInt16
  /// The source this one replaces while firmware handles it; 0xFFFF for none.
  public var relatedSourceID: UInt16 = 0xffff
  /// Reserved: 0.
  public var flags: UInt8 = 0
  /// 1 if the operating system is to use the source.
  public var enabled: UInt8 = 1
  /// Records the operating system allocates; at least 1.
  public var recordsToPreallocate: UInt32 = 1
  /// Sections a record has at most; at least 1.
  public var maximumSections: UInt32 = 4
  /// Bytes of raw data a record has at most.
  public var maximumRawDataLength: UInt32 = 0
  /// The location that *holds the address* of the error status block.
  public var statusAddress: GenericAddress
  /// How the operating system is told.
  public var notification: ErrorNotification
  /// Size of the error status block in bytes.
  public var blockLength: UInt32
  /// Version 2: how the operating system says that it has read the block.
  public var acknowledge: ReadAcknowledge?

  /// A source whose status address and acknowledge register are 64-bit words in memory.
  public init(
    sourceID: UInt16, notification: ErrorNotification, statusAddress: GenericAddress,
    blockLength: UInt32, acknowledge: ReadAcknowledge?
  ) {
    self.sourceID = sourceID
    self.notification = notification
    self.statusAddress = statusAddress
    self.blockLength = blockLength
    self.acknowledge = acknowledge
    maximumRawDataLength = blockLength
  }

  /// The source at an offset, whose Type is 9 or 10.
  public init(_ source: some ByteSource, at offset: Int) throws(ByteError) {
    let type = try source.u16(at: offset + ErrorSourceLayout.type.offset)
    try source.require(type == Self.type2 ? Self.size2 : Self.size1, at: offset)
    sourceID = try source.u16(at: offset + ErrorSourceLayout.id.offset)
    relatedSourceID = try source.u16(at: offset + ErrorSourceLayout.related.offset)
    flags = try source.u8(at: offset + ErrorSourceLayout.flags.offset)
    enabled = try source.u8(at: offset + ErrorSourceLayout.enabled.offset)
    recordsToPreallocate = try source.u32(at: offset + ErrorSourceLayout.preallocate.offset)
    maximumSections = try source.u32(at: offset + ErrorSourceLayout.maximumSections.offset)
    maximumRawDataLength = try source.u32(at: offset + ErrorSourceLayout.maximumRawData.offset)
    statusAddress = try source.address(at: offset + ErrorSourceLayout.statusAddress.offset)
    notification = try ErrorNotification(
      source, at: offset + ErrorSourceLayout.notification.offset)
    blockLength = try source.u32(at: offset + ErrorSourceLayout.blockLength.offset)
    if type == Self.type2 {
      acknowledge = ReadAcknowledge(
        register: try source.address(at: offset + ErrorSourceLayout.acknowledge.offset),
        preserve: try source.u64(at: offset + ErrorSourceLayout.preserve.offset),
        write: try source.u64(at: offset + ErrorSourceLayout.write.offset))
    }
  }
}

extension ByteWriter {
  /// Writes an error source structure.
  public mutating func errorSource(_ value: ErrorSource) throws(ByteError) {
    try u16(value.acknowledge == nil ? ErrorSource.type1 : ErrorSource.type2)
    try u16(value.sourceID)
    try u16(value.relatedSourceID)
    try u8(value.flags)
    try u8(value.enabled)
    try u32(value.recordsToPreallocate)
    try u32(value.maximumSections)
    try u32(value.maximumRawDataLength)
    try address(value.statusAddress)
    try notification(value.notification)
    try u32(value.blockLength)
    if let acknowledge = value.acknowledge {
      try address(acknowledge.register)
      try u64(acknowledge.preserve)
      try u64(acknowledge.write)
    }
  }
}
