// Hardware Error Source Table. ACPI 6.5, 18.3.2. Sources follow one another without padding; up to
// type 11 a source's length is implied by its type, so a reader that meets a type it does not know
// must stop there.

import Bytes

/// One entry of a HEST.
public enum ErrorSourceEntry: Equatable, Sendable {
  /// GHES or GHESv2.
  case generic(ErrorSource)
  /// Anything else: its type, its identifier.
  case other(type: UInt16, sourceID: UInt16)
}

/// A decoded HEST.
public struct HEST: Equatable, Sendable {
  /// Size of the table before the first source.
  public static let fixedSize = HESTLayout.sources

  /// The header.
  public var header: TableHeader
  /// How many sources the table says it has.
  public var sourceCount: UInt32
  /// The sources up to the end of the table or the first that cannot be measured.
  public var sources: [ErrorSourceEntry]
  /// Offset of each source.
  public var offsets: [Int]
  /// Where decoding stopped: the table's end if all of it was understood.
  public var end: Int

  /// The table in a source of bytes.
  public init(_ source: some ByteSource) throws(ByteError) {
    header = try TableHeader(source)
    sourceCount = try source.u32(at: HESTLayout.sourceCount.offset)
    sources = []
    offsets = []
    var offset = Self.fixedSize
    let length = min(Int(header.length), source.byteCount)
    while offset + 4 <= length {
      let type = try source.u16(at: offset + ErrorSourceLayout.type.offset)
      guard let size = try Self.size(ofType: type, source, at: offset), offset + size <= length
      else { break }
      offsets.append(offset)
      if type == ErrorSource.type1 || type == ErrorSource.type2 {
        sources.append(.generic(try ErrorSource(source, at: offset)))
      } else {
        let identifier = try source.u16(at: offset + ErrorSourceLayout.id.offset)
        sources.append(.other(type: type, sourceID: identifier))
      }
      offset += size
    }
    end = offset
  }

  /// Size of an entry of a type; nil if the type is unknown.
  static func size(
    ofType type: UInt16, _ source: some ByteSource, at offset: Int
  ) throws(ByteError) -> Int? {
    switch type {
    case 0:
      NativeSourceLayout.machineCheckSize
        + Int(try source.u8(at: offset + NativeSourceLayout.machineCheckBankCount.offset))
        * NativeSourceLayout.bankSize
    case 1, 11:
      NativeSourceLayout.correctedMachineCheckSize
        + Int(try source.u8(at: offset + NativeSourceLayout.correctedMachineCheckBankCount.offset))
        * NativeSourceLayout.bankSize
    case 2: NativeSourceLayout.nonMaskableSize
    case 6: NativeSourceLayout.rootPortSize
    case 7: NativeSourceLayout.endpointSize
    case 8: NativeSourceLayout.bridgeSize
    case ErrorSource.type1: ErrorSource.size1
    case ErrorSource.type2: ErrorSource.size2
    case 12...: max(4, Int(try source.u16(at: offset + ErrorSourceLayout.length.offset)))
    default: nil
    }
  }
}

extension ByteWriter {
  /// Writes a HEST of the sources of a region.
  public mutating func hest(_ region: ErrorRegion) throws(ByteError) {
    let start = try beginTable("HEST", revision: 1)
    try u32(UInt32(truncatingIfNeeded: region.sourceCount))
    for index in 0..<region.sourceCount {
      try errorSource(region.errorSource(index))
    }
    try endTable(start)
  }

  /// Writes a Boot Error Record Table: a region that holds error status blocks of the last run.
  /// ACPI 6.5, 18.3.1.
  public mutating func bert(region: UInt64, length: UInt32) throws(ByteError) {
    let start = try beginTable("BERT", revision: 1)
    try u32(length)
    try u64(region)
    try endTable(start)
  }

  /// Writes the SDEI table: a header whose presence says that the interface is there.
  /// Arm DEN0054, appendix C.
  public mutating func sdei() throws(ByteError) {
    try endTable(try beginTable("SDEI", revision: 1))
  }
}
