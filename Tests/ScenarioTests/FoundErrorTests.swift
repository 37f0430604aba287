// Errors that are found other than by a core's use: how a scenario asks for them, and what it is told of
// them.

import Arm
import Machine
import Testing

@testable import Scenario

@Suite struct FoundErrorTests {
  private func scenario(
    _ what: String, _ more: String = "where: {physical: 0x40042040}"
  ) throws
    -> Scenario
  {
    try Scenario(
      yaml: """
        title: t
        machine: {scrub: 64M}
        inject:
          - when: {instructions: 5k}
            what: \(what)
            \(more)
        """, file: "s.yaml")
  }

  @Test func everyWayOfBeingFoundIsRead() throws {
    #expect(try scenario("poison").machine.scrubRate == 64 << 20)
    let transient = try scenario("{kind: poison, severity: corrected, persistence: transient}")
    #expect(transient.injections[0].poison.isTransient)
    #expect(
      try scenario("{kind: poison, severity: corrected}").injections[0].poison.isTransient == false)
    let found = try scenario("{kind: poison, severity: deferred, found: at once}")
    #expect(found.injections[0].finding == .once && found.injections[0].meeting == .use)
    let storm = try scenario("{kind: poison, severity: corrected, rate: 1M, count: 2k}")
    #expect(storm.injections[0].traffic == .init(rate: 1_000_000, count: 2000))
  }

  @Test func anErrorOfTheInterconnectIsRead() throws {
    let short = try scenario("interconnect", "name: n").injections[0]
    #expect(short.interconnect == .data && short.meeting == .once && short.place == nil)
    #expect(short.poison.address == .invalid)
    let long = try scenario(
      "{kind: interconnect, severity: uncontainable, cause: snoop filter}"
    ).injections[0]
    #expect(long.interconnect == .snoopFilter && long.poison.state == .uncontainable)
    #expect(long.poison.address == .valid && long.place != nil)
  }

  @Test func aCriticalErrorIsRead() throws {
    for what in [
      "{kind: poison, critical: true}", "{kind: SError, critical: true}",
      "{kind: poison, severity: corrected, found: at once, critical: true}",
      "{kind: interconnect, critical: true}",
    ] {
      #expect(try scenario(what).injections[0].poison.isCritical, "\(what)")
      let other = what.replacing("critical: true", with: "critical: false")
      #expect(try !scenario(other).injections[0].poison.isCritical)
    }
    #expect(try !scenario("poison").injections[0].poison.isCritical)
  }

  @Test(arguments: [
    ("{kind: poison, critical: very}", "inject[0].what.critical"),
    ("{kind: interconnect, critical: 1}", "inject[0].what.critical"),
    ("{kind: SError, met: at once, critical: true}", "inject[0].what.critical"),
    ("{kind: poison, persistence: transient}", "inject[0].what.persistence"),
    ("{kind: SError, severity: corrected, persistence: transient}", "inject[0].what.persistence"),
    ("{kind: poison, severity: corrected, persistence: rare}", "inject[0].what.persistence"),
    ("{kind: SError, found: at once}", "inject[0].what.found"),
    ("{kind: poison, found: later}", "inject[0].what.found"),
    ("{kind: poison, rate: 1M}", "inject[0].what.rate"),
    ("{kind: poison, severity: corrected, rate: 11M}", "inject[0].what.rate"),
    ("{kind: poison, severity: corrected, rate: 0}", "inject[0].what.rate"),
    ("{kind: poison, severity: corrected, persistence: transient, rate: 1}", "inject[0].what.rate"),
    ("{kind: poison, severity: corrected, count: 1}", "inject[0].what.count"),
    ("{kind: poison, severity: corrected, rate: 1, count: 0}", "inject[0].what.count"),
    ("{kind: poison, cause: data}", "inject[0].what.cause"),
    ("{kind: SError, cause: data}", "inject[0].what.cause"),
    ("{kind: interconnect, cause: heat}", "inject[0].what.cause"),
    ("{kind: interconnect, met: at once}", "inject[0].what.met"),
    ("{kind: interconnect, core: 1, rate: 1}", "inject[0].what.core"),
    ("{kind: interconnect, faultAddress: invalid}", "inject[0].what.faultAddress"),
  ])
  func whatHasNoEffectIsRefused(what: String, key: String) throws {
    let error = #expect(throws: ScenarioError.self) { _ = try scenario(what) }
    #expect(error?.key == key)
  }

  @Test func aPatternIsNotFoundAtOnce() throws {
    let error = #expect(throws: ScenarioError.self) {
      _ = try scenario(
        "{kind: poison, found: at once}", "where: {physical: 0x40042040}\n    mask: 0xFFFFF000")
    }
    #expect(error?.key == "inject[0].mask")
  }

  @Test func theMachineIsAskedForIt() throws {
    let target = FakeTarget([])
    _ = try Experiment(
      scenario(
        "{kind: poison, severity: deferred, found: at once}", "where: {physical: 0x40042044}"),
      on: target
    ).advance(to: 50_000)
    #expect(target.announced == [0x4004_2040])
    let other = FakeTarget([])
    _ = try Experiment(
      scenario(
        "{kind: poison, severity: corrected, rate: 5, count: 6}",
        "where: {physical: 0x40042044}\n    length: 128"), on: other
    ).advance(to: 50_000)
    #expect(other.traffic.map(\.lines.value) == [0x4004_2040, 0x4004_2080, 0x4004_20C0])
    #expect(other.traffic.allSatisfy { $0.rate == 5 && $0.count == 6 && $0.lines.isSingle })
  }

  @Test func theVerdictCountsWhatCostNobodyAnything() throws {
    var evidence = Evidence()
    evidence.plant(0x4004_2040, .corrected)
    func add(_ kind: TimelineEvent.Kind) { evidence.add(TimelineEvent(instructions: 1, kind)) }
    for state in [ErrorState.corrected, .corrected, .deferred] {
      add(
        .recordWritten(
          node: .init(.memory, core: 0), status: ErrorStatus(rawValue: 0), address: 0, state: state)
      )
    }
    evidence.end = .powerOff
    #expect(evidence.verdict().counts == .init(corrected: 2, deferred: 1, offlined: 0))
    for line in ["Memory failure: soft_offline: 0x40042: invalidated", "HardwareCorrupted:  4 kB"] {
      add(.said(try #require(ConsoleStatement(line))))
    }
    let verdict = evidence.verdict()
    #expect(verdict.counts == .init(corrected: 2, deferred: 1, offlined: 1))
    #expect(verdict.line.hasSuffix(", 2 corrected, 1 deferred, 1 page offlined"))
  }

  @Test func eachStageHasItsWord() {
    let node = ErrorNodeIdentifier(.memory, core: 0)
    let words: [(TimelineEvent.Kind, TimelineEvent.Actor, TimelineEvent.Name)] = [
      (.interruptAsserted(node: node, .faultHandling), .node, .faultHandlingInterrupt),
      (.interruptAsserted(node: node, .errorRecovery), .node, .errorRecoveryInterrupt),
      (.interruptAsserted(node: node, .criticalError), .node, .criticalErrorInterrupt),
      (.counterOverflowed(node: node), .node, .counterOverflow),
      (.correctedErrorsTold(node: node, isOn: false), .el3, .stormOn),
      (.correctedErrorsTold(node: node, isOn: true), .el3, .stormOff),
    ]
    for (kind, actor, name) in words {
      let event = TimelineEvent(instructions: 7, kind)
      #expect(event.actor == actor && event.name == name)
      #expect(event.details.map(\.value) == ["memory"])
    }
  }
}
