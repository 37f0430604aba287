// The guest's error sources as firmware has them: publish into a free block, never touch a block
// that the guest has not acknowledged (APEI, ErrorSourceWriter). What finds its block taken waits,
// and is published in the source that is told by interrupt as soon as that one is free: the
// exception it belongs to has been taken by then, so nobody would look into the other source again.
//
// All addresses are the VMM's own knowledge. What the guest writes there can only keep records from
// being published to itself.

import APEI
import Arm
import Bytes
import KVM

/// The error sources of a guest and what waits for them.
public struct GuestErrorTable: Sendable {
  /// How many reports can wait.
  public static var capacity: Int { ErrorQueue<64>.capacity }

  /// What became of a report.
  public enum Outcome: Equatable, Sendable {
    /// It is in the block of this source.
    case published(source: Int)
    /// The block is taken; it waits.
    case waiting
    /// Too many wait already; the next record will say that some were lost.
    case dropped
  }

  /// The sources, and the guest's memory behind them.
  public let region: ErrorRegion
  private var queue = ErrorQueue<64>()
  /// The reports that wait, in the queue's places.
  private var waiting: [GuestErrorReport?] = []
  private var sequence: UInt32 = 0

  /// Sources of which all are free.
  public init(region: ErrorRegion) { self.region = region }

  /// The source that is told by interrupt.
  public var interruptSource: Int { region.sources.events }
  /// How many reports wait.
  public var waitingCount: Int { queue.waitingCount }

  /// Takes a report. One that nobody has touched goes to the source that is told by interrupt:
  /// when it was published there, the caller raises it.
  public mutating func report<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory, _ report: GuestErrorReport
  ) -> Outcome {
    var report = report
    sequence &+= 1
    report.sequence = sequence
    let source =
      report.vcpu.map { region.sources.source(for: .synchronousAbort, core: $0) }
      ?? interruptSource
    if queue.oldest(for: source) == nil, publish(host, memory, report, source) {
      return .published(source: source)
    }
    guard let place = queue.freePlace, !report.isCorrected || hasPlaceForCorrected else {
      queue.noteLoss(for: interruptSource)
      return .dropped
    }
    while waiting.count <= place { waiting.append(nil) }
    waiting[place] = report
    queue.wait(place, for: interruptSource)
    return .waiting
  }

  /// How many corrected errors can wait: they must leave room for the others.
  static var correctedCapacity: Int { 8 }

  private var hasPlaceForCorrected: Bool {
    var count = 0
    for place in waiting.indices where waiting[place]?.isCorrected == true { count += 1 }
    return count < Self.correctedCapacity
  }

  /// Notes that an error is not told: the next record of the source that is told by interrupt says so.
  mutating func noteLoss() { queue.noteLoss(for: interruptSource) }

  /// Publishes the oldest report that waits, if the source that is told by interrupt is free; then
  /// the caller raises the interrupt. Nil when nothing was published.
  public mutating func publishWaiting<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory
  ) -> GuestErrorReport? {
    guard let place = queue.oldest(for: interruptSource), let oldest = waiting[place],
      publish(host, memory, oldest, interruptSource)
    else { return nil }
    queue.remove(place)
    waiting[place] = nil
    return oldest
  }

  /// Writes a report into the block of a source; false while that is taken or lost.
  @inline(never)
  private mutating func publish<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory, _ report: GuestErrorReport, _ source: Int
  ) -> Bool {
    let writer = ErrorSourceWriter(
      MemoryOfGuest(host, memory, blockSize: GuestErrorReport.largestSize), region)
    guard let block = writer.begin(source) else { return false }
    let hasLoss = queue.takeLoss(for: source)
    guard let status = try? report.compose(into: block, hasOverflowed: hasLoss),
      writer.finish(source, blockStatus: status)
    else {
      if hasLoss { queue.noteLoss(for: source) }
      return false
    }
    return true
  }
}

/// The guest's memory, as the handshake with the guest sees it: a store may no more meet what is
/// lost than a load.
struct MemoryOfGuest<Host: HostKernel>: SharedMemory {
  let host: Host
  let memory: GuestMemory
  /// How much of a block is written: whole lines from its start.
  let blockSize: UInt64

  init(_ host: Host, _ memory: GuestMemory, blockSize: UInt64) {
    self.host = host
    self.memory = memory
    self.blockSize = blockSize
  }

  /// What is physical for the guest.
  private func place(_ address: PhysicalAddress) -> GuestPhysicalAddress {
    GuestPhysicalAddress(address.rawValue)
  }

  func bytes(at address: PhysicalAddress, count: Int) -> Memory? {
    guard memory.isReadable(host, place(address), count: min(blockSize, UInt64(count))) else {
      return nil
    }
    return memory.bytes(at: place(address), count: count)
  }

  func load32(_ address: PhysicalAddress) -> UInt32? { memory.u32(host, place(address)) }

  func load64(_ address: PhysicalAddress) -> UInt64? { memory.u64(host, place(address)) }

  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    memory.block(at: place(address), count: 4)?.store(value, at: 0)
  }

  func store64(_ address: PhysicalAddress, _ value: UInt64) {
    memory.block(at: place(address), count: 8)?.store(value, at: 0)
  }

  func synchronize() { host.synchronizeMemory() }
}
