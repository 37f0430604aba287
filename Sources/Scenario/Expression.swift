// An address in a scenario: a number, or what a regular expression captured, plus an offset.
//
//     0x4a123040      $pa      $1+0x40      ${va}+4096

/// A number that may depend on captures.
public struct Expression: Equatable, Sendable, CustomStringConvertible {
  /// What the expression starts from.
  public enum Base: Equatable, Sendable {
    /// A number known from the start.
    case number(UInt64)
    /// A capture, by its name or number.
    case capture(String)
  }
  /// What it starts from.
  public var base: Base
  /// What is added, wrapping.
  public var offset: UInt64

  /// What a scenario accepts as an address.
  public static let accepted =
    "a number (0x4000_0000), a capture ($pa, ${pa} or $1), either with +OFFSET"

  /// The expression a text stands for, or nil.
  public init?(_ text: String) {
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
      .map { $0.filter { $0 != " " } }
    guard let first = parts.first else { return nil }
    if first.hasPrefix("$") {
      var name = first.dropFirst()
      if name.hasPrefix("{") {
        guard name.hasSuffix("}") else { return nil }
        name = name.dropFirst().dropLast()
      }
      guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
        return nil
      }
      base = .capture(String(name))
    } else if let number = Quantity.parse(first, .size) {
      base = .number(number)
    } else {
      return nil
    }
    offset = 0
    if parts.count == 2 {
      guard let number = Quantity.parse(parts[1], .size) else { return nil }
      offset = number
    }
  }

  /// The name of the capture it needs, if it needs one.
  public var capture: String? {
    if case .capture(let name) = base { return name }
    return nil
  }

  /// The value, given what was captured; nil when the capture is absent or is not a number. A
  /// captured number is hexadecimal with or without 0x when it has a hexadecimal letter in it or
  /// 16 digits, as kernels print addresses.
  public func value(_ captures: [String: String]) -> UInt64? {
    switch base {
    case .number(let number): return number &+ offset
    case .capture(let name):
      guard let text = captures[name] else { return nil }
      let bareHexadecimal =
        !text.hasPrefix("0x") && (text.count == 16 || text.contains { $0.isLetter })
      let number = Quantity.parse(bareHexadecimal ? "0x" + text : text, .size)
      return number.map { $0 &+ offset }
    }
  }

  /// The expression as a scenario writes it.
  public var description: String {
    let start =
      switch base {
      case .number(let number): number.hex()
      case .capture(let name): "$" + name
      }
    return offset == 0 ? start : start + "+" + offset.hex()
  }
}
