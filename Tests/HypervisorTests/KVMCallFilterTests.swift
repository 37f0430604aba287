// KVM_ARM_VM_SMCCC_FILTER: what is accepted, and what becomes of the calls. The oracle is what Linux says of
// itself: Documentation/virt/kvm/devices/vm.rst and tools/testing/selftests/kvm/arm64/smccc_filter.c.

import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct KVMCallFilterTests {
  private let function = UInt64(SDEI.Function.version.rawValue)

  private func attribute(
    _ vm: TestMachine, _ request: KVMRequest, _ group: UInt64 = 0, _ number: UInt64 = 0,
    at address: UInt64? = nil
  ) throws -> Int64? {
    try vm.store([group << 32, number, address ?? vm.scratch + 4096])
    return vm.call(vm.machine, request, vm.scratch)
  }

  private func set(
    _ vm: TestMachine, _ base: UInt64, _ count: UInt64, _ action: UInt64 = 2,
    padding: UInt64 = 0
  ) throws -> Int64? {
    for (index, word) in [base | count << 32, action, padding].enumerated() {
      try vm.world.kernel.write64(vm.thread, vm.scratch + 4096 + UInt64(index) * 8, word)
    }
    return try attribute(vm, .setDeviceAttribute)
  }

  @Test func theFilterIsAVMsOneAttribute() throws {
    let vm = try TestMachine()
    #expect(try attribute(vm, .hasDeviceAttribute) == 0)
    #expect(try attribute(vm, .hasDeviceAttribute, 0, 1) == -6)
    #expect(try attribute(vm, .hasDeviceAttribute, 1, 0) == -6)
    #expect(try attribute(vm, .setDeviceAttribute, 1, 0) == -6)
    // A VM has attributes to set alone.
    #expect(try attribute(vm, .getDeviceAttribute) == -22)
    for address in [0, 1 << 47, .max - 3, 0xFFFF_8000_0000_0000] as [UInt64] {
      #expect(try attribute(vm, .setDeviceAttribute, at: address) == -14)
    }
    #expect(vm.call(vm.machine, .setDeviceAttribute, 1 << 47) == -14)
  }

  @Test func aRangeIsThereOnceAndNothingElseIsInIt() throws {
    let vm = try TestMachine()
    #expect(try set(vm, 0xC400_0020, 0) == -22)
    #expect(try set(vm, 0, 0) == -22)
    #expect(try set(vm, 0xFFFF_FFFF, 2) == -22)
    #expect(try set(vm, 0xC400_0020, 32, 3) == -22)
    for byte in 1...15 as ClosedRange<UInt64> {
      let low = byte < 8 ? 1 << (8 * byte) : 0 as UInt64
      let high = byte < 8 ? 0 : 1 << (8 * (byte - 8)) as UInt64
      #expect(try set(vm, 0xC400_0020, 32, 2 | low, padding: high) == -22)
    }
    #expect(try set(vm, 0xC400_0020, 32) == 0)
    for (base, count) in [
      (0xC400_0020, 32), (0xC400_003F, 1), (0xC400_0000, 0x21), (0xC400_0000, 0x1000),
      // The Arm Architecture Calls.
      (0x8000_0000, 1), (0x7FFF_FFFF, 2), (0xC000_FFFF, 1), (1, 0xFFFF_FFFF),
    ] as [(UInt64, UInt64)] {
      #expect(try set(vm, base, count) == -17, "\(base) \(count)")
    }
    #expect(try set(vm, 0xC400_0040, 1) == 0)
    #expect(try set(vm, 0xC400_001F, 1, 1) == 0)
    #expect(try set(vm, 0xFFFF_FFFF, 1, 0) == 0)
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    #expect(vm.run() == 0)
    #expect(try set(vm, 0x8600_0000, 1) == -16)
    // Arguments are looked at first.
    #expect(try set(vm, 0x8600_0000, 0) == -22)
  }

  @Test func aFilterDoesNotGrowForEver() throws {
    let vm = try TestMachine()
    for index in 0..<62 as Range<UInt64> { #expect(try set(vm, 2 * index, 1) == 0) }
    #expect(try set(vm, 1 << 20, 1) == -12)
  }

  @Test func aCallIsHandedUpDeniedOrHandled() throws {
    let vm = try TestMachine()
    let kernel = vm.world.kernel
    #expect(try set(vm, 0xC400_0020, 32) == 0)
    #expect(try set(vm, UInt64(PSCI.version), 1, 1) == 0)
    #expect(try set(vm, UInt64(PSCI.features), 1, 0) == 0)
    let processor = try vm.vcpu
    _ = try vm.set(.pc, 0x4000_0000)
    for word in 0..<32 as Range<UInt64> {
      kernel.guests.setRunWord(processor, 0x20 + word * 8, .max)
    }
    try vm.guestCall(function, 77)
    #expect(kernel.guests.runWord(processor, 8) == 3)
    #expect(kernel.guests.runWord(processor, 0x20) == function)
    for word in 1..<9 as Range<UInt64> {
      #expect(kernel.guests.runWord(processor, 0x20 + word * 8) == 0)
    }
    // Registers are as the guest left them, and user space answers there.
    #expect(try vm.get(.x(0)) == function && (try vm.get(.x(1))) == 77)
    _ = try vm.set(.x(0), 0x1234)
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true, register: 0) }
    #expect(vm.run() == 0)
    #expect(kernel.guests.runWord(processor, 8) == 6)
    #expect(kernel.guests.runWord(processor, 0x28) & 0xFFFF_FFFF == 0x1234)

    try vm.guestCall(UInt64(PSCI.version))
    #expect(try vm.get(.x(0)) == .max)
    try vm.guestCall(UInt64(PSCI.features), UInt64(PSCI.version))
    #expect(try vm.get(.x(0)) == 0)
    // The upper half of X0 is no part of it.
    try vm.guestCall(1 << 40 | function)
    #expect(kernel.guests.runWord(processor, 8) == 3)
    #expect(kernel.guests.runWord(processor, 0x20) == function)
  }

  /// As Linux: PC is behind the instruction for SMC as well, of which the flags tell.
  @Test func aCallBySMCIsHandedUpToo() throws {
    let vm = try TestMachine()
    let kernel = vm.world.kernel
    #expect(try set(vm, 0xC400_0020, 32) == 0)
    let processor = try vm.vcpu
    _ = try vm.set(.pc, 0x4000_0000)
    var calls = [function, UInt64(PSCI.version)]
    vm.guest.onEntry = { registers in
      guard let call = calls.popLast() else {
        return dataAbort(registers, 0x900_0000, isWrite: true)
      }
      registers[.exitESR] = Syndrome.call(.smc, immediate: 0).rawValue
      registers[.x(0)] = call
      return GuestExitCode.trap
    }
    #expect(vm.run() == 0)
    #expect(kernel.guests.runWord(processor, 8) == 3)
    #expect(kernel.guests.runWord(processor, 0x60) == 1)
    // The first, of which the filter says nothing, was answered.
    #expect(try vm.get(.pc) == 0x4000_0008)
  }

  /// An SMC with an immediate is nobody's call. DEN 0028, 2.9.
  @Test func anSMCWithAnImmediateIsNotHandedUp() throws {
    let vm = try TestMachine()
    #expect(try set(vm, 0xC400_0020, 32) == 0)
    _ = try vm.set(.pc, 0x4000_0000)
    var isCalled = false
    vm.guest.onEntry = { registers in
      guard !isCalled else { return dataAbort(registers, 0x900_0000, isWrite: true) }
      isCalled = true
      registers[.exitESR] = Syndrome.call(.smc, immediate: 1).rawValue
      registers[.x(0)] = self.function
      return GuestExitCode.trap
    }
    #expect(vm.run() == 0)
    // KVM_EXIT_MMIO, of what came behind.
    let processor = try vm.vcpu
    #expect(vm.world.kernel.guests.runWord(processor, 8) == 6)
    #expect(try vm.get(.x(0)) == .max && vm.get(.pc) == 0x4000_0004)
  }

  /// A vCPU that user space puts somewhere else does not go on waiting there.
  @Test func aVCPUThatIsPutElsewhereWaitsNoMore() throws {
    let vm = try TestMachine()
    _ = try vm.set(.pc, 0x4000_0000)
    let processor = try vm.vcpu
    processor.isWaiting = true
    #expect(vm.run() == nil)
    vm.thread.state = .running(0)
    vm.thread.hasPendingCall = false
    processor.thread = nil
    vm.thread.guest = nil
    _ = try vm.set(.x(4), 1)
    #expect(processor.isWaiting)
    _ = try vm.set(.pc, 0x4030_0000)
    #expect(!processor.isWaiting)
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    #expect(vm.run() == 0)
  }
}
