// A scenario on each of its hosts, or once without any; and whether the hosts agree.

import Machine

/// What a machine starts with: the contents of files.
public struct BootFiles: Sendable {
  /// EL3 firmware.
  public var firmware: [UInt8]
  /// The kernel.
  public var kernel: [UInt8]?
  /// The first root file system.
  public var initrd: [UInt8]?

  /// These files.
  public init(firmware: [UInt8], kernel: [UInt8]?, initrd: [UInt8]?) {
    self.firmware = firmware
    self.kernel = kernel
    self.initrd = initrd
  }

  /// The initrd with a scenario's script in it.
  public func initrd(with script: String?) -> [UInt8]? {
    guard let script else { return initrd }
    var archive = CpioArchive()
    archive.add(file: "script", Array(script.utf8))
    guard let initrd else { return archive.bytes }
    return CpioArchive.joined(initrd, archive.bytes)
  }

  /// Each file's SHA-256, as the JSON report has it.
  var digests: JSONValue {
    let files: [(String, [UInt8]?)] = [
      ("firmware", firmware), ("kernel", kernel), ("initrd", initrd),
    ]
    var pairs: [(String, JSONValue)] = []
    for case (let name, let bytes?) in files { pairs.append((name, .string(SHA256(bytes).text))) }
    return .object(pairs)
  }
}

extension BoardTarget {
  /// The machine of a scenario, with these files, as a host needs it. Throws BoardError.
  public convenience init(
    _ scenario: Scenario, on host: Scenario.Host? = nil, files: BootFiles, isStrict: Bool = false,
    engine: ExecutionEngine = .standard
  ) throws {
    try self.init(
      cores: scenario.machine.cores, memory: scenario.machine.memory, firmware: files.firmware,
      kernel: files.kernel, initrd: files.initrd(with: scenario.boot.script),
      commandLine: scenario.boot.append, serror: scenario.boot.serror ?? .init(of: host),
      aborts: scenario.boot.aborts, events: scenario.boot.events,
      watchdog: scenario.boot.watchdog,
      scrubRate: scenario.machine.scrubRate, errorNodes: scenario.machine.errorNodes,
      isStrict: isStrict, engine: engine)
  }
}

/// What happens during the runs of a scenario, for who looks on.
public enum RunProgress {
  /// A run begins; on a host, if the scenario has some.
  case began(Scenario.Host)
  /// The timeline has a new event.
  case event(TimelineEvent)
  /// The console has a new line.
  case console(ConsoleLog.Line)
  /// So far it came: instructions, and nanoseconds of virtual time.
  case reached(instructions: UInt64, nanoseconds: UInt64)
}

/// All runs of one scenario.
public struct HostRuns: Sendable {
  /// The version of the JSON report's form: it grows when a key goes or changes its meaning.
  public static let schema: UInt64 = 2

  /// One run.
  public struct Run: Sendable {
    /// Its host; nil for what the scenario boots by itself.
    public let host: Scenario.Host?
    /// What it left behind.
    public let report: Report
  }

  /// An experiment that did not take place: what the machine did until then.
  public struct Failure: Sendable {
    /// The host; nil for what the scenario boots by itself.
    public let host: Scenario.Host?
    /// Why.
    public let cause: ExperimentFailure
    let timeline: [TimelineEvent]
    let console: [ConsoleLog.Line]
    let instructions: UInt64
  }

  /// The scenario's title.
  public let title: String
  /// The runs that came to a verdict.
  public private(set) var runs: [Run] = []
  /// Why there are no further runs.
  public private(set) var failure: Failure?
  /// What the hosts say differently of the same guests, one line each.
  public private(set) var differences: [String] = []
  /// Why the hosts may differ, if the scenario says so.
  public let statedDifference: String?
  private var digests: [JSONValue] = []

  /// Runs a scenario on each of its hosts. `files` gives what a machine starts with, `observe` sees
  /// what happens; `digesting` says whether the JSON report is to name the files' contents, `isStrict`
  /// whether what is not modelled ends a run; `engine` what executes instructions. Throws
  /// what `files` and the machine throw.
  public init(
    of scenario: Scenario, digesting: Bool = false,
    isStrict: Bool = false, engine: ExecutionEngine = .standard,
    files: (Scenario.Host?) throws -> BootFiles,
    observe: @escaping (RunProgress) -> Void = { _ in }
  ) throws {
    title = scenario.title
    statedDifference = scenario.difference
    for host in scenario.hosts.isEmpty ? [nil] : scenario.hosts.map(Optional.some) {
      if let host { observe(.began(host)) }
      let boot = try files(host)
      var scenario = scenario
      scenario.expectation = scenario.expectation.on(kernel: boot.kernel)
      if digesting { digests.append(boot.digests) }
      let target = try BoardTarget(
        scenario, on: host, files: boot, isStrict: isStrict, engine: engine)
      let experiment = Experiment(
        scenario, on: target, observe: { observe(.event($0)) },
        console: { observe(.console($0)) },
        progress: { observe(.reached(instructions: $0, nanoseconds: $1)) })
      do throws(ExperimentFailure) {
        runs.append(Run(host: host, report: try experiment.run()))
      } catch {
        failure = Failure(
          host: host, cause: error, timeline: experiment.state.story.events,
          console: experiment.state.log.lines, instructions: target.instructions)
        return
      }
    }
    compare(scenario.vmm)
  }

  /// Compares reports that exist.
  init(_ runs: [Run], title: String = "", statedDifference: String? = nil) {
    self.title = title
    self.runs = runs
    self.statedDifference = statedDifference
    compare(VMMDescription())
  }

  private mutating func compare(_ vmm: VMMDescription) {
    guard let first = runs.first, let host = first.host else { return }
    for run in runs.dropFirst() {
      guard let other = run.host else { continue }
      differences +=
        HostComparison(first.report, on: host, run.report, on: other, vmm: vmm).differences
    }
  }

  /// Everything that does not hold: expectations, each with its host, and that hosts agree.
  public var failures: [String] {
    let own = runs.flatMap { run in
      run.report.failures.map { failure in
        run.host.map { "on \($0.rawValue): \(failure)" } ?? failure
      }
    }
    return own + (statedDifference == nil ? differences.map { "hosts agree: \($0)" } : [])
  }

  /// What is said at the end, the first verdict last.
  public var conclusion: [String] {
    var lines: [String] = []
    if runs.count > 1 {
      for run in runs {
        lines.append("on \(run.host?.rawValue ?? ""): \(run.report.verdict.line)")
      }
    }
    if let statedDifference {
      lines += differences.map { "stated difference (\(statedDifference)): \($0)" }
    }
    let failures = failures
    lines += failures.map { "expectation failed: \($0)" }
    if failures.isEmpty { lines.append(success) }
    if let report = runs.first?.report { lines.append("verdict: \(report.verdict.line)") }
    return lines
  }

  /// What is said when nothing failed.
  private var success: String {
    let sentence =
      runs.contains { $0.report.isExpecting }
      ? "every expectation holds" : "the scenario expects nothing"
    guard runs.count > 1 else { return sentence }
    return sentence
      + (differences.isEmpty ? ", and the hosts agree" : ", and the hosts differ as stated")
  }

  /// The JSON report: the first run's, with all of them in it where there are hosts; or why there is
  /// none. `file` is the scenario's, `exitStatus` what the command ends with.
  public func json(file: String, exitStatus: Int32) -> JSONValue {
    var head: [(String, JSONValue)] = [
      ("schema", .number(Self.schema)), ("scenario", .string(file)),
      ("exitStatus", .number(UInt64(exitStatus))),
    ]
    if let digests = digests.first { head.append(("images", digests)) }
    if let failure { return .object(head + json(of: failure)) }
    guard let first = runs.first else { return .object(head) }
    guard let host = first.host else { return first.report.json(after: head) }
    var more: [(String, JSONValue)] = [
      ("host", .string(host.rawValue)),
      (
        "hosts",
        .array(
          runs.enumerated().map { index, run in
            var head = [("host", JSONValue.string(run.host?.rawValue ?? ""))]
            if index < digests.count { head.append(("images", digests[index])) }
            return run.report.json(after: head)
          })
      ),
      ("differences", .array(differences.map(JSONValue.string))),
    ]
    if let statedDifference { more.append(("difference", .string(statedDifference))) }
    return first.report.json(after: head, adding: more, failures: failures)
  }

  private func json(of failure: Failure) -> [(String, JSONValue)] {
    var pairs: [(String, JSONValue)] = [
      ("title", .string(title)), ("failure", .string(failure.cause.description)),
    ]
    if let host = failure.host { pairs.append(("host", .string(host.rawValue))) }
    pairs.append(("timeline", .array(failure.timeline.map(\.json))))
    pairs.append(("instructions", .number(failure.instructions)))
    pairs.append(("console", .array(failure.console.map { .string($0.text) })))
    return pairs
  }
}
