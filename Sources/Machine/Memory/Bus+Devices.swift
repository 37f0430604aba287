// Where accesses go that do not go to memory: to a device's registers, and nowhere else. After
// each access the device's wires are put on the interrupt controller.

import Arm
import Platform

extension Bus {
  /// A store to flash.
  ///
  /// QEMU models CFI flash, where a store is a command; here flash is ROM.
  func writeFlash(
    _ address: PhysicalAddress, size: Int, _ value: UInt64, _ access: BusAccess
  ) {
    report(
      "flash", address, size: size, value, access,
      "flash is read-only here, CFI commands are not implemented")
  }

  /// Notes an access for which a model has no answer.
  func report(
    _ device: String, _ address: PhysicalAddress, size: Int, _ value: UInt64?, _ access: BusAccess,
    _ reason: String
  ) {
    let missing = UnmodelledAccess(
      device: device, address: address, size: size, value: value, core: access.core,
      reason: reason)
    if unmodelledKinds.insert(missing.kind).inserted || isStrict { unmodelled.append(missing) }
  }

  /// A read of a device register.
  func readDevice(
    _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) throws(BusFault) -> UInt64 {
    let (index, offset) = try device(at: address, access)
    defer { devices.settle(index, gic) }
    let slot = devices.slots[index]
    return try slot.device.read(
      offset, size: size, DeviceHost(bus: self, slot: slot, access: access, size: size))
  }

  /// A write of a device register.
  func writeDevice(
    _ address: PhysicalAddress, size: Int, _ value: UInt64, _ access: BusAccess
  ) throws(BusFault) {
    let (index, offset) = try device(at: address, access)
    defer { devices.settle(index, gic) }
    let slot = devices.slots[index]
    try slot.device.write(
      offset, size: size, size < 8 ? value & ((1 << UInt64(size * 8)) - 1) : value,
      DeviceHost(bus: self, slot: slot, access: access, size: size))
  }

  /// The device that answers at an address.
  private func device(
    at address: PhysicalAddress, _ access: BusAccess
  ) throws(BusFault) -> (index: Int, offset: UInt64) {
    guard access.purpose != .debug, access.purpose != .tableWalk,
      let place = devices.find(address.rawValue, isSecure: access.isSecure)
    else { throw .unmapped }
    return place
  }

  // MARK: What the run loop calls

  /// Characters arrive at the console.
  public func receiveConsoleInput(_ bytes: [UInt8]) {
    devices.uart0.receive(bytes)
    settle(devices.uart0)
  }

  /// Takes note of a device that changed without an access.
  func settle(_ device: any Device) {
    for (index, slot) in devices.slots.enumerated() where slot.device === device {
      devices.settle(index, gic)
    }
  }

  /// Virtual time at which a device will act by itself, if ever: call `updateDevices` then.
  public var nextDeviceDeadline: UInt64? {
    devices.nextDeadline == .max ? nil : devices.nextDeadline
  }

  /// Brings the devices and their interrupt lines to `now`.
  public func updateDevices() {
    guard devices.nextDeadline <= now else { return }
    for (index, slot) in devices.slots.enumerated() where slot.deadline <= now {
      slot.device.update(now: now)
      devices.settle(index, gic)
    }
  }

  /// Resets the devices, as the board's reset does, and puts the device tree back.
  ///
  /// The clock runs on, and the error records and the poison stay: they survive a reset so that the
  /// cause of it can be found (RASSA R_WDSFZ).
  public func resetDevices() {
    powerRequest = nil
    writeBytes(PhysicalAddress(MemoryMap.ram), deviceTree)
    for (index, slot) in devices.slots.enumerated() {
      slot.device.reset()
      devices.settle(index, gic)
    }
    ras.drive(gic)
  }
}
