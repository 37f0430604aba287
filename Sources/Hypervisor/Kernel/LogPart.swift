// What log lines are made of: no String, no formatting engine.

/// A piece of a line on the kernel log.
public enum LogPart: ExpressibleByStringLiteral, Sendable {
  /// A text.
  case text(StaticString)
  /// Bytes of a name that a program chose; what is not printable ASCII is shown as a dot.
  case bytes([UInt8])
  /// A decimal number.
  case decimal(UInt64)
  /// 0x and hexadecimal digits, at least as many as given.
  case hex(UInt64, digits: Int)
  /// Hexadecimal digits alone, at least as many as given.
  case digits(UInt64, Int)

  /// A text.
  public init(stringLiteral text: StaticString) { self = .text(text) }

  /// 0x and as many hexadecimal digits as it takes.
  public static func hex(_ value: UInt64) -> LogPart { .hex(value, digits: 1) }
  /// A decimal number.
  public static func decimal(_ value: Int) -> LogPart { .decimal(UInt64(max(0, value))) }
}

extension LogPart {
  /// Gives the part's bytes, one by one.
  func emit(_ byte: (UInt8) -> Void) {
    switch self {
    case .text(let text):
      for index in 0..<text.utf8CodeUnitCount { byte(unsafe text.utf8Start[index]) }
    case .bytes(let bytes):
      for letter in bytes { byte(letter >= 0x20 && letter < 0x7f ? letter : 0x2e) }
    case .decimal(let value): Self.decimal(value, byte)
    case .hex(let value, let count):
      byte(0x30)
      byte(0x78)
      Self.hexadecimal(value, count, byte)
    case .digits(let value, let count): Self.hexadecimal(value, count, byte)
    }
  }

  private static func decimal(_ value: UInt64, _ byte: (UInt8) -> Void) {
    if value >= 10 { decimal(value / 10, byte) }
    byte(UInt8(truncatingIfNeeded: 0x30 + value % 10))
  }

  private static func hexadecimal(_ value: UInt64, _ count: Int, _ byte: (UInt8) -> Void) {
    var shift = 60
    while shift >= 0 {
      if value >> UInt64(shift) != 0 || shift < count * 4 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 0xf
        byte(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
      shift -= 4
    }
  }
}
