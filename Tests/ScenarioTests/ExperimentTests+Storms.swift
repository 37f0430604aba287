// What comes again and again, and when it is no progress.

import Arm
import Testing

@testable import Scenario

extension ExperimentTests {
  @Test func anAbortThatRepeatsForEverIsAHangAndItsTimelineIsShort() throws {
    let target = Self.play()
    target.reaction = (1...1000).map {
      .init(at: UInt64($0) * 20_000, events: [Self.consumed, Self.taken, Self.forged])
    }
    let report = try run(target)
    #expect(report.end == .storm)
    #expect(report.verdict.outcome == .hang)
    #expect(report.timeline.count < 40)
    #expect(report.timeline.last?.name == .repeated)
    #expect(report.instructions < 15_000_000)
  }

  /// A core that waits for another's lock polls it often and not for long.
  @Test func whatRepeatsForAMomentIsNoStorm() throws {
    let target = Self.play()
    target.reaction = (1...1000).map {
      .init(at: UInt64($0) * 20, events: [Self.consumed, Self.taken, Self.forged])
    }
    target.reaction.append(.init(at: 21_000_000, stop: .powerOff))
    #expect(try run(target).end == .powerOff)
  }

  /// Its tables are not there yet: one look at them says nothing.
  @Test func recordsAreNotLookedForWhileFirmwareStarts() throws {
    let target = Self.play()
    target.contexts = [:]
    let experiment = Experiment(try Scenario(yaml: Self.yaml, file: "t.yaml"), on: target)
    #expect(experiment.isFirmwareStarting())
    target.contexts = [0: .hostKernel]
    #expect(!experiment.isFirmwareStarting())
    target.contexts = [:]
    #expect(!experiment.isFirmwareStarting())
  }

  @Test func aCorrectedErrorThatIsMetForEverIsNoStorm() throws {
    let target = Self.play()
    target.reaction = (1...1000).map {
      .init(at: UInt64($0) * 20_000, events: [Self.consumed, Self.written(status: 0xC200_0006)])
    }
    target.reaction.append(.init(at: 21_000_000, stop: .powerOff))
    let report = try run(target)
    #expect(report.end == .powerOff && report.verdict.outcome == .corrected)
  }

  /// Its vectors are in the memory that it lost.
  @Test func aGuestThatIsGivenTheSameAbortForEverHangsAndTheHostDoesNot() throws {
    let target = Self.play()
    let line = "a| vmm: SEA into vCPU 0 ESR_EL1 0x86000014 FAR_EL1 0x8012a00 ELR_EL1 0x8012a00\n"
    target.isUseful = true
    target.reaction.removeLast()
    target.reaction += (1...1000).map {
      .init(at: 300_000 + UInt64($0) * 20_000, console: line)
    }
    let report = try run(target)
    #expect(report.end == .storm)
    #expect(report.verdict.outcome == .hang && report.verdict.radius == .guest)
  }
}
