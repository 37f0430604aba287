// The board's switch: a PL061 GPIO that only the Secure world sees. Output 0 turns the power off,
// output 1 resets. QEMU 7.2, hw/arm/virt.c, create_secure_gpio_pwr; PL061 TRM (Arm DDI 0190) 3.3.

import Arm
import Platform

/// The board's power and reset.
public struct PowerController<P: FirmwarePlatform> {
  let platform: P

  /// The power controller of the platform.
  public init(_ platform: P) { self.platform = platform }

  /// Turns the board off. Returns, and takes effect before long.
  public func powerOff() { raise(pin: 0) }

  /// Resets the board. Returns, and takes effect before long.
  public func reset() { raise(pin: 1) }

  /// Raises one output: GPIODIR makes it one, GPIODATA's address bits select it.
  private func raise(pin: UInt64) {
    let base = MemoryMap.secureGPIO
    let bit = UInt8(1) << UInt8(pin)
    let data = PhysicalAddress(base + PL061Register.data(pins: bit))
    platform.store32(PhysicalAddress(base + PL061Register.dir.rawValue), UInt32(bit))
    platform.store32(data, 0)
    platform.store32(data, UInt32(bit))
    platform.synchronizeData()
  }
}
