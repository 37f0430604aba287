// What becomes of a bad frame, and who is told.

import APEI
import Arm
import Boot
import KVM
import Testing

@testable import Hypervisor

@Suite struct MemoryFailureTests {
  private func frame(_ world: World, _ thread: Thread, _ address: UInt64) throws -> PhysicalAddress
  {
    try world.kernel.resolve(#require(thread.process.space), address, for: .write).address
  }

  @Test func theConsumerIsToldAtOnceAndEveryTouchAfter() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 3)
    let bad = try frame(world, thread, address + 4096)
    #expect(
      world.kernel.errors.memoryFailure(PhysicalAddress(bad.rawValue + 0x240), consumer: thread)
        == .recovered)
    let signal = try #require(thread.signals.forced.next)
    #expect(signal.number == 7 && signal.code == 4)
    #expect(signal.address == address + 4096 && signal.leastBit == 12)
    let space = try #require(thread.process.space)
    #expect(throws: UserFault.lost(leastBit: 12)) {
      try world.kernel.resolve(space, address + 4096 + 8, for: .read)
    }
    // The neighbours live, and the frame never comes back.
    try world.kernel.write64(thread, address, 1)
    try world.kernel.write64(thread, address + 8192, 1)
    #expect(world.call(thread, .unmap, address, 3 * 4096) == 0)
    while let next = world.kernel.frames.allocate(for: .user) { #expect(next != bad) }
    #expect(world.text.contains("recovery action for dirty LRU page: Recovered"))
  }

  @Test func othersAreToldOnlyWhenTheyAskedForIt() throws {
    let world = try World()
    let first = try world.process()
    let address = world.map(first, pages: 1, flags: [.shared])
    _ = try frame(world, first, address)
    let id = try #require(world.call(first, .clone, 17, 0, 0, 0, 0))
    let second = try #require(world.kernel.threads.first { Int64($0.id) == id })
    #expect(world.call(second, .processControl, 33, 1, 1) == 0)
    let bad = try frame(world, first, address)
    #expect(try frame(world, second, address) == bad)
    second.process.actions.table[7].handler = 0x1000
    world.kernel.errors.memoryFailure(bad, consumer: nil)
    #expect(first.signals.pending.signals.isEmpty && first.signals.forced.next == nil)
    #expect(second.signals.pending.signals.first?.code == 5)
    for thread in [first, second] {
      #expect(throws: UserFault.lost(leastBit: 12)) {
        try world.kernel.resolve(#require(thread.process.space), address, for: .read)
      }
    }
  }

  @Test func adviceMakesBlocksLoseAPageAndHugePagesAllOfIt() throws {
    let world = try World()
    let thread = try world.process()
    let space = try #require(thread.process.space)
    let advised = world.map(thread, pages: 512)
    world.call(thread, .advise, advised, 512 * 4096, 14)
    let bad = try frame(world, thread, advised + 0x5000)
    world.kernel.errors.memoryFailure(bad, consumer: thread)
    #expect(thread.signals.forced.next?.leastBit == 12)
    #expect(thread.signals.forced.next?.address == advised + 0x5000)
    #expect(world.kernel.leaf(space, advised + 0x6000).isMapped)
    thread.signals.forced = ForcedSignals()
    let huge = world.map(thread, pages: 512, flags: .hugePages)
    let worse = try frame(world, thread, huge + 0x5000)
    world.kernel.errors.memoryFailure(worse, consumer: thread)
    #expect(thread.signals.forced.next?.leastBit == 21)
    #expect(thread.signals.forced.next?.address == huge)
    #expect(throws: UserFault.lost(leastBit: 21)) {
      try world.kernel.resolve(space, huge + 0x1f_0000, for: .read)
    }
  }

  @Test func aPageOfAFileIsReadAgain() throws {
    let world = try World(files: [("data", [UInt8](repeating: 7, count: 5000))])
    let thread = try world.process()
    let name = world.map(thread, pages: 1)
    try world.kernel.write(thread, name, Array("data\0".utf8))
    let file = UInt64(try #require(world.call(thread, .openAt, currentDirectory, name, 0)))
    let address = UInt64(
      try #require(world.call(thread, .map, 0, 8192, 1, 2, file, 0)))
    let space = try #require(thread.process.space)
    let bad = try world.kernel.resolve(space, address, for: .read).address
    world.kernel.errors.memoryFailure(bad, consumer: thread)
    #expect(thread.signals.forced.next == nil)
    let fresh = try world.kernel.resolve(space, address, for: .read).address
    #expect(fresh != bad)
    #expect(try world.kernel.read(thread, address + 4096, count: 904).allSatisfy { $0 == 7 })
    #expect(try world.kernel.read(thread, address + 5000, count: 8).allSatisfy { $0 == 0 })
    #expect(world.text.contains("clean LRU page: Recovered"))
  }

  @Test func freeKernelAndForeignFramesAreTold() throws {
    let world = try World()
    let free = PhysicalAddress(FakeBoard.base + 0x100_0000)
    #expect(world.kernel.errors.memoryFailure(free, consumer: nil) == .recovered)
    #expect(world.text.contains("free buddy page: Recovered"))
    #expect(world.kernel.errors.memoryFailure(free, consumer: nil) == .alreadyKnown)
    let image = PhysicalAddress(FakeBoard.base + 0x4000)
    #expect(world.kernel.errors.memoryFailure(image, consumer: nil) == .ignored)
    #expect(world.kernel.errors.memoryFailure(PhysicalAddress(0x1000), consumer: nil) == .outside)
  }

  @Test func aProcessWhoseTableIsBadDiesAndTheRestLives() throws {
    let world = try World()
    let thread = try world.process()
    let neighbour = try world.process()
    let address = world.map(thread, pages: 1)
    _ = try frame(world, thread, address)
    let space = try #require(thread.process.space)
    let slot = world.kernel.leaf(space, address).slot
    world.kernel.errors.memoryFailure(slot, consumer: thread)
    #expect(thread.signals.forced.next?.number == Signal.kill.rawValue)
    #expect(world.kernel.deliverSignals(thread))
    world.kernel.endThread(thread)
    #expect(thread.process.space == nil)
    let other = world.map(neighbour, pages: 1)
    try world.kernel.write64(neighbour, other, 1)
  }

  @Test func aCopyThatMeetsAnErrorIsEFAULTAndASignal() throws {
    let world = try World()
    let thread = try world.process()
    world.kernel.cores[0].current = thread
    let address = world.map(thread, pages: 1)
    let bad = try frame(world, thread, address)
    world.board.poison = [bad.rawValue + 0x40]
    world.board.onAbort = { _ in
      #expect(
        Kernel<FakeHardware>.survivesCopyAbort(
          Syndrome.dataAbort(.externalAbort, isWrite: false).taken(fromSameLevel: true)))
    }
    #expect(world.call(thread, .write, 1, address, 128) == -14)
    #expect(thread.signals.forced.next?.number == 7)
  }

  /// An SError from which the core restarts has cost nobody anything yet: its thread is told as any
  /// other, which is not at all unless it asked for it. A recoverable one has a consumer.
  @Test(arguments: [(0x811, nil, 5), (0x811, 0, nil), (0xC11, 4, nil)] as [(UInt64, Int?, Int?)])
  func whoeverRanAtAnSErrorIsItsConsumerOnlyIfSomethingWasLost(
    _ iss: UInt64, _ forced: Int?, _ sent: Int?
  ) throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    let bad = try frame(world, thread, address)
    if sent != nil {
      #expect(world.call(thread, .processControl, 33, 1, 1) == 0)
      thread.process.actions.table[7].handler = 0x1000
    }
    _ = try world.publish(bad.rawValue + 0x80, by: .sei)
    world.kernel.errors.systemError(Syndrome(.serror, iss: iss), thread)
    #expect((thread.signals.forced.next?.code).map(Int.init) == (forced == 0 ? nil : forced))
    #expect((thread.signals.pending.signals.first?.code).map(Int.init) == sent)
    #expect(world.kernel.frames.poisonedCount == 1)
  }

  /// Two cores run into two errors at once: the first to come finds both records. Each process is
  /// told of its own page, and of no other.
  @Test func aRecordOfAnotherCoreIsNotTheConsumers() throws {
    let world = try World()
    let first = try world.process()
    let second = try world.process()
    let firstPage = world.map(first, pages: 1)
    let secondPage = world.map(second, pages: 1)
    try world.publish(
      frame(world, second, secondPage).rawValue, frame(world, first, firstPage).rawValue, by: .sea)
    let abort = Syndrome.dataAbort(.externalAbort, isWrite: false)
    world.kernel.errors.userAbort(first, abort)
    #expect(first.signals.forced.next?.number == Signal.bus.rawValue)
    #expect(first.signals.forced.next?.address == firstPage)
    // The other core: no record is left for it, but the page has gone.
    second.context.far = secondPage
    world.kernel.errors.userAbort(second, abort)
    #expect(second.signals.forced.next == nil)
    #expect(throws: UserFault.lost(leastBit: 12)) {
      try world.kernel.resolve(#require(second.process.space), secondPage, for: .read)
    }
  }

  /// Two vCPUs of one guest, or two threads of one process, meet an error each: both records are there,
  /// and the first core finds both. Each thread is told of its own, by what the record says.
  @Test func aRecordThatNamesAnotherCoreWaitsForIt() throws {
    let world = try World()
    let first = try world.process()
    let address = world.map(first, pages: 2)
    let second = world.kernel.addThread(first.process, id: world.kernel.takeID())
    second.state = .running(1)
    for core in 0...1 {
      world.kernel.cores[core].affinity = UInt64(core)
      world.kernel.cores[core].isOnline = true
    }
    try world.publish(
      frame(world, first, address + 4096).rawValue, frame(world, first, address).rawValue,
      by: .sei, cores: [1, 0])
    let error = Syndrome.serror(.recoverable)
    world.kernel.errors.systemError(error, first)
    #expect(first.signals.forced.signals.map(\.address) == [address])
    #expect(world.board.kicks == [1])
    #expect(world.kernel.frames.poisonedCount == 1)
    world.board.core = 1
    world.kernel.errors.systemError(error, second)
    #expect(second.signals.forced.signals.map(\.address) == [address + 4096])
    #expect(first.signals.forced.signals.count == 1)
    // One that never comes for its record: nobody consumed it, but its page is given up.
    world.board.core = 0
    let other = world.map(first, pages: 1)
    try world.publish(frame(world, first, other).rawValue, by: .sea, cores: [1])
    #expect(world.kernel.errors.claim(.synchronousAbort, for: first) == .none)
    world.board.core = 1
    world.board.registers[.iccIAR1EL1] = 0
    world.kernel.handleInterrupts()
    #expect(world.kernel.frames.poisonedCount == 3)
    #expect(first.signals.forced.signals.count == 1 && second.signals.forced.signals.count == 1)
  }

  /// Two errors of one thread: two SIGBUS, one after the other, each with its address.
  @Test func aSecondErrorDoesNotReplaceTheFirst() throws {
    let world = try World()
    let thread = try world.process()
    // The frame of a signal takes more than a page of the stack.
    let address = world.map(thread, pages: 6)
    thread.context.sp = address + 6 * 4096
    thread.process.actions.table[7].handler = 0x1000
    thread.process.actions.table[7].flags = [.information]
    try world.publish(
      frame(world, thread, address).rawValue, frame(world, thread, address + 4096).rawValue,
      by: .sea)
    world.kernel.errors.userAbort(thread, Syndrome.dataAbort(.externalAbort, isWrite: false))
    #expect(thread.signals.forced.signals.map(\.address) == [address, address + 4096])
    func told() throws -> UInt64 {
      try world.kernel.read64(thread, thread.x(1) + SignalInformationLayout.address)
    }
    #expect(!world.kernel.deliverSignals(thread))
    #expect(thread.context.pc == 0x1000)
    #expect(try told() == address)
    // Not on top of the handler: after it.
    #expect(!world.kernel.hasDeliverableSignal(thread))
    #expect(world.call(thread, .signalReturn) != nil)
    #expect(world.kernel.hasDeliverableSignal(thread))
    #expect(!world.kernel.deliverSignals(thread))
    #expect(try told() == address + 4096)
    #expect(thread.signals.forced.signals.isEmpty)
  }

  /// Firmware's own memory is bad: whoever reads a record there does not go down with it, and who
  /// consumed an error is not told of that one.
  @Test(arguments: [false, true]) func aSourceWhoseMemoryIsLostIsNotAskedAgain(
    _ isBlock: Bool
  ) throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    let region = try world.publish(frame(world, thread, address).rawValue, by: .sea)
    world.board.poison = [isBlock ? region.block(0) : region.statusAddressLocation(0)]
    var aborts = 0
    world.board.onAbort = { _ in
      aborts += 1
      #expect(
        Kernel<FakeHardware>.survivesCopyAbort(
          Syndrome.dataAbort(.externalAbort, isWrite: false).taken(fromSameLevel: true)))
    }
    for _ in 0..<3 {
      #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .none)
    }
    #expect(aborts == 1)
    #expect(world.text.contains("error source 0: hardware error in its own memory"))
    // The record that firmware makes of that abort, in another source: nobody is told of it.
    let place = PhysicalAddress(region.block(0) + 64)
    let sources = world.kernel.errors.sources
    try world.publish(region.statusAddressLocation(0), by: .sea)
    world.kernel.errors.sources[0].sourceID = 7
    world.kernel.errors.sources += sources
    #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .claimed)
    #expect(thread.signals.forced.next == nil)
    #expect(world.kernel.frames.isPoisoned(place) == false)
  }

  /// A record of firmware in a GHESv2 source, claimed: block status cleared, acknowledged, logged,
  /// and its page given up.
  @Test func aRecordIsClaimedAcknowledgedAndActedOn() throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    let bad = try frame(world, thread, address)
    let region = try world.publish(bad.rawValue + 0x80, by: .sea)
    let block = PhysicalAddress(region.block(0))
    let hardware = FakeHardware(board: world.board)
    #expect(world.kernel.errors.claim(.systemError, for: thread) == .none)
    #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .claimed)
    #expect(hardware.load32(block) == 0)
    #expect(unsafe world.kernel.word(PhysicalAddress(region.acknowledgeLocation(0))) & 1 == 1)
    #expect(thread.signals.forced.next?.address == address)
    #expect(world.text.contains("{1}[Hardware Error]: event severity: recoverable"))
    #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .none)
  }

  @Test(arguments: [ErrorNotification.Kind.sdei, .polled])
  func sourcesThatNothingHereTellsOfAreAskedForThemselves(_ kind: ErrorNotification.Kind) throws {
    let world = try World()
    let thread = try world.process()
    let address = world.map(thread, pages: 1)
    let bad = try frame(world, thread, address)
    try world.publish(bad.rawValue, by: kind)
    #expect(world.kernel.errors.claim(.notification, for: nil) == .none)
    #expect(world.kernel.errors.claim(.synchronousAbort, for: thread) == .none)
    #expect(world.kernel.errors.claim(.poll, for: nil) == .claimed)
    #expect(thread.signals.forced.next == nil, "nobody has consumed it")
    #expect(world.text.contains("recovery action for dirty LRU page: Recovered"))
  }
}
