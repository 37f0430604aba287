// Where accesses go that do not go to memory.

import Arm
import Platform

extension Bus {
  /// A store to flash.
  ///
  /// QEMU models CFI flash, where a store is a command; here flash is ROM.
  func writeFlash(
    _ address: PhysicalAddress, size: Int, _ value: UInt64, _ access: BusAccess
  ) {
    unmodelled.append(
      UnmodelledAccess(
        device: "flash", address: address, size: size, value: value, core: access.core,
        reason: "flash is read-only here, CFI commands are not implemented"))
  }

  /// A read of a device register.
  func readDevice(
    _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) throws(BusFault) -> UInt64 {
    throw .unmapped
  }

  /// A write of a device register.
  func writeDevice(
    _ address: PhysicalAddress, size: Int, _ value: UInt64, _ access: BusAccess
  ) throws(BusFault) {
    throw .unmapped
  }
}
