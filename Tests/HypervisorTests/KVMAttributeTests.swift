// Attributes of a vCPU, its stolen time, and VMs that suspend themselves.

import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct KVMAttributeTests {
  private func attribute(
    _ vm: TestMachine, _ request: KVMRequest, _ group: UInt64, _ attribute: UInt64,
    at address: UInt64? = nil
  ) throws -> Int64? {
    try vm.store([group << 32, attribute, address ?? vm.scratch + 4096])
    return vm.call(vm.processor, request, vm.scratch)
  }

  private func set(
    _ vm: TestMachine, _ group: UInt64, _ attribute: UInt64, _ value: UInt64
  ) throws -> Int64? {
    try vm.world.kernel.write64(vm.thread, vm.scratch + 4096, value)
    return try self.attribute(vm, .setDeviceAttribute, group, attribute)
  }

  private func value(_ vm: TestMachine) throws -> UInt64 {
    try vm.world.kernel.read64(vm.thread, vm.scratch + 4096)
  }

  /// What Debian's kernel 6.1 answers, attribute by attribute.
  @Test func attributesAreThoseOfLinux() throws {
    let vm = try TestMachine()
    for (group, number, has, get, set) in [
      (0, 0, -6, -19, -19), (0, 1, -6, -6, -19), (1, 0, 0, 0, -22), (1, 1, 0, 0, -22),
      (1, 2, -6, -6, -6), (2, 0, 0, 0, -22), (2, 1, -6, -6, -6), (3, 0, -6, -6, -6),
    ] as [(UInt64, UInt64, Int64, Int64, Int64)] {
      #expect(try attribute(vm, .hasDeviceAttribute, group, number) == has, "\(group).\(number)")
      #expect(try attribute(vm, .getDeviceAttribute, group, number) == get, "\(group).\(number)")
      #expect(try self.set(vm, group, number, 0x55) == set, "\(group).\(number)")
    }
    for (group, number) in [(1, 0), (1, 1), (2, 0)] as [(UInt64, UInt64)] {
      for request in [KVMRequest.getDeviceAttribute, .setDeviceAttribute] {
        for address in [0, 1 << 47, .max - 3, 0xFFFF_8000_0000_0000] as [UInt64] {
          #expect(try attribute(vm, request, group, number, at: address) == -14)
        }
      }
    }
    let bare = try TestMachine(withGIC: false)
    #expect(try set(bare, 1, 0, 20) == -22)
    #expect(try attribute(bare, .getDeviceAttribute, 0, 0) == -22)
  }

  @Test func timersInterruptWhereUserSpaceSays() throws {
    let vm = try TestMachine()
    #expect(try attribute(vm, .getDeviceAttribute, 1, 0) == 0)
    #expect(try value(vm) & 0xFFFF_FFFF == 27)
    for intid in [0, 15, 32, 1 << 31] as [UInt64] { #expect(try set(vm, 1, 0, intid) == -22) }
    // Both at one: the vCPU does not run.
    #expect(try set(vm, 1, 0, 30) == 0)
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    #expect(vm.run() == -22)
    #expect(try set(vm, 1, 0, 20) == 0)
    // CNTV_CVAL_EL0 is past; PPI 20 is enabled.
    _ = try vm.set(.timerControl, 1)
    let gic = try #require(try vm.vcpu.machine.gic)
    gic.write(0x800_0000, byteCount: 4, 2)
    gic.write(0x80B_0100, byteCount: 4, 1 << 20)
    vm.guest.virtualTimerControl = 5
    var entry = ListRegister(rawValue: 0)
    vm.guest.onEntry = { registers in
      entry = ListRegister(rawValue: vm.guest.listRegisters[0])
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    #expect(entry.rawValue & 0xFFFF_FFFF == 20)
    #expect(entry[ListRegister.pINTID] == 27)
    #expect(entry.isSet(ListRegister.hw))
    #expect(try set(vm, 1, 0, 21) == -16)
    #expect(try attribute(vm, .getDeviceAttribute, 1, 0) == 0)
    #expect(try value(vm) & 0xFFFF_FFFF == 20)
  }

  @Test func stolenTimeIsTheWaitForACore() throws {
    let vm = try TestMachine()
    let kernel = vm.world.kernel
    let place = TestMachine.memoryBase + 0x3040
    let user = vm.memory + 0x3040
    try vm.guestCall(UInt64(SMCCC.stolenTime))
    #expect(try vm.get(.x(0)) == UInt64(bitPattern: -1))
    for wrong in [place + 8, 0, 1 << 40, .max & ~63] as [UInt64] {
      #expect(try set(vm, 2, 0, wrong) == -22)
    }
    #expect(try set(vm, 2, 0, place) == 0)
    #expect(try set(vm, 2, 0, place) == -17)
    #expect(try attribute(vm, .getDeviceAttribute, 2, 0) == 0)
    #expect(try value(vm) == place)

    for word in 0..<8 as Range<UInt64> {
      try kernel.write64(vm.thread, user + word * 8, 0x5555)
    }
    vm.thread.waitingTime = 1000
    try vm.guestCall(UInt64(SMCCC.timeFeatures), UInt64(SMCCC.stolenTime))
    #expect(try vm.get(.x(0)) == 0)
    try vm.guestCall(UInt64(SMCCC.stolenTime))
    #expect(try vm.get(.x(0)) == place)
    for word in 0..<8 as Range<UInt64> {
      #expect(try kernel.read64(vm.thread, user + word * 8) == 0)
    }
    // 62.5 ticks a microsecond.
    vm.thread.waitingTime += 125
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    #expect(vm.run() == 0)
    #expect(try kernel.read64(vm.thread, user + 8) == 2000)
    #expect(vm.run() == 0)
    #expect(try kernel.read64(vm.thread, user + 8) == 2000)
    // A place that is lost, or gone, is not told anything; whoever met the loss hears of it.
    let space = try #require(vm.thread.process.space)
    let page = try kernel.resolve(space, user, for: .read)
    kernel.errors.memoryFailure(page.address, consumer: nil)
    vm.thread.signals.pending = SignalQueue()
    vm.thread.waitingTime += 125
    #expect(vm.run() == -4)
    _ = vm.world.call(vm.thread, .unmap, vm.memory + 0x3000, 4096)
    vm.thread.signals.pending = SignalQueue()
    vm.thread.signals.forced = ForcedSignals()
    vm.thread.waitingTime += 125
    #expect(vm.run() == 0)
  }

  @Test func waitingIsCountedWhileAnotherRuns() throws {
    let world = try World()
    let first = try world.process()
    world.kernel.cores[0].current = first
    world.board.registers[.cntpctEL0] = 1000
    let second = world.kernel.addThread(first.process, id: 77)
    world.kernel.makeReady(second)
    world.board.registers[.cntpctEL0] = 1600
    first.state = .blocked
    _ = unsafe world.kernel.leave()
    #expect(second.state == .running(0))
    #expect(second.waitingTime == 600)
    #expect(first.waitingTime == 0)
  }

  @Test func aVMThatSuspendsItselfIsUserSpaces() throws {
    let vm = try TestMachine()
    _ = try vm.set(.pc, 0x4000_0000)
    try vm.guestCall(UInt64(PSCI.systemSuspend64), 0x4000_1000)
    #expect(try vm.get(.x(0)) == UInt64(bitPattern: -1))
    try vm.guestCall(UInt64(PSCI.features), UInt64(PSCI.systemSuspend64))
    #expect(try vm.get(.x(0)) == UInt64(bitPattern: -1))
    try vm.store([216, 0])
    #expect(vm.call(vm.machine, .enableCapability, vm.scratch) == 0)
    try vm.guestCall(UInt64(PSCI.features), UInt64(PSCI.systemSuspend32))
    #expect(try vm.get(.x(0)) == 0)
    try vm.guestCall(UInt64(PSCI.systemSuspend64), 0x4000_1000)
    let kernel = vm.world.kernel
    let processor = try vm.vcpu
    #expect(kernel.guests.runWord(processor, 8) == 24)
    #expect(kernel.guests.runWord(processor, 0x20) == 5)
    // The arguments are as the guest left them.
    #expect(try vm.get(.x(0)) == UInt64(PSCI.systemSuspend64))
    #expect(try vm.get(.x(1)) == 0x4000_1000)

    // mp_state SUSPENDED sleeps until an interrupt is there, and says so then.
    try vm.store([10])
    #expect(vm.call(vm.processor, .setMPState, vm.scratch) == 0)
    #expect(vm.call(vm.processor, .getMPState, vm.scratch) == 0)
    #expect(try kernel.read32(vm.thread, vm.scratch) == 10)
    #expect(vm.run() == nil)
    vm.thread.state = .running(0)
    vm.thread.hasPendingCall = false
    let gic = try #require(processor.machine.gic)
    gic.write(0x800_0000, byteCount: 4, 2)
    gic.write(0x800_0104, byteCount: 4, 1)
    gic.setLine(32, 0, isHigh: true)
    #expect(vm.run() == 0)
    #expect(kernel.guests.runWord(processor, 8) == 24)
    #expect(kernel.guests.runWord(processor, 0x20) == 4)
    try vm.store([0])
    #expect(vm.call(vm.processor, .setMPState, vm.scratch) == 0)
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    #expect(vm.run() == 0)
    #expect(kernel.guests.runWord(processor, 8) == 6)
    try vm.store([3])
    #expect(vm.call(vm.processor, .setMPState, vm.scratch) == -22)
  }
}
