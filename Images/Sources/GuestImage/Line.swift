// Lines on the console. Tools read them, so each is one fact in a fixed form, and begins with
// "guest: ". A line is gathered first and sent at once, with the lock held: cores never mix theirs.

import Arm
import CArch
import GuestKernelEntry
import Platform
import Text

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

/// A line in the making, at most 256 bytes.
typealias Line = TextLine<256>

extension Line {
  /// A line that begins with "guest: " and a text.
  init(guest start: StaticString) {
    self.init(Sentence.guest.form)
    add(start)
  }

  /// Sends the line, ended.
  consuming func print() {
    put(0x0A)
    guest_lock()
    Console.send(count) { byte(at: $0) }
    guest_unlock()
  }
}

/// Prints a line of a text.
func say(_ text: StaticString) { Line(guest: text).print() }

/// Prints a sentence.
func say(_ sentence: Sentence, _ number: UInt64 = 0) {
  var line = Line()
  line.add(sentence, number)
  line.print()
}
