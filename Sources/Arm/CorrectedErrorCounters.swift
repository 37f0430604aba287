// The corrected error counters of ERR<n>MISC0. RASSA (IHI0100), ERR<n>MISC0; ERR<n>FR.{CEC,RP}.
//
// A counter is one bit narrower than its name says: the top bit is its sticky overflow flag. With
// FR.RP = 1 there are two: the first counts the error that the record describes, from its first time
// on, the second all others.

/// One corrected error counter.
public struct CorrectedErrorCounter: Sendable {
  /// The count.
  public let count: Field
  /// The sticky overflow flag above it.
  public let overflow: Field

  /// The largest count, whose successor is 0 with the overflow flag.
  @inlinable public var largest: UInt64 { count.mask &>> UInt64(count.low) }

  /// Adds one; returns whether the counter overflowed by it.
  func increment(_ misc0: inout UInt64) -> Bool {
    let new = (((misc0 & count.mask) &>> UInt64(count.low)) &+ 1) & largest
    misc0 = (misc0 & ~count.mask) | (new &<< UInt64(count.low))
    guard new == 0 else { return false }
    misc0 |= overflow.mask
    return true
  }

  /// How many errors MISC0 says were counted since both its fields were 0; at most one overflow is
  /// known of.
  public func errors(in misc0: UInt64) -> UInt64 {
    (misc0 & count.mask) &>> UInt64(count.low)
      &+ (misc0 & overflow.mask != 0 ? largest &+ 1 : 0)
  }
}

/// The corrected error counters of a node.
public struct CorrectedErrorCounters: Sendable {
  /// Counts all errors, or, where there are two, the one that the record describes.
  public let first: CorrectedErrorCounter
  /// Counts all others, where there are two.
  public let other: CorrectedErrorCounter?

  /// The counters that FR.CEC and FR.RP describe, or nil if there is none.
  public init?(_ feature: ErrorFeature) {
    let isPair = feature.isSet(ErrorFeature.rp)
    switch feature[ErrorFeature.cec] {
    case 0b010:
      first = CorrectedErrorCounter(count: Field("CECR", 38, 32), overflow: Field("OFR", 39))
      other =
        isPair
        ? CorrectedErrorCounter(count: Field("CECO", 46, 40), overflow: Field("OFO", 47)) : nil
    case 0b100:
      first = CorrectedErrorCounter(count: Field("CECR", 46, 32), overflow: Field("OFR", 47))
      other =
        isPair
        ? CorrectedErrorCounter(count: Field("CECO", 62, 48), overflow: Field("OFO", 63)) : nil
    default: return nil
    }
  }

  /// The bits of MISC0 that exist.
  public var mask: UInt64 {
    first.count.mask | first.overflow.mask | (other.map { $0.count.mask | $0.overflow.mask } ?? 0)
  }

  /// Whether a counter has overflowed since its flag was cleared.
  public func hasOverflowed(_ misc0: UInt64) -> Bool {
    misc0 & (first.overflow.mask | (other?.overflow.mask ?? 0)) != 0
  }

  /// MISC0 such that the next error of either counter overflows it.
  public var full: UInt64 { first.count.mask | (other?.count.mask ?? 0) }

  /// Counts an error; returns whether its counter overflowed by it.
  func increment(_ misc0: inout UInt64, isRepeated: Bool) -> Bool {
    if !isRepeated, let other { return other.increment(&misc0) }
    return first.increment(&misc0)
  }
}
