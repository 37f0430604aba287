// APEI: asking firmware's error sources what happened. Linux, drivers/acpi/apei/ghes.c. Unlike
// Linux this kernel claims an SError (notification type 9) as it claims an abort.

import APEI
import Arm
import Bytes
import KVM

/// What became of asking.
public enum ErrorClaim: Int, Comparable, Sendable {
  /// No source had a record of an error that was not corrected.
  case none
  /// There was one, and what it reports was dealt with: memory_failure, and a signal.
  case claimed
  /// There was one that names no address that something could be done about.
  case unattributed

  /// Of several records the one that is worse for who consumed an error.
  public static func < (left: ErrorClaim, right: ErrorClaim) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// The hardware errors of this machine: who reports them, and what came of them.
final class HardwareErrors<P: HypervisorPlatform> {
  let platform: P
  /// What it may ask of the kernel.
  let kernel: ErrorServices<P>
  /// The enabled error sources of the HEST.
  var sources: [ErrorSource] = []
  /// Count of the records taken so far: the number in braces.
  var recordCount: UInt64 = 0
  /// Which records of corrected errors are shown.
  private var correctedLines = CorrectedLines()
  /// Records that wait for a core: another core found them, or it found them itself in the middle of something
  /// (`isOfNobody`).
  private var waiting: [(core: Int, block: ErrorStatusBlock, isOfNobody: Bool)] = []
  private static var mostWaiting: Int { 64 }
  /// Whether a copy of a page that was to be moved met an error, of which the record is still there.
  var owesClaim = false
  /// Whether records are being taken: an abort of the kernel's own meanwhile must not ask for them
  /// again.
  private(set) var isClaiming = false
  /// When sources that no interrupt tells of are asked again, in ticks; nil without such sources.
  private(set) var pollTime: UInt64?
  /// Sources whose own memory is lost.
  private var lostSources: [UInt16] = []

  init(_ platform: P, _ kernel: ErrorServices<P>) {
    self.platform = platform
    self.kernel = kernel
  }

  /// Takes the sources from the HEST, and what firmware left before anybody could ask.
  func start(_ table: HEST) {
    sources = table.enabledSources
    // An SError may add to it in the middle of anything.
    waiting.reserveCapacity(Self.mostWaiting)
    kernel.log(
      "HEST: ", .decimal(sources.count), " error sources; APEI firmware first mode")
    claim(.synchronousAbort, for: nil)
    claim(.systemError, for: nil)
    claim(.notification, for: nil)
    for source in sources where isPolled(source) {
      if source.isTold(by: .delegated) {
        kernel.log(
          "GHES: error source ", .decimal(UInt64(source.sourceID)),
          ": SDEI is not supported here: it is asked every second")
      }
      pollTime = 0
    }
    poll(platform.read(.cntpctEL0))
  }

  /// Asks the sources that no interrupt tells of, if a second has passed since they were asked last.
  func poll(_ now: UInt64) {
    guard let time = pollTime, now >= time else { return }
    pollTime = now &+ platform.read(.cntfrqEL0)
    claim(.poll, for: nil)
  }

  /// Asks the sources of an event and deals with what they have: log, memory_failure, signals. A
  /// record of fatal severity panics.
  ///
  /// `thread` is who consumed the error, if anybody did: it gets the BUS_MCEERR_AR. Errors of two
  /// cores at once have a record each, and whoever comes first finds both: what names another core
  /// waits for that one. `isLater` says that the kernel was interrupted, perhaps while it was changing what
  /// dealing with a record would change: records are taken, and wait for the next interrupt.
  @discardableResult
  func claim(_ event: ErrorEvent, for thread: Thread?, isLater: Bool = false) -> ErrorClaim {
    let wasClaiming = isClaiming
    isClaiming = true
    defer { isClaiming = wasClaiming }
    var claim = ErrorClaim.none
    let isOfNobody = event == .notification || event == .poll
    func settle(_ block: ErrorStatusBlock) {
      claim = max(claim, self.settle(block, isOfNobody ? nil : thread))
    }
    while !isLater,
      let index = waiting.firstIndex(where: { $0.core == platform.core && !$0.isOfNobody })
    {
      settle(waiting.remove(at: index).block)
    }
    for source in sources where isAsked(source, event) {
      guard let record = take(source) else { continue }
      guard let block = try? ErrorStatusBlock.decode(record) else {
        kernel.log("GHES: Failed to read error status block!")
        claim = .unattributed
        continue
      }
      recordCount += 1
      if block.severity != .corrected || isShown() { log(block, source: source.sourceID) }
      if block.severity == .fatal { kernel.panic("GHES: Fatal hardware error") }
      let core = isOfNobody ? platform.core : core(of: block) ?? platform.core
      if isLater || core != platform.core, waiting.count < Self.mostWaiting {
        // What names another core is that one's, however it was found.
        waiting.append((core, block, isLater && core == platform.core))
        kernel.kick(core: core)
      } else {
        settle(block)
      }
    }
    if !isLater { payClaim() }
    return claim
  }

  /// Deals with the error that a page's move met: nobody consumed it.
  private func payClaim() {
    guard owesClaim else { return }
    owesClaim = false
    claim(.synchronousAbort, for: nil)
  }

  /// What waits for this core although nothing was taken here: nobody consumed it.
  func settleWaiting() {
    while let index = waiting.firstIndex(where: { $0.core == platform.core }) {
      _ = settle(waiting.remove(at: index).block, nil)
    }
    payClaim()
  }

  /// Whether a record of corrected errors is one of the few that are shown; says how many were not.
  private func isShown() -> Bool {
    let second = kernel.ticks(nanoseconds: 1_000_000_000)
    guard let omitted = correctedLines.show(at: kernel.now, second: second) else { return false }
    if omitted > 0 {
      kernel.log("[Hardware Error]: ", .decimal(omitted), " records of corrected errors not shown")
    }
    return true
  }

  /// The core that met the error, if the record says so.
  private func core(of block: ErrorStatusBlock) -> Int? {
    for entry in block.entries {
      if case .processor(let section) = entry.payload, let mpidr = section.section.mpidr {
        return kernel.core(affinity: MultiprocessorAffinity(rawValue: mpidr).affinity)
      }
    }
    return nil
  }

  private func isAsked(_ source: ErrorSource, _ event: ErrorEvent) -> Bool {
    source.isTold(by: event) || event == .poll && isPolled(source)
  }

  /// Whether a source has to be asked: nothing that this kernel takes tells of it.
  private func isPolled(_ source: ErrorSource) -> Bool {
    source.isTold(by: .poll) || source.isTold(by: .delegated)
  }

  /// Firmware's memory, which may be lost.
  private var reader: ErrorSourceReader<RecoverableMemory<P>> {
    ErrorSourceReader(RecoverableMemory(platform))
  }

  /// The record of a source, copied and acknowledged; nil if there is none. Nothing here may depend
  /// on firmware's memory being good: what cannot be read is a source that is no more.
  private func take(_ source: ErrorSource) -> [UInt8]? {
    guard !lostSources.contains(source.sourceID) else { return nil }
    switch reader.contents(of: source) {
    case .empty: return nil
    case .unreadable: return lose(source)
    case .record(let copy):
      if !reader.acknowledge(source) { _ = lose(source) }
      return copy
    }
  }

  private func lose(_ source: ErrorSource) -> [UInt8]? {
    lostSources.append(source.sourceID)
    kernel.log(
      "GHES: error source ", .decimal(UInt64(source.sourceID)),
      ": hardware error in its own memory: it is not asked any more")
    return nil
  }

  /// Whether an address lies where firmware's records do: only the kernel reads there.
  private func isOwnMemory(_ address: UInt64) -> Bool {
    let line = CacheLine.start(of: address)
    for source in sources {
      if line == CacheLine.start(of: source.statusAddress.address) { return true }
      if let acknowledge = source.acknowledge,
        line == CacheLine.start(of: acknowledge.register.address)
      {
        return true
      }
      guard !lostSources.contains(source.sourceID), let block = reader.block(of: source)?.rawValue
      else { continue }
      if address >= CacheLine.start(of: block), address < block &+ UInt64(source.blockLength) {
        return true
      }
    }
    return false
  }

  /// Deals with a record.
  private func settle(_ block: ErrorStatusBlock, _ consumer: Thread?) -> ErrorClaim {
    var isDealtWith = false
    for entry in block.entries {
      if entry.severity == .corrected { settleCorrected(entry) }
      guard block.severity == .recoverable, entry.severity == .recoverable else { continue }
      switch entry.payload {
      case .memory(let section):
        guard let address = section.physicalAddress else { continue }
        lose(address, consumer)
        isDealtWith = true
      case .processor(let section):
        for information in section.information {
          let type = ProcessorErrorTypeEncoding.bitmapFromBit1.type(of: information.type)
          guard type?.contains(.cache) == true, let address = information.physicalAddress else {
            continue
          }
          lose(address, consumer)
          isDealtWith = true
        }
      case .errorNode, .other: continue
      }
    }
    if block.severity == .corrected || block.severity == ErrorSeverity.none { return .none }
    return isDealtWith ? .claimed : .unattributed
  }

  /// Gives up a page with too many corrected errors: its data are good, and move elsewhere. If they do not, and of
  /// any other, whoever runs a guest there may know.
  private func settleCorrected(_ entry: DecodedEntry) {
    guard case .memory(let section) = entry.payload, let address = section.physicalAddress else {
      return
    }
    let isOverThreshold = entry.flags.contains(.thresholdExceeded)
    if isOverThreshold, softOffline(PhysicalAddress(address)) != .kept { return }
    let size = ~(section.physicalAddressMask ?? ~4095) &+ 1
    kernel.tellGuests(
      CorrectedGuestError(
        address: address, byteCount: size & (size &- 1) == 0 && size &- 1 < 4096 ? size : 4096,
        isOverThreshold: isOverThreshold), in: PhysicalAddress(address & ~4095))
  }

  private func lose(_ address: UInt64, _ consumer: Thread?) {
    let isOwn = consumer != nil && isOwnMemory(address)
    memoryFailure(PhysicalAddress(address), consumer: isOwn ? nil : consumer)
  }
}
