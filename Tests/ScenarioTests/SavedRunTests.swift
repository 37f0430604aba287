// Runs that are saved and go on from there.

import Foundation
import Scenario
import Testing

/// A run on the real machine that is saved and gone on with.
@Suite struct SavedRunTests {
  private func file(_ relative: String) throws -> [UInt8] {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let data = try #require(
      FileManager.default.contents(atPath: root.appendingPathComponent(relative).path),
      "\(relative) is missing: run `make test`, which builds and fetches what tests need")
    return [UInt8](data)
  }

  private func experiment() throws -> Experiment<BoardTarget> {
    let text = String(
      decoding: try file("Scenarios/small-program-reads-poison.yaml"), as: UTF8.self)
    let scenario = try Scenario(yaml: text, file: "s.yaml")
    let target = try BoardTarget(
      scenario,
      files: BootFiles(
        firmware: file(".build/images/firmware.bin"), kernel: file(".build/images/guest.bin"),
        initrd: nil))
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
