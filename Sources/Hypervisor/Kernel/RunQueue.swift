// Threads that could run, first come first served.

/// The queue, for all cores. Times are counter ticks.
struct RunQueue {
  private var threads: [Thread] = []

  /// Whether nobody waits for a core.
  var isEmpty: Bool { threads.isEmpty }

  /// A thread waits from now on.
  @inline(never) mutating func append(_ thread: Thread, at now: UInt64) {
    thread.state = .ready
    thread.readySince = now
    threads.append(thread)
  }

  /// The one that has waited longest runs on a core from now on; how long it waited is added up.
  mutating func next(on core: Int, at now: UInt64) -> Thread? {
    guard !threads.isEmpty else { return nil }
    let thread = threads.removeFirst()
    thread.state = .running(core)
    thread.lastCore = core
    thread.waitingTime &+= now &- thread.readySince
    return thread
  }
}
