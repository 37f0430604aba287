// The machine of a campaign, brought to its moments, from each of which it goes on as often as one likes.
//
// Each moment is a mark: the machine's caches of translations are dropped there, as saving does, in every run
// alike. So a row that is run from reset, with the same marks, is the same run.

import Machine
import Scenario

/// Why a campaign cannot be.
public enum CampaignError: Error, Equatable, CustomStringConvertible {
  /// The undisturbed run does not come to a moment, or not to an end.
  case noMoment(String)
  /// Something is wrong with what the plan says of files.
  case badContent(String)
  /// A file is not there.
  case missing(String)
  /// A file cannot be written.
  case cannotWrite(String)
  /// Another process keeps a file; later it will not.
  case busy(String)
  /// What must never be: the tool is not what it says.
  case broken(String)

  /// What happened.
  public var description: String {
    switch self {
    case .noMoment(let text), .badContent(let text), .missing(let text), .cannotWrite(let text),
      .busy(let text), .broken(let text):
      text
    }
  }

  /// The exit status of a command that ends of it, as `faultline campaign --help` lists them.
  public var exitStatus: Int32 {
    switch self {
    case .noMoment: 2
    case .badContent: 65
    case .missing: 66
    case .broken: 70
    case .cannotWrite: 73
    case .busy: 75
    }
  }
}

/// The machine, and what it can go on from.
public final class Rig {
  /// The scenario's machine, without its errors.
  public let scenario: Scenario
  let target: BoardTarget
  /// The moments that were passed, in instructions.
  private(set) var marks: [UInt64] = []
  /// Pages of RAM that were written until the last moment.
  private(set) var written: Set<UInt64> = []
  private var saved: [Experiment<BoardTarget>.Snapshot] = []
  private var running: Experiment<BoardTarget>

  /// A machine in reset. Throws BoardError.
  public init(
    _ scenario: Scenario, host: Scenario.Host?, files: BootFiles, file: CampaignFile
  ) throws {
    var scenario = scenario.undisturbed()
    scenario.hosts = host.map { [$0] } ?? []
    scenario.liveness = file.liveness
    scenario.limits.panic = file.limits.panic
    scenario.limits.storm = file.limits.storm
    self.scenario = scenario
    target = try BoardTarget(scenario, on: host, files: files)
    running = Experiment(scenario, on: target)
  }

  /// The hash of the machine at the last moment that was passed.
  var hash: UInt64 { target.hash() }

  /// Goes on to the next moment, undisturbed; `look` is called now and then on the way.
  /// Throws CampaignError where the run ends before it, and what `look` throws.
  public func advance(to instructions: UInt64, look: () throws -> Void = {}) throws {
    var next = scenario
    next.marks = marks + [instructions]
    let experiment = Experiment(next, on: target, from: running.state)
    if let last = saved.last { experiment.restore(last) }
    while target.instructions < instructions {
      let end: ExperimentEnd?
      do throws(ExperimentFailure) {
        end = try experiment.advance(to: target.instructions + 1)
      } catch { throw CampaignError.noMoment("the undisturbed run failed: \(error)") }
      if let end {
        throw CampaignError.noMoment(
          "the undisturbed run ends (\(end.rawValue)) after \(target.instructions.grouped) "
            + "instructions, before the moment at \(instructions.grouped)")
      }
      try look()
    }
    experiment.passMark()
    marks.append(instructions)
    written.formUnion(target.board.writtenPages)
    saved.append(try experiment.save())
    running = experiment
  }

  /// A run from a moment on without an error; it is not gone on with.
  func undisturbed(from moment: Int) -> Experiment<BoardTarget> {
    var scenario = scenario
    scenario.marks = Array(marks[...moment])
    let experiment = Experiment(scenario, on: target)
    experiment.restore(saved[moment])
    return experiment
  }

  /// Where firmware keeps what it shares, at the moment where the machine is.
  var firmwareMemory: [Range<UInt64>] { running.firmwareMemory() }

  /// Runs one row of a plan from its moment on.
  func run(_ row: Plan.Row, of plan: Plan) throws(ExperimentFailure) -> Report {
    let moment = plan.used[row.unit].moment
    let experiment = Experiment(plan.scenario(row, on: scenario), on: target)
    experiment.restore(saved[moment])
    return try experiment.run()
  }

  /// Runs the plan's first error in any line from a moment on, whatever the plan knows of that line: as a
  /// campaign that prunes nothing would.
  public func run(line: UInt64, moment: Int, of plan: Plan) throws(ExperimentFailure) -> Report {
    let error = plan.file.errors[0].injection
    let experiment = Experiment(
      plan.scenario(error, in: line, moment: moment, on: scenario), on: target)
    experiment.restore(saved[moment])
    return try experiment.run()
  }
}

extension Plan {
  /// The scenario of a row: the machine, its marks, its error, its limits.
  public func scenario(_ row: Row, on machine: Scenario) -> Scenario {
    let unit = used[row.unit]
    var injection = error(row).injection
    let shape = mode(row).shape
    if let length = shape.length { injection.length = length } else { injection.mask = shape.mask }
    injection.also = others(row)
    return scenario(injection, in: unit.line, moment: unit.moment, on: machine)
  }

  func scenario(
    _ injection: Scenario.Injection, in line: UInt64, moment index: Int, on machine: Scenario
  ) -> Scenario {
    let moment = moments[index]
    var scenario = machine.disturbed(by: injection, at: moment.instructions, physical: line)
    scenario.marks = moments[...index].map(\.instructions)
    scenario.limits.instructions = limit(moment)
    scenario.limits.seconds = seconds(moment)
    return scenario
  }

  private func limit(_ moment: Moment) -> UInt64 {
    moment.instructions + UInt64(Double(moment.length) * file.limits.after) + 1
  }

  /// Virtual time counts too: a machine that waits executes next to nothing.
  private func seconds(_ moment: Moment) -> UInt64 {
    let length = Double(moment.nanoseconds.upperBound - moment.nanoseconds.lowerBound)
    return UInt64((Double(moment.nanoseconds.lowerBound) + length * file.limits.after) / 1e9) + 1
  }
}

extension PlanStore {
  /// The machine at all moments, which must be those of the plan. Throws CampaignError, BoardError,
  /// ScenarioError, and what `look` throws, which is called now and then on the way.
  func rig(look: () throws -> Void = {}) throws -> Rig {
    let rig = try Rig(source.machine(), host: source.host, files: source.files, file: plan.file)
    for moment in plan.moments {
      try rig.advance(to: moment.instructions, look: look)
      guard rig.hash == moment.hash else {
        throw CampaignError.noMoment(
          "the machine after \(moment.instructions.grouped) instructions is not the one of the plan"
        )
      }
    }
    return rig
  }
}
