// `faultline campaign replay`: one row again, from reset.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Replays a row.
struct CampaignReplay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a row again, from reset, and compare verdict and hash.",
    discussion: """
      Tells the row's story as `run` does. With --write the row becomes a scenario of its own.

      EXAMPLES
        faultline campaign replay chain 17
        faultline campaign replay chain 17 --write row-17.yaml

      EXIT STATUS
        0 the same verdict and the same hash; 70 another one; 66 the row was not run yet
      """)

  @OptionGroup var planned: PlannedFolder
  @Argument(help: "The row's number.")
  var row: UInt64
  @Option(help: ArgumentHelp("Write the row as a scenario.", valueName: "file"))
  var write: String?
  @Flag(help: "Also print the console.")
  var console = false

  func run() throws {
    if let write, write != "-" { try HostFile.checkWritable(write) }
    let store = try planned.plan()
    let results = try CampaignCommand.checked { try Results(store, withStories: true) }
    let sentence = try CampaignCommand.checked { try store.describe(row) }
    guard let stored = results.rows[row] else {
      throw failure(.noInput, "\(sentence): was not run yet")
    }
    let teller = RunTeller(toErrors: write == "-", console: console)
    if store.source.tool != (try CampaignCommand.tool()) {
      StandardError.write(
        "faultline: '\(planned.folder)' was run by another build; the hash may differ\n")
    }
    try teller.tell(sentence)
    if let write {
      let text = try CampaignCommand.checked { try store.scenarioFile(row, result: stored) }
      try HostFile.write(write, Array(text.utf8))
    }
    let (result, report) = try CampaignCommand.checked {
      try store.replay(row, observe: teller.observe)
    }
    teller.end()
    try teller.tell("verdict: \(report.verdict.line)")
    guard result.verdict == stored.verdict, result.hash == stored.hash else {
      throw failure(
        .unmodelled,
        "row \(row) was: \(stored.verdict), hash \(stored.hash.hex(16)); now it is: "
          + "\(result.verdict), hash \(result.hash.hex(16))")
    }
    try teller.tell("the same verdict and the same hash, \(result.hash.hex(16))")
  }
}
