// `faultline-campaign-server`, which `faultline campaign serve` becomes: a campaign's folder for a browser, while
// it runs and afterwards. A program of its own: who only runs experiments needs no server, and workers are
// forked from a process without threads.

import ArgumentParser
import Campaign
import Foundation
import Hummingbird
import Logging
import NIOCore

/// The command line.
@main struct CampaignServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faultline-campaign-server",
    abstract: "Serve a campaign's folder; `faultline campaign serve` starts it.")

  @Argument(help: "The folder with the plan.")
  var folder: String
  @Option(help: "The address to listen at.")
  var address = "127.0.0.1"
  @Option(help: "The port; 0 takes a free one.")
  var port = 8080
  @Option(help: "The faultline command, which runs rows again.")
  var tool: String

  func run() async throws {
    let replays = Replays(tool: tool, folder: folder)
    let site: Site
    do {
      site = try Site(folder, replays: replays)
    } catch let error as CampaignError {
      throw Self.failure(error.exitStatus, error.description)
    }
    var logger = Logger(label: "faultline")
    logger.logLevel = .critical
    let folder = folder
    let application = Application(
      router: Routes.router(site, at: address),
      configuration: .init(address: .hostname(address, port: port), serverName: "faultline"),
      onServerRunning: { channel in
        Self.say("serving '\(folder)' at http://\(Self.place(channel)); Ctrl-C ends it\n")
      },
      logger: logger)
    do {
      try await application.runService()
      await replays.stop()
    } catch {
      throw Self.failure(73, "cannot listen at \(address), port \(port): \(error)")
    }
  }

  /// Says why on standard error; what to throw.
  private static func failure(_ status: Int32, _ message: String) -> ExitCode {
    FileHandle.standardError.write(Data("faultline: \(message)\n".utf8))
    return ExitCode(status)
  }

  /// Says where it is. Who has closed standard output does not want to know.
  private static func say(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }

  private static func place(_ channel: any Channel) -> String {
    guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port
    else { return "?" }
    return (host.contains(":") ? "[\(host)]" : host) + ":\(port)/"
  }
}
