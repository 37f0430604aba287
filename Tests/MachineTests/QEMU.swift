// QEMU as an oracle: running it bounded in time. A machine without it fails the tests that need it,
// with a message that names the missing program; no comparison is skipped in silence.

import Foundation

/// What went wrong outside the machine under test.
struct QEMUFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The installed QEMU programs.
enum QEMU {
  /// Where a QEMU program, or another oracle, is.
  ///
  /// - Throws: `QEMUFailure` when the program is not installed.
  static func path(_ name: String) throws -> String {
    let folders = ["/usr/bin/", "/usr/local/bin/", "/bin/", "/opt/homebrew/bin/"]
    guard
      let path = folders.map({ $0 + name }).first(where: FileManager.default.isExecutableFile)
    else {
      throw QEMUFailure(
        "\(name) is not installed: it is the oracle of this test; run `Scripts/setup test`")
    }
    return path
  }

  /// Runs a QEMU program; gives its exit status and standard output.
  ///
  /// - Throws: `QEMUFailure` when the program is not installed.
  static func run(
    _ name: String, _ arguments: [String], timeoutSeconds: Int
  ) throws -> (
    status: Int32, output: [UInt8]
  ) {
    let path = try path(name)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["-k", "2", "\(timeoutSeconds)", path] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    try process.run()
    let output = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
