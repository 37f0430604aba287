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

      Scenarios/README.md is the manual of scenario files.

      EXAMPLES
        faultline run Scenarios/linux-process-reads-poison.yaml
        faultline run Scenarios/linux-process-reads-poison.yaml --json out.json
        faultline run my.yaml --kernel vmlinuz-6.12 --cpus 4 --memory 4G --console

      EXIT STATUS
        0 every expectation holds; 1 one does not; 2 a trigger never fired or a place meant
        nothing; 65 the scenario is wrong; others as `faultline --help` says.
      """)

  @Argument(help: "The scenario.")
  var scenario: String
  @Option(help: ArgumentHelp("Write the report as JSON.", valueName: "file"))
  var json: String?
  @Option(help: "Linux Image, in place of the scenario's.")
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

  func validate() throws {
    try MachineOptions.check(memory: memory?.bytes, cores: cpus)
  }

  func run() throws {
    let text = String(
      decoding: try HostFile.read(scenario, as: "scenario"), as: UTF8.self)
    var parsed: Scenario
    do { parsed = try Scenario(yaml: text, file: scenario) } catch let error as ScenarioError {
      throw failure(.badContent, error.description)
    }
    parsed.boot.kernel = kernel ?? parsed.boot.kernel
    parsed.boot.initrd = initrd ?? parsed.boot.initrd
    parsed.boot.firmware = firmware ?? parsed.boot.firmware
    parsed.machine.memory = memory?.bytes ?? parsed.machine.memory
    parsed.machine.cores = cpus ?? parsed.machine.cores

    let root = Run.withScript(parsed.boot.script, try HostFile.initrd(parsed.boot.initrd))
    let target = try BoardTarget(
      cores: parsed.machine.cores, memory: parsed.machine.memory,
      firmware: try HostFile.firmware(parsed.boot.firmware),
      kernel: try HostFile.kernel(parsed.boot.kernel), initrd: root,
      commandLine: parsed.boot.append, serror: parsed.boot.serror)
    if let json { try HostFile.checkWritable(json) }
    Run.tell("scenario: \(parsed.title)")
    let experiment = Experiment(
      parsed, on: target,
      observe: { Run.tell($0.text(width: 14)) },
      console: console ? { Run.tell("              | " + $0.text) } : nil)
    let report: Report
    do { report = try experiment.run() } catch {
      if case .unmodelled = error { throw failure(.unmodelled, error.description) }
      throw failure(.noExperiment, "\(scenario): \(error.description)")
    }
    if let json { try HostFile.write(json, Array((report.json.text() + "\n").utf8)) }
    for line in report.failures { print("expectation failed: \(line)") }
    if report.failures.isEmpty { print("every expectation holds") }
    print("verdict: \(report.verdict.line)")
    if !report.failures.isEmpty { throw Status.targetFailed.exit }
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
