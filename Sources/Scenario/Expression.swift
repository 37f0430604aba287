// An address in a scenario: a number, or what a regular expression captured, or a symbol of a program,
// plus an offset.
//
//     0x4a123040      $pa      $1+0x40      ${va}+4096      hypervisor:guest_enter+4

/// A number that may depend on captures.
public struct Expression: Equatable, Sendable, CustomStringConvertible {
  /// What the expression starts from.
  public enum Base: Equatable, Sendable {
    /// A number known from the start.
    case number(UInt64)
    /// A capture, by its name or number.
    case capture(String)
    /// A symbol of a program, to be looked up before the experiment.
    case symbol(program: String, name: String)
  }
  /// What it starts from.
  public var base: Base
  /// What is added, wrapping.
  public var offset: UInt64

  /// What a scenario accepts as an address.
  public static let accepted =
    "a number (0x4000_0000), a capture ($pa, ${pa} or $1) or a symbol (PROGRAM:NAME), each with "
    + "+OFFSET or -OFFSET or without"

  /// A number.
  public init(_ number: UInt64) {
    base = .number(number)
    offset = 0
  }

  /// The expression a text stands for, or nil.
  public init?(_ text: String) {
    let text = text.filter { $0 != " " }
    let sign = text.firstIndex { "+-".contains($0) }
    let first = text[..<(sign ?? text.endIndex)]
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
    } else if let colon = first.firstIndex(of: ":") {
      let (program, name) = (first[..<colon], first[first.index(after: colon)...])
      guard !program.isEmpty, !name.isEmpty,
        program.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
      else { return nil }
      base = .symbol(program: String(program), name: String(name))
    } else if let number = Quantity.parse(String(first), .size) {
      base = .number(number)
    } else {
      return nil
    }
    offset = 0
    if let sign {
      guard let number = Quantity.parse(String(text[text.index(after: sign)...]), .size) else {
        return nil
      }
      offset = text[sign] == "+" ? number : 0 &- number
    }
  }

  /// The name of the capture it needs, if it needs one.
  public var capture: String? {
    if case .capture(let name) = base { return name }
    return nil
  }

  /// The value, given what was captured; nil when the capture is absent or is not a number, and for
  /// a symbol, which has no value before `Scenario.resolve`. A
  /// captured number is hexadecimal with or without 0x when it has a hexadecimal letter in it or
  /// 16 digits, as kernels print addresses.
  public func value(_ captures: [String: String]) -> UInt64? {
    switch base {
    case .number(let number): return number &+ offset
    case .symbol: return nil
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
      case .symbol(let program, let name): program + ":" + name
      }
    if Int64(bitPattern: offset) < 0 { return start + "-" + (0 &- offset).hex() }
    return offset == 0 ? start : start + "+" + offset.hex()
  }
}
