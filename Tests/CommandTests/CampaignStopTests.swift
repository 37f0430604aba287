// When a campaign has enough: at the same look, and with the same rows, whoever runs them.

import Foundation
import Support
import Testing

@Suite(.serialized) struct CampaignStopTests {
  @Test func shardsStopAtTheLookAtWhichOneRunWouldHave() throws {
    let folder = try CampaignFolder(
      "{all: [host process, host kernel, host tables]}", most: 400,
      stop: "half-width: {host down: 6%}, looks: 8, ")
    let whole = folder.path + "-whole"
    let together = folder.path + "-together"
    defer { for other in [whole, together] { try? FileManager.default.removeItem(atPath: other) } }
    for other in [whole, together] { try folder.copy(to: other) }
    let run = try faultline("campaign", "run", whole, "--workers", "2")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("the intervals are narrow enough after "), "\(run.output)")
    func report(_ path: String) throws -> [String] {
      let outcome = try faultline("campaign", "report", path, "--csv", "-")
      return outcome.lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        .map { $0.dropLast().joined(separator: ",") }
    }
    let wanted = try report(whole)
    #expect(wanted.count < 400)

    // One after the other: the first cannot know, the second stops, and so does the first when run again.
    let first = try faultline("campaign", "run", folder.path, "--shard", "1/2")
    #expect(first.status == 0 && first.output.contains("every row is run"), "\(first.output)")
    let second = try faultline("campaign", "run", folder.path, "--shard", "2/2")
    #expect(second.status == 0 && second.output.contains("narrow enough"), "\(second.output)")
    #expect(try report(folder.path) == wanted)

    // At the same time.
    let tool = try Checkout.required(".build/release/faultline")
    let both = try execute(
      "/bin/bash",
      [
        "-c",
        """
        '\(tool)' campaign run '\(together)' --shard 1/2 & pid=$!
        '\(tool)' campaign run '\(together)' --shard 2/2 || exit
        wait $pid
        """,
      ])
    #expect(both.status == 0, "\(both.errors)")
    #expect(try report(together) == wanted)
    let again = try faultline("campaign", "run", together, "--shard", "1/2")
    #expect(again.status == 0, "\(again.errors)")
  }
}
