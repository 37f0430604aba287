// What the console gets where standard input is no terminal: a file or a pipe. It is read when software
// on the machine listens, so that a script for a shell is not lost while the kernel boots.

import Foundation

/// Standard input that is no terminal.
final class PipedInput {
  /// Whether more may come.
  private(set) var isOpen = isatty(0) == 0

  /// What is there now, at most so much that a console keeps it.
  func take() -> [UInt8] { isReady(within: 0) ? read() : [] }

  /// What comes next, however long that takes; nothing at the end.
  func wait() -> [UInt8] {
    while isOpen {
      if isReady(within: 1000) {
        let bytes = read()
        if !bytes.isEmpty { return bytes }
      }
    }
    return []
  }

  private func isReady(within milliseconds: Int32) -> Bool {
    guard isOpen else { return false }
    var descriptor = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, milliseconds) > 0
  }

  private func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe Foundation.read(0, &buffer, buffer.count)
    if count == 0 || count < 0 && errno != EINTR && errno != EAGAIN { isOpen = false }
    return Array(buffer.prefix(max(0, count)))
  }
}
