// Descriptors are found where the Arm ARM's D8.2 puts them.

import Arm
import Testing

@Suite struct TableWalkTests {
  /// Where a walk is made for an address, and its end in tables given word by word.
  private func end(
    _ stage: StageOneTranslation, _ virtual: UInt64, _ memory: [UInt64: UInt64]
  ) -> TableWalk.End? {
    stage.walk(for: VirtualAddress(virtual))?.end(of: virtual) { memory[$0] }
  }

  private func descriptor(
    _ stage: StageOneTranslation, _ virtual: UInt64, level: Int, _ memory: [UInt64: UInt64]
  ) -> UInt64? {
    stage.walk(for: VirtualAddress(virtual))?
      .descriptor(of: virtual, level: level) { memory[$0] }
  }

  /// Stage 1 with its MMU on and outputs of 48 bits.
  private func stage(
    tcr: UInt64, ttbr0: UInt64 = 0x4000_0000, ttbr1: UInt64 = 0, hasTwoRanges: Bool = true
  ) -> StageOneTranslation {
    StageOneTranslation(
      control: SystemControl(rawValue: 1), tcr: tcr | 5 << (hasTwoRanges ? 32 : 16),
      ttbr0: TableBase(rawValue: ttbr0), ttbr1: TableBase(rawValue: ttbr1),
      hasTwoRanges: hasTwoRanges)
  }

  @Test func fourKibibytePagesWith48Bits() {
    let stage = stage(tcr: 16 | 16 << 16 | 2 << 30, ttbr1: 0x5000_0000)
    let virtual: UInt64 = 1 << 39 | 2 << 30 | 3 << 21 | 4 << 12 | 0x123
    let memory: [UInt64: UInt64] = [
      0x4000_0008: 0x4001_0003, 0x4001_0010: 0x4002_0003, 0x4002_0018: 0x4003_0003,
    ]
    #expect(descriptor(stage, virtual, level: 0, memory) == 0x4000_0008)
    #expect(descriptor(stage, virtual, level: 1, memory) == 0x4001_0010)
    #expect(descriptor(stage, virtual, level: 2, memory) == 0x4002_0018)
    #expect(descriptor(stage, virtual, level: 3, memory) == 0x4003_0020)
    #expect(end(stage, virtual, memory) == .unreadable(level: 3, at: 0x4003_0020))
    // The upper range starts from TTBR1.
    #expect(descriptor(stage, 0xFFFF_0000_0000_0000, level: 0, memory) == 0x5000_0000)
  }

  @Test func pagesAndBlocksTranslate() {
    let stage = stage(tcr: 16 | 16 << 16 | 2 << 30 | 1 << 37, ttbr1: 0x5000_0000)
    let memory: [UInt64: UInt64] = [
      0x4000_0000: 0x4001_0003, 0x4001_0000: 0x4002_0003, 0x4002_0008: 0x4003_0003,
      0x4003_0010: 0x00E8_0000_4123_4F43, 0x4002_0010: 0x0060_0000_4560_0701,
      0x4003_0018: 0x4123_4001, 0x4003_0020: 0, 0x5000_0FF8: 0x4001_0003,
    ]
    #expect(end(stage, 0x0020_2678, memory) == .address(0x4123_4678))
    #expect(end(stage, 0x0041_2345, memory) == .address(0x4561_2345))
    // A level 3 block is reserved, an invalid descriptor is a fault, and an address of neither
    // range is in no table.
    #expect(end(stage, 0x0020_3000, memory) == .fault(level: 3))
    #expect(end(stage, 0x0020_4000, memory) == .fault(level: 3))
    #expect(end(stage, 0x0001_0000_0020_2678, memory) == nil)
    // With TBI0 a tag in the top byte does not matter; TBI1 is clear. The upper range ends at
    // TTBR1's last entry.
    #expect(end(stage, 0xAB00_0000_0020_2678, memory) == .address(0x4123_4678))
    #expect(end(stage, 0xFFFF_FF80_0020_2678, memory) == .address(0x4123_4678))
    #expect(end(stage, 0xABFF_FF80_0020_2678, memory) == nil)
  }

  @Test func aBlockEndsTheWalk() {
    // T0SZ 25: 39 bits, the walk starts at level 1.
    let stage = stage(tcr: 25)
    #expect(descriptor(stage, 0, level: 0, [:]) == nil)
    #expect(descriptor(stage, 5 << 30, level: 1, [:]) == 0x4000_0028)
    #expect(descriptor(stage, 5 << 30, level: 2, [0x4000_0028: 0x8000_0001]) == nil)
  }

  @Test func sixtyFourKibibytePagesAndSixteen() {
    let large = stage(tcr: 22 | 1 << 14, hasTwoRanges: false)
    // 42 bits in 64 KiB granules: level 2 has 29...41, level 3 16...28.
    let virtual: UInt64 = 7 << 29 | 9 << 16
    #expect(descriptor(large, virtual, level: 2, [:]) == 0x4000_0038)
    #expect(descriptor(large, virtual, level: 3, [0x4000_0038: 0x4001_0003]) == 0x4001_0048)
    let middle = stage(tcr: 17 | 2 << 14, hasTwoRanges: false)
    // 47 bits in 16 KiB granules: levels 1 to 3 of 11 bits each.
    #expect(descriptor(middle, 3 << 36, level: 1, [:]) == 0x4000_0018)
  }

  @Test func aDisabledRangeHasNoTables() {
    #expect(stage(tcr: 16 | 1 << 7).walk(for: VirtualAddress(0)) == nil)
    let upper = VirtualAddress(.max)
    #expect(stage(tcr: 16 << 16 | 2 << 30).walk(for: upper) != nil)
    #expect(stage(tcr: 16 << 16 | 2 << 30 | 1 << 23).walk(for: upper) == nil)
    // TxSZ below 16 or above 39.
    #expect(stage(tcr: 15).walk(for: VirtualAddress(0)) == nil)
    #expect(stage(tcr: 40).walk(for: VirtualAddress(0)) == nil)
  }

  @Test func anOutputThatIsTooLargeIsAFault() {
    var stage = stage(tcr: 25)
    #expect(end(stage, 0, [0x4000_0000: 0x1_4000_0001]) == .address(0x1_4000_0000))
    stage.tcr = 25  // IPS 0: 32 bits.
    #expect(end(stage, 0, [0x4000_0000: 0x1_4000_0001]) == .fault(level: 1))
    stage.ttbr0 = TableBase(rawValue: 0x1_4000_0000)
    #expect(end(stage, 0, [:]) == .fault(level: 0))
  }

  @Test func bigEndianTablesAreRead() {
    var stage = stage(tcr: 25)
    stage.control[SystemControl.ee] = 1
    let block = (0x8000_0001 as UInt64).byteSwapped
    #expect(end(stage, 0x1234, [0x4000_0000: block]) == .address(0x8000_1234))
  }

  @Test func tablesThatLeadToThemselvesEndTheWalk() {
    // Every descriptor is a table, and it is this one; the last is a page.
    let stage = stage(tcr: 16)
    var reads = 0
    let end = stage.walk(for: VirtualAddress(0x123))?.end(of: 0x123) { _ in
      reads += 1
      return 0x4000_0003
    }
    #expect(end == .address(0x4000_0123))
    #expect(reads == 4)
  }

  /// 40 bits of 4 KiB pages from level 1: two tables in a row, as KVM sets VTCR_EL2.
  @Test func theFirstTablesOfStage2AreOneTable() throws {
    let walk = try #require(
      TableWalk(
        VirtualizationTranslationControl(rawValue: 24 | 1 << 6 | 5 << 16),
        TableBase(rawValue: 0x7 << 48 | 0x4000_0000)))
    let memory: [UInt64: UInt64] = [
      0x4000_0000 + 513 * 8: 0x5000_0003, 0x5000_0000: 0x6000_0003, 0x6000_0008: 0x7000_0403,
    ]
    #expect(walk.end(of: 513 << 30 | 0x1234) { memory[$0] } == .address(0x7000_0234))
    // SL0 3 is reserved; 40 bits cannot start at level 2.
    for control in [24 | 1 << 14 | 3 << 6, 24] as [UInt64] {
      #expect(
        TableWalk(
          VirtualizationTranslationControl(rawValue: control), TableBase(rawValue: 0)) == nil)
    }
  }
}
