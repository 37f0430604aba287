// Virtual, intermediate physical and physical addresses are different types: mixing them up is
// the bug of this field.

/// A virtual address.
public struct VirtualAddress: Hashable, Sendable {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The address with these bits.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// An intermediate physical address: what stage 1 gives and stage 2 takes.
public struct IntermediatePhysicalAddress: Hashable, Sendable {
  /// The bits; at most 48 are in use.
  public var rawValue: UInt64
  /// The address with these bits.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// A physical address, security state apart.
public struct PhysicalAddress: Hashable, Sendable {
  /// The bits; at most 48 are in use.
  public var rawValue: UInt64
  /// The address with these bits.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
