// Saving, restoring and hashing the whole machine.
//
// Derived state (TLBs, decoded code) is dropped on both sides of a snapshot, so that a run that
// goes on and a run that is restored make the same table walks.

import Arm

extension Board {
  /// The whole machine at one time. Belongs to the board that took it, or to one of the same configuration,
  /// whatever its engine.
  public struct Snapshot {
    let memory: MemorySnapshot
    let cores: [[UInt64]]
    let gic: GIC.State
    let timers: GenericTimers.State
    let schedule: Schedule
    let errorReturnAddresses: [UInt64?]
    let monitorEntries: [MonitorEntry?]
    let delegatedReturns: [[UInt64]]
  }

  /// Drops derived state, as saving does: a run that is only marked here and one that is saved, or
  /// restored, go on alike.
  public func mark() {
    for core in cores {
      core.mmu.reset()
      core.pendingEffects.formUnion([.translation, .privilege, .interruptMask, .floatingPoint])
    }
    bus.flushRequested = true
  }

  /// Saves the whole machine.
  ///
  /// - Throws: `MemoryError.cannotReserve` if the host has no room for the copies.
  public func snapshot() throws(MemoryError) -> Snapshot {
    mark()
    return Snapshot(
      memory: try bus.snapshot(), cores: cores.map { $0.savedWords }, gic: gic.state,
      timers: timers.state, schedule: schedule,
      errorReturnAddresses: cores.map(\.errorReturnAddress),
      monitorEntries: cores.map(\.monitorEntry), delegatedReturns: cores.map(\.delegatedReturns))
  }

  /// Makes the whole machine what it was. Events and stops that were not taken are dropped.
  ///
  /// - Precondition: The board that took it has as many cores and as much memory.
  public func restore(_ snapshot: Snapshot) {
    precondition(snapshot.cores.count == cores.count, "a snapshot of another machine")
    bus.restore(snapshot.memory)
    gic.state = snapshot.gic
    timers.state = snapshot.timers
    schedule = snapshot.schedule
    stopRequest = nil
    _ = takeEvents()
    for (index, core) in cores.enumerated() {
      core.restore(snapshot.cores[index])
      core.errorReturnAddress = snapshot.errorReturnAddresses[index]
      core.monitorEntry = snapshot.monitorEntries[index]
      core.delegatedReturns = snapshot.delegatedReturns[index]
      core.hasWaited = false
    }
  }

  /// A hash of everything a guest could ever notice; equal for equal runs, on any host.
  public func hash() -> UInt64 {
    var hash = StateHash()
    for core in cores { hash.combine(contentsOf: core.savedWords) }
    bus.hash(into: &hash)
    gic.state.hash(into: &hash)
    timers.state.hash(into: &hash)
    bus.devices.state.hash(into: &hash)
    hash.combine(schedule.roundStart)
    hash.combine(schedule.turn)
    hash.combine(contentsOf: schedule.reached)
    hash.combine(schedule.instructions)
    return hash.value
  }
}

extension Core {
  /// The words of state that belong to the architecture: all but the discarded register.
  var savedWords: [UInt64] {
    var words = (0..<CoreState.wordCount).map { state[word: $0] }
    words[Int(CoreState.discardRegister)] = 0
    // The flags have many representations of one value.
    words[98] = state.n >> 63
    words[99] = state.z == 0 ? 1 : 0
    words[101] = state.v >> 63
    return words
  }

  /// Makes the state what `savedWords` was.
  func restore(_ words: [UInt64]) {
    for (index, word) in words.enumerated() { state[word: index] = word }
    state.n = words[98] << 63
    state.z = words[99] ^ 1
    state.v = words[101] << 63
    mmu.reset()
    pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint]
  }
}
