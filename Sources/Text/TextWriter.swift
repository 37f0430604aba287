// Text without String: letters, numbers and nothing else, one after the other. EL3 has no heap when it
// matters, a signal handler must not allocate, and an image with a formatting engine is three times as
// large.

/// Where letters go.
public protocol TextWriter {
  /// Takes the next letter, a byte of UTF-8.
  mutating func put(_ letter: UInt8)
}

extension TextWriter {
  /// Adds a text.
  public mutating func add(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { put(unsafe text.utf8Start[index]) }
  }

  /// Adds a decimal number, after a text.
  public mutating func add(_ text: StaticString = "", decimal value: UInt64) {
    add(text)
    // Without recursion: the firmware's use of stack is bounded.
    var unit: UInt64 = 1
    while value / unit >= 10 { unit *= 10 }
    while unit > 0 {
      put(UInt8(truncatingIfNeeded: 0x30 + value / unit % 10))
      unit /= 10
    }
  }

  /// Adds 0x and hexadecimal digits, at least as many as given, after a text.
  public mutating func add(_ text: StaticString = "", hex value: UInt64, digits: Int = 1) {
    add(text)
    add("0x")
    add(digits: value, count: digits)
  }

  /// Adds hexadecimal digits alone, at least as many as given.
  public mutating func add(digits value: UInt64, count: Int) {
    var shift = 60
    while shift >= 0 {
      if value >> UInt64(shift) != 0 || shift < count * 4 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 0xF
        put(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
      shift -= 4
    }
  }
}
