// The console: a PL011, written by polling, read by interrupt, with as much of a terminal's line
// discipline as a shell and a VMM need. PL011 TRM (Arm DDI 0183), 3.3.

import Arm
import Boot
import KVM
import Platform

extension Kernel {
  private func register(_ register: PL011Register) -> PhysicalAddress {
    PhysicalAddress(uart + register.rawValue)
  }

  private var uartFlags: PL011Flags {
    PL011Flags(rawValue: UInt64(platform.load32(register(.fr))))
  }

  /// What says that something was typed.
  private var typingInterrupts: UInt32 {
    UInt32(PL011Interrupts.rx.mask | PL011Interrupts.rt.mask)
  }

  /// Has the UART receive, and say so by an interrupt at once.
  func enableConsoleInput() {
    guard uart != 0 else { return }
    platform.store32(register(.cr), UInt32(PL011Control.enabled(receives: true).rawValue))
    platform.store32(register(.imsc), typingInterrupts)
  }

  /// Sends a byte, waiting for room, though not for ever. Once in the image, not at each place of use.
  @inline(never) func writeConsole(_ byte: UInt8) {
    guard uart != 0 else { return }
    var patience = 1_000_000
    while patience > 0, uartFlags.isSet(PL011Flags.txff) { patience -= 1 }
    platform.store32(register(.dr), UInt32(byte))
  }

  /// Bytes that a program wrote: a line feed is sent as carriage return and line feed, if the
  /// terminal is so set.
  func writeConsole(_ bytes: [UInt8]) {
    for byte in bytes {
      if byte == 10, console.translatesLineFeed { writeConsole(13 as UInt8) }
      writeConsole(byte)
    }
  }

  /// The UART's interrupt: takes what was typed.
  func consoleInterrupt() {
    guard uart != 0 else { return }
    while !uartFlags.isSet(PL011Flags.rxfe) {
      let byte = UInt8(truncatingIfNeeded: platform.load32(register(.dr)))
      console.type(byte) { writeConsole($0) }
    }
    platform.store32(register(.icr), typingInterrupts)
    wake(WaitChannel(.files))
  }

  /// TCGETS, TCSETS*, TIOCGWINSZ, FIONREAD.
  func consoleControl(
    _ request: UInt64, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    switch request {
    case Terminal.getAttributes:
      try write(thread, argument, console.attributes)
    case Terminal.setAttributes, Terminal.setAttributes + 1, Terminal.setAttributes + 2:
      console.setAttributes(try read(thread, argument, count: Int(Terminal.size)))
    case Terminal.getWindowSize: try write(thread, argument, [25, 0, 80, 0, 0, 0, 0, 0])
    case Terminal.bytesReadable:
      try write32(thread, argument, UInt32(console.input.count))
    case 0x540E, 0x540F, 0x5410: break  // TIOCSCTTY, TIOCGPGRP, TIOCSPGRP: one session
    default: throw .failed(.notTerminal)
    }
    return 0
  }
}
