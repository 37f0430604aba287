// Programs, signals, futexes, files, waiting.

import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct ProcessTests {
  @Test func initBeginsWithArgumentsAndAnAuxiliaryVector() throws {
    let world = try World(files: [("init", program([1, 2, 3, 4], bss: 0x3000))])
    try world.kernel.startInit()
    let thread = try #require(world.kernel.threads.first)
    let sp = thread.context.sp
    #expect(thread.context.pc == 0x40_0000)
    #expect(sp & 15 == 0)
    #expect(try world.kernel.read64(thread, sp) == 1)
    let name = try world.kernel.readString(thread, world.kernel.read64(thread, sp + 8))
    #expect(name == Array("/init".utf8))
    #expect(try world.kernel.read64(thread, sp + 16) == 0)
    #expect(try world.kernel.read64(thread, sp + 24) == 0)
    var auxiliary: [UInt64: UInt64] = [:]
    var place = sp + 32
    while try world.kernel.read64(thread, place) != 0 {
      auxiliary[try world.kernel.read64(thread, place)] = try world.kernel.read64(
        thread, place + 8)
      place += 16
    }
    #expect(auxiliary[6] == 4096)
    #expect(auxiliary[9] == 0x40_0000)
    #expect(try world.kernel.read32(thread, 0x40_0000) == 0x0403_0201)
    #expect(try world.kernel.read64(thread, 0x40_0010) == 0)
    #expect(try world.kernel.read64(thread, 0x40_3ff8 - 0x1000) == 0)
  }

  @Test func limitsAreWhatTheKernelLimits() throws {
    let world = try World()
    let thread = try world.process()
    let place = world.map(thread, pages: 1)
    let (files, stack) = (ResourceLimit.files.rawValue, ResourceLimit.stack.rawValue)
    func limits(_ resource: UInt64) throws -> [UInt64] {
      #expect(world.call(thread, .getResourceLimit, resource, place) == 0)
      return try [0, 8].map { try world.kernel.read64(thread, place + $0) }
    }
    func set(_ resource: UInt64, _ soft: UInt64, _ hard: UInt64) throws -> Int64? {
      try world.kernel.write64(thread, place, soft)
      try world.kernel.write64(thread, place + 8, hard)
      return world.call(thread, .setResourceLimit, resource, place)
    }
    #expect(try limits(stack) == [8 << 20, 8 << 20])
    #expect(try limits(ResourceLimit.addressSpace.rawValue) == [.max, .max])
    #expect(try limits(files) == [256, 256])
    // No change is no change; what has no effect is refused.
    #expect(try set(stack, 8 << 20, 8 << 20) == 0)
    #expect(try set(stack, 1 << 20, 8 << 20) == -1)
    // Files: lower, and no further up than the hard limit.
    #expect(try set(files, 5, 4) == -22)
    #expect(try set(files, 256, 257) == -1)
    #expect(try set(files, 3, 8) == 0)
    #expect(world.call(thread, .duplicate, 1) == 2)
    #expect(world.call(thread, .duplicate, 1) == -24)
    #expect(world.call(thread, .duplicate3, 1, 3, 0) == -9)
    #expect(try set(files, 8, 8) == 0)
    #expect(world.call(thread, .duplicate, 1) == 3)
    #expect(try set(files, 8, 9) == -1)
    // prlimit64: the old and the new at once, of any process.
    try world.kernel.write64(thread, place, 7)
    try world.kernel.write64(thread, place + 8, 7)
    let id = UInt64(thread.process.id)
    #expect(world.call(thread, .resourceLimits, id, files, place, place + 16) == 0)
    #expect(try world.kernel.read64(thread, place + 16) == 8)
    #expect(try limits(files) == [7, 7])
    #expect(world.call(thread, .resourceLimits, 99, files, 0, place) == -3)
    #expect(world.call(thread, .resourceLimits, 0, 16, 0, place) == -22)
    #expect(world.call(thread, .getResourceLimit, files, 0) == -14)
    #expect(world.call(thread, .setResourceLimit, files, 1 << 50) == -14)
    #expect(world.call(thread, .resourceLimits, 0, files, 0, 0) == 0)
  }

  @Test func theCalendarIsTheBoardsClockAndOtherClocksCountFromBoot() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    world.board.registers[.cntpctEL0] = 62_500_000 * 5 + 31_250_000
    let boot: UInt64 = 1_767_225_600
    for (clock, seconds) in [
      (Clock.realTime, boot + 5), (.realTimeCoarse, boot + 5), (.monotonic, 5), (.bootTime, 5),
    ] {
      #expect(world.call(thread, .clockGetTime, clock.rawValue, address) == 0)
      #expect(try world.kernel.read64(thread, address) == seconds, "\(clock)")
      #expect(try world.kernel.read64(thread, address + 8) == 500_000_000)
    }
    #expect(world.call(thread, .getTimeOfDay, address, 0) == 0)
    #expect(try world.kernel.read64(thread, address) == boot + 5)
    #expect(world.call(thread, .clockGetTime, 99, address) == -22)
    // An absolute time is one of its clock: the past does not sleep, the future does.
    for (clock, now) in [(Clock.realTime, boot + 5), (.monotonic, 5)] {
      for (time, sleeps) in [(now, false), (now + 1, true)] {
        try world.kernel.write64(thread, address, time)
        try world.kernel.write64(thread, address + 8, 0)
        let result = world.call(thread, .clockNanosleep, clock.rawValue, 1, address, 0)
        #expect((result == nil) == sleeps, "\(clock) \(time)")
        if sleeps { #expect(thread.deadline == 62_500_000 * 6) }
        thread.state = .running(0)
        thread.hasPendingCall = false
      }
    }
  }

  @Test func aDamagedInitrdOrProgramIsRefused() throws {
    for files in [
      [], [("init", [])], [("init", [0x7f, 0x45, 0x4c, 0x46])],
      [("init", Array(program([1]).prefix(100)))], [("bin/init", program([1]))],
    ] as [[(String, [UInt8])]] {
      let world = try World(files: files)
      #expect(throws: BootFailure.noInit) { try world.kernel.startInit() }
    }
  }

  @Test func pathsAreNormalized() {
    func path(_ text: String) -> String {
      String(decoding: Archive.normalized(Array(text.utf8)), as: UTF8.self)
    }
    #expect(path("/init") == "init")
    #expect(path("./bin//sh") == "bin/sh")
    #expect(path("/../a/./b/../c/") == "a/c")
    #expect(path("/") == "")
  }

  @Test func filesOfTheInitrdAreRead() throws {
    let world = try World(files: [("etc/name", Array("faultline".utf8))])
    let thread = try world.process()
    let buffer = world.map(thread, pages: 1)
    try world.kernel.write(thread, buffer, Array("/etc/name\0".utf8))
    let file = UInt64(try #require(world.call(thread, .openAt, currentDirectory, buffer, 0)))
    #expect(file == 2)
    #expect(world.call(thread, .seek, file, 5, 0) == 5)
    #expect(world.call(thread, .read, file, buffer + 100, 50) == 4)
    #expect(try world.kernel.read(thread, buffer + 100, count: 4) == Array("line".utf8))
    #expect(world.call(thread, .read, file, buffer + 100, 50) == 0)
    #expect(world.call(thread, .openAt, currentDirectory, buffer, 1) == -30)
    #expect(world.call(thread, .close, file) == 0)
    #expect(world.call(thread, .close, file) == -9)
    try world.kernel.write(thread, buffer, Array("/nothing\0".utf8))
    #expect(world.call(thread, .openAt, currentDirectory, buffer, 0) == -2)
  }

  @Test func aSignalHandlerFindsItsFrameAndReturns() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 4)
    try world.kernel.write64(thread, memory, 0x1234_5000)  // handler
    try world.kernel.write64(thread, memory + 8, SignalActionFlags.information.rawValue)
    try world.kernel.write64(thread, memory + 24, 1 << 11)
    #expect(world.call(thread, .signalAction, 7, memory, 0, 8) == 0)
    for number in 0..<31 { thread.context.x[number] = UInt64(number) * 3 }
    thread.context.sp = memory + 4 * 4096
    thread.context.pc = 0x40_1000
    thread.context.pstate = 0x6000_0000
    thread.signals.mask = 2
    let before = thread.context
    world.kernel.send(
      SignalInformation(
        .bus, .memoryErrorActionRequired, address: 0x5000, leastBit: 12), to: thread)
    #expect(world.kernel.hasDeliverableSignal(thread))
    #expect(!world.kernel.deliverSignals(thread))
    #expect(thread.context.pc == 0x1234_5000)
    #expect(thread.x(0) == 7)
    let information = thread.x(1)
    #expect(try world.kernel.read32(thread, information) == 7)
    #expect(try world.kernel.read32(thread, information + 8) == 4)
    #expect(try world.kernel.read64(thread, information + 16) == 0x5000)
    #expect(try world.kernel.read(thread, information + 24, count: 1) == [12])
    #expect(thread.signals.mask == 2 | 1 << 11 | 1 << 6)
    let context = thread.x(2)
    #expect(
      try world.kernel.read64(thread, context + SignalContextLayout.registers + 5 * 8) == 15)
    #expect(try world.kernel.read64(thread, context + SignalContextLayout.pc) == 0x40_1000)
    // A handler may choose where to go on, but not at which level.
    try world.kernel.write64(thread, context + SignalContextLayout.pstate, 0x9000_03c9)
    world.call(thread, .signalReturn)
    #expect(thread.context.pc == before.pc)
    #expect(thread.context.sp == before.sp)
    #expect(thread.context.pstate == 0x9000_0000)
    #expect(thread.signals.mask == 2)
    for number in 0..<31 where number != 8 { #expect(thread.x(number) == before.x[number]) }
  }

  @Test func aForcedSignalThatIsBlockedKills() throws {
    let world = try World()
    let thread = try world.process()
    thread.process.actions.table[7].handler = 0x1000
    thread.signals.mask = Signal.bus.bit
    world.kernel.force(SignalInformation(.bus, .memoryErrorActionRequired), thread)
    #expect(world.kernel.deliverSignals(thread))
    #expect(thread.process.endingStatus == 7)
    #expect(thread.mustExit)
  }

  @Test func aHandlerWithoutAStackKills() throws {
    let world = try World()
    let thread = try world.process()
    thread.process.actions.table[10].handler = 0x1000
    thread.context.sp = 0x10
    world.kernel.send(SignalInformation(.user1, .user), to: thread)
    #expect(world.kernel.deliverSignals(thread))
    #expect(thread.process.endingStatus == 11)
  }

  @Test func aFutexSleepsAndIsWoken() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    try world.kernel.write32(thread, memory, 5)
    #expect(world.call(thread, .futex, memory, 128, 4, 0) == -11)
    #expect(world.call(thread, .futex, memory, 128, 5, 0) == nil)
    #expect(thread.state == .blocked)
    let other = world.kernel.addThread(thread.process, id: 50)
    other.state = .running(0)
    #expect(world.call(other, .futex, memory, 129, 10) == 1)
    #expect(thread.state == .ready)
    thread.state = .running(0)
    thread.hasPendingCall = false
    world.kernel.performCall(thread)
    #expect(thread.x(0) == 0)
  }

  @Test func aSleepEndsByItsDeadlineOrASignal() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    try world.kernel.write64(thread, memory, 2)
    try world.kernel.write64(thread, memory + 8, 500_000_000)
    #expect(world.call(thread, .nanosleep, memory, 0) == nil)
    #expect(thread.deadline == 156_250_000)
    world.board.registers[.cntpctEL0] = 156_249_999
    world.kernel.wakeSleepers()
    #expect(thread.state == .blocked)
    world.kernel.armTimer(0)
    #expect(world.board.registers[.cnthpCVALEL2] == 156_250_000)
    world.board.registers[.cntpctEL0] = 156_250_000
    world.kernel.wakeSleepers()
    #expect(thread.wakeReason == .timeout)
    thread.state = .running(0)
    thread.hasPendingCall = false
    world.kernel.performCall(thread)
    #expect(thread.x(0) == 0)
    // And the signal.
    thread.process.actions.table[10].handler = 0x1000
    #expect(world.call(thread, .nanosleep, memory, memory + 16) == nil)
    world.board.registers[.cntpctEL0] = 156_250_000 * 2 - 62_500_000
    world.kernel.send(SignalInformation(.user1, .user), to: thread)
    #expect(thread.state == .ready)
    thread.state = .running(0)
    thread.hasPendingCall = false
    world.kernel.performCall(thread)
    #expect(Int64(bitPattern: thread.x(0)) == -4)
    #expect(try world.kernel.read64(thread, memory + 16) == 1)
    #expect(try world.kernel.read64(thread, memory + 24) == 0)
  }

  @Test func aParentLearnsHowItsChildEnded() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    let id = try #require(world.call(thread, .clone, 17, 0, 0, 0, 0))
    let child = try #require(world.kernel.threads.first { Int64($0.id) == id })
    #expect(world.call(thread, .wait4, .max, memory, 1, 0) == 0)
    #expect(world.call(thread, .wait4, UInt64(id), memory, 0, 0) == nil)
    child.state = .running(0)
    world.call(child, .exitGroup, 3)
    #expect(child.mustExit)
    world.kernel.endThread(child)
    #expect(thread.state == .ready)
    thread.state = .running(0)
    thread.hasPendingCall = false
    world.kernel.performCall(thread)
    #expect(Int64(thread.x(0)) == id)
    #expect(try world.kernel.read32(thread, memory) == 0x300)
    #expect(world.call(thread, .wait4, .max, memory, 0, 0) == -10)
  }

  @Test func eventCountersAndPollAgree() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    let file = UInt64(try #require(world.call(thread, .eventfd2, 0, 0o4000)))
    #expect(world.call(thread, .read, file, memory, 8) == -11)
    try world.kernel.write32(thread, memory, UInt32(file))
    try world.kernel.write32(thread, memory + 4, 1)
    #expect(world.call(thread, .poll, memory, 1, 0, 0) == nil)
    let other = world.kernel.addThread(thread.process, id: 60)
    other.state = .running(1)
    try world.kernel.write64(thread, memory + 64, 7)
    #expect(world.call(other, .write, file, memory + 64, 8) == 8)
    #expect(thread.state == .ready)
    thread.state = .running(0)
    thread.hasPendingCall = false
    world.kernel.performCall(thread)
    #expect(thread.x(0) == 1)
    #expect(try world.kernel.read32(thread, memory + 4) >> 16 == 1)
    #expect(world.call(thread, .read, file, memory, 8) == 8)
    #expect(try world.kernel.read64(thread, memory) == 7)
  }

  /// Every call with arguments of every awkward kind: the kernel answers or refuses.
  @Test func hostileArgumentsAreAnswered() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 16, flags: .populate)
    let values: [UInt64] = [
      0, 1, 2, 7, 0x1000, memory, memory + 1, memory + 65530, memory + 65536, 1 << 31, 1 << 47,
      .max,
      .max - 4095, 1 << 63, 0xffff_0000_4000_0000,
    ]
    var seed: UInt64 = 12345
    func next() -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed >> 33
    }
    let left: [SystemCall] = [
      .exit, .exitGroup, .clone, .reboot, .kill, .threadKill, .threadGroupKill,
    ]
    for call in SystemCall.allCases where !left.contains(call) {
      for _ in 0..<200 {
        let arguments = (0..<6).map { _ in
          next() % 8 == 0 ? next() << 31 ^ next() : values[Int(next()) % values.count]
        }
        world.call(
          thread, call, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
          arguments[5])
        thread.state = .running(0)
        thread.hasPendingCall = false
        thread.signals.pending = SignalQueue()
        thread.signals.forced = ForcedSignals()
        thread.signals.restoreMask()
      }
    }
    #expect(!world.text.contains("panic"))
  }
}
