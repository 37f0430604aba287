// What the board asks of a device, and what it lends it. A device has registers, a state that is one
// value, wires whose levels follow from that state, and perhaps a time at which it acts by itself;
// everything else (where it is, which interrupts its wires are, what it is called) stands in its
// row in Platform, and the board hands in the rest: the time, DMA, and somebody to tell.

import Arm
import Platform

/// All that changes in a device while the machine runs: one value, so that saving, restoring,
/// comparing and hashing are operations on values.
protocol DeviceState: Sendable, Equatable {
  /// Mixes in all of it.
  func hash(into hash: inout StateHash)
}

/// The state of a device that has none of its own.
struct NoState: DeviceState {
  func hash(into hash: inout StateHash) {}
}

/// A device.
protocol Device: AnyObject {
  associatedtype State: DeviceState

  /// All that changes while the machine runs; setting it restores it.
  var state: State { get set }

  /// The levels of its wires; bit n is wire n.
  ///
  /// The bus puts them on the interrupt controller after each access, each `update`, and a reset.
  var interruptLines: UInt32 { get }

  /// Virtual time at which it will act by itself, if ever; it changes only where `interruptLines` may.
  var deadline: UInt64? { get }

  /// Does what is due at a virtual time.
  func update(now: UInt64)

  /// Becomes what the board's reset leaves.
  func reset()

  /// Reads 1, 2, 4 or 8 naturally aligned bytes of its registers.
  ///
  /// - Throws: What the bus answers an access that the device refuses.
  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64

  /// Writes 1, 2, 4 or 8 naturally aligned bytes of its registers; `value` has no bits beyond them.
  ///
  /// - Throws: What the bus answers an access that the device refuses.
  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault)
}

// A device without interrupts that does nothing by itself.
extension Device {
  var interruptLines: UInt32 { 0 }
  var deadline: UInt64? { nil }
  func update(now: UInt64) {}
}

extension Device where State == NoState {
  var state: NoState {
    get { NoState() }
    set {}
  }
  func reset() {}
}

// The state without its type.
extension Device {
  /// The state.
  var savedState: any DeviceState { state }

  /// Makes the state what it was. A state of another kind of device changes nothing.
  func restore(_ saved: any DeviceState) {
    if let saved = saved as? State { state = saved }
  }
}

extension DeviceState {
  /// Whether another state is of the same kind, and equal.
  func isEqual(_ other: any DeviceState) -> Bool { other as? Self == self }
}

/// A device whose registers are 32 bits wide and which is not told the width of an access.
///
/// An 8-byte access is two 4-byte ones, low half first; a narrower one reads the low bits and writes
/// zeros above them, as QEMU has it.
protocol WordDevice: Device {
  /// Reads the register at an offset.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32

  /// Writes the register at an offset.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost)
}

extension WordDevice {
  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64 {
    let low = UInt64(read(offset, host))
    guard size == 8 else { return low & ((1 << UInt64(size * 8)) - 1) }
    return UInt64(read(offset + 4, host)) << 32 | low
  }

  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    write(offset, UInt32(truncatingIfNeeded: value), host)
    if size == 8 { write(offset + 4, UInt32(truncatingIfNeeded: value >> 32), host) }
  }
}

/// What the board lends a device for one access.
struct DeviceHost {
  let bus: Bus
  let slot: Devices.Slot
  let access: BusAccess
  let size: Int

  /// Nanoseconds of virtual time.
  var now: UInt64 { bus.now }

  /// Whether the access is Secure.
  var isSecure: Bool { access.isSecure }

  /// Reads memory as Non-secure DMA.
  ///
  /// - Throws: `unmapped` if not all of it is memory, or `poisoned`.
  func readMemory(_ address: PhysicalAddress, count: Int) throws(BusFault) -> [UInt8] {
    try bus.dmaRead(address, count: count, BusAccess(core: nil, isSecure: false))
  }

  /// Writes memory as Non-secure DMA.
  ///
  /// - Throws: `unmapped` if not all of it is memory that can be written.
  func writeMemory(_ address: PhysicalAddress, _ bytes: ArraySlice<UInt8>) throws(BusFault) {
    try bus.dmaWrite(address, bytes, BusAccess(core: nil, isSecure: false))
  }

  /// Asks the board to switch off or to reset, once the access is complete.
  func request(_ request: PowerRequest) { bus.powerRequest = request }

  /// How many cores there are.
  var coreCount: Int { bus.gic.coreCount }

  /// Makes a line of RAM hold poison; false where there is none.
  func makeBad(line: PhysicalAddress, _ poison: Poison) -> Bool { bus.makeBad(line, poison) }

  /// Tells whoever waits for it that the console sent the end of a line.
  func tellLineEnd() { bus.pendingEvents.append(.consoleLine) }

  /// Notes that the model has no answer for this access: it reads as zero, or writes nothing.
  ///
  /// - Parameters:
  ///   - offset: The register.
  ///   - value: What was to be written, or nil for a read.
  ///   - reason: What is missing.
  func isNotModelled(_ offset: UInt64, _ value: UInt32?, _ reason: String) {
    bus.report(
      slot.row.name.description, PhysicalAddress(slot.row.base + offset), size: size,
      value.map { UInt64($0) }, access, reason)
  }

  /// Notes that there is no register at an offset.
  func hasNoRegister(_ offset: UInt64, _ value: UInt32? = nil) {
    isNotModelled(offset, value, "no such register")
  }
}
