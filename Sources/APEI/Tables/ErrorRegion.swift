// Where firmware and the operating system meet: for N sources, N words that hold the addresses of
// the blocks, N acknowledge words, then the blocks on pages of their own. The same layout as
// QEMU's hardware_errors (docs/specs/acpi_hest_ghes), with 4 KiB blocks.

import Bytes

/// The memory behind a HEST of version 2 sources.
public struct ErrorRegion: Equatable, Sendable {
  /// Physical address of the region, a multiple of 4 KiB.
  public let base: UInt64
  /// The sources that it serves.
  public let sources: ErrorSourceTable
  /// Size of one block in bytes, a multiple of 4 KiB.
  public let blockLength: UInt32

  /// The most sections that a record in a block has: one for a core, and for four readings of records one for
  /// each place and one for each node. There are four nodes, and the interconnect's error is of no place; or three
  /// and a place that no record has named.
  public static let maximumSections: UInt32 = 8
  /// No record is longer: a header of 20 bytes, a processor's section of 144, three sections of memory of
  /// 152 and four of nodes of 224, each with its entry's header; whole lines.
  public static let largestRecord: UInt64 = 1536

  /// A region with a block for each source of a table; addresses and lengths are brought to
  /// multiples of 4 KiB.
  public init(base: UInt64, sources: ErrorSourceTable, blockLength: UInt32 = 4096) {
    self.base = base & ~0xfff
    self.sources = sources
    self.blockLength = max(4096, blockLength & ~0xfff)
  }

  /// How many sources it serves: 1 to `ErrorSourceTable.maximumCount`, whose words fill a page.
  public var sourceCount: Int { sources.count }

  /// Size of the region in bytes.
  public var size: UInt64 { 4096 + UInt64(sourceCount) * UInt64(blockLength) }

  /// Where the address of a source's block is stored (64 bits).
  public func statusAddressLocation(_ source: Int) -> UInt64 { base + UInt64(source) * 8 }

  /// Where a source's acknowledge word is (64 bits).
  public func acknowledgeLocation(_ source: Int) -> UInt64 {
    base + UInt64(sourceCount + source) * 8
  }

  /// Where a source's block is.
  public func block(_ source: Int) -> UInt64 {
    base + 4096 + UInt64(source) * UInt64(blockLength)
  }

  /// The entry of the HEST for a source of the table.
  public func errorSource(_ source: Int) -> ErrorSource {
    errorSource(source, sources.notification(of: source))
  }

  /// The entry of the HEST for a source that is told in this way.
  public func errorSource(_ source: Int, _ notification: ErrorNotification) -> ErrorSource {
    var entry = ErrorSource(
      sourceID: UInt16(truncatingIfNeeded: source), notification: notification,
      statusAddress: GenericAddress(memory64: statusAddressLocation(source)),
      blockLength: blockLength,
      acknowledge: ReadAcknowledge(memory64: acknowledgeLocation(source)))
    entry.maximumSections = Self.maximumSections
    return entry
  }
}

extension ByteWriter {
  /// Writes a region as it is at boot: addresses, every source acknowledged, empty blocks.
  ///
  /// The writer's offset is where the region's base is.
  public mutating func errorRegion(_ region: ErrorRegion) throws(ByteError) {
    let end = offset + Int(region.size)
    for source in 0..<region.sourceCount { try u64(region.block(source)) }
    for _ in 0..<region.sourceCount { try u64(1) }
    try zeros(end - offset)
  }
}
