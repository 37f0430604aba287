// Frames, heap, tables, paging.

import Arm
import Boot
import KVM
import Testing

@testable import Hypervisor

@Suite struct MemoryTests {
  @Test func blocksAreAlignedAndComeBackWhole() throws {
    let world = try World()
    let before = world.kernel.frames.freeCount
    var blocks: [PhysicalAddress] = []
    for order in [0, 9, 3, 0, 10, 1, 9] {
      let found = world.kernel.frames.allocate(order: order, for: .user)
      let block = try #require(found)
      #expect(block.rawValue & (4096 << UInt64(order) - 1) == 0)
      blocks.append(block)
    }
    for block in blocks { world.kernel.frames.free(block) }
    #expect(world.kernel.frames.freeCount == before)
    let largest = world.kernel.frames.allocate(order: 10, for: .user)
    #expect(largest != nil)
  }

  @Test func everyFrameIsHandedOutOnceAndNoneThatIsTaken() throws {
    let world = try World(megabytes: 16)
    var seen: Set<UInt64> = []
    // Processes do not get the last frames, which are whole blocks.
    while let frame = world.kernel.frames.allocate(for: .user) {
      #expect(seen.insert(frame.rawValue).inserted)
    }
    let left = world.kernel.frames.freeCount - world.kernel.frames.reserve
    #expect(left >= 0 && left < 512)
    while let frame = world.kernel.frames.allocate(for: .heap) {
      #expect(seen.insert(frame.rawValue).inserted)
      #expect(frame.rawValue >= FakeBoard.base + 0x10_0000)
    }
    #expect(world.kernel.frames.freeCount == 0)
  }

  @Test func aPoisonedFreeFrameIsNeverHandedOut() throws {
    let world = try World(megabytes: 16)
    let bad = PhysicalAddress(FakeBoard.base + 0x80_5000)
    let before = world.kernel.frames.freeCount
    let wasNew = world.kernel.frames.poison(bad)
    let isNewAgain = world.kernel.frames.poison(bad)
    #expect(wasNew && !isNewAgain)
    #expect(world.kernel.frames.freeCount == before - 1)
    while let frame = world.kernel.frames.allocate(for: .user) { #expect(frame != bad) }
  }

  @Test func aPoisonedFrameOfABlockStaysBehindWhenTheBlockIsFreed() throws {
    let world = try World(megabytes: 16)
    let before = world.kernel.frames.freeCount
    let found = world.kernel.frames.allocate(order: 9, for: .user)
    let block = try #require(found)
    _ = world.kernel.frames.poison(PhysicalAddress(block.rawValue + 0x7000))
    world.kernel.frames.free(block)
    #expect(world.kernel.frames.freeCount == before - 1)
  }

  @Test func theHeapGivesBackWhatItTook() throws {
    let world = try World()
    let hardware = FakeHardware(board: world.board)
    var memory = KernelMemory(frames: world.kernel.frames)
    /// Where the fake's RAM is in this program.
    let start = UInt(bitPattern: unsafe world.board.ram)
    var objects: [(address: PhysicalAddress, size: Int)] = []
    for size in [1, 31, 32, 33, 100, 2048, 2049, 5000, 100_000, 17, 4096] {
      let found = unsafe memory.heap.allocate(
        byteCount: size, alignment: 16, hardware, &memory.frames)
      let pointer = UInt(bitPattern: found)
      #expect(pointer > start && pointer & 15 == 0)
      let address = PhysicalAddress(FakeBoard.base + UInt64(pointer - start))
      // Objects overlap if a later one changes the pattern of an earlier.
      for index in 0..<UInt64(size) {
        unsafe hardware.pointer(PhysicalAddress(address.rawValue + index)).storeBytes(
          of: UInt8(size & 0xff), as: UInt8.self)
      }
      objects.append((address, size))
    }
    for (address, size) in objects {
      for index in 0..<UInt64(size) {
        let byte = unsafe hardware.pointer(PhysicalAddress(address.rawValue + index)).load(
          as: UInt8.self)
        #expect(byte == UInt8(size & 0xff))
      }
      unsafe memory.heap.free(hardware.pointer(address), at: address, &memory.frames)
    }
    #expect(memory.heap.usedBytes == 0)
    world.kernel.frames = memory.frames
  }

  @Test func theFrameTableKeepsClearOfImageAndInitrd() {
    var machine = MachineInventory()
    machine.addRange(MemoryRange(base: 0x4000_0000, size: 0x400_0000))
    let layout = BootMemory(
      machine: machine, image: MemoryRange(base: 0x4000_0000, size: 0x12_3000),
      initrd: MemoryRange(base: 0x4012_3800, size: 0x7123))
    #expect(layout.placeForTable()?.base == 0x4012_b000)
  }

  @Test func kernelTablesMapExactlyWhatTheyAreTold() throws {
    let world = try World()
    let hardware = FakeHardware(board: world.board)
    let made = KernelTables(hardware, &world.kernel.frames)
    let tables = try #require(made)
    let high: UInt64 = 0xffff_0000_0000_0000
    let isMapped = tables.map(
      VirtualAddress(high | 0x3fe0_3000), to: PhysicalAddress(0x3fe0_3000),
      byteCount: 0x4041_5000, .memory, &world.kernel.frames)
    #expect(isMapped)
    func target(_ address: UInt64) -> UInt64? {
      var table = tables.root
      for level in 0...3 {
        let shift = UInt64(12 + (3 - level) * 9)
        let entry = unsafe world.kernel.word(
          PhysicalAddress(table.rawValue + (address >> shift & 511) * 8))
        guard entry & 1 == 1 else { return nil }
        if level == 3 || entry & 2 == 0 {
          return entry & 0xffff_ffff_f000 & ~(1 << shift - 1) | address & (1 << shift - 1)
        }
        table = PhysicalAddress(entry & 0xffff_ffff_f000)
      }
      return nil
    }
    for address in [0x3fe0_3000, 0x3fff_ffff, 0x4000_0000, 0x7fff_f123, 0x8021_7fff] as [UInt64] {
      #expect(target(high | address) == address)
    }
    for address in [0x3fe0_2fff, 0x8021_8000] as [UInt64] { #expect(target(high | address) == nil) }
  }

  @Test func touchingAnonymousMemoryBringsInZeros() throws {
    let world = try World()
    let thread = try world.process()
    let space = try #require(thread.process.space)
    let address = world.map(thread, pages: 4)
    #expect(!world.kernel.leaf(space, address).isMapped)
    #expect(try world.kernel.read64(thread, address + 8) == 0)
    try world.kernel.write64(thread, address + 4090, 0x1122_3344_5566_7788)
    #expect(try world.kernel.read64(thread, address + 4090) == 0x1122_3344_5566_7788)
  }

  @Test func advisedMemoryComesInBlocksWhereTheyFit() throws {
    let world = try World()
    let thread = try world.process()
    let space = try #require(thread.process.space)
    let address = world.map(thread, pages: 1024)
    #expect(address & 0x1f_ffff == 0)
    #expect(world.call(thread, .advise, address, 1024 * 4096, 14) == 0)
    let page = try world.kernel.resolve(space, address + 0x12_3456, for: .write)
    #expect(page.size == 0x20_0000)
    #expect(page.address.rawValue - page.base.rawValue == 0x12_3456)
    // Giving back a part cuts the block, and the rest keeps its contents.
    try world.kernel.write64(thread, address + 0x10_0000, 42)
    #expect(world.call(thread, .unmap, address + 0x1000, 0x1000) == 0)
    #expect(try world.kernel.read64(thread, address + 0x10_0000) == 42)
    #expect(world.call(thread, .unmap, address, 1024 * 4096) == 0)
  }

  @Test func unmappingGivesBackEveryFrame() throws {
    let world = try World()
    let thread = try world.process()
    let warm = world.map(thread, pages: 1)
    try world.kernel.write64(thread, warm, 1)
    let before = world.kernel.frames.freeCount
    let address = world.map(thread, pages: 100, flags: .populate)
    #expect(world.kernel.frames.freeCount <= before - 100)
    world.call(thread, .unmap, address, 100 * 4096)
    // Tables stay until the process ends.
    #expect(world.kernel.frames.freeCount >= before - 2)
  }

  @Test func aForkSharesPagesUntilOneSideWrites() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 2)
    try world.kernel.write64(thread, address, 1)
    let id = try #require(world.call(thread, .clone, 17, 0, 0, 0, 0))
    let child = try #require(world.kernel.threads.first { Int64($0.id) == id })
    #expect(child.x(0) == 0)
    let old = try #require(thread.process.space)
    let new = try #require(child.process.space)
    #expect(old !== new)
    let shared: PhysicalAddress = world.kernel.leaf(old, address).entry.address
    #expect(world.kernel.leaf(new, address).entry.address == shared)
    try world.kernel.write64(child, address, 2)
    #expect(try world.kernel.read64(thread, address) == 1)
    #expect(try world.kernel.read64(child, address) == 2)
    try world.kernel.write64(thread, address, 3)
    #expect(world.kernel.leaf(old, address).entry.address == shared)
    #expect(world.kernel.frames.references(shared) == 1)
  }

  @Test func hostileAddressesAreErrorsNotFaults() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    for bad in [
      0, 1, 0xfff, address + 4096, AddressSpace.limit - 1, AddressSpace.limit, .max, 1 << 63,
      0xffff_0000_4000_0000,
    ] as [UInt64] {
      #expect(world.call(thread, .write, 1, bad, 16) == -14)
      #expect(world.call(thread, .clockGetTime, 1, bad) == -14)
    }
    // A buffer that ends in nothing.
    #expect(world.call(thread, .write, 1, address + 4090, 16) == -14)
  }
}
