// JSON as Foundation reads it, which is another reader than our writer; and whether one value is in
// another.

import Foundation

/// A JSON document.
enum JSON: Sendable, CustomStringConvertible {
  case object([String: JSON])
  case list([JSON])
  case string(String)
  case number(Int)
  case bool(Bool)
  case null

  /// Reads a document.
  init(_ bytes: [UInt8]) throws {
    self.init(
      try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed]))
  }

  private init(_ value: Any) {
    switch value {
    case let value as [String: Any]: self = .object(value.mapValues { JSON($0) })
    case let value as [Any]: self = .list(value.map { JSON($0) })
    case let value as String: self = .string(value)
    case let value as NSNumber:
      // Foundation keeps true and 1 apart by their Objective-C type.
      self =
        unsafe String(cString: value.objCType) == "c"
        ? .bool(value.boolValue) : .number(value.intValue)
    default: self = .null
    }
  }

  subscript(key: String) -> JSON? { object?[key] }
  subscript(index: Int) -> JSON? {
    guard let list, list.indices.contains(index) else { return nil }
    return list[index]
  }
  var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }
  var list: [JSON]? { if case .list(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var int: Int? { if case .number(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var isNull: Bool { if case .null = self { true } else { false } }

  var description: String {
    switch self {
    case .object(let value): "\(value)"
    case .list(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .number(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .null: "null"
    }
  }

  /// Where this differs from what was expected: keys that are missing, values that are others. Keys
  /// that are more are no difference; lists have the same length.
  func differences(from expected: JSON, at path: String = "") -> [String] {
    switch (self, expected) {
    case (.object(let mine), .object(let wanted)):
      return wanted.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
        mine[key]?.differences(from: value, at: path + "." + key) ?? ["\(path).\(key): missing"]
      }
    case (.list(let mine), .list(let wanted)):
      if mine.count != wanted.count {
        return ["\(path): \(mine.count) elements, not \(wanted.count)"]
      }
      return zip(mine, wanted).enumerated().flatMap { index, pair in
        pair.0.differences(from: pair.1, at: "\(path)[\(index)]")
      }
    case (.string(let mine), .string(let wanted)) where mine == wanted: return []
    case (.number(let mine), .number(let wanted)) where mine == wanted: return []
    case (.bool(let mine), .bool(let wanted)) where mine == wanted: return []
    case (.null, .null): return []
    default: return ["\(path): \(self), not \(expected)"]
    }
  }
}
