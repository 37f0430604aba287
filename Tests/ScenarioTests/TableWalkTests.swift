import Scenario
import Testing

/// Descriptors are found where the Arm ARM's D8.2 puts them.
@Suite struct TableWalkTests {
  /// Reads from tables that all point onwards.
  private func walk(
    _ start: WalkStart, _ virtual: UInt64, level: Int, _ memory: [UInt64: UInt64]
  )
    -> UInt64?
  {
    start.descriptor(of: virtual, level: level) { memory[$0] }
  }

  @Test func fourKibibytePagesWith48Bits() {
    let start = WalkStart(
      tcr: 16 | 16 << 16 | 2 << 30, ttbr0: 0x4000_0000, ttbr1: 0x5000_0000, hasTwoRanges: true)
    let virtual: UInt64 = 1 << 39 | 2 << 30 | 3 << 21 | 4 << 12 | 0x123
    let memory: [UInt64: UInt64] = [
      0x4000_0008: 0x4001_0003, 0x4001_0010: 0x4002_0003, 0x4002_0018: 0x4003_0003,
    ]
    #expect(walk(start, virtual, level: 0, memory) == 0x4000_0008)
    #expect(walk(start, virtual, level: 1, memory) == 0x4001_0010)
    #expect(walk(start, virtual, level: 2, memory) == 0x4002_0018)
    #expect(walk(start, virtual, level: 3, memory) == 0x4003_0020)
    // The upper range starts from TTBR1.
    #expect(walk(start, 0xFFFF_0000_0000_0000, level: 0, memory) == 0x5000_0000)
  }

  @Test func pagesAndBlocksTranslate() {
    let start = WalkStart(
      tcr: 16 | 16 << 16 | 2 << 30, ttbr0: 0x4000_0000, ttbr1: 0x5000_0000, hasTwoRanges: true)
    let memory: [UInt64: UInt64] = [
      0x4000_0000: 0x4001_0003, 0x4001_0000: 0x4002_0003, 0x4002_0008: 0x4003_0003,
      0x4003_0010: 0x00E8_0000_4123_4F43, 0x4002_0010: 0x0060_0000_4560_0701,
      0x4003_0018: 0x4123_4001, 0x5000_0FF8: 0x4001_0003,
    ]
    func translate(_ virtual: UInt64) -> UInt64? { start.translate(virtual) { memory[$0] } }
    #expect(translate(0x0020_2678) == 0x4123_4678)
    #expect(translate(0x0041_2345) == 0x4561_2345)
    // A level 3 block is reserved, an absent entry is a fault, so is an address of neither range.
    #expect(translate(0x0020_3000) == nil)
    #expect(translate(0x0020_4000) == nil)
    #expect(translate(0x0001_0000_0020_2678) == nil)
    // A tag in the top byte does not matter; the upper range ends at TTBR1's last entry.
    #expect(translate(0xAB00_0000_0020_2678) == 0x4123_4678)
    #expect(translate(0xFFFF_FF80_0020_2678) == 0x4123_4678)
  }

  @Test func aBlockEndsTheWalk() {
    let start = WalkStart(tcr: 25, ttbr0: 0x4000_0000, ttbr1: 0, hasTwoRanges: true)
    // T0SZ 25: 39 bits, the walk starts at level 1.
    #expect(walk(start, 0, level: 0, [:]) == nil)
    #expect(walk(start, 5 << 30, level: 1, [:]) == 0x4000_0028)
    #expect(walk(start, 5 << 30, level: 2, [0x4000_0028: 0x8000_0001]) == nil)
  }

  @Test func sixtyFourKibibytePagesAndSixteen() {
    let large = WalkStart(tcr: 22 | 1 << 14, ttbr0: 0x4000_0000, ttbr1: 0, hasTwoRanges: false)
    // 42 bits in 64 KiB granules: level 2 has 29...41, level 3 16...28.
    #expect(walk(large, 7 << 29 | 9 << 16, level: 2, [:]) == 0x4000_0038)
    #expect(
      walk(large, 7 << 29 | 9 << 16, level: 3, [0x4000_0038: 0x4001_0003]) == 0x4001_0048)
    let middle = WalkStart(tcr: 17 | 2 << 14, ttbr0: 0x4000_0000, ttbr1: 0, hasTwoRanges: false)
    // 47 bits in 16 KiB granules: levels 1 to 3 of 11 bits each.
    #expect(walk(middle, 3 << 36, level: 1, [:]) == 0x4000_0018)
  }
}

@Suite struct StageTwoWalkTests {
  /// 40 bits of 4 KiB pages from level 1: two tables in a row, as KVM sets VTCR_EL2.
  @Test func theFirstTablesOfStage2AreOneTable() throws {
    let start = try #require(WalkStart(vtcr: 24 | 1 << 6, vttbr: 0x7 << 48 | 0x4000_0000))
    let memory: [UInt64: UInt64] = [
      0x4000_0000 + 513 * 8: 0x5000_0003, 0x5000_0000: 0x6000_0003, 0x6000_0008: 0x7000_0403,
    ]
    #expect(start.translate(513 << 30 | 0x1234) { memory[$0] } == 0x7000_0234)
    #expect(WalkStart(vtcr: 24 | 1 << 14 | 3 << 6, vttbr: 0) == nil)
  }

  @Test func whatAGuestCallsAPhysicalAddressIsFoundInItsTables() throws {
    let start = try #require(WalkStart(vtcr: 24 | 1 << 6, vttbr: 0x7 << 48 | 0x4000_0000))
    // A page, and a block of 2 MiB; an entry at level 3 with bit 1 clear is reserved.
    let memory: [UInt64: UInt64] = [
      0x4000_0000 + 513 * 8: 0x5000_0003, 0x5000_0000: 0x6000_0003, 0x5000_0018: 0x8020_0401,
      0x6000_0000: 0x7000_0401, 0x6000_0008: 0x7000_0403,
    ]
    func find(_ physical: UInt64) -> UInt64? {
      start.input(ofOutput: physical) { address, count in
        var bytes = [UInt8](repeating: 0, count: count)
        for (place, entry) in memory where place >= address && place < address + UInt64(count) {
          for index in 0..<8 {
            bytes[Int(place - address) + index] = UInt8(truncatingIfNeeded: entry >> (index * 8))
          }
        }
        return bytes
      }
    }
    #expect(find(0x7000_0234) == 513 << 30 | 0x1234)
    #expect(find(0x8021_2345) == 513 << 30 | 0x61_2345)
    #expect(find(0x7000_1000) == nil)
    #expect(start.input(ofOutput: 0) { _, _ in nil } == nil)
  }
}
