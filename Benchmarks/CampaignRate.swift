// Injections a second: a campaign's, on the guest chain, and those of the loop that one writes with QEMU: load
// a snapshot, go on, wait for the end. QEMU's has no error planted, no record read and nothing judged.

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

/// QEMU's loop.
struct QEMULoop {
  /// The arguments that say what runs.
  var arguments: [String]

  /// Rounds a second, of so many: from the line that says `mark` to the one that says `end`. Nil without
  /// QEMU, or where the lines do not come.
  func rate(from mark: String, to end: String, rounds: Int) throws -> Double? {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-loop-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let disk = folder.appendingPathComponent("d.qcow2").path
    let serial = folder.appendingPathComponent("serial")
    _ = FileManager.default.createFile(atPath: serial.path, contents: nil)
    let image = Process()
    image.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    image.arguments = ["qemu-img", "create", "-q", "-f", "qcow2", disk, "64M"]
    guard (try? image.run()) != nil else { return nil }
    image.waitUntilExit()
    guard image.terminationStatus == 0 else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "qemu-system-aarch64", "-M", "virt,secure=on,virtualization=on,gic-version=3",
        "-cpu", "neoverse-n1", "-m", "1024", "-smp", "2", "-display", "none", "-monitor", "stdio",
        "-serial", "file:\(serial.path)", "-net", "none", "-no-shutdown", "-drive",
        "if=none,format=qcow2,file=\(disk)",
      ] + arguments
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    func count(_ text: String) -> Int {
      let data = FileManager.default.contents(atPath: serial.path) ?? Data()
      return String(decoding: data, as: UTF8.self).components(separatedBy: text).count - 1
    }
    func wait(for text: String, _ number: Int, seconds: Double) -> Bool {
      let deadline = ContinuousClock.now + .seconds(seconds)
      while ContinuousClock.now < deadline, process.isRunning {
        if count(text) >= number { return true }
        Thread.sleep(forTimeInterval: 0.001)
      }
      return false
    }
    func tell(_ command: String) throws {
      try input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
    }
    guard wait(for: mark, 1, seconds: 120) else { return nil }
    try tell("stop\nsavevm m\ncont")
    guard wait(for: end, 1, seconds: 60) else { return nil }
    let start = ContinuousClock.now
    for round in 0..<rounds {
      try tell("stop\nloadvm m\ncont")
      guard wait(for: end, round + 2, seconds: 30) else { return nil }
    }
    return Double(rounds) / ((ContinuousClock.now - start) / .seconds(1))
  }
}
