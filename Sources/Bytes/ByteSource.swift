// Bytes to read, wherever they are: an array on the host, physical memory in an image. Every load
// is checked against the source's length and makes no assumption about alignment, so a decoder
// built on it can be handed hostile bytes, and so can firmware that runs with the MMU off.
//
// All of it is inlinable: the decoders are in other modules, and a load is a few instructions only
// where the source's type is known.

/// A load or store outside the bytes at hand.
public enum ByteError: Error, Equatable, Sendable {
  /// `count` bytes at `offset` were wanted; the source ends before.
  case truncated(offset: Int, count: Int)
  /// `count` bytes at `offset` were to be written; the sink ends before.
  case noRoom(offset: Int, count: Int)
}

/// A run of bytes that can be read.
public protocol ByteSource {
  /// How many bytes there are.
  var byteCount: Int { get }
  /// The byte at an offset, which the caller keeps in `0..<byteCount`.
  func byte(at offset: Int) -> UInt8
}

extension ByteSource {
  /// Throws unless `count` bytes at `offset` lie inside.
  @inlinable public func require(_ count: Int, at offset: Int) throws(ByteError) {
    guard offset >= 0, count >= 0, count <= byteCount, offset <= byteCount - count else {
      throw .truncated(offset: offset, count: count)
    }
  }

  @inlinable func little(_ count: Int, at offset: Int) throws(ByteError) -> UInt64 {
    try require(count, at: offset)
    var value: UInt64 = 0
    var index = count
    while index > 0 {
      index &-= 1
      value = value << 8 | UInt64(byte(at: offset &+ index))
    }
    return value
  }

  /// The byte at an offset.
  @inlinable public func u8(at offset: Int) throws(ByteError) -> UInt8 {
    try require(1, at: offset)
    return byte(at: offset)
  }

  /// The little-endian 16-bit value at an offset.
  @inlinable public func u16(at offset: Int) throws(ByteError) -> UInt16 {
    UInt16(truncatingIfNeeded: try little(2, at: offset))
  }

  /// The little-endian 32-bit value at an offset.
  @inlinable public func u32(at offset: Int) throws(ByteError) -> UInt32 {
    UInt32(truncatingIfNeeded: try little(4, at: offset))
  }

  /// The little-endian 64-bit value at an offset.
  @inlinable public func u64(at offset: Int) throws(ByteError) -> UInt64 {
    try little(8, at: offset)
  }

  /// The big-endian 32-bit value at an offset.
  @inlinable public func bigEndian32(at offset: Int) throws(ByteError) -> UInt32 {
    try u32(at: offset).byteSwapped
  }

  /// The big-endian 64-bit value at an offset.
  @inlinable public func bigEndian64(at offset: Int) throws(ByteError) -> UInt64 {
    try u64(at: offset).byteSwapped
  }

  /// The `count` bytes at an offset, as a source of their own.
  @inlinable public func slice(
    _ offset: Int, count: Int
  ) throws(ByteError) -> ByteSlice<Self> {
    try require(count, at: offset)
    return ByteSlice(base: self, start: offset, byteCount: count)
  }

  /// The sum of `count` bytes, modulo 256: zero over a well-formed ACPI table.
  @inlinable public func checksum(_ offset: Int, count: Int) throws(ByteError) -> UInt8 {
    try require(count, at: offset)
    var sum: UInt8 = 0
    var index = 0
    while index < count {
      sum &+= byte(at: offset &+ index)
      index &+= 1
    }
    return sum
  }

  /// Whether the bytes at an offset are those of an ASCII string; false when they end before.
  @inlinable public func matches(_ text: StaticString, at offset: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard offset >= 0, count <= byteCount, offset <= byteCount - count else { return false }
    var equal = true
    text.withUTF8Buffer { letters in
      var index = 0
      while index < count {
        if unsafe letters[index] != byte(at: offset &+ index) { equal = false }
        index &+= 1
      }
    }
    return equal
  }
}

/// A part of another source.
public struct ByteSlice<Base: ByteSource>: ByteSource {
  @usableFromInline let base: Base
  @usableFromInline let start: Int
  /// How many bytes the slice has.
  public let byteCount: Int

  @inlinable init(base: Base, start: Int, byteCount: Int) {
    self.base = base
    self.start = start
    self.byteCount = byteCount
  }

  /// The byte at an offset from the slice's start.
  @inlinable public func byte(at offset: Int) -> UInt8 { base.byte(at: start &+ offset) }

  /// The `count` bytes at an offset from the slice's start, as a slice of the same source.
  @inlinable public func slice(
    _ offset: Int, count: Int
  ) throws(ByteError) -> ByteSlice<Base> {
    try require(count, at: offset)
    return ByteSlice(base: base, start: start &+ offset, byteCount: count)
  }
}

extension ByteSlice: Sendable where Base: Sendable {}

extension Array: ByteSource where Element == UInt8 {
  /// How many bytes there are.
  @inlinable public var byteCount: Int { count }
  /// The byte at an offset.
  @inlinable public func byte(at offset: Int) -> UInt8 { self[offset] }
}
