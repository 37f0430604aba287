// Lines on the console. Tools read them, so each is one fact in a fixed form, and begins with
// "guest: ". A line is gathered first and sent at once, with the lock held: cores never mix theirs.

import Arm
import CArch
import GuestKernelEntry
import Platform

/// PL011, polled. PrimeCell UART (DDI 0183), 3.3.
enum Console {
  /// Where its registers are; 0 until it is known.
  nonisolated(unsafe) private static var base: UInt64 = 0

  /// Takes the UART into use: on, 8 bits, with its FIFOs.
  static func open(_ address: UInt64) {
    store_32(address + PL011Register.cr.rawValue, 0)
    store_32(address + PL011Register.lcrH.rawValue, UInt32(PL011LineControl.eightBits.rawValue))
    store_32(
      address + PL011Register.cr.rawValue, UInt32(PL011Control.enabled(receives: true).rawValue))
    unsafe base = address
  }

  /// Sends bytes. An empty FIFO takes sixteen, so that its state need not be read, which under a
  /// hypervisor is an exit, for each.
  static func send(_ count: Int, _ byte: (Int) -> UInt8) {
    let base = unsafe base
    guard base != 0 else { return }
    var index = 0
    while index < count {
      let flags = PL011Flags(rawValue: UInt64(load_32(base + PL011Register.fr.rawValue)))
      var room = flags.isSet(PL011Flags.txfe) ? 16 : flags.isSet(PL011Flags.txff) ? 0 : 1
      while room > 0, index < count {
        store_32(base + PL011Register.dr.rawValue, UInt32(byte(index)))
        index += 1
        room -= 1
      }
    }
  }
}

/// A line in the making.
struct Line {
  private var bytes = InlineArray<256, UInt8>(repeating: 0)
  private var count = 0

  /// A line that begins with "guest: " and a text.
  init(_ start: StaticString) {
    text("guest: ")
    text(start)
  }

  /// Adds a byte; what exceeds the line is dropped.
  mutating func byte(_ byte: UInt8) {
    guard count < 255 else { return }
    bytes[count] = byte
    count += 1
  }

  /// Adds a text.
  mutating func text(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { byte(unsafe text.utf8Start[index]) }
  }

  /// Adds a decimal number, after a text.
  mutating func decimal(_ name: StaticString, _ value: UInt64) {
    text(name)
    decimal(value)
  }

  private mutating func decimal(_ value: UInt64) {
    if value >= 10 { decimal(value / 10) }
    byte(UInt8(truncatingIfNeeded: 0x30 + value % 10))
  }

  /// Adds a hexadecimal number with 0x, after a text.
  mutating func hex(_ name: StaticString, _ value: UInt64) {
    text(name)
    text("0x")
    var shift: UInt64 = 60
    while shift > 0, value >> shift == 0 { shift -= 4 }
    while true {
      let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
      byte(digit < 10 ? 0x30 + digit : 0x57 + digit)
      if shift == 0 { break }
      shift -= 4
    }
  }

  /// Sends the line, ended.
  consuming func print() {
    bytes[count] = 0x0A
    guest_lock()
    Console.send(count + 1) { bytes[$0] }
    guest_unlock()
  }
}

/// Prints a line of a text.
func say(_ text: StaticString) { Line(text).print() }
