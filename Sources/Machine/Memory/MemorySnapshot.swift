// Saving and restoring memory and devices. A snapshot shares what it can with the snapshot before it; going
// back to the last one costs the pages dirtied since, going to any other costs the difference.

import Arm

/// The contents of memory, its poison and its watches at one time.
///
/// Belongs to the bus that took it, or to one with the same regions.
public struct MemorySnapshot {
  /// By region, in the order of `Bus.regions`.
  let regions: [StoredPages]
  let poison: PoisonTable
  let watches: [Watch]
  let ras: RASNodes.State
  let devices: Devices.State
  let powerRequest: PowerRequest?
  let now: UInt64
  let unmodelledKinds: Set<UnmodelledAccess.Kind>
}

extension Bus {
  /// Saves memory, poison and watches.
  ///
  /// Copies the pages written since the last snapshot.
  ///
  /// - Throws: `MemoryError.cannotReserve` if the host has no room for the copies.
  public func snapshot() throws(MemoryError) -> MemorySnapshot {
    flushRequested = true
    var saved: [StoredPages] = []
    for region in regions { saved.append(try region.snapshot()) }
    return MemorySnapshot(
      regions: saved, poison: poison, watches: watches, ras: ras.state, devices: devices.state,
      powerRequest: powerRequest, now: now, unmodelledKinds: unmodelledKinds)
  }

  /// Makes memory, poison and watches what they were.
  ///
  /// Pending events are dropped.
  public func restore(_ snapshot: MemorySnapshot) {
    setPoisonFlags(false)
    for watch in watches { setWatchFlags(watch, false) }
    precondition(
      regions.map(\.stored.leaves.count) == snapshot.regions.map(\.leaves.count),
      "a snapshot of another machine")
    for (region, pages) in zip(regions, snapshot.regions) { region.restore(pages, codeCache) }
    poison = snapshot.poison
    watches = snapshot.watches
    ras.state = snapshot.ras
    devices.state = snapshot.devices
    powerRequest = snapshot.powerRequest
    now = snapshot.now
    unmodelledKinds = snapshot.unmodelledKinds
    setPoisonFlags(true)
    for watch in watches { setWatchFlags(watch, true) }
    pendingEvents.removeAll()
    unmodelled.removeAll()
    flushRequested = true
  }

  /// Mixes in memory and poison.
  ///
  /// What was never written hashes like zeros; watches and events are the observer's and do not
  /// count.
  public func hash(into hash: inout StateHash) {
    for region in regions { region.hash(into: &hash) }
    poison.hash(into: &hash)
    ras.hash(into: &hash)
    devices.state.hash(into: &hash)
  }

  /// Bytes of memory that were ever written, in whole pages.
  public var touchedBytes: UInt64 {
    regions.reduce(0) { $0 + UInt64($1.touchedPageCount) << 12 }
  }
}
