// The registers of the real-time clock, a PrimeCell PL031: where they are. The VMM's guests have the same one.

/// The registers of a PL031 by their offset. DDI 0224, 3.2.
public enum PL031Register: UInt64, Sendable {
  /// RTCDR: the time.
  case dr = 0x000
  /// RTCMR: when the alarm goes off.
  case mr = 0x004
  /// RTCLR: sets the time.
  case lr = 0x008
  /// RTCCR: whether it runs.
  case cr = 0x00C
  /// RTCIMSC: whether the alarm is let through.
  case imsc = 0x010
  /// RTCRIS: whether the alarm is pending.
  case ris = 0x014
  /// RTCMIS: whether it is pending and let through.
  case mis = 0x018
  /// RTCICR: clears.
  case icr = 0x01C

  /// RTCPeriphID0 to RTCPCellID3, a byte in each word: a PL031 of Arm, a PrimeCell.
  public static let identification: ClosedRange<UInt64> = 0xFE0...0xFFF

  /// The byte of an identification register.
  @inlinable public static func identification(at offset: UInt64) -> UInt32 {
    let bytes: UInt64 = 0xB105_F00D_0014_1031
    return UInt32(truncatingIfNeeded: bytes >> (8 &* ((offset &- 0xFE0) / 4 & 7)) & 0xFF)
  }
}
