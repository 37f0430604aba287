// The Secure half of the GICv3: every interrupt is given to the Non-secure world as Group 1, except
// those that stay ours (Group 0): SGI 15, to wake parked cores, the Secure timer's, and those of the error
// nodes where there are any (`SecureGIC+Nodes.swift`). Arm IHI 0069, 12.9 and 12.11.

import Arm
import Platform

/// The interrupt controller, as EL3 sets it up.
public struct SecureGIC<P: FirmwarePlatform> {
  let platform: P

  /// The SGI that wakes a parked core. Arm recommends SGIs 8 to 15 for Secure use.
  public static var wakeInterrupt: UInt64 { 15 }

  /// The GIC of the platform.
  public init(_ platform: P) { self.platform = platform }

  func distributor(_ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.gicDistributor + offset)
  }

  /// A register of a core's redistributor.
  func redistributor(_ core: Int, _ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.gicRedistributors + UInt64(core) * GICR.size + offset)
  }

  /// A register of a core's redistributor that has a field for an SGI or PPI.
  func redistributor(_ core: Int, _ register: InterruptRegister) -> PhysicalAddress {
    redistributor(core, GICR.sgiBase + register.rawValue)
  }

  /// The wake interrupt, in a register with a bit for each.
  private var wakeBit: UInt32 { 1 << UInt32(Self.wakeInterrupt) }

  private func read<R: Register>(_ address: PhysicalAddress) -> R {
    R(rawValue: UInt64(platform.load32(address)))
  }

  /// Waits until the distributor has taken a write.
  func waitForDistributor() {
    while (read(distributor(GICD.ctlr)) as DistributorControl).isSet(DistributorControl.rwp) {}
  }

  /// Waits until a core's redistributor has taken a write.
  func waitForRedistributor(_ core: Int) {
    let control = redistributor(core, GICR.ctlr)
    while (read(control) as RedistributorControl).isSet(RedistributorControl.rwp) {}
  }

  /// Sets the distributor up, once.
  public func setUpDistributor() {
    // ARE_S and ARE_NS are set already, by the reset code; Group 1 is the kernel's to enable. DS
    // stays 0: two security states.
    let control = [
      DistributorControl.enableGrp0, DistributorControl.areS, DistributorControl.areNS,
    ]
    platform.store32(distributor(GICD.ctlr), UInt32(control.mask))
    waitForDistributor()
    // The first 32 interrupts are in the redistributors.
    let type: DistributorType = read(distributor(GICD.typer))
    let end = 32 * (type[DistributorType.itLinesNumber] + 1)
    var interrupt: UInt64 = 32
    while interrupt < end {
      platform.store32(distributor(InterruptRegister.group.word(of: interrupt)), 0xffff_ffff)
      platform.store32(distributor(InterruptRegister.groupModifier.word(of: interrupt)), 0)
      interrupt += 32
    }
    platform.synchronizeData()
  }

  /// Sets a core's redistributor and CPU interface up; runs on that core.
  public func setUpCore(_ core: Int) {
    let waker = redistributor(core, GICR.waker)
    let awake = (read(waker) as RedistributorWaker).with(RedistributorWaker.processorSleep, 0)
    platform.store32(waker, UInt32(awake.rawValue))
    while (read(waker) as RedistributorWaker).isSet(RedistributorWaker.childrenAsleep) {}
    let timer = UInt64(Interrupt.secureTimer)
    let timerBit = UInt32(1) << UInt32(timer)
    platform.store32(redistributor(core, .group), ~(wakeBit | timerBit))
    platform.store32(redistributor(core, .groupModifier), 0)
    platform.store8(
      redistributor(
        core, GICR.sgiBase + InterruptRegister.priorityByte(of: Self.wakeInterrupt)), 0)
    platform.store8(
      redistributor(core, GICR.sgiBase + InterruptRegister.priorityByte(of: timer)), 0)
    // The timer's asks for nothing before it is started (RetryTimer).
    platform.store32(redistributor(core, .setEnable), timerBit)
    platform.synchronizeData()

    // The Secure copy of ICC_SRE_EL1 is reached with SCR_EL3.NS = 0, the Non-secure one with NS = 1.
    platform.write(.iccSREEL3, SystemRegisterEnable.allBelow.rawValue)
    platform.synchronizeContext()
    let scr = SecureConfiguration(rawValue: platform.read(.scrEL3))
    platform.write(.scrEL3, scr.with(SecureConfiguration.ns, 0).rawValue)
    platform.synchronizeContext()
    platform.write(.iccSREEL1, SystemRegisterEnable.all.rawValue)
    platform.synchronizeContext()
    platform.write(.scrEL3, scr.with(SecureConfiguration.ns, 1).rawValue)
    platform.synchronizeContext()
    platform.write(.iccSREEL2, SystemRegisterEnable.allBelow.rawValue)
    platform.write(.iccSREEL1, SystemRegisterEnable.all.rawValue)
    platform.synchronizeContext()
    platform.write(.iccCTLREL3, 0)
    platform.write(.iccPMREL1, 0xff)
    platform.write(.iccIGRPEN0EL1, 0)
    platform.write(.iccIGRPEN1EL3, 0)
    platform.synchronizeContext()
    platform.write(.scrEL3, scr.rawValue)
    platform.synchronizeContext()
  }

  /// Lets the wake interrupt, and no other, through to this core, which is about to sleep. Group 1
  /// is the kernel's: it enables it again when the core comes back.
  public func enableWake(_ core: Int) {
    platform.write(.iccIGRPEN1EL3, 0)
    platform.write(.iccPMREL1, 0xff)
    platform.write(.iccIGRPEN0EL1, 1)
    platform.store32(redistributor(core, .setEnable), wakeBit)
    platform.synchronizeData()
    platform.synchronizeContext()
  }

  /// Drops the wake interrupt, pending or not, on this core, which is about to run.
  public func disableWake(_ core: Int) {
    platform.store32(redistributor(core, .clearEnable), wakeBit)
    platform.store32(redistributor(core, .clearPending), wakeBit)
    waitForRedistributor(core)
    platform.write(.iccIGRPEN0EL1, 0)
    platform.synchronizeData()
    platform.synchronizeContext()
  }

  /// Sends the wake interrupt to a core.
  public func wake(_ core: Int) { send(Self.wakeInterrupt, to: core) }

  /// Sends one of the SGIs that stay EL3's to a core.
  func send(_ interrupt: UInt64, to core: Int) {
    platform.synchronizeData()
    let target = MultiprocessorAffinity(rawValue: UInt64(core))
    platform.write(.iccSGI0REL1, SoftwareGeneratedInterrupt(interrupt, to: target).rawValue)
    platform.synchronizeContext()
  }

  /// Makes an edge-triggered shared interrupt pending in the Non-secure world.
  public func raise(_ interrupt: UInt32) {
    platform.synchronizeData()
    platform.store32(
      distributor(InterruptRegister.setPending.word(of: UInt64(interrupt))),
      1 << (interrupt % 32))
  }

  /// Keeps a shared interrupt for EL3, of the highest priority, on the first core.
  public func keep(_ interrupt: UInt32) {
    let number = UInt64(interrupt)
    let bit = UInt32(1) << (interrupt % 32)
    let group = distributor(InterruptRegister.group.word(of: number))
    platform.store32(group, platform.load32(group) & ~bit)
    platform.store8(distributor(InterruptRegister.priorityByte(of: number)), 0)
    platform.store64(distributor(GICD.irouter(number)), 0)
    platform.store32(distributor(InterruptRegister.setEnable.word(of: number)), bit)
    platform.synchronizeData()
  }
}
