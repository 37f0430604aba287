// The bytes of a report while it grows. A field of JSON is a dozen small additions: each looks once
// whether there is room, and then writes without further checks, eight bytes at a time.

/// Bytes that are only ever added at the end. They have one owner, so that an addition need not ask
/// whether somebody else holds them.
@safe
struct GrowingBytes: ~Copyable {
  // Invariant: the first `count` of `capacity` bytes at `start` are initialized.
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// How many there are.
  private(set) var count = 0

  init() {
    capacity = 4096
    unsafe start = UnsafeMutablePointer.allocate(capacity: capacity)
  }

  deinit { unsafe start.deallocate() }

  /// All of them.
  var array: [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// Forgets them and keeps the room.
  mutating func removeAll() { count = 0 }

  /// Where the next bytes go; there is room for so many.
  @inline(__always)
  private mutating func room(_ most: Int) -> UnsafeMutablePointer<UInt8> {
    if capacity - count < most { grow(most) }
    return unsafe start + count
  }

  @inline(never)
  private mutating func grow(_ most: Int) {
    capacity += max(most, capacity)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    unsafe larger.update(from: start, count: count)
    unsafe start.deallocate()
    unsafe start = larger
  }

  @inline(__always)
  mutating func add(_ byte: UInt8) {
    unsafe room(1).pointee = byte
    count += 1
  }

  @inline(__always)
  mutating func add(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    text.withUTF8Buffer { letters in
      unsafe GrowingBytes.copy(letters.baseAddress, length, to: room(length))
    }
    count += length
  }

  @unsafe
  mutating func add(_ letters: UnsafeBufferPointer<UInt8>) {
    unsafe GrowingBytes.copy(letters.baseAddress, letters.count, to: room(letters.count))
    count += letters.count
  }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { letters in
      unsafe GrowingBytes.copy(letters.baseAddress, letters.count, to: room(letters.count))
      count += letters.count
    }
  }

  mutating func add(_ byte: UInt8, times: Int) {
    guard times > 0 else { return }
    unsafe room(times).update(repeating: byte, count: times)
    count += times
  }

  /// The key of an element of JSON: letters that need no escapes, in quotes, and a colon.
  @inline(__always)
  mutating func add(key name: StaticString, isSpaced: Bool) {
    let length = name.utf8CodeUnitCount
    let place = unsafe room(length + 4)
    unsafe place[0] = 0x22
    name.withUTF8Buffer { letters in
      unsafe GrowingBytes.copy(letters.baseAddress, length, to: place + 1)
    }
    unsafe place[length + 1] = 0x22
    unsafe place[length + 2] = 0x3A
    if isSpaced { unsafe place[length + 3] = 0x20 }
    count += length + (isSpaced ? 4 : 3)
  }

  /// Copies a few letters: two words that may overlap take any length from a word to two.
  @inline(__always) @unsafe
  private static func copy(
    _ source: UnsafePointer<UInt8>?, _ length: Int, to place: UnsafeMutablePointer<UInt8>
  ) {
    guard let source = unsafe source else { return }
    let from = unsafe UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(place)
    if length >= 8, length <= 16 {
      let head = unsafe from.loadUnaligned(as: UInt64.self)
      let tail = unsafe from.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
      unsafe to.storeBytes(of: head, as: UInt64.self)
      unsafe to.storeBytes(of: tail, toByteOffset: length - 8, as: UInt64.self)
    } else if length >= 4, length < 8 {
      let head = unsafe from.loadUnaligned(as: UInt32.self)
      let tail = unsafe from.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self)
      unsafe to.storeBytes(of: head, as: UInt32.self)
      unsafe to.storeBytes(of: tail, toByteOffset: length - 4, as: UInt32.self)
    } else if length < 4 {
      for index in 0..<length { unsafe place[index] = source[index] }
    } else {
      unsafe to.copyMemory(from: from, byteCount: length)
    }
  }

  mutating func add(decimal value: UInt64) {
    if value < 10 { return add(0x30 + UInt8(truncatingIfNeeded: value)) }
    var digits = 1
    var rest = value
    while rest >= 10 {
      digits += 1
      rest /= 10
    }
    let place = unsafe room(digits)
    rest = value
    for index in (0..<digits).reversed() {
      unsafe place[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += digits
  }

  /// Hexadecimal digits in lower case, at least `least` of them and at most 16.
  mutating func add(hexadecimal value: UInt64, digits least: Int) {
    let digits = min(16, max(least, (67 - (value | 1).leadingZeroBitCount) / 4))
    add(topDigits: digits, of: value << UInt64(4 * (16 - digits)))
  }

  /// The first 1 to 16 of a number's 16 hexadecimal digits.
  @inline(__always)
  private mutating func add(topDigits digits: Int, of value: UInt64) {
    let place = unsafe UnsafeMutableRawPointer(room(16))
    unsafe place.storeBytes(of: GrowingBytes.letters(value >> 32), as: UInt64.self)
    if digits > 8 {
      unsafe place.storeBytes(
        of: GrowingBytes.letters(value & 0xFFFF_FFFF), toByteOffset: 8, as: UInt64.self)
    }
    count += digits
  }

  /// The letters of eight hexadecimal digits, the first in the lowest byte.
  @inline(__always)
  private static func letters(_ value: UInt64) -> UInt64 {
    var digits = (value << 16 | value) & 0x0000_FFFF_0000_FFFF
    digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
    digits = ((digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F).byteSwapped
    // A digit above 9 carries into the upper half of its byte when 6 is added.
    let isLetter = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (digits &+ 0x3030_3030_3030_3030 &+ isLetter &* 0x27).littleEndian
  }

  /// Two hexadecimal digits for each of some bytes.
  mutating func add(hexadecimal bytes: ArraySlice<UInt8>) {
    unsafe bytes.withUnsafeBytes { source in
      var index = 0
      while index + 8 <= source.count {
        let word = unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        add(topDigits: 16, of: UInt64(bigEndian: word))
        index += 8
      }
      while index < source.count {
        add(topDigits: 2, of: UInt64(unsafe source[index]) << 56)
        index += 1
      }
    }
  }

  /// A GUID in registry form: 16 bytes as they are stored. UEFI 2.10, Appendix A: the first three
  /// fields are little-endian.
  ///
  /// - Precondition: There are 16 of them.
  mutating func add(guid bytes: ArraySlice<UInt8>) {
    precondition(bytes.count == 16)
    let (first, second) = unsafe bytes.withUnsafeBytes { source in
      unsafe (
        UInt64(littleEndian: source.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: source.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    add(topDigits: 8, of: first << 32)
    add(0x2D)
    add(topDigits: 4, of: (first & 0xFFFF_0000_0000) << 16)
    add(0x2D)
    add(topDigits: 4, of: first & 0xFFFF_0000_0000_0000)
    add(0x2D)
    add(topDigits: 4, of: second)
    add(0x2D)
    add(topDigits: 12, of: second << 16)
  }
}
