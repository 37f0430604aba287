// The tables about cores: MADT (interrupt controller), GTDT (timers), PPTT (topology and caches),
// and SPCR (console).

import APEI
import Bytes
import Platform

extension ByteWriter {
  /// Writes the Multiple APIC Description Table, revision 5: one GICC per core, GICD, GICR.
  /// ACPI 6.5, 5.2.12.
  mutating func madt(
    coreCount: Int, performanceInterrupt: UInt32, board: BoardVariant
  ) throws(ByteError) {
    let start = try beginTable("APIC", revision: 5)
    try u32(0)
    try u32(0)
    for core in 0..<coreCount {
      try u8(0x0b)
      try u8(80)
      try u16(0)
      try u32(UInt32(core))  // CPU interface number
      try u32(UInt32(core))  // processor UID: the _UID of its device
      try u32(1)  // enabled
      try u32(0)  // parking protocol: none
      try u32(performanceInterrupt)
      try u64(0)  // parked address
      try u64(0)  // GICC, GICV, GICH: system registers instead
      try u64(0)
      try u64(0)
      try u32(board.maintenanceInterrupt)
      try u64(0)  // redistributor: found by the GICR structure
      try u64(UInt64(core))  // MPIDR
      try u8(0)  // efficiency class
      try u8(0)
      try u16(0)  // no statistical profiling
    }
    try u8(0x0c)
    try u8(24)
    try u16(0)
    try u32(0)
    try u64(MemoryMap.gicDistributor)
    try u32(0)
    try u8(3)  // GICv3
    try zeros(3)
    try u8(0x0e)
    try u8(16)
    try u16(0)
    try u64(MemoryMap.gicRedistributors)
    try u32(UInt32(truncatingIfNeeded: board.redistributorsSize))
    try endTable(start)
  }

  /// Writes the Generic Timer Description Table, revision 3. ACPI 6.5, 5.2.25.
  mutating func gtdt() throws(ByteError) {
    // Level, active high, always on: virtual time does not stop with a core.
    let flags: UInt32 = 4
    let start = try beginTable("GTDT", revision: 3)
    try u64(.max)  // no memory-mapped counter
    try u32(0)
    try u32(Interrupt.secureTimer)
    try u32(flags)
    try u32(Interrupt.physicalTimer)
    try u32(flags)
    try u32(Interrupt.virtualTimer)
    try u32(flags)
    try u32(Interrupt.hypervisorTimer)
    try u32(flags)
    try u64(.max)
    try u32(0)  // no platform timers
    try u32(0)
    try u32(Interrupt.hypervisorVirtualTimer)
    try u32(flags)
    try endTable(start)
  }

  /// Writes the Serial Port Console Redirection table, revision 2: the PL011 at 115200 baud.
  mutating func spcr() throws(ByteError) {
    let start = try beginTable("SPCR", revision: 2)
    try u8(3)  // Arm PL011
    try zeros(3)
    try address(GenericAddress(memory32: MemoryMap.uart0))
    try u8(1 << 3)  // by a GIC interrupt
    try u8(0)
    try u32(Interrupt.uart0)
    try u8(7)  // 115200 baud
    try u8(0)  // no parity
    try u8(1)  // one stop bit
    try u8(0)  // no flow control
    try u8(3)  // ANSI terminal
    try u8(0)
    try u16(0xffff)  // not a PCI device
    try u16(0xffff)
    try zeros(3)
    try u32(0)
    try u8(0)
    try u32(0)
    try endTable(start)
  }

  /// Writes the Processor Properties Topology Table, revision 2: one package of cores with the
  /// private caches of a Neoverse N1 as QEMU's CLIDR_EL1 and CCSIDR_EL1 describe them.
  /// ACPI 6.5, 5.2.30.
  mutating func pptt(coreCount: Int) throws(ByteError) {
    let start = try beginTable("PPTT", revision: 2)
    let package = offset - start
    try processorNode(flags: 0x11, parent: 0, uid: 0, resources: 0)
    for core in 0..<coreCount {
      let level2 = offset - start
      try cache(size: 0x10_0000, sets: 2048, ways: 8, attributes: 0x0a, next: 0)
      let level1Data = offset - start
      try cache(size: 0x1_0000, sets: 256, ways: 4, attributes: 0x02, next: level2)
      let level1Instruction = offset - start
      try cache(size: 0x1_0000, sets: 256, ways: 4, attributes: 0x05, next: level2)
      // UID valid, leaf; identical implementation is said by the package.
      try processorNode(flags: 0x0a, parent: package, uid: UInt32(core), resources: 2)
      try u32(UInt32(level1Data))
      try u32(UInt32(level1Instruction))
    }
    try endTable(start)
  }

  private mutating func processorNode(
    flags: UInt32, parent: Int, uid: UInt32, resources: Int
  ) throws(ByteError) {
    try u8(0)
    try u8(UInt8(20 + resources * 4))
    try u16(0)
    try u32(flags)
    try u32(UInt32(parent))
    try u32(uid)
    try u32(UInt32(resources))
  }

  /// A cache with 64-byte lines; all its properties but the write policy's default are valid.
  /// Attributes: allocation in bits 1:0, type (0 data, 1 instruction, 2 unified) in 3:2, write
  /// policy in 4.
  private mutating func cache(
    size: UInt32, sets: UInt32, ways: UInt8, attributes: UInt8, next: Int
  ) throws(ByteError) {
    try u8(1)
    try u8(24)
    try u16(0)
    try u32(0x7f)
    try u32(UInt32(next))
    try u32(size)
    try u32(sets)
    try u8(ways)
    try u8(attributes)
    try u16(64)
  }
}
