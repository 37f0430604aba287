// Lines on standard output. A line is gathered first and written at once, so that two processes
// never mix theirs.

/// A line in the making.
public struct Line {
  private var bytes = InlineArray<200, UInt8>(repeating: 0)
  private var count = 0

  /// An empty line.
  public init() {}

  /// A line that begins with a text.
  public init(_ text: StaticString) { self.text(text) }

  /// Adds a byte; what exceeds the line's 199 bytes is dropped.
  public mutating func byte(_ byte: UInt8) {
    guard count < 199 else { return }
    bytes[count] = byte
    count += 1
  }

  /// Adds a text.
  public mutating func text(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { byte(unsafe text.utf8Start[index]) }
  }

  /// Adds a decimal number.
  public mutating func decimal(_ value: UInt64) {
    if value >= 10 { decimal(value / 10) }
    byte(UInt8(truncatingIfNeeded: 0x30 + value % 10))
  }

  /// Adds 0x and sixteen hexadecimal digits.
  public mutating func hexadecimal(_ value: UInt64) {
    text("0x")
    for index in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index) & 15)
      byte(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /// Writes the line, ended, to standard output.
  public mutating func print() {
    bytes[count] = 0x0A
    let length = UInt64(count + 1)
    unsafe withUnsafePointer(to: bytes) {
      Linux.write(1, UInt64(UInt(bitPattern: $0)), length)
    }
    count = 0
  }
}

/// Writes a text as a line.
public func print(_ text: StaticString) {
  var line = Line(text)
  line.print()
}
