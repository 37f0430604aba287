// What every ACPI table begins with.

import Bytes

/// The header that every ACPI table but the RSDP and the FACS begins with. ACPI 6.5, 5.2.6.
public struct TableHeader: Equatable, Sendable {
  /// Size of the header in bytes.
  public static let size = TableHeaderLayout.size

  /// The four letters of the signature, the first in the lowest byte.
  public var signature: UInt32
  /// Size of the table in bytes, header included.
  public var length: UInt32
  /// Revision of the table's layout.
  public var revision: UInt8
  /// The byte that makes the sum of all bytes zero.
  public var checksum: UInt8

  /// The header at an offset.
  public init(_ source: some ByteSource, at offset: Int = 0) throws(ByteError) {
    try source.require(Self.size, at: offset)
    signature = try source.u32(at: offset + TableHeaderLayout.signature.offset)
    length = try source.u32(at: offset + TableHeaderLayout.length.offset)
    revision = try source.u8(at: offset + TableHeaderLayout.revision.offset)
    checksum = try source.u8(at: offset + TableHeaderLayout.checksum.offset)
  }

  /// Whether the signature is these four letters.
  public func isSigned(_ letters: StaticString) -> Bool {
    guard letters.utf8CodeUnitCount == 4 else { return false }
    return letters.withUTF8Buffer { letters in
      var value: UInt32 = 0
      for index in 0..<4 {
        unsafe value |= UInt32(letters[index]) << UInt32(index * 8)
      }
      return value == signature
    }
  }
}

/// Who a table says it is from: the OEM and creator fields of every table this project writes.
///
/// The creator fields are those of iasl 20200925, so that a table that iasl disassembles and
/// compiles again comes back byte for byte.
public enum TableOrigin {
  /// OEMID.
  public static let oemID: StaticString = "FLTLN "
  /// OEM Table ID.
  public static let oemTableID: StaticString = "FAULTLIN"
  /// OEM Revision.
  public static let oemRevision: UInt32 = 1
  /// Creator ID.
  public static let creatorID: StaticString = "INTL"
  /// Creator Revision.
  public static let creatorRevision: UInt32 = 0x2020_0925
}

extension ByteWriter {
  /// Begins a table; gives the offset that `endTable` wants.
  public mutating func beginTable(
    _ signature: StaticString, revision: UInt8
  ) throws(ByteError) -> Int {
    let start = offset
    try ascii(signature, count: TableHeaderLayout.signature.size)
    try u32(0)
    try u8(revision)
    try u8(0)
    try ascii(TableOrigin.oemID, count: TableHeaderLayout.oem.size)
    try ascii(TableOrigin.oemTableID, count: TableHeaderLayout.table.size)
    try u32(TableOrigin.oemRevision)
    try ascii(TableOrigin.creatorID, count: TableHeaderLayout.creator.size)
    try u32(TableOrigin.creatorRevision)
    return start
  }

  /// Ends a table: fills in its length and checksum.
  public mutating func endTable(_ start: Int) throws(ByteError) {
    try patch(
      UInt32(truncatingIfNeeded: offset - start), at: start + TableHeaderLayout.length.offset)
    let sum = try sink.checksum(start, count: offset - start)
    try patch(0 &- sum, at: start + TableHeaderLayout.checksum.offset)
  }
}
