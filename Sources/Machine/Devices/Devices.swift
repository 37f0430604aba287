// The board's devices: one list of Platform's rows with the models behind them. Whatever is done
// with every device (find one by its address, save, restore, hash, reset, wake, wire) is done by
// going through that list. PCIe, the ITS and what else QEMU's `virt` has beyond these are absent:
// nothing answers at their addresses.

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
public final class Devices {
  /// The console.
  public let uart0 = PL011()
  /// The Secure world's console.
  let secureUART = PL011()
  /// The firmware configuration device.
  public let fwCfg: FwCfg
  /// The GPIO controller.
  let gpio = PL061()
  /// The error injector.
  let errorInjector = ErrorInjector()
  /// The first memory controller.
  let memoryController = MemoryController(.memory, 0..<MemoryMap.upperRAM)
  /// The second one.
  let upperMemoryController = MemoryController(.upperMemory, MemoryMap.upperRAM..<UInt64.max)

  /// Both memory controllers.
  var memoryControllers: [MemoryController] { [memoryController, upperMemoryController] }

  /// A row of Platform's and the model that answers for it. A class, because a row is large and each
  /// access to a register looks at one.
  final class Slot {
    let row: BoardDevice
    let device: any Device
    /// When the device will act by itself; `.max` for never.
    fileprivate(set) var deadline: UInt64 = .max

    init(row: BoardDevice, device: any Device) {
      self.row = row
      self.device = device
    }
  }

  /// The list. Its order is the order of the hash.
  let slots: [Slot]
  /// The slots by first address, for `find`.
  private let places: [Place]
  private struct Place {
    let base: UInt64
    let size: UInt64
    let isSecureOnly: Bool
    let index: Int
  }
  /// The earliest of the slots' deadlines; `.max` for none.
  private(set) var nextDeadline: UInt64 = .max

  /// Devices in reset.
  init(coreCount: Int, epoch: UInt32, gic: GIC) {
    fwCfg = FwCfg(coreCount: coreCount)
    var slots = [
      Slot(row: .uart0, device: uart0),
      Slot(row: .secureUART, device: secureUART),
      Slot(row: .rtc, device: PL031(epoch: epoch)),
      Slot(row: .fwCfg, device: fwCfg),
      Slot(row: .gpio, device: gpio),
      Slot(row: .secureGPIO, device: PL061(power: [(pin: 0, .off), (pin: 1, .reset)])),
      Slot(row: .gicDistributor, device: DistributorFrame(gic)),
      Slot(row: .gicRedistributors, device: RedistributorFrames(gic)),
    ]
    for index in 0..<BoardDevice.virtioCount {
      slots.append(Slot(row: .virtio(index), device: EmptyVirtioTransport()))
    }
    slots.append(Slot(row: .doorbell, device: Doorbell()))
    slots.append(Slot(row: .errorInjector, device: errorInjector))
    slots.append(Slot(row: .memoryController, device: memoryController))
    slots.append(Slot(row: .upperMemoryController, device: upperMemoryController))
    slots.append(Slot(row: .interconnect, device: Interconnect()))
    self.slots = slots
    places = slots.enumerated().map { index, slot in
      Place(
        base: slot.row.base, size: slot.row.size, isSecureOnly: slot.row.isSecureOnly, index: index)
    }.sorted { $0.base < $1.base }
  }

  /// The rows, in the list's order.
  var rows: [BoardDevice] { slots.map(\.row) }

  /// The slot that answers at an address in a security state.
  func find(_ address: UInt64, isSecure: Bool) -> (index: Int, offset: UInt64)? {
    // The last that begins at the address or before it.
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].base <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let place = places[low - 1]
    guard address - place.base < place.size, isSecure || !place.isSecureOnly else { return nil }
    return (place.index, address - place.base)
  }

  /// Takes note of what may have changed in a device: puts its wires on the interrupt controller.
  func settle(_ index: Int, _ gic: GIC) {
    let slot = slots[index]
    let lines = slot.device.interruptLines
    for wire in 0..<slot.row.wireCount {
      gic.setLine(slot.row.interrupt + wire, lines >> wire & 1 == 1)
    }
    schedule(slot)
  }

  /// Takes note of a device's deadline.
  private func schedule(_ slot: Slot) {
    let deadline = slot.device.deadline ?? .max
    guard deadline != slot.deadline else { return }
    slot.deadline = deadline
    nextDeadline = slots.reduce(.max) { min($0, $1.deadline) }
  }

  /// All that changes in the devices, in the list's order.
  public struct State: Sendable, Equatable {
    var devices: [any DeviceState]

    /// Whether the devices are in the same state.
    public static func == (left: State, right: State) -> Bool {
      left.devices.elementsEqual(right.devices) { $0.isEqual($1) }
    }

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for device in devices { device.hash(into: &hash) }
    }
  }

  /// All that changes in the devices; setting it restores them.
  ///
  /// Their wires are the interrupt controller's state.
  public var state: State {
    get { State(devices: slots.map(\.device.savedState)) }
    set {
      for (slot, saved) in zip(slots, newValue.devices) {
        slot.device.restore(saved)
        schedule(slot)
      }
    }
  }
}
