// Soft offline: what is in a page with too many corrected errors is elsewhere afterwards, for every process and
// guest that has it, and nobody is told; the frame is never used again.

import APEI
import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct SoftOfflineTests {
  private func frame(_ world: World, _ thread: Thread, _ address: UInt64) throws -> PhysicalAddress
  {
    try world.kernel.resolve(#require(thread.process.space), address, for: .read).address
  }

  /// No allocation gives the frame any more.
  private func isNeverGivenAgain(_ world: World, _ frame: PhysicalAddress) -> Bool {
    while let next = world.kernel.frames.allocate(for: .user) {
      if next.rawValue == frame.rawValue & ~4095 { return false }
    }
    return true
  }

  private func isTold(_ thread: Thread) -> Bool {
    thread.signals.forced.next != nil || !thread.signals.pending.signals.isEmpty
  }

  @Test func aPageMovesAndKeepsItsContents() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 3)
    for page in 0..<3 as Range<UInt64> {
      try world.kernel.write64(thread, address + page * 4096 + 0x248, 0x1111 * (page + 1))
    }
    let old = try frame(world, thread, address + 4096)
    #expect(world.kernel.errors.softOffline(PhysicalAddress(old.rawValue + 0x240)) == .moved)
    #expect(!isTold(thread))
    let new = try frame(world, thread, address + 4096)
    #expect(new != old && !world.kernel.frames.isPoisoned(new))
    for page in 0..<3 as Range<UInt64> {
      let value = try world.kernel.read64(thread, address + page * 4096 + 0x248)
      #expect(value == 0x1111 * (page + 1))
    }
    try world.kernel.write64(thread, address + 4096, 5)
    #expect(world.kernel.frames.references(new) == 1)
    #expect(world.text.contains(": migrated"))
    #expect(world.kernel.errors.softOffline(old) == .alreadyKnown)
    #expect(world.call(thread, .unmap, address, 3 * 4096) == 0)
    #expect(isNeverGivenAgain(world, old))
  }

  /// What fork shares, and what processes share for good, has one frame before and after.
  @Test(arguments: [[], .shared] as [MappingFlags])
  func everyHolderFollows(flags: MappingFlags) throws {
    let world = try World()
    let first = try world.process()
    let address = world.map(first, pages: 1, flags: flags)
    try world.kernel.write64(first, address, 42)
    let id = try #require(world.call(first, .clone, 17, 0, 0, 0, 0))
    let second = try #require(world.kernel.threads.first { Int64($0.id) == id })
    let old = try frame(world, first, address)
    #expect(try frame(world, second, address) == old)
    #expect(world.kernel.errors.softOffline(old) == .moved)
    let new = try frame(world, first, address)
    #expect(try frame(world, second, address) == new && new != old)
    #expect(world.kernel.frames.references(new) == 2)
    #expect(!isTold(first) && !isTold(second))
    // Private, the page is copied when one of them writes; shared, it is not.
    try world.kernel.write64(first, address, 43)
    #expect(try world.kernel.read64(second, address) == (flags.contains(.shared) ? 43 : 42))
    #expect(isNeverGivenAgain(world, old))
  }

  @Test func aBlockIsCutAndAHugePageMovesWhole() throws {
    let world = try World()
    let thread = try world.process()
    let space = try #require(thread.process.space)
    let advised = world.map(thread, pages: 512)
    world.call(thread, .advise, advised, 512 * 4096, 14)
    try world.kernel.write64(thread, advised + 0x5000, 1)
    try world.kernel.write64(thread, advised + 0x6000, 2)
    let old = try frame(world, thread, advised + 0x5000)
    let neighbour = try frame(world, thread, advised + 0x6000)
    #expect(world.kernel.errors.softOffline(old) == .moved)
    #expect(try frame(world, thread, advised + 0x5000) != old)
    #expect(try frame(world, thread, advised + 0x6000) == neighbour)
    #expect(try world.kernel.read64(thread, advised + 0x5000) == 1)
    let huge = world.map(thread, pages: 512, flags: .hugePages)
    try world.kernel.write64(thread, huge + 0x5000, 3)
    let worse = try frame(world, thread, huge + 0x5000)
    #expect(world.kernel.errors.softOffline(worse) == .moved)
    let leaf = world.kernel.leaf(space, huge)
    #expect(leaf.level == 2 && leaf.isMapped)
    #expect(try world.kernel.read64(thread, huge + 0x5000) == 3)
    #expect(leaf.entry.address.rawValue & ~0x1f_ffff != worse.rawValue & ~0x1f_ffff)
    // The other pages of the old block are free.
    #expect(world.kernel.frames.isFree(PhysicalAddress(worse.rawValue ^ 0x1000)))
    #expect(!isTold(thread))
    #expect(isNeverGivenAgain(world, worse))
  }

  @Test func aGuestsPageFollowsInStage2() throws {
    let vm = try TestMachine()
    let machine = try vm.vcpu.machine
    let tables = vm.world.kernel.guests.tables
    let page = IntermediatePhysicalAddress(0x4000_5000)
    let space = try #require(vm.thread.process.space)
    var step = 0
    vm.guest.onEntry = { registers in
      step += 1
      if step == 1 { return dataAbort(registers, 0x4000_5008, isWrite: true) }
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    let old = try vm.world.kernel.resolve(space, vm.memory + 0x5000, for: .read).address
    try vm.world.kernel.write64(vm.thread, vm.memory + 0x5010, 77)
    #expect(machine.stage2.lookup(page, tables) != nil)
    #expect(vm.world.kernel.errors.softOffline(old) == .moved)
    #expect(machine.stage2.lookup(page, tables) == nil, "the next use comes through the new frame")
    step = 0
    #expect(vm.run() == 0)
    let entry = try #require(machine.stage2.lookup(page, tables)?.entry)
    let new = try vm.world.kernel.resolve(space, vm.memory + 0x5000, for: .read).address
    #expect(entry & Stage2.tableMask == new.rawValue && new != old)
    #expect(try vm.world.kernel.read64(vm.thread, vm.memory + 0x5010) == 77)
    #expect(!isTold(vm.thread))
  }

  @Test func whatCannotMoveStays() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    try world.kernel.write64(thread, address, 9)
    let old = try frame(world, thread, address)
    let space = try #require(thread.process.space)
    // A table, the kernel's own, nobody's.
    let table = PhysicalAddress(world.kernel.leaf(space, address).slot.rawValue & ~4095)
    #expect(world.kernel.errors.softOffline(table) == .kept)
    #expect(world.kernel.errors.softOffline(PhysicalAddress(FakeBoard.base + 0x4000)) == .kept)
    #expect(world.kernel.errors.softOffline(PhysicalAddress(0x1000)) == .outside)
    // A copy that meets an uncorrected error.
    world.board.poison = [old.rawValue + 0x40]
    #expect(world.kernel.errors.softOffline(old) == .kept)
    world.board.poison = []
    #expect(try frame(world, thread, address) == old)
    #expect(try world.kernel.read64(thread, address) == 9)
    // No memory.
    while world.kernel.frames.allocate(for: .user) != nil {}
    #expect(world.kernel.errors.softOffline(old) == .kept)
    #expect(try frame(world, thread, address) == old)
    #expect(try world.kernel.read64(thread, address) == 9)
    #expect(world.kernel.frames.poisonedCount == 0)
    #expect(!isTold(thread))
  }

  /// An SError may come in the middle of the kernel's own work on frames and tables: what its record asks for is
  /// done at the next interrupt, and an abort meanwhile is not told of it.
  @Test(arguments: [(2, 8), (0, 0)] as [(UInt32, UInt8)])
  func whatAnSErrorOfTheKernelAsksForWaits(severity: UInt32, flags: UInt8) throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    try world.kernel.write64(thread, address, 7)
    let old = try frame(world, thread, address)
    let region = try world.publish(old.rawValue, by: .sei)
    let hardware = FakeHardware(board: world.board)
    hardware.store32(PhysicalAddress(region.block(0) + 16), severity)
    hardware.store32(PhysicalAddress(region.block(0) + 36), severity)
    hardware.store32(PhysicalAddress(region.block(0) + 40), 0x300 | UInt32(flags) << 24)
    // Corrected, or restartable.
    let error = Syndrome(.serror, iss: severity == 2 ? 0x1811 : 0x811)
    world.kernel.kernelException(.serror, error, elr: 0, far: 0)
    #expect(try frame(world, thread, address) == old)
    #expect(world.kernel.frames.poisonedCount == 0)
    #expect(world.board.kicks == [world.kernel.cores[0].affinity])
    #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .none)
    #expect(world.kernel.frames.poisonedCount == 0 && !isTold(thread))
    world.board.registers[.iccIAR1EL1] = 0
    world.kernel.handleInterrupts()
    #expect(world.kernel.frames.poisonedCount == 1)
    #expect(thread.signals.forced.next == nil)
    if severity == 2 { #expect(try frame(world, thread, address) != old) }
  }

  /// The kernel of one core is interrupted, and finds the record of another that waits for the lock with its own
  /// SError: that record stays the other's.
  @Test func whatNamesAnotherCoreIsStillThatOnes() throws {
    let world = try World()
    let thread = try world.process()
    thread.state = .running(1)
    let address = world.map(thread, pages: 1)
    for core in 0...1 {
      world.kernel.cores[core].affinity = UInt64(core)
      world.kernel.cores[core].isOnline = true
    }
    try world.publish(frame(world, thread, address).rawValue, by: .sei, cores: [1])
    world.kernel.kernelException(.serror, Syndrome(.serror, iss: 0x1811), elr: 0, far: 0)
    #expect(world.board.kicks == [1] && world.kernel.frames.poisonedCount == 0)
    world.board.core = 1
    world.kernel.errors.systemError(.serror(.recoverable), thread)
    #expect(thread.signals.forced.signals.map(\.address) == [address])
    #expect(world.kernel.frames.poisonedCount == 1)
  }

  /// The error that stops a move has a record of its own, which is nobody's who aborts later.
  @Test func anErrorThatAMoveMeetsIsDealtWith() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    let old = try frame(world, thread, address)
    try world.publish(old.rawValue + 0x240, by: .sea)
    world.board.poison = [old.rawValue + 0x240]
    #expect(world.kernel.errors.softOffline(old) == .kept)
    world.kernel.errors.settleWaiting()
    #expect(world.kernel.frames.poisonedCount == 1)
    #expect(thread.signals.forced.next == nil)
    #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .none)
  }

  @Test func aFreeFrameIsNotGivenAgain() throws {
    let world = try World()
    let free = PhysicalAddress(FakeBoard.base + 0x100_0000)
    #expect(world.kernel.errors.softOffline(free) == .free)
    #expect(isNeverGivenAgain(world, free))
  }

  /// The section says that it was corrected, where, and that it was too often: nothing less moves a page.
  @Test(
    arguments: [
      (2, 8, true, true), (2, 0, true, false), (0, 8, true, false), (2, 8, false, false),
    ] as [(UInt32, UInt8, Bool, Bool)])
  func onlyACorrectedErrorOverTheThresholdMovesAPage(
    severity: UInt32, flags: UInt8, hasAddress: Bool, isMoved: Bool
  ) throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    try world.kernel.write64(thread, address, 7)
    let old = try frame(world, thread, address)
    let region = try world.publish(hasAddress ? old.rawValue : nil, by: .sei)
    let hardware = FakeHardware(board: world.board)
    hardware.store32(PhysicalAddress(region.block(0) + 16), 2)
    hardware.store32(PhysicalAddress(region.block(0) + 36), severity)
    // Revision 0x300, validation bits 0, flags.
    hardware.store32(PhysicalAddress(region.block(0) + 40), 0x300 | UInt32(flags) << 24)
    world.kernel.errors.claim(.systemError, for: nil)
    #expect(try (frame(world, thread, address) != old) == isMoved)
    #expect(try world.kernel.read64(thread, address) == 7)
    #expect(!isTold(thread))
  }
}
