// The same boot on QEMU, with its clock counted in instructions (`-icount`): one nanosecond each,
// as this machine's, so that even what depends on time comes out alike.

import Foundation
import Support

/// A boot under QEMU.
struct QEMUBoot {
  /// What the console says until QEMU exits: the machine is off or asked for a reset.
  ///
  /// - Throws: `OracleFailure` when QEMU is not installed, `MissingFile` when a file is not built.
  static func console(_ boot: DebianBoot) throws -> [UInt8] {
    let initrd = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).cpio")
    try Data(try BuiltFiles.initrd(script: boot.script)).write(to: initrd)
    defer { try? FileManager.default.removeItem(at: initrd) }
    return try Oracle.run(
      "qemu-system-aarch64",
      [
        "-M", "virt,secure=on,virtualization=on,gic-version=3",
        "-cpu", "neoverse-n1", "-smp", "\(boot.cores)", "-m", "\(boot.ram)",
        "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm",
        "-display", "none", "-monitor", "none", "-serial", "stdio",
        "-net", "none", "-no-reboot", "-bios", BuiltFiles.firmware,
        "-kernel", BuiltFiles.kernel(boot.flavour), "-initrd", initrd.path,
        "-append", boot.commandLine,
      ], errors: .dropped, timeoutSeconds: 240
    ).output
  }
}
