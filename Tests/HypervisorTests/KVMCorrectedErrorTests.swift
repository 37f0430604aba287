// Corrected errors of guests' memory: which VMMs hear of them, and what.

import APEI
import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct KVMCorrectedErrorTests {
  private func ask(_ vm: TestMachine) throws {
    #expect(vm.call(vm.machine, .checkExtension, KVMCapability.armCorrectedToUser.rawValue) == 1)
    try vm.store([KVMCapability.armCorrectedToUser.rawValue, 0])
    #expect(vm.call(vm.machine, .enableCapability, vm.scratch) == 0)
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
  }

  private func tell(_ vm: TestMachine, _ offset: UInt64, isOverThreshold: Bool = false) throws {
    let space = try #require(vm.thread.process.space)
    let page = try vm.world.kernel.resolve(space, vm.memory + offset, for: .write)
    let address = page.address.rawValue & ~4095 + offset & 4095
    vm.world.kernel.errors.kernel.tellGuests(
      CorrectedGuestError(address: address, byteCount: 64, isOverThreshold: isOverThreshold),
      in: PhysicalAddress(address & ~4095))
  }

  private func exit(_ vm: TestMachine) throws -> [UInt64] {
    let guests = vm.world.kernel.guests
    let processor = try vm.vcpu
    return [8, 0x20, 0x28, 0x30].map { guests.runWord(processor, $0) }
  }

  @Test func whoeverAskedHearsOfTheGuestsAddress() throws {
    let vm = try TestMachine()
    try tell(vm, 0x3240)
    try ask(vm)
    try tell(vm, 0x3240)
    try tell(vm, 0x5040, isOverThreshold: true)
    #expect(vm.run() == 0)
    #expect(try exit(vm) == [0x4641_0003, 0, TestMachine.memoryBase + 0x3240, 64])
    #expect(vm.run() == 0)
    #expect(try exit(vm) == [0x4641_0003, 1, TestMachine.memoryBase + 0x5040, 64])
    #expect(vm.guest.entries == 0)
    #expect(vm.run() == 0)
    #expect(try exit(vm)[0] == 6)
  }

  /// Memory of the process that no slot has is not its guest's.
  @Test func whatIsNotTheGuestsIsNotTold() throws {
    let vm = try TestMachine()
    try ask(vm)
    let space = try #require(vm.thread.process.space)
    let page = try vm.world.kernel.resolve(space, vm.scratch, for: .write)
    for frame in [page.address.rawValue & ~4095, 0, 0x900_0000, 1 << 50] {
      vm.world.kernel.errors.kernel.tellGuests(
        CorrectedGuestError(address: frame, byteCount: 64, isOverThreshold: false),
        in: PhysicalAddress(frame))
    }
    #expect(vm.run() == 0)
    #expect(try exit(vm)[0] == 6)
  }

  @Test func aStormIsCutShort() throws {
    let vm = try TestMachine()
    try ask(vm)
    for _ in 0..<100 { try tell(vm, 0x3240) }
    var told = 0
    var flags: [UInt64] = []
    while vm.run() == 0, try exit(vm)[0] == 0x4641_0003 {
      told += 1
      flags.append(try exit(vm)[1])
    }
    #expect(told == 16 && flags.first == 2 && flags.dropFirst().allSatisfy { $0 == 0 })
  }
}
