// Text on the console, without String: EL3 has no heap when it matters.

import Arm
import Platform

/// Writes text to the console, PL011 UART 0, by polling. PL011 TRM (Arm DDI 0183) 3.3.
public struct FirmwareText<P: FirmwarePlatform> {
  let platform: P

  /// A writer to the platform's console.
  public init(_ platform: P) { self.platform = platform }

  /// Enables the UART: 8 bits, FIFO on, transmit only. The rate is the board's business.
  public func enable() {
    platform.store32(register(.lcrH), UInt32(PL011LineControl.eightBits.rawValue))
    platform.store32(register(.cr), UInt32(PL011Control.enabled(receives: false).rawValue))
  }

  /// How often the UART is asked for room for one character: twice what one takes at 115,200 bits a
  /// second, where a load of a device takes 100 ns.
  static var patience: Int { 2_000 }

  /// Writes a byte, waiting for room, though not for ever: the UART belongs to the operating system
  /// by the time there is bad news.
  public func byte(_ byte: UInt8) {
    var patience = Self.patience
    while patience > 0,
      PL011Flags(rawValue: UInt64(platform.load32(register(.fr)))).isSet(PL011Flags.txff)
    {
      patience -= 1
    }
    platform.store32(register(.dr), UInt32(byte))
  }

  private func register(_ register: PL011Register) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.uart0 + register.rawValue)
  }

  /// Writes a string; a line feed is sent as carriage return and line feed.
  public func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes in
      for index in bytes.indices {
        let letter = unsafe bytes[index]
        if letter == 10 { byte(13) }
        byte(letter)
      }
    }
  }

  /// Writes 0x and hexadecimal digits, at least `digits` of them.
  public func write(hex value: UInt64, digits: Int = 1) {
    write("0x")
    var shift = 60
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 0xf
      if value >> UInt64(shift) != 0 || shift < digits * 4 {
        byte(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
      shift -= 4
    }
  }

  /// Writes a decimal number.
  public func write(decimal value: UInt64) {
    // No recursion: the stack of the error path is bounded.
    var divisor: UInt64 = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      byte(UInt8(truncatingIfNeeded: value / divisor % 10) + 0x30)
      divisor /= 10
    }
  }
}

extension FirmwareText: Sendable where P: Sendable {}
