// The console: a PL011, written by polling, read by interrupt, with as much of a terminal's line
// discipline as a shell and a VMM need. PL011 TRM (Arm DDI 0183), 3.3.

import Arm
import Boot
import KVM
import Platform

/// What was typed, and how it is to be read.
struct ConsoleState {
  /// Bytes typed that a read may take.
  var input: [UInt8] = []
  /// The line that is being typed, in canonical mode.
  var line: [UInt8] = []
  /// c_iflag, c_oflag, c_cflag, c_lflag as Linux has them for a fresh terminal.
  var inputFlags: UInt32 = 0x500
  var outputFlags: UInt32 = 0x5
  var controlFlags: UInt32 = 0xcbd
  var localFlags: UInt32 = 0x8a3b
  /// c_line and c_cc.
  var control: [UInt8] = [
    0, 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0,
  ]

  var isCanonical: Bool { localFlags & 2 != 0 }
  var echoes: Bool { localFlags & 8 != 0 }
  var translatesReturn: Bool { inputFlags & 0x100 != 0 }
  var translatesLineFeed: Bool { outputFlags & 5 == 5 }
}

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

  /// Sends a byte, waiting for room, though not for ever.
  func writeConsole(_ byte: UInt8) {
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
      typed(UInt8(truncatingIfNeeded: platform.load32(register(.dr))))
    }
    platform.store32(register(.icr), typingInterrupts)
    wake(WaitChannel(.files))
  }

  private func typed(_ raw: UInt8) {
    let byte = raw == 13 && console.translatesReturn ? 10 : raw
    guard console.isCanonical else {
      if console.input.count < 4096 { console.input.append(byte) }
      return
    }
    switch byte {
    case 127, 8:
      guard !console.line.isEmpty else { return }
      console.line.removeLast()
      if console.echoes { for letter in [8, 32, 8] as [UInt8] { writeConsole(letter) } }
    case 10:
      if console.echoes { writeConsole([10]) }
      if console.input.count + console.line.count < 4096 {
        console.input += console.line + [10]
      }
      console.line = []
    default:
      if console.echoes { writeConsole(byte) }
      if console.line.count < 4095 { console.line.append(byte) }
    }
  }

  /// TCGETS, TCSETS*, TIOCGWINSZ, FIONREAD.
  func consoleControl(
    _ request: UInt64, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    switch request {
    case Terminal.getAttributes:
      var bytes: [UInt8] = []
      for word in [
        console.inputFlags, console.outputFlags, console.controlFlags, console.localFlags,
      ] {
        for shift in [0, 8, 16, 24] as [UInt32] {
          bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
      }
      try write(thread, argument, bytes + console.control)
    case Terminal.setAttributes, Terminal.setAttributes + 1, Terminal.setAttributes + 2:
      let bytes = try read(thread, argument, count: Int(Terminal.size))
      func word(_ at: Int) -> UInt32 {
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
          | UInt32(bytes[at + 3]) << 24
      }
      console.inputFlags = word(0)
      console.outputFlags = word(4)
      console.controlFlags = word(8)
      console.localFlags = word(12)
      for index in 0..<20 { console.control[index] = bytes[16 + index] }
      if !console.isCanonical {
        console.input += console.line
        console.line = []
      }
    case Terminal.getWindowSize: try write(thread, argument, [25, 0, 80, 0, 0, 0, 0, 0])
    case Terminal.bytesReadable:
      try write32(thread, argument, UInt32(console.input.count))
    case 0x540E, 0x540F, 0x5410: break  // TIOCSCTTY, TIOCGPGRP, TIOCSPGRP: one session
    default: throw .failed(.notTerminal)
    }
    return 0
  }
}
