// Runs that are saved and go on from there.

import Foundation
import Scenario
import Support
import Testing

/// A run on the real machine that is saved and gone on with.
@Suite struct SavedRunTests {
  private func experiment() throws -> Experiment<BoardTarget> {
    let text = try Checkout.text("Scenarios/small-program-reads-poison.yaml")
    let scenario = try Scenario(yaml: text, file: "s.yaml")
    let target = try BoardTarget(
      scenario,
      files: BootFiles(
        firmware: Checkout.bytes(".build/images/firmware.bin"),
        kernel: Checkout.bytes(".build/images/guest.bin"), initrd: nil))
    return Experiment(scenario, on: target)
  }

  /// The report as everybody reads it, hash and instruction count among it.
  @Test func itEndsAsOneThatIsNotSavedToTheLastBit() throws {
    let whole = try experiment().run()
    #expect(whole.failures == [])
    let injected = try #require(whole.timeline.first?.instructions)
    let consumed = try #require(whole.timeline.first { $0.name == .consumed }?.instructions)
    // Before the trigger, between injection and use, and behind the error path.
    for moment in [injected / 2, (injected + consumed) / 2, consumed + 40_000] {
      let experiment = try experiment()
      #expect(try experiment.advance(to: moment) == nil)
      let saved = try experiment.save()
      let first = try experiment.run()
      experiment.restore(saved)
      let second = try experiment.run()
      #expect(first.json == whole.json)
      #expect(second.json == whole.json)
    }
  }
}
