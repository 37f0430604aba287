// The pages. What they say is read from the folder's files, again when those have changed, and never more of the
// time than a fifth.

import Campaign
import Foundation
import Scenario

/// A campaign's folder, as pages.
actor Site {
  private let store: PlanStore
  private let replays: Replays
  private let clock = ContinuousClock()
  private var known: Results?
  private var stamp: [String] = []
  private var readAt: ContinuousClock.Instant?
  private var readTime = Duration.zero
  /// How many rows there were at first, and when.
  private var first: (rows: UInt64, at: ContinuousClock.Instant)?

  /// The pages of a folder. Throws CampaignError.
  init(_ folder: String, replays: Replays) throws {
    store = try PlanStore(folder: folder)
    self.replays = replays
  }

  /// The rows that are there. Throws CampaignError, Results.Disagreement.
  func results() throws -> Results {
    if let known, let readAt, clock.now - readAt < max(.milliseconds(500), readTime * 4) {
      return known
    }
    let stamp = try currentStamp()
    if let known, stamp == self.stamp { return known }
    let start = clock.now
    let results = try Results(store, withStories: true)
    (known, self.stamp) = (results, stamp)
    (readAt, readTime) = (clock.now, clock.now - start)
    first = first ?? (UInt64(results.rows.count), readAt ?? clock.now)
    return results
  }

  /// Size and time of every file with rows.
  private func currentStamp() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
    return names.filter { $0.contains(".db") }.sorted().map { name in
      let values = try? FileManager.default.attributesOfItem(atPath: store.folder + "/" + name)
      let time = (values?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(name) \(values?[.size] ?? 0) \(time)"
    }
  }

  /// How far it is.
  func progress() throws -> CampaignProgress {
    let results = try results()
    return CampaignProgress(
      results, since: first.map { ($0.rows, (clock.now - $0.at) / .seconds(1)) })
  }

  /// The report as JSON.
  func reportJSON() throws -> String {
    CampaignPage(try results(), folder: store.folder, fit: nil).json.text() + "\n"
  }

  /// The front page: how far it is, and the report so far.
  func front() throws -> String {
    let progress = try progress()
    let page = CampaignPage(try results(), folder: store.folder, fit: nil, isServed: true)
    let share = progress.all == 0 ? 1 : Double(progress.done) / Double(progress.all)
    let bar =
      "<svg width=\"840\" height=\"14\" viewBox=\"0 0 840 14\" role=\"img\" aria-label=\"progress\">"
      + "<rect width=\"840\" height=\"14\" fill=\"#a9b2bf\" fill-opacity=\"0.4\"/>"
      + "<rect width=\"\(Int(840 * min(1, share)))\" height=\"14\" fill=\"#4c9f70\"/></svg>"
    let state = progress.isComplete ? "complete" : "rows are missing"
    return HTML.page(
      store.plan.file.title,
      "<p class=\"s\">\(HTML.escape(progress.text)) · \(state) · <a href=\"/rows\">rows</a> · "
        + "<a href=\"/rows?escapes=1\">escapes</a> · <a href=\"/report.json\">JSON</a></p>\(bar)\n"
        + page.body, refresh: progress.isComplete ? nil : 3)
  }

  private func place(_ k: UInt64) -> Place? {
    store.plan.row(k).map { store.plan.used[$0.unit].place }
  }

  /// A list of rows.
  func rows(_ filter: RowFilter) throws -> String {
    let all = try results().rows.values.filter { filter.holds($0, place($0.k)) }
      .sorted { $0.k < $1.k }
    let start = min(filter.start, all.count)
    let end = min(all.count, start + RowFilter.pageLength)
    let shown = Array(all[start..<end])
    let cells = shown.map { result -> [String] in
      let unit = store.plan.row(result.k).map { store.plan.used[$0.unit] }
      return [
        "<a href=\"/rows/\(result.k)\">\(result.k)</a>",
        HTML.escape(unit?.place.rawValue ?? ""),
        "<code>\((unit?.line ?? 0).hex())</code>",
        HTML.escape(store.plan.row(result.k).map { store.plan.error($0).name } ?? ""),
        HTML.escape(result.verdict),
      ]
    }
    var links: [String] = []
    if filter.start > 0 {
      let before = max(0, filter.start - RowFilter.pageLength)
      links.append("<a href=\"\(HTML.escape(filter.query(from: before)))\">before</a>")
    }
    if end < all.count {
      links.append("<a href=\"\(HTML.escape(filter.query(from: end)))\">next</a>")
    }
    let range = shown.isEmpty ? "none" : "\(filter.start + 1) to \(end)"
    return HTML.page(
      "Rows: " + store.plan.file.title,
      "<p class=\"s\"><a href=\"/\">\(HTML.escape(store.plan.file.title))</a></p><h1>Rows</h1>"
        + form(filter)
        + "<p>\(UInt64(all.count).grouped) rows; \(range). \(links.joined(separator: " · "))</p>"
        + HTML.table(["row", "place", "line", "error", "verdict"], cells, numbersFrom: 9))
  }

  private func form(_ filter: RowFilter) -> String {
    func select<Value: RawRepresentable<String> & Equatable>(
      _ name: String, _ values: [Value], _ chosen: Value?
    ) -> String {
      "<label>\(name) <select name=\"\(name)\"><option value=\"\">any</option>"
        + values.map {
          "<option\($0 == chosen ? " selected" : "")>\(HTML.escape($0.rawValue))</option>"
        }.joined() + "</select></label> "
    }
    return "<form action=\"/rows\">" + select("place", store.plan.file.places, filter.place)
      + select("outcome", Verdict.Outcome.allCases, filter.outcome)
      + select("by", Verdict.Container.allCases, filter.container)
      + "<label><input type=\"checkbox\" name=\"escapes\" value=\"1\"\(filter.escapesOnly ? " checked" : "")> "
      + "escapes</label> <button>show</button></form>"
  }

  private func result(_ k: UInt64) throws -> (sentence: String, result: RowResult?) {
    do {
      return (try store.describe(k), try results().rows[k])
    } catch let error as CampaignError {
      throw SiteError.notFound(error.description)
    }
  }

  /// A row as a scenario.
  func scenario(_ k: UInt64) throws -> String {
    let (sentence, result) = try result(k)
    guard let result else { throw SiteError.notFound("\(sentence): was not run yet") }
    return try store.scenarioFile(k, result: result)
  }

  /// Has a row run again.
  func replay(_ k: UInt64) async throws {
    guard try result(k).result != nil else { throw SiteError.notFound("row \(k) was not run yet") }
    guard await replays.begin(k) else { throw SiteError.busy("too many rows wait already") }
  }

  /// A row: what it is, what it came to, and its story.
  func row(_ k: UInt64) async throws -> String {
    let (sentence, result) = try result(k)
    let top =
      "<p class=\"s\"><a href=\"/\">\(HTML.escape(store.plan.file.title))</a> · <a href=\"/rows\">rows</a></p>"
    guard let result else {
      return HTML.page(
        "Row \(k)",
        top + "<h1>Row \(k)</h1><p>\(HTML.escape(sentence))</p><p>It was not run yet.</p>",
        refresh: 3)
    }
    let replay = await replays.replay(k)
    let isWaiting = replay != nil && replay?.status == nil
    return HTML.page(
      "Row \(k)",
      top + "<h1>Row \(k)</h1><p>\(HTML.escape(sentence))</p>" + facts(result) + story(result)
        + again(k, replay), refresh: isWaiting ? 1 : nil)
  }

  private func facts(_ result: RowResult) -> String {
    var rows = [["verdict", HTML.escape(result.verdict)]]
    if let pc = result.pc {
      let level = result.level.map { "EL\($0) " } ?? ""
      rows.append(["first used at", "\(level)<code>\(pc.hex())</code>"])
    }
    if let count = result.consumedAt { rows.append(["first used after", count.grouped]) }
    if let count = result.containedAt { rows.append(["last dealt with after", count.grouped]) }
    rows.append([
      "ended after", "\(result.endedAt.grouped) instructions, by \(HTML.escape(result.ending))",
    ])
    rows.append(["hash", "<code>\(result.hash.hex())</code>"])
    rows.append(["processor time", "\(result.microseconds.grouped) µs"])
    return HTML.table(["", ""], rows, numbersFrom: 9)
      + "<p><a href=\"/rows/\(result.k).yaml\">as a scenario</a></p>"
  }

  /// The timeline that is kept of an escape.
  private func story(_ result: RowResult) -> String {
    guard !result.story.isEmpty,
      let events = try? JSONSerialization.jsonObject(with: Data(result.story.utf8))
        as? [[String: Any]]
    else {
      return
        "<p class=\"s\">Only escapes have their story kept; any other is told by running it again.</p>"
    }
    let rows = events.map { event -> [String] in
      let rest = event.filter { !["instructions", "actor", "event"].contains($0.key) }
      return [
        ((event["instructions"] as? NSNumber)?.uint64Value ?? 0).grouped,
        HTML.escape("\(event["actor"] ?? "")"), HTML.escape("\(event["event"] ?? "")"),
        HTML.escape(
          rest.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "  ")),
      ]
    }
    return HTML.section(
      "What happened", HTML.table(["instructions", "who", "what", ""], rows, numbersFrom: 9))
  }

  private func again(_ k: UInt64, _ replay: Replays.Replay?) -> String {
    let button =
      "<form method=\"post\" action=\"/rows/\(k)\"><button>run it again, from reset</button></form>"
    guard let replay else { return button }
    let state =
      switch replay.status {
      case 0: "The same verdict and the same hash."
      case let status?: "It ended with status \(status)."
      case nil: replay.hasBegun ? "It runs." : "It waits for another row."
      }
    return HTML.section(
      "Run again",
      "<p>\(state)</p><pre>\(HTML.escape(String(decoding: replay.output, as: UTF8.self)))</pre>"
        + (replay.status == nil ? "" : button))
  }
}
