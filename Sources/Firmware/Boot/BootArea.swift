// Where things lie in RAM until the operating system has it. From the bottom: QEMU's device tree
// (1 MiB), a little room for fw_cfg transfers, from 2 MiB on the kernel, then the initrd
// (`LinuxPlacement`); near the top what the firmware shares with the operating system: the tables,
// then the error blocks.

import Boot
import Platform

/// Why a kernel cannot be booted.
public enum StartupError: Error, Equatable, Sendable {
  /// fw_cfg is missing or failed.
  case configuration(ConfigurationError)
  /// There is no kernel in fw_cfg.
  case noKernel
  /// The kernel is not an arm64 Image that can be entered.
  case image(ImageError)
  /// The RAM, in bytes, does not hold kernel, initrd and tables.
  case tooLittleRAM(present: UInt64)
  /// The command line is longer than this, in bytes.
  case commandLineTooLong(limit: UInt32)
  /// The tables cannot describe this board.
  case tables(BootError)
}

/// The firmware's own places near the base of RAM.
public enum BootArea {
  /// The least RAM this firmware boots with, in bytes.
  public static let leastRAM: UInt64 = 64 << 20
  /// The most RAM the board has room for, in bytes. QEMU, hw/arm/virt.c, LEGACY_RAMLIMIT_BYTES; the
  /// translation tables of the firmware map as much.
  public static let mostRAM: UInt64 = 255 << 30
  /// The longest command line, with its terminating zero. Linux: COMMAND_LINE_SIZE of arm64.
  public static let commandLineLimit: UInt32 = 2048
  /// Where fw_cfg's descriptor goes (32 bytes).
  public static let scratch: UInt64 = MemoryMap.ram + 0x18_0000
  /// Where the command line is read to.
  public static let commandLine: UInt64 = MemoryMap.ram + 0x18_1000
  /// Where the kernel's header is read to before it is known where the kernel goes.
  public static let kernelHeader: UInt64 = MemoryMap.ram + 0x18_2000
  /// Where fw_cfg's directory of files is read to.
  public static let fileDirectory: UInt64 = MemoryMap.ram + 0x18_4000
  /// The most files that are looked at; there is room for as many.
  public static let fileDirectoryLimit: UInt32 = 256
}
