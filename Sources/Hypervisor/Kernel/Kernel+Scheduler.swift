// Who runs where: round robin over one queue, a turn of ten milliseconds, on every core alike. And
// sleeping and waking.

import Arm
import KVM

extension Kernel {
  /// Milliseconds of a turn.
  static var turnMilliseconds: UInt64 { 10 }

  // MARK: Sleeping and waking.

  /// Puts a thread that runs on this core to sleep until `wake` of its channel, a deadline (counter
  /// ticks) or a signal. The system call then throws `CallEnd.blocked` and is made again when the
  /// thread wakes; `thread.wakeReason` says why.
  ///
  /// Nothing is lost between the look at a condition and this: the caller holds the kernel lock.
  public func sleep(_ thread: Thread, on channel: WaitChannel, until deadline: UInt64? = nil) {
    thread.channel = channel
    thread.deadline = deadline
    thread.state = .blocked
  }

  /// Wakes at most `count` threads that sleep on a channel; answers how many.
  @discardableResult
  public func wake(_ channel: WaitChannel, count: Int = .max) -> Int {
    var woken = 0
    for thread in threads
    where woken < count && thread.state == .blocked && thread.channel == channel {
      wake(thread, .event)
      woken += 1
    }
    return woken
  }

  /// Wakes one thread, if it sleeps.
  public func wake(_ thread: Thread, _ reason: WakeReason) {
    guard thread.state == .blocked else { return }
    thread.wakeReason = reason
    thread.deadline = nil
    makeReady(thread)
  }

  func makeReady(_ thread: Thread) {
    ready.append(thread, at: now)
    // An idle core, this thread's last one first: its caches are warm.
    let last = thread.lastCore
    if cores[last].isIdle { return kick(core: last) }
    for core in cores.indices where cores[core].isIdle { return kick(core: core) }
  }

  /// Makes a core enter the kernel soon: out of idle, EL0 or a guest.
  public func kick(core: Int) {
    guard core != platform.core else { return }
    cores[core].isIdle = false
    platform.kick(affinity: cores[core].affinity)
  }

  /// Makes a thread look at its signals and at what else has changed for it: wakes it if it sleeps
  /// in a call that signals end, kicks its core if it runs.
  public func kick(_ thread: Thread) {
    switch thread.state {
    case .blocked: wake(thread, .signal)
    case .running(let core): kick(core: core)
    case .ready, .dead: break
    }
  }

  /// Whether a thread in KVM_RUN must come out: a signal is there for it or it must end (the call
  /// fails with EINTR), or its turn is over (the call throws `.again`).
  public func mustLeave(_ thread: Thread) -> CallEnd? {
    if thread.mustExit || hasDeliverableSignal(thread) { return .failed(.interrupted) }
    if cores[platform.core].mustReschedule && !ready.isEmpty { return .again }
    return nil
  }

  /// Wakes who has slept long enough.
  func wakeSleepers() {
    let time = now
    for thread in threads where thread.state == .blocked {
      if let deadline = thread.deadline, deadline <= time { wake(thread, .timeout) }
    }
  }

  // MARK: The way out of the kernel.

  /// Chooses who runs next on this core, finishes what it must do first, and answers its context;
  /// gives back the lock. Every entry ends here.
  @unsafe public func leave() -> UnsafeMutablePointer<UserContext> {
    let core = platform.core
    while true {
      guard let thread = choose(core) else {
        idle(core)
        continue
      }
      if thread.hasPendingCall {
        thread.hasPendingCall = false
        performCall(thread)
        if thread.hasPendingCall, thread.state == .running(core), ready.isEmpty {
          // `CallEnd.again`, and nobody else is here to run: what it waits for happens on another
          // core, which needs the lock, or by an interrupt.
          platform.unlock()
          platform.lock()
          handleInterrupts()
        }
        continue
      }
      if thread.mustExit {
        endThread(thread)
        continue
      }
      if deliverSignals(thread) { continue }
      if cores[core].mustReschedule && !ready.isEmpty { continue }
      load(thread, core)
      platform.unlock()
      return unsafe thread.contextPointer
    }
  }

  /// The thread that goes on, or the next in the queue.
  private func choose(_ core: Int) -> Thread? {
    if let current = cores[core].current {
      if current.state == .running(core) {
        if !(cores[core].mustReschedule && !ready.isEmpty) { return current }
        // Its turn is over, and somebody waits.
        putAway(current, core)
        ready.append(current, at: now)
      } else {
        putAway(current, core)
      }
      cores[core].current = nil
    }
    cores[core].mustReschedule = false
    let time = now
    guard let next = ready.next(on: core, at: time) else { return nil }
    cores[core].current = next
    cores[core].turnEnd = time + ticks(nanoseconds: Self.turnMilliseconds * 1_000_000)
    // Now, for it may not leave the kernel for EL0 but go on in KVM_RUN: its turn must end all the
    // same, and nobody else's tables may be this core's.
    armTimer(core)
    if let space = next.process.space { use(space) }
    return next
  }

  /// A thread leaves its core: its vector registers go to memory, where any core finds them.
  private func putAway(_ thread: Thread, _ core: Int) {
    if cores[core].vectorOwner === thread {
      if thread.state != .dead { platform.saveVectors(thread.vectors) }
      cores[core].vectorOwner = nil
    }
  }

  /// Has this core's vector registers hold the thread's; needed before a thread goes on at EL0, and
  /// by nobody else.
  private func load(_ thread: Thread, _ core: Int) {
    if cores[core].vectorOwner !== thread {
      platform.loadVectors(thread.vectors)
      cores[core].vectorOwner = thread
    }
    if let space = thread.process.space { use(space) }
  }

  /// Writes the core's copy of the current thread's vector registers to `thread.vectors`; they are
  /// loaded again before it goes on. For who wants to read or change them, or to use the registers
  /// for a guest.
  public func releaseVectors() {
    let core = platform.core
    guard let owner = cores[core].vectorOwner else { return }
    platform.saveVectors(owner.vectors)
    cores[core].vectorOwner = nil
  }

  func use(_ space: AddressSpace) {
    let value = TableBase(rawValue: space.root.rawValue)
      .with(TableBase.asid, UInt64(space.asid)).rawValue
    if platform.read(.ttbr0EL2) != value {
      platform.write(.ttbr0EL2, value)
      platform.synchronizeContext()
    }
  }

  func useNoSpace() {
    platform.write(.ttbr0EL2, emptyRoot.rawValue)
    platform.synchronizeContext()
  }

  private func idle(_ core: Int) {
    useNoSpace()
    cores[core].isIdle = true
    armTimer(core)
    platform.unlock()
    platform.waitForInterrupt()
    platform.lock()
    cores[core].isIdle = false
    handleInterrupts()
  }

  /// The timer of this core fires when the first of the threads that slept here last is due, or
  /// when the turn ends.
  func armTimer(_ core: Int) {
    var next: UInt64 = .max
    for thread in threads where thread.state == .blocked && thread.lastCore == core {
      if let deadline = thread.deadline { next = min(next, deadline) }
    }
    if cores[core].current != nil { next = min(next, cores[core].turnEnd) }
    if core == 0, let time = errors.pollTime { next = min(next, time) }
    if next == .max {
      platform.write(.cnthpCTLEL2, 0)
    } else {
      platform.write(.cnthpCVALEL2, next)
      platform.write(.cnthpCTLEL2, 1)
    }
  }
}
