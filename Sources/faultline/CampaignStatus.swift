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
    var first: Int?
    while true {
      let results = try CampaignCommand.checked { try Results(store) }
      let tally = results.tally
      let seconds = (clock.now - began) / .seconds(1)
      let done = results.rows.count
      var line =
        "\(UInt64(done).grouped) of \(store.plan.rowCount.grouped) rows in \(results.files.count) files"
      if let first, done > first {
        let rate = Double(done - first) / seconds
        let left = Double(store.plan.rowCount) - Double(done)
        line += ", \(rounded(rate, 1)) a second, \(rounded(max(0, left) / rate, 0)) s left"
      }
      first = first ?? done
      if !results.lost.isEmpty { line += ", \(results.lost.count) failures of the tool" }
      if let widest = tally.widest {
        line +=
          "; widest interval: \(widest.what.text) within \(rounded(widest.estimate.halfWidth * 100, 3)) %"
      }
      try StandardOutput.write(line + "\n")
      guard watch, !tally.isComplete else { return }
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
