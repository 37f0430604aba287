// The GICv3: interrupts in Non-secure group 1, by system registers. Arm IHI 0069.

import Arm
import Boot
import Platform

extension Kernel {
  /// What interrupts of the kernel's have as priority.
  private var priority: UInt64 { 0xa0 }

  /// Has the distributor forward the shared interrupts that the kernel knows to the first core.
  func setUpDistributor() {
    guard let base = machine.distributor else { return }
    // One Security state's view, and Non-secure software's.
    let control = DistributorControl.are | DistributorControl.enableGrp1
    platform.store32(PhysicalAddress(base + GICD.ctlr), UInt32(control.mask))
    enableShared(Interrupt.uart0, isEdge: false)
    if let event = machine.errorEvent { enableShared(event, isEdge: true) }
  }

  private func enableShared(_ number: UInt32, isEdge: Bool) {
    guard let base = machine.distributor, number >= 32, number < 1020 else { return }
    let interrupt = UInt64(number)
    func place(_ register: InterruptRegister) -> PhysicalAddress {
      PhysicalAddress(base + register.word(of: interrupt))
    }
    let bit: UInt32 = 1 << (number % 32)
    platform.store32(place(.group), platform.load32(place(.group)) | bit)
    let shift = InterruptRegister.configuration.shift(of: interrupt)
    let known = platform.load32(place(.configuration)) & ~(3 << shift)
    platform.store32(place(.configuration), known | (isEdge ? 2 << shift : 0))
    platform.store8(
      PhysicalAddress(base + InterruptRegister.priorityByte(of: interrupt)), UInt8(priority))
    platform.store64(PhysicalAddress(base + GICD.irouter(interrupt)), cores[0].affinity)
    platform.store32(place(.setEnable), bit)
  }

  /// Where a core's redistributor is (RD_base; SGI_base is 64 KiB on); 0 if it has none.
  public func redistributor(of core: Int) -> UInt64 {
    if cores[core].redistributor != 0 { return cores[core].redistributor }
    let wanted = MultiprocessorAffinity(rawValue: cores[core].affinity).packedAffinity
    var base = machine.redistributors.base
    while base + GICR.size <= machine.redistributors.end {
      let type = RedistributorType(rawValue: platform.load64(PhysicalAddress(base + GICR.typer)))
      if type[RedistributorType.affinityValue] == wanted {
        cores[core].redistributor = base
        return base
      }
      if type.isSet(RedistributorType.last) { break }
      base += type.size
    }
    return 0
  }

  /// This core's private interrupts and its CPU interface.
  func setUpInterrupts() {
    let core = platform.core
    let base = redistributor(of: core)
    guard base != 0 else { return }
    let waker = PhysicalAddress(base + GICR.waker)
    let sleep = UInt32(RedistributorWaker.processorSleep.mask)
    let asleep = UInt32(RedistributorWaker.childrenAsleep.mask)
    platform.store32(waker, platform.load32(waker) & ~sleep)
    var patience = 1_000_000
    while platform.load32(waker) & asleep != 0, patience > 0 { patience -= 1 }
    func place(_ register: InterruptRegister) -> PhysicalAddress {
      PhysicalAddress(base + GICR.sgiBase + register.rawValue)
    }
    var enabled: UInt32 = 1
    for number in [
      Interrupt.maintenance, Interrupt.hypervisorTimer, Interrupt.virtualTimer,
      Interrupt.physicalTimer,
    ] { enabled |= 1 << number }
    platform.store32(place(.clearEnable), ~0)
    platform.store32(place(.group), ~0)
    for number in 0..<32 as Range<UInt64> {
      platform.store8(PhysicalAddress(place(.priority).rawValue + number), UInt8(priority))
    }
    platform.store32(place(.setEnable), enabled)
    // What firmware deferred before there was anybody to ask is not a guest's.
    if guests.features.hasRAS { platform.write(.disrEL1, 0) }
    platform.write(.iccSREEL2, SystemRegisterEnable.allBelow.rawValue)
    platform.synchronizeContext()
    platform.write(.iccPMREL1, 0xf0)
    platform.write(.iccBPR1EL1, 0)
    platform.write(.iccCTLREL1, 0)
    platform.write(.iccIGRPEN1EL1, 1)
    platform.synchronizeContext()
  }
}
