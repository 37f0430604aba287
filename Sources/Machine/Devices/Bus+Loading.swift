// What is in the machine before its first instruction: the firmware in flash, the device tree at
// the base of RAM, and the kernel in fw_cfg, as
// `qemu-system-aarch64 -M virt,secure=on ... -bios F -kernel K -initrd I -append S` leaves them.

import Arm
import Platform

/// Why a machine could not be loaded.
public enum LoadError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The firmware is larger than the flash.
  case firmwareTooLarge(bytes: Int)
  /// The kernel or the initrd is 4 GiB or more.
  case fileTooLarge(bytes: Int)
  /// The device tree does not fit its place: the command line is too long, or there is hardly
  /// any RAM.
  case deviceTreeTooLarge

  /// fw_cfg has no room for another file, or the name is longer than 55 bytes.
  case fileRefused(name: String)

  /// What happened, for the user.
  public var description: String {
    switch self {
    case .firmwareTooLarge(let bytes):
      "the firmware has \(bytes) bytes, the flash \(MemoryMap.flashSize)"
    case .fileTooLarge(let bytes):
      "a kernel or initrd of \(bytes) bytes: fw_cfg holds less than 4 GiB"
    case .deviceTreeTooLarge:
      "the device tree does not fit into RAM: command line too long, or not enough RAM"
    case .fileRefused(let name): "fw_cfg cannot hold a file '\(name)': too long a name, or too many"
    }
  }
}

extension Bus {
  /// Loads what the machine starts with.
  ///
  /// - Parameters:
  ///   - firmware: The secure flash's contents, from address 0.
  ///   - kernel: The kernel's file for fw_cfg, or nil.
  ///   - initrd: The initrd's file for fw_cfg, or nil.
  ///   - commandLine: The kernel's command line, for fw_cfg and the device tree.
  /// - Throws: `LoadError`, before anything was changed.
  public func load(
    firmware: [UInt8], kernel: [UInt8]? = nil, initrd: [UInt8]? = nil, commandLine: String = ""
  ) throws(LoadError) {
    guard firmware.count <= Int(MemoryMap.flashSize) else {
      throw .firmwareTooLarge(bytes: firmware.count)
    }
    for file in [kernel, initrd] {
      if let file, file.count > Int(UInt32.max) { throw .fileTooLarge(bytes: file.count) }
    }
    guard
      let tree = try? BoardDeviceTree.make(
        ramSize: ramSize, coreCount: gic.coreCount, commandLine: commandLine,
        rows: devices.rows),
      tree.count <= 1 << 20, writeBytes(PhysicalAddress(MemoryMap.ram), tree)
    else { throw .deviceTreeTooLarge }
    deviceTree = tree
    writeBytes(PhysicalAddress(MemoryMap.secureFlash), firmware)
    if let kernel {
      devices.fwCfg.setKernel(kernel, initrd: initrd, commandLine: commandLine)
    }
  }
}
