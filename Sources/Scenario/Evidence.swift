// The evidence of an experiment: what the hardware noted, the records in memory and what was said on the
// console, added up event by event. The scenario's expectations play no part, so that a wrong
// expectation can fail.

import Arm
import Machine

/// The last thing that happened.
public enum ExperimentEnd: String, Equatable, Sendable {
  /// Software switched the machine off.
  case powerOff = "power off"
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
  case guestPanic = "guest panic"
  /// Every core waits for ever.
  case idle
  /// The limit was reached.
  case limit
}

extension ExperimentEnd {
  /// What it was, behind "when".
  var sentence: String {
    switch self {
    case .powerOff: "the machine was switched off"
    case .reset: "the machine was reset"
    case .until: "the line came that ends the run"
    case .panic: "the kernel had panicked"
    case .storm: "the same error had come again and again"
    case .guestPanic: "every guest had panicked"
    case .idle: "every core waited for ever"
    case .limit: "the limit was reached"
    }
  }
}

/// The evidence of one experiment, from the first injection on.
public struct Evidence: Equatable, Sendable {
  /// Every error that was injected: what became of each.
  private(set) var errors = ErrorTrails()
  /// What guests must call the lines that are in their memory: guest physical addresses.
  public var plantedInGuests: Set<UInt64> = []
  /// Cores that took an error to EL3 and were never let go by it.
  public var coresInFirmware: Set<Int> = []
  /// Whether the host still works: each core was idle, or ran a process or a guest, near the end.
  public var hostLives = false
  /// Whether guests do: no core was in a guest's kernel all the time near the end.
  public var guestsLive = false
  /// How it ended.
  public var end: ExperimentEnd = .limit
  /// How often the machine came back after a reset.
  public private(set) var comebacks = 0
  /// Whether firmware gave up the machine in a run that a reset ended, or said that it does.
  private(set) var firmwareGaveUp = false
  /// Whether a run was ended by a reset after an error of which its kernel had not said anything.
  private(set) var wasResetUnsaid = false

  /// The records that firmware published.
  public private(set) var records: [PublishedRecord] = []
  /// Whether an exception told EL3 of an error.
  private(set) var isTakenToEL3 = false
  /// Whether one told another level of it.
  private(set) var isTakenElsewhere = false
  /// Errors that nodes recorded as corrected and as deferred.
  private(set) var corrected: UInt64 = 0
  private(set) var deferred: UInt64 = 0
  /// What the host's kernel says.
  private(set) var host = KernelEvidence()
  /// What guests and their VMMs say.
  private(set) var guests = GuestEvidence()
  /// The host's name of the program that runs guests.
  private let vmm: VMMDescription

  /// No evidence yet, of a machine with this VMM.
  public init(vmm: VMMDescription = VMMDescription()) { self.vmm = vmm }

  /// A line was hit, with an error of a state.
  public mutating func plant(_ line: UInt64, _ state: ErrorState) { errors.plant(line, state) }

  /// All lines of a pattern were hit, with errors of a state.
  public mutating func plant(_ lines: LinePattern, _ state: ErrorState) {
    errors.plant(lines, state)
  }

  /// The record of a core's own error is to name a line.
  public mutating func mayName(_ line: UInt64) { errors.mayName(line) }

  /// Whether a record may name a line.
  func holds(_ line: UInt64) -> Bool { errors.holds(line) }

  /// Whether hardware corrects what is read from a line.
  func isCorrected(line: UInt64) -> Bool { errors.isCorrected(line: line) }

  /// Takes an event in.
  public mutating func add(_ event: TimelineEvent) {
    errors.add(event)
    switch event.kind {
    case .exceptionTaken(_, let taken) where taken.cause != .virtualSError:
      if taken.target == .el3 { isTakenToEL3 = true } else { isTakenElsewhere = true }
    case .recordPublished(let record):
      records.append(record)
      if record.wasRead { tellOfDevices(record) }
    case .recordWritten(_, _, _, .corrected): corrected += 1
    case .recordWritten(_, _, _, .deferred): deferred += 1
    case .recordRead(let source, _): markRead(source)
    case .said(let statement): hear(statement)
    default: break
    }
  }

  /// The machine was reset and comes back; `firmwareHeld` is whether some core had not come back from
  /// firmware.
  mutating func comeBack(firmwareHeld: Bool, _ kind: ResetKind) {
    comebacks += 1
    if firmwareHeld { firmwareGaveUp = true }
    if isSignalled, !host.restarts, !host.panicked { wasResetUnsaid = true }
    host.comeBack()
    if kind == .cold { errors.losePower() }
  }

  private mutating func hear(_ statement: ConsoleStatement) {
    if guests.add(statement) { return }
    for line in statement.kernelLines {
      host.add(line)
      // A kernel that gives up prints the record and leaves it where it is.
      if case .recordOf(let source) = line { markRead(source) }
      if line == .firmwareError { firmwareGaveUp = true }
    }
  }

  private mutating func markRead(_ source: UInt16) {
    for index in records.indices
    where records[index].source == source && !records[index].wasRead {
      records[index].wasRead = true
      tellOfDevices(records[index])
    }
  }

  private mutating func tellOfDevices(_ record: PublishedRecord) {
    if let address = record.physicalAddress { errors.tellOfDevices(CacheLine.start(of: address)) }
  }

  /// Whether an exception told software of an error.
  var isSignalled: Bool { isTakenToEL3 || isTakenElsewhere }

  /// Whether anybody met an error: hardware, or software that was told of one.
  var isFelt: Bool {
    errors.isUsed || isSignalled || !records.isEmpty || guests.isReached || host.wasTold
  }

  /// Whether the host's kernel gave up because of it.
  var hostPanicked: Bool { isFelt && (host.panicked || end == .panic) }

  /// Whether there was no progress.
  var isStuck: Bool { end == .limit || end == .idle || end == .storm }

  /// Whether all that firmware published is corrected errors.
  var areRecordsCorrected: Bool {
    !records.isEmpty && records.allSatisfy { $0.severity == .corrected }
  }

  /// VMMs that were sent SIGBUS and did not survive it. One that told its guest of the error did.
  var killedVMMs: Int {
    vmm.names.reduce(0) {
      $0 + host.killed($1, survivors: guests.goingOn, heard: guests.signalsHeard)
    }
  }

  /// VMMs that survived their SIGBUS only to end: their guests ended with them. QEMU does so where it cannot
  /// tell its guest (no `ras=on`).
  var failedVMMs: Int { vmm.names.reduce(0) { $0 + host.gaveUp($1) } }

  /// Processes of the host that were killed, VMMs apart.
  var killedProcesses: Int { host.killed(apartFrom: vmm.names) }

  /// Guests that are lost, whoever ended them.
  var lostGuests: Int { max(guests.lost, killedVMMs + max(guests.down, failedVMMs)) }

  /// How many errors there were that cost nobody anything, and what was given up for them.
  var counts: Verdict.Counts {
    Verdict.Counts(corrected: corrected, deferred: deferred, offlined: host.pagesGivenUp)
  }

  var recordReport: Verdict.RecordReport {
    if records.isEmpty { return .none }
    return records.allSatisfy(\.wasRead) ? .delivered : .unread
  }

  var addressReport: Verdict.AddressReport {
    let stated = records.compactMap(\.physicalAddress)
    if stated.isEmpty { return .none }
    return stated.allSatisfy { errors.holds(CacheLine.start(of: $0)) } ? .right : .wrong
  }

  /// The worst: fatal, then recoverable, corrected, informational.
  var severityReport: Verdict.Severity {
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
  /// Whether the kernel took it: it cleared the block's status, or printed it.
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
