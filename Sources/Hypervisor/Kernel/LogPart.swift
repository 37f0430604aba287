// What log lines are made of: no String, no formatting engine.

import Text

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
  /// Gives the part's letters to a writer.
  func write(to writer: inout some TextWriter) {
    switch self {
    case .text(let text): writer.add(text)
    case .bytes(let bytes):
      for letter in bytes { writer.put(letter >= 0x20 && letter < 0x7f ? letter : 0x2e) }
    case .decimal(let value): writer.add(decimal: value)
    case .hex(let value, let count): writer.add(hex: value, digits: count)
    case .digits(let value, let count): writer.add(digits: value, count: count)
    }
  }
}

/// The kernel's console as a writer.
struct ConsoleWriter<P: HypervisorPlatform>: TextWriter {
  let kernel: Kernel<P>
  func put(_ letter: UInt8) { kernel.writeConsole(letter) }
}
