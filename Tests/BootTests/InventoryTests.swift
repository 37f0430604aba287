// What a kernel finds of a machine, in ACPI and in a device tree.

import APEI
import Arm
import Boot
import Bytes
import DeviceTree
import Platform
import Support
import Testing

/// What a kernel finds must be what the firmware was told to describe.
@Suite struct InventoryTests {
  struct Reader: PhysicalReader {
    var fixture: BootFixture
    /// An address whose byte reads differently.
    var damage: UInt64?

    func bytes(at address: PhysicalAddress, count: Int) -> [UInt8]? {
      var bytes = fixture.read(address.rawValue, count: count)
      if let damage, damage >= address.rawValue, damage < address.rawValue + UInt64(count) {
        bytes?[Int(damage - address.rawValue)] ^= 0x40
      }
      return bytes
    }
  }

  private func properties(_ fixture: BootFixture) throws -> BootProperties<[UInt8]> {
    let size = Int(fixture.image.deviceTreeSize)
    let tree = try required(fixture.read(fixture.image.deviceTree, count: size))
    return try BootProperties(FDTReader(tree))
  }

  @Test(arguments: 1...8) func theMachineOfTheTablesIsTheMachineDescribed(cores: Int) throws {
    let fixture = try BootFixture(coreCount: cores)
    let chosen = try properties(fixture)
    let reader = Reader(fixture: fixture)
    let table = try #require(chosen.efiSystemTable)
    let tables = try SystemTables(reader, efiSystemTable: table)
    var machine = try MachineInventory(tables)
    #expect(machine.coreCount == cores)
    for core in 0..<cores { #expect(machine.mpidr(core) == UInt64(core)) }
    #expect(machine.distributor == MemoryMap.gicDistributor)
    #expect(machine.redistributors.base == MemoryMap.gicRedistributors)
    #expect(machine.redistributors.size == MemoryMap.gicRedistributorsSize)
    #expect(machine.console == MemoryMap.uart0)
    #expect(machine.virtualTimer == Interrupt.virtualTimer)
    #expect(machine.conduit == .smc)
    #expect(machine.errorEvent == Interrupt.errorEvent)
    let hest = try HEST(try #require(try tables.table("HEST")))
    #expect(hest.sources.count == cores + 1)

    let map = try required(
      fixture.read(chosen.memoryMap.base, count: Int(chosen.memoryMap.size)))
    machine.addMemory(map: map, descriptorSize: chosen.descriptorSize)
    // All of RAM but what the fixture reserves: firmware at the start, tables and errors at the end.
    let configuration = fixture.configuration
    #expect(machine.range(0).base == configuration.firmwareMemory.end)
    #expect(machine.range(0).end == configuration.tables.base)
    var free: UInt64 = 0
    for index in 0..<machine.rangeCount { free += machine.range(index).size }
    #expect(
      free == configuration.ram.size - configuration.firmwareMemory.size
        - configuration.tables.size - configuration.errorMemory.size)
  }

  @Test func theCommandLineAndTheInitrdComeFromChosen() throws {
    let fixture = try BootFixture()
    let chosen = try properties(fixture)
    let line = try #require(chosen.commandLine)
    let letters = (0..<line.byteCount).map { line.byte(at: $0) }
    #expect(String(decoding: letters, as: UTF8.self) == BootFixture.commandLine)
    #expect(chosen.initrd == fixture.configuration.initrd)
  }

  @Test func aDamagedTableIsNotUsed() throws {
    let fixture = try BootFixture()
    for table in try fixture.tables() where table.name == "APIC" {
      let place = fixture.configuration.tables.base + UInt64(table.offset) + 50
      let tables = try SystemTables(
        Reader(fixture: fixture, damage: place), rsdp: PhysicalAddress(fixture.image.rsdp))
      #expect(throws: SystemTableError.damaged(signature: 0x4349_5041)) {
        _ = try MachineInventory(tables)
      }
    }
    #expect(throws: SystemTableError.noRoot(fixture.image.rsdp)) {
      _ = try SystemTables(
        Reader(fixture: fixture, damage: fixture.image.rsdp + 25),
        rsdp: PhysicalAddress(fixture.image.rsdp))
    }
  }

  @Test func noByteOfTheTablesMakesTheReaderTrap() throws {
    let fixture = try BootFixture()
    var random = SeededRandom(seed: 1)
    for _ in 0..<200 {
      let place =
        fixture.configuration.tables.base + UInt64.random(in: 0..<0x4000, using: &random)
      let reader = Reader(fixture: fixture, damage: place)
      guard
        let tables = try? SystemTables(
          reader, efiSystemTable: PhysicalAddress(fixture.image.systemTable))
      else { continue }
      _ = try? MachineInventory(tables)
    }
  }

  @Test func aDeviceTreeSaysTheSame() throws {
    let scratch = ScratchMemory(byteCount: 0x2000)
    var tree = try FDTWriter(into: scratch.memory, at: 0, stringCapacity: 512)
    try tree.beginNode("")
    try tree.property("#address-cells", 2)
    try tree.property("#size-cells", 2)
    try tree.beginNode("chosen")
    try tree.property("stdout-path", string: "/pl011@9040000")
    try tree.endNode()
    try tree.beginNode("memory@40000000")
    try tree.property("reg", cells: [0, 0x4000_0000, 0, 0x1000_0000])
    try tree.endNode()
    try tree.beginNode("psci")
    try tree.property("method", string: "hvc")
    try tree.endNode()
    try tree.beginNode("timer")
    try tree.property("interrupts", cells: [1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4])
    try tree.endNode()
    try tree.beginNode("cpus")
    try tree.property("#address-cells", 1)
    try tree.property("#size-cells", 0)
    for core in 0..<3 as Range<UInt32> {
      try tree.beginNode("cpu", at: UInt64(core))
      try tree.property("reg", core)
      try tree.endNode()
    }
    try tree.endNode()
    try tree.beginNode("intc@8000000")
    try tree.property("compatible", string: "arm,gic-v3")
    try tree.property("reg", cells: [0, 0x800_0000, 0, 0x1_0000, 0, 0x80a_0000, 0, 0xf6_0000])
    try tree.endNode()
    for base in [0x900_0000, 0x904_0000] as [UInt32] {
      try tree.beginNode("pl011", at: UInt64(base))
      try tree.property("compatible", string: "arm,pl011")
      try tree.property("reg", cells: [0, base, 0, 0x1000])
      try tree.endNode()
    }
    try tree.endNode()
    let size = try tree.finish()
    let machine = try MachineInventory(FDTReader(scratch.bytes(size)))
    #expect(machine.coreCount == 3)
    #expect(machine.mpidr(2) == 2)
    #expect(machine.rangeCount == 1)
    #expect(machine.range(0) == MemoryRange(base: 0x4000_0000, size: 0x1000_0000))
    #expect(machine.distributor == 0x800_0000)
    #expect(machine.redistributors == MemoryRange(base: 0x80a_0000, size: 0xf6_0000))
    #expect(machine.console == 0x904_0000)
    #expect(machine.virtualTimer == 27)
    #expect(machine.conduit == .hvc)
  }
}
