// Injections a second of a campaign on the guest chain.

import Campaign
import Foundation

/// A campaign to be measured.
struct CampaignRate: ~Copyable {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-bench-\(UUID().uuidString)")
  private let tool = ".build/release/faultline"
  /// Lines of memory for each that is met.
  let pruning: Double

  /// Plans it.
  init() throws {
    let file = folder.appendingPathComponent("c.yaml")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let scenario =
      FileManager.default.currentDirectoryPath
      + "/Scenarios/guest-process-reads-poison.yaml"
    try Data(
      """
      title: Rate
      scenario: \(scenario)
      moments: [{console: 'guest: victim'}]
      errors: [{what: poison}]
      stop: {at-most: {injections: 1M}}
      """.utf8
    ).write(to: file)
    let plan = folder.appendingPathComponent("plan").path
    _ = try Self.run(tool, ["campaign", "plan", file.path, "--to", plan])
    let found = try PlanStore(folder: plan).plan
    let lines = found.strata.reduce(0) { $0 + $1.lines }
    pruning = Double(lines) / Double(max(1, found.used.count))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Rows a second with so many workers, for so many seconds.
  func rate(workers: Int, seconds: Int) throws -> Double {
    let plan = folder.appendingPathComponent("plan").path
    for name in try FileManager.default.contentsOfDirectory(atPath: plan)
    where name.hasPrefix("shard-") {
      try FileManager.default.removeItem(atPath: plan + "/" + name)
    }
    let output = try Self.run(
      tool,
      [
        "campaign", "run", plan, "--workers", String(workers), "--for", "\(seconds)s",
        "--progress", "json",
      ])
    let rates = output.split(separator: "\n").compactMap { line -> Double? in
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return object?["perSecond"] as? Double
    }
    guard let rate = rates.last else {
      throw BenchmarkFailure("the campaign had no row: \(output)")
    }
    return rate
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
