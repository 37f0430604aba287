// Saving, restoring and hashing memory.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct MemorySnapshotTests {
  func hash(_ bus: Bus) -> UInt64 {
    var hash = StateHash()
    bus.hash(into: &hash)
    return hash.value
  }

  @Test func restoringGivesTheOldContents() throws {
    let bus = try makeBus()
    try bus.write(ramAddress(0x1000), size: 8, 1, nonsecure)
    let first = try bus.snapshot()
    let firstHash = hash(bus)
    try bus.write(ramAddress(0x1000), size: 8, 2, nonsecure)
    try bus.write(ramAddress(0x50_0000), size: 8, 3, nonsecure)
    #expect(hash(bus) != firstHash)
    bus.restore(first)
    #expect(try bus.read(ramAddress(0x1000), size: 8, nonsecure) == 1)
    #expect(try bus.read(ramAddress(0x50_0000), size: 8, nonsecure) == 0)
    #expect(hash(bus) == firstHash)
  }

  @Test func anySnapshotCanBeRestoredAtAnyTime() throws {
    let bus = try makeBus()
    var snapshots: [(MemorySnapshot, UInt64)] = []
    var random = UInt64(1)
    for _ in 0..<12 {
      for _ in 0..<20 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Few pages, so that snapshots overlap; some values zero, so that pages become zero again.
        try bus.write(
          ramAddress((random >> 33) % 64 * 0x8_1000), size: 8, random >> 20 & 3, nonsecure)
      }
      snapshots.append((try bus.snapshot(), hash(bus)))
    }
    for (i, j) in [(0, 11), (5, 3), (11, 0), (3, 3), (7, 2), (2, 7)] {
      for index in [i, j] {
        bus.restore(snapshots[index].0)
        #expect(hash(bus) == snapshots[index].1, "snapshot \(index)")
        try bus.write(ramAddress(0x8_1000), size: 8, 0x77, nonsecure)
      }
    }
  }

  @Test func zeroedAndUntouchedPagesHashAlike() throws {
    let bus = try makeBus()
    let empty = hash(bus)
    try bus.write(ramAddress(0x3000), size: 8, 5, nonsecure)
    #expect(hash(bus) != empty)
    try bus.write(ramAddress(0x3000), size: 8, 0, nonsecure)
    #expect(hash(bus) == empty)
    _ = try bus.snapshot()
    #expect(hash(bus) == empty)
  }

  @Test func theSameBytesElsewhereHashDifferently() throws {
    let (a, b) = (try makeBus(), try makeBus())
    try a.write(ramAddress(0x3000), size: 8, 5, nonsecure)
    try b.write(ramAddress(0x4000), size: 8, 5, nonsecure)
    #expect(hash(a) != hash(b))
    try a.write(ramAddress(0x4000), size: 8, 6, nonsecure)
    try b.write(ramAddress(0x3000), size: 8, 6, nonsecure)
    #expect(hash(a) != hash(b))
  }

  @Test func theOrderOfWritesDoesNotMatterToTheHash() throws {
    let (a, b) = (try makeBus(), try makeBus())
    try a.write(ramAddress(0x3000), size: 8, 5, nonsecure)
    _ = try a.snapshot()
    try a.write(ramAddress(0x9000), size: 8, 6, nonsecure)
    try b.write(ramAddress(0x9000), size: 8, 6, nonsecure)
    try b.write(ramAddress(0x3000), size: 8, 5, nonsecure)
    #expect(hash(a) == hash(b))
  }

  @Test func savingAndRestoringAsksForAFlushAndLeavesNoPageDirty() throws {
    let bus = try makeBus()
    try bus.write(ramAddress(0), size: 8, 5, nonsecure)
    #expect(bus.ram.flags[0] & PageFlags.dirty != 0)
    #expect(!bus.flushRequested)
    let snapshot = try bus.snapshot()
    #expect(bus.flushRequested)
    #expect(bus.ram.flags[0] & PageFlags.dirty == 0)
    try bus.write(ramAddress(0), size: 8, 6, nonsecure)
    bus.flushRequested = false
    bus.restore(snapshot)
    #expect(bus.flushRequested)
    #expect(bus.ram.flags[0] & PageFlags.dirty == 0)
    #expect(bus.ram.dirtyPages.isEmpty)
  }

  @Test func restoringForgetsCodeThatChanges() throws {
    let bus = try makeBus()
    let empty = try bus.snapshot()
    try bus.write(ramAddress(0), size: 8, 5, nonsecure)
    bus.ram.flags[0] |= PageFlags.hasCode
    bus.restore(empty)
    #expect(bus.ram.flags[0] & PageFlags.hasCode == 0)
  }

  @Test func poisonAndWatchesAreSavedToo() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x1000))
    bus.watch(ramAddress(0x5000), kinds: .read, ordinal: 2)
    _ = try bus.read(ramAddress(0x5000), size: 1, nonsecure)
    let snapshot = try bus.snapshot()
    try bus.zeroBlock(ramAddress(0x1000), nonsecure)
    bus.plantPoison(ramAddress(0x2000))
    bus.unwatch(1)
    bus.restore(snapshot)
    #expect(bus.poisonedLines == [ramAddress(0x1000)])
    #expect(bus.ram.flags[1] & PageFlags.poisoned != 0)
    #expect(bus.ram.flags[2] & PageFlags.poisoned == 0)
    #expect(bus.ram.flags[5] & PageFlags.watched != 0)
    #expect(bus.watches.map(\.accesses) == [1])
  }

  @Test func aRestoredMachineIsAtTheTimeOfItsSnapshot() throws {
    let board = try Board(coreCount: 1, ramSize: 1 << 20)
    _ = board.run(instructions: 10_000)
    let (snapshot, time) = (try board.snapshot(), board.now)
    // As a wait for a far timer does.
    board.bus.now = 60_000_000_000
    board.restore(snapshot)
    #expect(board.now == time)
  }

  @Test func restoringCostsWhatWasDirtied() throws {
    let bus = try makeBus(ramSize: 1 << 30)
    let line = [UInt8](repeating: 0x5A, count: 1 << 20)
    for megabyte in 0..<300 { bus.writeBytes(ramAddress(UInt64(megabyte) << 20), line) }
    let snapshot = try bus.snapshot()
    // The fastest of some, since the host has other things to do.
    var duration = Duration.seconds(1)
    for _ in 0..<5 {
      for megabyte in 0..<8 { bus.writeBytes(ramAddress(UInt64(megabyte) << 22), line) }
      duration = min(duration, ContinuousClock().measure { bus.restore(snapshot) })
    }
    #expect(duration < .milliseconds(20))
  }
}
