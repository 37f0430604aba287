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
      let found = units(uses, map, moment: index)
      used += found.used
      for place in file.places {
        strata.append(
          Plan.Stratum(
            moment: index, place: place, lines: map.counts(of: file.pattern.bytes)[place] ?? 0,
            used: UInt64(found.used.count { $0.place == place }), cured: found.cured[place] ?? 0))
      }
      moments.append(
        Plan.Moment(
          instructions: count, hash: hash, end: plain.end, length: plain.instructions - count,
          endHash: plain.hash, nanoseconds: begin...max(begin, plain.nanoseconds)))
      tell(
        "moment \(index + 1) of \(counts.count) at \(count.grouped) instructions: "
          + "\(found.used.count) lines are met in \((plain.instructions - count).grouped) instructions"
      )
    }
    return Plan(
      file: file, fingerprint: fingerprint, moments: moments, strata: strata, used: used)
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

  /// The units of which some line is met, and how many are wholly written first.
  private func units(
    _ uses: [UInt64: FirstUse], _ map: PlaceMap, moment: Int
  ) -> (used: [Plan.UsedLine], cured: [Place: UInt64]) {
    let size = file.pattern.bytes
    var first: [UInt64: FirstUse] = [:]
    var written: [UInt64: UInt64] = [:]
    for (line, use) in uses {
      let unit = line & ~(size - 1)
      if use.kind == .written { written[unit, default: 0] += Poison.lineSize }
      guard use.kind.isUse else { continue }
      if let known = first[unit], known.instructions <= use.instructions { continue }
      first[unit] = use
    }
    var cured: [Place: UInt64] = [:]
    for (unit, bytes) in written where bytes == size && file.places.contains(map[unit]) {
      cured[map[unit], default: 0] += 1
    }
    let used = first.keys.sorted().compactMap { unit -> Plan.UsedLine? in
      guard let use = first[unit], file.places.contains(map[unit]) else { return nil }
      return Plan.UsedLine(
        moment: moment, place: map[unit], line: unit, first: use.kind, who: use.who, pc: use.pc,
        at: use.instructions)
    }
    return (used, cured)
  }
}

extension FirstUse {
  /// Who it was, in a word or two.
  fileprivate var who: String {
    core == nil ? "device" : "EL\(level.rawValue)" + (isGuests ? " guest" : "")
  }
}
