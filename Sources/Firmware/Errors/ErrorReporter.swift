// From an error to a published record. Every access to the shared region is to an address that the
// firmware chose and keeps in secure RAM: what the operating system writes there can at most keep
// its own records from being published.
//
// A block that the operating system has not acknowledged is not touched (APEI, ErrorSourceWriter).
// Until then reports wait; they are published, oldest first, at the next entry to EL3 on any core.

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
  /// Where the last report is, waiting or not.
  private var lastPlace: Int?

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
    guard reports.hasStorage else { return .notRecorded }
    let freePlace = queue.freePlace
    let place = freePlace ?? ErrorReports.spare
    sequence &+= 1
    reports[place].begin(platform, origin, sequence: sequence)
    ErrorRecords(platform, features).collect(into: &reports[place])
    if let line { reports[place].addAccess(line: line) }
    lastPlace = place
    let isFatal = reports[place].isFatal
    let isFirmwareLost = reports[place].isOfSecureMemory
    guard isFatal || reports[place].readingCount > 0 else { return .notRecorded }
    let source = region.sources.source(for: origin.sourceKind, core: core)
    if freePlace == nil { queue.noteLoss(for: source) } else { queue.wait(place, for: source) }
    return isFirmwareLost ? .firmwareLost : isFatal ? .fatal : .reported
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

  /// Publishes the oldest report of every source whose block is free.
  public mutating func publishWaiting<P: FirmwarePlatform>(_ platform: P) {
    guard queue.waitingCount > 0 else { return }
    var source = 0
    while source < region.sourceCount {
      if let place = queue.oldest(for: source) { publish(platform, place, source) }
      source += 1
    }
  }

  /// Writes a report into its block, if that is free, and tells.
  private mutating func publish<P: FirmwarePlatform>(_ platform: P, _ place: Int, _ source: Int) {
    let writer = ErrorSourceWriter(PlatformMemory(platform), region)
    guard let block = writer.begin(source) else { return }
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
    if region.sources.kind(of: source)?.isToldByInterrupt == true {
      SecureGIC(platform).raise(Interrupt.errorEvent)
    }
  }
}
