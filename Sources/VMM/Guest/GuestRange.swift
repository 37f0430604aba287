// Ranges of the guest's memory: what hardware has lost of it, or has corrected.

import Arm

/// A range of guest physical addresses.
public struct GuestRange: Equatable, Sendable {
  /// The first byte.
  public var base: GuestPhysicalAddress
  /// Size in bytes.
  public var size: UInt64

  /// A range.
  public init(base: GuestPhysicalAddress, size: UInt64) {
    self.base = base
    self.size = size
  }

  /// The byte after the last; saturates.
  var end: GuestPhysicalAddress {
    let (end, overflow) = base.rawValue.addingReportingOverflow(size)
    return GuestPhysicalAddress(overflow ? .max : end)
  }

  /// Whether an address lies in it.
  func contains(_ address: GuestPhysicalAddress) -> Bool {
    address.rawValue >= base.rawValue && address.rawValue < end.rawValue
  }

  /// Whether all of another range lies in it.
  func contains(_ range: GuestRange) -> Bool {
    range.base.rawValue >= base.rawValue && range.end.rawValue <= end.rawValue
  }
}
