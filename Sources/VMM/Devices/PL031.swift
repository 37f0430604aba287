// PrimeCell real time clock (PL031, DDI 0224) for a guest: the host's clock, moved by what the guest
// has set. The alarm's registers are there, but nothing goes off: no table names its interrupt.

import Platform

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

  /// Reads the register at an offset, `seconds` after 1970 by the host's clock; 0 where there is none.
  public func read(_ offset: UInt64, seconds: UInt64) -> UInt32 {
    switch PL031Register(rawValue: offset & ~3) {
    case .dr: UInt32(truncatingIfNeeded: seconds) &+ lead
    case .mr: match
    case .lr: load
    // The clock is always enabled.
    case .cr: 1
    case .imsc: interruptMask
    case .ris, .mis, .icr: 0
    case nil:
      PL031Register.identification.contains(offset) ? PL031Register.identification(at: offset) : 0
    }
  }

  /// Writes the register at an offset; nothing happens where there is none.
  public mutating func write(_ offset: UInt64, _ value: UInt32, seconds: UInt64) {
    switch PL031Register(rawValue: offset & ~3) {
    case .mr: match = value
    case .lr:
      load = value
      lead = value &- UInt32(truncatingIfNeeded: seconds)
    case .imsc: interruptMask = value & 1
    default: break
    }
  }
}
