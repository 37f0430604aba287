// Evidence for tests of the judge.

import Arm

@testable import Machine
@testable import Scenario

/// Events for evidence that tests make up.
extension TimelineEvent.Kind {
  /// The line at 0x40042000.
  static let planted = Self.poisonPlanted(physical: 0x4004_2000)
  static let cured = Self.poisonCured(core: 0, physical: 0x4004_2000)
  /// Core 0 reads it.
  static let used = ExperimentTests.consumed
  static let toEL3 = ExperimentTests.taken
  static let toEL2 = Self.taken(
    .abort, from: .el0, to: .el2, vector: 0x400, esr: 0x9200_0010, far: 0, elr: 0)
  /// The memory node's record of a corrected error: V and CE = 0b10.
  static let correctedInNode = ExperimentTests.written(status: 1 << 30 | 0b10 << 24)

  /// A core uses bad data.
  static func use(
    core: Int = 0, level: ExceptionLevel = .el0, pc: UInt64 = 0, virtual: UInt64? = nil,
    physical: UInt64, access: TimelineEvent.Use.Access = .data
  ) -> Self {
    .consumed(
      TimelineEvent.Use(
        core: core,
        place: Consumption.Place(
          level: level, pc: VirtualAddress(pc), virtual: virtual.map { VirtualAddress($0) }),
        physical: physical, access: access))
  }

  /// It takes an abort or an SError.
  static func taken(
    core: Int = 0, _ cause: TakenException.Cause, from: ExceptionLevel, to: ExceptionLevel,
    vector: UInt64, esr: UInt64, far: UInt64? = nil, elr: UInt64 = 0
  ) -> Self {
    .exceptionTaken(
      core: core,
      TakenException(
        cause: cause, source: from, target: to, vector: VirtualAddress(vector),
        syndrome: Syndrome(rawValue: esr), faultAddress: far.map { VirtualAddress($0) },
        returnAddress: VirtualAddress(elr)))
  }

  /// EL3 returns: into a vector, with a syndrome, or without one in the ordinary way.
  static func returned(
    core: Int = 0, to level: ExceptionLevel, pc: UInt64, esr: UInt64? = nil, far: UInt64 = 0,
    elr: UInt64 = 0
  ) -> Self {
    .firmwareReturned(
      core: core,
      FirmwareReturn(
        target: level, pc: VirtualAddress(pc), syndrome: Syndrome(rawValue: esr ?? 0),
        faultAddress: VirtualAddress(far), returnAddress: VirtualAddress(elr), isForged: esr != nil)
    )
  }

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
