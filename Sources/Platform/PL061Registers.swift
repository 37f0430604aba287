// The registers of the GPIO controllers, PrimeCell PL061: where they are, and how the data register is addressed.

/// The registers of a PL061 by their offset, but for GPIODATA. DDI 0190, 3.2.
public enum PL061Register: UInt64, Sendable {
  /// GPIODIR: which pins are outputs.
  case dir = 0x400
  /// GPIOIS: which are sensitive to a level.
  case `is` = 0x404
  /// GPIOIBE: which to both edges.
  case ibe = 0x408
  /// GPIOIEV: which to a rising edge or a high level.
  case iev = 0x40C
  /// GPIOIE: which are let through.
  case ie = 0x410
  /// GPIORIS: which are pending.
  case ris = 0x414
  /// GPIOMIS: which are pending and let through.
  case mis = 0x418
  /// GPIOIC: clears.
  case ic = 0x41C
  /// GPIOAFSEL: which have another function.
  case afsel = 0x420

  /// GPIODATA: an access reaches the pins whose bits are set in bits 9 to 2 of its address. DDI 0190, 3.3.2.
  public static let data: ClosedRange<UInt64> = 0x000...0x3FF

  /// Where GPIODATA is for these pins and no others.
  @inlinable public static func data(pins: UInt8) -> UInt64 { UInt64(pins) << 2 }
  /// The pins that an access to GPIODATA reaches.
  @inlinable public static func pins(at offset: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: offset >> 2)
  }

  /// The identification registers, a byte in each word; the first four are reserved.
  public static let identification: ClosedRange<UInt64> = 0xFD0...0xFFF

  /// The byte of an identification register: a PL061 of Arm, a PrimeCell.
  @inlinable public static func identification(at offset: UInt64) -> UInt8 {
    guard offset >= 0xFE0 else { return 0 }
    let bytes: UInt64 = 0xB105_F00D_0004_1061
    return UInt8(truncatingIfNeeded: bytes >> (8 &* ((offset &- 0xFE0) / 4 & 7)))
  }
}
