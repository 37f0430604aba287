// What differs from one boot to the next. Everything else about the machine is in Platform.

import APEI
import DeviceTree
import Platform

/// A range of physical memory.
public struct MemoryRange: Equatable, Sendable {
  /// First byte.
  public var base: UInt64
  /// Size in bytes.
  public var size: UInt64

  /// A range.
  public init(base: UInt64, size: UInt64) {
    self.base = base
    self.size = size
  }

  /// The byte after the last; saturates.
  public var end: UInt64 {
    let (end, overflow) = base.addingReportingOverflow(size)
    return overflow ? .max : end
  }
}

/// What differs from board to board: QEMU's `virt` as Platform has it, or the smaller one that a
/// virtual machine monitor builds at the same addresses.
public struct BoardVariant: Equatable, Sendable {
  /// Whether PSCI is called by HVC, as under a hypervisor, rather than SMC.
  public var isPSCIByHVC: Bool
  /// virtio-mmio transports, 0 to 32.
  public var virtioCount: Int
  /// Size of the redistributor region in bytes.
  public var redistributorsSize: UInt64
  /// GICv3 maintenance interrupt; 0 without EL2.
  public var maintenanceInterrupt: UInt32
  /// Whether the PPTT describes the caches of a Neoverse N1.
  public var describesCaches: Bool

  /// QEMU's `virt` machine with secure=on, virtualization=on.
  public static let platform = BoardVariant(
    isPSCIByHVC: false, virtioCount: Int(MemoryMap.virtioCount),
    redistributorsSize: MemoryMap.gicRedistributorsSize,
    maintenanceInterrupt: Interrupt.maintenance, describesCaches: true)

  /// A virtual machine of this many cores: no EL2, no virtio, the host's caches.
  public static func virtualMachine(coreCount: Int) -> BoardVariant {
    BoardVariant(
      isPSCIByHVC: true, virtioCount: 0, redistributorsSize: UInt64(coreCount) * 0x2_0000,
      maintenanceInterrupt: 0, describesCaches: false)
  }
}

/// The machine and the memory that the tables describe.
public struct BootConfiguration: Sendable {
  /// Cores, 1 to `maximumCoreCount`. Core n has MPIDR_EL1.Aff0 = n, as on QEMU's `virt`.
  public var coreCount: Int
  /// All of RAM, what is reserved below included.
  public var ram: MemoryRange
  /// Where `BootImage` puts tables, EFI stubs and device tree; a multiple of 64 KiB, in RAM.
  public var tables: MemoryRange
  /// The error sources and their blocks, in RAM and on 64 KiB of their own; nil for no HEST.
  public var errorRegion: ErrorRegion?
  /// The memory behind the BERT, in RAM and on 64 KiB of its own; nil for none.
  public var services: ServiceRegion?
  /// Whether the error records are the operating system's, and whether their nodes have interrupts; nil where
  /// they are somebody else's, or there are none: no AEST.
  public var errorNodes: ErrorNodeOwnership?
  /// RAM that the operating system must not touch, besides the above; `size` 0 for none.
  public var firmwareMemory: MemoryRange
  /// Whether there is a software delegated exception interface.
  public var hasDelegatedExceptions = false
  /// The performance monitors' overflow interrupt; 0 for none.
  public var performanceInterrupt: UInt32
  /// The initial RAM disk; nil for none.
  public var initrd: MemoryRange?
  /// What kind of board it is.
  public var board: BoardVariant

  /// A machine.
  public init(
    coreCount: Int, ram: MemoryRange, tables: MemoryRange, errorRegion: ErrorRegion?,
    services: ServiceRegion? = nil, firmwareMemory: MemoryRange = MemoryRange(base: 0, size: 0),
    performanceInterrupt: UInt32 = 0, initrd: MemoryRange? = nil,
    board: BoardVariant = .platform
  ) {
    self.coreCount = coreCount
    self.ram = ram
    self.tables = tables
    self.errorRegion = errorRegion
    self.services = services
    self.firmwareMemory = firmwareMemory
    self.performanceInterrupt = performanceInterrupt
    self.initrd = initrd
    self.board = board
  }
}

/// What an operating system that owns the error records finds there.
public struct ErrorNodeOwnership: Equatable, Sendable {
  /// ERRIDR_EL1.NUM: how many of the board's nodes there are, from the first.
  public var recordCount: UInt64
  /// The records whose nodes have a fault handling interrupt, a bit for each.
  public var faultInterrupts: UInt64
  /// The records whose nodes have an error recovery interrupt, a bit for each.
  public var recoveryInterrupts: UInt64

  /// The board's nodes, all or the first of them, with interrupts or none.
  public init(
    recordCount: UInt64 = ErrorNode.recordCount, faultInterrupts: UInt64,
    recoveryInterrupts: UInt64
  ) {
    self.recordCount = recordCount
    self.faultInterrupts = faultInterrupts
    self.recoveryInterrupts = recoveryInterrupts
  }
}

/// Why a machine cannot be described or booted.
public enum BootError: Error, Equatable, Sendable {
  /// The core count is not 1 to 8.
  case coreCount
  /// A range is not in RAM, not on a 64 KiB boundary, or overlaps another.
  case memoryLayout
  /// The tables do not fit into the memory given.
  case noRoom
  /// Kernel, initrd and tables together need more memory than there is.
  case tooLittleMemory
  /// The device tree could not be written.
  case deviceTree(FDTError)
}
