// A hash of the machine's state that is the same in every process and on every host, unlike
// Swift's `Hasher`.

/// A deterministic 64-bit hash.
public struct StateHash: Sendable {
  /// The hash so far.
  public private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// An empty hash.
  public init() {}

  /// Mixes in one word.
  @inline(__always) public mutating func combine(_ word: UInt64) {
    let product = (value ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    value = product.high ^ product.low &+ 0x9E37_79B9_7F4A_7C15
  }

  /// Mixes in any integer.
  @inlinable public mutating func combine<I: BinaryInteger>(_ integer: I) {
    combine(UInt64(truncatingIfNeeded: integer))
  }

  /// Mixes in a boolean.
  public mutating func combine(_ bool: Bool) { combine(bool ? 1 as UInt64 : 0) }

  /// Mixes in a sequence, its length included.
  public mutating func combine<S: Collection>(contentsOf items: S) where S.Element: BinaryInteger {
    combine(items.count)
    for item in items { combine(UInt64(truncatingIfNeeded: item)) }
  }
}
