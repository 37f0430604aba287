// What a vCPU is told it did: compared with what hardware says of the same access.

import Arm
import Boot
import KVM
import Testing
import VMM

@Suite struct ForgedAbortTests {
  let host = FakeKernel()
  var memory: GuestMemory
  // 4 KiB pages, 48 bits, tables at 0x4010_0000: VA 0x40_0000 is code, 0x50_0000 data, 0x50_1000
  // more data; the same at the top half.
  let walk = StageOneTranslation(
    control: SystemControl(rawValue: 1), tcr: 16 | 16 << 16 | 2 << 30 | 5 << 32,
    ttbr0: TableBase(rawValue: 0x4010_0000), ttbr1: TableBase(rawValue: 0x4010_0000))
  static let code: VirtualAddress = 0x40_0000
  static let data: UInt64 = 0x50_0000

  init() throws {
    memory = try GuestMemory.map(host, size: 16 << 20, usesHugePages: false)
    put(0x4010_0000, 0x4010_1003)
    put(0x4010_1000, 0x4010_2003)
    put(0x4010_2000 + 2 * 8, 0x4010_3003)
    put(0x4010_3000, 0x4020_0403)
    put(0x4010_3000 + 0x100 * 8, 0x4030_0403)
    put(0x4010_3000 + 0x101 * 8, 0x4030_1403)
  }

  func put(_ guest: UInt64, _ value: UInt64) {
    Words.store(value, memory.hostBase + (guest - 0x4000_0000))
  }

  mutating func lose(_ guest: UInt64) {
    _ = memory.markLost(GuestRange(base: GuestPhysicalAddress(guest), size: 4096))
  }

  func abort(_ word: UInt32, level: ExceptionLevel = .el0, x: [UInt64: UInt64]) -> ForgedAbort {
    put(0x4020_0000, UInt64(word))
    var pstate = ProcessState(level: level)
    pstate.rawValue = pstate.rawValue & ~0x3C0 | 0x6000_0000
    let state = AbortedState(
      pc: Self.code, pstate: pstate, vbar: 0xFFFF_0000_0000_0000, translation: walk)
    return ForgedAbort(host, at: state, memory) { x[$0] ?? 0 }
  }

  @Test mutating func aLoadAtEL0IsADataAbortFromALowerLevel() {
    lose(0x4030_0000)
    let abort = abort(0xF940_0C41, x: [2: Self.data])  // ldr x1, [x2, #24]
    #expect(abort.syndrome.rawValue == 0x9200_0010)
    #expect(abort.faultAddress == VirtualAddress(Self.data + 24) && abort.touched == 0x4030_0018)
    #expect(abort.returnAddress == Self.code)
    #expect(abort.savedState.rawValue == 0x6000_0000)
    #expect(abort.vector == 0xFFFF_0000_0000_0400)
    // EL1h, DAIF masked, flags kept, PAN because SPAN is 0.
    #expect(abort.state.rawValue == 0x6040_03C5)
  }

  @Test mutating func aStoreAtEL1IsADataAbortFromTheSameLevel() {
    lose(0x4030_0000)
    let abort = abort(0xF800_8C41, level: .el1, x: [2: Self.data])  // str x1, [x2, #8]!
    #expect(abort.syndrome.rawValue == 0x9600_0050)
    #expect(abort.faultAddress == VirtualAddress(Self.data + 8))
    #expect(abort.vector == 0xFFFF_0000_0000_0200)
  }

  @Test mutating func aFetchIsAnInstructionAbort() {
    lose(0x4020_0000)
    let abort = abort(0xD503_201F, x: [:])
    #expect(abort.syndrome.rawValue == 0x8200_0010)
    #expect(abort.faultAddress == Self.code)
  }

  @Test mutating func aPairThatCrossesIntoTheLostPageNamesItsFirstByte() {
    lose(0x4030_1000)
    let abort = abort(0xA940_0C41, x: [2: Self.data + 0xFF8])  // ldp x1, x3, [x2]
    #expect(abort.syndrome.rawValue == 0x9200_0010)
    #expect(abort.faultAddress == VirtualAddress(Self.data + 0x1000))
  }

  @Test mutating func aLostTableIsAnAbortOfTheWalkAtItsLevel() {
    put(0x4010_2000 + 3 * 8, 0x4010_5003)
    lose(0x4010_5000)
    let abort = abort(0xF940_0041, x: [2: 0x60_0000])  // ldr x1, [x2]
    #expect(abort.syndrome.rawValue == 0x9200_0017)
    #expect(abort.faultAddress == 0x60_0000 && abort.touched == 0x4010_5000)
  }

  @Test mutating func aLostTableOfTheProgramItselfIsAnInstructionAbortOfTheWalk() {
    lose(0x4010_3000)
    let abort = abort(0xD503_201F, level: .el1, x: [:])
    #expect(abort.syndrome.rawValue == 0x8600_0017)
    #expect(abort.faultAddress == Self.code)
  }

  @Test mutating func whatCannotBeToldIsADataAbortWithoutAnAddress() {
    lose(0x4030_0000)
    let abort = abort(0xF940_0041, x: [2: 0x7000_0000])
    #expect(abort.syndrome.rawValue == 0x9200_0410)
  }

  @Test mutating func aTableThatTurnsOutToBeLostOnlyNowIsNotWhatTheVCPUMet() {
    lose(0x4030_0000)
    host.bad = [memory.hostBase + 0x10_3800]
    let abort = abort(0xF940_0041, x: [2: Self.data])
    #expect(abort.syndrome.rawValue == 0x9200_0410 && abort.touched == nil)
  }

  @Test mutating func zeroingABlockNamesTheAddressInItsRegister() {
    lose(0x4030_0000)
    let abort = abort(0xD50B_7422, x: [2: Self.data + 0x10])  // dc zva, x2
    #expect(abort.syndrome.rawValue == 0x9200_0050)
    #expect(abort.faultAddress == VirtualAddress(Self.data + 0x10))
  }

  @Test func anAccessThatNobodyCanEmulateIsAnAbortWithItsAddress() {
    put(0x4020_0000, 0xA900_0C41)  // stp x1, x3, [x2]
    let state = AbortedState(
      pc: Self.code, pstate: ProcessState(level: .el1), vbar: 0x8000, translation: walk)
    let abort = ForgedAbort(host, refusingAccessAt: state, memory) { $0 == 2 ? 0x900_0000 : 0 }
    #expect(abort.syndrome.rawValue == 0x9600_0050 && abort.faultAddress == 0x900_0000)
    #expect(abort.vector == 0x8200 && abort.returnAddress == Self.code)
  }

  @Test(arguments: [
    (0xB940_0041 as UInt32, 0 as UInt64, 4 as UInt64, false),  // ldr w1, [x2]
    (0xF85F_8041, UInt64(bitPattern: -8), 8, false),  // ldur x1, [x2, #-8]
    (0xF840_8441, 0, 8, false),  // ldr x1, [x2], #8
    (0xF863_7841, 0x18, 8, false),  // ldr x1, [x2, x3, lsl #3]
    (0xF863_D841, 0x18, 8, false),  // ldr x1, [x2, w3, sxtw #3]
    (0xF863_6841, 3, 8, false),  // ldr x1, [x2, x3]
    (0x3DC0_0441, 16, 16, false),  // ldr q1, [x2, #16]
    (0xA9BF_0C41, UInt64(bitPattern: -16), 16, true),  // stp x1, x3, [x2, #-16]!
    (0xA8C1_0C41, 0, 16, false),  // ldp x1, x3, [x2], #16
    (0xAD40_8C41, 16, 32, false),  // ldp q1, q3, [x2, #16]
    (0xC85F_7C41, 0, 8, false),  // ldxr x1, [x2]
    (0xC803_7C41, 0, 8, true),  // stxr w3, x1, [x2]
    (0xC8DF_FC41, 0, 8, false),  // ldar x1, [x2]
    (0xC89F_FC41, 0, 8, true),  // stlr x1, [x2]
    (0xC8A3_7C41, 0, 8, false),  // cas x3, x1, [x2]
    (0xF823_0041, 0, 8, false),  // ldadd x3, x1, [x2]
    (0xF840_0841, 0, 8, false),  // ldtr x1, [x2]
    (0x7900_0441, 2, 2, true),  // strh w1, [x2, #2]
    (0x3880_1041, 1, 1, false),  // ldursb x1, [x2, #1]
    (0x4C40_7041, 0, 64, false),  // ld1 {v1.16b}, [x2]
  ])
  func loadsAndStoresHaveTheirAddress(
    _ word: UInt32, _ offset: UInt64, _ count: UInt64, _ isWrite: Bool
  ) throws {
    let access = try #require(
      MemoryAccess(word, pc: 0x1000) { $0 == 2 ? 0x5000 : $0 == 3 ? 3 : 0 })
    #expect(access.address == VirtualAddress(0x5000 &+ offset))
    #expect(access.byteCount == count)
    #expect(access.isWrite == isWrite)
  }

  @Test func literalsAndCacheInstructionsHaveTheirAddress() throws {
    let literal = try #require(MemoryAccess(0x5800_0041, pc: 0x1000) { _ in 0 })
    #expect(literal == MemoryAccess(address: 0x1008, byteCount: 8, isWrite: false))
    let zero = try #require(MemoryAccess(0xD50B_7422, pc: 0) { _ in 0x5010 })  // dc zva, x2
    // FAR_ELx is what the register holds; the block around it is what is written.
    #expect(zero.address == 0x5010 && zero.firstByte == 0x5000 && zero.byteCount == 64)
    #expect(zero.isWrite && !zero.isCacheMaintenance)
    let clean = try #require(MemoryAccess(0xD50B_7A22, pc: 0) { _ in 0x5000 })  // dc cvac, x2
    #expect(clean.isCacheMaintenance && clean.isWrite)
    for word in [0xD503_201F, 0x8B01_0000, 0xF980_0041, 0xD65F_03C0] as [UInt32] {
      #expect(MemoryAccess(word, pc: 0) { _ in 0 } == nil)
    }
  }

  @Test func allThreeGranulesAreWalked() {
    // 64 KiB pages, 42 bits: from level 2.
    put(0x4040_0000, 0x4041_0003)
    put(0x4041_0000 + 0x40 * 8, 0x4042_0403)
    var large = walk
    large.tcr = 22 | 1 << 14
    large.ttbr0.rawValue = 0x4040_0000
    #expect(large.place(of: 0x40_1234, host, memory) == .address(0x4042_1234))
    // 16 KiB pages, 36 bits: from level 2.
    put(0x4048_0000, 0x4048_4003)
    put(0x4048_4000 + 0x100 * 8, 0x4048_8403)
    var middle = walk
    middle.tcr = 28 | 2 << 14
    middle.ttbr0.rawValue = 0x4048_0000
    #expect(middle.place(of: 0x40_1234, host, memory) == .address(0x4048_9234))
  }

  @Test func addressesOutsideTheRangesAreNowhere() {
    #expect(walk.place(of: 0x0001_0000_0040_0000, host, memory) == .nowhere)
    #expect(walk.place(of: 0xFFFE_0000_0040_0000, host, memory) == .nowhere)
    #expect(walk.place(of: 0xFFFF_0000_0040_0000, host, memory) == .address(0x4020_0000))
    var tagged = walk
    tagged.tcr |= 1 << 37
    #expect(tagged.place(of: 0xAB00_0000_0040_0000, host, memory) == .address(0x4020_0000))
    var off = walk
    off.control = SystemControl(rawValue: 0)
    #expect(off.place(of: 0x4123_4567, host, memory) == .address(0x4123_4567))
  }
}
