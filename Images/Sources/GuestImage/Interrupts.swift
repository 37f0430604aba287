// GICv3 and the virtual timer. Arm IHI 0069, chapter 12; all interrupts are of group 1 and one
// priority.

import APEI
import Arm
import Boot
import CArch
import GuestKernelEntry
import ImageRuntime

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
    // ARE_NS and EnableGrp1A; with one Security state the same bits are ARE and EnableGrp1.
    store_32(place, 0x12)
    waitForWrites(place)
    if let event = inventory.errorEvent, event >= 32, event < 1020 {
      let number = UInt64(event)
      let bit = UInt32(1) << (event & 31)
      store_32(place + 0x80 + number / 32 * 4, load_32(place + 0x80 + number / 32 * 4) | bit)
      store_8(place + 0x400 + number, 0x80)
      let configuration = place + 0xC00 + number / 16 * 4
      store_32(configuration, load_32(configuration) | 2 << (event % 16 * 2))
      store_64(place + 0x6000 + number * 8, SystemRegister.mpidrEL1.read() & 0xFF_00FF_FFFF)
      store_32(place + 0x100 + number / 32 * 4, bit)
    }
  }

  /// As much of the redistributors' range as the cores there can be need.
  private static func reach(_ range: MemoryRange) -> UInt64 {
    min(range.size, UInt64(MachineInventory.maximumCores) * 0x2_0000)
  }

  /// GICD_CTLR.RWP.
  private static func waitForWrites(_ distributor: UInt64) {
    while load_32(distributor) & 1 << 31 != 0 {}
  }

  /// This core's redistributor and CPU interface.
  static func openCore(_ inventory: MachineInventory) {
    guard inventory.distributor != nil else { return }
    if let own = redistributor(inventory) {
      store_32(own + 0x14, load_32(own + 0x14) & ~2)  // GICR_WAKER.ProcessorSleep
      while load_32(own + 0x14) & 4 != 0 {}  // ChildrenAsleep
      let private0 = own + 0x1_0000
      store_32(private0 + 0x80, .max)  // GICR_IGROUPR0
      for index in 0..<8 as Range<UInt64> { store_32(private0 + 0x400 + index * 4, 0x8080_8080) }
      store_32(private0 + 0x100, UInt32(1 << wake) | 1 << (inventory.virtualTimer & 31))
    }
    SystemRegister.iccSREEL1.write(SystemRegister.iccSREEL1.read() | 1)
    instruction_barrier()
    SystemRegister.iccPMREL1.write(0xFF)
    SystemRegister.iccBPR1EL1.write(0)
    SystemRegister.iccCTLREL1.write(0)
    SystemRegister.iccIGRPEN1EL1.write(1)
    instruction_barrier()
  }

  /// By GICR_TYPER.Affinity_Value; Last ends the search.
  private static func redistributor(_ inventory: MachineInventory) -> UInt64? {
    let mpidr = SystemRegister.mpidrEL1.read()
    let affinity = mpidr & 0xFF_FFFF | mpidr >> 8 & 0xFF00_0000
    var frame = inventory.redistributors.base
    let end = frame + reach(inventory.redistributors)
    while frame < end {
      let type = load_64(KernelMap.linear(frame) + 8)
      if type >> 32 == affinity { return KernelMap.linear(frame) }
      if type & 1 << 4 != 0 { return nil }
      frame += type & 2 != 0 ? 0x4_0000 : 0x2_0000  // VLPIS: GICv4 has two frames more
    }
    return nil
  }

  /// Starts the ticks of this core.
  static func startTicks() {
    guard state.inventory.virtualTimer != 0 else { return }
    setTick()
    SystemRegister.cntvCTLEL0.write(1)
    instruction_barrier()
  }

  private static func setTick() {
    SystemRegister.cntvCVALEL0.write(counter() + SystemRegister.cntfrqEL0.read() / ticksPerSecond)
  }

  /// Wakes a core out of its sleep. ICC_SGI1R_EL1: Aff3, Aff2, Aff1, target list in Aff0.
  static func wake(_ core: Int) {
    let mpidr = state.inventory.mpidr(core)
    let list = UInt64(1) << (mpidr & 15)
    let range = mpidr >> 4 & 15
    sendSoftwareInterrupt(
      (mpidr >> 32 & 0xFF) << 48 | range << 44 | (mpidr >> 16 & 0xFF) << 32 | wake << 24
        | (mpidr >> 8 & 0xFF) << 16 | list)
  }

  /// Takes every pending interrupt.
  static func handle() {
    while true {
      let number = SystemRegister.iccIAR1EL1.read() & 0xFF_FFFF
      guard number < 1020 else { return }
      guest_lock()
      if number == UInt64(state.inventory.virtualTimer) {
        state.ticks += 1
        setTick()
        instruction_barrier()
        ErrorSources.claim { $0 == .poll }
      } else if let event = state.inventory.errorEvent, number == UInt64(event) {
        var line = Line("interrupt ")
        line.decimal("", number)
        line.text(" announces an error")
        line.print()
        ErrorSources.claim { $0 == .notification || $0 == .poll }
      }
      guest_unlock()
      SystemRegister.iccEOIR1EL1.write(number)
    }
  }
}
