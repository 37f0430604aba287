// The built command as a user meets it: arguments in, text and exit status out.

import Foundation
import Testing

/// What a command left behind.
struct Outcome {
  var status: Int32
  var output: String
  var errors: String
  var lines: [String] {
    output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// The checkout and what `make` built in it.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func path(_ relative: String) -> String { root.appendingPathComponent(relative).path }

  /// A file that `make test` provides; its absence is a failure, not a reason to skip.
  static func required(_ relative: String) throws -> String {
    let path = path(relative)
    try #require(
      FileManager.default.fileExists(atPath: path),
      "\(relative) is missing: run `make test`, which builds and fetches what tests need")
    return path
  }
}

/// Runs the release build of `faultline`, in the checkout.
func faultline(_ arguments: String...) throws -> Outcome { try faultline(arguments) }

/// Runs the release build of `faultline`, in the checkout.
func faultline(_ arguments: [String]) throws -> Outcome {
  try execute(try Checkout.required(".build/release/faultline"), arguments)
}

/// Runs a program to its end; standard input is empty.
func execute(_ program: String, _ arguments: [String]) throws -> Outcome {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let output = folder.appendingPathComponent("out")
  let errors = folder.appendingPathComponent("err")
  for file in [output, errors] {
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
  }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.currentDirectoryURL = Checkout.root
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = try FileHandle(forWritingTo: output)
  process.standardError = try FileHandle(forWritingTo: errors)
  try process.run()
  process.waitUntilExit()
  func text(_ file: URL) throws -> String {
    String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }
  return Outcome(
    status: process.terminationStatus, output: try text(output), errors: try text(errors))
}

/// Gives a closure the path of a file with this content.
func withTemporaryFile<Result>(
  _ name: String, _ content: String, _ body: (String) throws -> Result
) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let file = folder.appendingPathComponent(name)
  try Data(content.utf8).write(to: file)
  return try body(file.path)
}
