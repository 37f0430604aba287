// Injections that cannot come any more.

import Testing

@testable import Scenario

/// An error that costs the host is judged, though another injection still waits.
@Suite struct LostInjectionTests {
  private static let yaml = """
    title: test
    inject:
      - name: first
        when: {console: 'reader at (?<pa>0x[0-9a-f]+)'}
        what: poison
        where: {physical: $pa}
      - name: second
        when: {console: 'never said'}
        what: poison
        where: {physical: 0x40050000}
    limits: {instructions: 1M}
    """

  private func run(_ last: String) throws -> Report {
    let target = ExperimentTests.play()
    target.reaction.removeLast()
    target.reaction.append(.init(at: 300_000, console: last, stop: .powerOff))
    return try Experiment(Scenario(yaml: Self.yaml, file: "s.yaml"), on: target).run()
  }

  @Test func anErrorThatCostTheHostIsJudged() throws {
    let report = try run("Kernel panic - not syncing: x\n")
    #expect(report.verdict.outcome == .hostDown)
    #expect(report.timeline.contains { $0.content.contains("second") })
  }

  @Test func whereTheHostWentOnTheScenarioFailed() {
    #expect(throws: ExperimentFailure.self) { try run("bye\n") }
  }
}
