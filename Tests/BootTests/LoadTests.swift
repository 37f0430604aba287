// Images and ELF files: good headers, and every way in which one can lie.

import APEI
import Boot
import Bytes
import Support
import Testing

@Suite struct LoadTests {
  static func header(
    first: UInt32 = 0x1400_0000, second: UInt32 = 0, textOffset: UInt64 = 0,
    imageSize: UInt64 = 0x200_0000, flags: UInt64 = 0xa, magic: UInt32 = 0x644d_5241
  ) throws(ByteError) -> [UInt8] {
    var writer = ByteWriter([UInt8](repeating: 0, count: 64))
    try writer.u32(first)
    try writer.u32(second)
    try writer.u64(textOffset)
    try writer.u64(imageSize)
    try writer.u64(flags)
    try writer.zeros(24)
    try writer.u32(magic)
    try writer.u32(0)
    return writer.sink
  }

  @Test func anImageHeaderIsRead() throws {
    let image = try LinuxImage(try Self.header(), fileSize: 0x180_0000)
    #expect(image.imageSize == 0x200_0000)
    #expect(image.pageSize == 4096)
    #expect(try LinuxImage(try Self.header(flags: 6), fileSize: 1).pageSize == 65536)
    let old = try LinuxImage(try Self.header(textOffset: 77, imageSize: 0), fileSize: 0x1000)
    #expect(old.textOffset == 0x8_0000)
    #expect(old.imageSize == 0x100_1000)
  }

  @Test func whatIsNoImageIsNamed() throws {
    let zboot = try Self.header(first: 0x5a4d, second: 0x676d_697a)
    #expect(throws: ImageError.zboot) { try LinuxImage(zboot, fileSize: 64) }
    let gzip = try Self.header(first: 0x0008_8b1f)
    #expect(throws: ImageError.gzip) { try LinuxImage(gzip, fileSize: 64) }
    let elf = try Self.header(first: 0x464c_457f)
    #expect(throws: ImageError.elf) { try LinuxImage(elf, fileSize: 64) }
    let big = try Self.header(flags: 1)
    #expect(throws: ImageError.bigEndian) { try LinuxImage(big, fileSize: 64) }
    let none = try Self.header(magic: 0)
    #expect(throws: ImageError.notAnImage) { try LinuxImage(none, fileSize: 64) }
    #expect(throws: ImageError.notAnImage) { try LinuxImage([UInt8](), fileSize: 0) }
    let short = try Self.header(imageSize: 0x1000)
    #expect(throws: ImageError.badSize(0x1000)) { try LinuxImage(short, fileSize: 0x2000) }
    let huge = try Self.header(imageSize: 1 << 40)
    #expect(throws: ImageError.badSize(1 << 40)) { try LinuxImage(huge, fileSize: 0x2000) }
  }

  @Test func nothingOverlapsInAnyPlacement() throws {
    let image = try LinuxImage(try Self.header(), fileSize: 0x180_0000)
    for megabytes in [128, 512, 1024, 2048, 3072, 4096, 8192] as [UInt64] {
      let ram = MemoryRange(base: 0x4000_0000, size: megabytes << 20)
      for cores in [1, 4, 8] {
        let region = ErrorRegion(base: 0, sources: ErrorSourceTable(coreCount: cores))
        let place = try LinuxPlacement(
          image, initrdSize: 0x123_4567, ram: ram, errorRegionSize: region.size)
        #expect(place.kernel % 0x20_0000 == 0)
        #expect(place.kernel >= ram.base + 0x20_0000)
        #expect(place.kernel + image.imageSize <= place.initrd.base)
        #expect(place.initrd.end <= place.tables.base)
        #expect(place.tables.end <= place.errors.base)
        #expect(place.errors.end <= ram.end && place.errors.end <= 1 << 32)
        #expect(place.errors.size >= region.size)
      }
    }
  }

  @Test func tooLittleMemoryIsAnError() throws {
    let image = try LinuxImage(try Self.header(), fileSize: 0x180_0000)
    for (megabytes, initrd) in [(16, 0), (36, 4 << 20), (512, 500 << 20), (512, .max)]
      as [(UInt64, UInt64)]
    {
      #expect(throws: BootError.tooLittleMemory) {
        try LinuxPlacement(
          image, initrdSize: initrd, ram: MemoryRange(base: 0x4000_0000, size: megabytes << 20),
          errorRegionSize: 0x2000)
      }
    }
  }

  /// A program of two segments.
  static func program() throws(ByteError) -> [UInt8] {
    var writer = ByteWriter([UInt8](repeating: 0, count: 0x200))
    for byte in [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] as [UInt8] { try writer.u8(byte) }
    try writer.zeros(9)
    try writer.u16(2)
    try writer.u16(183)
    try writer.u32(1)
    try writer.u64(0x40_0080)
    try writer.u64(64)
    try writer.u64(0)
    try writer.u32(0)
    try writer.u16(64)
    try writer.u16(56)
    try writer.u16(2)
    try writer.zeros(6)
    for (offset, size, memory) in [(0, 0x180, 0x180), (0x180, 0x80, 0x1000)]
      as [(UInt64, UInt64, UInt64)]
    {
      try writer.u32(1)
      try writer.u32(5)
      try writer.u64(offset)
      try writer.u64(0x40_0000 + offset)
      try writer.u64(offset)
      try writer.u64(size)
      try writer.u64(memory)
      try writer.u64(0x1_0000)
    }
    return writer.sink
  }

  @Test func aProgramIsRead() throws {
    let elf = try ELF(try Self.program())
    #expect(elf.entry == 0x40_0080)
    #expect(!elf.isPositionIndependent)
    #expect(try elf.segment(1)?.memorySize == 0x1000)
    #expect(try elf.segment(1)?.virtualAddress == 0x40_0180)
    #expect(try elf.segment(2) == nil)
  }

  @Test func hostileProgramsAreErrors() throws {
    let good = try Self.program()
    func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = good
      for (index, byte) in bytes.enumerated() { copy[offset + index] = byte }
      return copy
    }
    #expect(throws: ELFError.notELF) { try ELF(changed(4, [1])) }
    #expect(throws: ELFError.wrongMachine(62)) { try ELF(changed(18, [62])) }
    #expect(throws: ELFError.notExecutable) { try ELF(changed(16, [1])) }
    #expect(throws: ELFError.malformed) { try ELF(changed(32, [0xff, 0xff])) }
    #expect(throws: ELFError.malformed) { try ELF(changed(56, [0xff, 0xff])) }
    #expect(throws: ELFError.malformed) { try ELF(changed(64 + 8, [0xff])).segment(0) }
    #expect(throws: ELFError.malformed) { try ELF(changed(64 + 40, [0])).segment(0) }
    let wrapping = changed(64 + 16, [UInt8](repeating: 0xff, count: 8))
    #expect(throws: ELFError.malformed) { try ELF(wrapping).segment(0) }
    var random = SeededRandom(seed: 5)
    for _ in 0..<2000 {
      let bytes = changed(
        Int.random(in: 0..<176, using: &random),
        [UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random)])
      guard let elf = try? ELF(bytes) else { continue }
      for index in 0..<min(elf.programHeaderCount, 20) { _ = try? elf.segment(index) }
    }
  }
}
