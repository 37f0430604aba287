// Other programs as oracles: dtc for device trees, iasl for ACPI. A machine without them fails the
// tests that need them: no comparison is skipped in silence. `Scripts/setup test` installs them.

import Foundation

/// A program that a test needs is not installed.
struct MissingTool: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name) is not installed: run `Scripts/setup test`" }
}

/// A command-line program found on this machine.
struct Tool {
  let path: String

  /// The program.
  ///
  /// - Throws: `MissingTool` if it is not installed.
  init(_ name: String) throws {
    for folder in ["/usr/bin/", "/usr/local/bin/", "/bin/"]
    where FileManager.default.isExecutableFile(atPath: folder + name) {
      path = folder + name
      return
    }
    throw MissingTool(name: name)
  }

  /// Runs the program in a folder; gives its exit status and everything it printed.
  func run(_ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// Calls `body` with an empty folder that is removed afterwards.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("boot-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
