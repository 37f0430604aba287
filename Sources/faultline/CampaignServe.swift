// `faultline campaign serve`: a campaign for a browser. The server is a program of its own, beside this one.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Serves.
struct CampaignServe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Show a campaign, while it runs or afterwards, in a browser.",
    discussion: """
      The first page says how far the campaign is and what its rows say so far; every row has a page with
      its story, and can be run again there. Nothing needs a script. Paths for programs: /status.json,
      /report.json.

      Nobody is asked who he is: whoever reaches the address can read the campaign and have its rows run
      again. Without --address that is this computer alone.

      EXAMPLES
        faultline campaign serve chain
        faultline campaign serve chain --port 0

      EXIT STATUS
        0 it was ended; 65 the plan is wrong; 66 there is none, or no server beside this command;
        73 the address is taken
      """)

  @OptionGroup var planned: PlannedFolder
  @Option(help: ArgumentHelp("The address to listen at.", valueName: "address"))
  var address = "127.0.0.1"
  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "number"))
  var port = 8080

  func validate() throws {
    guard 0...65535 ~= port else {
      throw ValidationError("--port: found \(port); accepted are 0 to 65535.")
    }
  }

  func run() throws {
    _ = try planned.plan()
    let tool = HostFile.executable
    let server = (tool as NSString).deletingLastPathComponent + "/faultline-campaign-server"
    guard FileManager.default.isExecutableFile(atPath: server) else {
      throw failure(
        .noInput,
        "the server '\(server)' does not exist; `make server` builds it, `make install` installs it"
      )
    }
    let words = [
      server, planned.folder, "--address", address, "--port", String(port), "--tool", tool,
    ]
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    unsafe execv(server, &arguments)
    throw failure(.unmodelled, "cannot run '\(server)': \(unsafe String(cString: strerror(errno)))")
  }
}
