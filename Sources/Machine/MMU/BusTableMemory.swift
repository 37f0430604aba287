// Translation tables in the machine's memory.

import Arm

/// The bus, as a core's table walker uses it: a walk of a poisoned line consumes the error.
struct BusTableMemory: TableMemory {
  /// The memory. Whoever walks holds it: a walk is no place to count references.
  private unowned(unsafe) let bus: Bus
  /// The core that walks, or nil for a look from outside.
  let core: Int?
  /// `tableWalk`, or `debug` for a look without side effects.
  let purpose: BusAccess.Purpose

  /// The walker of a core.
  init(_ bus: Bus, core: Int?, purpose: BusAccess.Purpose = .tableWalk) {
    unsafe self.bus = bus
    self.core = core
    self.purpose = purpose
  }

  @inline(__always) func readDescriptor(
    _ address: PhysicalAddress, isSecure: Bool
  ) throws(BusFault) -> UInt64 {
    try unsafe bus.read(
      address, size: 8, BusAccess(core: core, isSecure: isSecure, purpose: purpose))
  }

  func compareExchangeDescriptor(
    _ address: PhysicalAddress, isSecure: Bool, expected: UInt64, desired: UInt64
  ) throws(BusFault) -> UInt64 {
    try unsafe bus.compareExchange(
      address, size: 8, expected: expected, desired: desired,
      BusAccess(core: core, isSecure: isSecure, purpose: purpose))
  }
}
