// A debugger's look at translation tables, compared with the walks of the MMU itself.

import Arm
import Support
import Testing

@testable import Machine

@Suite struct TranslationObserverTests {
  private func observer(
    _ world: MMUWorld, _ level: ExceptionLevel
  ) -> TranslationObserver<FakeTables> {
    TranslationObserver(state: world.state, memory: world.tables, level: level)
  }

  /// A core at EL1 or EL2 with random registers and random tables, some of which lead to themselves.
  private func world(_ random: inout SeededRandom) -> MMUWorld {
    let world = MMUWorld()
    let granule = random.pick(Granule.allCases)
    let size = random.pick([16, 17, 20, 24, 25, 28, 33, 34, 39, 15, 40] as [UInt64])
    let base: UInt64 = 0x4000_0000
    var tcr = size | size << 16 | granule.tg0 << 14 | granule.tg1 << 30
    tcr |= random.pick([0, 2, 5, 7] as [UInt64]) << 32
    if random.below(4) == 0 { tcr |= 1 << 37 | 1 << 38 }
    if random.below(8) == 0 { tcr |= 1 << 7 }
    if random.below(8) == 0 { tcr |= 1 << 23 }
    world.state[.tcrEL1] = tcr
    world.state[.tcrEL2] = size | granule.tg0 << 14 | random.pick([0, 5] as [UInt64]) << 16
    for register in [SystemRegister.ttbr0EL1, .ttbr1EL1, .ttbr0EL2] {
      world.state[register] = base + random.below(4) << 16
    }
    if random.below(2) == 0 {
      world.state[.hcrEL2] = 1
      world.state[.vtcrEL2] =
        random.pick([16, 20, 24, 25, 31] as [UInt64]) | random.below(4) << 6
        | random.pick(Granule.allCases).tg0 << 14 | random.pick([2, 5] as [UInt64]) << 16
      world.state[.vttbrEL2] = base + 0x8_0000
    }
    // 32 tables of which few entries are used, and those by the addresses below.
    for table in 0..<32 as Range<UInt64> {
      for slot in 0..<16 as Range<UInt64> {
        let target = random.below(16) == 0 ? random.next() & 0xFFFF_FFFF_F000 : base
        let next = target + random.below(32) << 16
        let kind = random.pick([3, 3, 3, 1, 0] as [UInt64])
        let place = base + table << 16 + slot * 8
        world.tables.words[place] = next | kind | random.below(2) << 10 | random.below(4) << 6
      }
    }
    return world
  }

  private func address(_ random: inout SeededRandom) -> UInt64 {
    var address: UInt64 = random.below(2) << 12 | random.below(0x1000)
    for shift in [12, 14, 16, 21, 25, 29, 30, 36, 39, 42] as [UInt64] where random.below(2) == 0 {
      address |= random.below(8) << shift
    }
    switch random.below(4) {
    case 0: address |= 0xFFFF_0000_0000_0000
    case 1: address |= random.below(256) << 56
    default: break
    }
    return address
  }

  @Test func whereverTheMMUTranslatesAnObserverSeesTheSameAddress() {
    var random = SeededRandom(seed: 8)
    var translated = 0
    var faults = 0
    for _ in 0..<400 {
      let world = world(&random)
      var walker = world.walker
      walker.purpose = .observation
      for _ in 0..<100 {
        let level = random.pick([ExceptionLevel.el1, .el2])
        let virtual = address(&random)
        let seen = observer(world, level).translate(VirtualAddress(virtual))
        do {
          let translation = try walker.translate(virtual, .read, TranslationContext(level: level))
          translated += 1
          #expect(seen == translation.physicalAddress)
        } catch {
          // What a program may not do does not concern an observer; it may then see an address that
          // the MMU did not come to, or one that the rest of the walk does not lead to.
          if error.kind == .translation || error.kind == .addressSize {
            faults += 1
            #expect(seen == nil, "\(error)")
          }
        }
      }
    }
    #expect(translated > 50 && faults > 50, "\(translated) and \(faults)")
  }

  @Test func withoutStage1ThereIsNothingToSee() {
    let world = MMUWorld()
    world.state[.sctlrEL1] = 0
    #expect(observer(world, .el1).translate(VirtualAddress(0x4000_0000)) == nil)
  }

  @Test func whatAGuestCallsAPhysicalAddressIsFoundInItsTables() {
    let world = MMUWorld()
    world.state[.hcrEL2] = 1
    world.state[.vtcrEL2] = 24 | 1 << 6 | 5 << 16
    world.state[.vttbrEL2] = 0x7 << 48 | 0x4000_0000
    // A page, and a block of 2 MiB; an entry at level 3 with bit 1 clear is reserved.
    world.tables.words = [
      0x4000_0000 + 513 * 8: 0x5000_0003, 0x5000_0000: 0x6000_0003, 0x5000_0018: 0x8020_0401,
      0x6000_0000: 0x7000_0401, 0x6000_0008: 0x7000_0403,
    ]
    func find(_ physical: UInt64, _ level: ExceptionLevel = .el1) -> UInt64? {
      observer(world, level).guestAddress(PhysicalAddress(physical))?.rawValue
    }
    let page: UInt64 = 513 << 30 | 0x1234
    let block: UInt64 = 513 << 30 | 0x61_2345
    #expect(find(0x7000_0234) == page)
    #expect(find(0x8021_2345) == block)
    #expect(find(0x7000_1000) == nil)
    // EL3 took the core from the guest; EL2 is the host.
    #expect(find(0x7000_0234, .el3) == page)
    #expect(find(0x7000_0234, .el2) == nil)
    world.state[.hcrEL2] = 1 | 1 << 27
    #expect(find(0x7000_0234, .el3) == nil)
  }

  @Test func aSearchOfTablesThatLeadToThemselvesEnds() throws {
    let walk = try #require(
      TableWalk(
        VirtualizationTranslationControl(rawValue: 16 | 2 << 6 | 5 << 16),
        TableBase(rawValue: 0x4000_0000)))
    var reads = 0
    // Every entry leads to the first table; as a page it is nobody's.
    let found = walk.input(ofOutput: 0x9000_0000) { _ in
      reads += 1
      return 0x4000_0003
    }
    #expect(found == nil)
    #expect(reads == 4 * 512)
    // Every entry leads to another table: the limit ends it.
    reads = 0
    var next: UInt64 = 0x4000_0000
    let other = walk.input(ofOutput: 0x9000_0000, limit: 100) { _ in
      reads += 1
      next += 0x1000
      return next | 3
    }
    #expect(other == nil)
    #expect(reads <= 100 * 512)
  }
}
