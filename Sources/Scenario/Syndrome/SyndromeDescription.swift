// ESR_ELx in words: every field of every exception class. Arm ARM D24.2.40.
//
// Surprising: a bit that the class does not define is RES0 today and may mean something tomorrow;
// where it is set, the description says that it is unknown here instead of leaving it out.

import Arm

/// A syndrome, field by field.
public struct SyndromeDescription: Sendable {
  /// One field and what its value means.
  public struct Entry: Equatable, Sendable {
    /// The manual's name; RES0 for bits without one.
    public var name: String
    /// The highest bit.
    public var high: Int
    /// The lowest bit.
    public var low: Int
    /// The bits, right-aligned.
    public var value: UInt64
    /// What they mean.
    public var meaning: String
  }

  /// The register.
  public let syndrome: Syndrome
  /// The fields, from bit 63 down, without a gap.
  public private(set) var entries: [Entry] = []

  /// Describes a syndrome.
  public init(_ syndrome: Syndrome) {
    self.syndrome = syndrome
    var rows = [Row(Syndrome.ec) { ExceptionClass.meaning($0) }]
    rows.append(Row(Syndrome.il) { $0 == 0 ? "16-bit instruction" : "32-bit instruction, or none" })
    rows += SyndromeDescription.rows(of: syndrome)
    rows.sort { $0.field.high > $1.field.high }
    var next = 63
    for row in rows {
      addGap(from: next, to: Int(row.field.high) + 1)
      let value = syndrome[row.field]
      entries.append(
        Entry(
          name: "\(row.field.name)", high: Int(row.field.high), low: Int(row.field.low),
          value: value, meaning: row.meaning(value)))
      next = Int(row.field.low) - 1
    }
    addGap(from: next, to: 0)
  }

  /// Bits that no field of this class covers: ISS2 and the rest apart.
  private mutating func addGap(from high: Int, to low: Int) {
    guard high >= low else { return }
    if high > 55 && low <= 55 {
      addGap(from: high, to: 56)
      addGap(from: 55, to: low)
    } else {
      let isSecondPart = low >= 32 && high <= 55
      let value = syndrome.rawValue >> UInt64(low) & (UInt64.max >> UInt64(63 - (high - low)))
      entries.append(
        Entry(
          name: isSecondPart ? "ISS2" : "RES0", high: high, low: low, value: value,
          meaning: value == 0
            ? (isSecondPart ? "nothing further" : "reserved") : "unknown to this decoder"))
    }
  }

  /// The description as text, a line a field.
  public var text: String {
    let width = entries.map(\.name.count).max() ?? 0
    return
      (["ESR \(syndrome.rawValue.hex(16))"]
      + entries.map { entry in
        let bits =
          entry.high == entry.low ? "[\(entry.high)]" : "[\(entry.high):\(entry.low)]"
        return "  " + bits + String(repeating: " ", count: max(0, 8 - bits.count)) + entry.name
          + String(repeating: " ", count: width - entry.name.count) + "  "
          + entry.value.hex((entry.high - entry.low) / 4 + 1) + "  " + entry.meaning
      }).joined(separator: "\n")
  }

  /// The description as JSON.
  public var json: JSONValue {
    .object([
      ("value", .string(syndrome.rawValue.hex(16))),
      ("exceptionClass", .string(ExceptionClass.meaning(syndrome[Syndrome.ec]))),
      (
        "fields",
        .array(
          entries.map { entry in
            .object([
              ("name", .string(entry.name)), ("high", .number(UInt64(entry.high))),
              ("low", .number(UInt64(entry.low))), ("value", .string(entry.value.hex())),
              ("meaning", .string(entry.meaning)),
            ])
          })
      ),
    ])
  }
}

/// A field of a class, and its values in words.
struct Row: Sendable {
  var field: Field
  var meaning: @Sendable (UInt64) -> String

  init(_ field: Field, _ meaning: @escaping @Sendable (UInt64) -> String) {
    self.field = field
    self.meaning = meaning
  }

  /// A field of one bit.
  init(_ field: Field, _ clear: String, _ set: String) {
    self.init(field) { $0 == 0 ? clear : set }
  }

  /// A field with named values; others are reserved.
  init(_ field: Field, _ names: [UInt64: String]) {
    self.init(field) { names[$0] ?? "reserved value" }
  }

  /// A number that means itself.
  static func number(_ field: Field, _ what: String) -> Row {
    Row(field) { "\(what) \($0)" }
  }

  /// A general-purpose register.
  static func register(_ field: Field, _ what: String = "register") -> Row {
    Row(field) { $0 == 31 ? "\(what) XZR or SP" : "\(what) X\($0)" }
  }
}
