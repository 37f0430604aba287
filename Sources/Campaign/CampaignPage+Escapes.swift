// The rows that escaped, grouped by where they did: place, function, program counter and verdict.

import Scenario

extension CampaignPage {
  /// Escapes of one kind at one place in code.
  struct EscapeGroup {
    /// Whose memory it was.
    var place: Place
    /// The function, as `PROGRAM: NAME`; nil where none is known.
    var symbol: String?
    /// Where the error was met.
    var pc: UInt64?
    /// The exception level there.
    var level: Int?
    /// What became of it.
    var verdict: String
    /// The rows, ascending.
    var rows: [RowResult]
  }

  /// All groups, the largest first.
  var escapeGroups: [EscapeGroup] {
    struct Key: Hashable {
      var place: Place
      var level: Int?
      var pc: UInt64?
      var symbol: String?
      var verdict: String
    }
    let places = CodePlaces(source.symbols)
    var names: [Key: String?] = [:]
    var groups: [Key: [RowResult]] = [:]
    for result in tally.escapes {
      guard let row = plan.row(result.k) else { continue }
      let unit = plan.used[row.unit]
      var key = Key(
        place: unit.place, level: result.level, pc: result.pc, verdict: result.verdict)
      // The same place in code has one name: it is looked up once.
      let name = names[key] ?? places.name(result, who: unit.who)
      names[key] = name
      key.symbol = name
      groups[key, default: []].append(result)
    }
    return groups.map { key, rows in
      EscapeGroup(
        place: key.place, symbol: key.symbol, pc: key.pc, level: key.level, verdict: key.verdict,
        rows: rows)
    }.sorted { ($1.rows.count, $0.rows[0].k) < ($0.rows.count, $1.rows[0].k) }
  }

  /// Where a group's rows met their error, in a few words.
  func spot(_ group: EscapeGroup) -> String {
    let level = group.level.map { "EL\($0) " } ?? ""
    return level + (group.pc.map { $0.hex() } ?? "no program counter")
      + (group.symbol.map { " (\($0))" } ?? "")
  }

  /// The groups as JSON.
  var escapeGroupsJSON: JSONValue {
    .array(
      escapeGroups.map { group in
        .object([
          ("place", .string(group.place.rawValue)), ("symbol", .string(group.symbol ?? "")),
          ("pc", .string(group.pc.map { $0.hex() } ?? "")),
          ("level", group.level.map { .number(UInt64($0)) } ?? .null),
          ("verdict", .string(group.verdict)), ("rows", .number(UInt64(group.rows.count))),
          ("replay", .string(command(group.rows[0].k))),
        ])
      })
  }
}
