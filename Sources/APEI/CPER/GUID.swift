// GUIDs are written in registry form and stored with their first three groups little-endian
// (UEFI 2.10, Appendix A). Getting this wrong is the classic way to a record nobody understands.

import Bytes

/// An EFI GUID.
public struct GUID: Equatable, Sendable {
  /// The first group of the registry form.
  public let data1: UInt32
  /// The second group.
  public let data2: UInt16
  /// The third group.
  public let data3: UInt16
  /// The last two groups, first digit most significant.
  public let data4: UInt64

  /// The GUID `data1-data2-data3-xxxx-xxxxxxxxxxxx`, the last two groups in `data4`.
  public init(_ data1: UInt32, _ data2: UInt16, _ data3: UInt16, _ data4: UInt64) {
    self.data1 = data1
    self.data2 = data2
    self.data3 = data3
    self.data4 = data4
  }
}

extension ByteWriter {
  /// Writes the 16 bytes of a GUID.
  public mutating func guid(_ value: GUID) throws(ByteError) {
    try u32(value.data1)
    try u16(value.data2)
    try u16(value.data3)
    try u64(value.data4.byteSwapped)
  }
}

extension ByteSource {
  /// The GUID at an offset.
  public func guid(at offset: Int) throws(ByteError) -> GUID {
    GUID(
      try u32(at: offset), try u16(at: offset + 4), try u16(at: offset + 6),
      try bigEndian64(at: offset + 8))
  }
}

#if !hasFeature(Embedded)
extension GUID: CustomStringConvertible {
  /// The registry form, in lower case.
  public var description: String {
    let a = hexadecimal(UInt64(data1), digits: 8)
    let b = hexadecimal(UInt64(data2), digits: 4)
    let c = hexadecimal(UInt64(data3), digits: 4)
    let d = hexadecimal(data4 >> 48, digits: 4)
    let e = hexadecimal(data4 & 0xffff_ffff_ffff, digits: 12)
    return "\(a)-\(b)-\(c)-\(d)-\(e)"
  }
}

/// A number in hexadecimal, with leading zeros up to `digits`.
func hexadecimal(_ value: UInt64, digits: Int = 1) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// A number in hexadecimal with its prefix.
func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
#endif
