// `faultline campaign diff` and `submit`: two campaigns side by side, and one for a scheduler.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Compares campaigns.
struct CampaignDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Say whether build B contains errors worse than build A.",
    discussion: """
      Campaigns of one host are compared error by error (McNemar's exact test for each place and bad
      result, Holm's correction over all); of two hosts, share by share.

      EXAMPLES
        faultline campaign diff old new
        faultline campaign diff chain chain-kvm --json -

      EXIT STATUS
        0 B is not worse; 1 it is, and not by chance; 75 it is not known yet: rows of A or B are still to be run
      """)

  @Argument(help: ArgumentHelp("The folder of build A.", valueName: "dir-a"))
  var before: String
  @Argument(help: ArgumentHelp("The folder of build B.", valueName: "dir-b"))
  var after: String
  @Option(
    help: ArgumentHelp("Write the comparison as JSON; - is standard output.", valueName: "file"))
  var json: String?

  func run() throws {
    if let json, json != "-" { try HostFile.checkWritable(json) }
    let (a, b) = (try CampaignCommand.plan(before), try CampaignCommand.plan(after))
    let difference = try CampaignCommand.checked {
      Difference(from: try Results(a), to: try Results(b))
    }
    if let json { try HostFile.write(json, Array((difference.json.text() + "\n").utf8)) }
    if json != "-" {
      try StandardOutput.write(difference.text.joined(separator: "\n") + "\n")
    }
    if difference.isRegression { throw Status.targetFailed.exit }
    if !difference.isComplete { throw Status.again.exit }
  }
}

/// Prints what a scheduler is given.
struct CampaignSubmit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Print a script or manifest that runs a campaign on many machines.",
    discussion: """
      The folder must be one that all machines see, under the same name.

      EXAMPLES
        faultline campaign submit /shared/chain --slurm 8 | sbatch --wait
        faultline campaign submit /shared/chain --kubernetes 64 | kubectl apply -f -
        faultline campaign submit chain --parallel 4 | sh
      """)

  @OptionGroup var planned: PlannedFolder
  @Option(help: "A job array of Slurm with so many shards.")
  var slurm: Int?
  @Option(help: "An Indexed Job of Kubernetes with so many shards.")
  var kubernetes: Int?
  @Option(help: "A line for GNU parallel with so many shards.")
  var parallel: Int?

  func validate() throws {
    let named = [slurm, kubernetes, parallel].compactMap(\.self)
    guard named.count == 1, (1...100_000).contains(named[0]) else {
      throw ValidationError(
        "Name one of --slurm, --kubernetes and --parallel, with 1 to 100000 shards.")
    }
  }

  func run() throws {
    _ = try planned.plan()
    let path = URL(fileURLWithPath: planned.folder).standardizedFileURL.path
    let tool = HostFile.executable
    if let slurm {
      try StandardOutput.write(Submission.slurm(slurm, tool: tool, folder: path))
    } else if let kubernetes {
      try StandardOutput.write(Submission.kubernetes(kubernetes, folder: path))
    } else if let parallel {
      try StandardOutput.write(Submission.parallel(parallel, tool: tool, folder: path))
    }
  }
}
