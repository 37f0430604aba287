// Bytes to write. EL3 firmware writes error records straight into physical memory, tests into an
// array; an encoder is generic over the two and is specialised in the image, so that it costs a
// store per word and no allocation.

/// A run of bytes that can be written and read back.
public protocol ByteSink: ByteSource {
  /// Stores a byte at an offset, which the caller keeps in `0..<byteCount`.
  mutating func store(_ value: UInt8, at offset: Int)
  /// Stores a little-endian word at an offset that is a multiple of four and leaves room for it.
  mutating func store(_ value: UInt32, at offset: Int)
}

extension ByteSink {
  /// Stores a word as four bytes.
  public mutating func store(_ value: UInt32, at offset: Int) {
    store(UInt8(truncatingIfNeeded: value), at: offset)
    store(UInt8(truncatingIfNeeded: value >> 8), at: offset &+ 1)
    store(UInt8(truncatingIfNeeded: value >> 16), at: offset &+ 2)
    store(UInt8(truncatingIfNeeded: value >> 24), at: offset &+ 3)
  }
}

/// Memory of this address space, as bytes to read and write.
///
/// Invariant: the memory outlives every copy of the value, which is why creating one is unsafe and
/// using one is not: each access is checked against the length. Words are stored as words only
/// where they are naturally aligned, as memory of Device type requires (Arm ARM B2.9.2).
@safe public struct Memory: ByteSink {
  private let buffer: UnsafeMutableRawBufferPointer

  /// The memory of a buffer, which must stay valid as long as the value is used.
  @unsafe public init(_ buffer: UnsafeMutableRawBufferPointer) { unsafe self.buffer = buffer }

  /// The memory from `start`, which must stay valid for `byteCount` bytes.
  @unsafe public init(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe buffer = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// How many bytes there are.
  public var byteCount: Int { unsafe buffer.count }

  /// Where the memory starts; 0 for none.
  public var address: UInt64 {
    guard let start = unsafe buffer.baseAddress else { return 0 }
    return UInt64(UInt(bitPattern: start))
  }

  /// The byte at an offset.
  public func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount)
    return unsafe buffer[offset]
  }

  /// Stores a byte.
  public mutating func store(_ value: UInt8, at offset: Int) {
    precondition(offset >= 0 && offset < byteCount)
    unsafe buffer[offset] = value
  }

  /// Stores a word, at once if it is aligned.
  public mutating func store(_ value: UInt32, at offset: Int) {
    precondition(offset >= 0 && byteCount >= 4 && offset <= byteCount &- 4)
    guard let start = unsafe buffer.baseAddress else { return }
    let place = unsafe start + offset
    if UInt(bitPattern: place) & 3 == 0 {
      unsafe place.assumingMemoryBound(to: UInt32.self).pointee = value.littleEndian
    } else {
      store(UInt8(truncatingIfNeeded: value), at: offset)
      store(UInt8(truncatingIfNeeded: value >> 8), at: offset &+ 1)
      store(UInt8(truncatingIfNeeded: value >> 16), at: offset &+ 2)
      store(UInt8(truncatingIfNeeded: value >> 24), at: offset &+ 3)
    }
  }
}

extension Array: ByteSink where Element == UInt8 {
  /// Stores a byte.
  public mutating func store(_ value: UInt8, at offset: Int) { self[offset] = value }
}
