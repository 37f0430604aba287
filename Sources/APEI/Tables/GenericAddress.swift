// Where a register is, as ACPI says it.

import Bytes

/// Generic Address Structure: where a register is. ACPI 6.5, 5.2.3.2.
public struct GenericAddress: Equatable, Sendable {
  /// Size of the structure in bytes.
  public static let size = GenericAddressLayout.size

  /// Address space: 0 system memory, 1 system I/O.
  public var space: UInt8
  /// Width of the register in bits.
  public var bitWidth: UInt8
  /// Offset of the register in bits.
  public var bitOffset: UInt8
  /// 0 undefined, 1 byte, 2 word, 3 double word, 4 quad word.
  public var accessSize: UInt8
  /// The address.
  public var address: UInt64

  /// A register of any kind.
  public init(
    space: UInt8, bitWidth: UInt8, bitOffset: UInt8, accessSize: UInt8, address: UInt64
  ) {
    self.space = space
    self.bitWidth = bitWidth
    self.bitOffset = bitOffset
    self.accessSize = accessSize
    self.address = address
  }

  /// A 64-bit register in memory.
  public init(memory64 address: UInt64) {
    self.init(space: 0, bitWidth: 64, bitOffset: 0, accessSize: 4, address: address)
  }

  /// A 32-bit register in memory.
  public init(memory32 address: UInt64) {
    self.init(space: 0, bitWidth: 32, bitOffset: 0, accessSize: 3, address: address)
  }
}

extension ByteWriter {
  /// Writes a Generic Address Structure.
  public mutating func address(_ value: GenericAddress) throws(ByteError) {
    try u8(value.space)
    try u8(value.bitWidth)
    try u8(value.bitOffset)
    try u8(value.accessSize)
    try u64(value.address)
  }
}

extension ByteSource {
  /// The Generic Address Structure at an offset.
  public func address(at offset: Int) throws(ByteError) -> GenericAddress {
    GenericAddress(
      space: try u8(at: offset + GenericAddressLayout.space.offset),
      bitWidth: try u8(at: offset + GenericAddressLayout.width.offset),
      bitOffset: try u8(at: offset + GenericAddressLayout.offset.offset),
      accessSize: try u8(at: offset + GenericAddressLayout.access.offset),
      address: try u64(at: offset + GenericAddressLayout.address.offset))
  }
}
