// The board's devices and where they are, on QEMU's `virt` map. PCIe, the ITS and what else `virt`
// has beyond these are absent: nothing answers at their addresses.

import Arm
import Platform

/// What software asked the board's power control to do.
public enum PowerRequest: UInt8, Sendable, Equatable {
  /// Switch off.
  case off
  /// Reset.
  case reset
}

/// The devices of a board.
public struct Devices {
  /// The console.
  public let uart0 = PL011()
  /// The Secure world's console.
  public let secureUART = PL011()
  /// The real-time clock.
  public let rtc: PL031
  /// The firmware configuration device.
  public let fwCfg: FwCfg
  /// The GPIO controller; pin 3 is the power button.
  public let gpio = PL061()
  /// The Secure world's GPIO controller; pin 0 powers off, pin 1 resets.
  public let secureGPIO = PL061()

  /// Devices in reset.
  init(coreCount: Int, epoch: UInt32) {
    rtc = PL031(epoch: epoch)
    fwCfg = FwCfg(coreCount: coreCount)
  }

  /// All that changes in the devices.
  public struct State: Sendable, Equatable {
    var uart0: PL011.State
    var secureUART: PL011.State
    var rtc: PL031.State
    var fwCfg: FwCfg.State
    var gpio: PL061.State
    var secureGPIO: PL061.State

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      uart0.hash(into: &hash)
      secureUART.hash(into: &hash)
      rtc.hash(into: &hash)
      fwCfg.hash(into: &hash)
      gpio.hash(into: &hash)
      secureGPIO.hash(into: &hash)
    }
  }

  /// All that changes in the devices; setting it restores them.
  public var state: State {
    get {
      State(
        uart0: uart0.state, secureUART: secureUART.state, rtc: rtc.state, fwCfg: fwCfg.state,
        gpio: gpio.state, secureGPIO: secureGPIO.state)
    }
    nonmutating set {
      uart0.state = newValue.uart0
      secureUART.state = newValue.secureUART
      rtc.state = newValue.rtc
      fwCfg.state = newValue.fwCfg
      gpio.state = newValue.gpio
      secureGPIO.state = newValue.secureGPIO
    }
  }
}

/// A place on the board's map where a device answers.
enum DeviceSlot: CaseIterable {
  case gicDistributor, gicRedistributors, uart0, rtc, fwCfg, gpio, secureUART, secureGPIO, virtio

  /// First address and size.
  var range: (base: UInt64, size: UInt64) {
    switch self {
    case .gicDistributor: (MemoryMap.gicDistributor, 0x1_0000)
    case .gicRedistributors: (MemoryMap.gicRedistributors, MemoryMap.gicRedistributorsSize)
    case .uart0: (MemoryMap.uart0, 0x1000)
    case .rtc: (MemoryMap.rtc, 0x1000)
    case .fwCfg: (MemoryMap.fwCfg, 0x18)
    case .gpio: (MemoryMap.gpio, 0x1000)
    case .secureUART: (MemoryMap.secureUART, 0x1000)
    case .secureGPIO: (MemoryMap.secureGPIO, 0x1000)
    case .virtio: (MemoryMap.virtio, MemoryMap.virtioStride * MemoryMap.virtioCount)
    }
  }

  /// Whether only Secure accesses reach it.
  var isSecureOnly: Bool { self == .secureUART || self == .secureGPIO }

  /// Its name, for messages.
  var name: String {
    switch self {
    case .gicDistributor: "GIC distributor"
    case .gicRedistributors: "GIC redistributor"
    case .uart0: "PL011 (console)"
    case .rtc: "PL031"
    case .fwCfg: "fw_cfg"
    case .gpio: "PL061"
    case .secureUART: "PL011 (secure)"
    case .secureGPIO: "PL061 (secure)"
    case .virtio: "virtio-mmio"
    }
  }

  /// The slot that answers at an address in a security state.
  static func at(_ address: UInt64, isSecure: Bool) -> (slot: DeviceSlot, offset: UInt64)? {
    for slot in DeviceSlot.allCases {
      let range = slot.range
      if address &- range.base < range.size {
        return isSecure || !slot.isSecureOnly ? (slot, address &- range.base) : nil
      }
    }
    return nil
  }
}
