// GICv3 and the virtual timer. Arm IHI 0069, chapter 12; all interrupts are of group 1 and one
// priority.

import APEI
import Arm
import Boot
import CArch
import GuestKernelEntry
import ImageRuntime
import Text

/// The interrupt controller.
enum Interrupts {
  /// The software interrupt by which cores wake each other.
  static let wake: UInt64 = 1
  /// The boot core's ticks in a second.
  static let ticksPerSecond: UInt64 = 100

  /// The distributor, by the boot core: affinity routing, group 1, and the error interrupt.
  static func open(_ inventory: MachineInventory) {
    guard let base = inventory.distributor,
      let place = KernelMap.map(base, 0x1_0000, .device)
    else { return }
    let redistributors = inventory.redistributors
    KernelMap.map(redistributors.base, reach(redistributors), .device)
    // Non-secure software's view, and that of one Security state.
    store_32(
      place + GICD.ctlr, UInt32((DistributorControl.are | DistributorControl.enableGrp1).mask))
    waitForWrites(place)
    if let event = inventory.errorEvent, event >= 32, event < SpecialInterrupt.secure {
      let number = UInt64(event)
      let bit = UInt32(1) << (event & 31)
      let group = place + InterruptRegister.group.word(of: number)
      store_32(group, load_32(group) | bit)
      store_8(place + InterruptRegister.priorityByte(of: number), 0x80)
      let configuration = place + InterruptRegister.configuration.word(of: number)
      let shift = InterruptRegister.configuration.shift(of: number)
      store_32(configuration, load_32(configuration) | 2 << shift)
      let own = MultiprocessorAffinity(rawValue: SystemRegister.mpidrEL1.read())
      store_64(place + GICD.irouter(number), own.affinity)
      store_32(place + InterruptRegister.setEnable.word(of: number), bit)
    }
  }

  /// As much of the redistributors' range as the cores there can be need.
  private static func reach(_ range: MemoryRange) -> UInt64 {
    min(range.size, UInt64(MachineInventory.maximumCores) * GICR.size)
  }

  private static func waitForWrites(_ distributor: UInt64) {
    let pending = UInt32(DistributorControl.rwp.mask)
    while load_32(distributor + GICD.ctlr) & pending != 0 {}
  }

  /// This core's redistributor and CPU interface.
  static func openCore(_ inventory: MachineInventory) {
    guard inventory.distributor != nil else { return }
    if let own = redistributor(inventory) {
      let waker = own + GICR.waker
      store_32(waker, load_32(waker) & ~UInt32(RedistributorWaker.processorSleep.mask))
      while load_32(waker) & UInt32(RedistributorWaker.childrenAsleep.mask) != 0 {}
      let frame = own + GICR.sgiBase
      store_32(frame + InterruptRegister.group.rawValue, .max)
      for index in 0..<8 as Range<UInt64> {
        store_32(frame + InterruptRegister.priority.rawValue + index * 4, 0x8080_8080)
      }
      store_32(
        frame + InterruptRegister.setEnable.rawValue,
        UInt32(1 << wake) | 1 << (inventory.virtualTimer & 31))
    }
    SystemRegister.iccSREEL1.write(
      SystemRegister.iccSREEL1.read() | SystemRegisterEnable.sre.mask)
    instruction_barrier()
    SystemRegister.iccPMREL1.write(0xFF)
    SystemRegister.iccBPR1EL1.write(0)
    SystemRegister.iccCTLREL1.write(0)
    SystemRegister.iccIGRPEN1EL1.write(1)
    instruction_barrier()
  }

  /// By its affinity; the last in a row ends the search.
  private static func redistributor(_ inventory: MachineInventory) -> UInt64? {
    let own = MultiprocessorAffinity(rawValue: SystemRegister.mpidrEL1.read()).packedAffinity
    var frame = inventory.redistributors.base
    let end = frame + reach(inventory.redistributors)
    while frame < end {
      let type = RedistributorType(rawValue: load_64(KernelMap.linear(frame) + GICR.typer))
      if type[RedistributorType.affinityValue] == own { return KernelMap.linear(frame) }
      if type.isSet(RedistributorType.last) { return nil }
      frame += type.size
    }
    return nil
  }

  /// Starts the ticks of this core.
  static func startTicks() {
    guard state.inventory.virtualTimer != 0 else { return }
    setTick()
    SystemRegister.cntvCTLEL0.write(TimerControl.enable.mask)
    instruction_barrier()
  }

  private static func setTick() {
    SystemRegister.cntvCVALEL0.write(counter() + SystemRegister.cntfrqEL0.read() / ticksPerSecond)
  }

  /// Wakes a core out of its sleep.
  static func wake(_ core: Int) {
    let target = MultiprocessorAffinity(rawValue: state.inventory.mpidr(core))
    sendSoftwareInterrupt(SoftwareGeneratedInterrupt(wake, to: target))
  }

  /// Takes every pending interrupt.
  static func handle() {
    while true {
      let acknowledged = InterruptIdentifier(rawValue: SystemRegister.iccIAR1EL1.read())
      let number = acknowledged[InterruptIdentifier.intid]
      guard number < SpecialInterrupt.secure else { return }
      guest_lock()
      if number == UInt64(state.inventory.virtualTimer) {
        state.ticks += 1
        setTick()
        instruction_barrier()
        ErrorSources.claim { $0 == .poll }
      } else if let event = state.inventory.errorEvent, number == UInt64(event) {
        var line = Line(guest: "interrupt ")
        line.add(decimal: number)
        line.add(" announces an error")
        line.print()
        ErrorSources.claim { $0 == .notification || $0 == .poll }
      }
      guest_unlock()
      SystemRegister.iccEOIR1EL1.write(number)
    }
  }
}
