// What a program could do to the kernel or to its neighbours, one attack a test: arithmetic on its
// numbers, things without end, and calls that wait for one another.

import Arm
import KVM
import Testing

@testable import Hypervisor

extension World {
  /// A descriptor of a file by its path.
  func open(_ thread: Thread, _ path: String, _ buffer: UInt64, _ flags: UInt64) throws -> UInt64 {
    try kernel.write(thread, buffer, Array(path.utf8) + [0])
    return UInt64(try #require(call(thread, .openAt, currentDirectory, buffer, flags)))
  }

  /// Makes the call of a thread again that was woken, as the scheduler would.
  @discardableResult
  func again(_ thread: Thread) -> Int64? {
    thread.state = .running(0)
    thread.hasPendingCall = false
    kernel.performCall(thread)
    return thread.hasPendingCall ? nil : Int64(bitPattern: thread.x(0))
  }

  /// fork.
  func fork(_ thread: Thread) throws -> Thread {
    let id = try #require(call(thread, .clone, 17, 0, 0, 0, 0))
    return try #require(kernel.threads.first { Int64($0.id) == id })
  }
}

@Suite struct HostileProcessTests {
  // MARK: Arithmetic.

  @Test func offsetsBeyondEverythingAreRefused() throws {
    let world = try World(files: [("data", [1, 2, 3])])
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    let file = UInt64(try #require(world.call(thread, .createMemoryFile, memory, 0)))
    for offset in [.max, .max - 1, 1 << 63] as [UInt64] {
      #expect(world.call(thread, .writeAt, file, memory, 1, offset) == -22)
      #expect(world.call(thread, .readAt, file, memory, 1, offset) == -22)
    }
    #expect(world.call(thread, .writeAt, file, memory, 1, .max >> 1) == -27)
    let data = try world.open(thread, "/data", memory, 0)
    #expect(world.call(thread, .map, 0, 8192, 1, 2, data, .max - 4095) == -75)
  }

  @Test func lengthsThatAddUpBeyondEverythingAreCut() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    let null = try world.open(thread, "/dev/null", memory, 2)
    #expect(world.call(thread, .write, null, memory, .max) == 0x7fff_f000)
    for word in 0..<8 as Range<UInt64> {
      try world.kernel.write64(thread, memory + word * 8, word & 1 == 0 ? memory : .max)
    }
    #expect(world.call(thread, .writeVector, null, memory, 4) == 0x7fff_f000)
  }

  @Test func aTimerWhoseNextTimeIsBeyondEverythingNeverComes() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    let timer = UInt64(try #require(world.call(thread, .timerfdCreate, 1, 0o4000)))
    for (index, word) in [(.max >> 1), 0, 0, 1].enumerated() as EnumeratedSequence<[UInt64]> {
      try world.kernel.write64(thread, memory + UInt64(index) * 8, word)
    }
    #expect(world.call(thread, .timerfdSetTime, timer, 0, memory, 0) == 0)
    world.board.registers[.cntpctEL0] = 1000
    #expect(world.call(thread, .read, timer, memory, 8) == 8)
    #expect(try world.kernel.read64(thread, memory) == 1)
    #expect(world.call(thread, .read, timer, memory, 8) == -11)
  }

  // MARK: Things without end.

  @Test func signalsThatQueueAreBounded() throws {
    let world = try World()
    let thread = try world.process()
    thread.signals.mask = .max
    for _ in 0..<1000 { world.call(thread, .kill, UInt64(thread.process.id), 40) }
    for _ in 0..<1000 { world.call(thread, .threadKill, UInt64(thread.id), 41) }
    #expect(thread.process.pending.signals.count == 128)
    #expect(thread.signals.pending.signals.count == 128)
    // One that is not among them still gets through.
    world.call(thread, .kill, UInt64(thread.process.id), 42)
    #expect(thread.process.pending.signals.last?.number == 42)
  }

  @Test func argumentsWithoutEndAreRefused() throws {
    let world = try World(files: [("program", program([1, 2, 3, 4]))])
    let thread = try world.process()
    let memory = world.map(thread, pages: 4)
    try world.kernel.write(thread, memory, Array("/program\0".utf8))
    let long = [UInt8](repeating: 0x41, count: 4000)
    try world.kernel.write(thread, memory + 4096, long + [0])
    for index in 0..<1000 as Range<UInt64> {
      try world.kernel.write64(thread, memory + 8192 + index * 8, memory + 4096)
    }
    #expect(world.call(thread, .execute, memory, memory + 8192, memory + 8192) == -7)
    #expect(thread.process.endingStatus == nil)
  }

  @Test func nobodyKillsInit() throws {
    let world = try World(files: [("init", program([1, 2, 3, 4]))])
    try world.kernel.startInit()
    let first = try #require(world.kernel.threads.first)
    let thread = try world.process()
    #expect(world.call(thread, .kill, 1, Signal.kill.rawValue) == 0)
    #expect(world.call(thread, .threadKill, UInt64(first.id), Signal.kill.rawValue) == 0)
    #expect(!world.kernel.hasDeliverableSignal(first))
  }

  /// The heap takes its objects in one piece: a process that has had every frame, and gives back
  /// every second one, leaves it its blocks.
  @Test func processesCannotCrumbleTheReserve() throws {
    let world = try World(megabytes: 64)
    var taken: [PhysicalAddress] = []
    while let frame = world.kernel.frames.allocate(for: .user) { taken.append(frame) }
    for index in taken.indices where index & 1 == 0 { world.kernel.frames.free(taken[index]) }
    #expect(!world.kernel.frames.isScarce)
    while world.kernel.frames.allocate(order: 9, for: .user) != nil {}
    while world.kernel.frames.allocate(for: .table) != nil {}
    for _ in 0..<world.kernel.frames.reserve >> 9 {
      let block = world.kernel.frames.allocate(order: 9, for: .heap)
      #expect(block != nil)
    }
  }

  // MARK: Waiting for one another.

  @Test func executeWaitsForAThreadOnAnotherCore() throws {
    let world = try World(files: [("program", program([1, 2, 3, 4]))])
    let thread = try world.process()
    world.kernel.cores[0].current = thread
    let memory = world.map(thread, pages: 1)
    let other = world.kernel.addThread(thread.process, id: 70)
    other.state = .running(1)
    world.kernel.cores[1].current = other
    try world.kernel.write(thread, memory, Array("/program\0".utf8))
    #expect(world.call(thread, .execute, memory, 0, 0) == nil)
    #expect(other.mustExit)
    // The other core comes in as soon as it gets the lock.
    world.board.onUnlock = {
      guard other.state != .dead else { return }
      world.board.core = 1
      world.kernel.endThread(other)
      world.board.core = 0
    }
    _ = unsafe world.kernel.leave()
    #expect(thread.context.pc == 0x40_0000)
    #expect(thread.process.threads.count == 1)
  }

  @Test func ofTwoThreadsThatExecuteOneDoes() throws {
    let world = try World(files: [("program", program([1, 2, 3, 4]))])
    let thread = try world.process()
    let memory = world.map(thread, pages: 1)
    let other = world.kernel.addThread(thread.process, id: 71)
    other.state = .running(1)
    try world.kernel.write(thread, memory, Array("/program\0".utf8))
    #expect(world.call(thread, .execute, memory, 0, 0) == nil)
    #expect(world.call(other, .execute, memory, 0, 0) == -4)
    #expect(!thread.mustExit)
  }

  @Test func aVforkIsWaitedForWhateverSignalComes() throws {
    let world = try World()
    let thread = try world.process()
    thread.process.actions.table[10].handler = 0x1000
    let flags = CloneFlags.memory.rawValue | CloneFlags.vfork.rawValue | 17
    #expect(world.call(thread, .clone, flags, 0, 0, 0, 0) == nil)
    let child = try #require(world.kernel.threads.last)
    world.kernel.send(SignalInformation(.user1, .user), to: thread)
    #expect(world.again(thread) == nil)
    #expect(thread.state == .blocked)
    world.kernel.leaveSpace(child.process)
    #expect(world.again(thread) == Int64(child.id))
    // Death ends it.
    #expect(world.call(thread, .clone, flags, 0, 0, 0, 0) == nil)
    world.kernel.send(SignalInformation(.kill, .user), to: thread)
    #expect(world.again(thread) != nil)
  }

  @Test func aThreadThatMustEndMakesNoOther() throws {
    let world = try World()
    let thread = try world.process()
    let neighbour = try world.process()
    neighbour.state = .blocked
    world.kernel.wake(neighbour, .event)
    world.kernel.cores[0].current = thread
    thread.context.esr = Syndrome.call(.svc, immediate: 0).rawValue
    thread.context.x[8] = SystemCall.clone.rawValue
    thread.context.x[0] = 17
    // exit_group, from another core, an instant before.
    world.kernel.endProcess(thread.process, status: 0)
    world.board.isLocked = false
    _ = unsafe world.kernel.enter(.synchronous)
    #expect(world.kernel.threads.count == 1)
    #expect(world.kernel.threads.first === neighbour)
  }

  // MARK: Memory of others.

  /// A block that a child has cut: the parent's write to it must not reach the child's pages.
  @Test func aBlockThatAChildHasCutIsStillTheChilds() throws {
    let world = try World()
    let parent = try world.process()
    let memory = world.map(parent, pages: 512)
    world.call(parent, .advise, memory, 512 * 4096, 14)
    try world.kernel.write64(parent, memory + 5 * 4096, 11)
    let child = try world.fork(parent)
    #expect(world.call(child, .unmap, memory, 4096) == 0)
    try world.kernel.write64(parent, memory, 1)
    try world.kernel.write64(parent, memory + 5 * 4096, 22)
    #expect(try world.kernel.read64(child, memory + 5 * 4096) == 11)
    #expect(try world.kernel.read64(parent, memory + 5 * 4096) == 22)
  }

  @Test func aForkGoesOnWithoutThePagesThatAreLost() throws {
    let world = try World()
    let thread = try world.process()
    let memory = world.map(thread, pages: 3, flags: .shared)
    #expect(world.call(thread, .protect, memory + 8192, 4096, 0) == 0)
    let space = try #require(thread.process.space)
    let bad = try world.kernel.resolve(space, memory, for: .write)
    world.kernel.errors.memoryFailure(bad.address, consumer: nil)
    let child = try world.fork(thread)
    try world.kernel.write64(thread, memory + 4096, 5)
    #expect(try world.kernel.read64(child, memory + 4096) == 5)
  }

  @Test func aPageMapOutlivesItsMemory() throws {
    let world = try World()
    let first = try world.process()
    let second = try world.process()
    let buffer = world.map(first, pages: 1)
    let file = try world.open(first, "/proc/self/pagemap", buffer, 0)
    let shared = try second.process.files.add(first.process.files.file(file))
    let memory = world.map(second, pages: 1)
    let offset = buffer >> 12 * 8
    #expect(world.call(second, .readAt, shared, memory, 8, offset) == 8)
    #expect(try world.kernel.read64(second, memory) >> 63 == 1)
    world.kernel.leaveSpace(first.process)
    #expect(world.call(second, .readAt, shared, memory, 8, offset) == 0)
  }

  // MARK: Errors.

  @Test func aForcedKillIsNotTakenBack() throws {
    let world = try World()
    let thread = try world.process()
    world.kernel.force(SignalInformation(.kill, .kernel), thread)
    world.kernel.force(SignalInformation(.bus, .memoryErrorActionRequired), thread)
    #expect(thread.signals.forced.next?.number == Signal.kill.rawValue)
  }

  @Test func aBlockThatCannotBeCutIsLostWhole() throws {
    let world = try World()
    let thread = try world.process()
    let space = try #require(thread.process.space)
    let memory = world.map(thread, pages: 512)
    world.call(thread, .advise, memory, 512 * 4096, 14)
    try world.kernel.write64(thread, memory, 1)
    while world.kernel.frames.allocate(for: .table) != nil {}
    let bad = try world.kernel.resolve(space, memory + 0x5000, for: .read)
    world.kernel.errors.memoryFailure(bad.address, consumer: thread)
    #expect(thread.signals.forced.next?.leastBit == 21)
    #expect(throws: UserFault.lost(leastBit: 21)) {
      try world.kernel.resolve(space, memory, for: .read)
    }
  }
}
