// Memory that firmware and the operating system share besides the error blocks: where BERT leads. It is
// one reserved range of its own, and everything in it has a fixed place, so that whoever reads it needs
// no more than its base.

/// The memory behind the BERT.
public struct ServiceRegion: Equatable, Sendable {
  /// Size in bytes: what kernels with the largest pages can map as a whole.
  public static let size: UInt64 = 0x1_0000
  /// Bytes of the boot error region: as many blocks as Linux prints, each of the size that it prints.
  public static let bootErrorsSize: UInt64 = 0x2000

  /// Physical address, a multiple of 64 KiB.
  public let base: UInt64

  /// A region; the address is brought to a multiple of 64 KiB.
  public init(base: UInt64) { self.base = base & ~0xffff }

  /// Where the BERT leads: error status blocks, one behind the other, up to one without a status.
  public var bootErrors: UInt64 { base }
}
