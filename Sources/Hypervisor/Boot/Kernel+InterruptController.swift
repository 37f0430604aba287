// The GICv3: interrupts in Non-secure group 1, by system registers. Arm IHI 0069.

import Arm
import Boot
import Platform

/// Registers of the distributor and of a redistributor's two frames. IHI 0069, 12.9 and 12.11.
private enum GICRegister {
  static let control: UInt64 = 0x0000
  static let group: UInt64 = 0x0080
  static let setEnable: UInt64 = 0x0100
  static let clearEnable: UInt64 = 0x0180
  static let priority: UInt64 = 0x0400
  static let configuration: UInt64 = 0x0c00
  static let route: UInt64 = 0x6000
  static let redistributorType: UInt64 = 0x0008
  static let redistributorWaker: UInt64 = 0x0014
  static let privateFrame: UInt64 = 0x1_0000
}

extension Kernel {
  /// What interrupts of the kernel's have as priority.
  private var priority: UInt64 { 0xa0 }

  /// Has the distributor forward the shared interrupts that the kernel knows to the first core.
  func setUpDistributor() {
    guard let base = machine.distributor else { return }
    // ARE_NS, EnableGrp1A.
    platform.store32(PhysicalAddress(base + GICRegister.control), 0x12)
    enableShared(Interrupt.uart0, isEdge: false)
    if let event = machine.errorEvent { enableShared(event, isEdge: true) }
  }

  private func enableShared(_ number: UInt32, isEdge: Bool) {
    guard let base = machine.distributor, number >= 32, number < 1020 else { return }
    let word = UInt64(number / 32) * 4
    let bit: UInt32 = 1 << (number % 32)
    let group = PhysicalAddress(base + GICRegister.group + word)
    platform.store32(group, platform.load32(group) | bit)
    let configuration = PhysicalAddress(
      base + GICRegister.configuration + UInt64(number / 16) * 4)
    let shift = number % 16 * 2
    let known = platform.load32(configuration) & ~(3 << shift)
    platform.store32(configuration, known | (isEdge ? 2 << shift : 0))
    platform.store8(
      PhysicalAddress(base + GICRegister.priority + UInt64(number)), UInt8(priority))
    platform.store64(
      PhysicalAddress(base + GICRegister.route + UInt64(number) * 8), cores[0].affinity)
    platform.store32(PhysicalAddress(base + GICRegister.setEnable + word), bit)
  }

  /// Where a core's redistributor is (RD_base; SGI_base is 64 KiB on); 0 if it has none.
  public func redistributor(of core: Int) -> UInt64 {
    if cores[core].redistributor != 0 { return cores[core].redistributor }
    let affinity = cores[core].affinity
    let wanted = affinity & 0xff_ffff | affinity >> 8 & 0xff00_0000
    var base = machine.redistributors.base
    while base + 0x2_0000 <= machine.redistributors.end {
      let type = platform.load64(PhysicalAddress(base + GICRegister.redistributorType))
      if type >> 32 == wanted {
        cores[core].redistributor = base
        return base
      }
      if type & 1 << 4 != 0 { break }  // Last
      base += type & 1 << 1 != 0 ? 0x4_0000 : 0x2_0000  // VLPIS
    }
    return 0
  }

  /// This core's private interrupts and its CPU interface.
  func setUpInterrupts() {
    let core = platform.core
    let base = redistributor(of: core)
    guard base != 0 else { return }
    let waker = PhysicalAddress(base + GICRegister.redistributorWaker)
    platform.store32(waker, platform.load32(waker) & ~2)
    var patience = 1_000_000
    while platform.load32(waker) & 4 != 0, patience > 0 { patience -= 1 }
    let own = base + GICRegister.privateFrame
    var enabled: UInt32 = 1
    for number in [
      Interrupt.maintenance, Interrupt.hypervisorTimer, Interrupt.virtualTimer,
      Interrupt.physicalTimer,
    ] { enabled |= 1 << number }
    platform.store32(PhysicalAddress(own + GICRegister.clearEnable), ~0)
    platform.store32(PhysicalAddress(own + GICRegister.group), ~0)
    for number in 0..<32 as Range<UInt64> {
      platform.store8(PhysicalAddress(own + GICRegister.priority + number), UInt8(priority))
    }
    platform.store32(PhysicalAddress(own + GICRegister.setEnable), enabled)
    // What firmware deferred before there was anybody to ask is not a guest's.
    if guests.features.rasVersion > 0 { platform.write(.disrEL1, 0) }
    platform.write(.iccSREEL2, 0xf)
    platform.synchronizeContext()
    platform.write(.iccPMREL1, 0xf0)
    platform.write(.iccBPR1EL1, 0)
    platform.write(.iccCTLREL1, 0)
    platform.write(.iccIGRPEN1EL1, 1)
    platform.synchronizeContext()
  }
}
