// QEMU on the same files: the yardstick.

import Foundation

/// A boot of our firmware and a kernel under QEMU.
struct QEMUBoot {
  static let commandLine = "console=ttyAMA0"

  var firmware: String
  var kernel: String
  var initrd: String
  var singlestep: Bool

  /// Seconds of wall time until the kernel runs /init; nil without QEMU or within five minutes.
  func secondsToInit() -> Double? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "qemu-system-aarch64", "-M", "virt,secure=on,virtualization=on,gic-version=3",
        "-cpu", "neoverse-n1", "-m", "512", "-nographic", "-nodefaults", "-serial", "stdio",
        "-bios", firmware, "-kernel", kernel, "-initrd", initrd, "-append", QEMUBoot.commandLine,
      ] + (singlestep ? ["-singlestep"] : [])
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    let clock = ContinuousClock()
    let start = clock.now
    do { try process.run() } catch { return nil }
    // A pipe read blocks: the watchdog ends QEMU, and with it the read.
    let watchdog = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 300, execute: watchdog)
    defer {
      watchdog.cancel()
      process.terminate()
      process.waitUntilExit()
    }
    var text: [UInt8] = []
    let wanted = Array("Run /init".utf8)
    while true {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { return nil }
      text += data
      if text.count >= wanted.count,
        text.indices.dropLast(wanted.count - 1).contains(where: {
          text[$0] == wanted[0] && text[$0..<$0 + wanted.count].elementsEqual(wanted)
        })
      {
        return (clock.now - start) / .seconds(1)
      }
      text = Array(text.suffix(wanted.count))
    }
  }
}
