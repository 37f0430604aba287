// `faultline campaign report`: what the rows say, for people and for programs.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Reports.
struct CampaignReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Say how many errors end where, with intervals, and which escape.",
    discussion: """
      Prints a summary, and what became of the demands of the file. The HTML is one file that needs no
      script and nothing else.

      EXAMPLES
        faultline campaign report chain
        faultline campaign report chain --html chain.html --json chain.json
        faultline campaign report chain --csv - | head
        faultline campaign report chain --html chain.html --fit 25

      EXIT STATUS
        0 every demand of the file holds; 1 one does not, on the bad end of its interval
      """)

  @OptionGroup var planned: PlannedFolder
  @Option(help: ArgumentHelp("Write a page of HTML; - is standard output.", valueName: "file"))
  var html: String?
  @Option(help: ArgumentHelp("Write the results as JSON.", valueName: "file"))
  var json: String?
  @Option(help: ArgumentHelp("Write every row as CSV.", valueName: "file"))
  var csv: String?
  @Option(
    help: ArgumentHelp(
      "Your rate of uncorrectable errors, in FIT (10^-9 an hour) per GiB, for rates of failure.",
      valueName: "number"))
  var fit: Double?

  func validate() throws {
    if let fit, !(fit > 0 && fit < 1e9) {
      throw ValidationError("--fit: accepted are numbers above 0.")
    }
  }

  func run() throws {
    for file in [html, json, csv].compactMap(\.self) where file != "-" {
      try HostFile.checkWritable(file)
    }
    let store = try planned.plan()
    let results = try CampaignCommand.checked { try Results(store, withStories: true) }
    let report = CampaignPage(results, folder: planned.folder, fit: fit)
    if let html { try HostFile.write(html, Array(report.html.utf8)) }
    if let json { try HostFile.write(json, Array((report.json.text() + "\n").utf8)) }
    if let csv { try HostFile.write(csv, Array(report.csv.utf8)) }
    let isToOutput = [html, json, csv].contains("-")
    let lines = report.summary.joined(separator: "\n") + "\n"
    if isToOutput { StandardError.write(lines) } else { try StandardOutput.write(lines) }
    if results.tally.gates.contains(where: { !$0.holds }) { throw Status.targetFailed.exit }
  }
}
