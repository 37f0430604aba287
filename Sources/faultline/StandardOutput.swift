// Writing to standard output so that a failure is seen: a full disk ends the command with status 73
// and a message, a closed pipe in silence, as command-line tools do.

import ArgumentParser
import Foundation

enum StandardOutput {
  /// Writes all bytes.
  static func write(_ bytes: [UInt8]) throws {
    // Without this a closed pipe would kill the command before it could say anything.
    signal(SIGPIPE, SIG_IGN)
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes[start...].withUnsafeBytes { part in
        unsafe Foundation.write(1, part.baseAddress, part.count)
      }
      if count > 0 {
        start += count
      } else if count < 0, errno != EINTR {
        let reason = errno
        if reason == EPIPE { throw ExitCode(0) }
        throw failure(
          .cannotCreate,
          "cannot write to standard output: \(unsafe String(cString: strerror(reason)))")
      }
    }
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
