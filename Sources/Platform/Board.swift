// The board: addresses and interrupts of QEMU's `virt` machine with gic-version=3, secure=on and
// virtualization=on. The one place where hardware and software agree.

/// Physical address map. QEMU 7.2, hw/arm/virt.c, base_memmap.
public enum MemoryMap {
  /// Secure boot flash, where `-bios` puts the firmware (64 MiB).
  public static let secureFlash: UInt64 = 0x0000_0000
  /// Non-secure flash (64 MiB).
  public static let flash: UInt64 = 0x0400_0000
  /// Size of one flash bank.
  public static let flashSize: UInt64 = 0x0400_0000
  /// GICv3 distributor (64 KiB).
  public static let gicDistributor: UInt64 = 0x0800_0000
  /// GICv3 redistributors, 128 KiB per core.
  public static let gicRedistributors: UInt64 = 0x080A_0000
  /// Size of the whole redistributor region.
  public static let gicRedistributorsSize: UInt64 = 0x00F6_0000
  /// PL011, the console.
  public static let uart0: UInt64 = 0x0900_0000
  /// PL031 real-time clock.
  public static let rtc: UInt64 = 0x0901_0000
  /// fw_cfg: data at +0, selector at +8, DMA at +16.
  public static let fwCfg: UInt64 = 0x0902_0000
  /// PL061 GPIO (non-secure).
  public static let gpio: UInt64 = 0x0903_0000
  /// PL011, secure world only.
  public static let secureUART: UInt64 = 0x0904_0000
  /// PL061 GPIO, secure world only: pin 0 powers off, pin 1 resets.
  public static let secureGPIO: UInt64 = 0x090B_0000
  /// 32 virtio-mmio transports of 0x200 bytes.
  public static let virtio: UInt64 = 0x0A00_0000
  /// Size of one virtio-mmio transport.
  public static let virtioStride: UInt64 = 0x200
  /// Number of virtio-mmio transports.
  public static let virtioCount: UInt64 = 32
  /// Secure RAM (16 MiB), present because secure=on.
  public static let secureRAM: UInt64 = 0x0E00_0000
  /// Size of the secure RAM.
  public static let secureRAMSize: UInt64 = 0x0100_0000
  /// RAM.
  public static let ram: UInt64 = 0x4000_0000
}

/// GIC interrupt numbers (INTID).
public enum Interrupt {
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
  /// PL011.
  public static let uart0: UInt32 = 33
  /// PL031.
  public static let rtc: UInt32 = 34
  /// PL061.
  public static let gpio: UInt32 = 39
  /// Secure PL011.
  public static let secureUART: UInt32 = 40
  /// First of the 32 virtio-mmio interrupts.
  public static let virtio: UInt32 = 48
  /// The generic event device that reports firmware's error notifications (edge).
  public static let errorEvent: UInt32 = 41
}

/// Generic timer and virtual time.
public enum Clock {
  /// CNTFRQ_EL0, as QEMU's `virt` has it, in hertz.
  public static let counterFrequency: UInt64 = 62_500_000
  /// Nanoseconds of virtual time per counter tick.
  public static let nanosecondsPerTick: UInt64 = 16
}

/// Error records of the board, by ERRSELR_EL1.SEL.
public enum ErrorNode {
  /// The PE's own node (one record per PE).
  public static let processor: UInt64 = 0
  /// The memory node, shared by all PEs.
  public static let memory: UInt64 = 1
  /// ERRIDR_EL1.NUM.
  public static let recordCount: UInt64 = 2
}

/// The most cores a board has.
public let maximumCoreCount = 8
