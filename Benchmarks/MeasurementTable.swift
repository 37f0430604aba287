// The table that `make bench` prints, and its JSON.

import Foundation
import Scenario

/// Measurements, beside those of others and the goals.
struct MeasurementTable {
  /// The columns beside ours: their titles and their keys in JSON.
  var others: [(title: String, key: String)]

  /// A table beside QEMU, one instruction at a time and with translation.
  static var besideQEMU: MeasurementTable {
    MeasurementTable(others: [("QEMU -singlestep", "qemuSinglestep"), ("QEMU", "qemu")])
  }
  /// A table beside Debian's kernel with KVM, as host on the same machine.
  static var besideLinux: MeasurementTable { MeasurementTable(others: [("Linux/KVM", "linuxKVM")]) }

  /// A table beside QEMU's loop of injections.
  static var besideQEMULoop: MeasurementTable { MeasurementTable(others: [("QEMU loop", "qemu")]) }

  /// A table beside nothing.
  static var alone: MeasurementTable { MeasurementTable(others: []) }

  private init(others: [(title: String, key: String)]) { self.others = others }

  /// What a measurement should be.
  enum Goal: Equatable {
    /// Only printed.
    case none
    /// No more than this.
    case atMost(Double)
    /// No less than this.
    case atLeast(Double)

    func isMet(by value: Double) -> Bool {
      switch self {
      case .none: true
      case .atMost(let limit): value <= limit
      case .atLeast(let limit): value >= limit
      }
    }
  }

  private struct Row {
    var name: String
    var unit: String
    var value: Double?
    /// As `others` of the table.
    var others: [Double?]
    var goal: Goal
    var isMet: Bool { goal == .none || value.map { goal.isMet(by: $0) } == true }
    var verdict: String { goal == .none ? "" : isMet ? "pass" : "MISS" }
  }
  private var rows: [Row] = []

  /// Adds a measurement; nil is one that could not be made.
  mutating func add(
    _ name: String, _ unit: String, _ value: Double?, stepped: Double? = nil,
    translated: Double? = nil, goal: Goal = .none
  ) {
    add(name, unit, value, beside: [stepped, translated], goal: goal)
  }

  /// Adds a measurement beside as many others as the table has columns for.
  mutating func add(
    _ name: String, _ unit: String, _ value: Double?, beside others: [Double?], goal: Goal = .none
  ) {
    rows.append(Row(name: name, unit: unit, value: value, others: others, goal: goal))
  }

  /// The table for people.
  var text: String {
    let cells =
      [["", "unit", "Faultline"] + others.map(\.title) + ["goal", ""]]
      + rows.map { row in
        [row.name, row.unit, number(row.value)]
          + zip(others, row.others).map { number($1) } + [goal(row), row.verdict]
      }
    let last = others.count + 4
    let widths = (0...last).map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { line in
      line.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return [0, 1, last].contains(column) ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The table for programs.
  var json: JSONValue {
    .array(
      rows.map { row in
        .object(
          [
            ("name", .string(row.name)), ("unit", .string(row.unit)),
            ("value", row.value.map(JSONValue.decimal) ?? .null),
          ] + zip(others, row.others).map { ($0.key, $1.map(JSONValue.decimal) ?? .null) }
            + [
              ("goal", row.goal == .none ? .null : .string(goal(row))),
              ("met", row.goal == .none ? .null : .bool(row.isMet)),
            ])
      })
  }

  private func goal(_ row: Row) -> String {
    switch row.goal {
    case .none: ""
    case .atMost(let limit): "<= " + number(limit)
    case .atLeast(let limit): ">= " + number(limit)
    }
  }

  private func number(_ value: Double?) -> String {
    guard let value else { return "" }
    if value >= 1000 || value == value.rounded() {
      let digits = Array(String(UInt64(value)).reversed())
      return String(
        stride(from: 0, to: digits.count, by: 3)
          .map { String(digits[$0..<min($0 + 3, digits.count)]) }
          .joined(separator: ",").reversed())
    }
    return String(format: value < 10 ? "%.2f" : "%.1f", value)
  }
}
