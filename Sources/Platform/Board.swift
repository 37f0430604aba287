// The board: addresses and interrupts of QEMU's `virt` machine with gic-version=3, secure=on and
// virtualization=on. With BoardDevice.swift, the one place where hardware and software agree.

/// Physical address map, memory first. QEMU 7.2, hw/arm/virt.c, base_memmap.
public enum MemoryMap {
  /// Secure boot flash, where `-bios` puts the firmware (64 MiB).
  public static let secureFlash: UInt64 = 0x0000_0000
  /// Non-secure flash (64 MiB).
  public static let flash: UInt64 = 0x0400_0000
  /// Size of one flash bank.
  public static let flashSize: UInt64 = 0x0400_0000
  /// Secure RAM (16 MiB), present because secure=on.
  public static let secureRAM: UInt64 = 0x0E00_0000
  /// Size of the secure RAM.
  public static let secureRAMSize: UInt64 = 0x0100_0000
  /// The record store: memory that keeps its contents without power, for the Secure world (QEMU's board
  /// has none).
  public static let recordStore: UInt64 = 0x0F00_0000
  /// Size of the record store.
  public static let recordStoreSize: UInt64 = 0x0004_0000
  /// RAM.
  public static let ram: UInt64 = 0x4000_0000
  /// RAM from here on is the second memory controller's.
  public static let upperRAM: UInt64 = 0x1_0000_0000
}

// What software addresses by itself, by the device's own row.
extension MemoryMap {
  /// GICv3 distributor.
  public static var gicDistributor: UInt64 { BoardDevice.gicDistributor.base }
  /// GICv3 redistributors, 128 KiB per core.
  public static var gicRedistributors: UInt64 { BoardDevice.gicRedistributors.base }
  /// Size of the whole redistributor region.
  public static var gicRedistributorsSize: UInt64 { BoardDevice.gicRedistributors.size }
  /// The console.
  public static var uart0: UInt64 { BoardDevice.uart0.base }
  /// The real-time clock.
  public static var rtc: UInt64 { BoardDevice.rtc.base }
  /// fw_cfg.
  public static var fwCfg: UInt64 { BoardDevice.fwCfg.base }
  /// The GPIO controller.
  public static var gpio: UInt64 { BoardDevice.gpio.base }
  /// The Secure world's console.
  public static var secureUART: UInt64 { BoardDevice.secureUART.base }
  /// The Secure world's GPIO controller.
  public static var secureGPIO: UInt64 { BoardDevice.secureGPIO.base }
  /// The doorbell.
  public static var doorbell: UInt64 { BoardDevice.doorbell.base }
  /// The error injector.
  public static var errorInjector: UInt64 { BoardDevice.errorInjector.base }
  /// The first virtio-mmio transport.
  public static var virtio: UInt64 { BoardDevice.virtio(0).base }
  /// Size of one virtio-mmio transport.
  public static var virtioStride: UInt64 { BoardDevice.virtio(0).size }
  /// Number of virtio-mmio transports.
  public static var virtioCount: UInt64 { UInt64(BoardDevice.virtioCount) }
}

/// GIC interrupt numbers (INTID).
public enum Interrupt {
  /// Fault handling interrupt of a PE's own error node (PPI). QEMU's board has none of these four.
  public static let processorFault: UInt32 = 17
  /// Error recovery interrupt of a PE's own error node (PPI).
  public static let processorRecovery: UInt32 = 18
  /// Virtual CPU interface maintenance (PPI).
  public static let maintenance: UInt32 = 25
  /// EL2 physical timer (PPI).
  public static let hypervisorTimer: UInt32 = 26
  /// EL1 virtual timer (PPI).
  public static let virtualTimer: UInt32 = 27
  /// EL2 virtual timer (PPI).
  public static let hypervisorVirtualTimer: UInt32 = 28
  /// EL1 secure physical timer (PPI).
  public static let secureTimer: UInt32 = 29
  /// EL1 non-secure physical timer (PPI).
  public static let physicalTimer: UInt32 = 30
  /// The console.
  public static var uart0: UInt32 { BoardDevice.uart0.interrupt }
  /// The real-time clock.
  public static var rtc: UInt32 { BoardDevice.rtc.interrupt }
  /// The GPIO controller.
  public static var gpio: UInt32 { BoardDevice.gpio.interrupt }
  /// The Secure world's console.
  public static var secureUART: UInt32 { BoardDevice.secureUART.interrupt }
  /// The doorbell.
  public static var doorbell: UInt32 { BoardDevice.doorbell.interrupt }
  /// First of the 32 virtio-mmio interrupts.
  public static var virtio: UInt32 { BoardDevice.virtio(0).interrupt }
  /// The generic event device that reports firmware's error notifications (edge).
  public static let errorEvent: UInt32 = 41
  /// Fault handling interrupt of the memory node (level).
  public static let memoryFault: UInt32 = 42
  /// Error recovery interrupt of the memory node (level).
  public static let memoryRecovery: UInt32 = 43
  /// Fault handling interrupt of the second memory controller's node (level).
  public static let upperMemoryFault: UInt32 = 45
  /// Error recovery interrupt of the second memory controller's node (level).
  public static let upperMemoryRecovery: UInt32 = 46
  /// Fault handling interrupt of the interconnect's node (level).
  public static let interconnectFault: UInt32 = 80
  /// Error recovery interrupt of the interconnect's node (level).
  public static let interconnectRecovery: UInt32 = 81
  /// Critical error interrupt of the memory node (level).
  public static let memoryCritical: UInt32 = 82
  /// Critical error interrupt of the second memory controller's node (level).
  public static let upperMemoryCritical: UInt32 = 83
  /// Critical error interrupt of the interconnect's node (level).
  public static let interconnectCritical: UInt32 = 84
}

/// Generic timer and virtual time.
public enum Clock {
  /// CNTFRQ_EL0, as QEMU's `virt` has it, in hertz.
  public static let counterFrequency: UInt64 = 62_500_000
  /// Nanoseconds of virtual time per counter tick.
  public static let nanosecondsPerTick: UInt64 = 16
}

/// The most cores a board has.
public let maximumCoreCount = 8
