// `faultline run`: one experiment, its story and its verdict.

import ArgumentParser
import Foundation
import Scenario

/// Runs a scenario.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run an experiment and judge it.",
    discussion: """
      Prints the story as a timeline, one event a line with its instruction count, then the
      expectations that do not hold, then the verdict as the last line:

        verdict: OUTCOME, contained by WHO, RADIUS, reported HOW

      A scenario with hosts runs on each, and what its guests say must agree.

      Scenarios/README.md is the manual of scenario files.

      EXAMPLES
        faultline run Scenarios/linux-process-reads-poison.yaml
        faultline run Scenarios/linux-process-reads-poison.yaml --json out.json
        faultline run Scenarios/guest-process-reads-poison.yaml --host linux
        faultline run my.yaml --kernel vmlinuz-6.12 --cpus 4 --memory 4G --console

      EXIT STATUS
        0 every expectation holds; 1 one does not; 2 a trigger never fired or a place meant
        nothing; 65 the scenario is wrong; others as `faultline --help` says.
      """)

  @Argument(help: "The scenario.")
  var scenario: String
  @Option(help: ArgumentHelp("Write the report as JSON.", valueName: "file"))
  var json: String?
  @Option(help: "Host to run on, faultline or linux, in place of the scenario's; may be repeated.")
  var host: [Scenario.Host] = []
  @Option(help: "Linux Image, or none, in place of the scenario's.")
  var kernel: String?
  @Option(help: "First root file system, or none, in place of the scenario's.")
  var initrd: String?
  @Option(help: "EL3 firmware, in place of the scenario's.")
  var firmware: String?
  @Option(help: "Memory, in place of the scenario's.")
  var memory: Size?
  @Option(help: "Cores, in place of the scenario's.")
  var cpus: Int?
  @Flag(help: "Also print the guest's console.")
  var console = false
  @Flag(help: "End when software uses a part of a device that is not modelled.")
  var strict = false

  func validate() throws {
    try MachineOptions.check(memory: memory?.bytes, cores: cpus)
    guard Set(host).count == host.count else {
      throw ValidationError("--host names the same host twice.")
    }
  }

  func run() throws {
    let bytes = try HostFile.read(scenario, as: "scenario")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure(.badContent, "scenario '\(scenario)' is not UTF-8 text")
    }
    var parsed: Scenario
    do {
      parsed = try Scenario(yaml: text, file: scenario)
      try parsed.resolve(HostFile.symbols(of: parsed), file: scenario)
    } catch let error as ScenarioError {
      throw failure(.badContent, error.description)
    }
    parsed.boot.firmware = firmware ?? parsed.boot.firmware
    parsed.machine.memory = memory?.bytes ?? parsed.machine.memory
    parsed.machine.cores = cpus ?? parsed.machine.cores
    if !host.isEmpty { parsed.hosts = host }
    if let json { try HostFile.checkWritable(json) }

    Run.tell("scenario: \(parsed.title)")
    guard !parsed.hosts.isEmpty else {
      let report = try run(parsed, on: nil)
      if let json { try write(report.json, to: json) }
      try conclude([report], failures: report.failures)
      return
    }
    var reports: [Report] = []
    for host in parsed.hosts {
      Run.tell("host: \(host.rawValue)")
      reports.append(try run(parsed, on: host))
    }
    try conclude(parsed, reports)
  }

  /// One run; on a host, or on what the scenario boots.
  private func run(_ scenario: Scenario, on host: Scenario.Host?) throws -> Report {
    var boot = scenario.boot
    boot.kernel = kernel ?? boot.kernel
    boot.initrd = initrd ?? boot.initrd
    let root = Run.withScript(boot.script, try HostFile.initrd(boot.initrd, of: host))
    let loader = try HostFile.firmware(boot.firmware)
    let image = try HostFile.kernel(boot.kernel, of: host, starts: boot.firmware == nil)
    let target = try MachineOptions.machine {
      try BoardTarget(
        cores: scenario.machine.cores, memory: scenario.machine.memory, firmware: loader,
        kernel: image, initrd: root, commandLine: boot.append,
        serror: boot.serror ?? .init(of: host), aborts: boot.aborts, isStrict: strict)
    }
    let experiment = Experiment(
      scenario, on: target,
      observe: { Run.tell($0.text(width: 14)) },
      console: console ? { Run.tell("              | " + $0.text) } : nil)
    do { return try experiment.run() } catch {
      if case .unmodelled = error { throw failure(.unmodelled, error.description) }
      throw failure(.noExperiment, "\(self.scenario): \(error.description)")
    }
  }

  /// Judges the runs of a scenario on its hosts, and whether they agree.
  private func conclude(_ scenario: Scenario, _ reports: [Report]) throws {
    let hosts = scenario.hosts
    var failures = zip(hosts, reports).flatMap { host, report in
      report.failures.map { "on \(host.rawValue): \($0)" }
    }
    var differences: [String] = []
    for index in reports.indices.dropFirst() {
      differences +=
        HostComparison(reports[0], on: hosts[0], reports[index], on: hosts[index]).differences
    }
    for (host, report) in zip(hosts, reports) where reports.count > 1 {
      print("on \(host.rawValue): \(report.verdict.line)")
    }
    if let stated = scenario.difference {
      for line in differences { print("stated difference (\(stated)): \(line)") }
    } else {
      failures += differences.map { "hosts agree: \($0)" }
    }
    if let json {
      let each = zip(hosts, reports).map { host, report in
        report.json(adding: [("host", .string(host.rawValue))])
      }
      var more: [(String, JSONValue)] = [
        ("host", .string(hosts[0].rawValue)),
        ("hosts", .array(each)),
        ("differences", .array(differences.map(JSONValue.string))),
      ]
      if let stated = scenario.difference { more.append(("difference", .string(stated))) }
      try write(reports[0].json(adding: more, failures: failures), to: json)
    }
    try conclude(reports, failures: failures)
  }

  private func conclude(_ reports: [Report], failures: [String]) throws {
    for line in failures { print("expectation failed: \(line)") }
    if failures.isEmpty {
      print("every expectation holds" + (reports.count > 1 ? ", and the hosts agree" : ""))
    }
    if let report = reports.first { print("verdict: \(report.verdict.line)") }
    if !failures.isEmpty { throw Status.targetFailed.exit }
  }

  private func write(_ json: JSONValue, to path: String) throws {
    try HostFile.write(path, Array((json.text() + "\n").utf8))
  }

  /// Prints a line at once, also into a pipe: a run is long and somebody may be reading along.
  private static func tell(_ line: String) {
    print(line)
    fflush(nil)
  }

  /// An initrd with a scenario's script in it.
  static func withScript(_ script: String?, _ initrd: [UInt8]?) -> [UInt8]? {
    guard let script else { return initrd }
    var archive = CpioArchive()
    archive.add(file: "script", Array(script.utf8))
    guard let initrd else { return archive.bytes }
    return CpioArchive.joined(initrd, archive.bytes)
  }
}

extension Scenario.Host: ExpressibleByArgument {}
