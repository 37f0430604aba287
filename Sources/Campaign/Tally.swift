// What the rows of a campaign say together. Lines that nobody uses, and lines that are written first, need no
// row: what becomes of them is known from the undisturbed run.

import Foundation
import Scenario

/// The rows of a campaign, counted.
public struct Tally {
  /// The plan.
  public let plan: Plan
  /// The rows that count, by number.
  public private(set) var rows: [RowResult] = []
  /// How many rows that would count are lost to the tool.
  public let lostCount: Int
  /// How many rows that count are neither there nor lost.
  public let missingCount: UInt64
  /// Whether `stop.at-most.hours` has ended it.
  public let isOutOfHours: Bool
  /// How many rows of the sample count.
  public let sampleSize: UInt64
  /// The confidence of each interval.
  public let confidence: Double
  private var byPlace: [Place: [RowResult]] = [:]
  private let lines: [Place: (all: UInt64, used: UInt64, cured: UInt64)]
  private let metWeights: [Place: Double]

  /// The tally of results. Of a sample that could be stopped early, rows count up to the first look at
  /// which it was enough, or `before` a row.
  /// Rows that are `lost` to the tool never come: no look waits for them.
  public init(
    _ plan: Plan, results: [UInt64: RowResult], lost: Set<UInt64> = [], before: UInt64? = nil
  ) {
    self.plan = plan
    let rules = plan.file.stop.halfWidths
    confidence = rules.isEmpty ? plan.looks.confidence : plan.looks.confidenceOfOne
    lines = Dictionary(uniqueKeysWithValues: plan.file.places.map { ($0, plan.lines($0)) })
    metWeights = Dictionary(
      uniqueKeysWithValues: plan.file.places.map { ($0, plan.metWeight($0)) })
    var last = before ?? plan.rowCount
    if before == nil, !rules.isEmpty {
      for size in plan.looks.sizes.dropLast() {
        let look = plan.censusCount + size
        let isWhole = (plan.censusCount..<look).allSatisfy {
          results[$0] != nil || lost.contains($0)
        }
        guard isWhole else { break }
        if Tally(plan, results: results, before: look).isEnough {
          last = look
          break
        }
      }
    }
    rows = results.values.filter { $0.k < last }.sorted { $0.k < $1.k }
    lostCount = lost.count { $0 < last && results[$0] == nil }
    let microseconds = results.values.reduce(0) { $0 + $1.microseconds }
    isOutOfHours = plan.file.stop.hours.map { Double(microseconds) / 3.6e9 >= $0 } ?? false
    missingCount = last - min(last, UInt64(rows.count + lostCount))
    sampleSize = UInt64(rows.count { $0.k >= plan.censusCount })
    for result in rows {
      guard let row = plan.row(result.k) else { continue }
      byPlace[plan.used[row.unit].place, default: []].append(result)
    }
  }

  /// Whether nothing is left to run: every row that counts is there, or is lost to the tool; or the processor time
  /// that all may take is used up.
  public var isComplete: Bool { missingCount == 0 || isOutOfHours }

  /// The rows of a place.
  public func rows(_ place: Place) -> [RowResult] { byPlace[place] ?? [] }

  /// Units of a place, over all moments.
  public func lines(_ place: Place) -> (all: UInt64, used: UInt64, cured: UInt64) {
    lines[place] ?? (0, 0, 0)
  }

  /// How much the units of a place that are met count beside those of others.
  private func metWeight(_ place: Place) -> Double { metWeights[place] ?? 0 }

  /// Units of some places, all if none is named.
  public func lines(_ places: [Place]) -> (all: UInt64, used: UInt64, cured: UInt64) {
    places.reduce((0, 0, 0)) { sum, place in
      let part = lines(place)
      return (sum.0 + part.all, sum.1 + part.used, sum.2 + part.cured)
    }
  }

  /// The share of a place's errors that are met which come to something. `isStrict` for an interval that
  /// never promises too much.
  public func share(
    of finding: CampaignFile.Finding, in place: Place, isStrict: Bool = false
  ) -> Estimate {
    let rows = rows(place)
    if plan.file.census.contains(place) {
      let units = metWeight(place)
      guard units > 0 else { return .exact(0) }
      var (found, known) = (0.0, 0.0)
      for result in rows {
        guard let row = plan.row(result.k) else { continue }
        let weight = plan.weight(row)
        known += weight
        if result.has(finding) { found += weight }
      }
      let missing = max(0, units - known) < 1e-6 ? 0 : units - known
      return Estimate(
        value: known > 0 ? found / known : 0, lower: found / units,
        upper: min(1, (found + missing) / units)
      ).settled
    }
    let count = rows.count { $0.has(finding) }
    return isStrict
      ? .clopperPearson(count, of: rows.count, confidence: confidence)
      : .shown(count, of: rows.count, confidence: confidence)
  }

  /// The same over several places, by how many of their lines are met; all places if none is named.
  public func share(
    of finding: CampaignFile.Finding, in places: [Place], isStrict: Bool = false
  ) -> Estimate {
    let places = (places.isEmpty ? plan.file.places : places).filter { lines($0).used > 0 }
    let all = places.reduce(0) { $0 + metWeight($1) }
    guard all > 0 else { return .exact(0) }
    return .total(
      places.map {
        (metWeight($0) / all, share(of: finding, in: $0, isStrict: isStrict))
      })
  }

  /// Whether the intervals are as narrow as the file asks.
  public var isEnough: Bool {
    plan.file.stop.halfWidths.allSatisfy { rule in
      share(of: rule.what, in: []).halfWidth <= rule.most
    }
  }

  /// The widest interval of an outcome that was asked for, or of any.
  public var widest: (what: CampaignFile.Finding, estimate: Estimate)? {
    let asked = plan.file.stop.halfWidths.map(\.what)
    let findings =
      asked.isEmpty ? Verdict.Outcome.allCases.map { CampaignFile.Finding.outcome($0) } : asked
    return findings.map { ($0, share(of: $0, in: [])) }.max { $0.1.halfWidth < $1.1.halfWidth }
  }

  /// The outcomes that rows came to, in the order of the judge's words.
  public var outcomes: [Verdict.Outcome] {
    let found = Set(rows.map(\.outcome))
    return Verdict.Outcome.allCases.filter { found.contains($0.rawValue) }
  }

  /// The rows that nobody contained, or of which somebody was told an untruth.
  public var escapes: [RowResult] { rows.filter(\.isEscape) }

  /// A demand of the file, and what became of it.
  public struct GateResult {
    /// The demand.
    public var gate: CampaignFile.Gate
    /// Whether it holds, on the interval's bad end.
    public var holds: Bool
    /// What was found, in words.
    public var found: String
  }

  /// What became of the demands.
  public var gates: [GateResult] {
    plan.file.gates.map { gate in
      let estimate = share(of: gate.finding, in: gate.places, isStrict: true)
      switch gate.bound {
      case .atMost(let most):
        return GateResult(
          gate: gate, holds: estimate.upper <= most, found: Format.estimate(estimate))
      case .atLeast(let least):
        return GateResult(
          gate: gate, holds: estimate.lower >= least, found: Format.estimate(estimate))
      case .count(let most):
        let places = gate.places.isEmpty ? plan.file.places : gate.places
        let count = places.reduce(0) { $0 + rows($1).count { $0.has(gate.finding) } }
        // What became of a lost row nobody knows.
        return GateResult(
          gate: gate, holds: count + lostCount <= most && isComplete,
          found: "\(count) rows" + (lostCount > 0 ? ", and \(lostCount) lost to the tool" : ""))
      }
    }
  }
}

extension Estimate {
  /// With bounds that differ from the value by rounding alone made equal to it.
  fileprivate var settled: Estimate {
    upper - lower < 1e-9 ? .exact(value) : self
  }
}
