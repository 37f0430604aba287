// Writing so that a failure is seen: a full disk ends the command with status 73 and a message, a closed
// pipe in silence, as command-line tools do. Messages are an exception: where standard error cannot be
// written to there is nobody to tell.

import ArgumentParser
import Foundation

/// Writing to a file that is open.
enum Descriptor {
  /// Writes all bytes; what the system says if it cannot.
  static func write(_ descriptor: Int32, _ bytes: some Collection<UInt8>) -> Int32? {
    // Without this a closed pipe would kill the command before it could tidy up.
    signal(SIGPIPE, SIG_IGN)
    let bytes = Array(bytes)
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes[start...].withUnsafeBytes { part in
        unsafe Foundation.write(descriptor, part.baseAddress, part.count)
      }
      if count > 0 {
        start += count
      } else if errno == EAGAIN {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&wanted, 1, 1000)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}

/// Standard error, for people.
enum StandardError {
  /// Writes text, if that is possible.
  static func write(_ text: String) { _ = Descriptor.write(2, text.utf8) }
}

/// Standard output.
enum StandardOutput {
  /// Writes text.
  static func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Writes all bytes.
  static func write(_ bytes: [UInt8]) throws {
    guard let reason = Descriptor.write(1, bytes) else { return }
    if reason == EPIPE { throw ExitCode(0) }
    throw failure(
      .cannotCreate,
      "cannot write to standard output: \(unsafe String(cString: strerror(reason)))")
  }

  /// All of standard input.
  static func readInput() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { part in
        unsafe Foundation.read(0, part.baseAddress, part.count)
      }
      if count > 0 {
        bytes.append(contentsOf: buffer[..<count])
      } else if count == 0 {
        return bytes
      } else if errno != EINTR {
        throw failure(
          .noInput, "cannot read standard input: \(unsafe String(cString: strerror(errno)))")
      }
    }
  }
}
