// The judgement over an experiment: what became of the error, who stopped it, how far it got and
// whether it was reported truthfully. A failure of the tool is never one of these.

import APEI

/// What became of the injected error.
public struct Verdict: Equatable, Sendable {
  /// The end result.
  public enum Outcome: String, CaseIterable, Sendable {
    /// Hardware put it right.
    case corrected
    /// Software gave the memory up and nobody was hurt.
    case recovered
    /// A process was killed for it, and no more.
    case processKilled = "process killed"
    /// A process of a guest was killed for it, and no more.
    case guestProcessKilled = "guest process killed"
    /// A guest went down.
    case guestDown = "guest down"
    /// The host, its kernel or its firmware, went down.
    case hostDown = "host down"
    /// Wrong data was used and nobody noticed.
    case silentCorruption = "silent corruption"
    /// The machine makes no progress.
    case hang
    /// Nobody has touched it: the error is still there.
    case latent
    /// Nothing was injected, and nothing came.
    case noError = "no error"
  }

  /// Who kept the error from spreading.
  public enum Container: String, CaseIterable, Sendable {
    /// The memory or the core.
    case hardware
    /// EL3.
    case firmware
    /// The kernel that owns the machine.
    case hostKernel = "host kernel"
    /// The program that runs a guest.
    case vmm = "VMM"
    /// A guest's kernel.
    case guestKernel = "guest kernel"
    /// Nobody did.
    case nobody
  }

  /// What was lost.
  public enum Radius: Equatable, Sendable {
    /// No process noticed.
    case noProcess
    /// So many processes, at least one.
    case processes(Int)
    /// So many processes of guests, at least one.
    case guestProcesses(Int)
    /// So many guests, at least one.
    case guests(Int)
    /// The machine.
    case host

    /// A guest.
    public static let guest = Radius.guests(1)

    /// How they are written.
    static let accepted =
      "no process, one process, N processes, one guest process, N guest processes, guest, N guests, "
      + "host"

    /// How it is written: `no process`, `one process`, `3 guest processes`, `guest`, `host`.
    public var text: String {
      switch self {
      case .noProcess: "no process"
      case .processes(1): "one process"
      case .processes(let count): "\(count) processes"
      case .guestProcesses(1): "one guest process"
      case .guestProcesses(let count): "\(count) guest processes"
      case .guests(1): "guest"
      case .guests(let count): "\(count) guests"
      case .host: "host"
      }
    }

    /// The radius a text stands for, or nil.
    public init?(_ text: String) {
      switch text {
      case "no process": self = .noProcess
      case "one process": self = .processes(1)
      case "one guest process": self = .guestProcesses(1)
      case "guest": self = .guest
      case "host": self = .host
      default:
        let parts = text.split(separator: " ")
        guard let first = parts.first, let count = Int(first), count > 1 else { return nil }
        switch parts.dropFirst() {
        case ["processes"]: self = .processes(count)
        case ["guest", "processes"]: self = .guestProcesses(count)
        case ["guests"]: self = .guests(count)
        default: return nil
        }
      }
    }
  }

  /// Whether firmware told the kernel.
  public enum RecordReport: String, CaseIterable, Sendable {
    /// It published a record and the kernel read it.
    case delivered
    /// It published a record that nobody read.
    case unread
    /// There was no record.
    case none
  }

  /// Whether the record told the truth about the place.
  public enum AddressReport: String, CaseIterable, Sendable {
    /// The line that was hit.
    case right
    /// Another one.
    case wrong
    /// The record names none, or there is no record.
    case none
  }

  /// The severity the record states: the words of scenarios, which are those of `ErrorSeverity.name` and one
  /// more.
  public enum Severity: String, CaseIterable, Sendable {
    /// CPER 0.
    case recoverable
    /// CPER 1.
    case fatal
    /// CPER 2.
    case corrected
    /// CPER 3.
    case informational
    /// There is no record.
    case none

    /// That of a record; one that UEFI does not define is taken as fatal, as Linux does.
    init(_ severity: ErrorSeverity?) {
      switch severity {
      case .recoverable: self = .recoverable
      case .corrected: self = .corrected
      case .some(.none): self = .informational
      case .fatal, nil: self = .fatal
      }
    }
  }

  /// The end result.
  public var outcome: Outcome
  /// Who contained it.
  public var containedBy: Container
  /// How far it spread.
  public var radius: Radius
  /// Whether it was recorded.
  public var record: RecordReport
  /// With which address.
  public var address: AddressReport
  /// With which severity.
  public var severity: Severity

  /// Whether the records that guests were given tell the truth about the place, in the guests' own
  /// addresses.
  public var guestAddress = AddressReport.none
  /// How it was seen that nothing goes on, where the outcome is a hang.
  public var hang: Hang?
  /// How often the machine came back after a reset.
  public var comebacks = 0
  /// What there was of errors that cost nobody anything.
  public var counts = Counts()

  /// Errors that cost nobody anything, and what was given up.
  public struct Counts: Equatable, Sendable {
    /// Errors that nodes recorded as corrected.
    public var corrected: UInt64 = 0
    /// Errors that nodes recorded as deferred.
    public var deferred: UInt64 = 0
    /// Pages of 4 KiB that the host's kernel gave up.
    public var offlined: UInt64 = 0

    /// The keys of the JSON report, and their values.
    var json: JSONValue {
      .object([
        ("corrected", .number(corrected)), ("deferred", .number(deferred)),
        ("offlinedPages", .number(offlined)),
      ])
    }

    /// Behind the verdict's line: `, 12 corrected, 1 page offlined`; deferred errors are told with what
    /// became of them.
    var text: String {
      var text = ""
      if corrected > 0 { text += ", \(corrected.grouped) corrected" }
      if deferred > 0 { text += ", \(deferred.grouped) deferred" }
      if offlined > 0, corrected > 0 || deferred > 0 {
        text += offlined == 1 ? ", 1 page offlined" : ", \(offlined.grouped) pages offlined"
      }
      return text
    }
  }

  /// How it is seen that nothing goes on.
  public enum Hang: String, CaseIterable, Sendable {
    /// The same error comes again and again.
    case storm
    /// Every core waits, and nothing will ever wake one.
    case idle
    /// The limit was reached, and the machine, or the guest, did nothing useful any more.
    case limit

    /// What the end of a run shows.
    init(_ end: ExperimentEnd) {
      switch end {
      case .storm: self = .storm
      case .idle: self = .idle
      default: self = .limit
      }
    }
  }

  /// `OUTCOME, contained by WHO, RADIUS, reported HOW`, and how often the machine came back, if it did.
  public var line: String {
    outcome.rawValue + (hang.map { " (\($0.rawValue))" } ?? "")
      + ", contained by \(containedBy.rawValue), \(radius.text), reported \(report)" + counts.text
      + comeback
  }

  private var comeback: String {
    switch comebacks {
    case 0: ""
    case 1: ", back after a reset"
    default: ", back after \(comebacks) resets"
    }
  }

  private var report: String {
    if record == .none { return "not at all" }
    let place =
      switch address {
      case .right: "with the right address"
      case .wrong: "with a wrong address"
      case .none: "without an address"
      }
    let told =
      switch guestAddress {
      case .right: ", to the guest with the right address"
      case .wrong: ", to the guest with a wrong address"
      case .none: ""
      }
    return "as \(severity.rawValue) \(place)" + (record == .unread ? ", unread" : "") + told
  }

  /// The verdict as the JSON report has it.
  public var json: JSONValue {
    var pairs: [(String, JSONValue)] = [
      ("outcome", .string(outcome.rawValue)),
      ("containedBy", .string(containedBy.rawValue)),
      ("radius", .string(radius.text)),
    ]
    if let hang { pairs.append(("hang", .string(hang.rawValue))) }
    let reported: [(String, JSONValue)] = [
      ("record", .string(record.rawValue)),
      ("address", .string(address.rawValue)),
      ("severity", .string(severity.rawValue)),
      ("guestAddress", .string(guestAddress.rawValue)),
    ]
    pairs.append(("reported", .object(reported)))
    pairs.append(("counts", counts.json))
    if comebacks > 0 { pairs.append(("comebacks", .number(UInt64(comebacks)))) }
    return .object(pairs)
  }
}
