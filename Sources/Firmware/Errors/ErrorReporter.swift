// From an error to a published record. Every access to the shared region is to an address that the
// firmware chose and keeps in secure RAM: what the operating system writes there can at most keep
// its own records from being published.
//
// A block that the operating system has not acknowledged is not touched (APEI, ErrorSourceWriter).
// What finds the block of its source taken goes to the source of events, whose interrupt tells of it
// whenever it is published: an exception tells of a report only in its own moment. Until the events'
// block is free reports wait there, oldest first; EL3 looks again whenever it is entered, and a timer of
// its own enters it soon (RetryTimer).
//
// What EL3 reads here lies in memory that can fail. A lost line is written anew and its records, which
// the reading has made, are cleared; a block is written by whole lines before a record goes there.

import APEI
import Arm
import Platform

/// The error sources and what waits for them.
public struct ErrorReporter {
  /// The sources, and the memory shared with the operating system.
  public var region: ErrorRegion
  /// What time it is.
  public var clock: FirmwareClock
  /// The reports themselves.
  let reports: ErrorReports
  /// Which of them wait.
  public private(set) var queue = WaitingReports()
  /// Reports since reset.
  public private(set) var sequence: UInt32 = 0
  /// The last report that was kept for the next boot.
  private var keptSequence: UInt32 = 0
  /// Where the last report is, waiting or not.
  private var lastPlace: Int?
  /// Whether a record was published that a delegated exception is to tell of, since that was asked last.
  private var isNormalTold = false
  private var isCriticalTold = false
  /// What is known of corrected errors.
  public internal(set) var corrected = CorrectedErrors()

  /// A reporter for a region.
  public init(region: ErrorRegion, clock: FirmwareClock, reports: ErrorReports) {
    self.region = region
    self.clock = clock
    self.reports = reports
  }

  /// What came of an error.
  public enum Outcome: Equatable, Sendable {
    /// No error record: what made EL3 look has nothing to do with RAS.
    case notRecorded
    /// A report waits to be published.
    case reported
    /// The kernel must not go on, and will know that from the report, once it is told.
    case fatal
    /// EL3's own memory is bad: EL3 must not go on. The report, if it could be, is published.
    case firmwareLost
  }

  /// Collects and clears the records of this core. `line` is the physical address of the line of RAM
  /// that an aborted access went to, if that is known. The report waits for `publishWaiting`, which the
  /// caller calls next: one inside the other, they would not fit the stack of the error path.
  public mutating func report<P: FirmwarePlatform>(
    _ platform: P, _ origin: ErrorOrigin, line: UInt64?, core: Int, features: ProcessorFeatures
  ) -> Outcome {
    guard reports.hasStorage, let place = queue.freePlace else { return .notRecorded }
    sequence &+= 1
    reports[place].begin(platform, origin, sequence: sequence)
    ErrorRecords(platform, features).collect(into: &reports[place])
    if let line {
      dropAnnouncement(of: line)
      reports[place].addAccess(line: line)
    }
    countCorrected(place)
    lastPlace = place
    let isFatal = reports[place].isFatal
    let isFirmwareLost = reports[place].isOfSecureMemory
    guard isFatal || reports[place].readingCount > 0 else { return .notRecorded }
    queue.wait(place, for: source(of: place, core: core))
    return isFirmwareLost ? .firmwareLost : isFatal ? .fatal : .reported
  }

  /// Forgets the last report if all that it says is in the counts of corrected errors; the next record says
  /// that errors were lost.
  @inline(never)
  mutating func dropCount() {
    guard let lastPlace, queue.isWaiting(lastPlace), reports[lastPlace].isOnlyCount else { return }
    queue.remove(lastPlace)
    queue.noteLoss(for: region.sources.events)
  }

  /// The source that a report belongs to.
  @inline(never)
  private mutating func source(of place: Int, core: Int) -> Int {
    var kind = reports[place].origin.sourceKind
    if kind == .event || !region.sources.contains(kind) {
      kind = reports[place].isUrgent ? .criticalEvent : .event
    }
    return region.sources.source(for: kind, core: core)
  }

  /// Keeps the last report for the next boot: its error ends this run.
  @inline(never)
  public mutating func keepLast<P: FirmwarePlatform>(
    _ platform: P, _ features: ProcessorFeatures
  ) {
    guard let lastPlace, keptSequence != sequence else { return }
    keptSequence = sequence
    KeptRecords(platform, features).keep(reports[lastPlace], clock: clock)
  }

  @inline(never)
  private mutating func countCorrected(_ place: Int) { reports[place].count(in: &corrected) }

  /// The nodes whose corrected errors, of which alone the last report is, come too often: a bit for each
  /// record.
  @inline(never)
  mutating func takeTooOften(now: UInt64) -> UInt64 {
    guard let lastPlace, reports[lastPlace].isCorrected else { return 0 }
    var seen: UInt64 = 0
    var nodes: UInt64 = 0
    for index in 0..<reports[lastPlace].readingCount {
      let record = reports[lastPlace].reading(index).index
      let bit = UInt64(1) << UInt64(record & 63)
      // However often it was read, it told once.
      if seen & bit == 0, corrected.isTooOften(record, now: now) { nodes |= bit }
      seen |= bit
    }
    return nodes
  }

  /// A line is used that was found to be bad before: if nobody was told yet, the abort tells of it.
  @inline(never)
  private mutating func dropAnnouncement(of line: UInt64) {
    for place in 0..<ErrorReports.placeCount
    where queue.isWaiting(place) && reports[place].isOnly(line: line) {
      queue.remove(place)
    }
  }

  /// What the records held at the last report: their number, STATUS, and ADDR where it is valid.
  @inline(__always)
  public func forEachReadingOfLast(_ body: (UInt16, ErrorStatus, ErrorAddress?) -> Void) {
    guard let lastPlace else { return }
    for index in 0..<reports[lastPlace].readingCount {
      let reading = reports[lastPlace].reading(index)
      guard reading.index != ErrorRecordReading.noRecord else { continue }
      body(
        reading.index, reading.status,
        reading.status.isSet(ErrorStatus.av) ? reading.address : nil)
    }
  }

  /// Clears what the last report already says, when an instruction of the firmware has met the same
  /// error again.
  public mutating func clearRepetitions<P: FirmwarePlatform>(
    _ platform: P, _ features: ProcessorFeatures
  ) {
    guard let lastPlace else { return }
    ErrorRecords(platform, features).clearRepetitions(of: reports[lastPlace])
  }

  /// Publishes the oldest report of every source whose block is free; what is left waits for the block
  /// of events. There is room for `ErrorReports.capacity`: one more is dropped, the newest, and the
  /// next record says so.
  public mutating func publishWaiting<P: FirmwarePlatform>(
    _ platform: P, _ features: ProcessorFeatures
  ) {
    guard queue.waitingCount > 0 else { return }
    // The source of events is the last.
    var source = 0
    while source < region.sourceCount {
      mend(platform, source, features)
      if let place = oldest(source) {
        publish(platform, place, source)
        leaveToEvents(source)
      }
      source += 1
    }
    dropOverflow()
  }

  // What these need of the stack is gone while a report is composed; all are `mutating` lest the
  // compiler put a copy of the queue there.

  @inline(never)
  private mutating func oldest(_ source: Int) -> Int? { queue.oldest(for: source) }

  @inline(never)
  private mutating func leaveToEvents(_ source: Int) {
    let other = region.sources.source(after: source)
    if source != other { queue.move(from: source, to: other) }
  }

  @inline(never)
  private mutating func dropOverflow() {
    guard queue.freePlace == nil, let lastPlace else { return }
    queue.remove(lastPlace)
    queue.noteLoss(for: region.sources.events)
  }

  /// Makes the words of a source readable again, if memory has lost them: whoever is told of one source
  /// looks at all.
  @inline(never)
  private mutating func mend<P: FirmwarePlatform>(
    _ platform: P, _ source: Int, _ features: ProcessorFeatures
  ) {
    let writer = ErrorSourceWriter(PlatformMemory(platform), region)
    // Three words of a source at most.
    var attempts = 3
    while attempts > 0, let line = writer.lostLine(source) {
      if writer.restore(line: line, of: source) { queue.noteLoss(for: source) }
      ErrorRecords(platform, features).clear(line: line)
      attempts -= 1
    }
  }

  /// Writes a report into its block, if that is free, and tells.
  @inline(never)
  private mutating func publish<P: FirmwarePlatform>(_ platform: P, _ place: Int, _ source: Int) {
    let writer = ErrorSourceWriter(PlatformMemory(platform), region)
    guard let block = writer.begin(source) else { return }
    writer.clear(source)
    let hasLoss = queue.takeLoss(for: source)
    guard
      let status = try? reports[place].compose(
        into: block, hasOverflowed: hasLoss, clock: clock),
      writer.finish(source, blockStatus: status)
    else {
      if hasLoss { queue.noteLoss(for: source) }
      return
    }
    queue.remove(place)
    if region.sources.isToldByInterrupt(source) {
      SecureGIC(platform).raise(Interrupt.errorEvent)
    }
    noteDelegation(source)
  }

  @inline(never)
  private mutating func noteDelegation(_ source: Int) {
    guard region.sources.isToldByDelegation(source) else { return }
    if source == region.sources.events { isNormalTold = true } else { isCriticalTold = true }
  }

  /// Which delegated exceptions are to tell of records that were published since this was asked last.
  mutating func takeTold() -> (normal: Bool, critical: Bool) {
    defer { (isNormalTold, isCriticalTold) = (false, false) }
    return (isNormalTold, isCriticalTold)
  }
}
