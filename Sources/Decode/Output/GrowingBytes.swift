// The bytes of a report while it grows. A field of JSON is a dozen small additions: each looks once
// whether there is room, and then writes without further checks.

/// Bytes that are only ever added at the end.
struct GrowingBytes: Sendable {
  // Invariant: the first `count` of them are written; `count` is at most `storage.count`.
  private var storage: [UInt8] = []
  /// How many there are.
  private(set) var count = 0

  /// All of them.
  var array: [UInt8] { Array(storage[..<count]) }

  /// Forgets them and keeps the room.
  mutating func removeAll() { count = 0 }

  /// Lets a closure write up to `most` bytes; it gives how many it wrote.
  @inline(__always)
  private mutating func add(
    atMost most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int
  ) {
    if storage.count - count < most { grow(most) }
    let start = count
    let written = unsafe storage.withUnsafeMutableBufferPointer { room in
      unsafe write(room.baseAddress.unsafelyUnwrapped + start)
    }
    assert(written >= 0 && written <= most)
    count += written
  }

  @inline(never)
  private mutating func grow(_ most: Int) {
    let more = max(most, storage.count, 4096)
    storage.append(contentsOf: repeatElement(0, count: more))
  }

  @inline(__always)
  mutating func add(_ byte: UInt8) {
    unsafe add(atMost: 1) { place in
      unsafe place.pointee = byte
      return 1
    }
  }

  mutating func add(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    text.withUTF8Buffer { letters in
      unsafe add(atMost: length) { place in
        for index in 0..<length { unsafe place[index] = letters[index] }
        return length
      }
    }
  }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { letters in
      let length = letters.count
      unsafe add(atMost: length) { place in
        for index in 0..<length { unsafe place[index] = letters[index] }
        return length
      }
    }
  }

  mutating func add(_ byte: UInt8, times: Int) {
    guard times > 0 else { return }
    unsafe add(atMost: times) { place in
      unsafe place.update(repeating: byte, count: times)
      return times
    }
  }

  /// The key of an element of JSON: letters that need no escapes, in quotes, and a colon.
  @inline(__always)
  mutating func add(key name: StaticString, isSpaced: Bool) {
    let length = name.utf8CodeUnitCount
    name.withUTF8Buffer { letters in
      unsafe add(atMost: length + 4) { place in
        unsafe place[0] = 0x22
        for index in 0..<length { unsafe place[index + 1] = letters[index] }
        unsafe place[length + 1] = 0x22
        unsafe place[length + 2] = 0x3A
        if isSpaced { unsafe place[length + 3] = 0x20 }
        return length + (isSpaced ? 4 : 3)
      }
    }
  }

  mutating func add(decimal value: UInt64) {
    unsafe add(atMost: 20) { place in
      var digits = 1
      var rest = value
      while rest >= 10 {
        digits += 1
        rest /= 10
      }
      rest = value
      for index in (0..<digits).reversed() {
        unsafe place[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      return digits
    }
  }

  /// Hexadecimal digits in lower case, at least `least` and at most 64 of them.
  @inline(__always)
  mutating func add(hexadecimal value: UInt64, digits least: Int) {
    let digits = min(64, max(least, (67 - (value | 1).leadingZeroBitCount) / 4))
    unsafe add(atMost: digits) { place in
      var rest = value
      for index in (0..<digits).reversed() {
        unsafe place[index] = Self.digit(rest)
        rest >>= 4
      }
      return digits
    }
  }

  /// Two hexadecimal digits for each of some bytes.
  ///
  /// - Precondition: The bytes exist.
  mutating func add(hexadecimal bytes: ArraySlice<UInt8>) {
    unsafe add(atMost: bytes.count * 2) { place in
      var index = 0
      for byte in bytes {
        unsafe place[index] = Self.digit(UInt64(byte) >> 4)
        unsafe place[index + 1] = Self.digit(UInt64(byte))
        index += 2
      }
      return index
    }
  }

  /// A GUID in registry form: 16 bytes as they are stored.
  ///
  /// - Precondition: There are 16 of them.
  mutating func add(guid bytes: ArraySlice<UInt8>) {
    let first = bytes.startIndex
    unsafe add(atMost: 36) { place in
      var index = 0
      for (number, offset) in Self.orderOfGUID.enumerated() {
        if number == 4 || number == 6 || number == 8 || number == 10 {
          unsafe place[index] = 0x2D
          index += 1
        }
        let byte = UInt64(bytes[first + offset])
        unsafe place[index] = Self.digit(byte >> 4)
        unsafe place[index + 1] = Self.digit(byte)
        index += 2
      }
      return index
    }
  }

  /// UEFI 2.10, Appendix A: the first three fields are little-endian.
  private static let orderOfGUID = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

  @inline(__always)
  private static func digit(_ value: UInt64) -> UInt8 {
    let digit = UInt8(truncatingIfNeeded: value & 15)
    return digit < 10 ? 0x30 + digit : 0x57 + digit
  }
}
