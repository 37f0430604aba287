// A boot image in memory of its own, for tests to look at.

import APEI
import Boot
import Bytes

/// A machine's memory around the boot image: what the firmware leaves for the kernel.
struct BootFixture: PhysicalBytes {
  var configuration: BootConfiguration
  var image: BootImage
  /// The tables and, behind them, the error region.
  var bytes: [UInt8]

  static let commandLine = "console=ttyAMA0 quiet"

  init(
    coreCount: Int = 2, hasBootErrors: Bool = false, errorNodes: ErrorNodeOwnership? = nil,
    hasDelegatedExceptions: Bool = false
  ) throws {
    let ram = MemoryRange(base: 0x4000_0000, size: 0x2000_0000)
    let tables = MemoryRange(base: 0x5f00_0000, size: BootImage.size)
    var sources = ErrorSourceTable(coreCount: coreCount)
    if hasDelegatedExceptions {
      sources.eventNotification = .sdei
      sources.insert(.criticalEvent)
      (sources.delegatedEvent, sources.criticalDelegatedEvent) = (800, 801)
    }
    let region = ErrorRegion(base: tables.end, sources: sources)
    configuration = BootConfiguration(
      coreCount: coreCount, ram: ram, tables: tables, errorRegion: region,
      services: hasBootErrors ? ServiceRegion(base: tables.end + 0x1_0000) : nil,
      firmwareMemory: MemoryRange(base: 0x4000_0000, size: 0x20_0000),
      initrd: MemoryRange(base: 0x4800_0000, size: 12345))
    configuration.errorNodes = errorNodes
    configuration.hasDelegatedExceptions = hasDelegatedExceptions
    let scratch = ScratchMemory(byteCount: 0x4_0000)
    let memory = scratch.memory
    var part = ByteWriter(memory, at: Int(tables.size))
    try part.errorRegion(region)
    image = try BootImage.write(
      configuration, commandLine: Array(Self.commandLine.utf8),
      into: Window(base: memory, byteCount: Int(tables.size)))
    bytes = scratch.bytes(0x4_0000)
  }

  func read(_ address: UInt64, count: Int) -> [UInt8]? {
    let base = configuration.tables.base
    guard address >= base, count >= 0, count <= bytes.count,
      address - base <= UInt64(bytes.count - count)
    else { return nil }
    return Array(bytes[Int(address - base)..<Int(address - base) + count])
  }

  /// Every table but the RSDP: its signature, where it is, its bytes.
  func tables() throws -> [(name: String, offset: Int, bytes: [UInt8])] {
    var addresses = [image.xsdt]
    let xsdt = try required(read(image.xsdt, count: 36))
    for index in 0..<(Int(try xsdt.u32(at: 4)) - 36) / 8 {
      let entry = try required(read(image.xsdt + 36 + UInt64(index) * 8, count: 8))
      addresses.append(try entry.u64(at: 0))
    }
    addresses.append(configuration.tables.base)  // the DSDT comes first
    return try addresses.map { address in
      let header = try required(read(address, count: 36))
      let bytes = try required(read(address, count: Int(try header.u32(at: 4))))
      return (
        String(decoding: bytes[0..<4], as: UTF8.self),
        Int(address - configuration.tables.base), bytes
      )
    }
  }

  /// The first bytes of a sink that refers to its memory.
  struct Window: ByteSink {
    var base: Memory
    var byteCount: Int

    func byte(at offset: Int) -> UInt8 { base.byte(at: offset) }
    mutating func store(_ value: UInt8, at offset: Int) { base.store(value, at: offset) }
    mutating func store(_ value: UInt32, at offset: Int) { base.store(value, at: offset) }
  }
}

struct Missing: Error {}

func required<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw Missing() }
  return value
}
