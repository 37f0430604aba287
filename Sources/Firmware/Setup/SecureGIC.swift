// The Secure half of the GICv3: every interrupt is given to the Non-secure world as Group 1, except
// two that stay ours (Group 0): SGI 15, to wake parked cores, and the Secure timer's. Arm IHI 0069, 12.9 and 12.11.

import Arm
import Platform

/// The interrupt controller, as EL3 sets it up.
public struct SecureGIC<P: FirmwarePlatform> {
  let platform: P

  /// The SGI that wakes a parked core. Arm recommends SGIs 8 to 15 for Secure use.
  public static var wakeInterrupt: UInt64 { 15 }

  /// The GIC of the platform.
  public init(_ platform: P) { self.platform = platform }

  private func distributor(_ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.gicDistributor + offset)
  }

  /// The redistributor of a core: its RD_base frame, then SGI_base 64 KiB on.
  private func redistributor(_ core: Int, _ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.gicRedistributors + UInt64(core) * 0x2_0000 + offset)
  }

  /// Waits until the distributor has taken a write. GICD_CTLR.RWP is bit 31.
  private func waitForDistributor() {
    while platform.load32(distributor(0)) & 1 << 31 != 0 {}
  }

  /// Sets the distributor up, once.
  public func setUpDistributor() {
    // GICD_CTLR: EnableGrp0, ARE_S and ARE_NS are set already, by the reset code; EnableGrp1NS and
    // EnableGrp1S are not. DS (bit 6) stays 0: two security states.
    platform.store32(distributor(0), 0x31)
    waitForDistributor()
    // GICD_TYPER.ITLinesNumber: 32 * (N + 1) interrupts, the first 32 in the redistributors.
    let lines = UInt64(platform.load32(distributor(4)) & 0x1f)
    var word: UInt64 = 1
    while word <= lines {
      platform.store32(distributor(0x080 + word * 4), 0xffff_ffff)  // GICD_IGROUPR<n>
      platform.store32(distributor(0xd00 + word * 4), 0)  // GICD_IGRPMODR<n>
      word += 1
    }
    platform.synchronizeData()
  }

  /// Sets a core's redistributor and CPU interface up; runs on that core.
  public func setUpCore(_ core: Int) {
    // GICR_WAKER: clear ProcessorSleep (bit 1), wait for ChildrenAsleep (bit 2) to clear.
    let waker = redistributor(core, 0x14)
    platform.store32(waker, platform.load32(waker) & ~2)
    while platform.load32(waker) & 4 != 0 {}
    let timer = UInt64(Interrupt.secureTimer)
    let ours: UInt32 = 1 << 15 | 1 << UInt32(timer)
    platform.store32(redistributor(core, 0x1_0080), ~ours)  // GICR_IGROUPR0
    platform.store32(redistributor(core, 0x1_0d00), 0)  // GICR_IGRPMODR0
    platform.store8(redistributor(core, 0x1_0400 + Self.wakeInterrupt), 0)  // GICR_IPRIORITYR
    platform.store8(redistributor(core, 0x1_0400 + timer), 0)
    // The timer's asks for nothing before it is started (RetryTimer).
    platform.store32(redistributor(core, 0x1_0100), 1 << UInt32(timer))  // GICR_ISENABLER0
    platform.synchronizeData()

    // ICC_SRE_ELx: SRE, DFB, DIB and, above EL1, Enable. The Secure copy of ICC_SRE_EL1 is reached
    // with SCR_EL3.NS = 0, the Non-secure one with NS = 1.
    platform.write(.iccSREEL3, 0xf)
    platform.synchronizeContext()
    let scr = platform.read(.scrEL3)
    platform.write(.scrEL3, scr & ~1)
    platform.synchronizeContext()
    platform.write(.iccSREEL1, 0x7)
    platform.synchronizeContext()
    platform.write(.scrEL3, scr | 1)
    platform.synchronizeContext()
    platform.write(.iccSREEL2, 0xf)
    platform.write(.iccSREEL1, 0x7)
    platform.synchronizeContext()
    platform.write(.iccCTLREL3, 0)
    platform.write(.iccPMREL1, 0xff)
    platform.write(.iccIGRPEN0EL1, 0)
    platform.write(.iccIGRPEN1EL3, 0)
    platform.synchronizeContext()
    platform.write(.scrEL3, scr)
    platform.synchronizeContext()
  }

  /// Lets the wake interrupt, and no other, through to this core, which is about to sleep. Group 1
  /// is the kernel's: it enables it again when the core comes back.
  public func enableWake(_ core: Int) {
    platform.write(.iccIGRPEN1EL3, 0)
    platform.write(.iccPMREL1, 0xff)
    platform.write(.iccIGRPEN0EL1, 1)
    platform.store32(redistributor(core, 0x1_0100), 1 << 15)  // GICR_ISENABLER0
    platform.synchronizeData()
    platform.synchronizeContext()
  }

  /// Drops the wake interrupt, pending or not, on this core, which is about to run.
  public func disableWake(_ core: Int) {
    platform.store32(redistributor(core, 0x1_0180), 1 << 15)  // GICR_ICENABLER0
    platform.store32(redistributor(core, 0x1_0280), 1 << 15)  // GICR_ICPENDR0
    while platform.load32(redistributor(core, 0)) & 1 << 3 != 0 {}  // GICR_CTLR.RWP
    platform.write(.iccIGRPEN0EL1, 0)
    platform.synchronizeData()
    platform.synchronizeContext()
  }

  /// Sends the wake interrupt to a core.
  public func wake(_ core: Int) {
    platform.synchronizeData()
    platform.write(.iccSGI0REL1, Self.wakeInterrupt << 24 | 1 << UInt64(core))
    platform.synchronizeContext()
  }

  /// Makes an edge-triggered shared interrupt pending in the Non-secure world. GICD_ISPENDR<n>.
  public func raise(_ interrupt: UInt32) {
    platform.synchronizeData()
    platform.store32(distributor(0x200 + UInt64(interrupt / 32) * 4), 1 << (interrupt % 32))
  }
}
