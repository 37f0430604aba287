// Gets the kernel, the initrd and the command line out of fw_cfg and into RAM.

import APEI
import Arm
import Boot
import Platform

/// What is in RAM after loading.
public struct LoadedKernel: Equatable, Sendable {
  /// Where everything is.
  public var placement: LinuxPlacement
  /// How many bytes of command line there are at `BootArea.commandLine`, without a final zero.
  public var commandLineSize: Int
}

/// Loads from fw_cfg.
public struct KernelLoader<P: FirmwarePlatform> {
  let platform: P
  let configuration: FirmwareConfiguration<P>

  /// A loader.
  public init(_ platform: P, _ configuration: FirmwareConfiguration<P>) {
    self.platform = platform
    self.configuration = configuration
  }

  private func size(_ key: UInt16) throws(StartupError) -> UInt32 {
    do { return try configuration.value32(key) } catch { throw .configuration(error) }
  }

  private func read(_ key: UInt16, to place: UInt64, _ size: UInt32) throws(StartupError) {
    do {
      try configuration.read(key, to: PhysicalAddress(place), byteCount: size)
    } catch {
      throw .configuration(error)
    }
  }

  /// Loads everything into a RAM, leaving room for an error region of a size, and for the services.
  public func load(
    ram: MemoryRange, errorRegionSize: UInt64
  ) throws(StartupError) -> LoadedKernel {
    let kernelSize = try size(FwCfgKey.kernelSize)
    let initrdSize = try size(FwCfgKey.initrdSize)
    guard kernelSize > 0 else { throw .noKernel }
    // The header first: it says where the whole goes and how much RAM it takes there.
    let image = try header(fileSize: kernelSize)
    let placement: LinuxPlacement
    do {
      placement = try LinuxPlacement(
        image, initrdSize: UInt64(initrdSize), ram: ram, errorRegionSize: errorRegionSize,
        servicesSize: ServiceRegion.size)
    } catch {
      throw .tooLittleRAM(present: ram.size)
    }
    try read(FwCfgKey.kernelData, to: placement.kernel, kernelSize)
    platform.cleanCaches(PhysicalAddress(placement.kernel), byteCount: UInt64(kernelSize))
    try read(FwCfgKey.initrdData, to: placement.initrd.base, initrdSize)
    platform.cleanCaches(
      PhysicalAddress(placement.initrd.base), byteCount: UInt64(initrdSize))
    return LoadedKernel(placement: placement, commandLineSize: try loadCommandLine())
  }

  private func header(fileSize: UInt32) throws(StartupError) -> LinuxImage {
    let place = BootArea.kernelHeader
    let size = min(fileSize, UInt32(LinuxImage.headerSize))
    try read(FwCfgKey.kernelData, to: place, size)
    do {
      return try LinuxImage(
        NormalMemory(platform, PhysicalAddress(place), byteCount: Int(size)),
        fileSize: UInt64(fileSize))
    } catch {
      throw .image(error)
    }
  }

  /// The command line, up to its first zero.
  private func loadCommandLine() throws(StartupError) -> Int {
    let size = try size(FwCfgKey.commandLineSize)
    guard size <= BootArea.commandLineLimit else {
      throw .commandLineTooLong(limit: BootArea.commandLineLimit - 1)
    }
    try read(FwCfgKey.commandLineData, to: BootArea.commandLine, size)
    var count: UInt64 = 0
    while count < UInt64(size),
      platform.load8(PhysicalAddress(BootArea.commandLine + count)) != 0
    {
      count += 1
    }
    return Int(count)
  }
}
