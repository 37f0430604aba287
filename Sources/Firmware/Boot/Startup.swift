// Core 0's way from reset to the kernel: find out what board this is, load, describe the board to
// the kernel, and say clearly what is missing.

import APEI
import Arm
import Boot
import Bytes
import Platform

/// Boots the operating system that fw_cfg holds.
public struct Startup<P: FirmwarePlatform> {
  let platform: P

  /// A boot on a platform.
  public init(_ platform: P) { self.platform = platform }

  /// What core 0 does next.
  public struct Entry {
    /// The kernel's entry, at EL2 with the MMU off.
    public var kernel: UInt64
    /// The kernel's x0: the stub device tree.
    public var deviceTree: UInt64
    /// The monitor that serves it.
    public var monitor: Monitor<P>
    /// Where what was kept is told; nil if there is nobody to tell.
    public var services: ServiceRegion?
  }

  /// Loads the kernel and everything it needs; `reports` are for the monitor, and `delegation` where the
  /// interface is asked for.
  public func run(
    _ features: ProcessorFeatures, reports: ErrorReports,
    delegation: DelegatedEvents = DelegatedEvents()
  ) throws(StartupError) -> Entry {
    var board = BoardDescription(
      deviceTree: NormalMemory(
        platform, PhysicalAddress(MemoryMap.ram), byteCount: BoardDescription.deviceTreeLimit))
    let configuration: FirmwareConfiguration<P>
    let notification: SErrorNotification
    let leavesErrorsBelow: Bool
    let events: EventNotification
    let watchdog: Watchdog
    do {
      configuration = try FirmwareConfiguration(
        platform, scratch: PhysicalAddress(BootArea.scratch))
      try complete(&board, configuration)
      notification = try configuration.serrorNotification()
      leavesErrorsBelow = try configuration.leavesErrorsBelow()
      events = try configuration.eventNotification()
      watchdog = try configuration.watchdog()
    } catch {
      throw .configuration(error)
    }
    guard board.ramSize >= BootArea.leastRAM else { throw .tooLittleRAM(present: board.ramSize) }
    let ram = MemoryRange(base: MemoryMap.ram, size: board.ramSize)
    var sources = ErrorSourceTable.firmware(
      coreCount: board.coreCount, hasSystemErrors: notification == .sei)
    sources.eventNotification = events
    sources.eventInterrupt = Interrupt.errorEvent
    if events == .sdei {
      sources.insert(.criticalEvent)
      sources.delegatedEvent = DelegatedEvent.errors.number
      sources.criticalDelegatedEvent = DelegatedEvent.criticalErrors.number
    }
    let loaded = try KernelLoader(platform, configuration)
      .load(ram: ram, errorRegionSize: ErrorRegion(base: 0, sources: sources).size)
    let region = ErrorRegion(base: loaded.placement.errors.base, sources: sources)
    // With errors left below there is nothing to tell of them; what can be asked for can be asked for still.
    var services =
      leavesErrorsBelow && !board.hasDoorbell
      ? nil : ServiceRegion(base: loaded.placement.services.base)
    if board.hasDoorbell { services?.doorbell = MemoryMap.doorbell + DoorbellRegister.ring }
    services?.hasStore = board.hasDoorbell && board.hasRecordStore
    let owned = leavesErrorsBelow ? ownership(features) : nil
    let deviceTree = try describe(
      board, ram, loaded, leavesErrorsBelow ? nil : region, services, owned)
    try clear(region, services)
    let clock = FirmwareClock(
      seconds: UInt64(platform.load32(PhysicalAddress(MemoryMap.rtc))),
      count: platform.read(.cntpctEL0))
    let power = PowerState(
      coreCount: board.coreCount, ram: ram.base..<ram.end,
      reserved: loaded.placement.services.base..<loaded.placement.errors.end)
    var monitor = Monitor(
      platform, power: power,
      errors: ErrorReporter(region: region, clock: clock, reports: reports), features: features)
    monitor.leavesErrorsBelow = leavesErrorsBelow
    monitor.watchdog = watchdog
    if events == .sdei, !leavesErrorsBelow { monitor.delegate(delegation) }
    if let services, services.doorbell != nil { monitor.serve(services) }
    return Entry(
      kernel: loaded.placement.kernel, deviceTree: deviceTree, monitor: monitor,
      services: services)
  }

  /// Asks fw_cfg for what the device tree did not say.
  private func complete(
    _ board: inout BoardDescription, _ configuration: FirmwareConfiguration<P>
  ) throws(ConfigurationError) {
    if board.ramSize == 0 { board.ramSize = try configuration.value64(FwCfgKey.ramSize) }
    if board.coreCount == 0 {
      board.coreCount = Int(try configuration.value16(FwCfgKey.coreCount))
    }
    // What is beyond the board's map is not used; Linux wants whole large pages.
    board.ramSize = min(board.ramSize, BootArea.mostRAM) & ~0x1f_ffff
    board.coreCount = min(max(board.coreCount, 1), maximumCoreCount)
  }

  /// What a kernel that owns the error records has of them: nothing where there are none, or more than the
  /// board's.
  private func ownership(_ features: ProcessorFeatures) -> ErrorNodeOwnership? {
    let records = ErrorRecords(platform, features)
    let count = UInt64(records.count)
    guard 1...ErrorNode.recordCount ~= count else { return nil }
    var nodes = ErrorNodeOwnership(recordCount: count, faultInterrupts: 0, recoveryInterrupts: 0)
    records.forEachNode { index, feature in
      let bit: UInt64 = 1 << UInt64(index)
      if feature.hasFaultInterrupt { nodes.faultInterrupts |= bit }
      if feature.hasRecoveryInterrupt { nodes.recoveryInterrupts |= bit }
    }
    return nodes
  }

  /// Writes tables, EFI stubs and stub device tree; gives the address of the device tree.
  private func describe(
    _ board: BoardDescription, _ ram: MemoryRange, _ loaded: LoadedKernel, _ region: ErrorRegion?,
    _ services: ServiceRegion?, _ errorNodes: ErrorNodeOwnership?
  ) throws(StartupError) -> UInt64 {
    let tables = loaded.placement.tables
    let hasInitrd = loaded.placement.initrd.size > 0
    var configuration = BootConfiguration(
      coreCount: board.coreCount, ram: ram, tables: tables, errorRegion: region,
      services: services, initrd: hasInitrd ? loaded.placement.initrd : nil)
    configuration.errorNodes = errorNodes
    configuration.hasDelegatedExceptions = region?.sources.eventNotification == .sdei
    let line = NormalMemory(
      platform, PhysicalAddress(BootArea.commandLine), byteCount: loaded.commandLineSize)
    let memory = NormalMemory(
      platform, PhysicalAddress(tables.base), byteCount: Int(tables.size))
    let image: BootImage
    do {
      image = try BootImage.write(configuration, commandLine: line, into: memory)
    } catch {
      throw .tables(error)
    }
    platform.cleanCaches(PhysicalAddress(tables.base), byteCount: tables.size)
    return image.deviceTree
  }

  /// Writes the empty regions of errors and services: what a run before has left there is nobody's.
  private func clear(
    _ region: ErrorRegion, _ services: ServiceRegion?
  ) throws(StartupError) {
    var writer = ByteWriter(
      NormalMemory(platform, PhysicalAddress(region.base), byteCount: Int(region.size)))
    do { try writer.errorRegion(region) } catch { throw .tables(.noRoom) }
    platform.cleanCaches(PhysicalAddress(region.base), byteCount: region.size)
    guard let services else { return }
    var offset: UInt64 = 0
    while offset < ServiceRegion.size {
      platform.zeroLine(PhysicalAddress(services.base + offset))
      offset += CacheLine.size
    }
  }
}
