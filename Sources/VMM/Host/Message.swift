// What the VMM says for people, gathered and written at once.

import Bytes
import KVM
import Text

/// A message in the making: at most 400 bytes, what exceeds them is dropped but for the line's end.
public typealias Message = TextLine<400>

extension Message {
  /// A sentence with its line's end.
  init(
    _ sentence: Sentence, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0,
    _ fourth: UInt64 = 0
  ) {
    self.init()
    add(sentence, first, second, third, fourth)
    add("\n")
  }

  /// Adds a word.
  public mutating func add(_ text: Text) {
    for index in 0..<text.byteCount { put(text.byte(at: index)) }
  }

  /// Adds an error by name, of a result of a system call.
  public mutating func add(error result: Int64) {
    if let error = LinuxError(rawValue: Int32(truncatingIfNeeded: -result)) {
      add(error.name)
    } else {
      add("error ", decimal: UInt64(bitPattern: -result))
    }
  }

  /// Writes it to a file descriptor, as it is.
  public func write<Host: HostKernel>(_ host: Host, to descriptor: UInt64) {
    withAddress { address in
      var written = 0
      while written < count {
        let result = host.call(
          .write, descriptor, address + UInt64(written), UInt64(count - written))
        if result == -Int64(LinuxError.interrupted.rawValue) { continue }
        guard result > 0 else { break }
        written += Int(result)
      }
    }
  }
}
