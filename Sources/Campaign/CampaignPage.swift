// What a campaign found: a summary for a terminal, JSON and CSV for programs, and one page of HTML
// (CampaignPage+HTML.swift).

import Foundation
import Scenario

/// A report over a campaign's rows.
public struct CampaignPage {
  let results: Results
  let tally: Tally
  /// The folder, as the user names it: replay commands have it.
  let folder: String
  /// The user's own rate of uncorrectable errors, in FIT per GiB.
  let fit: Double?
  /// Whether rows have pages of their own, /rows/K.
  let isServed: Bool

  /// A report.
  public init(_ results: Results, folder: String, fit: Double?, isServed: Bool = false) {
    self.results = results
    tally = results.tally
    self.folder = folder
    self.fit = fit
    self.isServed = isServed
  }

  var plan: Plan { tally.plan }
  var source: PlanSource { results.folder.source }

  /// Places that have lines which are met, in their order.
  var places: [Place] { plan.file.places.filter { tally.lines($0).used > 0 } }

  /// What lines the campaign is about, in all.
  var lines: (all: UInt64, used: UInt64, cured: UInt64) { tally.lines(plan.file.places) }

  /// Lines that nobody uses.
  var latent: UInt64 { lines.all - lines.used - lines.cured }

  /// How the rows were chosen, in words.
  var method: String {
    let parts = [
      plan.censusCount > 0 ? "census of \(plan.censusCount.grouped) rows" : nil,
      plan.sampleCount > 0
        ? "sample of \(tally.sampleSize.grouped) rows, \(Format.percent(tally.confidence)) intervals"
        : nil,
    ]
    let text = parts.compactMap(\.self).joined(separator: " and ")
    return text + (tally.lostCount > 0 ? ", \(tally.lostCount) lost to the tool" : "")
      + (tally.isComplete ? "" : ", not complete")
  }

  /// The replay command of a row.
  func command(_ k: UInt64) -> String { "faultline campaign replay \(Format.shell(folder)) \(k)" }

  /// A few lines for a terminal.
  public var summary: [String] {
    var text = ["campaign: \(plan.file.title)"]
    text.append(
      "\(lines.all.grouped) \(plan.file.pattern.unitName): \(lines.used.grouped) met, \(lines.cured.grouped) written first, "
        + "\(latent.grouped) never used; \(method)")
    for place in places {
      let rows = tally.rows(place)
      let parts = tally.outcomes.compactMap { outcome -> String? in
        let share = tally.share(of: .outcome(outcome), in: place)
        guard rows.contains(where: { $0.outcome == outcome.rawValue }) else { return nil }
        return "\(outcome.rawValue) \(Format.estimate(share))"
      }
      text.append(
        "  \(place.rawValue) (\(tally.lines(place).used.grouped) \(plan.file.pattern.unitName), \(UInt64(rows.count).grouped) rows): "
          + (parts.isEmpty ? "no rows yet" : parts.joined(separator: ", ")))
    }
    let groups = escapeGroups
    text.append("escapes: \(tally.escapes.count)")
    for group in groups.prefix(5) {
      let rows = group.rows.count == 1 ? "1 row" : "\(UInt64(group.rows.count).grouped) rows"
      text.append("  \(command(group.rows[0].k)): \(group.verdict)")
      text.append("    \(rows): \(group.place.rawValue), met at \(spot(group))")
    }
    if groups.count > 5 { text.append("  and \(groups.count - 5) more places in code") }
    let unequal = results.audits.count { !$0.isEqual }
    text.append(
      "run twice: \(results.audits.count), different: \(unequal); failures of the tool: "
        + "\(results.lost.count)")
    for gate in tally.gates {
      text.append(
        "require \(gate.holds ? "holds" : "FAILS"): \(gate.gate.text); found \(gate.found)")
    }
    return text
  }

  /// Every row, a line each.
  public var csv: String {
    var text =
      "k,moment,instructions,place,pattern,line,error,weight,outcome,hang,container,radius,record,address,"
      + "severity,guestAddress,consumedAt,containedAt,endedAt,ending,hash,pc,level,microseconds\n"
    for result in tally.rows {
      guard let row = plan.row(result.k) else { continue }
      let unit = plan.used[row.unit]
      let fields: [String] = [
        String(result.k), String(unit.moment), String(plan.moments[unit.moment].instructions),
        unit.place.rawValue, plan.mode(row).name, unit.line.hex(),
        "\"" + plan.error(row).name.replacing("\"", with: "\"\"") + "\"",
        String(plan.weight(row)), result.outcome, result.hang, result.container, result.radius,
        result.record, result.address, result.severity, result.guestAddress,
        result.consumedAt.map(String.init) ?? "", result.containedAt.map(String.init) ?? "",
        String(result.endedAt), result.ending, result.hash.hex(),
        result.pc.map { $0.hex() } ?? "", result.level.map(String.init) ?? "",
        String(result.microseconds),
      ]
      text += fields.joined(separator: ",") + "\n"
    }
    return text
  }

  /// The results as JSON.
  public var json: JSONValue {
    func estimate(_ estimate: Estimate) -> JSONValue {
      .object([
        ("share", .decimal(estimate.value)), ("lower", .decimal(estimate.lower)),
        ("upper", .decimal(estimate.upper)),
      ])
    }
    let strata = plan.file.places.map { place -> JSONValue in
      let (all, used, cured) = tally.lines(place)
      let rows = tally.rows(place)
      return .object([
        ("place", .string(place.rawValue)),
        ("method", .string(plan.file.census.contains(place) ? "census" : "sample")),
        ("lines", .number(all)), ("met", .number(used)), ("cured", .number(cured)),
        ("latent", .number(all - used - cured)), ("rows", .number(UInt64(rows.count))),
        (
          "outcomes",
          .array(
            Verdict.Outcome.allCases.compactMap { outcome in
              let count = rows.count { $0.outcome == outcome.rawValue }
              guard count > 0 else { return nil }
              return .object([
                ("outcome", .string(outcome.rawValue)), ("rows", .number(UInt64(count))),
                ("share", estimate(tally.share(of: .outcome(outcome), in: place))),
              ])
            })
        ),
      ])
    }
    let escapes = tally.escapes.map { result -> JSONValue in
      let unit = plan.row(result.k).map { plan.used[$0.unit] }
      return .object([
        ("row", .number(result.k)), ("place", .string(unit?.place.rawValue ?? "")),
        ("line", .string((unit?.line ?? 0).hex())),
        ("pc", .string(result.pc.map { $0.hex() } ?? "")),
        ("verdict", .string(result.verdict)), ("replay", .string(command(result.k))),
        ("timeline", result.story.isEmpty ? .array([]) : .verbatim(result.story)),
      ])
    }
    return .object([
      ("schema", .number(1)), ("title", .string(plan.file.title)),
      ("fingerprint", .string(plan.fingerprint)), ("tool", .string(source.tool)),
      ("scenario", .string(source.scenarioName)), ("host", .string(source.host?.rawValue ?? "")),
      (
        "images",
        .object(source.images.map { ($0.name, .string(SHA256($0.bytes).text)) })
      ),
      ("complete", .bool(tally.isComplete)), ("confidence", .decimal(tally.confidence)),
      (
        "moments",
        .array(
          plan.moments.map {
            .object([
              ("instructions", .number($0.instructions)),
              ("hash", .string($0.hash.hex())),
              ("undisturbed", .string($0.end.rawValue)), ("length", .number($0.length)),
            ])
          })
      ),
      ("strata", .array(strata)), ("escapes", .array(escapes)),
      ("escapeGroups", escapeGroupsJSON),
      (
        "require",
        .array(
          tally.gates.map {
            .object([
              ("demand", .string($0.gate.text)), ("holds", .bool($0.holds)),
              ("found", .string($0.found)),
            ])
          })
      ),
      (
        "audit",
        .object([
          ("rows", .number(UInt64(results.audits.count))),
          ("different", .number(UInt64(results.audits.count { !$0.isEqual }))),
        ])
      ),
      (
        "failures",
        .array(
          results.failures.map {
            .object([
              ("row", .number($0.k)), ("attempt", .number(UInt64($0.attempt))),
              ("message", .string($0.message)),
            ])
          })
      ),
    ])
  }
}

extension Difference {
  /// The comparison as JSON.
  public var json: JSONValue {
    func share(_ estimate: Estimate) -> JSONValue {
      .object([
        ("share", .decimal(estimate.value)), ("lower", .decimal(estimate.lower)),
        ("upper", .decimal(estimate.upper)),
      ])
    }
    return .object([
      ("schema", .number(1)), ("paired", .bool(isPaired)), ("regression", .bool(isRegression)),
      ("complete", .bool(isComplete)),
      ("newEscapes", .array(newEscapes.map { .number($0.k) })),
      ("escapesGone", .array(cured.map { .number($0.k) })),
      ("unpaired", .number(UInt64(unpaired))),
      ("moved", .array(moved.keys.map(\.rawValue).sorted().map(JSONValue.string))),
      (
        "transitions",
        .array(
          transitions.sorted { $0.key < $1.key }.flatMap { from, targets in
            targets.sorted { $0.key < $1.key }.map { to, count in
              JSONValue.object([
                ("from", .string(from)), ("to", .string(to)), ("errors", .number(UInt64(count))),
              ])
            }
          })
      ),
      (
        "places",
        .array(
          lines.map { line in
            .object([
              ("place", .string(line.place.rawValue)), ("result", .string(line.finding.text)),
              ("before", share(line.shares.before)), ("after", share(line.shares.after)),
              ("p", line.p.map(JSONValue.decimal) ?? .null), ("worse", .bool(line.isWorse)),
              ("better", .bool(line.isBetter)),
            ])
          })
      ),
    ])
  }
}
