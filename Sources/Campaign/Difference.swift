// Two campaigns side by side: is B better than A? Of one host, the same error in the same line at the same
// moment is compared with itself; a line that one of them does not use is latent there, which is exact. Of two
// hosts lines mean different things, and only shares are compared; so it is with a place whose lines lie
// elsewhere in the other build.

import Foundation
import Scenario

/// What changes from one campaign to another.
public struct Difference {
  /// The campaigns.
  public let before: Results
  /// The campaigns.
  public let after: Results
  /// Whether errors are compared one by one.
  public let isPaired: Bool
  /// One place and one bad result.
  public struct Line {
    /// Where.
    public var place: Place
    /// What.
    public var finding: CampaignFile.Finding
    /// Before and after: the share of the errors that are met.
    public var shares: (before: Estimate, after: Estimate)
    /// The changed errors, of paired campaigns.
    public var test: PairedTest?
    /// Their p-value, adjusted for all lines.
    public var p: Double?
    /// Whether it is worse, and not by chance.
    public var isWorse: Bool
    /// Whether it is better, and not by chance.
    public var isBetter: Bool
  }
  /// The lines in which something changed or was found.
  public private(set) var lines: [Line] = []
  /// Errors that escape after and did not before: their rows after.
  public private(set) var newEscapes: [RowResult] = []
  /// Errors that escaped before and do not after: their rows before.
  public private(set) var cured: [RowResult] = []
  /// From an outcome to an outcome, how many errors.
  public private(set) var transitions: [String: [String: Int]] = [:]
  /// Rows of each that are still to be run: nobody knows what they will say.
  public private(set) var missing: (before: UInt64, after: UInt64) = (0, 0)
  /// Rows of each that are lost to the tool.
  public private(set) var lost: (before: Int, after: Int) = (0, 0)
  /// Errors of one that the other used and did not run.
  public private(set) var unpaired = 0
  /// Places of which less than half of the lines that are met are met by both: how many are, and by each.
  public private(set) var moved: [Place: (both: Int, before: Int, after: Int)] = [:]

  /// What is bad.
  static let bad: [CampaignFile.Finding] = [
    .outcome(.hostDown), .outcome(.hang), .outcome(.silentCorruption), .containedBy(.nobody),
    .wrongAddress,
  ]

  private struct Key: Hashable {
    var moment: Int
    var mode: String
    var line: UInt64
    var error: String
  }

  /// Compares two campaigns; a change counts where its p-value is below `significance`.
  public init(from before: Results, to after: Results, significance: Double = 0.05) {
    (self.before, self.after) = (before, after)
    isPaired = before.folder.source.host == after.folder.source.host
    let (old, new) = (before.tally, after.tally)
    missing = (
      old.isComplete ? 0 : old.missingCount, new.isComplete ? 0 : new.missingCount
    )
    lost = (old.lostCount, new.lostCount)
    if isPaired { pair() }
    var found: [Line] = []
    for place in Place.allCases
    where old.lines(place).used > 0 || new.lines(place).used > 0 {
      for finding in Self.bad {
        let shares = (old.share(of: finding, in: place), new.share(of: finding, in: place))
        let isPaired = isPaired && moved[place] == nil
        let test = isPaired ? tests[place]?[finding] : nil
        guard shares.0.value > 0 || shares.1.value > 0 || test != nil else { continue }
        found.append(
          Line(
            place: place, finding: finding, shares: shares, test: test, p: nil,
            isWorse: !isPaired && shares.1.lower > shares.0.upper,
            isBetter: !isPaired && shares.1.upper < shares.0.lower))
      }
    }
    let adjusted = PairedTest.holm(found.map { $0.test?.p ?? 1 })
    for index in found.indices {
      guard let test = found[index].test else { continue }
      found[index].p = adjusted[index]
      guard adjusted[index] < significance else { continue }
      found[index].isWorse = test.onlyAfter > test.onlyBefore
      found[index].isBetter = test.onlyAfter < test.onlyBefore
    }
    lines = found
  }

  private var tests: [Place: [CampaignFile.Finding: PairedTest]] = [:]

  private mutating func pair() {
    func keyed(_ results: Results) -> [Key: (RowResult, Place)] {
      let plan = results.folder.plan
      var rows: [Key: (RowResult, Place)] = [:]
      for result in results.rows.values {
        guard let row = plan.row(result.k) else { continue }
        let unit = plan.used[row.unit]
        let key = Key(
          moment: unit.moment, mode: plan.mode(row).name, line: unit.line,
          error: plan.file.errors[row.error].name)
        rows[key] = (result, unit.place)
      }
      return rows
    }
    func used(_ results: Results) -> Set<Key> {
      let plan = results.folder.plan
      return Set(
        plan.used.flatMap { unit in
          plan.file.errors.map {
            Key(
              moment: unit.moment, mode: plan.file.pattern.modes[unit.mode].name, line: unit.line,
              error: $0.name)
          }
        })
    }
    let (a, b) = (keyed(before), keyed(after))
    let (usedBefore, usedAfter) = (used(before), used(after))
    findMoved()
    for key in Set(a.keys).union(b.keys) {
      let (old, new) = (a[key], b[key])
      let place = new?.1 ?? old?.1 ?? .free
      guard moved[place] == nil else { continue }
      // A line that a campaign does not use is latent, or made good, there.
      guard old != nil || !usedBefore.contains(key), new != nil || !usedAfter.contains(key) else {
        unpaired += 1
        continue
      }
      transitions[old?.0.outcome ?? "not met", default: [:]][
        new?.0.outcome ?? "not met", default: 0] += 1
      for finding in Self.bad {
        let (was, isNow) = (old?.0.has(finding) ?? false, new?.0.has(finding) ?? false)
        guard was != isNow else { continue }
        var test = tests[place]?[finding] ?? PairedTest(onlyBefore: 0, onlyAfter: 0)
        if was { test.onlyBefore += 1 } else { test.onlyAfter += 1 }
        tests[place, default: [:]][finding] = test
      }
      let (escaped, escapes) = (old?.0.isEscape ?? false, new?.0.isEscape ?? false)
      if escapes, !escaped, let row = new?.0 { newEscapes.append(row) }
      if escaped, !escapes, let row = old?.0 { cured.append(row) }
    }
    newEscapes.sort { $0.k < $1.k }
    cured.sort { $0.k < $1.k }
  }

  private mutating func findMoved() {
    func lines(_ results: Results) -> [Place: Set<UInt64>] {
      results.folder.plan.used.reduce(into: [:]) { $0[$1.place, default: []].insert($1.line) }
    }
    let (old, new) = (lines(before), lines(after))
    for (place, lines) in old {
      guard let others = new[place] else { continue }
      if Self.areElsewhere(lines, others) {
        moved[place] = (lines.intersection(others).count, lines.count, others.count)
      }
    }
  }

  /// Whether two sets of lines are too different to be the same things.
  static func areElsewhere(_ lines: Set<UInt64>, _ others: Set<UInt64>) -> Bool {
    lines.intersection(others).count * 2 < min(lines.count, others.count)
  }

  /// Whether B is worse than A somewhere.
  public var isRegression: Bool { lines.contains(where: \.isWorse) }
  /// Whether nothing of either is left to run.
  public var isComplete: Bool { missing == (0, 0) }

  /// The comparison for people, line by line.
  public var text: [String] {
    var text: [String] = []
    if isPaired {
      text.append("new escapes: \(newEscapes.count)")
      for row in newEscapes.prefix(20) { text.append("  row \(row.k) of B: \(row.verdict)") }
      text.append("escapes that are gone: \(cured.count)")
      for row in cured.prefix(20) { text.append("  row \(row.k) of A: \(row.verdict)") }
      for (from, targets) in transitions.sorted(by: { $0.key < $1.key }) {
        for (to, count) in targets.sorted(by: { $0.key < $1.key }) where from != to {
          text.append("\(from) -> \(to): \(count)")
        }
      }
      if unpaired > 0 { text.append("\(unpaired) errors ran in one of them only") }
      for (place, lines) in moved.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        text.append(
          "\(place.rawValue): its lines lie elsewhere in B, \(lines.both) of \(lines.before) and "
            + "\(lines.after) are met by both: shares are compared, not errors")
      }
    } else {
      text.append("the hosts differ: shares of the errors that are met are compared, not errors")
    }
    for line in lines {
      let mark = line.isWorse ? "WORSE" : line.isBetter ? "better" : "same"
      let p = line.p.map { ", p \(Format.decimal($0, 4))" } ?? ""
      text.append(
        "\(mark): \(line.place.rawValue), \(line.finding.text): \(Format.estimate(line.shares.before))"
          + " -> \(Format.estimate(line.shares.after))\(p)")
    }
    for (name, missing, lost) in [
      ("A", missing.before, lost.before), ("B", missing.after, lost.after),
    ] {
      if missing > 0 { text.append("\(missing.grouped) rows of \(name) are still to be run") }
      if lost > 0 { text.append("\(lost) rows of \(name) are lost to the tool") }
    }
    text.append(
      isRegression
        ? "B is worse than A"
        : isComplete ? "B is not worse than A" : "whether B is worse than A is not known")
    return text
  }
}
