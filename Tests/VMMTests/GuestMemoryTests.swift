// Addresses of the VMM's process and of the guest, and what is lost.

import Arm
import Boot
import Bytes
import KVM
import Testing
import VMM

@Suite struct GuestMemoryTests {
  let host = FakeKernel()

  func memory() throws -> GuestMemory {
    try GuestMemory.map(host, size: 16 << 20, usesHugePages: false)
  }

  @Test func everyByteOfRAMHasOneAddressInEachSpace() throws {
    let memory = try memory()
    #expect(memory.hostBase.rawValue % (2 << 20) == 0)
    #expect(memory.guestAddress(of: memory.hostBase) == 0x4000_0000)
    #expect(memory.guestAddress(of: memory.hostBase + 0xFF_FFFF) == 0x40FF_FFFF)
    #expect(memory.guestAddress(of: memory.hostBase + 0x100_0000) == nil)
    #expect(memory.guestAddress(of: HostAddress(memory.hostBase.rawValue - 1)) == nil)
    #expect(memory.hostAddress(of: 0x40FF_FFF8, count: 8) == memory.hostBase + 0xFF_FFF8)
    #expect(memory.hostAddress(of: 0x40FF_FFF9, count: 8) == nil)
    #expect(memory.hostAddress(of: 0x3FFF_FFFF, count: 1) == nil)
    #expect(memory.hostAddress(of: 0x4000_0000, count: .max) == nil)
    #expect(memory.hostAddress(of: GuestPhysicalAddress(.max), count: 8) == nil)
  }

  @Test func whatIsLostIsNotReadAgainUntilItIsReplaced() throws {
    var memory = try memory()
    Words.store(5 as UInt64, memory.hostBase + 0x2000)
    #expect(memory.u64(host, 0x4000_2000) == 5)
    let range = memory.range(around: 0x4000_2010, leastBit: 12)
    #expect(range == GuestRange(base: 0x4000_2000, size: 4096))
    #expect(same(memory.markLost(range), true))
    #expect(same(memory.markLost(range), false))
    #expect(memory.u64(host, 0x4000_2000) == nil && memory.u32(host, 0x4000_2FFC) == nil)
    #expect(memory.u64(host, 0x4000_1FF8) == 0 && memory.u64(host, 0x4000_3000) == 0)
    #expect(try same(memory.replaceLost(host), 4096))
    #expect(host.replaced.count == 1 && host.replaced[0].address == memory.hostBase + 0x2000)
    #expect(memory.u64(host, 0x4000_2000) == 0)
  }

  @Test func whatTheHostLosesInALargePageIsReplacedByAWholeOne() throws {
    var memory = GuestMemory(host.allocate(16 << 20), usesHugePages: true)
    _ = memory.markLost(GuestRange(base: 0x4023_4000, size: 4096))
    _ = memory.markLost(GuestRange(base: 0x4020_0000, size: 2 << 20))
    #expect(try same(memory.replaceLost(host), 2 << 20))
    #expect(host.replaced.count == 1 && memory.lost.isEmpty)
    #expect(host.replaced[0] == (memory.hostBase + 0x20_0000, 2 << 20))
  }

  @Test func smallPagesReplaceALargeOneWhereThePoolIsEmpty() throws {
    var memory = GuestMemory(host.allocate(16 << 20), usesHugePages: true)
    _ = memory.markLost(GuestRange(base: 0x4020_0000, size: 2 << 20))
    host.refusesMapping = { $0 & MappingFlags.hugePages.rawValue != 0 }
    #expect(try same(memory.replaceLost(host), 2 << 20))
    #expect(host.replaced.count == 1)
    host.refusesMapping = { _ in true }
    _ = memory.markLost(GuestRange(base: 0x4020_0000, size: 2 << 20))
    #expect(throws: Failure.self) { try memory.replaceLost(host) }
  }

  @Test func aLargePageIsLostWholeAndCutToRAM() throws {
    let memory = try memory()
    #expect(
      memory.range(around: 0x4023_4567, leastBit: 21)
        == GuestRange(base: 0x4020_0000, size: 2 << 20))
    #expect(
      memory.range(around: 0x4023_4567, leastBit: 30)
        == GuestRange(base: GuestPhysicalAddress(memory.ram.base), size: memory.ram.size))
    #expect(memory.range(around: 0x4023_4567, leastBit: 0).size == 4096)
    #expect(memory.range(around: 0x4023_4567, leastBit: 64).base == 0x4000_0000)
  }
}
