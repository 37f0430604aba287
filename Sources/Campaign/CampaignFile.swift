// What a campaign asks, as its file says it. `CampaignFile+YAML.swift` reads it; Documentation/Campaigns.md
// is its manual.

import Arm
import Machine
import Scenario

/// A campaign, as its file describes it.
public struct CampaignFile {
  /// One line for people.
  public var title: String
  /// The scenario whose machine it is, as the file names it.
  public var scenario: String
  /// The host, of a scenario with several; nil is the scenario's first.
  public var host: Scenario.Host?
  /// When errors come.
  public var moments: [Moment]
  /// What errors come.
  public var errors: [WeightedError]
  /// Where errors come.
  public var places: [Place]
  /// The places of which every used line is tried.
  public var census: Set<Place>
  /// What is hit at once.
  public var pattern: FaultPattern
  /// What a machine that lives says.
  public var liveness: Scenario.Liveness?
  /// What random numbers depend on.
  public var seed: UInt64
  /// When there is enough.
  public var stop: Stop
  /// When one run ends.
  public var limits: Limits
  /// What must hold.
  public var gates: [Gate]

  /// When errors come.
  public enum Moment: Sendable {
    /// When a line is on the console.
    case console(ConsolePattern)
    /// After so many instructions from reset.
    case instructions(UInt64)
    /// Further ones, so many instructions apart, after the one before.
    case every(UInt64, count: UInt64)
  }

  /// A kind of error.
  public struct WeightedError {
    /// What it is.
    public var injection: Scenario.Injection
    /// How often it comes, beside the others.
    public var weight: Double
    /// Its keys and values as the file has them, for people and for scenarios.
    public var words: [(key: String, value: String)]
    /// What is left of it where ECC corrects it: the line's contents are good, and a node may note it.
    public var corrected: Self {
      var error = self
      error.injection.poison = Poison(state: .corrected)
      error.words = [("what", "poison"), ("severity", "corrected")]
      return error
    }
    /// For people: `poison, severity recoverable`.
    public var name: String {
      words.filter { $0.key != "weight" }
        .map { $0.key == "what" ? $0.value : "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
  }

  /// When there is enough.
  public struct Stop: Equatable {
    /// The confidence of intervals.
    public var confidence = 0.95
    /// The half-widths that are enough: by outcome, or `contained by WHO`.
    public var halfWidths: [(what: Finding, most: Double)] = []
    /// How often the sample is looked at.
    public var looks = 10
    /// The most rows, those of a census among them.
    public var injections: UInt64 = 10_000
    /// Where the file says so; nil where it does not, and a census may take more.
    public var injectionsKey: ScenarioNode?
    /// The most processor time that runs may take, in hours; nil for any.
    public var hours: Double?

    /// Equal in all.
    public static func == (a: Stop, b: Stop) -> Bool {
      a.confidence == b.confidence && a.looks == b.looks && a.injections == b.injections
        && a.hours == b.hours && a.halfWidths.map(\.what) == b.halfWidths.map(\.what)
        && a.halfWidths.map(\.most) == b.halfWidths.map(\.most)
    }
  }

  /// When one run ends.
  public struct Limits: Equatable, Sendable {
    /// Instructions after the error, in lengths of the undisturbed run.
    public var after = 10.0
    /// Instructions after a panic of the host.
    public var panic: UInt64 = 0
    /// How often the same error may be met at the same place.
    public var storm = 500
  }

  /// What a run may have come to.
  public enum Finding: Hashable, Sendable {
    /// An outcome.
    case outcome(Verdict.Outcome)
    /// Who contained it.
    case containedBy(Verdict.Container)
    /// The record named a wrong address.
    case wrongAddress

    /// As a file says it.
    public var text: String {
      switch self {
      case .outcome(let outcome): outcome.rawValue
      case .containedBy(let container): "contained by \(container.rawValue)"
      case .wrongAddress: "wrong address"
      }
    }

    /// What a text says, or nil.
    public init?(_ text: String) {
      if let outcome = Verdict.Outcome(rawValue: text) {
        self = .outcome(outcome)
      } else if text.hasPrefix("contained by "),
        let container = Verdict.Container(rawValue: String(text.dropFirst(13)))
      {
        self = .containedBy(container)
      } else if text == "wrong address" {
        self = .wrongAddress
      } else {
        return nil
      }
    }

    /// What a file may say.
    static let accepted =
      (Verdict.Outcome.allCases.map(\.rawValue)
      + Verdict.Container.allCases.map { "contained by \($0.rawValue)" } + ["wrong address"])
      .joined(separator: ", ")
  }

  /// A demand on the result.
  public struct Gate: Equatable, Sendable {
    /// The places together; empty for all.
    public var places: [Place]
    /// What is counted.
    public var finding: Finding
    /// How much of it there may, or must, be.
    public var bound: Bound
    /// The line of the file.
    public var line: Int

    /// How much.
    public enum Bound: Equatable, Sendable {
      /// At most that share of the errors that are met.
      case atMost(Double)
      /// At least that share.
      case atLeast(Double)
      /// At most so many rows.
      case count(Int)
    }

    /// As a sentence.
    public var text: String {
      let place = places.isEmpty ? "" : places.map(\.rawValue).joined(separator: " and ") + ": "
      return switch bound {
      case .atMost(let share): "\(place)\(finding.text) at most \(Format.percent(share))"
      case .atLeast(let share): "\(place)\(finding.text) at least \(Format.percent(share))"
      case .count(let count): "\(place)\(finding.text) at most \(count) rows"
      }
    }
  }
}
