// An experiment across resets: what goes on, what is forgotten, and what the verdict says.

import Arm
import Machine
import Testing

@testable import Scenario

@Suite struct ComebackTests {
  private func scenario(_ more: String) throws -> Scenario {
    try Scenario(yaml: "title: t\n" + more, file: "s.yaml")
  }

  /// A machine whose kernel panics, is reset, comes up again and is switched off.
  private func play() -> FakeTarget {
    FakeTarget([
      .init(at: 1000, console: "Kernel panic - not syncing: x\n"),
      .init(at: 2000, stop: .reset), .init(at: 3000, console: "second\n"),
      .init(at: 4000, stop: .reset), .init(at: 5000, console: "third\n"),
      .init(at: 6000, stop: .powerOff),
    ])
  }

  @Test func theMachineComesBackAsOftenAsItMay() throws {
    for (text, kinds, end) in [
      ("", [], ExperimentEnd.reset), ("resets: 1\n", [.warm], .reset),
      ("resets: 2\n", [.warm, .warm], .powerOff),
      ("resets: {count: 5, kind: cold}\n", [.cold, .cold], .powerOff),
    ] as [(String, [ResetKind], ExperimentEnd)] {
      let target = play()
      let report = try Experiment(try scenario(text), on: target).run()
      #expect(target.resets == kinds)
      #expect(report.end == end)
      #expect(report.verdict.comebacks == kinds.count)
      #expect(report.timeline.filter { $0.name == .cameBack }.count == kinds.count)
    }
  }

  @Test func whatWasNotInjectedYetWaitsOn() throws {
    let target = play()
    let scenario = try scenario(
      "resets: 2\ninject:\n  - when: {console: third}\n    what: poison\n"
        + "    where: {physical: 0x40000040}\n")
    _ = try Experiment(scenario, on: target).run()
    #expect(target.planted == [0x4000_0040])
  }

  @Test func theVerdictSaysSo() throws {
    var verdict = try Experiment(try scenario("resets: 2\n"), on: play()).run().verdict
    #expect(verdict.line.hasSuffix(", back after 2 resets"))
    verdict.comebacks = 1
    #expect(verdict.line.hasSuffix(", back after a reset"))
    verdict.comebacks = 0
    #expect(!verdict.line.contains("back"))
  }

  @Test func whatIsExpectedIsCompared() throws {
    let report = try Experiment(
      try scenario("resets: 2\nexpect: {comebacks: 1}\n"), on: play()
    ).run()
    #expect(report.failures == ["comebacks: expected 1; found 2"])
  }

  @Test(arguments: [
    ("resets: -1", "resets", "'-1'"), ("resets: 1001", "resets", "'1001'"),
    ("resets: {kind: cold}", "resets", "no count"),
    ("resets: {count: 1, kind: hot}", "resets.kind", "'hot'"),
    ("expect: {comebacks: x}", "expect.comebacks", "'x'"),
  ])
  func whatIsWrongIsSaid(text: String, key: String, found: String) {
    #expect { try scenario(text + "\n") } throws: {
      let error = $0 as? ScenarioError
      return error?.key == key && error?.found == found
    }
  }
}
