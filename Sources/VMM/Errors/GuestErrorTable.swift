// The guest's error sources as firmware has them: publish into a free block, never touch a block
// that the guest has not acknowledged (ACPI 6.5, 18.3.2.8). What finds its block taken waits, and
// is published in the source that is told by interrupt as soon as that one is free: the exception
// it belongs to has been taken by then, so nobody would look into the other source again.
//
// All addresses are the VMM's own knowledge. What the guest writes there can only keep records from
// being published to itself.

import APEI
import Arm
import Boot
import Bytes
import KVM

/// The error sources of a guest and what waits for them.
public struct GuestErrorTable: Sendable {
  /// How many reports can wait.
  public static var capacity: Int { 64 }

  /// What became of a report.
  public enum Outcome: Equatable, Sendable {
    /// It is in the block of this source.
    case published(source: Int)
    /// The block is taken; it waits.
    case waiting
    /// Too many wait already; the next record will say that some were lost.
    case dropped
  }

  /// Source n is vCPU n's synchronous aborts; the last one is told by interrupt.
  public let region: ErrorRegion
  private var waiting: [GuestErrorReport] = []
  private var hasOverflowed = false
  private var sequence: UInt32 = 0

  /// Sources of which all are free.
  public init(region: ErrorRegion) { self.region = region }

  /// The source that is told by interrupt.
  public var interruptSource: Int { region.sourceCount - 1 }
  /// How many reports wait.
  public var waitingCount: Int { waiting.count }

  /// Takes a report. One that nobody has touched goes to the source that is told by interrupt:
  /// when it was published there, the caller raises it.
  public mutating func report<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory, _ report: GuestErrorReport
  ) -> Outcome {
    var report = report
    sequence &+= 1
    report.sequence = sequence
    let source = report.vcpu ?? interruptSource
    if isFree(host, memory, source), report.vcpu != nil || waiting.isEmpty,
      publish(host, memory, report, source)
    {
      return .published(source: source)
    }
    guard waiting.count < GuestErrorTable.capacity else {
      hasOverflowed = true
      return .dropped
    }
    waiting.append(report)
    return .waiting
  }

  /// Publishes the oldest report that waits, if the source that is told by interrupt is free; then
  /// the caller raises the interrupt. Nil when nothing was published.
  public mutating func publishWaiting<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory
  ) -> GuestErrorReport? {
    guard let oldest = waiting.first, isFree(host, memory, interruptSource),
      publish(host, memory, oldest, interruptSource)
    else { return nil }
    waiting.removeFirst()
    return oldest
  }

  private func acknowledge(_ source: Int) -> ReadAcknowledge {
    ReadAcknowledge(memory64: region.acknowledgeLocation(source))
  }

  /// Where the guest acknowledges a source's block.
  private func location(_ source: Int) -> GuestPhysicalAddress {
    GuestPhysicalAddress(region.acknowledgeLocation(source))
  }

  /// Whether the guest has read the last block of a source.
  private func isFree<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory, _ source: Int
  ) -> Bool {
    guard let value = memory.u64(host, location(source)) else { return false }
    return acknowledge(source).isBlockFree(register: value)
  }

  /// Acknowledge word, block without its status, barrier, BlockStatus.
  private mutating func publish<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory, _ report: GuestErrorReport, _ source: Int
  ) -> Bool {
    let location = location(source)
    let block = GuestPhysicalAddress(region.block(source))
    // Neither may a store meet what is lost.
    guard let value = memory.u64(host, location),
      memory.isReadable(host, block, count: GuestErrorReport.largestSize),
      let word = memory.block(at: location, count: 8),
      let start = memory.block(at: block, count: UInt64(region.blockLength)),
      let bytes = memory.bytes(at: block, count: Int(region.blockLength))
    else { return false }
    word.store(acknowledge(source).pending(value), at: 0)
    host.synchronizeMemory()
    let status: UInt32
    do {
      status = try report.compose(into: bytes, hasOverflowed: hasOverflowed)
    } catch {
      // A 4 KiB block has room for two sections of at most 152 bytes.
      return false
    }
    hasOverflowed = false
    host.synchronizeMemory()
    start.store(status, at: 0)
    host.synchronizeMemory()
    return true
  }
}
