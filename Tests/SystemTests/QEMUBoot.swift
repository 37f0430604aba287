// The same boot on QEMU, with its clock counted in instructions (`-icount`): one nanosecond each,
// as this machine's, so that even what depends on time comes out alike.

import Foundation

/// A boot under QEMU.
struct QEMUBoot {
  /// What the console says until QEMU exits: the machine is off or asked for a reset.
  ///
  /// - Throws: `MissingFile` when QEMU is not installed, or a file is not built.
  static func console(_ boot: DebianBoot) throws -> [UInt8] {
    let initrd = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).cpio")
    try Data(try BuiltFiles.initrd(script: boot.script)).write(to: initrd)
    defer { try? FileManager.default.removeItem(at: initrd) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "qemu-system-aarch64", "-M", "virt,secure=on,virtualization=on,gic-version=3",
      "-cpu", "neoverse-n1", "-smp", "\(boot.cores)", "-m", "\(boot.ram)",
      "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm",
      "-display", "none", "-monitor", "none", "-serial", "stdio",
      "-net", "none", "-no-reboot", "-bios", BuiltFiles.firmware,
      "-kernel", BuiltFiles.kernel(boot.flavour), "-initrd", initrd.path,
      "-append", boot.commandLine,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let watchdog = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 240, execute: watchdog)
    defer { watchdog.cancel() }
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    // `env` says 127 of a program that is not there.
    guard process.terminationStatus != 127 else {
      throw MissingFile(path: "qemu-system-aarch64")
    }
    return [UInt8](output)
  }
}
