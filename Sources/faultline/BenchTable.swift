// The table of `faultline bench`.

import Scenario

/// Measurements, beside QEMU's and the goals.
struct BenchTable {
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
    var value: Double?
    var unit: String
    var qemu: Double?
    var goal: Goal
    var isMet: Bool { goal == .none || value.map { goal.isMet(by: $0) } == true }
  }
  private var rows: [Row] = []

  /// Adds a measurement; nil is one that could not be made.
  mutating func add(
    _ name: String, _ value: Double?, _ unit: String, qemu: Double? = nil, goal: Goal
  ) {
    rows.append(Row(name: name, value: value, unit: unit, qemu: qemu, goal: goal))
  }

  /// The names of the goals that are missed.
  var missed: [String] { rows.filter { !$0.isMet }.map(\.name) }

  /// The table for people.
  var text: String {
    let cells =
      [["", "Faultline", "QEMU", "goal", ""]]
      + rows.map { row in
        [
          row.name, number(row.value, row.unit), number(row.qemu, row.unit), goal(row),
          row.goal == .none ? "" : row.isMet ? "met" : "MISSED",
        ]
      }
    let widths = (0..<5).map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { line in
      line.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 || column == 4 ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The table for programs.
  var json: JSONValue {
    .object([
      (
        "measurements",
        .array(
          rows.map { row in
            .object([
              ("name", .string(row.name)),
              ("value", row.value.map(JSONValue.decimal) ?? .null), ("unit", .string(row.unit)),
              ("qemu", row.qemu.map(JSONValue.decimal) ?? .null),
              ("goal", .string(goal(row))), ("met", .bool(row.isMet)),
            ])
          })
      )
    ])
  }

  private func goal(_ row: Row) -> String {
    switch row.goal {
    case .none: ""
    case .atMost(let limit): "<= " + number(limit, row.unit)
    case .atLeast(let limit): ">= " + number(limit, row.unit)
    }
  }

  private func number(_ value: Double?, _ unit: String) -> String {
    guard let value else { return "-" }
    let digits =
      value >= 1000 || value == value.rounded() ? UInt64(value).grouped : rounded(value, 2)
    return unit.isEmpty ? digits : digits + " " + unit
  }
}
