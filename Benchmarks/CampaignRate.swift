// Injections a second of a campaign on the guest chain.

import Campaign
import Foundation
import Platform
import Scenario

/// A campaign to be measured.
struct CampaignRate: ~Copyable {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-bench-\(UUID().uuidString)")
  private let tool = ".build/release/faultline"
  /// Lines of memory for each that is met.
  let pruning: Double
  private let store: PlanStore

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
      limits: {after: 10x, panic: 0}
      stop: {at-most: {injections: 1M}}
      """.utf8
    ).write(to: file)
    let plan = folder.appendingPathComponent("plan").path
    _ = try Self.run(tool, ["campaign", "plan", file.path, "--to", plan])
    store = try PlanStore(folder: plan)
    let found = store.plan
    let lines = found.strata.reduce(0) { $0 + $1.lines }
    pruning = Double(lines) / Double(max(1, found.used.count))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Injections a second of processor time into lines of RAM that are drawn whether anybody uses them or not,
  /// in this process, for so many seconds: each planted, run to its own end, judged and hashed.
  func unprunedRate(seconds: Double) throws -> Double {
    let (plan, source) = (store.plan, store.source)
    let rig = try Rig(source.machine(), host: source.host, files: source.files, file: plan.file)
    try rig.advance(to: plan.moments[0].instructions)
    let clock = ContinuousClock()
    let start = clock.now
    var count: UInt64 = 0
    let cost = try HostCost.of {
      while clock.now - start < .seconds(seconds) {
        var random = CounterGenerator(seed: 1, row: count)
        let line = MemoryMap.ram + random.next(below: plan.memory / 64) * 64
        _ = try rig.run(line: line, moment: 0, of: plan)
        count += 1
      }
    }
    return Double(count) / cost.processor
  }

  /// QEMU, at the first instruction of the guest's program after the moment: the same window, but for the
  /// few thousand instructions in between.
  func qemu() throws -> QEMULoop {
    let source = store.source
    let machine = try source.machine()
    let first = store.plan.used.filter { $0.who == "EL0 guest" && $0.pc != 0 }
      .min { $0.at < $1.at }
    guard let first else { throw BenchmarkFailure("no guest's program runs after the moment") }
    return try QEMULoop(
      firmware: source.files.firmware, kernel: source.files.kernel ?? [],
      initrd: source.files.initrd(with: machine.boot.script) ?? [],
      arguments: [
        "-append", machine.boot.append, "-fw_cfg", "name=opt/faultline/serror,string=sei",
      ], until: first.pc)
  }

  /// Rows a second of wall time with so many workers, for so many seconds.
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
      return object?["rate"] as? Double
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
