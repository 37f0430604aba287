// Where an assembler writes: the one place that checks its limits.

/// A place in memory for code, which moves on with what is written there.
///
/// Invariant that makes it safe: the bytes between `start` and `limit` belong to whoever made it, and nothing is
/// read or written outside of them.
@safe struct CodeCursor {
  private let start: UnsafeMutablePointer<UInt8>
  /// Where the next byte goes.
  private var position: UnsafeMutablePointer<UInt8>
  private let limit: UnsafeMutablePointer<UInt8>

  /// A cursor at the beginning of a block.
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    // An empty block has no address: then nothing can be written either.
    unsafe start = bytes.baseAddress ?? UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    unsafe position = start
    unsafe limit = start + bytes.count
  }

  /// The address of the next byte.
  var address: Int { unsafe Int(bitPattern: position) }
  /// Bytes left.
  var room: Int { unsafe limit - position }

  /// Goes back to an address that it had.
  mutating func rewind(to address: Int) {
    unsafe position -= distance(back: self.address - address)
  }

  /// Writes a number, the low byte first.
  @inline(__always) mutating func append<Number: FixedWidthInteger>(_ value: Number) {
    let size = MemoryLayout<Number>.size
    precondition(room >= size)
    unsafe UnsafeMutableRawPointer(position)
      .storeBytes(of: value.littleEndian, as: Number.self)
    unsafe position += size
  }

  /// The 32 bits that begin so many bytes before the next one.
  func word(back bytes: Int) -> UInt32 {
    precondition(bytes >= 4)
    let place = unsafe UnsafeRawPointer(position - distance(back: bytes))
    return UInt32(littleEndian: unsafe place.loadUnaligned(as: UInt32.self))
  }

  /// Changes them.
  func setWord(back bytes: Int, _ value: UInt32) {
    precondition(bytes >= 4)
    let place = unsafe UnsafeMutableRawPointer(position - distance(back: bytes))
    unsafe place.storeBytes(of: value.littleEndian, as: UInt32.self)
  }

  private func distance(back bytes: Int) -> Int {
    unsafe precondition(bytes >= 0 && bytes <= position - start)
    return bytes
  }
}
