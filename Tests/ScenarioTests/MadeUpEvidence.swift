// Evidence for tests of the judge.

import Arm

@testable import Scenario

/// Events for evidence that tests make up.
extension TimelineEvent.Kind {
  /// The line at 0x40042000.
  static let planted = Self.poisonPlanted(physical: 0x4004_2000)
  static let cured = Self.poisonCured(core: 0, physical: 0x4004_2000)
  /// Core 0 reads it.
  static let used = ExperimentTests.consumed
  static let toEL3 = ExperimentTests.taken
  static let toEL2 = Self.exceptionTaken(
    .init(
      core: 0, cause: .abort, from: .el0, to: .el2, vector: 0x400,
      syndrome: Syndrome(rawValue: 0x9200_0010), far: 0, elr: 0))
  /// The memory node's record of a corrected error: V and CE = 0b10.
  static let correctedInNode = ExperimentTests.written(status: 1 << 30 | 0b10 << 24)

  /// A record of source 0 for it.
  static func published(
    _ severity: Verdict.Severity, physical: UInt64? = 0x4004_2010, wasRead: Bool = true
  ) -> Self {
    .recordPublished(
      PublishedRecord(
        source: 0, severity: severity, physicalAddress: physical, sections: [], wasRead: wasRead))
  }
}

extension Evidence {
  /// Evidence of these events, then these lines.
  init(
    _ events: [TimelineEvent.Kind], _ lines: [String] = [], end: ExperimentEnd = .powerOff,
    state: ErrorState = .recoverable, hostLives: Bool = false, guestsLive: Bool = false
  ) {
    self.init()
    self.end = end
    self.hostLives = hostLives
    self.guestsLive = guestsLive
    if !events.isEmpty { plant(0x4004_2000, state) }
    for event in events { add(event) }
    for line in lines { hear(line) }
  }

  mutating func add(_ kind: TimelineEvent.Kind) {
    add(TimelineEvent(instructions: 1, kind))
  }

  mutating func hear(_ line: String) {
    if let statement = ConsoleStatement(line) { add(.said(statement)) }
  }
}
