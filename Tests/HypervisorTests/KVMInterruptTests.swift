// The virtual GIC: registers, states and list registers.

import Arm
import KVM
import Support
import Testing

@testable import Hypervisor

/// List registers that remember, and a guest that plays with them.
final class FakeListRegisters: ListRegisterFile {
  var listRegisterCount = 4
  var registers = [UInt64](repeating: 0, count: 16)
  var control: UInt64 = 0
  var timer = false
  var physicalActive: [Int: Bool] = [:]

  func readListRegister(_ index: Int) -> UInt64 { registers[index] }
  func writeListRegister(_ index: Int, _ value: UInt64) { registers[index] = value }
  func writeVirtualInterfaceControl(_ value: UInt64) { control = value }
  func isTimerAsserted(_ intid: Int) -> Bool { timer }
  func setPhysicalActive(_ intid: Int, _ isActive: Bool) { physicalActive[intid] = isActive }

  /// The INTIDs that are pending or active.
  var present: [UInt64] { registers.filter { $0 >> 62 != 0 }.map { $0 & 0xFFFF_FFFF } }

  /// The guest acknowledges the pending interrupt, then deactivates it.
  func acknowledge(_ intid: UInt64) {
    for index in 0..<16 where registers[index] & 0xFFFF_FFFF == intid && registers[index] >> 62 == 1
    { registers[index] = registers[index] & ~(3 << 62) | 2 << 62 }
  }
  func deactivate(_ intid: UInt64) {
    for index in 0..<16 where registers[index] & 0xFFFF_FFFF == intid && registers[index] != 0 {
      registers[index] &= ~(2 << 62)
    }
  }
}

@Suite struct KVMInterruptTests {
  let gic = VirtualGIC()
  let file = FakeListRegisters()
  let distributor: UInt64 = 0x800_0000
  let redistributor: UInt64 = 0x80A_0000

  init() throws {
    try gic.setInterruptCount(64)
    try gic.setAddress(VGICv3.distributorAddress, distributor, addressBits: 40)
    try gic.setAddress(VGICv3.redistributorAddress, redistributor, addressBits: 40)
    gic.initialize(affinities: [0, 1, 0x100])
    write(distributor, 2)
  }

  func write(_ address: UInt64, _ value: UInt64, _ size: Int = 4) {
    gic.write(address, byteCount: size, value)
  }
  func read(_ address: UInt64, _ size: Int = 4) -> UInt64 { gic.read(address, byteCount: size) }

  @Test func theRegistersSayWhatIsThere() {
    #expect(gic.isComplete)
    #expect(read(distributor + 4) == 1 << 25 | 9 << 19 | 1)
    #expect(read(distributor) == 0x52)
    #expect(read(distributor + 0xFFE8) & 0xF0 == 0x30)
    #expect(read(redistributor + 8, 8) == 0)
    #expect(read(redistributor + 0x2_0008, 8) == 1 << 32 | 1 << 8)
    #expect(read(redistributor + 0x4_0008, 8) == 0x100 << 32 | 2 << 8 | 1 << 4)
    #expect(!gic.contains(redistributor + 0x6_0000))
    #expect(!gic.contains(distributor + 0x1_0000))
    // Private interrupts are not in the distributor.
    write(distributor + 0x100, 0xFFFF_FFFF)
    #expect(read(distributor + 0x100) == 0)
  }

  /// GICD_ICACTIVER and GICD_ISACTIVER of a vCPU while the interrupt is in another's list registers.
  @Test func anActiveStateWrittenByAnotherIsKept() {
    write(distributor + 0x104, 2)
    gic.setLine(33, 0, isHigh: true)
    gic.flush(0, file)
    file.acknowledge(33)
    write(distributor + 0x384, 2)
    gic.setLine(33, 0, isHigh: false)
    gic.sync(0, file)
    #expect(!gic.interrupt(33, 0).isActive)
    // Its own, when nothing is in list registers, and what those say afterwards.
    gic.setLine(33, 0, isHigh: true)
    gic.flush(0, file)
    file.acknowledge(33)
    gic.sync(0, file)
    #expect(gic.interrupt(33, 0).isActive)
    write(distributor + 0x384, 2)
    #expect(!gic.interrupt(33, 0).isActive)
    write(distributor + 0x304, 2)
    gic.flush(0, file)
    #expect(file.present == [33])
    file.deactivate(33)
    gic.sync(0, file)
    #expect(!gic.interrupt(33, 0).isActive)
  }

  /// The interrupts of the timers are moved: list register and redistributor know which is which.
  @Test func aMovedTimerHasThePhysicalInterruptBehindIt() {
    var timers = GuestTimers()
    timers.virtual = 20
    gic.setTimers(timers)
    #expect(!gic.interrupt(27, 1).isMapped)
    write(redistributor + 0x3_0100, 1 << 20)
    file.timer = true
    gic.setLine(20, 1, isHigh: true)
    gic.flush(1, file)
    #expect(file.present == [20])
    #expect(ListRegister(rawValue: file.registers[0])[ListRegister.pINTID] == 27)
    #expect(file.physicalActive == [27: true])
    #expect(gic.wantsPhysicalActive(20, 1))
    file.acknowledge(20)
    file.timer = false
    file.deactivate(20)
    gic.sync(1, file)
    #expect(file.physicalActive == [27: false])
    #expect(!gic.wantsPhysicalActive(20, 1))
  }

  @Test func aLevelInterruptComesAgainUntilItsLineFalls() {
    write(distributor + 0x104, 2)
    gic.setLine(33, 0, isHigh: true)
    #expect(gic.takeKicked() == 1)
    #expect(gic.hasPending(0))
    gic.flush(0, file)
    #expect(file.present == [33])
    #expect(ListRegister(rawValue: file.registers[0]).isSet(ListRegister.eoi))
    file.acknowledge(33)
    gic.sync(0, file)
    #expect(gic.interrupt(33, 0).isActive)
    gic.flush(0, file)
    // Active, and not pending at the same time.
    #expect(file.registers[0] >> 62 == 2)
    file.deactivate(33)
    gic.sync(0, file)
    #expect(file.registers.allSatisfy { $0 == 0 })
    gic.flush(0, file)
    #expect(file.registers[0] >> 62 == 1)
    gic.setLine(33, 0, isHigh: false)
    file.acknowledge(33)
    file.deactivate(33)
    gic.sync(0, file)
    gic.flush(0, file)
    #expect(file.present.isEmpty)
    #expect(!gic.hasPending(0))
  }

  @Test func softwareInterruptsReachTheirTargets() {
    for processor in 0..<3 as Range<UInt64> {
      write(redistributor + processor * 0x2_0000 + 0x1_0100, 0xFFFF)
    }
    gic.sendSoftwareInterrupt(3 << 24 | 2, isGroup1: true, from: 0)
    #expect(gic.takeKicked() == 2)
    gic.sendSoftwareInterrupt(3 << 24 | 1 << 16 | 1, isGroup1: true, from: 0)
    #expect(gic.takeKicked() == 4)
    gic.sendSoftwareInterrupt(1 << 40 | 5 << 24, isGroup1: true, from: 1)
    #expect(gic.takeKicked() == 5)
    gic.sendSoftwareInterrupt(5 << 24 | 1, isGroup1: false, from: 1)
    #expect(gic.takeKicked() == 0)
    gic.flush(1, file)
    #expect(file.present == [3])
  }

  @Test func moreInterruptsThanListRegistersComeByPriority() {
    write(redistributor + 0x1_0100, 0xFFFF)
    for intid in 0..<8 as Range<UInt64> {
      write(redistributor + 0x1_0400 + intid, 0xF0 - intid * 8, 1)
      write(redistributor + 0x1_0200, 1 << intid)
    }
    gic.flush(0, file)
    #expect(Set(file.present) == [7, 6, 5, 4])
    #expect(file.control & 2 != 0)
    for intid in file.present {
      file.acknowledge(intid)
      file.deactivate(intid)
    }
    gic.sync(0, file)
    gic.flush(0, file)
    #expect(Set(file.present) == [0, 1, 2, 3])
    #expect(file.control == 1)
  }

  @Test func aTimerIsForwardedWithItsPhysicalInterrupt() {
    write(redistributor + 0x1_0100, 1 << 27)
    file.timer = true
    gic.setLine(27, 0, isHigh: true)
    gic.flush(0, file)
    let entry = ListRegister(rawValue: file.registers[0])
    #expect(entry.isSet(ListRegister.hw))
    #expect(entry[ListRegister.pINTID] == 27)
    #expect(file.physicalActive[27] == true)
    file.acknowledge(27)
    file.timer = false
    file.deactivate(27)
    gic.sync(0, file)
    #expect(!gic.interrupt(27, 0).isLineHigh)
    #expect(file.physicalActive[27] == false)
    gic.flush(0, file)
    #expect(file.present.isEmpty)
  }

  @Test func anInterruptFollowsItsRoute() {
    write(distributor + 0x6000 + 40 * 8, 1, 8)
    write(distributor + 0x104, 1 << 8)
    gic.setLine(40, 0, isHigh: true)
    #expect(gic.takeKicked() == 2)
    write(distributor + 0x6000 + 40 * 8, 0x100, 8)
    gic.flush(1, file)
    #expect(file.present.isEmpty)
    #expect(gic.takeKicked() & 4 != 0)
    gic.flush(2, file)
    #expect(file.present == [40])
    // A route to nobody.
    write(distributor + 0x6000 + 40 * 8, 0x7F, 8)
    #expect(gic.interrupt(40, 0).target == nil)
  }

  @Test func stateSurvivesSaveAndRestore() throws {
    write(distributor + 0x104, 0xFF00)
    write(distributor + 0xC08 + 4, 2 << 4)
    write(distributor + 0x428, 0xA0B0_C0D0)
    write(distributor + 0x304, 1 << 9)
    write(redistributor + 0x2_0000 + 0x1_0200, 1 << 20)
    let copy = VirtualGIC()
    try copy.setInterruptCount(64)
    copy.initialize(affinities: [0, 1, 0x100])
    for offset in [0x84, 0x104, 0x204, 0x304, 0x428, 0xC08, 0xC0C, 0] as [UInt64] {
      try copy.userWrite(1, offset, try gic.userRead(1, offset))
    }
    for offset in [0x1_0080, 0x1_0100, 0x1_0200, 0x1_0300, 0x1_0400] as [UInt64] {
      try copy.userWrite(5, 1 << 32 | offset, try gic.userRead(5, 1 << 32 | offset))
    }
    for intid in 0..<64 {
      for processor in 0..<2 {
        var a = gic.interrupt(intid, processor)
        var b = copy.interrupt(intid, processor)
        if processor == 0, intid < 32 { continue }
        a.isQueued = b.isQueued
        a.owner = b.owner
        b.route = a.route
        #expect(a == b)
      }
    }
  }

  @Test func hostileAccessesDoNothing() {
    var random = SeededRandom(seed: 8)
    for _ in 0..<200_000 {
      let base = Bool.random() ? distributor : redistributor
      let address = base + UInt64.random(in: 0..<0x7_0000, using: &random)
      let size = 1 << Int.random(in: 0...3, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: _ = read(address, size)
      case 1:
        let processor = Int.random(in: 0..<3)
        gic.flush(processor, file)
        if Bool.random() { file.acknowledge(file.present.first ?? 0) }
        gic.sync(processor, file)
      case 2: gic.sendSoftwareInterrupt(random.next(), isGroup1: Bool.random(), from: 0)
      case 3: gic.setLine(Int.random(in: -5..<1100), Int.random(in: 0..<4), isHigh: Bool.random())
      default: write(address, random.next(), size)
      }
    }
    for processor in 0..<3 {
      // Nothing is in two queues, or twice in one.
      #expect(Set(gic.queues[processor]).count == gic.queues[processor].count)
      #expect(gic.queues[processor].count <= 64)
    }
  }

  @Test func theCPUInterfaceIsSavedByItsRegisters() throws {
    let registers = GuestRegisters()
    defer { registers.deallocate() }
    let pmr = SystemRegisterEncoding(3, 0, 4, 6, 0)
    let group1 = SystemRegisterEncoding(3, 0, 12, 12, 7)
    try registers.setInterfaceRegister(pmr, 0xF0)
    try registers.setInterfaceRegister(group1, 1)
    #expect(registers[.ichVMCREL2] == 0xF000_0002)
    #expect(registers.interfaceRegister(pmr) == 0xF0)
    #expect(registers.interfaceRegister(SystemRegisterEncoding(3, 0, 12, 12, 4)) == 4 << 8)
    #expect(throws: LinuxError.noDeviceOrAddress) {
      try registers.setInterfaceRegister(SystemRegisterEncoding(3, 0, 1, 0, 0), 0)
    }
  }
}
