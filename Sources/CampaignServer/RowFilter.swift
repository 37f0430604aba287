// Which rows a list has.

import Campaign
import Scenario

/// Why there is no page.
enum SiteError: Error {
  /// There is no such thing.
  case notFound(String)
  /// The question means nothing.
  case badQuery(String)
  /// Not now.
  case busy(String)
}

/// A choice of rows: the query of /rows.
struct RowFilter: Equatable, Sendable {
  /// Rows on a page.
  static let pageLength = 100

  /// Only of this place.
  var place: Place?
  /// Only with this outcome.
  var outcome: Verdict.Outcome?
  /// Only contained by this.
  var container: Verdict.Container?
  /// Only what escaped.
  var escapesOnly = false
  /// The first row of the page, among those that are chosen.
  var start = 0

  /// The choice of a query. Throws SiteError for a key or a value that is none.
  init(_ query: [String: String]) throws {
    for (key, value) in query where !value.isEmpty {
      switch key {
      case "place": place = try Self.value(key, value)
      case "outcome": outcome = try Self.value(key, value)
      case "by": container = try Self.value(key, value)
      case "escapes":
        guard value == "1" else { throw Self.unknown(key, value, ["1"]) }
        escapesOnly = true
      case "start":
        guard let number = Int(value), number >= 0 else {
          throw Self.unknown(key, value, ["a number from 0"])
        }
        start = number
      default:
        throw SiteError.badQuery(
          "'\(key)' is no key; accepted are place, outcome, by, escapes, start")
      }
    }
  }

  private static func value<Value: CaseIterable & RawRepresentable<String>>(
    _ key: String, _ text: String
  ) throws -> Value {
    guard let value = Value(rawValue: text) else {
      throw unknown(key, text, Value.allCases.map(\.rawValue))
    }
    return value
  }

  private static func unknown(_ key: String, _ value: String, _ accepted: [String]) -> SiteError {
    .badQuery("\(key): found '\(value)'; accepted: \(accepted.joined(separator: ", "))")
  }

  /// Whether a row is one of them.
  func holds(_ result: RowResult, _ place: Place?) -> Bool {
    (self.place == nil || self.place == place)
      && (outcome == nil || outcome?.rawValue == result.outcome)
      && (container == nil || container?.rawValue == result.container)
      && (!escapesOnly || result.isEscape)
  }

  /// The query of the page that begins at another row.
  func query(from start: Int) -> String {
    var parts: [String] = []
    if let place { parts.append("place=" + place.rawValue) }
    if let outcome { parts.append("outcome=" + outcome.rawValue) }
    if let container { parts.append("by=" + container.rawValue) }
    if escapesOnly { parts.append("escapes=1") }
    if start > 0 { parts.append("start=\(start)") }
    return "/rows?" + parts.joined(separator: "&").replacing(" ", with: "%20")
  }
}
