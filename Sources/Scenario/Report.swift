// What an experiment leaves behind, for people and as JSON.

/// The result of an experiment that ran to its end.
public struct Report: Sendable {
  /// The scenario's title.
  public var title: String
  /// The judgement.
  public var verdict: Verdict
  /// The story.
  public var timeline: [TimelineEvent]
  /// All complete lines of the console.
  public var console: [ConsoleLog.Line]
  /// How the run ended.
  public var end: ExperimentEnd
  /// Instructions executed by all cores.
  public var instructions: UInt64
  /// A hash of the final state.
  public var hash: UInt64
  /// The expectations that do not hold, one line each.
  public var failures: [String]
  /// Whether the scenario expects anything.
  public var isExpecting = true

  /// The report as JSON.
  public var json: JSONValue { json() }

  /// The report as JSON, with more keys before and after; `failures` in place of this run's own where
  /// several hosts are judged together.
  public func json(
    after head: [(String, JSONValue)] = [], adding more: [(String, JSONValue)] = [],
    failures: [String]? = nil
  ) -> JSONValue {
    let failures = failures ?? self.failures
    return .object(
      head + [
        ("title", .string(title)),
        ("verdict", verdict.json),
        ("timeline", .array(timeline.map(\.json))),
        (
          "expectations",
          .object([
            ("stated", .bool(isExpecting)), ("hold", .bool(failures.isEmpty)),
            ("failures", .array(failures.map(JSONValue.string))),
          ])
        ),
        ("end", .string(end.rawValue)),
        ("instructions", .number(instructions)),
        ("hash", .string(hash.hex(16))),
        ("console", .array(console.map { .string($0.text) })),
      ] + more)
  }
}

extension Scenario.Expectation {
  /// Whether nothing is asked for.
  var isEmpty: Bool {
    outcome == nil && containedBy == nil && radius == nil && record == nil && address == nil
      && severity == nil && guestAddress == nil && hang == nil && comebacks == nil
      && corrected == nil && deferred == nil && offlinedPages == nil
      && console.isEmpty && never.isEmpty
      && timeline.isEmpty && kernels.isEmpty
  }

  /// What does not hold, one line each.
  func failures(
    verdict: Verdict, timeline: [TimelineEvent], console: ConsoleLog, vmm: VMMDescription
  ) -> [String] {
    var failures: [String] = []
    func compare(_ name: String, _ wanted: String?, _ found: String) {
      if let wanted, wanted != found {
        failures.append("\(name): expected \(wanted); found \(found)")
      }
    }
    compare("outcome", outcome?.rawValue, verdict.outcome.rawValue)
    compare("containedBy", containedBy?.rawValue, verdict.containedBy.rawValue)
    compare("radius", radius?.text, verdict.radius.text)
    compare("hang", hang?.rawValue, verdict.hang?.rawValue ?? "none")
    compare("reported.record", record?.rawValue, verdict.record.rawValue)
    compare("reported.address", address?.rawValue, verdict.address.rawValue)
    compare("reported.severity", severity?.rawValue, verdict.severity.rawValue)
    compare("reported.guestAddress", guestAddress?.rawValue, verdict.guestAddress.rawValue)

    compare("counts.corrected", corrected.map { "\($0)" }, "\(verdict.counts.corrected)")
    compare("counts.deferred", deferred.map { "\($0)" }, "\(verdict.counts.deferred)")
    compare("counts.offlinedPages", offlinedPages.map { "\($0)" }, "\(verdict.counts.offlined)")
    compare("comebacks", comebacks.map { String($0) }, String(verdict.comebacks))

    failures += missingLines(console.lines, vmm: vmm)
    for pattern in never {
      if let line = console.lines.first(where: { pattern.matches($0.text) }) {
        failures.append("never: '\(pattern.source)' must not appear; found '\(line.text)'")
      }
    }
    var events = timeline[...]
    for name in self.timeline {
      if let index = events.firstIndex(where: { $0.name == name }) {
        events = events[(index + 1)...]
      } else {
        failures.append("timeline: expected '\(name.rawValue)' after those before it")
      }
    }
    return failures
  }
  /// The lines of the console that do not come, or not in their order, one sentence each.
  ///
  /// A kernel's log and what programs write reach a console by two ways, and Linux 7.2 prints its log by a
  /// thread of its own: the order is that of each kernel's lines among themselves, and of all others among
  /// themselves.
  func missingLines(_ lines: [ConsoleLog.Line], vmm: VMMDescription) -> [String] {
    let voices = lines.map { ConsoleVoice($0.text, vmm: vmm).log }
    var seen: [String: Int] = [:]
    return console.compactMap { pattern in
      let next = lines.indices.first {
        $0 > seen[voices[$0], default: -1] && pattern.matches(lines[$0].text)
      }
      if let next {
        seen[voices[next]] = next
        return nil
      }
      return "console: expected a line like '\(pattern.source)'"
        + (lines.contains { pattern.matches($0.text) }
          ? " after those before it; it came earlier" : "; there is none")
    }
  }
}
