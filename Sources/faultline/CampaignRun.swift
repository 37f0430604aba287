// `faultline campaign run`: a shard, or all of it.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// How progress is told.
enum ProgressForm: String, ExpressibleByArgument, CaseIterable {
  /// For people.
  case text
  /// A JSON object a line.
  case json
}

/// How workers come to be.
enum StartForm: String, ExpressibleByArgument, CaseIterable {
  /// By fork: they share the memory of the machine at its moments.
  case fork
  /// As programs, each of which boots to the moments by itself.
  case spawn
}

/// `I/N`.
struct ShardNumber: ExpressibleByArgument {
  let number: Int
  let count: Int
  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]),
      (1...100_000).contains(count), (1...count).contains(number)
    else { return nil }
    (self.number, self.count) = (number, count)
  }
}

/// `50m`.
struct TimeSpan: ExpressibleByArgument {
  let seconds: Double
  init?(argument: String) {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    guard let unit = argument.last.flatMap({ units[$0] }), let number = Double(argument.dropLast()),
      number > 0, number < 1e9
    else { return nil }
    seconds = number * unit
  }
}

/// Runs rows.
struct CampaignRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the rows of a plan that are not run yet.",
    discussion: """
      Goes on where it was ended, by whatever. Rows do not depend on the number of workers and shards.
      SIGTERM, or the end of --for, lets it finish what runs, write it and end with status 75: run me again.

      EXAMPLES
        faultline campaign run chain --workers 2
        faultline campaign run chain --shard 2/3 --for 50m
        faultline campaign run chain --progress json
        faultline campaign run chain --workers 2 --start spawn
      """)

  @OptionGroup var planned: PlannedFolder
  @Option(help: ArgumentHelp("Run a part of the rows only: I of N.", valueName: "i/n"))
  var shard: ShardNumber?
  @Option(help: "Processes that run rows.")
  var workers = 1
  @Option(
    help: """
      How workers are started: fork, which shares one machine at its moments, or spawn, where each boots to \
      them by itself; spawn alone where the system has no fork for Swift.
      """)
  var start = WorkerStart.canFork ? StartForm.fork : .spawn
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Stop after a time: 90s, 50m, 8h.", valueName: "time"))
  var time: TimeSpan?
  @Option(help: "How progress is told: text, json.")
  var progress = ProgressForm.text

  func validate() throws {
    guard (1...256).contains(workers) else {
      throw ValidationError("--workers: accepted are 1 to 256.")
    }
    guard start == .spawn || WorkerStart.canFork else {
      throw ValidationError("--start: found fork, which this system has not; accepted is spawn.")
    }
  }

  func run() throws {
    let store = try planned.planOfThisBuild()
    var options = ShardRun.Options()
    options.workers = workers
    options.seconds = time?.seconds
    if start == .spawn {
      options.start = .spawn(
        program: HostFile.executable, arguments: ["campaign", "worker", planned.folder])
    }
    if let shard { (options.shard, options.shards) = (shard.number, shard.count) }
    let teller = CampaignTeller(progress, store)
    let run = ShardRun(store, options, report: teller.tell)
    let end = try CampaignCommand.checked { try run.run() }
    teller.end()
    switch end {
    case .done(lost: 0): try say("done", "every row is run")
    case .done(let lost):
      try say("done", "every row is run; \(lost) are lost to the tool, as `campaign report` says")
    case .enough(let rows):
      try say("enough", "the intervals are narrow enough after \(rows.grouped) rows of the sample")
    case .outOfHours: try say("out of hours", "stop.at-most.hours is used up")
    case .again:
      try say("again", "stopped; the same command goes on")
      throw Status.again.exit
    }
  }

  private func say(_ word: String, _ text: String) throws {
    switch progress {
    case .text: try StandardOutput.write("campaign: \(text)\n")
    case .json: try StandardOutput.write("{\"end\": \"\(word)\"}\n")
    }
  }
}

/// Tells how far a run is.
final class CampaignTeller {
  private let form: ProgressForm
  private let store: PlanStore
  private let isWatched = isatty(1) == 1
  private var hasLine = false
  private let clock = ContinuousClock()
  private var nextLook = ContinuousClock().now
  private var known: String?

  init(_ form: ProgressForm, _ store: PlanStore) {
    self.form = form
    self.store = store
  }

  /// The widest interval of the folder's rows. It is looked for so rarely that it costs a twentieth of the time.
  private func widest() -> String? {
    let now = clock.now
    if now >= nextLook {
      if let results = try? Results(store) { known = CampaignProgress(results).widest }
      nextLook = clock.now + max(.seconds(2), (clock.now - now) * 20)
    }
    return known
  }

  /// Tells of a batch.
  func tell(_ progress: ShardRun.Progress) {
    do {
      switch form {
      case .json:
        try StandardOutput.write(progress.json(widest: widest()).line + "\n")
      case .text:
        let left = progress.secondsLeft.map { ", \(rounded($0, 0)) s left" } ?? ""
        let failures = progress.failures > 0 ? ", \(progress.failures) failures of the tool" : ""
        let line =
          "\(progress.done.grouped) of \(progress.total.grouped) rows, \(rounded(progress.rate, 1)) a "
          + "second\(left)\(failures)" + (widest().map { "; widest interval: \($0)" } ?? "")
        try StandardOutput.write(isWatched ? "\r\u{1B}[K" + line : line + "\n")
        hasLine = isWatched
      }
    } catch { Faultline.exit(withError: error) }
  }

  /// Leaves the line of progress.
  func end() {
    if hasLine { try? StandardOutput.write("\n") }
    hasLine = false
  }
}

/// A process that runs rows for `campaign run --start spawn`.
struct CampaignWorker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Answer for rows; started by `campaign run --start spawn`.",
    shouldDisplay: false)

  @OptionGroup var planned: PlannedFolder

  func run() throws { Worker.serve(try planned.planOfThisBuild()) }
}
