// ACPI Machine Language, as far as a DSDT of devices and small methods needs it. ACPI 6.5, chapter
// 20. Packages begin with a length of one to four bytes that counts itself; to come out as short as
// iasl writes it, one byte is reserved and the contents move up if the length needs more. So our
// tables equal iasl's byte for byte, which is how they are tested.

import APEI
import Bytes

/// An open package: give it to `endPackage`.
public struct AMLPackage: Sendable {
  let lengthOffset: Int
}

/// The slots of a running method.
public enum AMLSlot: UInt8, Sendable {
  /// Local variable 0.
  case local0 = 0x60
  /// Argument 0.
  case arg0 = 0x68
  /// Argument 3.
  case arg3 = 0x6b
}

extension ByteWriter {
  // MARK: Packages

  mutating func beginPackage() throws(ByteError) -> AMLPackage {
    let place = offset
    try u8(0)
    return AMLPackage(lengthOffset: place)
  }

  /// Ends a package: PkgLength, ACPI 6.5 20.2.4.
  mutating func endPackage(_ package: AMLPackage) throws(ByteError) {
    let place = package.lengthOffset
    let length = offset - place
    if length < 0x40 {
      try patch(UInt8(length), at: place)
      return
    }
    let more = length + 1 < 0x1000 ? 1 : length + 2 < 0x10_0000 ? 2 : 3
    guard length + more < 0x1000_0000 else { throw .noRoom(offset: place, count: length) }
    try insertGap(more, at: place + 1)
    let total = length + more
    try patch(UInt8(more << 6 | total & 0xf), at: place)
    for index in 0..<more {
      try patch(UInt8(truncatingIfNeeded: total >> (4 + index * 8)), at: place + 1 + index)
    }
  }

  // MARK: Names and constants

  /// A name segment: up to four letters, filled with underscores.
  mutating func amlName(_ name: StaticString) throws(ByteError) {
    try ascii(name, count: 4, fill: UInt8(ascii: "_"))
  }

  /// A name segment of two letters and a number of two decimal digits.
  mutating func amlName(_ letters: StaticString, _ number: Int) throws(ByteError) {
    try ascii(letters, count: 2)
    try u8(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10))
    try u8(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// An integer in its shortest form.
  mutating func amlInteger(_ value: UInt64) throws(ByteError) {
    switch value {
    case 0: try u8(0x00)
    case 1: try u8(0x01)
    case 2...0xff:
      try u8(0x0a)
      try u8(UInt8(value))
    case 0x100...0xffff:
      try u8(0x0b)
      try u16(UInt16(value))
    case 0x1_0000...0xffff_ffff:
      try u8(0x0c)
      try u32(UInt32(value))
    default:
      try u8(0x0e)
      try u64(value)
    }
  }

  /// A string.
  mutating func amlString(_ text: StaticString) throws(ByteError) {
    try u8(0x0d)
    try ascii(text)
    try u8(0)
  }

  /// A buffer with the bytes of a GUID, as ToUUID makes it.
  mutating func amlGUID(_ guid: GUID) throws(ByteError) {
    try u8(0x11)
    let package = try beginPackage()
    try amlInteger(16)
    try self.guid(guid)
    try endPackage(package)
  }

  // MARK: Named objects

  /// `Name (name, integer)`.
  mutating func amlName(_ name: StaticString, integer: UInt64) throws(ByteError) {
    try u8(0x08)
    try amlName(name)
    try amlInteger(integer)
  }

  /// `Name (name, "text")`.
  mutating func amlName(_ name: StaticString, string: StaticString) throws(ByteError) {
    try u8(0x08)
    try amlName(name)
    try amlString(string)
  }

  /// `Scope (name)`, at the root.
  mutating func beginScope(_ name: StaticString) throws(ByteError) -> AMLPackage {
    try u8(0x10)
    let package = try beginPackage()
    try amlName(name)
    return package
  }

  /// `Device (name)`.
  mutating func beginDevice(_ name: StaticString) throws(ByteError) -> AMLPackage {
    try u8(0x5b)
    try u8(0x82)
    let package = try beginPackage()
    try amlName(name)
    return package
  }

  /// `Device (LLnn)`, two letters and a number.
  mutating func beginDevice(
    _ letters: StaticString, _ number: Int
  ) throws(ByteError) -> AMLPackage {
    try u8(0x5b)
    try u8(0x82)
    let package = try beginPackage()
    try amlName(letters, number)
    return package
  }

  /// `Method (name, arguments, Serialized)`.
  mutating func beginMethod(
    _ name: StaticString, arguments: UInt8
  ) throws(ByteError) -> AMLPackage {
    try u8(0x14)
    let package = try beginPackage()
    try amlName(name)
    try u8(arguments & 7 | 8)
    return package
  }

  // MARK: Resources

  /// `Name (_CRS, ResourceTemplate () { ... })`: memory if it has a size, then an interrupt.
  mutating func amlResources(
    memory: UInt32, size: UInt32, interrupt: UInt32, isEdge: Bool
  ) throws(ByteError) {
    try u8(0x08)
    try amlName("_CRS")
    try u8(0x11)
    let package = try beginPackage()
    try amlInteger((size > 0 ? 12 : 0) + 9 + 2)
    if size > 0 {
      // 32-bit fixed memory range, read and write. ACPI 6.5 6.4.3.4.
      try u8(0x86)
      try u16(9)
      try u8(1)
      try u32(memory)
      try u32(size)
    }
    // Extended interrupt: consumer, active high, exclusive. ACPI 6.5 6.4.3.6.
    try u8(0x89)
    try u16(6)
    try u8(isEdge ? 3 : 1)
    try u8(1)
    try u32(interrupt)
    // End tag, with the checksum that means "not checked".
    try u8(0x79)
    try u8(0)
    try endPackage(package)
  }

  // MARK: Statements

  /// `If (a == GUID)`.
  mutating func beginIf(_ slot: AMLSlot, equals guid: GUID) throws(ByteError) -> AMLPackage {
    try u8(0xa0)
    let package = try beginPackage()
    try u8(0x93)
    try u8(slot.rawValue)
    try amlGUID(guid)
    return package
  }

  /// `If (a == integer)`.
  mutating func beginIf(_ slot: AMLSlot, equals value: UInt64) throws(ByteError) -> AMLPackage {
    try u8(0xa0)
    let package = try beginPackage()
    try u8(0x93)
    try u8(slot.rawValue)
    try amlInteger(value)
    return package
  }

  /// `If (a != name)`.
  mutating func beginIf(
    _ slot: AMLSlot, differsFrom name: StaticString
  ) throws(ByteError) -> AMLPackage {
    try u8(0xa0)
    let package = try beginPackage()
    try u8(0x92)
    try u8(0x93)
    try u8(slot.rawValue)
    try amlName(name)
    return package
  }

  /// `CreateDWordField (buffer, offset, name)`.
  mutating func amlCreateDWordField(
    _ slot: AMLSlot, offset: UInt64, _ name: StaticString
  ) throws(ByteError) {
    try u8(0x8a)
    try u8(slot.rawValue)
    try amlInteger(offset)
    try amlName(name)
  }

  /// `slot = name & mask`.
  mutating func amlAnd(
    _ name: StaticString, _ mask: UInt64, into slot: AMLSlot
  ) throws(ByteError) {
    try u8(0x7b)
    try amlName(name)
    try amlInteger(mask)
    try u8(slot.rawValue)
  }

  /// `name |= bits`.
  mutating func amlOr(_ name: StaticString, _ bits: UInt64) throws(ByteError) {
    try u8(0x7d)
    try amlName(name)
    try amlInteger(bits)
    try amlName(name)
  }

  /// `name = slot`.
  mutating func amlStore(_ slot: AMLSlot, into name: StaticString) throws(ByteError) {
    try u8(0x70)
    try u8(slot.rawValue)
    try amlName(name)
  }

  /// `Notify (name, value)`.
  mutating func amlNotify(_ name: StaticString, _ value: UInt64) throws(ByteError) {
    try u8(0x86)
    try amlName(name)
    try amlInteger(value)
  }

  /// `Return (slot)`.
  mutating func amlReturn(_ slot: AMLSlot) throws(ByteError) {
    try u8(0xa4)
    try u8(slot.rawValue)
  }
}
