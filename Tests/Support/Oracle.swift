// Other programs as oracles: QEMU, binutils, clang, dtc, iasl, each bounded in time. A machine without them fails the
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
    try execute(path(name), arguments, in: folder, errors: errors, timeoutSeconds: timeoutSeconds)
  }

  private static func execute(
    _ path: String, _ arguments: [String], in folder: URL?, errors: Errors, timeoutSeconds: Int
  ) throws -> (status: Int32, output: [UInt8]) {
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

// QEMU with the board that ours is.
extension Oracle {
  /// The program.
  public static let qemuName = "qemu-system-aarch64"

  /// Its arguments for the board: `virt` with a Secure world and EL2, without a window or a monitor. `more`
  /// follows the board's own options.
  public static func board(cores: Int = 1, mebibytes: UInt64, more: String = "") -> [String] {
    [
      "-M", "virt,secure=on,virtualization=on,gic-version=3" + more, "-cpu", "neoverse-n1", "-smp",
      "\(cores)", "-m", "\(mebibytes)", "-display", "none", "-monitor", "none",
    ]
  }

  /// What a program adds that needs nothing but the board: it ends QEMU by semihosting.
  public static let bareProgram = [
    "-nodefaults", "-net", "none", "-semihosting-config", "enable=on,target=native",
  ]

  /// Runs QEMU with the board and these arguments.
  ///
  /// - Throws: `OracleFailure` when it is not installed.
  public static func qemu(
    cores: Int = 1, mebibytes: UInt64, more: String = "", _ arguments: [String],
    in folder: URL? = nil, errors: Errors = .shown, timeoutSeconds: Int = 60
  ) throws -> (status: Int32, output: [UInt8]) {
    try run(
      qemuName, board(cores: cores, mebibytes: mebibytes, more: more) + arguments, in: folder,
      errors: errors, timeoutSeconds: timeoutSeconds)
  }
}

// The toolchain's assembler.
extension Oracle {
  /// The object file that clang makes of a text in assembly for aarch64.
  ///
  /// - Throws: `OracleFailure` when it is not on PATH, or finds the text wrong.
  public static func assembled(_ text: String) throws -> [UInt8] {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard
      let clang = folders.map({ "\($0)/clang" }).first(
        where: FileManager.default.isExecutableFile)
    else { throw OracleFailure("clang is not on PATH: it comes with Swift's toolchain") }
    return try withFolder { folder in
      try Data(text.utf8).write(to: folder.appendingPathComponent("text.s"))
      let (status, _) = try execute(
        clang, ["-target", "aarch64-none-elf", "-c", "text.s", "-o", "object.o"], in: folder,
        errors: .shown, timeoutSeconds: 60)
      guard status == 0 else { throw OracleFailure("clang ended with status \(status)") }
      return [UInt8](try Data(contentsOf: folder.appendingPathComponent("object.o")))
    }
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
