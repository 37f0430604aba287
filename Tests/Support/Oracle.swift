// Other programs as oracles: QEMU, binutils, dtc, iasl, each bounded in time. A machine without them fails the
// tests that need them, with a message that names the missing program; no comparison is skipped in silence.

import Foundation

/// What went wrong outside of what is tested.
public struct OracleFailure: Error, CustomStringConvertible {
  /// What it is.
  public let description: String
  /// A failure.
  public init(_ description: String) { self.description = description }
}

/// The installed programs.
public enum Oracle {
  /// Where a program is.
  ///
  /// - Throws: `OracleFailure` when it is not installed.
  public static func path(_ name: String) throws -> String {
    let folders = ["/usr/bin/", "/usr/local/bin/", "/bin/", "/opt/homebrew/bin/"]
    guard
      let path = folders.map({ $0 + name }).first(where: FileManager.default.isExecutableFile)
    else {
      throw OracleFailure(
        "\(name) is not installed: it is the oracle of this test; run `Scripts/setup test`")
    }
    return path
  }

  /// What a program's standard error is.
  public enum Errors {
    /// The test's.
    case shown
    /// Part of the output.
    case together
    /// Nobody's.
    case dropped
  }

  /// Runs a program without input, in a folder if that matters; gives its exit status and standard output. After
  /// `timeoutSeconds` it is ended, with status 124.
  ///
  /// - Throws: `OracleFailure` when the program is not installed.
  public static func run(
    _ name: String, _ arguments: [String], in folder: URL? = nil, errors: Errors = .shown,
    timeoutSeconds: Int = 60
  ) throws -> (status: Int32, output: [UInt8]) {
    let path = try path(name)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["-k", "2", "\(timeoutSeconds)", path] + arguments
    if let folder { process.currentDirectoryURL = folder }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    switch errors {
    case .shown: break
    case .together: process.standardError = pipe
    case .dropped: process.standardError = FileHandle.nullDevice
    }
    try process.run()
    let output = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}

/// Calls `body` with an empty folder that is removed afterwards.
public func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
