// A VMM that pulls the floor from under its own guest, or plays with its time; and a guest that
// meets what firmware cannot place.

import APEI
import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct HostileMonitorTests {
  private func closeAll(_ vm: TestMachine, by thread: Thread) {
    for descriptor in vm.thread.process.files.descriptors where descriptor > 1 {
      #expect(vm.world.call(thread, .close, descriptor) == 0)
    }
  }

  /// Another thread closes every descriptor while the guest runs: its tables stay until it stops.
  @Test func aMachineLivesAsLongAsItsGuestRuns() throws {
    let vm = try TestMachine()
    let kernel = vm.world.kernel
    let other = kernel.addThread(vm.thread.process, id: 80)
    other.state = .running(1)
    let root = try vm.vcpu.machine.stage2.root
    var step = 0
    vm.guest.onEntry = { registers in
      step += 1
      if step == 1 {
        closeAll(vm, by: other)
        #expect(kernel.guests.machines.count == 1)
        #expect(kernel.frames.block(of: root)?.use == .guest)
        return dataAbort(registers, 0x4000_5008, isWrite: true)
      }
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    #expect(kernel.guests.machines.isEmpty)
    #expect(kernel.guests.vmids.allSatisfy { !$0 })
    #expect(vm.thread.guest == nil)
    #expect(vm.guest.mistakes == [])
  }

  /// The same while the vCPU sleeps in KVM_RUN: the call ends as any other, with its own vCPU.
  @Test func aSleepingGuestIsLeftInOrder() throws {
    let vm = try TestMachine()
    let other = vm.world.kernel.addThread(vm.thread.process, id: 81)
    other.state = .running(1)
    try vm.vcpu.isOff = true
    #expect(vm.run() == nil)
    closeAll(vm, by: other)
    #expect(vm.world.kernel.guests.machines.count == 1)
    vm.thread.process.actions.table[10].handler = 0x1000
    vm.world.kernel.send(SignalInformation(.user1, .user), to: vm.thread)
    #expect(vm.world.again(vm.thread) == -4)
    #expect(vm.world.kernel.guests.machines.isEmpty)
  }

  /// A mapping of kvm_run does not hold the page: it must not lead to whoever has the frame next.
  @Test func aRunPageIsNoWayToOtherMemory() throws {
    for isTouchedBefore in [false, true] {
      let vm = try TestMachine()
      let kernel = vm.world.kernel
      let space = try #require(vm.thread.process.space)
      let run = UInt64(
        try #require(vm.world.call(vm.thread, .map, 0, 4096, 3, 1, vm.processor, 0)))
      let frame = try vm.vcpu.runPage
      if isTouchedBefore {
        #expect(try kernel.resolve(space, run, for: .write).address == frame)
      }
      closeAll(vm, by: vm.thread)
      if isTouchedBefore {
        // What is mapped stays the process's own, until it lets go.
        #expect(try kernel.resolve(space, run, for: .write).address == frame)
        #expect(vm.world.call(vm.thread, .advise, run, 4096, 4) == 0)
      }
      #expect(kernel.frames.isFree(frame))
      #expect(throws: UserFault.beyondFile) { try kernel.resolve(space, run, for: .read) }
    }
  }

  /// A guest's counter may be ahead of the host's: it was saved on a machine that ran longer.
  @Test func aTimerOfARestoredGuestWakesIt() throws {
    let vm = try TestMachine()
    #expect(try vm.set(.timerCount, 1 << 40) == 0)
    #expect(try vm.set(.timerCompare, 1 << 40 + 1000) == 0)
    #expect(try vm.set(.timerControl, 1) == 0)
    vm.guest.onEntry = { registers in
      registers[.exitESR] = Syndrome(.waitFor, iss: 0).rawValue
      return GuestExitCode.trap
    }
    #expect(vm.run() == nil)
    #expect(vm.thread.deadline == 1000)
  }

  /// From idle straight into the guest: the turn ends all the same, in the thread's own tables.
  @Test func aGuestThatIsWokenHasATurnAndItsOwnTables() throws {
    let vm = try TestMachine()
    let kernel = vm.world.kernel
    let registers = FakeHardware(board: vm.world.board)
    var control: UInt64 = 0
    var tables: UInt64 = 0
    vm.guest.onEntry = { block in
      control = registers.read(.cnthpCTLEL2)
      tables = registers.read(.ttbr0EL2)
      return dataAbort(block, 0x900_0000, isWrite: true)
    }
    vm.thread.context.x[8] = SystemCall.ioctl.rawValue
    vm.thread.context.x[0] = vm.processor
    vm.thread.context.x[1] = KVMRequest.run.rawValue
    vm.thread.context.x[2] = 0
    vm.thread.hasPendingCall = true
    kernel.cores[0].current = nil
    kernel.makeReady(vm.thread)
    registers.write(.cnthpCTLEL2, 0)
    registers.write(.ttbr0EL2, 0)
    _ = unsafe kernel.leave()
    #expect(control == 1)
    let space = try #require(vm.thread.process.space)
    #expect(tables == UInt64(space.asid) << 48 | space.root.rawValue)
  }

  /// Firmware does not say where: the access cannot be made again, so KVM_RUN ends with a SIGBUS
  /// that has no address, as on Linux.
  @Test func anAbortWithoutAnAddressEndsTheCall() throws {
    let vm = try TestMachine()
    try vm.world.publish(nil, by: .sea)
    vm.guest.onEntry = { registers in
      registers[.exitESR] = Syndrome.dataAbort(.externalAbort, isWrite: false).rawValue
      return GuestExitCode.trap
    }
    #expect(vm.run() == -4)
    #expect(vm.thread.signals.forced.next?.number == Signal.bus.rawValue)
    #expect(vm.thread.signals.forced.next?.code == SignalCode.kernel.rawValue)
    #expect(vm.guest.entries == 1)
  }

  /// An error in kvm_run itself: the kernel does not look at it any more.
  @Test func aLostRunPageEndsTheCalls() throws {
    let vm = try TestMachine()
    #expect(vm.world.kernel.errors.memoryFailure(try vm.vcpu.runPage, consumer: nil) == .ignored)
    #expect(vm.run() == -133)
    #expect(vm.guest.entries == 0)
  }

  /// Another core found the record of this guest's abort, with its own: the guest tries again and
  /// meets the missing page. What nobody lost is still an abort.
  @Test func anAbortWhoseRecordAnotherCoreFoundIsTriedAgain() throws {
    let vm = try TestMachine()
    let kernel = vm.world.kernel
    let space = try #require(vm.thread.process.space)
    let page = try kernel.resolve(space, vm.memory + 0x7000, for: .write)
    _ = try vm.set(.system(.vbarEL1), 0x8000)
    vm.guest.onEntry = { registers in
      if vm.guest.entries == 1 { kernel.errors.memoryFailure(page.address, consumer: nil) }
      if vm.guest.entries < 3 {
        registers[.exitESR] = Syndrome.dataAbort(.externalAbort, isWrite: false).rawValue
        return GuestExitCode.trap
      }
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    #expect(vm.guest.entries == 3)
    #expect(try vm.get(.system(.esrEL1)) == 0x9600_0010)
  }
}
