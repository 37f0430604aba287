// Stage 2 tables over a memory made of a dictionary.

import Arm
import Testing

@testable import Hypervisor

/// Memory that remembers what was allocated and what was invalidated.
final class FakeTableMemory: Stage2Memory, @unchecked Sendable {
  var words: [UInt64: UInt64] = [:]
  var next: UInt64 = 0x8000_0000
  var live: [UInt64: Int] = [:]
  var limit = Int.max
  var invalidated: [UInt64] = []
  var hasLiveChange = false

  func loadEntry(_ address: PhysicalAddress) -> UInt64 { words[address.rawValue] ?? 0 }
  func storeEntry(_ address: PhysicalAddress, _ value: UInt64) {
    // Break before make: a valid entry is never replaced by another valid one.
    if (words[address.rawValue] ?? 0) & 1 != 0, value & 1 != 0 { hasLiveChange = true }
    words[address.rawValue] = value
  }
  func allocateTable(count: Int) -> PhysicalAddress? {
    guard live.count < limit else { return nil }
    let size = UInt64(count) * 4096
    next = (next + size - 1) & ~(size - 1)
    defer { next += size }
    live[next] = count
    for word in stride(from: next, to: next + size, by: 8) { words[word] = nil }
    return PhysicalAddress(next)
  }
  func freeTable(_ address: PhysicalAddress, count: Int) {
    #expect(live.removeValue(forKey: address.rawValue) == count)
  }
  func invalidate(vttbr: UInt64, _ address: IntermediatePhysicalAddress) {
    invalidated.append(address.rawValue)
  }
  func invalidateAll(vttbr: UInt64) { invalidated.append(.max) }
}

@Suite struct KVMStage2Tests {
  let memory = FakeTableMemory()

  func table(_ bits: Int = 40) throws -> Stage2 {
    try Stage2(addressBits: bits, vmid: 3, memory)
  }

  func ipa(_ value: UInt64) -> IntermediatePhysicalAddress { IntermediatePhysicalAddress(value) }

  func target(_ stage2: Stage2, _ address: UInt64) -> UInt64? {
    stage2.lookup(ipa(address), memory).map {
      ($0.entry & Stage2.tableMask & ~($0.size.rawValue - 1))
        + address % $0.size.rawValue
    }
  }

  @Test(arguments: 32...48)
  func pagesAndBlocksTranslateForEverySize(_ bits: Int) throws {
    let stage2 = try table(bits)
    let top: UInt64 = 1 << UInt64(bits)
    try stage2.map(
      ipa(0), to: PhysicalAddress(0x4000_1000), .page, isWritable: true, isExecutable: true, memory)
    try stage2.map(
      ipa(top - 0x20_0000), to: PhysicalAddress(0x6020_0000), .block, isWritable: false,
      isExecutable: false, memory)
    #expect(target(stage2, 0xABC) == 0x4000_1ABC)
    #expect(target(stage2, top - 1) == 0x603F_FFFF)
    #expect(target(stage2, 0x1000) == nil)
    stage2.destroy(memory)
    #expect(memory.live.isEmpty)
  }

  @Test func aPoisonedPageSplitsItsBlockAndLeavesTheRest() throws {
    let stage2 = try table()
    try stage2.map(
      ipa(0x4020_0000), to: PhysicalAddress(0x8000_0000_0), .block, isWritable: true,
      isExecutable: true, memory)
    memory.hasLiveChange = false
    stage2.remove(0x4020_5000..<0x4020_6000, memory)
    #expect(target(stage2, 0x4020_5000) == nil)
    for page in stride(from: UInt64(0x4020_0000), to: 0x4040_0000, by: 4096)
    where page != 0x4020_5000 {
      #expect(target(stage2, page) == 0x8000_0000_0 + page - 0x4020_0000)
    }
    #expect(memory.invalidated.contains(0x4020_5000))
    #expect(!memory.hasLiveChange)
  }

  @Test func withoutMemoryToSplitTheWholeBlockGoes() throws {
    let stage2 = try table()
    try stage2.map(
      ipa(0x4020_0000), to: PhysicalAddress(0x1_0000_0000), .block, isWritable: true,
      isExecutable: true, memory)
    memory.limit = 0
    stage2.remove(0x4020_5000..<0x4020_6000, memory)
    #expect(target(stage2, 0x4020_0000) == nil)
    #expect(memory.invalidated.last == 0x4020_0000)
  }

  @Test func removingARangeLeavesItsNeighbours() throws {
    let stage2 = try table()
    for page in 0..<1024 as Range<UInt64> {
      try stage2.map(
        ipa(page << 12), to: PhysicalAddress(0x1_0000_0000 + page << 12), .page, isWritable: true,
        isExecutable: true, memory)
    }
    stage2.remove(0x1000..<0x3F_F000, memory)
    #expect(target(stage2, 0) != nil)
    #expect(target(stage2, 0x1000) == nil)
    #expect(target(stage2, 0x3F_E000) == nil)
    #expect(target(stage2, 0x3F_F000) != nil)
    #expect(memory.invalidated.contains(.max))
  }

  @Test func aBlockReplacesPagesAndPagesReplaceABlock() throws {
    let stage2 = try table()
    try stage2.map(
      ipa(0x1000), to: PhysicalAddress(0x5000_0000), .page, isWritable: true, isExecutable: true,
      memory)
    try stage2.map(
      ipa(0), to: PhysicalAddress(0x6000_0000), .block, isWritable: true, isExecutable: true, memory
    )
    #expect(target(stage2, 0x1000) == 0x6000_1000)
    try stage2.map(
      ipa(0x2000), to: PhysicalAddress(0x7000_0000), .page, isWritable: true, isExecutable: true,
      memory)
    #expect(target(stage2, 0x2000) == 0x7000_0000)
    #expect(target(stage2, 0x3000) == 0x6000_3000)
    #expect(!memory.hasLiveChange)
  }

  @Test func aPoisonedTableIsForgottenAndTheRestStays() throws {
    var stage2 = try table()
    try stage2.map(
      ipa(0), to: PhysicalAddress(0x5000_0000), .page, isWritable: true, isExecutable: true, memory)
    try stage2.map(
      ipa(0x8000_0000), to: PhysicalAddress(0x6000_0000), .page, isWritable: true,
      isExecutable: true, memory)
    // The table of level 3 that maps page 0 is the last but two allocated.
    let bad = try #require(memory.live.keys.sorted().dropFirst(2).first)
    #expect(try stage2.discardTable(at: PhysicalAddress(bad + 0x40), memory))
    #expect(target(stage2, 0) == nil)
    #expect(target(stage2, 0x8000_0000) == 0x6000_0000)
    #expect(try !stage2.discardTable(at: PhysicalAddress(0x5000_0000), memory))
    let root = stage2.root
    #expect(try stage2.discardTable(at: root, memory))
    #expect(stage2.root != root)
    #expect(target(stage2, 0x8000_0000) == nil)
  }
}
