// Making a plan: where the moments are, how the undisturbed run goes on from each, whose every line is there
// and what happens first to it.

import Arm
import Machine
import Scenario

/// Makes plans.
public struct Planner {
  private let file: CampaignFile
  private let scenario: Scenario
  private let host: Scenario.Host?
  private let files: BootFiles
  private let tell: (String) -> Void

  /// A planner of a campaign on a host; `tell` is told what goes on.
  public init(
    _ file: CampaignFile, _ scenario: Scenario, host: Scenario.Host?, files: BootFiles,
    tell: @escaping (String) -> Void
  ) {
    self.file = file
    self.scenario = scenario
    self.host = host
    self.files = files
    self.tell = tell
  }

  /// Makes the plan. Throws CampaignError, BoardError, MemoryError.
  public func plan(fingerprint: String) throws -> Plan {
    let counts = try moments()
    let rig = try Rig(scenario, host: host, files: files, file: file)
    var spaces = AddressSpaces()
    var moments: [Plan.Moment] = []
    var strata: [Plan.Stratum] = []
    var used: [Plan.UsedLine] = []
    for (index, count) in counts.enumerated() {
      try rig.advance(to: count) { spaces.look(at: rig.target.board) }
      let hash = rig.hash
      let begin = rig.target.virtualNanoseconds
      let plain = try golden(rig, index) { spaces.look(at: rig.target.board) }
      _ = rig.undisturbed(from: index)
      rig.target.board.recordFirstUses()
      let watched: Golden
      let uses: [UInt64: FirstUse]
      do {
        defer { _ = rig.target.board.takeFirstUses() }
        watched = try golden(rig, index)
        uses = rig.target.board.takeFirstUses()
      }
      guard plain == watched else {
        throw CampaignError.broken(
          "the undisturbed run from \(count.grouped) instructions is another one when it is watched"
        )
      }
      _ = rig.undisturbed(from: index)
      spaces.look(at: rig.target.board)
      let map = PlaceMap(
        of: rig.target.board, size: scenario.machine.memory, spaces: spaces, written: rig.written,
        firmware: rig.firmwareMemory)
      let before = used.count
      for mode in file.pattern.modes.indices {
        let found = units(uses, map, moment: index, mode: mode)
        used += found.used
        strata += found.strata
      }
      moments.append(
        Plan.Moment(
          instructions: count, hash: hash, end: plain.end, length: plain.instructions - count,
          endHash: plain.hash, nanoseconds: begin...max(begin, plain.nanoseconds)))
      tell(
        "moment \(index + 1) of \(counts.count) at \(count.grouped) instructions: "
          + "\(used.count - before) \(file.pattern.unitName) are met in \((plain.instructions - count).grouped) instructions"
      )
    }
    let plan = Plan(
      file: file, fingerprint: fingerprint, memory: scenario.machine.memory, moments: moments,
      strata: strata, used: used)
    if let key = file.stop.injectionsKey, file.stop.injections < plan.censusCount {
      throw key.mistake("\(plan.censusCount) or more, which the census takes")
    }
    return plan
  }

  /// The moments as instruction counts.
  private func moments() throws -> [UInt64] {
    let lines = file.moments.compactMap { moment -> ConsolePattern? in
      if case .console(let line) = moment { line } else { nil }
    }
    var found = try times(of: lines)[...]
    var counts: [UInt64] = []
    for moment in file.moments {
      switch moment {
      case .console: counts.append(found.removeFirst())
      case .instructions(let count): counts.append(count)
      case .every(let step, let count):
        let first = counts.last ?? 0
        for index in 1...count {
          let (distance, isTooFar) = step.multipliedReportingOverflow(by: index)
          guard !isTooFar, distance < .max - first else {
            throw CampaignError.noMoment("moments every \(step.grouped) instructions go too far")
          }
          counts.append(first + distance)
        }
      }
    }
    guard zip(counts, counts.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw CampaignError.noMoment(
        "the moments are not ascending: " + counts.map(\.grouped).joined(separator: ", "))
    }
    return counts
  }

  /// When lines come on the console.
  private func times(of lines: [ConsolePattern]) throws -> [UInt64] {
    guard !lines.isEmpty else { return [] }
    var waiting = scenario.waiting(for: lines)
    waiting.hosts = host.map { [$0] } ?? []
    let target = try BoardTarget(waiting, on: host, files: files)
    let experiment = Experiment(waiting, on: target)
    while true {
      let end: ExperimentEnd?
      do throws(ExperimentFailure) {
        end = try experiment.advance(to: target.instructions + 1)
      } catch { throw CampaignError.noMoment("the undisturbed run failed: \(error)") }
      let times = experiment.firings.compactMap(\.self)
      if times.count == lines.count { return times }
      if let end {
        let missing = zip(lines, experiment.firings).first { $0.1 == nil }?.0.source ?? ""
        throw CampaignError.noMoment(
          "no line like '\(missing)' came in \(target.instructions.grouped) instructions, when the run "
            + "ended (\(end.rawValue))")
      }
    }
  }

  /// How an undisturbed run ended.
  private struct Golden: Equatable {
    var end: ExperimentEnd
    var instructions: UInt64
    var nanoseconds: UInt64
    var hash: UInt64
  }

  private func golden(_ rig: Rig, _ moment: Int, look: () -> Void = {}) throws -> Golden {
    let experiment = rig.undisturbed(from: moment)
    while true {
      let end: ExperimentEnd?
      do throws(ExperimentFailure) {
        end = try experiment.advance(to: rig.target.instructions + 1)
      } catch { throw CampaignError.noMoment("the undisturbed run failed: \(error)") }
      look()
      guard let end else { continue }
      guard [.powerOff, .reset, .until].contains(end) else {
        throw CampaignError.noMoment(
          "the undisturbed run does not end by itself: \(end.rawValue) after "
            + "\(rig.target.instructions.grouped) instructions; accepted: a scenario whose machine "
            + "switches itself off, or whose limits have until")
      }
      return Golden(
        end: end, instructions: rig.target.instructions,
        nanoseconds: rig.target.virtualNanoseconds, hash: rig.target.hash())
    }
  }

  /// The units of a mode of which some line is met, and how many units each place has.
  private func units(
    _ uses: [UInt64: FirstUse], _ map: PlaceMap, moment: Int, mode: Int
  ) -> (used: [Plan.UsedLine], strata: [Plan.Stratum]) {
    let shape = file.pattern.modes[mode].shape
    var first: [UInt64: (line: UInt64, use: FirstUse)] = [:]
    var written: [UInt64: UInt64] = [:]
    for (line, use) in uses {
      let unit = shape.unit(of: line)
      if use.kind == .written { written[unit, default: 0] += 1 }
      guard use.kind.isUse else { continue }
      if let known = first[unit],
        (known.use.instructions, known.line) <= (use.instructions, line)
      {
        continue
      }
      first[unit] = (line, use)
    }
    var counts = map.counts(of: shape)
    var cured: [Place: UInt64] = [:]
    for (unit, lines) in written
    where lines == shape.lineCount(unit, ram: scenario.machine.memory) {
      cured[map[unit], default: 0] += 1
    }
    var used: [Plan.UsedLine] = []
    for unit in first.keys.sorted() {
      guard let (line, use) = first[unit] else { continue }
      // A unit of many lines is of the place where it is met first.
      counts[map[unit], default: 0] -= 1
      counts[map[line], default: 0] += 1
      guard file.places.contains(map[line]) else { continue }
      used.append(
        Plan.UsedLine(
          moment: moment, mode: mode, place: map[line], line: unit, first: use.kind, who: use.who,
          pc: use.pc, at: use.instructions))
    }
    let strata = file.places.map { place in
      Plan.Stratum(
        moment: moment, mode: mode, place: place, lines: counts[place] ?? 0,
        used: UInt64(used.count { $0.place == place }), cured: cured[place] ?? 0)
    }
    return (used, strata)
  }
}

extension FirstUse {
  /// Who it was, in a word or two.
  fileprivate var who: String {
    core == nil ? "device" : "EL\(level.rawValue)" + (isGuests ? " guest" : "")
  }
}
