// A line of memory: what a cache keeps as a whole, what one error makes bad, and what DC ZVA makes zero. All
// that runs here has lines of one size (Arm ARM D24.2, CTR_EL0.DminLine and DCZID_EL0.BS).

/// Lines of memory.
public enum CacheLine {
  /// Bytes of a line.
  @inlinable public static var size: UInt64 { 64 }

  /// The first address of the line of an address, of whatever kind.
  @inlinable public static func start(of address: UInt64) -> UInt64 { address & ~(size &- 1) }
}

extension PhysicalAddress {
  /// The first address of its line.
  @inlinable public var line: PhysicalAddress { PhysicalAddress(CacheLine.start(of: rawValue)) }
}
