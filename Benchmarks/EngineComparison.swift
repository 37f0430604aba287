// The translator on other kernels, on more cores, on short processes and in memory, beside QEMU's and beside
// the interpreter.

import Foundation
import Machine

extension Benchmarks {
  /// Ratios of processor time to QEMU's, each the best of two in turns.
  func measureOtherBoots(_ files: Files, hasQEMU: Bool, _ table: inout MeasurementTable) throws {
    // 7.2 prints by a thread, which on QEMU says no more once /init talks: there /init's own first line counts.
    for (name, kernel, cores, end) in [
      ("6.12 to /init", ".cache/linux/6.12-cloud/vmlinuz", 1, "Run /init"),
      ("7.2 to /init", ".cache/linux/sid-cloud/vmlinuz", 1, "init: Linux"),
      ("two cores", files.kernel, 2, "Run /init"), ("four cores", files.kernel, 4, "Run /init"),
    ] {
      note("Debian, \(name)")
      var other = files
      other.kernel = kernel
      let boot = try DebianBoot(other)
      var ours = Double.infinity
      var theirs: Double?
      for _ in 0..<2 {
        ours = min(ours, try boot.run(cores: cores, until: end).cost.processor)
        guard hasQEMU else { continue }
        let cost = QEMURun(isStepped: false, arguments: arguments(other, cores: cores))
          .cost(until: end)
        guard let cost else { throw BenchmarkFailure("QEMU does not boot \(kernel)") }
        theirs = min(theirs ?? .infinity, cost.processor)
      }
      table.add(
        "Debian, \(name), processor time", "s", ours, beside: [nil, theirs],
        goal: theirs.map { .atMost($0 * 0.6) } ?? .none)
    }
  }

  /// A shell's short processes.
  func measureShell(_ files: Files, hasQEMU: Bool, _ table: inout MeasurementTable) throws {
    note("short processes of a shell")
    let boot = try DebianBoot(files)
    var best = try boot.runShell()
    for _ in 0..<2 {
      let again = try boot.runShell()
      if again.cost.processor < best.cost.processor { best = again }
    }
    var theirs: Double?
    if hasQEMU {
      let run = QEMURun(
        isStepped: false,
        arguments: arguments(files, cores: 1, commandLine: DebianBoot.shellCommandLine))
      let whole = run.cost(until: String(decoding: DebianBoot.shellEnd, as: UTF8.self))
      let start = run.cost(until: "Run /init")
      if let whole, let start { theirs = whole.processor - start.processor }
    }
    let millions = Double(best.instructions) / 1e6
    table.add(
      "600 processes of a shell", "MIPS", millions / best.cost.processor,
      beside: [nil, theirs.map { millions / $0 }], goal: .atLeast(600))
  }

  /// The command's own memory at /init with each engine, in a process of its own.
  func measureMemory(_ files: Files, _ table: inout MeasurementTable) throws {
    note("memory")
    let translated = try peak(files, .auto)
    let interpreted = try peak(files, .interpreter)
    table.add("resident memory at /init, 512 MiB", "MiB", translated)
    table.add("the same by the interpreter", "MiB", interpreted)
    table.add(
      "the translator's over the interpreter's", "ratio", translated / interpreted,
      goal: .atMost(1.3))
  }

  private func arguments(
    _ files: Files, cores: Int, commandLine: String = DebianBoot.commandLine
  ) -> [String] {
    [
      "-bios", files.firmware, "-kernel", files.kernel, "-initrd", files.initrd, "-smp",
      String(cores), "-append", commandLine,
    ]
  }

  private func peak(_ files: Files, _ engine: ExecutionEngine) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ".build/release/faultline")
    process.arguments = [
      "boot", "--engine", engine.rawValue, "--kernel", files.kernel, "--initrd", files.initrd,
      "--until", "Run /init", "--stats",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    for line in text.split(separator: "\n") where line.hasPrefix("RSS: ") {
      if let value = Double(line.dropFirst(5).prefix { $0.isNumber }) { return value }
    }
    throw BenchmarkFailure("`faultline boot --stats` says no RSS: \(text.suffix(200))")
  }
}
