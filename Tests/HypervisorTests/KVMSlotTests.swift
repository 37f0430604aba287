// Memory slots: the errors and the moves of KVM_SET_USER_MEMORY_REGION.

import KVM
import Testing

@testable import Hypervisor

@Suite struct KVMSlotTests {
  func set(
    _ slots: inout MemorySlots, _ number: UInt32, _ guest: UInt64, _ size: UInt64,
    _ user: UInt64 = 0x7000_0000_0000, flags: UInt32 = 0
  ) throws -> Range<UInt64>? {
    try slots.set(
      number: number, flags: flags, guestAddress: guest, byteCount: size, userAddress: user,
      addressBits: 40)
  }

  @Test func addedMovedAndRemoved() throws {
    var slots = MemorySlots()
    #expect(try set(&slots, 0, 0x4000_0000, 0x1000_0000) == nil)
    #expect(slots.slot(at: 0x4FFF_FFFF)?.number == 0)
    #expect(slots.slot(at: 0x5000_0000) == nil)
    #expect(slots.slot(at: 0x3FFF_FFFF) == nil)
    #expect(try set(&slots, 0, 0x4000_0000, 0x1000_0000) == nil)
    #expect(try set(&slots, 0, 0x8000_0000, 0x1000_0000) == 0x4000_0000..<0x5000_0000)
    #expect(slots.slot(at: 0x4000_0000) == nil)
    #expect(try set(&slots, 0, 0, 0) == 0x8000_0000..<0x9000_0000)
    #expect(slots.slot(at: 0x8000_0000) == nil)
  }

  @Test(
    arguments: [
      (0, 0x4000_0800, 0x1000, 0, LinuxError.invalid), (0, 0x4000_0000, 0x800, 0, .invalid),
      (512, 0x4000_0000, 0x1000, 0, .invalid), (0, 0x4000_0000, 0, 0, .invalid),
      (0, 0x4000_0000, 0x1000, 1, .invalid), (0, 0x4000_0000, 0x1000, 4, .invalid),
      (0, 0xFF_FFFF_F000, 0x2000, 0, .badAddress), (0, 0xFFFF_FFFF_FFFF_F000, 0x2000, 0, .invalid),
      (0x1_0000, 0x4000_0000, 0x1000, 0, .invalid), (2, 0x1000_1000, 0x1000, 0, .exists),
      (1, 0x1000_0000, 0x1000, 0, .invalid), (1, 0x1000_0000, 0x2000, 2, .invalid),
    ] as [(UInt32, UInt64, UInt64, UInt32, LinuxError)])
  func badRegionsAreRefused(
    _ number: UInt32, _ guest: UInt64, _ size: UInt64, _ flags: UInt32, _ error: LinuxError
  ) throws {
    var slots = MemorySlots()
    _ = try set(&slots, 1, 0x1000_0000, 0x2000)
    #expect(throws: error) { try set(&slots, number, guest, size, flags: flags) }
    #expect(slots.slot(at: 0x1000_1000)?.number == 1)
  }

  @Test func addressesThatAreNotUserSpacesAreRefused() {
    var slots = MemorySlots()
    #expect(throws: LinuxError.invalid) { try set(&slots, 0, 0, 0x1000, 0xFFFF_0000_0000_0000) }
    #expect(throws: LinuxError.invalid) { try set(&slots, 0, 0, 0x2000, 0xFFFF_FFFF_F000) }
  }

  @Test func aUserRangeNamesEveryGuestRangeOverIt() throws {
    var slots = MemorySlots()
    _ = try set(&slots, 0, 0x4000_0000, 0x4000, 0x1000_0000)
    _ = try set(&slots, 1, 0x8000_0000, 0x4000, 0x1000_2000)
    var ranges: [Range<UInt64>] = []
    slots.forEachGuestRange(of: 0x1000_3000..<0x1000_5000) { ranges.append($0) }
    #expect(ranges == [0x4000_3000..<0x4000_4000, 0x8000_1000..<0x8000_3000])
  }
}
