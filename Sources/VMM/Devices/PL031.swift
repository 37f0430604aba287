// PrimeCell real time clock (PL031, DDI 0224) for a guest: the host's clock, moved by what the guest
// has set. The alarm's registers are there, but nothing goes off: no table names its interrupt.

/// A real-time clock.
public struct PL031: Sendable {
  /// What the guest's clock is ahead of the host's, in seconds, modulo 2^32.
  private var lead: UInt32 = 0
  /// RTCMR.
  private var match: UInt32 = 0
  /// RTCLR.
  private var load: UInt32 = 0
  /// RTCIMSC, one bit.
  private var interruptMask: UInt32 = 0

  /// A clock that shows the host's time.
  public init() {}

  private static func identification(_ index: UInt64) -> UInt32 {
    // Peripheral 0x0014_1031, then PrimeCell 0xB105_F00D.
    let low: UInt64 = 0x0014_1031
    let high: UInt64 = 0xB105_F00D
    let word = index < 4 ? low : high
    return UInt32(truncatingIfNeeded: word >> (8 * (index & 3)) & 0xFF)
  }

  /// Reads the register at an offset, `seconds` after 1970 by the host's clock; 0 where there is none.
  public func read(_ offset: UInt64, seconds: UInt64) -> UInt32 {
    switch offset & ~3 {
    case 0x00: UInt32(truncatingIfNeeded: seconds) &+ lead
    case 0x04: match
    case 0x08: load
    // The clock is always enabled.
    case 0x0C: 1
    case 0x10: interruptMask
    case 0xFE0...0xFFC: PL031.identification((offset - 0xFE0) >> 2)
    default: 0
    }
  }

  /// Writes the register at an offset; nothing happens where there is none.
  public mutating func write(_ offset: UInt64, _ value: UInt32, seconds: UInt64) {
    switch offset & ~3 {
    case 0x04: match = value
    case 0x08:
      load = value
      lead = value &- UInt32(truncatingIfNeeded: seconds)
    case 0x10: interruptMask = value & 1
    default: break
    }
  }
}
