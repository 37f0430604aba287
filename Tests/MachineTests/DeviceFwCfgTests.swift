// fw_cfg: what firmware finds in it, by register and by DMA. QEMU, docs/specs/fw_cfg.rst.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct DeviceFwCfgTests {
  func select(_ bus: Bus, _ key: UInt16) throws {
    try bus.write(
      PhysicalAddress(MemoryMap.fwCfg + 8), size: 2, UInt64(key.byteSwapped), nonsecure)
  }

  func data(_ bus: Bus, _ count: Int) throws -> [UInt8] {
    try (0..<count).map { _ in
      UInt8(try bus.read(PhysicalAddress(MemoryMap.fwCfg), size: 1, nonsecure))
    }
  }

  /// Runs a transfer with its descriptor at the base of RAM; returns the control word.
  func transfer(
    _ bus: Bus, control: UInt32, length: UInt32, address: UInt64,
    descriptor: PhysicalAddress = ramAddress(0)
  ) throws -> UInt32 {
    bus.writeBytes(
      descriptor,
      FwCfg.bytes(control.byteSwapped) + FwCfg.bytes(length.byteSwapped)
        + FwCfg.bytes(address.byteSwapped))
    try bus.write(
      PhysicalAddress(MemoryMap.fwCfg + 16), size: 8, descriptor.rawValue.byteSwapped, nonsecure)
    let bytes = try #require(bus.readBytes(descriptor, count: 4))
    return bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  let kernel = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  func makeLoadedBus() throws -> Bus {
    let bus = try makeBus()
    bus.devices.fwCfg.setKernel(kernel, initrd: [1, 2, 3], commandLine: "quiet")
    return bus
  }

  @Test func wellKnownItemsAreAsQEMUHasThem() throws {
    let bus = try makeLoadedBus()
    let items: [(UInt16, [UInt8])] = [
      (0x00, Array("QEMU".utf8)), (0x01, [3, 0, 0, 0]), (0x05, [2, 0]),
      (0x08, [0xE8, 3, 0, 0]), (0x0B, [3, 0, 0, 0]), (0x11, kernel), (0x12, [1, 2, 3]),
      (0x14, [6, 0, 0, 0]), (0x15, Array("quiet".utf8) + [0]),
    ]
    for (key, bytes) in items {
      try select(bus, key)
      #expect(try data(bus, bytes.count) == bytes, "\(key)")
      #expect(try data(bus, 2) == [0, 0], "beyond its end an item reads as zeros")
    }
  }

  @Test func theDataRegisterIsAStringAtEveryWidth() throws {
    let bus = try makeBus()
    for (size, value) in [(1, UInt64(0x51)), (2, 0x4551), (4, 0x554D_4551), (8, 0x554D_4551)] {
      try select(bus, 0)
      #expect(try bus.read(PhysicalAddress(MemoryMap.fwCfg), size: size, nonsecure) == value)
    }
    let dma = PhysicalAddress(MemoryMap.fwCfg + 16)
    #expect(try bus.read(dma, size: 8, nonsecure) == 0x4746_4320_554D_4551)
    #expect(
      try bus.read(PhysicalAddress(MemoryMap.fwCfg + 20), size: 4, nonsecure) == 0x4746_4320)
  }

  @Test func filesAreListedInOrderAndReadable() throws {
    let bus = try makeBus()
    #expect(bus.devices.fwCfg.addFile("opt/test", [7, 8]))
    #expect(bus.devices.fwCfg.addFile("a", [9]))
    #expect(!bus.devices.fwCfg.addFile(String(repeating: "x", count: 56), []))
    try select(bus, 0x19)
    let count = Int(try data(bus, 4)[3])
    var names: [String] = []
    var keys: [String: UInt16] = [:]
    for _ in 0..<count {
      let entry = try data(bus, 64)
      let name = String(decoding: entry[8...].prefix { $0 != 0 }, as: UTF8.self)
      names.append(name)
      keys[name] = UInt16(entry[4]) << 8 | UInt16(entry[5])
    }
    #expect(names == ["a", "bios-geometry", "bootorder", "etc/boot-fail-wait", "opt/test"])
    try select(bus, try #require(keys["opt/test"]))
    #expect(try data(bus, 3) == [7, 8, 0])
    for index in 0..<27 { #expect(bus.devices.fwCfg.addFile("f\(index)", [])) }
    #expect(!bus.devices.fwCfg.addFile("one too many", []))
  }

  @Test func dmaSelectsReadsAndSkips() throws {
    let bus = try makeLoadedBus()
    #expect(
      try transfer(bus, control: 0x11 << 16 | 8 | 2, length: 1010, address: MemoryMap.ram + 0x1000)
        == 0)
    #expect(
      bus.readBytes(ramAddress(0x1000), count: 1010) == kernel + [UInt8](repeating: 0, count: 10))
    #expect(try transfer(bus, control: 0x11 << 16 | 8 | 4, length: 990, address: 0) == 0)
    #expect(try transfer(bus, control: 2, length: 10, address: MemoryMap.ram + 0x2000) == 0)
    #expect(bus.readBytes(ramAddress(0x2000), count: 10) == Array(kernel[990...]))
  }

  @Test func theAddressCanBeWrittenInHalves() throws {
    let bus = try makeLoadedBus()
    bus.writeBytes(
      ramAddress(0x40),
      [0, 0x11, 0, 0x0A, 0, 0, 0, 8] + FwCfg.bytes((MemoryMap.ram + 0x1000).byteSwapped))
    try bus.write(PhysicalAddress(MemoryMap.fwCfg + 16), size: 4, 0, nonsecure)
    try bus.write(
      PhysicalAddress(MemoryMap.fwCfg + 20), size: 4,
      UInt64(UInt32(MemoryMap.ram + 0x40).byteSwapped), nonsecure)
    #expect(bus.readBytes(ramAddress(0x1000), count: 8) == Array(kernel[..<8]))
  }

  @Test func whatCannotBeTransferredIsAnErrorInTheControlWord() throws {
    let bus = try makeLoadedBus()
    let read: UInt32 = 0x11 << 16 | 8 | 2
    // Secure RAM, flash, devices, and the end of RAM are not for this DMA.
    for address in [
      MemoryMap.secureRAM, MemoryMap.flash, MemoryMap.uart0, MemoryMap.ram + (64 << 20) - 8,
    ] {
      #expect(try transfer(bus, control: read, length: 16, address: address) == 1)
    }
    #expect(
      try transfer(bus, control: 0x11 << 16 | 8 | 16, length: 4, address: MemoryMap.ram + 0x100)
        == 1, "items cannot be written")
    #expect(try transfer(bus, control: read, length: .max, address: MemoryMap.ram + 0x1000) == 1)
    bus.plantPoison(ramAddress(0x8000))
    #expect(
      try transfer(
        bus, control: read, length: 4, address: MemoryMap.ram + 0x1000,
        descriptor: ramAddress(0x8010)) == 1, "poison in the descriptor")
    #expect(bus.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.v))
  }

  @Test func accessesThatQEMURefusesAreExternalAborts() throws {
    let bus = try makeBus()
    let base = MemoryMap.fwCfg
    for (address, size) in [(base + 8, 2), (base + 1, 1), (base + 12, 4)] {
      #expect(
        fault { _ = try bus.read(PhysicalAddress(address), size: size, nonsecure) } == .unmapped)
    }
    for (address, size) in [(base + 8, 4), (base + 8, 1), (base + 16, 2), (base + 1, 1)] {
      #expect(
        fault { try bus.write(PhysicalAddress(address), size: size, 0, nonsecure) } == .unmapped)
    }
  }

  @Test func anUnknownKeyReadsAsZeros() throws {
    let bus = try makeBus()
    for key: UInt16 in [0x03, 0x1F, 0x3F, 0x40, 0x3FFF, 0x8001, 0xFFFF] {
      try select(bus, key)
      #expect(try data(bus, 4) == [0, 0, 0, 0], "\(key)")
    }
  }
}
