// What the EL3 logic needs from the hardware. The image conforms with instructions, a host test with
// a fake that records; the logic cannot tell which. Everything is `nonmutating`: hardware is shared.

import Arm

/// The hardware under the firmware.
public protocol FirmwarePlatform {
  /// MRS of a system register of this core.
  func read(_ register: PrivilegedRegister) -> UInt64
  /// MSR of a system register of this core; takes effect after `synchronizeContext()`.
  func write(_ register: PrivilegedRegister, _ value: UInt64)

  /// Loads a byte of memory.
  func load8(_ address: PhysicalAddress) -> UInt8
  /// Loads an aligned 32-bit word of memory or of a device.
  func load32(_ address: PhysicalAddress) -> UInt32
  /// Loads an aligned 64-bit word of memory or of a device.
  func load64(_ address: PhysicalAddress) -> UInt64
  /// Stores a byte, to memory or to a device.
  func store8(_ address: PhysicalAddress, _ value: UInt8)
  /// Stores an aligned 16-bit word to memory or to a device.
  func store16(_ address: PhysicalAddress, _ value: UInt16)
  /// Stores an aligned 32-bit word to memory or to a device.
  func store32(_ address: PhysicalAddress, _ value: UInt32)
  /// Stores an aligned 64-bit word to memory or to a device.
  func store64(_ address: PhysicalAddress, _ value: UInt64)

  /// ISB: what was written to system registers before is in force after.
  func synchronizeContext()
  /// DSB SY: what was stored before is seen by everyone before what comes after.
  func synchronizeData()
  /// Cleans and invalidates the data cache lines of a range to the point of coherency.
  func cleanCaches(_ address: PhysicalAddress, byteCount: UInt64)
}
