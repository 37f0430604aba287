// The terminal of an interactive boot: keys reach the guest one by one, Ctrl-A x leaves and Ctrl-A h
// helps, as in QEMU; the terminal's settings come back at the end and when a signal ends the program.

import Foundation

/// A terminal in raw mode.
final class Terminal {
  private var saved = termios()
  private var sawEscape = false

  /// What the start says.
  static let greeting = "faultline: Ctrl-A x leaves, Ctrl-A h helps\n"
  /// What Ctrl-A h says.
  static let help = """

    Ctrl-A h       this help
    Ctrl-A x       leave; the machine is gone
    Ctrl-A Ctrl-A  type Ctrl-A
    All other keys, Ctrl-C too, go to the machine.

    """

  /// Both ends are a terminal.
  static var isInteractive: Bool { isatty(0) == 1 && isatty(1) == 1 }

  /// Settings to restore when a signal ends the program; written once, before the handlers exist.
  nonisolated(unsafe) private static var settings = termios()

  /// Puts the terminal into raw mode.
  init() {
    unsafe tcgetattr(0, &saved)
    unsafe Terminal.settings = saved
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        unsafe tcsetattr(0, TCSANOW, &Terminal.settings)
        _exit(128 + number)
      }
    }
    var raw = saved
    unsafe cfmakeraw(&raw)
    raw.c_oflag |= tcflag_t(OPOST)
    unsafe tcsetattr(0, TCSANOW, &raw)
  }

  deinit { restore() }

  /// Restores the settings.
  func restore() { unsafe tcsetattr(0, TCSANOW, &saved) }

  /// Keys since the last call, waiting for at most so many milliseconds; nil when the user leaves.
  func keys(waitingFor milliseconds: Int32) -> [UInt8]? {
    var descriptor = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&descriptor, 1, milliseconds) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = unsafe Foundation.read(0, &buffer, buffer.count)
    if count < 0, errno == EINTR { return [] }
    guard count > 0 else { return nil }
    var typed: [UInt8] = []
    for byte in buffer[..<count] {
      if sawEscape {
        sawEscape = false
        switch byte {
        case UInt8(ascii: "x"), UInt8(ascii: "X"): return nil
        case UInt8(ascii: "h"), UInt8(ascii: "H"), UInt8(ascii: "?"):
          StandardError.write(Terminal.help)
        // Ctrl-A twice types one.
        default: typed.append(byte)
        }
      } else if byte == 0x01 {
        sawEscape = true
      } else {
        typed.append(byte)
      }
    }
    return typed
  }
}
