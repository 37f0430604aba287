// Numbers as people write them on a command line and in a scenario: 0x4000_0000, 512M, 5G.
//
// Surprising: a size counts in powers of 1024, a count (of instructions) in powers of 1000,
// as both trades are used to.

/// Reading of numbers with suffixes.
public enum Quantity {
  /// What a suffix stands for.
  public enum Base: UInt64, Sendable {
    /// Bytes: K is 1024.
    case size = 1024
    /// Things: K is 1000.
    case count = 1000
  }

  /// The number a text stands for, or nil: decimal or 0x hexadecimal, `_` between digits, and
  /// for decimal numbers an optional K, M, G or T.
  public static func parse(_ text: String, _ base: Base) -> UInt64? {
    var digits = text.filter { $0 != "_" }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      return unsigned(digits.dropFirst(2), radix: 16)
    }
    var multiplier: UInt64 = 1
    if let last = digits.last, let power = "KMGT".firstIndex(of: Character(last.uppercased())) {
      for _ in 0..."KMGT".distance(from: "KMGT".startIndex, to: power) {
        multiplier *= base.rawValue
      }
      digits.removeLast()
    }
    guard let value = unsigned(digits[...], radix: 10) else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: multiplier)
    return overflow ? nil : product
  }

  private static func unsigned(_ digits: Substring, radix: Int) -> UInt64? {
    guard let first = digits.first, first != "+", first != "-" else { return nil }
    return UInt64(digits, radix: radix)
  }
}

extension UInt64 {
  /// `0x` and at least that many lower-case hexadecimal digits.
  public func hex(_ digits: Int = 1) -> String {
    let text = String(self, radix: 16)
    return "0x" + String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
  }

  /// Decimal, digits grouped in threes by commas.
  public var grouped: String {
    var text = ""
    for (index, digit) in String(self).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
