// A machine from its ACPI tables: MADT, GTDT, SPCR, FADT and the EFI memory map. No AML is run: the
// one thing wanted of the DSDT, the interrupt of the generic event device, is found by its bytes.

import APEI
import Arm
import Bytes
import Platform

extension MachineInventory {
  /// The machine that ACPI tables describe, without its memory.
  public init<Reader>(_ tables: SystemTables<Reader>) throws(SystemTableError) {
    self.init()
    if let madt = try tables.table("APIC") { addInterruptController(madt) }
    if let gtdt = try tables.table("GTDT") {
      virtualTimer = (try? gtdt.u32(at: 64)) ?? 0
    }
    // Interface types: 3 is PL011, 13 and 14 the SBSA's subset of it.
    if let spcr = try tables.table("SPCR"), let type = try? spcr.u8(at: 36),
      type == 3 || type == 13 || type == 14, let place = try? spcr.address(at: 40), place.space == 0
    {
      console = place.address
    }
    if let fadt = try tables.table("FACP"), let flags = try? fadt.u16(at: 129), flags & 1 != 0 {
      conduit = flags & 2 != 0 ? .hvc : .smc
    }
    if let dsdt = try tables.dsdt() { errorEvent = Self.eventInterrupt(dsdt) }
  }

  /// Structures of the MADT: 0x0b GICC, 0x0c GICD, 0x0e GICR. ACPI 6.5, 5.2.12.14 to 17.
  private mutating func addInterruptController(_ madt: some ByteSource) {
    var offset = 44
    while let type = try? madt.u8(at: offset), let length = try? madt.u8(at: offset + 1),
      length >= 2
    {
      switch type {
      case 0x0b:
        if let flags = try? madt.u32(at: offset + 12), flags & 1 != 0,
          let mpidr = try? madt.u64(at: offset + 68)
        {
          addCore(mpidr: mpidr)
          // Without a GICR structure each core names its own redistributor; they are taken to
          // follow one another.
          if let own = try? madt.u64(at: offset + 60), own != 0, own <= .max - 0x2_0000 {
            let start = redistributors.size == 0 ? own : min(redistributors.base, own)
            let end = max(redistributors.end, own + 0x2_0000)
            redistributors = MemoryRange(base: start, size: end - start)
          }
        }
      case 0x0c: distributor = try? madt.u64(at: offset + 8)
      case 0x0e:
        if let base = try? madt.u64(at: offset + 4), let size = try? madt.u32(at: offset + 12) {
          redistributors = MemoryRange(base: base, size: UInt64(size))
        }
      default: break
      }
      offset += Int(length)
    }
  }

  /// The first interrupt of the generic event device: the extended interrupt descriptor (0x89,
  /// ACPI 6.5, 6.4.3.6) that follows its name.
  static func eventInterrupt(_ dsdt: some ByteSource) -> UInt32? {
    var offset = TableHeader.size
    while offset < dsdt.byteCount {
      if dsdt.byte(at: offset) == 0x41, dsdt.matches("ACPI0013", at: offset) { break }
      offset += 1
    }
    let end = min(dsdt.byteCount - 9, offset + 256)
    while offset < end {
      if dsdt.byte(at: offset) == 0x89, let length = try? dsdt.u16(at: offset + 1),
        let count = try? dsdt.u8(at: offset + 4), count >= 1,
        Int(length) >= 2 + Int(count) * 4, Int(length) < 128
      {
        return try? dsdt.u32(at: offset + 5)
      }
      offset += 1
    }
    return nil
  }

  /// Adds the free memory of an EFI memory map: types 1 to 4 (loader and boot services, which are
  /// gone) and 7. UEFI 2.10, 7.2. The real-time clock is in the map too, for the runtime services that read it.
  public mutating func addMemory(map: some ByteSource, descriptorSize: UInt64) {
    // Larger than what it describes, and not so large that a step leads nowhere.
    guard (40...4096).contains(descriptorSize) else { return }
    var offset = 0
    while let type = try? map.u32(at: offset), let base = try? map.u64(at: offset + 8),
      let pages = try? map.u64(at: offset + 24)
    {
      if (1...4).contains(type) || type == EFIMemoryType.conventional.rawValue,
        pages < 1 << 36
      {
        addRange(MemoryRange(base: base, size: pages * 4096))
      }
      if type == EFIMemoryType.memoryMappedIO.rawValue, base == BoardDevice.rtc.base {
        clock = base
      }
      offset += Int(descriptorSize)
    }
  }
}
