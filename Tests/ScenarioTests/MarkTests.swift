// What campaigns ask of scenarios: marks, a machine that says that it lives, and ends of their own.

import Arm
import Machine
import Testing

@testable import Scenario

@Suite struct MarkTests {
  private func scenario(_ more: String) throws -> Scenario {
    try Scenario(yaml: "title: t\n" + more, file: "s.yaml")
  }

  @Test func aMarkIsPassedAtItsInstruction() throws {
    let target = FakeTarget([])
    let marked = try scenario("marks: [12345, 20K]\nlimits: {instructions: 50K}\n")
    _ = try Experiment(marked, on: target).run()
    #expect(target.marks == [12_345, 20_000])
  }

  @Test func aRunGoesOnFromAStateUnderAnotherError() throws {
    let target = FakeTarget([])
    let machine = try scenario("limits: {instructions: 50K}\n").undisturbed()
    var first = machine
    first.marks = [15_000]
    let before = Experiment(first, on: target)
    #expect(try before.advance(to: 15_000) == nil)
    before.passMark()
    let saved = try before.save()
    var injection = machine.injections[0]
    injection.poison.state = .unrecoverable
    for line: UInt64 in [0x4000_0000, 0x4000_0040] {
      let after = Experiment(
        first.disturbed(by: injection, at: 15_000, physical: line), on: target)
      after.restore(saved)
      #expect(target.instructions == 15_000)
      _ = try after.run()
      #expect(target.planted.last == line)
    }
    #expect(target.marks == [15_000])
  }

  @Test(arguments: [
    ("marks: [5, 5]", "marks", "a list that is not ascending"),
    ("marks: [0]", "marks[0]", "'0'"),
    ("liveness: {every: 1s}", "liveness", "less"),
    ("liveness: {every: 3, line: x}", "liveness.every", "'3'"),
    ("limits: {storm: 0}", "limits.storm", "'0'"),
    ("limits: {panic: soon}", "limits.panic", "'soon'"),
  ])
  func whatIsWrongIsSaid(text: String, key: String, found: String) {
    #expect { try scenario(text + "\n") } throws: {
      let error = $0 as? ScenarioError
      return error?.key == key && error?.found == found
    }
  }

  @Test func whoStillSaysItDoesNotHang() throws {
    // The last line is seen at 30,000, which is 20 µs before the limit.
    let acts = stride(from: UInt64(1000), through: 28_000, by: 9000)
      .map { FakeTarget.Act(at: $0, console: "alive\n") }
    for (every, lives) in [("10us", true), ("9us", false)] {
      let target = FakeTarget(acts)
      let experiment = Experiment(
        try scenario(
          "liveness: {every: \(every), line: alive}\nlimits: {instructions: 50K}\n"), on: target)
      _ = try experiment.run()
      #expect(experiment.state.evidence.hostLives == lives)
    }
  }
}
