// The page: one file, inline SVG, no script, light and dark, printable.

import Foundation
import Platform
import Scenario

extension CampaignPage {
  /// The page.
  public var html: String { HTML.page(plan.file.title, body) }

  /// What is in it.
  public var body: String {
    head + numbers + bars + outcomeTable + containerMatrix + map + truth + times + escapeTable
      + toolTable + gateTable + rates + "<p class=\"s\">\(escape(source.tool))</p>"
  }

  private static func colour(_ outcome: Verdict.Outcome) -> String {
    switch outcome {
    case .corrected: "#5b9bd5"
    case .recovered: "#4c9f70"
    case .processKilled: "#c2a83e"
    case .guestProcessKilled: "#8fbf5a"
    case .guestDown: "#e8b04a"
    case .hostDown: "#d5533d"
    case .silentCorruption: "#222a66"
    case .hang: "#7b3f61"
    case .latent: "#a9b2bf"
    case .noError: "#c9ced6"
    }
  }

  /// How bad an outcome is, for a page with several.
  private static let order: [Verdict.Outcome] = [
    .noError, .latent, .corrected, .recovered, .guestProcessKilled, .processKilled, .guestDown,
    .hostDown, .hang, .silentCorruption,
  ]

  private func escape(_ text: String) -> String { HTML.escape(text) }

  private func section(_ title: String, _ body: String) -> String { HTML.section(title, body) }

  private func table(_ head: [String], _ rows: [[String]], numbersFrom first: Int = 1) -> String {
    HTML.table(head, rows, numbersFrom: first)
  }

  private var head: String {
    let images = source.images.map { "\($0.name) \(SHA256($0.bytes).text.prefix(12))" }
    let moments =
      plan.moments.count == 1
      ? "one moment (\(plan.moments[0].instructions.grouped) instructions)"
      : "\(plan.moments.count) moments"
    let parts =
      [source.scenarioName.split(separator: "/").last.map(String.init) ?? ""]
      + (source.host.map { ["host \($0.rawValue)"] } ?? []) + [
        moments, "\(lines.all.grouped) \(plan.file.pattern.unitName)",
        plan.file.errors.map(\.name).joined(separator: " or "), method,
      ] + images + ["fingerprint \(plan.fingerprint.prefix(12))"]
    return
      "<h1>\(escape(plan.file.title))</h1><p class=\"s\">\(escape(parts.joined(separator: " · ")))</p>\n"
  }

  private var numbers: String {
    let nobody = tally.rows.count { $0.has(.containedBy(.nobody)) }
    let share = plan.metShare(plan.file.places)
    let boxes = [
      (lines.used.grouped, "met before they are written (\(Format.percent(share)))"),
      (lines.cured.grouped, "written first: cured"), (latent.grouped, "never used: latent"),
      (UInt64(nobody).grouped, "rows contained by nobody"),
    ]
    return "<div class=\"big\">"
      + boxes.map { "<div><b>\($0)</b>\(escape($1))</div>" }.joined() + "</div>\n"
  }

  private var legend: String {
    "<p>"
      + tally.outcomes.map {
        "<span class=\"k\"><svg width=\"12\" height=\"12\"><rect width=\"12\" height=\"12\" "
          + "fill=\"\(Self.colour($0))\"/></svg>\($0.rawValue)</span>"
      }.joined() + "</p>"
  }

  private var bars: String {
    var svg = ""
    for (index, place) in places.enumerated() {
      let y = index * 28
      let rows = tally.rows(place)
      svg +=
        "<text x=\"0\" y=\"\(y + 15)\">\(place.rawValue) (\(tally.lines(place).used.grouped))</text>"
      var x = 230.0
      for outcome in tally.outcomes {
        let share = tally.share(of: .outcome(outcome), in: place)
        let count = rows.count { $0.outcome == outcome.rawValue }
        guard count > 0 else { continue }
        let width = 600 * share.value
        svg +=
          "<rect x=\"\(Format.decimal(x, 1))\" y=\"\(y)\" width=\"\(Format.decimal(width, 1))\" height=\"20\" "
          + "fill=\"\(Self.colour(outcome))\"><title>\(outcome.rawValue): \(count) rows, "
          + "\(Format.estimate(share))</title></rect>"
        if width > 30 {
          svg +=
            "<text class=\"in\" x=\"\(Format.decimal(x + width / 2, 1))\" y=\"\(y + 14)\" "
            + "text-anchor=\"middle\">\(count)</text>"
        }
        if share.lower < share.upper {
          let (a, b) = (x + 600 * share.lower, min(830, x + 600 * share.upper))
          svg +=
            "<path class=\"w\" d=\"M\(Format.decimal(a, 1)) \(y + 22)H\(Format.decimal(b, 1))\"/>"
        }
        x += width
      }
    }
    let whiskers =
      plan.sampleCount > 0
      ? "<p class=\"s\">Below a part: its interval, from the part's left edge on.</p>" : ""
    return section(
      "Blast radius by place, of the errors that are met",
      "<svg width=\"840\" height=\"\(places.count * 28 + 4)\" viewBox=\"0 0 840 \(places.count * 28 + 4)\" "
        + "role=\"img\">\(svg)</svg>\(legend)\(whiskers)")
  }

  private var outcomeTable: String {
    let rows = places.map { place -> [String] in
      let found = tally.rows(place)
      let (all, used, cured) = tally.lines(place)
      return [place.rawValue, all.grouped, used.grouped, cured.grouped]
        + tally.outcomes.map { outcome in
          let count = found.count { $0.outcome == outcome.rawValue }
          guard count > 0 else { return "·" }
          let share = tally.share(of: .outcome(outcome), in: place)
          return share.lower == share.upper
            ? "\(count)" : "\(count)<br><span class=\"s\">\(Format.estimate(share))</span>"
        }
    }
    let total =
      ["all", lines.all.grouped, lines.used.grouped, lines.cured.grouped]
      + tally.outcomes.map { Format.estimate(tally.share(of: .outcome($0), in: [])) }
    return section(
      "Place by outcome",
      table(["place", "lines", "met", "cured"] + tally.outcomes.map(\.rawValue), rows + [total])
        + "<p class=\"s\">Rows, and of samples the share of the errors that are met with its interval; the "
        + "last line is the share of all errors that are met, each place by its size.</p>")
  }

  private var containerMatrix: String {
    let containers = Verdict.Container.allCases.filter { container in
      tally.rows.contains { $0.container == container.rawValue }
    }
    let rows = tally.outcomes.map { outcome -> [String] in
      [outcome.rawValue]
        + containers.map { container in
          let count = tally.rows.count {
            $0.outcome == outcome.rawValue && $0.container == container.rawValue
          }
          return count == 0 ? "·" : UInt64(count).grouped
        }
    }
    return section(
      "Outcome by who contained it, in rows", table(["outcome"] + containers.map(\.rawValue), rows))
  }

  private var map: String {
    var pages: [UInt64: [Verdict.Outcome: Int]] = [:]
    for result in tally.rows {
      guard let row = plan.row(result.k), let outcome = Verdict.Outcome(rawValue: result.outcome)
      else { continue }
      pages[plan.used[row.unit].line & ~4095, default: [:]][outcome, default: 0] += 1
    }
    let most = 6000
    var svg = ""
    for (index, page) in pages.keys.sorted().prefix(most).enumerated() {
      let counts = pages[page] ?? [:]
      let worst = Self.order.last { counts[$0] != nil } ?? .latent
      let number = counts.values.reduce(0, +)
      let depth = 0.35 + 0.65 * min(1, Double(number) / 64)
      let words = counts.sorted { $0.value > $1.value }.map { "\($0.key.rawValue) \($0.value)" }
      svg +=
        "<rect x=\"\(index % 76 * 11)\" y=\"\(index / 76 * 11)\" width=\"10\" height=\"10\" fill=\""
        + "\(Self.colour(worst))\" fill-opacity=\"\(Format.decimal(depth, 2))\"><title>"
        + "\(page.hex()): \(number) rows; \(words.joined(separator: ", "))</title></rect>"
    }
    let height = (min(most, pages.count) + 75) / 76 * 11
    let rest =
      pages.count > most ? "<p class=\"s\">The first \(most) of \(pages.count) pages.</p>" : ""
    return section(
      "Map: pages with rows, in order of address; colour is the worst outcome, depth how many rows",
      "<svg width=\"836\" height=\"\(height)\" viewBox=\"0 0 836 \(height)\" role=\"img\">\(svg)</svg>"
        + legend + rest)
  }

  private var truth: String {
    let addresses = Verdict.AddressReport.allCases
    let rows = Verdict.RecordReport.allCases.map { record -> [String] in
      [record.rawValue]
        + addresses.map { address in
          let count = tally.rows.count {
            $0.record == record.rawValue && $0.address == address.rawValue
          }
          return count == 0 ? "·" : UInt64(count).grouped
        }
    }
    let severities = Verdict.Severity.allCases.compactMap { severity -> String? in
      let count = tally.rows.count { $0.severity == severity.rawValue }
      return count == 0 ? nil : "\(severity.rawValue) \(UInt64(count).grouped)"
    }
    let guests = Verdict.AddressReport.allCases.compactMap { report -> String? in
      let count = tally.rows.count { $0.guestAddress == report.rawValue }
      return count == 0 ? nil : "\(report.rawValue) \(UInt64(count).grouped)"
    }
    return section(
      "Truthfulness: the record, and the address in it",
      table(["record"] + addresses.map { "address " + $0.rawValue }, rows)
        + "<p class=\"s\">Stated severity: \(severities.joined(separator: ", ")). Address told to guests: "
        + "\(guests.joined(separator: ", ")).</p>")
  }

  private var times: String {
    let rows = Verdict.Container.allCases.compactMap { container -> [String]? in
      let times = tally.rows.compactMap { row -> UInt64? in
        guard row.container == container.rawValue, let from = row.consumedAt,
          let to = row.containedAt, to >= from
        else { return nil }
        return to - from
      }.sorted()
      guard let last = times.last else { return nil }
      func part(_ share: Double) -> String {
        times[min(times.count - 1, Int(share * Double(times.count)))].grouped
      }
      return [
        container.rawValue, UInt64(times.count).grouped, times[0].grouped, part(0.5), part(0.9),
        last.grouped, histogram(times),
      ]
    }
    return section(
      "Instructions from the first use to the last thing that was done about it",
      table(
        ["contained by", "rows", "least", "median", "90 %", "most", "by powers of ten"], rows))
  }

  /// How many times there are of each power of ten, as bars.
  private func histogram(_ times: [UInt64]) -> String {
    var counts = [Int](repeating: 0, count: 11)
    for time in times { counts[min(10, String(time).count - 1)] += 1 }
    let most = Double(counts.max() ?? 1)
    let bars = counts.enumerated().map { power, count in
      let height = count == 0 ? 0 : max(1, 20 * Double(count) / most)
      return
        "<rect x=\"\(power * 9)\" y=\"\(Format.decimal(20 - height, 1))\" width=\"8\" height=\""
        + "\(Format.decimal(height, 1))\" fill=\"#5b9bd5\"><title>10^\(power): \(count)</title></rect>"
    }
    return "<svg width=\"100\" height=\"20\" viewBox=\"0 0 100 20\">\(bars.joined())</svg>"
  }

  private var escapeTable: String {
    let groups = escapeGroups
    let most = 200
    let rows = groups.prefix(most).map { group -> [String] in
      let lines = group.rows.prefix(4).compactMap { result in
        plan.row(result.k).map { plan.used[$0.unit].line.hex() }
      }
      return [
        group.place.rawValue, group.symbol.map(escape) ?? "·",
        "<code>\(group.pc.map { $0.hex() } ?? "·")</code> "
          + (group.level.map { "EL\($0)" } ?? ""),
        "<code>\(lines.joined(separator: " "))\(group.rows.count > 4 ? " …" : "")</code>",
        escape(group.verdict), "\(group.rows.count)",
        isServed
          ? "<a href=\"/rows/\(group.rows[0].k)\">row \(group.rows[0].k)</a>"
          : "<code>\(escape(command(group.rows[0].k)))</code>",
      ]
    }
    guard !rows.isEmpty else {
      return section("Escapes", "<p>None: every error was contained and told truthfully.</p>")
    }
    let rest =
      groups.count > most ? "<p class=\"s\">The first \(most) of \(groups.count) groups.</p>" : ""
    return section(
      "Escapes: hang, silent, contained by nobody, or a wrong address (\(tally.escapes.count) rows, by place, "
        + "function and program counter)",
      table(
        ["place", "function", "used at", "lines", "verdict", "rows", "again"], rows, numbersFrom: 9)
        + rest
        + "<p class=\"s\">Functions are those of our own images; Linux, and programs on it, have addresses "
        + "alone.</p>")
  }

  private var toolTable: String {
    let rows = results.failures.prefix(100).map {
      ["\($0.k)", "\($0.attempt)", escape($0.message), $0.isFinal ? "given up" : "tried again"]
    }
    let unequal = results.audits.filter { !$0.isEqual }
    let audit =
      "<p>\(results.audits.count) rows were run a second time by another worker; \(unequal.count) came to "
      + "something else.</p>"
    return section(
      "The tool's own failures: never an outcome",
      audit
        + (rows.isEmpty
          ? "<p>No row failed in the tool.</p>"
          : table(["row", "try", "why", ""], rows, numbersFrom: 9)))
  }

  private var gateTable: String {
    guard !tally.gates.isEmpty else { return "" }
    let rows = tally.gates.map {
      [escape($0.gate.text), escape($0.found), $0.holds ? "holds" : "<b>fails</b>"]
    }
    return section(
      "Demands, judged on the bad end of exact intervals",
      table(["demand", "found", ""], rows, numbersFrom: 9))
  }

  private var rates: String {
    guard let fit else { return "" }
    let units = Double(plan.memory + MemoryMap.secureRAMSize) / Double(1 << 30)
    let rows = tally.outcomes.map { outcome -> [String] in
      let share = tally.share(of: .outcome(outcome), in: [])
      let met = plan.metShare(plan.file.places)
      let perYear = fit * units * 1e-9 * 24 * 365 * 1000 * met
      func rate(_ value: Double) -> String { String(format: "%.3g", value * perYear) }
      return [
        outcome.rawValue, rate(share.value),
        share.lower == share.upper ? "" : "\(rate(share.lower)) to \(rate(share.upper))",
      ]
    }
    return section(
      "Per 1,000 machines and year, with your \(Format.decimal(fit, 1)) FIT per GiB",
      table(["outcome", "times", "interval"], rows)
        + "<p class=\"s\">Your rate, not ours: uncorrectable errors, evenly over \(Format.decimal(units, 2)) GiB, "
        + "each at one of the campaign's moments. An error in a line that is used later counts as latent "
        + "here.</p>")
  }
}
