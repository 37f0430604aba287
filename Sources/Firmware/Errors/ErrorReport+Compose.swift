// A report as the operating system reads it: a Generic Error Status Block with an Arm processor
// section, for the core that met the error, and a memory section for each place that is broken.
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
  public func time(_ count: UInt64) -> Timestamp {
    let seconds = epoch &+ Int64(clamping: count / Clock.counterFrequency)
    return Timestamp(secondsSince1970: UInt64(max(0, seconds)), isPrecise: true)
  }
}

extension ErrorReport {
  /// Writes everything but BlockStatus, which stays 0, and gives its value.
  func compose<Sink: ByteSink>(
    into sink: Sink, hasOverflowed: Bool, clock: FirmwareClock
  ) -> UInt32 {
    do {
      var block = try ErrorStatusBlockWriter(into: sink)
      try appendProcessor(&block, hasOverflowed: hasOverflowed || hasLostErrors, clock)
      for index in 0..<readingCount where isWorthASection(index) {
        try appendMemory(&block, index, clock)
      }
      return try block.finish(multiple: readingCount > 1).blockStatus
    } catch {
      // A 4 KiB block has room for five sections of at most 152 bytes.
      return 0
    }
  }

  /// No two reports have the same identifier, so that two alike errors are two: Linux suppresses
  /// records that repeat one it has just printed. It goes where a FRU would be named; the memory
  /// of this board cannot be replaced.
  private var identifier: GUID { GUID(sequence, 0, 0, timestamp) }

  private func appendProcessor<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, hasOverflowed: Bool, _ clock: FirmwareClock
  ) throws(ByteError) {
    // The core's own record, or else what the syndrome says of the core.
    var own: Int?
    for index in 0..<readingCount where UInt64(reading(index).index) == ErrorNode.processor {
      own = index
    }
    var state = coreState
    var flags: SectionFlags = []
    var type: ProcessorErrorType = .bus
    if let own {
      let status = reading(own).status
      if let recorded = status.highestState { state = max(state, recorded) }
      flags = SectionFlags(status)
      type = ErrorComponent(status.code).processorErrorType
    }
    if hasOverflowed { flags.insert(.overflow) }
    let isInstruction = syndrome.exceptionClass.isInstructionAbort
    let operation: UInt64 =
      isInstruction ? 5 : !isSynchronous ? 0 : syndrome.isSet(Syndrome.wnr) ? 4 : 3
    // A cache error with an address would make Linux handle the page a second time; the memory
    // section has the address then.
    let hasAddress = isSynchronous && syndrome.hasFaultAddress
    var information = ProcessorErrorInformation(
      type,
      detail: ProcessorErrorDetail(
        transaction: isInstruction ? 0 : 1, operation: operation, level: nil, state: state),
      virtualAddress: hasAddress ? faultAddress : nil)
    if let own, type.isDisjoint(with: .cache), reading(own).isNonSecure {
      information.physicalAddress = reading(own).physicalAddress
    }
    let section = ProcessorSection(mpidr: affinity & 0xff_00ff_ffff, midr: identification)
    let entry = DataEntry(
      severity: ErrorSeverity(state), flags: flags, timestamp: clock.time(timestamp),
      fruID: identifier)
    try block.append(section, information, entry)
  }

  /// The state of the core, as SET or AET has it. With neither (an abort on a table walk, an SError
  /// of unknown type) it has been delivered, whatever it was: what the records say counts.
  private var coreState: ErrorState {
    syndrome.asynchronousErrorType ?? syndrome.synchronousErrorType ?? .recoverable
  }

  /// Whether a record names memory of the Non-secure world that no earlier record has named.
  private func isWorthASection(_ index: Int) -> Bool {
    guard let address = reading(index).physicalAddress, reading(index).isNonSecure else {
      return false
    }
    // A record whose syndrome is that of the software's own mistake is no failure of memory.
    let component = ErrorComponent(reading(index).status.code)
    if component == .software { return false }
    for earlier in 0..<index
    where reading(earlier).isNonSecure && reading(earlier).physicalAddress == address {
      return false
    }
    return true
  }

  private func appendMemory<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, _ index: Int, _ clock: FirmwareClock
  ) throws(ByteError) {
    let status = reading(index).status
    let isCorrected = status.highestState == .corrected
    let isPoison = status.isSet(ErrorStatus.pn)
    var kind = SectionErrorStatus(isPoison ? .poisoned : .memory)
    kind[SectionErrorStatus.data] = 1
    if status.isSet(ErrorStatus.of) { kind[SectionErrorStatus.overflow] = 1 }
    let isInferred = reading(index).index == ErrorRecordReading.noRecord
    var section = MemorySection(
      physicalAddress: reading(index).physicalAddress, granule: 64,
      kind: isInferred ? .unknown : isCorrected ? .singleBitECC : .multiBitECC, status: kind)
    section.requestor = affinity & 0xff_00ff_ffff
    // Later readings of the same place (its record changed while it was cleared, or another node
    // saw it too) have no section of their own: what they add is said here.
    var severity = ErrorSeverity(status)
    var flags = SectionFlags(status)
    for later in (index + 1)..<readingCount
    where reading(later).physicalAddress == reading(index).physicalAddress {
      severity = severity.worse(ErrorSeverity(reading(later).status))
      flags.formUnion(SectionFlags(reading(later).status))
    }
    let entry = DataEntry(
      severity: severity, flags: flags, timestamp: clock.time(timestamp), fruID: identifier)
    try block.append(section, entry)
  }
}
