// What the EL3 logic needs from the hardware. The image conforms with instructions, a host test with
// a fake that records; the logic cannot tell which. Everything is `nonmutating`: hardware is shared.

import Arm

/// Which tables an AT instruction walks.
public enum TranslationQuery: UInt64, Sendable {
  /// AT S1E1R: stage 1 of the EL1&0 regime, for a read.
  case stage1EL1 = 0
  /// AT S12E1R: both stages of the EL1&0 regime, for a read.
  case bothStagesEL1 = 1
  /// AT S1E2R: the EL2 or EL2&0 regime, for a read.
  case stage1EL2 = 2
}

/// The hardware under the firmware.
public protocol FirmwarePlatform {
  /// MRS of a system register of this core. Whoever calls names it: it is part of the instruction.
  func read(_ register: SystemRegister) -> UInt64
  /// MSR of a system register of this core, named by whoever calls; takes effect after
  /// `synchronizeContext()`.
  func write(_ register: SystemRegister, _ value: UInt64)

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

  /// Loads an aligned 64-bit word of memory that the levels below can spoil, or nil if the load met an
  /// External abort: the error records then tell of an error of the firmware's own making.
  func load64IfPresent(_ address: PhysicalAddress) -> UInt64?
  /// Makes the 64-byte line of an address zero, in one write: what was wrong with it is gone.
  func zeroLine(_ address: PhysicalAddress)

  /// PAR_EL1 of an AT instruction, or nil if it met an External abort on the walk.
  ///
  /// PAR_EL1 itself stays what it was: it is the lower levels'.
  func translate(_ address: UInt64, _ query: TranslationQuery) -> UInt64?

  /// ISB: what was written to system registers before is in force after.
  func synchronizeContext()
  /// DSB SY: what was stored before is seen by everyone before what comes after.
  func synchronizeData()
  /// Cleans and invalidates the data cache lines of a range to the point of coherency.
  func cleanCaches(_ address: PhysicalAddress, byteCount: UInt64)
}
