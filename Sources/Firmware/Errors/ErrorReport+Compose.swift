// A report as the operating system reads it: a Generic Error Status Block with an Arm processor
// section, for the core that met the error or recorded it, a memory section for each place that
// is broken, and an Arm RAS node section for each node, with what its records held
// (`ErrorReport+Nodes.swift`).
//
// The processor section comes first: Linux reports to its caller what the last section queued, and
// only a memory section queues recovery whatever the error type.

import APEI
import Arm
import Bytes
import Platform

/// Wall-clock time from the generic timer.
public struct FirmwareClock: Equatable, Sendable {
  /// Seconds since 1970 when CNTPCT_EL0 was 0; may be before 1970, hence signed.
  public var epoch: Int64

  /// A clock that was `seconds` after 1970 at `count`.
  public init(seconds: UInt64, count: UInt64) {
    epoch = Int64(clamping: seconds) &- Int64(clamping: count / Clock.counterFrequency)
  }

  /// The time of a count.
  public func time(_ count: UInt64, isPrecise: Bool = true) -> Timestamp {
    let seconds = epoch &+ Int64(clamping: count / Clock.counterFrequency)
    return Timestamp(secondsSince1970: UInt64(max(0, seconds)), isPrecise: isPrecise)
  }
}

extension ErrorReport {
  /// Writes everything but BlockStatus, which stays 0, and gives its value.
  ///
  /// A block of a source has room for all sections (`ErrorRegion.largestRecord`). In a smaller place the
  /// sections of nodes are left out for which there is no room: the others say what is to be done.
  func compose<Sink: ByteSink>(
    into sink: Sink, hasOverflowed: Bool, clock: FirmwareClock
  ) throws(ByteError) -> UInt32 {
    var block = try ErrorStatusBlockWriter(into: sink)
    // Of errors that were lost the first section tells.
    var lost: SectionFlags = hasOverflowed || hasLostErrors ? .overflow : []
    var isEmpty = true
    if origin.coreState != nil || ownReading != nil {
      try appendProcessor(&block, lost, clock)
      lost = []
      isEmpty = false
    }
    for index in 0..<readingCount
    where isWorthASection(index) || isEmpty && isLastOfMemory(index) {
      try appendMemory(&block, index, lost, clock)
      lost = []
      isEmpty = false
    }
    appendNodes(&block, clock)
    return try block.finish(
      severalUncorrected: hasSeveral(isUncorrected: true),
      severalCorrected: hasSeveral(isUncorrected: false)
    ).blockStatus
  }

  /// Whether the records hold several errors that are corrected, or several that are not. What one
  /// node records because of another is no error more: it names the same place, or none.
  private func hasSeveral(isUncorrected: Bool) -> Bool {
    var count = 0
    for index in 0..<readingCount {
      let status = reading(index).status
      guard let state = status.highestState, (state != .corrected) == isUncorrected else {
        continue
      }
      if status.isSet(ErrorStatus.of) || reading(index).hasOtherCorrected { return true }
      if isFirstOfItsPlace(index) { count += 1 }
    }
    return count > 1
  }

  private func isFirstOfItsPlace(_ index: Int) -> Bool {
    if reading(index).isOfInterconnect { return true }
    let address = reading(index).physicalAddress
    for other in 0..<readingCount where other != index && !reading(other).isOfInterconnect {
      if address == nil, reading(other).physicalAddress != nil || other < index { return false }
      if other < index, reading(other).physicalAddress == address { return false }
    }
    return true
  }

  /// Whether an access has met the error of a record: the core lost something, or the aborted access
  /// went there as far as is known.
  func isConsumed(_ index: Int) -> Bool {
    switch origin {
    case .abort:
      guard let accessedLine, let address = reading(index).physicalAddress else { return true }
      return CacheLine.start(of: address) == accessedLine
    case .systemError: return origin.coreState.map { $0 > .restartable } ?? false
    case .interrupt, .parked, .abandoned, .leftOver: return false
    }
  }

  /// The core's own record.
  private var ownReading: Int? {
    var own: Int?
    for index in 0..<readingCount where UInt64(reading(index).index) == ErrorNode.processor {
      own = index
    }
    return own
  }

  /// The last record of a memory's node has a section even if it names no memory, where nothing else
  /// would say of it: no core has met the error. Of the interconnect's its node's section tells.
  private func isLastOfMemory(_ index: Int) -> Bool {
    if reading(index).isOfInterconnect { return false }
    for later in (index + 1)..<readingCount where !reading(later).isOfInterconnect { return false }
    return true
  }

  /// The unit that is replaced because of a record: the processor, the memory behind a controller, the
  /// interconnect. The same unit has the same identifier in every report. What no record has said is nobody's:
  /// its identifier is the report's own, so that two alike errors are two, as Linux suppresses records that
  /// repeat one it has just printed. (Others are told apart by what their nodes' sections say.)
  func unit(of record: UInt16?) -> GUID {
    guard let record, record != ErrorRecordReading.noRecord else {
      return GUID(sequence, 0, 0, timestamp)
    }
    let isOwn = UInt64(record) == ErrorNode.processor
    return GUID(
      Self.unitFamily, record, 0, isOwn ? affinity & MultiprocessorAffinity.affinityMask : 0)
  }

  /// What the identifiers of all units of the board begin with.
  static var unitFamily: UInt32 { 0x464C_5455 }

  /// The unit to which the place belongs that a record names: a PE records errors of memory, too.
  private func unit(ofPlace index: Int) -> GUID {
    let reading = reading(index)
    guard UInt64(reading.index) == ErrorNode.processor, let address = reading.physicalAddress else {
      return unit(of: reading.index)
    }
    return unit(of: UInt16(ErrorNode.memory(of: address)))
  }

  @inline(never)
  private func appendProcessor<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, _ lost: SectionFlags, _ clock: FirmwareClock
  ) throws(ByteError) {
    // The core's own record, and what the syndrome says of the core.
    let own = ownReading
    var state = origin.coreState
    var flags: SectionFlags = []
    var type: ProcessorErrorType = .bus
    if let own {
      let status = reading(own).status
      if let recorded = status.highestState { state = state.map { max($0, recorded) } ?? recorded }
      flags = SectionFlags(status, isConsumed: isConsumed(own))
      type = ErrorComponent(status.code).processorErrorType
    }
    flags.formUnion(lost)
    // A cache error with an address would make Linux handle the page a second time; the memory
    // section has the address then.
    var information = ProcessorErrorInformation(
      type, detail: detail(state ?? .recoverable), virtualAddress: origin.accessedAddress)
    if let own, type.isDisjoint(with: .cache), reading(own).isNonSecure {
      information.physicalAddress = reading(own).physicalAddress
    }
    let section = ProcessorSection(
      mpidr: affinity & MultiprocessorAffinity.affinityMask, midr: identification)
    let entry = DataEntry(
      severity: severity(ErrorSeverity(state ?? .recoverable)), flags: flags,
      timestamp: time(clock),
      fruID: unit(
        of: readingCount > 0 && reading(0).index != ErrorRecordReading.noRecord
          ? UInt16(ErrorNode.processor) : nil))
    try block.append(section, information, entry)
  }

  /// What the access was: 0 an instruction's, 1 data, 2 unknown; see `ProcessorErrorDetail`.
  private func detail(_ state: ErrorState) -> ProcessorErrorDetail {
    let access: (transaction: UInt64, operation: UInt64) =
      switch origin {
      case .abort(let syndrome, _) where syndrome.exceptionClass.isInstructionAbort: (0, 5)
      case .abort(let syndrome, _): (1, syndrome.isSet(Syndrome.wnr) ? 4 : 3)
      case .systemError: (1, 0)
      case .interrupt, .parked, .abandoned, .leftOver: (2, 0)
      }
    return ProcessorErrorDetail(
      transaction: access.transaction, operation: access.operation, level: nil, state: state)
  }

  /// How bad it is for who reads it: an error of the run before ended that one, and this one can go on.
  func severity(_ severity: ErrorSeverity) -> ErrorSeverity {
    origin == .leftOver && severity == .fatal && !isPast ? .recoverable : severity
  }

  /// When it was: nobody knows of an error of the run before.
  func time(_ clock: FirmwareClock) -> Timestamp {
    clock.time(timestamp, isPrecise: origin != .leftOver)
  }

  /// Whether a record names memory of the Non-secure world that no earlier record has named.
  private func isWorthASection(_ index: Int) -> Bool {
    guard let address = reading(index).physicalAddress, reading(index).isNonSecure,
      !reading(index).isOfInterconnect
    else { return false }
    // A record whose syndrome is that of the software's own mistake is no failure of memory.
    let component = ErrorComponent(reading(index).status.code)
    if component == .software { return false }
    for earlier in 0..<index
    where reading(earlier).isNonSecure && reading(earlier).physicalAddress == address
      && !reading(earlier).isOfInterconnect
    {
      return false
    }
    return true
  }

  @inline(never)
  private func appendMemory<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, _ index: Int, _ lost: SectionFlags,
    _ clock: FirmwareClock
  ) throws(ByteError) {
    let status = reading(index).status
    let isPoison = status.isSet(ErrorStatus.pn)
    var kind = SectionErrorStatus(isPoison ? .poisoned : .memory)
    kind[SectionErrorStatus.data] = 1
    if status.isSet(ErrorStatus.of) { kind[SectionErrorStatus.overflow] = 1 }
    let address = isWorthASection(index) ? reading(index).physicalAddress : nil
    var section = MemorySection(
      physicalAddress: address, granule: address == nil ? nil : CacheLine.size,
      kind: memoryKind(index), status: kind)
    if origin.coreState != nil {
      section.requestor = affinity & MultiprocessorAffinity.affinityMask
    }
    let (severity, flags) = summary(ofPlace: index)
    let entry = DataEntry(
      severity: severity, flags: flags.union(lost), timestamp: time(clock),
      fruID: unit(ofPlace: index))
    try block.append(section, entry)
  }

  /// How bad the error of a record's place is, and what else is to be known of it. Later readings of the same
  /// place (its record changed while it was cleared, or another node saw it too) have no section of their
  /// own: what they add is said here.
  @inline(never)
  private func summary(ofPlace index: Int) -> (ErrorSeverity, SectionFlags) {
    var severity = ErrorSeverity(reading(index).status)
    var flags = SectionFlags(reading(index).status, isConsumed: isConsumed(index))
    for later in (index + 1)..<readingCount
    where reading(later).physicalAddress == reading(index).physicalAddress
      && !reading(later).isOfInterconnect
    {
      severity = severity.worse(ErrorSeverity(reading(later).status))
      flags.formUnion(SectionFlags(reading(later).status, isConsumed: isConsumed(later)))
    }
    if reading(index).isOverThreshold { flags.insert(.thresholdExceeded) }
    if reading(index).hasOtherCorrected { flags.insert(.overflow) }
    return (self.severity(severity), flags)
  }

  /// Error Type of a record's memory section.
  @inline(never)
  private func memoryKind(_ index: Int) -> MemorySection.Kind {
    let reading = reading(index)
    if reading.index == ErrorRecordReading.noRecord { return .unknown }
    let isCorrected = reading.status.highestState == .corrected
    if UInt64(reading.index) != ErrorNode.processor, !reading.isOfInterconnect,
      reading.status[ErrorStatus.ierr] == UInt64(MemoryErrorCause.scrub)
    {
      return isCorrected ? .scrubCorrected : .scrubUncorrected
    }
    return isCorrected ? .singleBitECC : .multiBitECC
  }
}
