// Counted accesses: the "n-th access to an address" trigger of an experiment.
//
// What counts as an access: each call of the bus that overlaps the watched range, after it was
// found not to be poisoned. One load or store instruction is one access per register it moves
// (a pair is two, a 16-byte vector register is two, an unaligned access is one per natural piece);
// an instruction fetch is one per executed instruction; an atomic is one read and one write; a
// table walk is one read per descriptor. The virtual address is not known to the bus: the core
// that the hit names is stopped in the instruction that made it.

import Arm

/// What kinds of access a watch counts.
public struct AccessKinds: OptionSet, Sendable, Hashable {
  /// The bits.
  public var rawValue: UInt8
  /// Kinds with these bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Loads, and the load half of atomics.
  public static let read = AccessKinds(rawValue: 1)
  /// Stores, and the store half of atomics.
  public static let write = AccessKinds(rawValue: 2)
  /// Instruction fetches.
  public static let execute = AccessKinds(rawValue: 4)
  /// Descriptor fetches and updates of translation-table walks.
  public static let tableWalk = AccessKinds(rawValue: 8)
  /// Everything.
  public static let all: AccessKinds = [.read, .write, .execute, .tableWalk]
}

/// A watched range of physical addresses.
public struct Watch: Sendable, Equatable {
  /// Names the watch in its hits.
  public let identifier: Int
  /// First address.
  public let start: PhysicalAddress
  /// Number of bytes, at least 1.
  public let count: UInt64
  /// What is counted.
  public let kinds: AccessKinds
  /// The access, counted from 1, that is a hit; 0 makes every access a hit.
  public let ordinal: UInt64
  /// Accesses so far.
  public var accesses: UInt64 = 0

  /// Whether an access of `size` bytes at `address` overlaps the range.
  func overlaps(_ address: UInt64, size: Int) -> Bool {
    address &- start.rawValue < count || start.rawValue &- address < UInt64(size)
  }
}

/// The access a watch waited for.
///
/// It has completed when the hit is queued.
public struct WatchHit: Sendable, Equatable {
  /// The watch.
  public var identifier: Int
  /// The core, or nil for a device's DMA.
  public var core: Int?
  /// The address accessed.
  public var address: PhysicalAddress
  /// Number of bytes accessed.
  public var size: Int
  /// One kind.
  public var kind: AccessKinds
  /// Its place among the counted accesses, from 1.
  public var ordinal: UInt64
}
