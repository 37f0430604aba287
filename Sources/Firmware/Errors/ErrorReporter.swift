// From an abort to a published record. Every access to the shared region is to an address that the
// firmware chose and keeps in secure RAM: what the operating system writes there can at most keep
// its own records from being published.
//
// The acknowledgement (ACPI 6.5, 18.3.2.8): firmware clears the word, publishes, and leaves the
// block alone until the operating system has set it. Until then reports wait; they are published,
// oldest first, at the next entry to EL3 on any core.

import APEI
import Arm
import Platform

/// The error sources and what waits for them.
public struct ErrorReporter {
  /// The memory shared with the operating system; source n is core n's synchronous aborts, then
  /// come, if there are any, the cores' SErrors; the last source is for everything else.
  public var region: ErrorRegion
  /// How many sources there are for SErrors: none, or one for each core.
  public var serrorSourceCount: Int
  /// What time it is.
  public var clock: FirmwareClock
  /// What waits.
  public var queue: ErrorQueue
  /// Reports since reset.
  public private(set) var sequence: UInt32 = 0
  private var waitingCount = 0
  /// Where the last report is, waiting or not.
  private var lastPlace: Int?

  /// A reporter for a region.
  public init(
    region: ErrorRegion, clock: FirmwareClock, queue: ErrorQueue, serrorSourceCount: Int = 0
  ) {
    self.region = region
    self.serrorSourceCount = serrorSourceCount
    self.clock = clock
    self.queue = queue
  }

  /// The source for what is not synchronous.
  public var asynchronousSource: UInt8 { UInt8(truncatingIfNeeded: region.sourceCount - 1) }

  /// The source of a core's SErrors that the operating system takes: its own, if there is one.
  func serrorSource(_ core: Int) -> UInt8 {
    guard serrorSourceCount > core else { return asynchronousSource }
    return UInt8(truncatingIfNeeded: region.sourceCount - 1 - serrorSourceCount + core)
  }

  /// What came of an abort.
  public enum Outcome: Equatable, Sendable {
    /// No error record: the abort has nothing to do with RAS.
    case notRecorded
    /// A report was published or waits.
    case reported
    /// The kernel must not go on, and will know that from the report, once it is told.
    case fatal
    /// EL3's own memory is bad: EL3 must not go on. The report, if it could be, is published.
    case firmwareLost
  }

  /// Collects and clears the records of this core for an abort with these values of ESR_EL3 and
  /// FAR_EL3, and publishes what can be. `line` is the physical address of the line of RAM that the
  /// access went to, if that is known; `isMasked` says of an SError that the operating system does
  /// not get to see it, and so must be told in another way.
  public mutating func report<P: FirmwarePlatform>(
    _ platform: P, syndrome: Syndrome, faultAddress: UInt64, line: UInt64?,
    core: Int, isMasked: Bool = false, features: ProcessorFeatures
  ) -> Outcome {
    guard queue.hasStorage else { return .notRecorded }
    let place = queue.freePlace()
    sequence &+= 1
    queue[place].begin(
      platform, syndrome: syndrome, faultAddress: faultAddress, sequence: sequence)
    ErrorRecords(platform, features).collect(into: &queue[place])
    if let line { queue[place].addAccess(line: line) }
    lastPlace = place
    let source =
      queue[place].isSynchronous
      ? UInt8(core) : isMasked ? asynchronousSource : serrorSource(core)
    queue[place].source = source
    let isFatal = queue[place].isFatal
    let isFirmwareLost = queue[place].isOfSecureMemory
    guard isFatal || queue[place].readingCount > 0 else { return .notRecorded }
    if place == ErrorQueue.spare {
      queue.noteOverflow(source)
    } else {
      queue[place].isWaiting = true
      waitingCount += 1
    }
    publishWaiting(platform)
    return isFirmwareLost ? .firmwareLost : isFatal ? .fatal : .reported
  }

  /// What the records held at the last report: their number, STATUS, and ADDR where it is valid.
  public func forEachReadingOfLast(_ body: (UInt16, ErrorStatus, ErrorAddress?) -> Void) {
    guard let lastPlace else { return }
    for index in 0..<queue[lastPlace].readingCount {
      let reading = queue[lastPlace].reading(index)
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
    ErrorRecords(platform, features).clearRepetitions(of: queue[lastPlace])
  }

  /// Publishes the oldest report of every source whose block is free.
  public mutating func publishWaiting<P: FirmwarePlatform>(_ platform: P) {
    guard waitingCount > 0 else { return }
    var source: UInt8 = 0
    while Int(source) < region.sourceCount {
      if let place = queue.oldest(source), isFree(platform, source) {
        let hasOverflowed = queue.takeOverflow(source)
        publish(platform, place, hasOverflowed: hasOverflowed)
        queue[place].isWaiting = false
        waitingCount -= 1
      }
      source += 1
    }
  }

  private func acknowledge(_ source: UInt8) -> ReadAcknowledge {
    ReadAcknowledge(memory64: region.acknowledgeLocation(Int(source)))
  }

  /// Whether the operating system has read the last block of a source.
  private func isFree<P: FirmwarePlatform>(_ platform: P, _ source: UInt8) -> Bool {
    let location = PhysicalAddress(region.acknowledgeLocation(Int(source)))
    return acknowledge(source).isBlockFree(register: platform.load64(location))
  }

  /// Writes a report into its block: the acknowledge word first, the block without its status, a
  /// barrier, then BlockStatus, which is what the operating system looks at.
  private func publish<P: FirmwarePlatform>(
    _ platform: P, _ place: Int, hasOverflowed: Bool
  ) {
    let source = queue[place].source
    let location = PhysicalAddress(region.acknowledgeLocation(Int(source)))
    platform.store64(location, acknowledge(source).pending(platform.load64(location)))
    platform.synchronizeData()
    let block = NormalMemory(
      platform, PhysicalAddress(region.block(Int(source))), byteCount: Int(region.blockLength))
    let status = queue[place].compose(
      into: block, hasOverflowed: hasOverflowed, clock: clock)
    platform.synchronizeData()
    platform.store32(block.start, status)
    platform.synchronizeData()
    if source == asynchronousSource { SecureGIC(platform).raise(Interrupt.errorEvent) }
  }
}
