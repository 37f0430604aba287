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
    try withFolder { folder in
      let initrd = folder.appendingPathComponent("initrd.cpio")
      try Data(try BuiltFiles.initrd(script: boot.script)).write(to: initrd)
      return try Oracle.qemu(
        cores: boot.cores, mebibytes: boot.ram,
        [
          "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm",
          "-serial", "stdio", "-net", "none", "-no-reboot", "-bios", BuiltFiles.firmware,
          "-kernel", BuiltFiles.kernel(boot.flavour), "-initrd", initrd.path,
          "-append", boot.commandLine,
        ], errors: .dropped, timeoutSeconds: 240
      ).output
    }
  }
}
