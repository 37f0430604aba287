// QEMU on the same files: the yardstick.

import Foundation

/// A run of a machine like ours under QEMU.
struct QEMURun {
  /// The version line; nil without QEMU.
  static var version: String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["qemu-system-aarch64", "--version"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let text = String(
      decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text.split(separator: "\n").first.map(String.init) : nil
  }

  /// The board that ours is.
  static let board = "virt,secure=on,virtualization=on,gic-version=3"

  /// One instruction at a time, an interpreter's pace; or as QEMU does it, with translation.
  var isStepped: Bool
  /// Arguments that say what runs.
  var arguments: [String]

  /// What it costs until the console says `text`, or until QEMU ends for nil. Nil if that does not
  /// happen within five minutes.
  func cost(until text: String?) -> HostCost? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "qemu-system-aarch64", "-M", Self.board,
        "-cpu", "neoverse-n1", "-m", "512", "-display", "none", "-monitor", "none",
        "-serial", "stdio", "-net", "none", "-no-reboot",
      ] + (isStepped ? ["-singlestep"] : []) + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    let clock = ContinuousClock()
    let start = clock.now
    let before = HostCost.ofChildren
    guard (try? process.run()) != nil else { return nil }
    // Reading a pipe blocks: the watchdog ends QEMU, and with it the read.
    let watchdog = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 300, execute: watchdog)
    let wanted = text.map { Array($0.utf8) }
    var isSeen = false
    var tail: [UInt8] = []
    while !isSeen {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      guard let wanted else { continue }
      tail += data
      isSeen = tail.firstRange(of: wanted) != nil
      tail = Array(tail.suffix(wanted.count))
    }
    let wall = (clock.now - start) / .seconds(1)
    watchdog.cancel()
    if isSeen { process.terminate() }
    process.waitUntilExit()
    guard isSeen || (wanted == nil && process.terminationReason == .exit) else { return nil }
    return HostCost(wall: wall, processor: HostCost.ofChildren - before)
  }
}
