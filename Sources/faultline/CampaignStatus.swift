// `faultline campaign status` and `merge`: how far a folder is, and its shards as one file.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Says how far a campaign is.
struct CampaignStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say how many rows are run, and how wide the widest interval is.",
    discussion: """
      EXAMPLES
        faultline campaign status chain
        faultline campaign status chain --watch
      """)

  @OptionGroup var planned: PlannedFolder
  @Flag(help: "Say it again every two seconds, until all rows are run.")
  var watch = false

  func run() throws {
    let store = try planned.plan()
    let clock = ContinuousClock()
    let began = clock.now
    var first: UInt64?
    while true {
      let results = try CampaignCommand.checked { try Results(store) }
      let seconds = (clock.now - began) / .seconds(1)
      let progress = CampaignProgress(results, since: first.map { ($0, seconds) })
      first = first ?? progress.done
      try StandardOutput.write(progress.text + "\n")
      guard watch, !progress.isComplete else { return }
      Thread.sleep(forTimeInterval: 2)
    }
  }
}

/// Merges shards.
struct CampaignMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Write the rows of all shards into DIR/campaign.db.",
    discussion: """
      A row that two shards have must be the same row; otherwise nothing is written and the status is 1.

      EXAMPLES
        faultline campaign merge chain
      """)

  @OptionGroup var planned: PlannedFolder

  func run() throws {
    let store = try planned.plan()
    let (results, path) = try CampaignCommand.checked { () throws -> (Results, String) in
      let results = try Results(store, withStories: true)
      return (results, try results.merge())
    }
    try StandardOutput.write(
      "\(UInt64(results.rows.count).grouped) rows of \(results.files.count) files in '\(path)'\n")
  }
}
