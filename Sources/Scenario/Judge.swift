// From the evidence to the verdict. Evidence is what the hardware noted, the records in memory and
// the console; the scenario's expectations play no part, so that a wrong expectation can fail.
//
// The rule for Linux: a record that it claims and a page that it gives up contain the error in the
// host kernel; an oops without a panic costs the process that ran; a panic costs the host. A process
// that was sent SIGBUS counts as killed, unless our /init reports that it ended otherwise. Guests are
// judged by the same lines on their own consoles; a VMM that survives its SIGBUS costs its guest
// nothing.

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
  /// One core met the same bad line at the same place again and again, or a guest was given the same
  /// exception: it cannot even take that.
  case storm
  /// Every guest panicked and stays so, and nobody says anything more.
  case guestPanic
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
  /// What guests must call those that are in their memory: guest physical addresses.
  public var plantedInGuests: Set<UInt64> = []
  /// The records that firmware published.
  public var records: [PublishedRecord] = []
  /// Cores that took an error to EL3 and were never let go by it.
  public var coresInFirmware: Set<Int> = []
  /// How it ended.
  public var end: ExperimentEnd = .limit

  /// No evidence yet.
  public init() {}
}

/// What a kernel's console shows of its errors: the host's, or a guest's.
struct KernelEvidence {
  private var signalled: Set<ProcessName> = []
  private var ended: [String: Bool] = [:]
  private var unnamedBusError = false
  private var oopsed = false
  private var killedPrograms = 0
  /// Whether it stopped.
  var panicked = false
  /// Whether a page was given up in time, or what was lost was made up for.
  var gaveUpPage = false
  /// Whether it printed a record.
  var readRecord = false
  /// Guest physical or physical addresses that its records name.
  var recordAddresses: [UInt64] = []

  private struct ProcessName: Hashable {
    var name: String
    var pid: UInt64
  }

  /// Takes a line of the console.
  mutating func add(_ line: KernelLine?) {
    switch line {
    case .processSignalled(let name, let pid): signalled.insert(ProcessName(name: name, pid: pid))
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
    case .sectionAddress(let address): recordAddresses.append(address)
    case .recordAddress(let address):
      readRecord = true
      recordAddresses.append(address)
    case .hardwareError: readRecord = true
    case .firmware, nil: break
    }
  }

  /// A process that was sent SIGBUS is known to have survived it.
  mutating func survived(_ name: String) { ended[name] = ended[name] ?? false }

  /// Whether some process was sent SIGBUS.
  var signalledSomebody: Bool { !signalled.isEmpty }

  /// Processes that were killed.
  var killed: Int {
    if signalled.isEmpty && (unnamedBusError || oopsed) {
      return killedPrograms + (ended.isEmpty ? 1 : ended.values.count { $0 })
    }
    return killedPrograms + signalled.count { ended[$0.name] != false }
  }

  /// Whether a process of this name was sent SIGBUS and did not end well.
  func killed(_ name: String) -> Bool {
    signalled.contains { $0.name == name && ended[name] != false }
  }
}

/// What became of the guests.
struct GuestEvidence {
  private var kernels: [String: KernelEvidence] = [:]
  /// Guest physical addresses in the records that VMMs wrote, and log2 of the most that a host took
  /// from a guest at once.
  private var written: [UInt64] = []
  private var leastBit: UInt64 = 12
  /// Whether a VMM lost memory of its own.
  private(set) var lostVMM = false
  /// Whether a VMM ended its guest because that could not go on.
  private(set) var endedGuest = false
  /// Whether an error came as far as a VMM or a guest.
  private(set) var isReached = false
  /// Whether a VMM went on after it was told: neither it nor its host is lost.
  private(set) var goesOn = false

  /// Takes a line of a guest or of a VMM; false when it is the host's.
  mutating func add(_ voice: ConsoleVoice) -> Bool {
    if let line = VMMLine(voice.text) {
      lostVMM = lostVMM || line == .ownMemoryLost
      isReached = isReached || line != .other
      switch line {
      case .guestMemoryLost(_, let bit): leastBit = max(leastBit, min(bit, 40))
      case .record(let physical):
        goesOn = true
        if let physical { written.append(physical) }
      case .injected, .ownMemoryNoticed: goesOn = true
      case .guestEnded: endedGuest = true
      case .ownMemoryLost, .other: break
      }
      return true
    }
    guard let guest = voice.guest else { return false }
    kernels[guest, default: KernelEvidence()].add(KernelLine(voice.text))
    return true
  }

  /// Guests that went down by themselves.
  var down: Int { kernels.values.count { $0.panicked } }
  /// Processes of guests that were killed.
  var killed: Int { kernels.values.reduce(0) { $0 + $1.killed } }
  /// Whether guests were told of what was hit: every address in a record of theirs lies in a page
  /// that the host gave up for a line that was. None where no record has one, or where it is not
  /// known what the guest calls the line.
  func addressReport(_ planted: Set<UInt64>) -> Verdict.AddressReport {
    let stated = written + kernels.values.flatMap(\.recordAddresses)
    guard !stated.isEmpty, !planted.isEmpty else { return .none }
    let pages = Set(planted.map { $0 >> leastBit })
    return stated.allSatisfy { pages.contains($0 >> leastBit) } ? .right : .wrong
  }

  /// Whether a guest put its loss right.
  var recovered: Bool { kernels.values.contains { $0.gaveUpPage || $0.readRecord } }
}

extension Evidence {
  /// The verdict over this evidence.
  public func verdict() -> Verdict {
    var host = KernelEvidence()
    var guests = GuestEvidence()
    host.panicked = end == .panic
    for line in console where !guests.add(ConsoleVoice(line.text)) {
      host.add(KernelLine(line.text))
    }
    if guests.goesOn { host.survived("vmm") }
    let killed = host.killed
    let killedVMM = guests.lostVMM || host.killed("vmm")

    let consumed = timeline.contains { $0.name == .consumed || $0.name == .errorInjected }
    let signalled = timeline.contains { $0.name == .takenToEL3 || $0.name == .takenElsewhere }
    let correctedOnly = !records.isEmpty && records.allSatisfy { $0.severity == .corrected }

    var verdict = Verdict(
      outcome: .recovered, containedBy: .hostKernel, radius: .noProcess,
      record: records.isEmpty
        ? .none : host.readRecord || records.contains { $0.wasRead } ? .delivered : .unread,
      address: addressReport, severity: severityReport,
      guestAddress: guests.addressReport(plantedInGuests))
    func judge(_ outcome: Verdict.Outcome, _ who: Verdict.Container, _ radius: Verdict.Radius) {
      verdict.outcome = outcome
      verdict.containedBy = who
      verdict.radius = radius
    }
    if host.panicked {
      judge(.hostDown, .hostKernel, .host)
    } else if consumed && (end == .reset || !coresInFirmware.isEmpty) {
      // Firmware gave the machine up, or never came back from it.
      judge(.hostDown, .firmware, .host)
    } else if consumed && !signalled && isCorrectedByHardware {
      judge(.corrected, .hardware, .noProcess)
    } else if consumed && !signalled {
      judge(.silentCorruption, .nobody, .host)
    } else if isStuck && consumed && guests.down == 0 {
      let isGuest = guests.goesOn && !killedVMM
      judge(.hang, isGuest ? .hostKernel : .nobody, isGuest ? .guest : .host)
    } else if correctedOnly && killed == 0 {
      judge(.corrected, .hardware, .noProcess)
    } else if !consumed && records.isEmpty {
      let cured = timeline.contains { $0.name == .poisonCured }
      judge(cured ? .corrected : .latent, .hardware, .noProcess)
    } else if killedVMM {
      judge(.guestDown, guests.lostVMM ? .vmm : .hostKernel, .guest)
    } else if guests.down > 0 {
      judge(.guestDown, .guestKernel, .guest)
    } else if guests.endedGuest {
      judge(.guestDown, .vmm, .guest)
    } else if guests.killed > 0 {
      judge(.guestProcessKilled, .guestKernel, .guestProcesses(guests.killed))
    } else if killed > 0 {
      judge(.processKilled, .hostKernel, .processes(killed))
    } else if guests.isReached && guests.recovered {
      judge(.recovered, .guestKernel, .noProcess)
    } else if host.gaveUpPage || host.signalledSomebody {
      judge(.recovered, .hostKernel, .noProcess)
    } else if isCorrectedByHardware {
      judge(.corrected, .hardware, .noProcess)
    } else {
      // Taken, survived, and nobody was told: somebody went on as if nothing had been.
      let hasFirmware = timeline.contains { $0.name == .takenToEL3 }
      judge(
        .recovered, hasFirmware ? .firmware : signalled ? .hostKernel : .nobody, .noProcess)
    }
    return verdict
  }

  /// Whether there was no progress.
  private var isStuck: Bool { end == .limit || end == .idle || end == .storm }

  /// Whether all that nodes recorded is corrected errors, of which software need not know.
  private var isCorrectedByHardware: Bool {
    let states = timeline.filter { $0.name == .recordWritten }
      .map { ErrorStatus(rawValue: $0.number("status") ?? 0).highestState }
    return !states.isEmpty && states.allSatisfy { $0 == .corrected }
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
