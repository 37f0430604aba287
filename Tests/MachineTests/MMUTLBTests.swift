// The fast TLB and the translation cache by themselves: hits, misses, invalidation.

import Arm
import Testing

@testable import Machine

@Suite struct MMUFastTLB {
  /// A translation of a page.
  static func translation(
    _ physical: UInt64, block: UInt8 = 12, isGlobal: Bool = true
  ) -> Translation {
    Translation(
      physicalAddress: PhysicalAddress(physical), isSecure: false, blockSizeLog2: block,
      mappingSizeLog2: block, isGlobal: isGlobal, isReadable: true, isWritable: true,
      isExecutable: true, isDevice: false, attributes: 0xFF, shareability: 3)
  }

  /// The host address that a page's bytes have here: nobody looks at it.
  static func fill(
    _ tlb: TLB, _ context: Int, _ address: UInt64, _ translation: Translation,
    isWritable: Bool = true
  ) {
    guard let host = unsafe UnsafeMutableRawPointer(bitPattern: UInt(0x7000_0000)) else { return }
    unsafe tlb.fill(
      context, address, host: host, translation, isReadable: true, isWritable: isWritable)
    tlb.fillFetch(context, address, translation, payload: address | 1)
  }

  static func reads(_ tlb: TLB, _ context: Int, _ address: UInt64, _ lastByte: UInt64 = 0) -> UInt {
    unsafe UInt(bitPattern: tlb.table(context).hostForRead(address, lastByte: lastByte))
  }
  static func writes(_ tlb: TLB, _ context: Int, _ address: UInt64) -> UInt {
    unsafe UInt(bitPattern: tlb.table(context).hostForWrite(address, lastByte: 0))
  }

  @Test func aHitIsTheHostAddressAndACrossingAccessMisses() throws {
    for page in [0, 0x1_2345_6000, 0xFFFF_FFFF_FFFF_F000, 0xAB00_0000_0000_7000] as [UInt64] {
      let tlb = try TLB()
      Self.fill(tlb, 1, page, Self.translation(0x9000), isWritable: false)
      for size in [1, 2, 4, 8, 16] as [UInt64] {
        for offset in (0x1000 - 20)..<UInt64(0x1000) {
          let expected: UInt = offset + size <= 0x1000 ? 0x7000_0000 + UInt(offset) : 0
          #expect(Self.reads(tlb, 1, page | offset, size - 1) == expected)
        }
      }
      #expect(Self.writes(tlb, 1, page) == 0)
      #expect(tlb.table(1).physicalForRead(page | 8)?.address == 0x9008)
      #expect(tlb.table(1).fetch(page | 4) == page | 1)
      // The neighbours and the other contexts are not there.
      #expect(Self.reads(tlb, 1, page &+ 0x1000) == 0)
      #expect(Self.reads(tlb, 1, page &+ 0x20_0000) == 0)
      #expect(Self.reads(tlb, 2, page) == 0 && tlb.table(2).fetch(page) == nil)
    }
  }

  @Test func anEmptyTLBMatchesNothing() throws {
    let tlb = try TLB()
    for context in 0..<TLBContext.count {
      for address in [0, 1, 0xFFF, 0x1000, 0x1001, UInt64.max, 1 << 56 | 1] as [UInt64] {
        #expect(Self.reads(tlb, context, address) == 0 && Self.writes(tlb, context, address) == 0)
        #expect(tlb.table(context).fetch(address) == nil)
      }
    }
  }

  @Test func flushingAMaskLeavesTheOtherContexts() throws {
    for mask in UInt8(0)...127 {
      let tlb = try TLB()
      for context in 0..<TLBContext.count {
        Self.fill(tlb, context, 0x5000, Self.translation(0x9000))
      }
      tlb.flush(mask)
      for context in 0..<TLBContext.count {
        let isGone = mask >> UInt8(context) & 1 != 0
        #expect((Self.reads(tlb, context, 0x5000) == 0) == isGone)
        #expect((tlb.table(context).fetch(0x5000) == nil) == isGone)
      }
      #expect(tlb.used == 127 & ~mask)
      let count = tlb.flushCount
      tlb.flush(mask)
      #expect(tlb.flushCount == count)
    }
  }

  @Test func flushingAPageRemovesItWhateverItsTagAndNothingElse() throws {
    let tlb = try TLB()
    Self.fill(tlb, 0, 0xAB00_0000_0000_5000, Self.translation(0x9000))
    Self.fill(tlb, 0, 0x6000, Self.translation(0x9000))
    Self.fill(tlb, 1, 0x5000, Self.translation(0x9000))
    tlb.flushPage(0x5000, TLBContext.maskAll)
    #expect(Self.reads(tlb, 0, 0xAB00_0000_0000_5000) == 0 && Self.reads(tlb, 1, 0x5000) == 0)
    #expect(Self.reads(tlb, 0, 0x6000) != 0)
    #expect(tlb.table(0).fetch(0x6000) != nil && tlb.table(1).fetch(0x5000) == nil)
  }

  @Test func flushingAnyPageOfABlockRemovesAllOfIt() throws {
    for block in [14, 16, 21, 25, 29, 30] as [UInt8] {
      let tlb = try TLB()
      let size = 1 << block as UInt64
      let base = 5 * size
      Self.fill(tlb, 1, base + 0x1000, Self.translation(0x9000, block: block))
      Self.fill(tlb, 1, base + size - 0x1000, Self.translation(0x9000, block: block))
      Self.fill(tlb, 4, 0x5000, Self.translation(0x9000))
      tlb.flushPage(base + size, TLBContext.maskAll)
      tlb.flushPage(base - 0x1000, TLBContext.maskAll)
      #expect(Self.reads(tlb, 1, base + 0x1000) != 0)
      tlb.flushPage(base | 0xCD << 56, TLBContext.maskAll)
      #expect(Self.reads(tlb, 1, base + 0x1000) == 0)
      #expect(Self.reads(tlb, 1, base + size - 0x1000) == 0)
      #expect(Self.reads(tlb, 4, 0x5000) != 0)
    }
  }

  @Test func aPhysicalPageCanBeRemovedOrMadeReadOnlyEverywhere() throws {
    let tlb = try TLB()
    for context in 0..<TLBContext.count {
      Self.fill(tlb, context, 0x5000, Self.translation(0x9000))
      Self.fill(tlb, context, 0x6000, Self.translation(0xA000, isGlobal: false))
    }
    tlb.removeWriteAccess(physicalPage: 0x9008)
    for context in 0..<TLBContext.count {
      #expect(Self.writes(tlb, context, 0x5000) == 0 && Self.reads(tlb, context, 0x5000) != 0)
      #expect(Self.writes(tlb, context, 0x6000) != 0)
    }
    tlb.removeWriteAccess()
    #expect(Self.writes(tlb, 3, 0x6000) == 0 && Self.reads(tlb, 3, 0x6000) != 0)
    tlb.flushPhysicalPage(0xA123)
    for context in 0..<TLBContext.count {
      #expect(Self.reads(tlb, context, 0x6000) == 0 && tlb.table(context).fetch(0x6000) == nil)
      #expect(Self.reads(tlb, context, 0x5000) != 0)
    }
  }

  @Test func aNewASIDOutdatesWhatIsNotGlobalAndANewTableItsHalf() throws {
    let upper: UInt64 = 0xFFFF_0000_0000_0000
    func outcome(_ register: SystemRegister, _ old: UInt64, _ new: UInt64) throws -> [Bool] {
      let caches = try MMUCaches()
      Self.fill(caches.tlb, 1, 0x1000, Self.translation(0x9000))
      Self.fill(caches.tlb, 1, 0x2000, Self.translation(0x9000, isGlobal: false))
      Self.fill(caches.tlb, 1, upper | 0x3000, Self.translation(0x9000))
      Self.fill(caches.tlb, 1, upper | 0x4000, Self.translation(0x9000, isGlobal: false))
      Self.fill(caches.tlb, 4, 0x5000, Self.translation(0x9000))
      caches.systemRegisterChanged(register, from: old, to: new)
      return [0x1000, 0x2000, upper | 0x3000, upper | 0x4000].map {
        Self.reads(caches.tlb, 1, $0) != 0
      } + [Self.reads(caches.tlb, 4, 0x5000) != 0]
    }
    let table: UInt64 = 0x8000_0000
    for register in [SystemRegister.ttbr0EL1, .ttbr1EL1] {
      #expect(try outcome(register, table, table) == [true, true, true, true, true])
      #expect(try outcome(register, table, table | 1) == [true, true, true, true, true])
      #expect(try outcome(register, table, table | 1 << 48) == [true, false, true, false, true])
    }
    #expect(try outcome(.ttbr0EL1, table, 0) == [false, false, true, true, true])
    #expect(try outcome(.ttbr1EL1, table, 0) == [true, true, false, false, true])
    for register in [SystemRegister.sctlrEL1, .tcrEL1, .mairEL1, .vttbrEL2, .vtcrEL2] {
      #expect(try outcome(register, 0, 1) == [false, false, false, false, true])
    }
    #expect(try outcome(.sctlrEL2, 0, 1) == [false, false, false, false, false])
    #expect(try outcome(.tcrEL2, 0, 1) == [true, true, true, true, false])
    // TGE, VM, DC and so on are about EL1&0; E2H about both; IMO about neither.
    #expect(try outcome(.hcrEL2, 0, 1 << 27) == [false, false, false, false, true])
    #expect(try outcome(.hcrEL2, 0, 1 << 34) == [false, false, false, false, false])
    #expect(try outcome(.hcrEL2, 0, 1 << 4) == [true, true, true, true, true])
    #expect(try outcome(.scrEL3, 0, 1) == [false, false, false, false, false])
    #expect(try outcome(.scrEL3, 1, 1 | 1 << 3) == [true, true, true, true, true])
  }
}

@Suite struct MMUTranslationCache {
  /// EL1 with one 39-bit lower half and ASIDs in TTBR0.
  static func world() -> (MMUWorld, root: UInt64) {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | 1 << 36
    let root = world.table()
    world.state[.ttbr0EL1] = root
    return (world, root)
  }

  static func map(
    _ world: MMUWorld, _ root: UInt64, _ address: UInt64, _ leaf: UInt64, level: UInt64 = 3
  ) {
    world.map(.kib4, root: root, bits: 39, from: 1, to: level, address, leaf | leafType(level))
  }

  @Test func aSecondAccessReadsNoTable() {
    let (world, root) = Self.world()
    Self.map(world, root, 0x5000, 0x9000 | leafBits)
    Self.map(world, root, 0x4000_0000, 0x8000_0000 | leafBits, level: 2)
    #expect(world.access(0x5008, .read, .el1).physical == 0x9008)
    #expect(world.access(0x4000_0000, .read, .el1).physical == 0x8000_0000)
    world.tables.reads = 0
    #expect(world.access(0x5ABC, .write, .el1).physical == 0x9ABC)
    // Any page of the block.
    #expect(world.access(0x401F_F123, .execute, .el1).physical == 0x801F_F123)
    #expect(world.tables.reads == 0)
    #expect(world.access(0x4020_0000, .read, .el1).physical == nil)
  }

  @Test func faultsAndDeniedPermissionsAreNotRemembered() {
    let (world, root) = Self.world()
    world.state[.tcrEL1] |= 3 << 39
    #expect(!world.access(0x5000, .read, .el1).isSuccess)
    // A clean page: a load is remembered, a store walks and makes it dirty, then is remembered.
    Self.map(world, root, 0x5000, 0x9000 | leafBits | 1 << 7 | 1 << 51)
    #expect(world.access(0x5000, .read, .el1).isSuccess)
    #expect(world.access(0x5000, .write, .el1).isSuccess)
    #expect(world.tables.updates == 1)
    world.tables.reads = 0
    #expect(
      world.access(0x5000, .atomic, .el1).isSuccess && world.access(0x5000, .read, .el1).isSuccess)
    #expect(world.tables.reads == 0)
    // EL0 is another context.
    #expect(!world.access(0x5000, .read, .el0).isSuccess)
  }

  @Test func anASIDComesBackWithoutWalksAndGlobalPagesStay() {
    let (world, root) = Self.world()
    Self.map(world, root, 0x5000, 0x9000 | leafBits | 1 << 11)
    Self.map(world, root, 0x6000, 0xA000 | leafBits)
    let other = world.table()
    Self.map(world, other, 0x5000, 0xB000 | leafBits | 1 << 11)
    world.state[.ttbr0EL1] = root | 1 << 48
    #expect(world.access(0x5000, .read, .el1).physical == 0x9000)
    #expect(world.access(0x6000, .read, .el1).physical == 0xA000)
    world.state[.ttbr0EL1] = other | 2 << 48
    #expect(world.access(0x5000, .read, .el1).physical == 0xB000)
    world.tables.reads = 0
    #expect(world.access(0x6000, .read, .el1).physical == 0xA000)
    world.state[.ttbr0EL1] = root | 1 << 48
    #expect(world.access(0x5000, .read, .el1).physical == 0x9000)
    #expect(world.tables.reads == 0)
  }

  @Test func aChangedControlTakesEffectAtOnce() {
    let (world, root) = Self.world()
    Self.map(world, root, 0x5000, 0x9000 | leafBits | 1 << 2)
    #expect(world.access(0x5000, .execute, .el1).isSuccess)
    world.state[.sctlrEL1] |= 1 << 19
    #expect(!world.access(0x5000, .execute, .el1).isSuccess)
    world.state[.sctlrEL1] &= ~1
    #expect(world.access(0x5000, .execute, .el1).physical == 0x5000)
    world.state[.sctlrEL1] |= 1
    guard case .success(let device) = world.access(0x5000, .read, .el1) else { return }
    #expect(device.isDevice)
    world.state[.mairEL1] = 0xFFFF
    guard case .success(let normal) = world.access(0x5000, .read, .el1) else { return }
    #expect(!normal.isDevice)
    // More combinations than are told apart, each still with its own effect.
    for value in UInt64(0)..<200 {
      world.state[.mairEL1] = value << 24 | (value & 1 == 0 ? 0xFFFF : 0x00FF)
      guard case .success(let now) = world.access(0x5000, .read, .el1) else { return }
      #expect(now.isDevice == (value & 1 != 0))
    }
  }

  @Test func anAddressThatTBIForbidsNeverHits() {
    let (world, root) = Self.world()
    Self.map(world, root, 0x5000, 0x9000 | leafBits)
    #expect(world.access(0x5000, .read, .el1).isSuccess)
    #expect(!world.access(0xAB << 56 | 0x5000, .read, .el1).isSuccess)
    world.state[.tcrEL1] |= 1 << 37
    #expect(world.access(0xAB << 56 | 0x5000, .read, .el1).physical == 0x9000)
    #expect(world.access(0xAB << 56 | 0x5000, .read, .el1).physical == 0x9000)
  }

  @Test func resetForgetsEverything() {
    let (world, root) = Self.world()
    Self.map(world, root, 0x5000, 0x9000 | leafBits)
    #expect(world.access(0x5000, .read, .el1).isSuccess)
    world.tables.words.removeAll()
    #expect(world.access(0x5000, .read, .el1).isSuccess)
    world.caches.reset()
    #expect(!world.access(0x5000, .read, .el1).isSuccess)
  }
}
