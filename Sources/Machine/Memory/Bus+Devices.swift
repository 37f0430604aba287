// Where accesses go that do not go to memory: to a device's registers, and nowhere else. After
// each access the device's interrupt line is put on the interrupt controller's wire.
//
// Widths: the interrupt controller and fw_cfg are told the size of an access. Of the others, an
// 8-byte access is two 4-byte ones, low half first, and a narrower one reads the low bits and
// writes zeros above them, as QEMU has it.

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

  private func report(
    _ device: String, _ address: PhysicalAddress, size: Int, _ value: UInt64?, _ access: BusAccess,
    _ reason: String
  ) {
    unmodelled.append(
      UnmodelledAccess(
        device: device, address: address, size: size, value: value, core: access.core,
        reason: reason))
  }

  /// A read of a device register.
  func readDevice(
    _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) throws(BusFault) -> UInt64 {
    guard access.purpose != .debug, access.purpose != .tableWalk,
      let (slot, offset) = DeviceSlot.at(address.rawValue, isSecure: access.isSecure)
    else { throw .unmapped }
    switch slot {
    case .gicDistributor:
      return gic.readDistributor(offset, size: size, isSecure: access.isSecure)
    case .gicRedistributors:
      guard offset < gic.redistributorsSize else { throw .unmapped }
      return gic.readRedistributor(offset, size: size, isSecure: access.isSecure)
    case .fwCfg:
      guard let value = devices.fwCfg.read(offset, size: size) else { throw .unmapped }
      return value
    default: break
    }
    let low = readRegister(slot, offset, address, size: size, access)
    guard size == 8 else {
      return UInt64(low) & ((1 << UInt64(size * 8)) - 1)
    }
    let high = readRegister(
      slot, offset + 4, PhysicalAddress(address.rawValue + 4), size: size, access)
    return UInt64(high) << 32 | UInt64(low)
  }

  private func readRegister(
    _ slot: DeviceSlot, _ offset: UInt64, _ address: PhysicalAddress, size: Int,
    _ access: BusAccess
  ) -> UInt32 {
    let value: UInt32?
    switch slot {
    case .uart0: value = devices.uart0.read(offset)
    case .secureUART: value = devices.secureUART.read(offset)
    case .rtc: value = devices.rtc.read(offset, now: now)
    case .gpio: value = devices.gpio.read(offset)
    case .secureGPIO: value = devices.secureGPIO.read(offset)
    case .virtio: value = EmptyVirtioTransport.read(offset % MemoryMap.virtioStride)
    case .gicDistributor, .gicRedistributors, .fwCfg: value = nil
    }
    updateLine(slot)
    guard let value else {
      report(slot.name, address, size: size, nil, access, "no such register")
      return 0
    }
    return value
  }

  /// A write of a device register.
  func writeDevice(
    _ address: PhysicalAddress, size: Int, _ value: UInt64, _ access: BusAccess
  ) throws(BusFault) {
    guard access.purpose != .debug, access.purpose != .tableWalk,
      let (slot, offset) = DeviceSlot.at(address.rawValue, isSecure: access.isSecure)
    else { throw .unmapped }
    switch slot {
    case .gicDistributor:
      return gic.writeDistributor(offset, size: size, value, isSecure: access.isSecure)
    case .gicRedistributors:
      guard offset < gic.redistributorsSize else { throw .unmapped }
      return gic.writeRedistributor(offset, size: size, value, isSecure: access.isSecure)
    case .fwCfg:
      switch devices.fwCfg.write(offset, size: size, value) {
      case .done: return
      case .refused: throw .unmapped
      case .transfer(let descriptor): return devices.fwCfg.transfer(descriptor, self)
      }
    default: break
    }
    let low = size < 4 ? value & ((1 << UInt64(size * 8)) - 1) : value
    writeRegister(slot, offset, address, size: size, UInt32(truncatingIfNeeded: low), access)
    if size == 8 {
      writeRegister(
        slot, offset + 4, PhysicalAddress(address.rawValue + 4), size: size,
        UInt32(truncatingIfNeeded: value >> 32), access)
    }
  }

  private func writeRegister(
    _ slot: DeviceSlot, _ offset: UInt64, _ address: PhysicalAddress, size: Int, _ value: UInt32,
    _ access: BusAccess
  ) {
    let missing: StaticString?
    switch slot {
    case .uart0: missing = devices.uart0.write(offset, value)
    case .secureUART: missing = devices.secureUART.write(offset, value)
    case .rtc: missing = devices.rtc.write(offset, value, now: now)
    case .gpio: missing = devices.gpio.write(offset, value)
    case .secureGPIO:
      let before = devices.secureGPIO.outputs
      missing = devices.secureGPIO.write(offset, value)
      let risen = devices.secureGPIO.outputs & ~before
      if risen & 0b01 != 0 {
        powerRequest = .off
      } else if risen & 0b10 != 0 {
        powerRequest = .reset
      }
    case .virtio, .gicDistributor, .gicRedistributors, .fwCfg: missing = nil
    }
    updateLine(slot)
    if let missing {
      report(slot.name, address, size: size, UInt64(value), access, "\(missing)")
    }
  }

  private func updateLine(_ slot: DeviceSlot) {
    switch slot {
    case .uart0: gic.setLine(Interrupt.uart0, devices.uart0.interruptLine)
    case .secureUART: gic.setLine(Interrupt.secureUART, devices.secureUART.interruptLine)
    case .rtc: gic.setLine(Interrupt.rtc, devices.rtc.interruptLine)
    case .gpio: gic.setLine(Interrupt.gpio, devices.gpio.interruptLine)
    case .secureGPIO: gic.setLine(Bus.secureGPIOInterrupt, devices.secureGPIO.interruptLine)
    case .virtio, .gicDistributor, .gicRedistributors, .fwCfg: break
    }
  }

  /// The Secure GPIO's interrupt: QEMU has no number for it and wires it to SPI 0.
  static let secureGPIOInterrupt: UInt32 = 32

  // MARK: What the run loop calls

  /// Characters arrive at the console.
  public func receiveConsoleInput(_ bytes: [UInt8]) {
    devices.uart0.receive(bytes)
    updateLine(.uart0)
  }

  /// Virtual time at which a device will act by itself, if ever: call `updateDevices` then.
  public var nextDeviceDeadline: UInt64? { devices.rtc.deadline }

  /// Brings the devices and their interrupt lines to `now`.
  public func updateDevices() {
    devices.rtc.update(now: now)
    updateLine(.rtc)
  }

  /// Resets the devices, as the board's reset does, and puts the device tree back.
  ///
  /// The clock runs on, and the error records and the poison stay: they survive a reset so that the
  /// cause of it can be found (RASSA R_WDSFZ).
  public func resetDevices() {
    devices.uart0.state = PL011.State()
    devices.secureUART.state = PL011.State()
    devices.gpio.state = PL061.State()
    devices.secureGPIO.state = PL061.State()
    devices.fwCfg.state = FwCfg.State()
    powerRequest = nil
    writeBytes(PhysicalAddress(MemoryMap.ram), deviceTree)
    for slot in DeviceSlot.allCases { updateLine(slot) }
  }
}
