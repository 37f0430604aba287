// JSON with the keys in the order in which they are written: the same run gives the same file.

/// A JSON value.
public indirect enum JSONValue: Equatable, Sendable {
  /// A string.
  case string(String)
  /// A number.
  case number(UInt64)
  /// A number with a fraction.
  case decimal(Double)
  /// true or false.
  case bool(Bool)
  /// null.
  case null
  /// An array.
  case array([JSONValue])
  /// Text that is JSON already.
  case verbatim(String)
  /// An object, in this order.
  case object([(String, JSONValue)])

  /// Equal in content and order.
  public static func == (a: JSONValue, b: JSONValue) -> Bool { a.text() == b.text() }

  /// The JSON text, indented by two spaces, without a final newline.
  public func text(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .string(let text): return JSONValue.quote(text)
    case .number(let number): return String(number)
    case .decimal(let number): return String(number)
    case .bool(let flag): return flag ? "true" : "false"
    case .null: return "null"
    case .verbatim(let text):
      return text.split(separator: "\n").joined(separator: "\n" + indent)
    case .array(let items):
      if items.isEmpty { return "[]" }
      let lines = items.map { inner + $0.text(indent: inner) }
      return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
    case .object(let pairs):
      if pairs.isEmpty { return "{}" }
      let lines = pairs.map { inner + JSONValue.quote($0.0) + ": " + $0.1.text(indent: inner) }
      return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
    }
  }

  /// The JSON text in one line.
  public var line: String {
    switch self {
    case .array(let items): return "[" + items.map(\.line).joined(separator: ", ") + "]"
    case .object(let pairs):
      let members = pairs.map { JSONValue.quote($0.0) + ": " + $0.1.line }
      return "{" + members.joined(separator: ", ") + "}"
    case .verbatim(let text): return text.split(separator: "\n").joined(separator: " ")
    default: return text()
    }
  }

  private static func quote(_ text: String) -> String {
    // Most text needs no escape.
    if !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) {
      return "\"" + text + "\""
    }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          quoted.unicodeScalars.append(scalar)
        }
      }
    }
    return quoted + "\""
  }
}
