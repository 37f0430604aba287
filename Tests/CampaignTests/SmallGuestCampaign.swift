// The small kernel's campaign in this process: what a plan says of lines, against runs that try them.

import Foundation
import Machine
import Scenario
import Support
import Testing

@testable import Campaign

/// The small kernel alone on the machine: a run takes a twentieth of a second.
struct SmallGuest: @unchecked Sendable {
  let file: CampaignFile
  let scenario: Scenario
  let files: BootFiles
  let plan: Plan

  /// The one that all tests share; a plan takes a few seconds.
  static let shared = Result { try SmallGuest(census: "all") }

  init(
    census: String, moments: String = "[{console: 'guest: victim at ipa'}]", more: String = "",
    pattern: String = "line"
  ) throws {
    let name = "Scenarios/small-program-reads-poison.yaml"
    scenario = try Scenario(yaml: Checkout.text(name), file: name)
    files = BootFiles(
      firmware: try Checkout.bytes(".build/images/firmware.bin"),
      kernel: try Checkout.bytes(".build/images/guest.bin"), initrd: nil)
    file = try CampaignFile(
      yaml: """
        title: t
        scenario: \(name)
        moments: \(moments)
        errors: [{what: poison, severity: recoverable}]
        places: {all: all, census: \(census), pattern: \(pattern)}
        limits: {after: 3x}
        \(more)
        """, file: "c.yaml")
    plan = try Planner(file, scenario, host: nil, files: files, tell: { _ in })
      .plan(fingerprint: "f")
  }

  func rig() throws -> Rig {
    let rig = try Rig(scenario, host: nil, files: files, file: file)
    for moment in plan.moments { try rig.advance(to: moment.instructions) }
    return rig
  }

  /// A line's verdict, from reset.
  func verdict(_ line: UInt64) throws -> Verdict {
    let rig = try Rig(scenario, host: nil, files: files, file: file)
    let scenario = plan.scenario(
      file.errors[0].injection, in: line, moment: 0, on: rig.scenario)
    return try Experiment(scenario, on: rig.target).run().verdict
  }
}

@Suite struct SmallGuestCampaignTests {
  @Test func theStrataAreAllOfMemory() throws {
    let plan = try SmallGuest.shared.get().plan
    let lines = plan.strata.reduce(0) { $0 + $1.lines }
    // 256 MiB of RAM and 16 MiB of secure RAM.
    #expect(lines == (256 << 20) / 64 + (16 << 20) / 64)
    #expect(plan.lines(.hostProcess).used > 0)
    #expect(plan.lines(.hostKernelText).used > 0)
    #expect(plan.lines(.hostTables).used > 0)
    #expect(plan.lines(.firmware).all > 262_144)
    #expect(plan.lines(.guestProcess).all == 0)
    #expect(plan.strata.reduce(0) { $0 + $1.used } == UInt64(plan.used.count))
  }

  @Test func theMarkMakesARunFromResetTheRunThatWasSaved() throws {
    let small = try SmallGuest.shared.get()
    let rig = try Rig(small.scenario, host: nil, files: small.files, file: small.file)
    var scenario = rig.scenario
    scenario.marks = [small.plan.moments[0].instructions]
    let experiment = Experiment(scenario, on: rig.target)
    #expect(try experiment.advance(to: .max) == small.plan.moments[0].end)
    #expect(rig.target.hash() == small.plan.moments[0].endHash)
  }

  @Test func whatThePlanSaysOfALineIsWhatARunOfItComesTo() throws {
    let small = try SmallGuest.shared.get()
    let plan = small.plan
    let rig = try small.rig()
    _ = rig.undisturbed(from: 0)
    rig.target.board.recordFirstUses()
    while try rig.undisturbedStep() {}
    // The run that is looked at is the run that is not.
    #expect(rig.target.hash() == plan.moments[0].endHash)
    let uses = rig.target.board.takeFirstUses()
    let written = uses.filter { $0.value.kind == .written }.keys.sorted()
    let partly = uses.filter { $0.value.kind == .partlyWritten }.keys.sorted()
    #expect(!written.isEmpty)
    var random = CounterGenerator(seed: 5, row: 0)
    for _ in 0..<6 {
      let line = written[Int(random.next(below: UInt64(written.count)))]
      #expect(try small.verdict(line).outcome == .corrected)
    }
    for line in partly.prefix(3) { #expect(try small.verdict(line).outcome == .latent) }
    for _ in 0..<12 {
      let line = 0x4000_0000 + random.next(below: (256 << 20) / 64) * 64
      let isUsed = plan.used.contains { $0.line == line }
      let isWritten = uses[line]?.kind == .written
      let outcome = try small.verdict(line).outcome
      #expect((outcome == .latent) == (!isUsed && !isWritten), "\(line)")
    }
    for _ in 0..<6 {
      let line = plan.used[Int(random.next(below: UInt64(plan.used.count)))].line
      let outcome = try small.verdict(line).outcome
      #expect(outcome != .latent && outcome != .corrected)
    }
  }

  @Test func aRowIsTheSameWhateverRanBeforeItAndFromReset() throws {
    let small = try SmallGuest.shared.get()
    let (plan, rig) = (small.plan, try small.rig())
    let chosen = stride(from: 0, to: plan.rowCount, by: max(1, Int(plan.rowCount) / 8))
      .compactMap(plan.row)
    func run(_ rows: [Plan.Row]) throws -> [UInt64: RowResult] {
      try Dictionary(
        uniqueKeysWithValues: rows.map { ($0.k, RowResult($0.k, try rig.run($0, of: plan))) })
    }
    let (forth, back) = (try run(chosen), try run(chosen.reversed()))
    #expect(forth == back)
    for row in chosen {
      let other = try Rig(small.scenario, host: nil, files: small.files, file: small.file)
      let experiment = Experiment(plan.scenario(row, on: other.scenario), on: other.target)
      #expect(RowResult(row.k, try experiment.run()) == forth[row.k])
    }
  }

  @Test func aSecondMomentHasTheFirstOnesMark() throws {
    let small = try SmallGuest(
      census: "[]", moments: "[{console: 'guest: victim at ipa'}, {every: 20K, count: 2}]",
      more: "stop: {at-most: {injections: 60}}")
    let (plan, rig) = (small.plan, try small.rig())
    #expect(plan.moments.count == 3)
    #expect(plan.censusCount == 0 && plan.sampleCount == 60)
    let rows = (0..<plan.rowCount).compactMap(plan.row)
    #expect(Set(rows.map { plan.used[$0.unit].place }) == Set(plan.sampledPlaces))
    let late = try #require(rows.first { plan.used[$0.unit].moment == 2 })
    let result = RowResult(late.k, try rig.run(late, of: plan))
    let other = try Rig(small.scenario, host: nil, files: small.files, file: small.file)
    let scenario = plan.scenario(late, on: other.scenario)
    #expect(scenario.marks.count == 3)
    #expect(
      RowResult(late.k, try Experiment(scenario, on: other.target).run()) == result)
  }

  @Test func aMomentThatNeverComesIsSaid() {
    #expect {
      try SmallGuest(census: "[]", moments: "[{console: 'no such line'}]")
    } throws: {
      "\($0)".hasPrefix("no line like 'no such line' came in ")
    }
    #expect {
      try SmallGuest(census: "[]", moments: "[{instructions: 100G}]")
    } throws: {
      "\($0)".hasPrefix("the undisturbed run ends (power off) after ")
    }
  }
}

extension Rig {
  /// A part of the run that goes on; false at its end.
  fileprivate func undisturbedStep() throws -> Bool {
    let stop = target.run(instructions: 1_000_000)
    _ = target.takeConsole()
    _ = target.takeEvents()
    return stop == .budget || stop == .event
  }
}
