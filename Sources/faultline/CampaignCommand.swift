// `faultline campaign`: many experiments, and what they say together. Each subcommand is a file.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Campaigns.
struct CampaignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "campaign",
    abstract: "Try an error in every line of memory, or in a sample of them.",
    discussion: """
      A campaign asks where one bad line of memory can go. `plan` boots the machine of a scenario once,
      finds whose every line is and what happens first to it; `run` tries the lines that are used; `report`
      says how many end where, with intervals. Each row can be run again, alone, by `replay`.

      Documentation/Campaigns.md is the manual of campaign files.

      EXAMPLES
        faultline campaign plan Campaigns/guest-chain.yaml --to chain
        faultline campaign run chain --workers 2
        faultline campaign report chain --html chain.html
        faultline campaign replay chain 17

      EXIT STATUS
        0 done; 1 a demand of the file does not hold, two shards disagree, or B is worse than A;
        2 the undisturbed run does not come to a moment, or not to an end; 65 a file is wrong, or
        belongs to another campaign; 66 a file is missing; 70 the tool is not to be trusted: a row came
        to something else when run again, or more than 1 % of them failed in the tool; 73 a file
        cannot be written, or another process writes it; 75 run it again to go on:
        it was told to stop, another process keeps a file, or rows that `diff` needs are still to be run
      """,
    subcommands: [
      CampaignPlan.self, CampaignRun.self, CampaignStatus.self, CampaignMerge.self,
      CampaignReport.self, CampaignReplay.self, CampaignDiff.self, CampaignSubmit.self,
      CampaignServe.self, CampaignWorker.self,
    ])

  /// This build of the tool: rows of two builds do not belong together.
  static func tool() throws -> String {
    let digest = SHA256(try HostFile.read(HostFile.executable, as: "this program")).text
    return "faultline \(Faultline.configuration.version), \(digest)"
  }

  /// What a closure does with a campaign, its failures as exit statuses.
  static func checked<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try MachineOptions.machine(body) } catch let error as CampaignError {
      throw failure(Status(rawValue: error.exitStatus) ?? .unmodelled, error.description)
    } catch let error as ScenarioError {
      throw failure(.badContent, error.description)
    } catch let error as Results.Disagreement {
      throw failure(.targetFailed, error.description)
    } catch let error as ExperimentFailure {
      throw failure(.unmodelled, error.description)
    }
  }

  /// The plan in a folder.
  static func plan(_ folder: String) throws -> PlanStore {
    try checked { try PlanStore(folder: folder) }
  }
}

/// The campaign that a subcommand is about.
struct PlannedFolder: ParsableArguments {
  @Argument(help: ArgumentHelp("The folder with the plan.", valueName: "dir"))
  var folder: String

  /// Its plan.
  func plan() throws -> PlanStore { try CampaignCommand.plan(folder) }

  /// Its plan, which this build must have made: rows of two builds do not belong together.
  func planOfThisBuild() throws -> PlanStore {
    let store = try plan()
    let tool = try CampaignCommand.tool()
    guard store.source.tool == tool else {
      throw failure(
        .badContent,
        "'\(folder)' was planned by another build of faultline; plan it anew, or run it with that one"
      )
    }
    return store
  }
}
