// Text on the console, without String: EL3 has no heap when it matters.

import Arm
import Platform
import Text

/// Writes text to the console, PL011 UART 0, by polling. PL011 TRM (Arm DDI 0183) 3.3.
public struct FirmwareText<P: FirmwarePlatform>: TextWriter {
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
  private func byte(_ byte: UInt8) {
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

  /// Writes a letter; a line feed is sent as carriage return and line feed.
  public func put(_ letter: UInt8) {
    if letter == 0x0A { byte(0x0D) }
    byte(letter)
  }
}

extension FirmwareText: Sendable where P: Sendable {}
