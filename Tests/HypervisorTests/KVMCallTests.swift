// /dev/kvm through system calls, on fake hardware: what a VMM does, what a hostile one does, and
// what a hostile guest does.

import Arm
import KVM
import Support
import Testing

@testable import Hypervisor

/// A VM with one vCPU, in a process of its own.
struct TestMachine {
  let world: World
  let thread: Thread
  let kvm: UInt64
  let machine: UInt64
  let processor: UInt64
  /// A page for structures, and one for values.
  let scratch: UInt64
  let memory: UInt64
  var guest: FakeGuest { world.board.guest }

  static let memoryBase: UInt64 = 0x4000_0000
  static let memoryPages: UInt64 = 512

  init(withGIC: Bool = true) throws {
    world = try World()
    thread = try world.process()
    world.kernel.cores[0].current = thread
    scratch = world.map(thread, pages: 2)
    memory = world.map(thread, pages: TestMachine.memoryPages)
    kvm = try world.kernel.openKVMDescriptor(thread)
    machine = UInt64(bitPattern: world.call(thread, .ioctl, kvm, 0xAE01, 0) ?? -1)
    processor = UInt64(bitPattern: world.call(thread, .ioctl, machine, 0xAE41, 0) ?? -1)
    try store(
      [
        UInt64(0), TestMachine.memoryBase, TestMachine.memoryPages * 4096, memory,
      ])
    #expect(call(machine, .setUserMemoryRegion, scratch) == 0)
    try store([5 | 4 << 32, 0, 0, 0])
    #expect(call(processor, .armVCPUInit, scratch) == 0)
    if withGIC {
      try store([7, 0])
      #expect(call(machine, .createDevice, scratch) == 0)
      let device = UInt64(try world.kernel.read32(thread, scratch + 4))
      for (attribute, value) in [(2, 0x800_0000), (3, 0x80A_0000)] as [(UInt64, UInt64)] {
        try store([0, attribute, scratch + 4096])
        try world.kernel.write64(thread, scratch + 4096, value)
        #expect(call(device, .setDeviceAttribute, scratch) == 0)
      }
      try store([4 << 32, 0, 0])
      #expect(call(device, .setDeviceAttribute, scratch) == 0)
    }
  }

  func store(_ words: [UInt64]) throws {
    for (index, word) in words.enumerated() {
      try world.kernel.write64(thread, scratch + UInt64(index) * 8, word)
    }
  }

  func call(_ descriptor: UInt64, _ request: KVMRequest, _ argument: UInt64) -> Int64? {
    world.call(thread, .ioctl, descriptor, request.rawValue, argument)
  }

  func run() -> Int64? { call(processor, .run, 0) }

  var vcpu: VirtualProcessor {
    get throws { try #require(world.kernel.guests.machines.first?.processors.first) }
  }

  func set(_ register: OneRegister, _ value: UInt64) throws -> Int64? {
    try store([register.id, scratch + 4096])
    try world.kernel.write64(thread, scratch + 4096, value)
    return call(processor, .setOneRegister, scratch)
  }

  func get(_ register: OneRegister) throws -> UInt64 {
    try store([register.id, scratch + 4096])
    #expect(call(processor, .getOneRegister, scratch) == 0)
    return try world.kernel.read64(thread, scratch + 4096)
  }
}

extension Kernel {
  /// open("/dev/kvm") without the path.
  func openKVMDescriptor(_ thread: Thread) throws -> UInt64 {
    try thread.process.files.add(OpenFile(.kvm(guests.open())))
  }
}

/// A data abort from the guest, as the fake's guest reports one.
func dataAbort(
  _ registers: GuestRegisters, _ address: UInt64, isWrite: Bool, register: UInt64 = 1
) -> UInt64 {
  var syndrome = Syndrome.dataAbort(.translation(level: 3), isWrite: isWrite)
  syndrome[Syndrome.isv] = 1
  syndrome[Syndrome.sas] = 2
  syndrome[Syndrome.srt] = register
  registers[.exitESR] = syndrome.rawValue
  registers[.exitFAR] = 0xFFFF_0000_0000_0000 | address & 0xFFF
  registers[.exitHPFAR] = (address >> 12) << 4
  return GuestExitCode.trap
}

@Suite struct KVMCallTests {
  @Test func aLoadFromADeviceIsFinishedByUserSpace() throws {
    let vm = try TestMachine()
    _ = try vm.set(.pc, 0x4000_0000)
    vm.guest.onEntry = { dataAbort($0, 0x900_0018, isWrite: false) }
    #expect(vm.run() == 0)
    let processor = try vm.vcpu
    let kernel = vm.world.kernel
    #expect(kernel.guests.runWord(processor, 8) == 6)
    #expect(kernel.guests.runWord(processor, 0x20) == 0x900_0018)
    #expect(kernel.guests.runWord(processor, 0x30) == 4)
    #expect(try vm.get(.pc) == 0x4000_0000)
    kernel.guests.setRunWord(processor, 0x28, 0xFFFF_FFFF_1234_5678)
    kernel.guests.setRunWord(processor, 0, 1 << 8)  // immediate_exit
    #expect(vm.run() == -4)
    #expect(try vm.get(.x(1)) == 0x1234_5678)
    #expect(try vm.get(.pc) == 0x4000_0004)
    #expect(vm.guest.mistakes == [])
    #expect(vm.guest.loaded == nil)
  }

  @Test func memoryIsMappedAndForgottenWithTheProcess() throws {
    let vm = try TestMachine()
    var step = 0
    vm.guest.onEntry = { registers in
      step += 1
      if step == 1 { return dataAbort(registers, 0x4000_5008, isWrite: true) }
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    let machine = try vm.vcpu.machine
    let tables = vm.world.kernel.guests.tables
    let page = IntermediatePhysicalAddress(0x4000_5000)
    let entry = try #require(machine.stage2.lookup(page, tables)?.entry)
    let space = try #require(vm.thread.process.space)
    let user = try vm.world.kernel.resolve(space, vm.memory + 0x5000, for: .read)
    #expect(entry & Stage2.tableMask == user.address.rawValue)
    _ = vm.world.call(vm.thread, .unmap, vm.memory + 0x5000, 4096)
    #expect(machine.stage2.lookup(page, tables) == nil)
    // The next access is to nothing: KVM_RUN fails.
    step = 0
    #expect(vm.run() == -14)
  }

  @Test func poisonIsToldToTheThreadThatTouchesIt() throws {
    let vm = try TestMachine()
    let space = try #require(vm.thread.process.space)
    let page = try vm.world.kernel.resolve(space, vm.memory + 0x7000, for: .write)
    vm.world.kernel.errors.memoryFailure(page.address, consumer: nil)
    vm.thread.signals.pending = SignalQueue()
    vm.guest.onEntry = { dataAbort($0, 0x4000_7000, isWrite: false) }
    #expect(vm.run() == -4)
    let signal = try #require(vm.thread.signals.pending.signals.first)
    #expect(signal.number == 7)
    #expect(signal.code == 4)
    #expect(signal.address == vm.memory + 0x7000)
    #expect(signal.leastBit == 12)
  }

  @Test func anUnclaimedAbortIsTheGuestsOrUserSpaces() throws {
    let vm = try TestMachine()
    _ = try vm.set(.pc, 0x4000_0000)
    _ = try vm.set(.system(.vbarEL1), 0x8000)
    var isFirst = true
    vm.guest.onEntry = { registers in
      if isFirst {
        isFirst = false
        registers[.exitESR] = Syndrome.dataAbort(.externalAbort, isWrite: false).rawValue
        registers[.exitFAR] = 0x1234
        return GuestExitCode.trap
      }
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    #expect(try vm.get(.pc) == 0x8200)
    #expect(try vm.get(.system(.esrEL1)) == 0x9600_0010)
    #expect(try vm.get(.system(.farEL1)) == 0x1234)
    try vm.store([245, 0])
    #expect(vm.call(vm.machine, .enableCapability, vm.scratch) == 0)
    isFirst = true
    #expect(vm.run() == 0)
    let processor = try vm.vcpu
    #expect(vm.world.kernel.guests.runWord(processor, 8) == 41)
    #expect(vm.world.kernel.guests.runWord(processor, 0x20) == 1)
    #expect(vm.world.kernel.guests.runWord(processor, 0x28) == 0x9200_0010)
    #expect(vm.world.kernel.guests.runWord(processor, 0x30) == 0x1234)
    #expect(vm.world.kernel.guests.runWord(processor, 0x38) == 0x1000)
  }

  @Test func aVirtualSErrorHasTheSyndromeItWasGiven() throws {
    let vm = try TestMachine()
    func events(_ first: UInt64, _ syndrome: UInt64) throws -> Int64? {
      try vm.store([first, syndrome, 0, 0, 0, 0, 0, 0])
      return vm.call(vm.processor, .setVCPUEvents, vm.scratch)
    }
    #expect(try events(0, 0x11) == 0)
    #expect(try !vm.vcpu.isErrorPending)
    #expect(try events(0x101, 0x200_0000) == -22)
    #expect(try events(1, 0x11) == 0)
    #expect(try vm.vcpu.registers[.vsesrEL2] == 1 << 24)
    #expect(try events(0x101, 0xC11) == 0)
    #expect(try vm.vcpu.registers[.vsesrEL2] == 0xC11)
    #expect(vm.call(vm.processor, .getVCPUEvents, vm.scratch) == 0)
    #expect(try vm.world.kernel.read64(vm.thread, vm.scratch) == 0x101)
    #expect(try vm.world.kernel.read64(vm.thread, vm.scratch + 8) == 0xC11)
    try vm.store([0x1FF_FFFF])
    #expect(vm.call(vm.processor, .armSetSErrorESR, vm.scratch) == 0)
    #expect(try vm.vcpu.registers[.vsesrEL2] == 0x1FF_FFFF)
    try vm.store([0x200_0000])
    #expect(vm.call(vm.processor, .armSetSErrorESR, vm.scratch) == -22)
  }

  @Test func everyRegisterOfTheListCanBeReadAndWrittenBack() throws {
    let vm = try TestMachine()
    let list = vm.world.kernel.guests.registerList()
    #expect(Set(list).count == list.count)
    try vm.store([0])
    #expect(vm.call(vm.processor, .getRegisterList, vm.scratch) == -7)
    #expect(try vm.world.kernel.read64(vm.thread, vm.scratch) == UInt64(list.count))
    for id in list {
      try vm.store([id, vm.scratch + 4096])
      #expect(vm.call(vm.processor, .getOneRegister, vm.scratch) == 0)
      #expect(vm.call(vm.processor, .setOneRegister, vm.scratch) == 0)
    }
    // An illegal state can never be returned to.
    for mode in 0..<32 as Range<UInt64> {
      #expect(try vm.set(.pstate, 0x3C0 | mode) == ([0, 4, 5].contains(mode) ? 0 : -22))
    }
    #expect(try vm.set(.system(.idAA64PFR0EL1), 0) == -22)
  }

  @Test func theSignalMaskHoldsForTheGuestAlone() throws {
    let vm = try TestMachine()
    let before = vm.thread.signals.mask
    try vm.store([8 | (1 << 9) << 32, 0])
    #expect(vm.call(vm.processor, .setSignalMask, vm.scratch) == 0)
    var inside: UInt64 = 0
    vm.guest.onEntry = { registers in
      inside = vm.thread.signals.mask
      return dataAbort(registers, 0x900_0000, isWrite: true)
    }
    #expect(vm.run() == 0)
    #expect(inside == 1 << 9)
    #expect(vm.thread.signals.mask == before)
    try vm.store([4, 0])
    #expect(vm.call(vm.processor, .setSignalMask, vm.scratch) == -22)
  }

  @Test func powerIsPSCIs() throws {
    let vm = try TestMachine()
    vm.guest.onEntry = { registers in
      registers[.exitESR] = Syndrome.call(.hvc, immediate: 0).rawValue
      registers[.x(0)] = 0x8400_0008
      return GuestExitCode.trap
    }
    #expect(vm.run() == 0)
    #expect(vm.world.kernel.guests.runWord(try vm.vcpu, 8) == 24)
    #expect(vm.world.kernel.guests.runWord(try vm.vcpu, 0x20) == 1 | 1 << 32)
    // Off: a further KVM_RUN sleeps.
    #expect(vm.run() == nil)
  }

  @Test func closingEverythingGivesAllMemoryBack() throws {
    let vm = try TestMachine()
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    _ = vm.run()
    let kernel = vm.world.kernel
    for descriptor in vm.thread.process.files.descriptors where descriptor > 1 {
      #expect(vm.world.call(vm.thread, .close, descriptor) == 0)
    }
    #expect(kernel.guests.machines.isEmpty)
    #expect(kernel.guests.vmids.allSatisfy { !$0 })
  }

  // MARK: Hostile

  @Test func hostileCallsNeverBreakTheKernel() throws {
    let vm = try TestMachine()
    vm.guest.onEntry = { dataAbort($0, 0x900_0000, isWrite: true) }
    var random = SeededRandom(seed: 8)
    func value() -> UInt64 {
      switch UInt64.random(in: 0..<8, using: &random) {
      case 0: 0
      case 1: vm.scratch
      case 2: vm.scratch + 4090
      case 3: UInt64.random(in: 0..<2048, using: &random)
      case 4: 1 << UInt64.random(in: 0..<64, using: &random)
      case 5: TestMachine.memoryBase &+ (UInt64.random(in: 0..<0x1000, using: &random) << 12)
      case 6: vm.memory
      default: random.next()
      }
    }
    let ids = vm.world.kernel.guests.registerList()
    for _ in 0..<20_000 {
      for index in 0..<14 as Range<UInt64> {
        try vm.world.kernel.write64(vm.thread, vm.scratch + index * 8, value())
      }
      if Bool.random() {
        try vm.store([ids.randomElement() ?? 0, vm.scratch + 4096])
      }
      guard let request = KVMRequest.allCases.randomElement() else { return }
      // A thread that sleeps for ever has nothing more to say.
      if request == .run || request == .setMPState { continue }
      let descriptor = UInt64.random(in: 2..<12, using: &random)
      _ = vm.world.call(
        vm.thread, .ioctl, descriptor,
        request.rawValue, Bool.random() ? vm.scratch : value())
      for descriptor in vm.thread.process.files.descriptors where descriptor > 40 {
        _ = vm.world.call(vm.thread, .close, descriptor)
      }
      vm.thread.signals.pending = SignalQueue()
      vm.thread.signals.forced = ForcedSignals()
      vm.thread.state = .running(0)
    }
    #expect(vm.guest.mistakes == [])
  }

  @Test func hostileGuestsNeverBreakTheKernel() throws {
    let vm = try TestMachine()
    var random = SeededRandom(seed: 8)
    let kernel = vm.world.kernel
    for _ in 0..<20_000 {
      var steps = 0
      vm.guest.onEntry = { registers in
        steps += 1
        if steps > 8 { return dataAbort(registers, 0x900_0000, isWrite: true) }
        for number in 0..<31 where Bool.random() { registers[.x(number)] = random.next() }
        if Bool.random() {
          registers[.x(0)] =
            ([0x8400_0000, 0xC400_0000, 0xC500_0000, 0x8600_0000].randomElement() ?? 0)
            + UInt64.random(in: 0..<0x58)
        }
        // WFI, CPU_OFF and CPU_SUSPEND would end in sleep.
        if registers[.x(0)] & 0x3FFF_FFFF <= 2 { registers[.x(0)] = random.next() }
        var syndrome = Syndrome(rawValue: random.next() & 0xFFFF_FFFF)
        let classes: [ExceptionClass] = [
          .systemRegister, .dataAbortLower, .instructionAbortLower, .hvc, .smc, .unknown,
          .floatingPointAccess, .sve,
        ]
        syndrome.exceptionClass = classes.randomElement() ?? .unknown
        registers[.exitESR] = syndrome.rawValue
        registers[.exitFAR] = random.next()
        registers[.exitHPFAR] =
          Bool.random()
          ? ((TestMachine.memoryBase >> 12) + UInt64.random(in: 0..<600)) << 4
          : ([0x8000, 0x80A0, 0x80B0].randomElement() ?? 0) << 4
        return GuestExitCode.trap
      }
      _ = vm.run()
      try vm.vcpu.isOff = false
      try vm.vcpu.isWaiting = false
      vm.thread.signals.pending = SignalQueue()
      vm.thread.signals.forced = ForcedSignals()
      vm.thread.mustExit = false
      vm.thread.state = .running(0)
      kernel.cores[0].current = vm.thread
    }
    #expect(vm.guest.mistakes == [])
    #expect(vm.guest.entries > 20_000)
  }
}
