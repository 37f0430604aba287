// What one row came to, as workers send it and the store keeps it.

import Arm
import Machine
import Scenario

/// The result of one run.
public struct RowResult: Codable, Equatable, Sendable {
  /// The row.
  public var k: UInt64
  /// What became of the error.
  public var outcome: String
  /// Who contained it.
  public var container: String
  /// How far it spread.
  public var radius: String
  /// How a hang is seen; empty for none.
  public var hang: String
  /// Whether a record was delivered.
  public var record: String
  /// Whether it named the right address.
  public var address: String
  /// Its severity.
  public var severity: String
  /// Whether guests were told the right address.
  public var guestAddress: String
  /// Instructions from reset until the error was first met; nil if it was not.
  public var consumedAt: UInt64?
  /// Instructions until the last thing that was done about it.
  public var containedAt: UInt64?
  /// Instructions until the run ended.
  public var endedAt: UInt64
  /// How it ended.
  public var ending: String
  /// The machine's hash at the end.
  public var hash: UInt64
  /// Where it was met: the program counter and the level.
  public var pc: UInt64?
  /// The exception level at which it was met.
  public var level: Int?
  /// Processor time that the run took.
  public var microseconds: UInt64 = 0
  /// The timeline as JSON, of an escape; empty for none.
  public var story = ""

  /// A result of these parts.
  init(
    k: UInt64, outcome: String, container: String, radius: String, hang: String, record: String,
    address: String, severity: String, guestAddress: String, consumedAt: UInt64?,
    containedAt: UInt64?, endedAt: UInt64, ending: String, hash: UInt64, pc: UInt64?, level: Int?,
    microseconds: UInt64, story: String
  ) {
    self.k = k
    self.outcome = outcome
    self.container = container
    self.radius = radius
    self.hang = hang
    self.record = record
    self.address = address
    self.severity = severity
    self.guestAddress = guestAddress
    self.consumedAt = consumedAt
    self.containedAt = containedAt
    self.endedAt = endedAt
    self.ending = ending
    self.hash = hash
    self.pc = pc
    self.level = level
    self.microseconds = microseconds
    self.story = story
  }

  /// What a report says.
  init(_ k: UInt64, _ report: Report) {
    self.k = k
    let verdict = report.verdict
    outcome = verdict.outcome.rawValue
    container = verdict.containedBy.rawValue
    radius = verdict.radius.text
    hang = verdict.hang?.rawValue ?? ""
    record = verdict.record.rawValue
    address = verdict.address.rawValue
    severity = verdict.severity.rawValue
    guestAddress = verdict.guestAddress.rawValue
    let silent: [TimelineEvent.Name] = [.powerOff, .repeated, .notModelled]
    let consumed = report.timeline.first { $0.name == .consumed }
    consumedAt = consumed?.instructions
    if case .consumed(let use)? = consumed?.kind {
      pc = use.place.pc.rawValue
      level = Int(use.place.level.rawValue)
    }
    if verdict.containedBy != .nobody, consumed != nil {
      containedAt =
        report.timeline.last { $0.name.map { !silent.contains($0) } ?? false }?.instructions
    }
    endedAt = report.instructions
    ending = report.end.rawValue
    hash = report.hash
    if isEscape { story = JSONValue.array(Self.kept(report.timeline).map(\.json)).text() }
  }

  /// How a timeline begins and how it ends: one of a storm is longer than all rows that do not escape.
  /// `replay` tells the whole.
  private static func kept(_ timeline: [TimelineEvent]) -> [TimelineEvent] {
    let (first, last) = (60, 20)
    return timeline.count <= first + last
      ? timeline : Array(timeline.prefix(first) + timeline.suffix(last))
  }

  /// Whether nobody contained it, or somebody was told an untruth.
  public var isEscape: Bool {
    outcome == Verdict.Outcome.hang.rawValue
      || outcome == Verdict.Outcome.silentCorruption.rawValue
      || container == Verdict.Container.nobody.rawValue
        && outcome != Verdict.Outcome.latent.rawValue
      || address == Verdict.AddressReport.wrong.rawValue
      || guestAddress == Verdict.AddressReport.wrong.rawValue
  }

  /// The verdict alone, as one line: what must be equal when the row runs again, beside the hash.
  public var verdict: String {
    "\(outcome)\(hang.isEmpty ? "" : " (\(hang))"), contained by \(container), \(radius), record "
      + "\(record), address \(address), severity \(severity), guest address \(guestAddress)"
  }

  /// Whether two runs of the row are the same run.
  public func isSame(as other: RowResult) -> Bool {
    var (a, b) = (self, other)
    (a.microseconds, b.microseconds) = (0, 0)
    return a == b
  }

  /// Whether it has what a campaign's file calls so.
  func has(_ finding: CampaignFile.Finding) -> Bool {
    switch finding {
    case .outcome(let wanted): outcome == wanted.rawValue
    case .containedBy(let wanted): container == wanted.rawValue
    case .wrongAddress:
      address == Verdict.AddressReport.wrong.rawValue
        || guestAddress == Verdict.AddressReport.wrong.rawValue
    }
  }
}
