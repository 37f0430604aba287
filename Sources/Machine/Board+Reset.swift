// The two resets of a machine. What differs is the power: a warm reset keeps what is in memory, with its
// poison, and the error records, so that the cause can be found (RASSA R_WDSFZ); a cold one is what
// switching off and on again is. Both go through the same reset line, and time goes on.

import Arm
import Platform

/// What a reset leaves.
public enum ResetKind: String, CaseIterable, Sendable {
  /// Memory, its poison and the error records stay.
  case warm
  /// Nothing stays but what needs no power: flash, the record store, and the clock.
  case cold
}

extension Board {
  /// Resets the machine.
  public func reset(_ kind: ResetKind) {
    if kind == .cold { bus.losePower() }
    reset()
  }
}

extension Bus {
  /// Memory becomes what it is at the first start: zeros, and good. The records are those of nodes that
  /// have just got power. Flash and the record store keep their contents. Watches stay: they are the observer's.
  func losePower() {
    setPoisonFlags(false)
    for region in regions where !region.isReadOnly && region.base != MemoryMap.recordStore {
      region.clear(codeCache)
    }
    poison = PoisonTable()
    ras.losePower()
    flushRequested = true
  }
}

extension Board {
  /// Bytes of the record store.
  public static var recordStoreSize: Int { Int(MemoryMap.recordStoreSize) }

  /// What the record store holds: a file of the host can keep it from one run to the next. What is beyond
  /// its size is dropped.
  public var recordStore: [UInt8] {
    get {
      bus.readBytes(
        PhysicalAddress(MemoryMap.recordStore), count: Board.recordStoreSize) ?? []
    }
    set {
      bus.writeBytes(
        PhysicalAddress(MemoryMap.recordStore),
        Array(newValue.prefix(Board.recordStoreSize)))
    }
  }
}
