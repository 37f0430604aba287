// From the evidence to the verdict. Evidence is what the hardware noted, the records in memory and
// the console; the scenario's expectations play no part, so that a wrong expectation can fail.
//
// The rule for Linux: a record that it claims and a page that it gives up contain the error in the
// host kernel; an oops without a panic costs the process that ran; a panic costs the host. A process
// that was sent SIGBUS counts as killed, unless our /init reports that it ended otherwise.

import Arm

/// The last thing that happened.
public enum ExperimentEnd: Equatable, Sendable {
  /// Software switched the machine off.
  case powerOff
  /// Software reset it.
  case reset
  /// The scenario's `until` appeared.
  case until
  /// The kernel panicked and stays so.
  case panic
  /// One core met the same bad line at the same place again and again.
  case storm
  /// Every core waits for ever.
  case idle
  /// The limit was reached.
  case limit
}

/// The evidence of one experiment.
public struct Evidence: Sendable {
  /// What the hardware, firmware and kernel did.
  public var timeline: [TimelineEvent] = []
  /// Console lines since the first injection.
  public var console: [ConsoleLog.Line] = []
  /// Physical addresses of the lines that were hit, 64-byte aligned.
  public var planted: Set<UInt64> = []
  /// The records that firmware published.
  public var records: [PublishedRecord] = []
  /// Cores that took an error to EL3 and were never let go by it.
  public var coresInFirmware: Set<Int> = []
  /// How it ended.
  public var end: ExperimentEnd = .limit

  /// No evidence yet.
  public init() {}
}

extension Evidence {
  /// The verdict over this evidence.
  public func verdict() -> Verdict {
    var signalledProcesses: Set<ProcessName> = []
    var ended: [String: Bool] = [:]
    var unnamedBusError = false
    var panicked = end == .panic
    var oopsed = false
    var gaveUpPage = false
    var killedPrograms = 0
    var kernelReadRecord = false
    for line in console {
      switch KernelLine(line.text) {
      case .processSignalled(let name, let pid):
        signalledProcesses.insert(ProcessName(name: name, pid: pid))
      case .processEnded(let name, let status):
        // Linux keeps 15 characters of a name. One death outweighs later successes.
        ended[String(name.prefix(15))] = ended[String(name.prefix(15))] == true || status >= 128
      case .busError: unnamedBusError = true
      case .panic, .panicEnd: panicked = true
      case .oops: oopsed = true
      case .recoveryAction(_, _, let result):
        gaveUpPage = gaveUpPage || result == "Recovered" || result == "Delayed"
      case .programKilled: killedPrograms += 1
      case .lossRepaired: gaveUpPage = true
      case .recordAddress, .hardwareError: kernelReadRecord = true
      case .firmware, nil: break
      }
    }
    var killed = signalledProcesses.count { ended[$0.name] != false }
    if signalledProcesses.isEmpty && (unnamedBusError || oopsed) {
      killed = ended.isEmpty ? 1 : ended.values.count { $0 }
    }
    killed += killedPrograms

    let consumed = timeline.contains { $0.name == .consumed || $0.name == .errorInjected }
    let signalled = timeline.contains { $0.name == .takenToEL3 || $0.name == .takenElsewhere }
    let correctedOnly = !records.isEmpty && records.allSatisfy { $0.severity == .corrected }

    var verdict = Verdict(
      outcome: .recovered, containedBy: .hostKernel, radius: .noProcess,
      record: records.isEmpty
        ? .none : kernelReadRecord || records.contains { $0.wasRead } ? .delivered : .unread,
      address: addressReport, severity: severityReport)
    func judge(_ outcome: Verdict.Outcome, _ who: Verdict.Container, _ radius: Verdict.Radius) {
      verdict.outcome = outcome
      verdict.containedBy = who
      verdict.radius = radius
    }
    if panicked {
      judge(.hostDown, .hostKernel, .host)
    } else if consumed && (end == .reset || !coresInFirmware.isEmpty) {
      // Firmware gave the machine up, or never came back from it.
      judge(.hostDown, .firmware, .host)
    } else if consumed && !signalled && isCorrectedByHardware {
      judge(.corrected, .hardware, .noProcess)
    } else if consumed && !signalled {
      judge(.silentCorruption, .nobody, .host)
    } else if (end == .limit || end == .idle || end == .storm) && consumed {
      judge(.hang, .nobody, .host)
    } else if correctedOnly && killed == 0 {
      judge(.corrected, .hardware, .noProcess)
    } else if !consumed && records.isEmpty {
      let cured = timeline.contains { $0.name == .poisonCured }
      judge(cured ? .corrected : .latent, .hardware, .noProcess)
    } else if killed > 0 {
      judge(.processKilled, .hostKernel, .processes(killed))
    } else if gaveUpPage || !signalledProcesses.isEmpty {
      judge(.recovered, .hostKernel, .noProcess)
    } else {
      // Taken, survived, and nobody was told: somebody went on as if nothing had been.
      judge(.recovered, signalled ? .firmware : .nobody, .noProcess)
    }
    return verdict
  }

  /// Whether all that nodes recorded is corrected errors, of which software need not know.
  private var isCorrectedByHardware: Bool {
    let states = timeline.filter { $0.name == .recordWritten }
      .map { ErrorStatus(rawValue: $0.number("status") ?? 0).highestState }
    return !states.isEmpty && states.allSatisfy { $0 == .corrected }
  }

  private struct ProcessName: Hashable {
    var name: String
    var pid: UInt64
  }

  private var addressReport: Verdict.AddressReport {
    let stated = records.compactMap(\.physicalAddress)
    if stated.isEmpty { return .none }
    return stated.allSatisfy { planted.contains($0 & ~63) } ? .right : .wrong
  }

  /// The worst: fatal, then recoverable, corrected, informational.
  private var severityReport: Verdict.Severity {
    let order: [Verdict.Severity] = [.fatal, .recoverable, .corrected, .informational]
    return order.first { severity in records.contains { $0.severity == severity } } ?? .none
  }
}

/// One error status block, as firmware published it.
public struct PublishedRecord: Equatable, Sendable {
  /// The HEST source.
  public var source: UInt16
  /// The block's severity.
  public var severity: Verdict.Severity
  /// The first physical address that a section states, or nil.
  public var physicalAddress: UInt64?
  /// What the sections say, for people.
  public var sections: [TimelineEvent.Detail]
  /// Whether the kernel took it: it cleared the block's status.
  public var wasRead = false

  /// A record.
  public init(
    source: UInt16, severity: Verdict.Severity, physicalAddress: UInt64?,
    sections: [TimelineEvent.Detail], wasRead: Bool = false
  ) {
    self.source = source
    self.severity = severity
    self.physicalAddress = physicalAddress
    self.sections = sections
    self.wasRead = wasRead
  }
}
