// Values into bytes, one after the other.

/// Writes little-endian values one after the other into a sink.
///
/// Every write is checked against the sink's length; the first that does not fit throws and leaves
/// the offset where it was.
public struct ByteWriter<Sink: ByteSink> {
  /// Where the bytes go.
  public var sink: Sink
  /// Where the next byte goes.
  public private(set) var offset: Int

  /// A writer that starts at an offset of the sink.
  public init(_ sink: Sink, at offset: Int = 0) {
    self.sink = sink
    self.offset = offset
  }

  func room(_ count: Int) throws(ByteError) {
    guard offset >= 0, count >= 0, count <= sink.byteCount, offset <= sink.byteCount - count
    else { throw .noRoom(offset: offset, count: count) }
  }

  mutating func advance(_ count: Int) { offset &+= count }

  /// Writes a byte.
  public mutating func u8(_ value: UInt8) throws(ByteError) {
    try room(1)
    sink.store(value, at: offset)
    advance(1)
  }

  /// Writes 16 bits.
  public mutating func u16(_ value: UInt16) throws(ByteError) {
    try room(2)
    sink.store(UInt8(truncatingIfNeeded: value), at: offset)
    sink.store(UInt8(truncatingIfNeeded: value >> 8), at: offset &+ 1)
    advance(2)
  }

  /// Writes 32 bits.
  public mutating func u32(_ value: UInt32) throws(ByteError) {
    try room(4)
    if offset & 3 == 0 {
      sink.store(value, at: offset)
    } else {
      sink.store(UInt8(truncatingIfNeeded: value), at: offset)
      sink.store(UInt8(truncatingIfNeeded: value >> 8), at: offset &+ 1)
      sink.store(UInt8(truncatingIfNeeded: value >> 16), at: offset &+ 2)
      sink.store(UInt8(truncatingIfNeeded: value >> 24), at: offset &+ 3)
    }
    advance(4)
  }

  /// Writes 64 bits.
  public mutating func u64(_ value: UInt64) throws(ByteError) {
    try room(8)
    try u32(UInt32(truncatingIfNeeded: value))
    try u32(UInt32(truncatingIfNeeded: value >> 32))
  }

  /// Writes zero bytes.
  public mutating func zeros(_ count: Int) throws(ByteError) {
    try room(count)
    var left = count
    while left > 0 {
      if left >= 4, offset & 3 == 0 {
        sink.store(0 as UInt32, at: offset)
        advance(4)
        left &-= 4
      } else {
        sink.store(0 as UInt8, at: offset)
        advance(1)
        left &-= 1
      }
    }
  }

  /// Writes zero bytes up to a multiple of `alignment`, a power of two.
  public mutating func align(to alignment: Int) throws(ByteError) {
    try zeros(-offset & (alignment - 1))
  }

  /// Writes an ASCII string without an end mark.
  public mutating func ascii(_ text: StaticString) throws(ByteError) {
    let count = text.utf8CodeUnitCount
    try room(count)
    let start = offset
    text.withUTF8Buffer { letters in
      var index = 0
      while index < count {
        unsafe sink.store(letters[index], at: start &+ index)
        index &+= 1
      }
    }
    advance(count)
  }

  /// Writes an ASCII string in a field of `count` bytes, cut or filled with `fill`.
  public mutating func ascii(
    _ text: StaticString, count: Int, fill: UInt8 = 0
  ) throws(ByteError) {
    try room(count)
    let start = offset
    let length = text.utf8CodeUnitCount
    text.withUTF8Buffer { letters in
      var index = 0
      while index < count {
        unsafe sink.store(index < length ? letters[index] : fill, at: start &+ index)
        index &+= 1
      }
    }
    advance(count)
  }

  /// Copies every byte of a source.
  public mutating func bytes(_ source: some ByteSource) throws(ByteError) {
    let count = source.byteCount
    try room(count)
    var index = 0
    while index < count {
      sink.store(source.byte(at: index), at: offset &+ index)
      index &+= 1
    }
    advance(count)
  }

  /// Replaces a byte already written.
  public mutating func patch(_ value: UInt8, at place: Int) throws(ByteError) {
    guard place >= 0, place < offset else { throw .noRoom(offset: place, count: 1) }
    sink.store(value, at: place)
  }

  /// Replaces 32 bits already written.
  public mutating func patch(_ value: UInt32, at place: Int) throws(ByteError) {
    guard place >= 0, place <= offset - 4 else { throw .noRoom(offset: place, count: 4) }
    var shift: UInt32 = 0
    while shift < 32 {
      sink.store(UInt8(truncatingIfNeeded: value >> shift), at: place &+ Int(shift >> 3))
      shift &+= 8
    }
  }

  /// Moves what was written since `place` up by `count` bytes, leaving a gap.
  public mutating func insertGap(_ count: Int, at place: Int) throws(ByteError) {
    try room(count)
    guard place >= 0, place <= offset else { throw .noRoom(offset: place, count: count) }
    var index = offset
    while index > place {
      index &-= 1
      sink.store(sink.byte(at: index), at: index &+ count)
    }
    advance(count)
  }
}
