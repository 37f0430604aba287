// The built command as a user meets it: arguments in, text and exit status out.

import Foundation
import Support
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

/// Runs the release build of `faultline`, in the checkout.
func faultline(_ arguments: String...) throws -> Outcome { try faultline(arguments) }

/// Runs the release build of `faultline`, in the checkout.
func faultline(_ arguments: [String]) throws -> Outcome {
  try execute(try Checkout.required(".build/release/faultline"), arguments)
}

/// Runs a program to its end; standard input is empty.
func execute(_ program: String, _ arguments: [String]) throws -> Outcome {
  try withFolder { folder in
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
}

/// Gives a closure the path of a file with this content.
func withTemporaryFile<Result>(
  _ name: String, _ content: String, _ body: (String) throws -> Result
) throws -> Result {
  try withTemporaryFile(name, Array(content.utf8), body)
}

/// Gives a closure the path of a file with these bytes.
func withTemporaryFile<Result>(
  _ name: String, _ content: [UInt8], _ body: (String) throws -> Result
) throws -> Result {
  try withFolder { folder in
    let file = folder.appendingPathComponent(name)
    try Data(content).write(to: file)
    return try body(file.path)
  }
}
