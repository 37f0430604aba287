// A row again, from reset: the same verdict, the same hash. And as a scenario, for `faultline run`.

import Machine
import Scenario

extension PlanStore {
  /// Runs a row from reset, as its scenario says it; `observe` sees what happens. Throws CampaignError,
  /// ExperimentFailure, BoardError.
  public func replay(
    _ k: UInt64, observe: @escaping (RunProgress) -> Void
  ) throws -> (
    result: RowResult, report: Report
  ) {
    let row = try existing(k)
    let rig = try Rig(source.machine(), host: source.host, files: source.files, file: plan.file)
    let experiment = Experiment(
      plan.scenario(row, on: rig.scenario), on: rig.target,
      observe: { observe(.event($0)) }, console: { observe(.console($0)) },
      progress: { observe(.reached(instructions: $0, nanoseconds: $1)) })
    let report = try experiment.run()
    return (RowResult(k, report), report)
  }

  private func existing(_ k: UInt64) throws -> Plan.Row {
    guard let row = plan.row(k) else {
      throw CampaignError.badContent(
        "there is no row \(k); accepted: 0 to \(max(1, plan.rowCount) - 1)")
    }
    return row
  }

  /// What a row is, as a sentence.
  public func describe(_ k: UInt64) throws -> String {
    let row = try existing(k)
    let unit = plan.used[row.unit]
    let (mode, others) = (plan.mode(row), plan.others(row))
    let shape = mode.shape == .line ? "" : "the \(mode.name) of "
    let crowd = others.isEmpty ? "" : " and \(others.count) other lines"
    return "row \(k): \(plan.error(row).name) at \(shape)\(unit.line.hex())\(crowd), "
      + "\(unit.place.rawValue), after \(plan.moments[unit.moment].instructions.grouped) instructions"
  }

  /// The scenario of a row as a file. Its expectations are what the row came to.
  public func scenarioFile(_ k: UInt64, result: RowResult) throws -> String {
    let row = try existing(k)
    let unit = plan.used[row.unit]
    let machine = try source.machine()
    let scenario = plan.scenario(row, on: machine)
    let replaced = [
      "title", "description", "host", "inject", "expect", "limits", "marks", "liveness",
      "difference",
    ]
    var text = "title: '\(try describe(k).replacing("'", with: "''"))'\n"
    text +=
      "description: |\n  A row of '\(plan.file.title)', written by `faultline campaign replay`.\n"
    text += "  Without its images, or others than the campaign's, it is another run.\n"
    if let host = source.host { text += "host: [\(host.rawValue)]\n" }
    text += Self.without(replaced, source.scenario)
    text += "marks: [\(scenario.marks.map(String.init).joined(separator: ", "))]\n"
    if let liveness = plan.file.liveness {
      text +=
        "liveness: {every: \(liveness.nanoseconds / 1000)us, line: '"
        + liveness.line.source.replacing("'", with: "''") + "'}\n"
    }
    let shape = plan.mode(row).shape
    let extent =
      shape.length.map { "length: \($0)" } ?? "mask: \(shape.mask.hex())"
    let others = plan.others(row)
    let also =
      others.isEmpty
      ? "" : "\n    also: [" + others.map { $0.hex() }.joined(separator: ", ") + "]"
    let what = plan.error(row).words.filter { $0.key != "weight" }
      .map { "\($0.key == "what" ? "kind" : $0.key): \($0.value)" }.joined(separator: ", ")
    text += """
      inject:
        - when: {instructions: \(plan.moments[unit.moment].instructions)}
          what: {\(what)}
          where: {physical: \(unit.line.hex())}
          \(extent)\(also)
      expect:
        outcome: \(result.outcome)
        containedBy: \(result.container)
        radius: \(result.radius)
        reported: {record: \(result.record), address: \(result.address), severity: \(result.severity), \
      guestAddress: \(result.guestAddress)}
      limits:
        instructions: \(scenario.limits.instructions)
        seconds: \(scenario.limits.seconds)
        panic: \(plan.file.limits.panic)
        storm: \(plan.file.limits.storm)

      """
    if let until = machine.limits.until {
      text += "  until: '" + until.source.replacing("'", with: "''") + "'\n"
    }
    return text
  }

  /// A text of YAML without some keys of its root: each goes from its line to the next key's.
  private static func without(_ keys: [String], _ text: String) -> String {
    var isLeftOut = false
    var kept = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let first = line.first, first != " ", first != "#", first != "-" {
        isLeftOut = keys.contains { line.hasPrefix($0 + ":") }
      }
      if !isLeftOut, !line.isEmpty { kept += line + "\n" }
    }
    return kept
  }
}
