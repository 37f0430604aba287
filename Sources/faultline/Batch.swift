// Several scenarios at once: each in a process of its own, so that memory and a crash of one are no
// other's. Results are told in the order of the command line.

import Foundation
import Machine
import Scenario

/// The runs of several scenarios.
struct Batch {
  private let options: Run
  private let folder: URL

  /// What one scenario's process left behind.
  private struct Result {
    var file: String
    var status: Int32
    var output: [String]
    var json: String
    var seconds: Double

    /// What its last line says.
    var verdict: String {
      output.last { $0.hasPrefix("verdict: ") }
        ?? output.last { !$0.isEmpty }.map { "no verdict: " + $0 } ?? "no verdict"
    }
    /// What does not hold.
    var failures: [String] { output.filter { $0.hasPrefix("expectation failed: ") } }
    /// Its title.
    var title: String {
      output.first { $0.hasPrefix("scenario: ") }.map { String($0.dropFirst(10)) } ?? file
    }
  }

  /// The runs that the options ask for.
  init(_ options: Run) {
    self.options = options
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString)")
  }

  /// Runs all. The greatest status.
  func run() throws -> Status {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw failure(.cannotCreate, "cannot write '\(folder.path)': \(error.localizedDescription)")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let teller = RunTeller(toErrors: options.json == "-", console: false)
    let clock = ContinuousClock()
    var waiting = Array(options.scenarios.enumerated())
    var running: [(index: Int, process: Process, began: ContinuousClock.Instant)] = []
    defer { for entry in running where entry.process.isRunning { entry.process.terminate() } }
    var results: [Int: Result] = [:]
    var told = 0
    while told < options.scenarios.count {
      while running.count < options.jobs, !waiting.isEmpty {
        let (index, file) = waiting.removeFirst()
        running.append((index, try start(file, index), clock.now))
      }
      for (index, process, began) in running where !process.isRunning {
        results[index] = result(
          index, process.terminationStatus, seconds: (clock.now - began) / .seconds(1))
      }
      running.removeAll { results[$0.index] != nil }
      while let result = results[told] {
        try tell(result, teller)
        told += 1
      }
      if told < options.scenarios.count { Thread.sleep(forTimeInterval: 0.01) }
    }
    let all = options.scenarios.indices.compactMap { results[$0] }
    try write(all)
    return try conclude(all, teller)
  }

  private func start(_ file: String, _ index: Int) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: HostFile.executable)
    process.arguments = arguments(file, index)
    let output = folder.appendingPathComponent("\(index).txt")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    do {
      let handle = try FileHandle(forWritingTo: output)
      process.standardOutput = handle
      process.standardError = handle
      process.standardInput = FileHandle.nullDevice
      try process.run()
    } catch {
      throw failure(
        .cannotCreate, "cannot start '\(HostFile.executable)': \(error.localizedDescription)")
    }
    return process
  }

  private func arguments(_ file: String, _ index: Int) -> [String] {
    var list = ["run", file, "--json", folder.appendingPathComponent("\(index).json").path]
    for host in options.host { list += ["--host", host.rawValue] }
    let named: [(String, String?)] = [
      ("--kernel", options.images.kernel), ("--initrd", options.images.initrd),
      ("--firmware", options.images.firmware),
      ("--memory", options.memory.map { String($0.bytes) }),
      ("--cpus", options.cpus.map(String.init)),
    ]
    for case (let name, let value?) in named { list += [name, value] }
    list += ["--engine", options.engine.rawValue]
    if options.strict { list.append("--strict") }
    return list
  }

  private func result(_ index: Int, _ status: Int32, seconds: Double) -> Result {
    func text(_ suffix: String) -> String {
      let data = FileManager.default.contents(
        atPath: folder.appendingPathComponent("\(index).\(suffix)").path)
      return String(decoding: data ?? Data(), as: UTF8.self)
    }
    return Result(
      file: options.scenarios[index], status: status,
      output: text("txt").split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
      json: text("json"), seconds: seconds)
  }

  private func tell(_ result: Result, _ teller: RunTeller) throws {
    let word = result.status == 0 ? "holds " : result.status == 1 ? "FAILS " : "NO RUN"
    try teller.tell("\(word)  \(result.file)  \(rounded(result.seconds, 1)) s  \(result.verdict)")
    for line in result.failures { try teller.tell("        " + line) }
  }

  private func conclude(_ results: [Result], _ teller: RunTeller) throws -> Status {
    let held = results.count { $0.status == 0 }
    let failed = results.count { $0.status == 1 }
    try teller.tell(
      "\(results.count) scenarios: \(held) hold, \(failed) fail, \(results.count - held - failed) did "
        + "not run")
    let greatest = results.map(\.status).max() ?? 0
    return Status(rawValue: greatest) ?? .unmodelled
  }

  private func write(_ results: [Result]) throws {
    if let json = options.json {
      let reports = results.map { result in
        result.json.isEmpty
          ? JSONValue.object([
            ("scenario", .string(result.file)),
            ("exitStatus", .number(UInt64(max(0, result.status)))),
            ("failure", .string(result.output.last { !$0.isEmpty } ?? "")),
          ]) : JSONValue.verbatim(result.json)
      }
      let whole = JSONValue.object([
        ("schema", .number(HostRuns.schema)), ("scenarios", .array(reports)),
      ])
      try HostFile.write(json, Array((whole.text() + "\n").utf8))
    }
    if let junit = options.junit {
      let cases = results.map { result in
        JUnitReport.Case(
          file: result.file, title: result.title, seconds: result.seconds,
          outcome: result.status == 0
            ? .holds
            : result.status == 1
              ? .fails(result.failures.joined(separator: "\n"))
              : .didNotRun(result.verdict), output: result.output.joined(separator: "\n"))
      }
      try HostFile.write(junit, Array(JUnitReport(cases: cases).text.utf8))
    }
  }
}
