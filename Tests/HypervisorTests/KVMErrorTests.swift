// SErrors of a guest for which nobody has an address: what the VMM is asked, and what happens when it
// does not want to be.

import APEI
import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct KVMErrorTests {
  /// A guest that meets an SError at each entry, and shuts down after `count`.
  private func machine(_ iss: UInt64, count: Int = 1, takesIt: Bool = false) throws -> TestMachine {
    let vm = try TestMachine()
    _ = try vm.set(.pc, 0x4000_0000)
    var left = count
    vm.guest.onEntry = { registers in
      guard left > 0 else { return dataAbort(registers, 0x900_0000, isWrite: true) }
      left -= 1
      if takesIt { registers[.hcrEL2] &= ~HypervisorConfiguration.vse.mask }
      registers[.exitESR] = Syndrome(.serror, iss: iss).rawValue
      return GuestExitCode.serror
    }
    return vm
  }

  private func ask(_ vm: TestMachine) throws {
    #expect(
      vm.call(vm.machine, .checkExtension, KVMCapability.armSErrorToUser.rawValue) == 1)
    try vm.store([KVMCapability.armSErrorToUser.rawValue, 0])
    #expect(vm.call(vm.machine, .enableCapability, vm.scratch) == 0)
  }

  private func exit(_ vm: TestMachine) throws -> [UInt64] {
    let guests = vm.world.kernel.guests
    let processor = try vm.vcpu
    return [8, 0x20, 0x28].map { guests.runWord(processor, $0) }
  }

  /// UER, UEU, and what says nothing (IDS): the VMM chooses.
  @Test(arguments: [0xC11, 0x411, 0x1000000, 0x1AB_CDEF] as [UInt64])
  func whoeverAskedToBeToldChoosesWhatTheGuestSees(_ iss: UInt64) throws {
    let vm = try machine(iss)
    try ask(vm)
    #expect(vm.run() == 0)
    #expect(try exit(vm) == [0x4641_0002, 0, 0xBE00_0000 | iss])
    #expect(try !vm.vcpu.isErrorPending)
    #expect(vm.thread.signals.forced.next == nil)
    try vm.store([0x811])
    #expect(vm.call(vm.processor, .armSetSErrorESR, vm.scratch) == 0)
    #expect(vm.run() == 0)
    #expect(try vm.vcpu.registers[.vsesrEL2] == 0x811)
    #expect(try exit(vm)[0] == 6)
  }

  @Test(arguments: [0xC11, 0x411, 0x1000000, 0x1AB_CDEF] as [UInt64])
  func whoeverDidNotGetsTheDefaultSyndrome(_ iss: UInt64) throws {
    let vm = try machine(iss)
    #expect(vm.run() == 0)
    #expect(try exit(vm)[0] == 6)
    #expect(try vm.vcpu.isErrorPending)
    #expect(try vm.vcpu.registers[.vsesrEL2] == 1 << 24)
  }

  @Test(arguments: [0x811, 0x1811] as [UInt64])
  func whatIsOverIsNobodysBusiness(_ iss: UInt64) throws {
    let vm = try machine(iss)
    try ask(vm)
    #expect(vm.run() == 0)
    #expect(try exit(vm)[0] == 6)
    #expect(try !vm.vcpu.isErrorPending)
  }

  /// A record that names the address is acted upon: nobody is asked.
  @Test func aRecordWithAnAddressIsNotAsked() throws {
    let vm = try machine(0xC11)
    try ask(vm)
    let space = try #require(vm.thread.process.space)
    let page = try vm.world.kernel.resolve(space, vm.memory + 0x3000, for: .write)
    try vm.world.publish(page.address.rawValue, by: .sei)
    #expect(vm.run() == -4)
    #expect(vm.thread.signals.forced.next?.code == 4)
    #expect(try !vm.vcpu.isErrorPending)
  }

  /// Of two records the one that names no address is the VMM's to answer, whatever became of the other.
  @Test func oneRecordDealtWithDoesNotHideAnother() throws {
    let vm = try TestMachine()
    let space = try #require(vm.thread.process.space)
    let page = try vm.world.kernel.resolve(space, vm.memory + 0x3000, for: .write)
    for addresses in [[page.address.rawValue, nil], [nil, page.address.rawValue]] {
      try vm.world.publish(addresses[0], addresses[1], by: .sei)
      #expect(vm.world.kernel.errors.claim(.systemError, for: vm.thread) == .unattributed)
    }
  }

  /// A corrected error is nobody's loss: what else was met is still to be told.
  @Test func aCorrectedErrorClaimsNothing() throws {
    let vm = try TestMachine()
    let region = try vm.world.publish(0x5000, by: .sei)
    let hardware = FakeHardware(board: vm.world.board)
    for offset in [16, 36] as [UInt64] {
      hardware.store32(PhysicalAddress(region.block(0) + offset), 2)
    }
    #expect(vm.world.kernel.errors.claim(.systemError, for: vm.thread) == .none)
    #expect(vm.world.kernel.errors.recordCount == 1)
  }

  @Test func twoCorrectedErrorsInFiveSecondsAreShown() {
    var lines = CorrectedLines()
    let second: UInt64 = 1000
    #expect(lines.show(at: 0, second: second) == 0)
    #expect(lines.show(at: 4000, second: second) == 0)
    for time in 4001..<5000 as Range<UInt64> {
      #expect(lines.show(at: time, second: second) == nil)
    }
    #expect(lines.show(at: 5000, second: second) == 999)
    #expect(lines.show(at: 5000, second: second) == 0)
    #expect(lines.show(at: 5001, second: second) == nil)
  }

  /// Memory that somebody else has lost meanwhile does not explain this guest's error.
  @Test func anotherGuestsLossIsNotThisOnes() throws {
    let vm = try TestMachine()
    _ = try vm.set(.pc, 0x4000_0000)
    let kernel = vm.world.kernel
    let allocated = kernel.frames.allocate(order: 0, for: .reserved)
    let frame = try #require(allocated)
    kernel.frames.free(frame)
    vm.guest.onEntry = { registers in
      _ = kernel.errors.memoryFailure(frame, consumer: nil)
      registers[.exitESR] = Syndrome(.serror, iss: 0xC11).rawValue
      return GuestExitCode.serror
    }
    try ask(vm)
    #expect(vm.run() == 0)
    #expect(try exit(vm)[0] == 0x4641_0002)
  }

  /// The guest masks SErrors and meets the error again: once is an accident, twice is for ever.
  @Test func aGuestThatCannotTakeItsErrorDoesNotLoop() throws {
    let asked = try machine(0xC11, count: 3)
    try ask(asked)
    #expect(asked.run() == 0)
    #expect(try exit(asked)[1] == 0)
    try asked.store([0x811])
    #expect(asked.call(asked.processor, .armSetSErrorESR, asked.scratch) == 0)
    #expect(asked.run() == 0)
    #expect(try exit(asked)[1] == KVMRunLayout.serrorNotTaken)

    let declined = try machine(0xC11, count: 3)
    #expect(declined.run() == -4)
    #expect(declined.guest.entries == 2)
    let signal = try #require(declined.thread.signals.forced.next)
    #expect(signal.number == Signal.bus.rawValue)
    #expect(signal.code == SignalCode.kernel.rawValue)
  }

  /// One that takes each of them, or goes on to another instruction, is not stuck.
  @Test func aGuestThatTakesItsErrorsIsNotEnded() throws {
    let vm = try machine(0xC11, count: 5, takesIt: true)
    #expect(vm.run() == 0)
    #expect(vm.guest.entries == 6)
    #expect(vm.thread.signals.forced.next == nil)
    let moving = try TestMachine()
    var pc: UInt64 = 0x4000_0000
    moving.guest.onEntry = { registers in
      pc += 4
      if pc > 0x4000_0010 { return dataAbort(registers, 0x900_0000, isWrite: true) }
      registers[.pc] = pc
      registers[.exitESR] = Syndrome(.serror, iss: 0x411).rawValue
      return GuestExitCode.serror
    }
    #expect(moving.run() == 0)
    #expect(moving.thread.signals.forced.next == nil)
  }
}
