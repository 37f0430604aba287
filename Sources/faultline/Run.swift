// `faultline run`: experiments, their stories and their verdicts.

import ArgumentParser
import Foundation
import Machine
import Scenario

/// Runs scenarios.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run experiments and judge them.",
    discussion: """
      Prints the story as a timeline, one event a line with its instruction count, then the
      expectations that do not hold, then the verdict as the last line:

        verdict: OUTCOME, contained by WHO, RADIUS, reported HOW

      A scenario with hosts runs on each, and what its guests say must agree. Of several scenarios
      each is one line, with what does not hold below it, and the last line counts them.

      Scenarios/README.md is the manual of scenario files and of the JSON report.

      EXAMPLES
        faultline run Scenarios/linux-process-reads-poison.yaml
        faultline run Scenarios/linux-process-reads-poison.yaml --json out.json
        faultline run Scenarios/guest-process-reads-poison.yaml --host linux
        faultline run my.yaml --kernel vmlinuz-6.12 --cpus 4 --memory 4G --console
        faultline run Scenarios/*.yaml --jobs 2 --junit out.xml

      EXIT STATUS
        0 every expectation holds; 1 one does not; 2 a trigger never fired or a place meant
        nothing; 65 the scenario is wrong; others as `faultline --help` says. Of several
        scenarios, the greatest.
      """)

  @Argument(help: "The scenarios.")
  var scenarios: [String]
  @Option(help: ArgumentHelp("Write the report as JSON; - is standard output.", valueName: "file"))
  var json: String?
  @Option(help: ArgumentHelp("Write the results as JUnit's XML.", valueName: "file"))
  var junit: String?
  @Option(help: "How many scenarios run at once, each in a process of its own.")
  var jobs = 1
  @Option(help: "Host to run on, faultline or linux, in place of the scenario's; may be repeated.")
  var host: [Scenario.Host] = []
  @OptionGroup var images: ImageOptions
  @Option(help: "Memory, in place of the scenario's.")
  var memory: Size?
  @Option(help: "Cores, in place of the scenario's.")
  var cpus: Int?
  @Option(help: ExecutionEngine.help)
  var engine = ExecutionEngine.standard
  @Flag(help: "Also print the guest's console.")
  var console = false
  @Flag(help: "End when software uses a part of a device that is not modelled.")
  var strict = false

  func validate() throws {
    try MachineOptions.check(memory: memory?.bytes, cores: cpus)
    try MachineOptions.checkEnvironment()
    guard Set(host).count == host.count else {
      throw ValidationError("--host names the same host twice.")
    }
    guard !scenarios.isEmpty else { throw ValidationError("Name a scenario.") }
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs: accepted are 1 to 256.") }
    guard !console || scenarios.count == 1 else {
      throw ValidationError("--console: accepted with one scenario.")
    }
  }

  func run() throws {
    for file in [json, junit].compactMap(\.self) where file != "-" {
      try HostFile.checkWritable(file)
    }
    let isOne = scenarios.count == 1 && junit == nil
    let status = try isOne ? runOne(scenarios[0]) : Batch(self).run()
    if status != .success { throw status.exit }
  }

  private func runOne(_ file: String) throws -> Status {
    let scenario = try read(file)
    let teller = RunTeller(toErrors: json == "-", console: console)
    try teller.tell("scenario: \(scenario.title)")
    let runs = try MachineOptions.machine {
      try HostRuns(
        of: scenario, digesting: json != nil, isStrict: strict, engine: engine,
        files: { try files(scenario.boot, of: $0, file) }, observe: teller.observe)
    }
    teller.end()
    let status = status(of: runs)
    if let json {
      let text = runs.json(file: file, exitStatus: status.rawValue).text() + "\n"
      try HostFile.write(json, Array(text.utf8))
    }
    if let cause = runs.failure?.cause {
      _ = failure(
        status, status == .unmodelled ? cause.description : "\(file): \(cause.description)")
      return status
    }
    for line in runs.conclusion { try teller.tell(line) }
    return status
  }

  private func status(of runs: HostRuns) -> Status {
    switch runs.failure?.cause {
    case .unmodelled: .unmodelled
    case .some: .noExperiment
    case nil: runs.failures.isEmpty ? .success : .targetFailed
    }
  }

  /// The scenario in a file, with what the options say in place of it.
  private func read(_ file: String) throws -> Scenario {
    let bytes = try HostFile.read(file, as: "scenario")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure(.badContent, "scenario '\(file)' is not UTF-8 text")
    }
    var scenario: Scenario
    do {
      scenario = try Scenario(yaml: text, file: file)
      try scenario.resolve(
        HostFile.symbols(
          of: scenario, in: file, kernel: images.paths(scenario.boot, statedIn: file).kernel),
        file: file)
    } catch let error as ScenarioError {
      throw failure(.badContent, error.description)
    }
    scenario.machine.memory = memory?.bytes ?? scenario.machine.memory
    scenario.machine.cores = cpus ?? scenario.machine.cores
    if !host.isEmpty {
      guard !scenario.hosts.isEmpty else {
        throw failure(
          .badUsage,
          "--host: '\(file)' has no hosts: what it boots is no kernel that runs guests; "
            + "accepted: a scenario with host:")
      }
      scenario.hosts = host
    }
    return scenario
  }

  /// What a machine starts with: what the options name, or the scenario, or what a host needs.
  private func files(
    _ boot: Scenario.BootDescription, of host: Scenario.Host?, _ file: String
  ) throws -> BootFiles {
    let (loader, kernel, initrd) = images.paths(boot, statedIn: file)
    return BootFiles(
      firmware: try HostFile.firmware(loader),
      kernel: try HostFile.kernel(kernel, of: host, starts: loader == nil),
      initrd: try HostFile.initrd(initrd, of: host, starts: loader == nil))
  }
}

extension Scenario.Host: ExpressibleByArgument {}
