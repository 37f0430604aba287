// What a kernel has to find out before it can do anything: memory, cores, interrupt controller,
// timer, console, and how to call the power interface. Two sources, ACPI and the device tree, fill
// the same description.

import Arm
import Bytes
import DeviceTree

/// How PSCI is called. Arm DEN 0022, 5.2.
public enum PowerConduit: UInt8, Equatable, Sendable {
  /// SMC.
  case smc
  /// HVC.
  case hvc
}

/// What a machine consists of, as its firmware says.
public struct MachineInventory: Equatable, Sendable {
  /// The most cores that are kept; more are dropped.
  public static let maximumCores = 8
  /// The most ranges of memory that are kept; more are dropped.
  public static let maximumRanges = 32

  /// Affinity fields of MPIDR_EL1 of each core.
  private var mpidrs = InlineArray<8, UInt64>(repeating: 0)
  /// How many cores there are.
  public private(set) var coreCount = 0
  private var ranges = InlineArray<32, MemoryRange>(repeating: MemoryRange(base: 0, size: 0))
  /// How many ranges of free memory there are.
  public private(set) var rangeCount = 0
  /// GICv3 distributor; nil if the machine has none.
  public var distributor: UInt64?
  /// Where redistributors are, one after the other; `size` 0 if nobody says.
  public var redistributors = MemoryRange(base: 0, size: 0)
  /// PL011 console; nil if the machine has none.
  public var console: UInt64?
  /// PL031 real-time clock; nil if nobody says.
  public var clock: UInt64?
  /// The virtual timer's interrupt (INTID); 0 if nobody says.
  public var virtualTimer: UInt32 = 0
  /// How PSCI is called; nil without PSCI.
  public var conduit: PowerConduit?
  /// The interrupt by which firmware tells of errors, through the error device; nil without.
  public var errorEvent: UInt32?

  /// An empty machine.
  public init() {}

  /// MPIDR_EL1's affinity fields of a core, 0 to `coreCount - 1`.
  public func mpidr(_ core: Int) -> UInt64 { mpidrs[core] }

  /// A range of free memory, 0 to `rangeCount - 1`.
  public func range(_ index: Int) -> MemoryRange { ranges[index] }

  /// Adds a core.
  public mutating func addCore(mpidr: UInt64) {
    guard coreCount < Self.maximumCores else { return }
    mpidrs[coreCount] = mpidr
    coreCount += 1
  }

  /// Adds free memory.
  public mutating func addRange(_ range: MemoryRange) {
    guard rangeCount < Self.maximumRanges, range.size > 0 else { return }
    ranges[rangeCount] = range
    rangeCount += 1
  }

  /// Equal in everything that was found.
  public static func == (a: MachineInventory, b: MachineInventory) -> Bool {
    guard a.coreCount == b.coreCount, a.rangeCount == b.rangeCount,
      a.distributor == b.distributor, a.redistributors == b.redistributors,
      a.console == b.console, a.virtualTimer == b.virtualTimer, a.conduit == b.conduit,
      a.errorEvent == b.errorEvent, a.clock == b.clock
    else { return false }
    for core in 0..<a.coreCount where a.mpidr(core) != b.mpidr(core) { return false }
    for index in 0..<a.rangeCount where a.range(index) != b.range(index) { return false }
    return true
  }
}

/// What /chosen says of the boot. Linux, Documentation/arch/arm/uefi.rst.
public struct BootProperties<Source: ByteSource> {
  /// The kernel's command line, its end mark not included; nil without.
  public var commandLine: ByteSlice<Source>?
  /// The EFI system table, or nil for a boot by device tree alone.
  public var efiSystemTable: PhysicalAddress?
  /// The EFI memory map.
  public var memoryMap = MemoryRange(base: 0, size: 0)
  /// Size of one of its descriptors.
  public var descriptorSize: UInt64 = 0
  /// The initial RAM disk; `size` 0 without.
  public var initrd = MemoryRange(base: 0, size: 0)

  /// What a device tree says.
  public init(_ tree: FDTReader<Source>) throws(FDTError) {
    guard let chosen = try tree.child("chosen", of: try tree.root()) else { return }
    if let property = try tree.property("bootargs", of: chosen), property.value.byteCount > 0 {
      commandLine = try? property.value.slice(0, count: property.value.byteCount - 1)
    }
    if let start = try tree.property("linux,initrd-start", of: chosen)?.number,
      let end = try tree.property("linux,initrd-end", of: chosen)?.number, end > start
    {
      initrd = MemoryRange(base: start, size: end - start)
    }
    guard let table = try tree.property("linux,uefi-system-table", of: chosen)?.u64,
      let map = try tree.property("linux,uefi-mmap-start", of: chosen)?.u64,
      let size = try tree.property("linux,uefi-mmap-size", of: chosen)?.u32,
      let descriptor = try tree.property("linux,uefi-mmap-desc-size", of: chosen)?.u32,
      descriptor >= 40
    else { return }
    efiSystemTable = PhysicalAddress(table)
    memoryMap = MemoryRange(base: map, size: UInt64(size))
    descriptorSize = UInt64(descriptor)
  }
}

extension FDTProperty {
  /// The value as a number of one cell or two.
  var number: UInt64? { value.byteCount >= 8 ? u64 : u32.map { UInt64($0) } }
}
