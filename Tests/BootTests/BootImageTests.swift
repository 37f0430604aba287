// The boot image as a kernel follows it: device tree, EFI tables, ACPI.

import APEI
import Boot
import Bytes
import DeviceTree
import Testing

@Suite struct BootImageTests {
  @Test func theDeviceTreeSaysWhatTheKernelNeeds() throws {
    let fixture = try BootFixture()
    let blob = try required(
      fixture.read(fixture.image.deviceTree, count: Int(fixture.image.deviceTreeSize)))
    let tree = try FDTReader(blob)
    let root = try tree.root()
    let chosen = try #require(try tree.child("chosen", of: root))
    #expect(try tree.next(after: chosen) == nil, "other nodes would make Linux ignore ACPI")
    func value(_ name: StaticString) throws -> FDTProperty<[UInt8]>? {
      try tree.property(name, of: chosen)
    }
    #expect(try value("bootargs")?.contains("console=ttyAMA0 quiet") == true)
    #expect(try value("linux,initrd-start")?.u64 == 0x4800_0000)
    #expect(try value("linux,initrd-end")?.u64 == 0x4800_0000 + 12345)
    #expect(try value("linux,uefi-system-table")?.u64 == fixture.image.systemTable)
    #expect(try value("linux,uefi-mmap-start")?.u64 == fixture.image.memoryMap)
    #expect(try value("linux,uefi-mmap-size")?.u32 == UInt32(fixture.image.memoryMapSize))
    #expect(try value("linux,uefi-mmap-desc-size")?.u32 == 48)
    #expect(try value("linux,uefi-mmap-desc-ver")?.u32 == 1)
    #expect(try value("linux,uefi-secure-boot")?.u32 == 2)
    #expect(fixture.image.deviceTree % 8 == 0)
  }

  @Test func theMemoryMapCoversAllOfRAMOnce() throws {
    let fixture = try BootFixture(hasBootErrors: true)
    let map = try required(
      fixture.read(fixture.image.memoryMap, count: Int(fixture.image.memoryMapSize)))
    var next: UInt64 = 0x4000_0000
    var types: [UInt32] = []
    // First the clock, which is no RAM: uncacheable, and mapped for the runtime services.
    #expect(try map.u32(at: 0) == 11)
    #expect(try map.u64(at: 8) == 0x0901_0000)
    #expect(try map.u64(at: 32) == 1 << 63 | 1)
    for offset in stride(from: 48, to: map.count, by: 48) {
      #expect(try map.u64(at: offset + 8) == next)
      next += try map.u64(at: offset + 24) * 4096
      types.append(try map.u32(at: offset))
      let isCode = types.last == 5
      #expect(try map.u64(at: offset + 16) == (isCode ? try map.u64(at: offset + 8) : 0))
      #expect(try map.u64(at: offset + 32) == (isCode ? 1 << 63 | 1 << 17 | 8 : 8))
    }
    #expect(next == 0x6000_0000)
    // Firmware, free, tables, runtime services, error region, boot errors, free.
    #expect(types == [0, 7, 9, 5, 0, 0, 7])
  }

  @Test func theErrorRegionIsReadyForTheFirstError() throws {
    let fixture = try BootFixture(coreCount: 2)
    let region = try required(fixture.configuration.errorRegion)
    #expect(region.size == 0x4000)
    for source in 0..<3 {
      let pointer = try required(fixture.read(region.statusAddressLocation(source), count: 8))
      #expect(try pointer.u64(at: 0) == region.block(source))
      let word = try required(fixture.read(region.acknowledgeLocation(source), count: 8))
      #expect(ReadAcknowledge(memory64: 0).isBlockFree(register: try word.u64(at: 0)))
      let block = try required(fixture.read(region.block(source), count: 4096))
      #expect(block.allSatisfy { $0 == 0 })
    }
    #expect(region.block(2) + 4096 == region.base + region.size)
  }

  @Test func layoutsThatCannotBeAreErrors() throws {
    let good = try BootFixture().configuration
    func write(_ change: (inout BootConfiguration) -> Void, size: Int = Int(BootImage.size)) throws
    {
      var configuration = good
      change(&configuration)
      let scratch = ScratchMemory(byteCount: size)
      _ = try BootImage.write(configuration, commandLine: [UInt8](), into: scratch.memory)
    }
    try write { _ in }
    #expect(throws: BootError.coreCount) { try write { $0.coreCount = 0 } }
    #expect(throws: BootError.coreCount) { try write { $0.coreCount = 9 } }
    #expect(throws: BootError.memoryLayout) { try write { $0.tables.base += 0x1000 } }
    #expect(throws: BootError.memoryLayout) { try write { $0.tables.base = 0x7000_0000 } }
    #expect(throws: BootError.memoryLayout) { try write { $0.tables.size = 0 } }
    #expect(throws: BootError.memoryLayout) { try write { $0.ram.size = 0 } }
    #expect(throws: BootError.memoryLayout) {
      try write {
        $0.errorRegion = ErrorRegion(
          base: good.tables.base, sources: ErrorSourceTable(coreCount: 2))
      }
    }
    #expect(throws: BootError.memoryLayout) {
      try write { $0.firmwareMemory = MemoryRange(base: 0x5f00_0000, size: 0x10_0000) }
    }
    #expect(throws: BootError.memoryLayout) {
      try write { $0.firmwareMemory = MemoryRange(base: 0x1000, size: .max - 0xffff) }
    }
  }

  @Test func memoryTooSmallIsAnErrorAtEverySize() throws {
    let configuration = try BootFixture().configuration
    let line = [UInt8](repeating: 0x61, count: 100)
    var size = 0
    var failures = 0
    while size < 0x3000 {
      let scratch = ScratchMemory(byteCount: size + 64)
      let memory = BootFixture.Window(base: scratch.memory, byteCount: size)
      do {
        _ = try BootImage.write(configuration, commandLine: line, into: memory)
      } catch BootError.noRoom, BootError.deviceTree(.noRoom) {
        failures += 1
      }
      size += 60
    }
    #expect(failures > 60)
  }

  @Test func aLongCommandLineFits() throws {
    let fixture = try BootFixture(coreCount: 8)
    let scratch = ScratchMemory(byteCount: Int(BootImage.size))
    let line = [UInt8](repeating: 0x61, count: 4096)
    let image = try BootImage.write(
      fixture.configuration, commandLine: line, into: scratch.memory)
    #expect(image.deviceTreeSize > 4096)
  }
}
