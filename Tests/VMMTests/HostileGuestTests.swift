// A guest decides what its registers, its tables and its error sources hold, and what it does to its
// devices. None of that may end the VMM: an arithmetic overflow would.

import APEI
import Arm
import Boot
import KVM
import Support
import Testing

@testable import VMM

@Suite struct HostileGuestTests {
  let host = FakeKernel()
  private var numbers = SeededRandom(seed: 0x9E37_79B9)

  /// A number, often one of those between which mistakes live.
  private mutating func random() -> UInt64 {
    let value = numbers.next()
    switch value & 15 {
    case 0: return .max
    case 1: return 1 << (value >> 8 & 63)
    case 2: return .max << (value >> 8 & 63)
    case 3: return 0x4000_0000 + value >> 8 & 0xFF_FFFF
    default: return value
    }
  }

  @Test mutating func noStateOfAVCPUAndNoTablesEndTheVMM() throws {
    var memory = try GuestMemory.map(host, size: 16 << 20, usesHugePages: false)
    for page in 0..<64 as Range<UInt64> {
      for slot in 0..<512 as Range<UInt64> {
        let next = 0x4000_0000 | random() & 0x3_FFFF
        Words.store(
          slot & 7 == 7 ? random() : next & ~0xFFF | 3, memory.hostBase + page * 4096 + slot * 8)
      }
    }
    _ = memory.markLost(GuestRange(base: 0x4000_8000, size: 0x8000))
    var told = 0
    for _ in 0..<100_000 {
      let isPlain = random() & 1 != 0
      let walk = StageOneTranslation(
        control: SystemControl(rawValue: random()),
        tcr: isPlain ? 16 | 16 << 16 | 2 << 30 : random(),
        ttbr0: TableBase(rawValue: isPlain ? 0x4000_0000 : random()),
        ttbr1: TableBase(rawValue: random()))
      var state = AbortedState(
        pc: VirtualAddress(isPlain ? random() & 0x7FFF_FFFF : random()),
        pstate: ProcessState(rawValue: random()), vbar: VirtualAddress(random()),
        translation: walk)
      if isPlain { state.pstate = ProcessState(level: .el1) }
      let registers = (0..<4).map { _ in random() }
      let abort = ForgedAbort(host, at: state, memory) { registers[Int($0 & 3)] }
      if abort.touched != nil { told += 1 }
      let refused = ForgedAbort(host, refusingAccessAt: state, memory) { registers[Int($0 & 3)] }
      #expect(refused.syndrome.isSynchronousExternalAbort)
    }
    #expect(told > 100)
  }

  @Test mutating func noInstructionEndsTheVMM() {
    for _ in 0..<200_000 {
      let (word, pc, register) = (random(), random(), random())
      if let access = MemoryAccess(
        UInt32(truncatingIfNeeded: word), pc: VirtualAddress(pc), x: { _ in register })
      {
        #expect(access.byteCount > 0 && access.byteCount <= 64)
      }
    }
  }

  @Test mutating func whateverTheGuestWritesToItsErrorSourcesTheVMMGoesOn() throws {
    let memory = try GuestMemory.map(host, size: 16 << 20, usesHugePages: false)
    let region = ErrorRegion(base: 0x4010_0000, sources: ErrorSourceTable(coreCount: 2))
    var table = GuestErrorTable(region: region)
    for index in 0..<2000 {
      for _ in 0..<20 {
        let place = region.base + random() % (region.size / 8) * 8
        Words.store(random(), memory.hostBase + (place - 0x4000_0000))
      }
      var report = GuestErrorReport(
        vcpu: index % 3 == 2 ? nil : index % 3,
        lost: index % 5 == 0 ? nil : GuestRange(base: GuestPhysicalAddress(random()), size: 4096))
      report.syndrome = index % 3 == 2 ? nil : Syndrome(rawValue: random())
      report.faultAddress = VirtualAddress(random())
      report.affinity = random()
      report.seconds = random()
      _ = table.report(host, memory, report)
      _ = table.publishWaiting(host, memory)
      #expect(table.waitingCount <= GuestErrorTable.capacity)
    }
  }

  @Test mutating func noAccessToTheUARTEndsTheVMM() {
    var uart = PL011()
    for _ in 0..<100_000 {
      let value = random()
      switch value >> 60 & 3 {
      case 0: _ = uart.write(random() & 0xFFF, UInt32(truncatingIfNeeded: value))
      case 1: uart.receive(UInt8(truncatingIfNeeded: value))
      default: _ = uart.read(random() & 0xFFF)
      }
      #expect(uart.room >= 0 && uart.room <= 256)
    }
  }

  @Test mutating func noExitOfKVM_RUNWithRandomContentEndsTheVMM() throws {
    let inbox = SignalInbox(host.allocate(SignalInbox.size))
    host.files["/Image"] = kernelImage()
    var options = Options()
    options.kernel = Text("/Image")
    options.memorySize = 16 << 20
    options.poisonMark = Text("x")
    let machine = try VirtualMachine(host, options, inbox: inbox)
    let kernel = host
    var left = 5000
    var words = (0..<60_000).map { _ in random() }
    host.run = { _ in
      let place = machine.run(of: 0)
      left -= 1
      // It gets on between its errors: one that does not is ended.
      kernel.registers[OneRegister.pc.id] = UInt64(left) * 4
      guard left > 0, words.count > 8 else {
        return VirtualMachineTests.systemEvent(place, .shutdown)
      }
      for offset in stride(from: 0x20 as UInt64, to: 0x48, by: 8) {
        place.store(words.removeLast(), at: offset)
      }
      if words.removeLast() & 1 != 0 {
        place.store(0x0900_0000 | words.removeLast() & 0xFFF, at: KVMRunLayout.mmioAddress)
      }
      let reasons: [KVMExitReason] = [.mmio, .mmio, .mmio, .interrupted, .armNISV, .armSEA]
      place.store(reasons[left % reasons.count].rawValue, at: KVMRunLayout.exitReason)
      return 0
    }
    host.thread = { machine.runVCPU($0) }
    #expect(machine.run() == 0 && left <= 0)
  }
}
