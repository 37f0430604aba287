// Where the walker reads translation tables: the bus in the machine, a dictionary in the tests.

import Arm

/// Memory that holds translation tables.
///
/// Descriptors are 64-bit words as a little-endian load gives them; the walker swaps bytes for
/// SCTLR_ELx.EE.
protocol TableMemory {
  /// Reads the 8-byte-aligned descriptor at a physical address.
  func readDescriptor(_ address: PhysicalAddress, isSecure: Bool) throws(BusFault) -> UInt64

  /// Replaces a descriptor if it still is `expected`; returns what it was. FEAT_HAFDBS.
  func compareExchangeDescriptor(
    _ address: PhysicalAddress, isSecure: Bool, expected: UInt64, desired: UInt64
  ) throws(BusFault) -> UInt64
}
