// Interrupts of the software delegated exception interface: one that tells another core of an event, and
// those that a client has bound. They are Group 0 while a handler is registered, of the highest priority, and
// then go back to the Non-secure world as they were.

import Arm
import Platform

extension SecureGIC {
  /// The SGI that tells a core that an event waits for it.
  static var delegationInterrupt: UInt64 { 14 }

  private var delegationBit: UInt32 { 1 << UInt32(Self.delegationInterrupt) }

  /// Lets other cores tell this one of events.
  func listenForEvents(_ core: Int) {
    let group = redistributor(core, .group)
    platform.store32(group, platform.load32(group) & ~delegationBit)
    platform.store8(
      redistributor(
        core, GICR.sgiBase + InterruptRegister.priorityByte(of: Self.delegationInterrupt)), 0)
    platform.store32(redistributor(core, .setEnable), delegationBit)
    platform.synchronizeData()
  }

  /// This core is about to be off: it is told of no events.
  func ignoreEvents(_ core: Int) {
    platform.store32(redistributor(core, .clearEnable), delegationBit)
    platform.store32(redistributor(core, .clearPending), delegationBit)
    platform.synchronizeData()
  }

  /// Interrupts that there are, at most 1020: INTIDs from 0 on.
  var interruptCount: UInt32 {
    let type = DistributorType(
      rawValue: UInt64(platform.load32(distributor(GICD.typer))))
    return UInt32(min(32 * (type[DistributorType.itLinesNumber] + 1), 1020))
  }

  /// The word that holds the bit of an interrupt: a PPI's in the redistributor of a core.
  private func word(
    _ register: InterruptRegister, _ interrupt: UInt32, _ core: Int
  ) -> PhysicalAddress {
    interrupt < 32
      ? redistributor(core, register) : distributor(register.word(of: UInt64(interrupt)))
  }

  private func bit(_ interrupt: UInt32) -> UInt32 { 1 << (interrupt % 32) }

  /// Whether an interrupt is the Non-secure world's.
  func isNonSecure(_ interrupt: UInt32, _ core: Int) -> Bool {
    platform.load32(word(.group, interrupt, core)) & bit(interrupt) != 0
  }

  /// Whether somebody handles an interrupt.
  func isActive(_ interrupt: UInt32, _ core: Int) -> Bool {
    platform.load32(word(.setActive, interrupt, core)) & bit(interrupt) != 0
  }

  private func priority(_ interrupt: UInt32, _ core: Int) -> PhysicalAddress {
    let offset = InterruptRegister.priorityByte(of: UInt64(interrupt))
    return interrupt < 32 ? redistributor(core, GICR.sgiBase + offset) : distributor(offset)
  }

  /// Takes an interrupt from the Non-secure world, disabled and not pending; gives its priority.
  func take(_ interrupt: UInt32, _ core: Int) -> UInt8 {
    enable(interrupt, core, false)
    platform.store32(word(.clearPending, interrupt, core), bit(interrupt))
    let group = word(.group, interrupt, core)
    platform.store32(group, platform.load32(group) & ~bit(interrupt))
    let place = priority(interrupt, core)
    let before = platform.load8(place)
    platform.store8(place, 0)
    platform.synchronizeData()
    return before
  }

  /// Gives an interrupt back to the Non-secure world, disabled and not pending.
  func giveBack(_ interrupt: UInt32, _ core: Int, priority before: UInt8) {
    enable(interrupt, core, false)
    platform.store32(word(.clearPending, interrupt, core), bit(interrupt))
    let group = word(.group, interrupt, core)
    platform.store32(group, platform.load32(group) | bit(interrupt))
    platform.store8(priority(interrupt, core), before)
    platform.synchronizeData()
  }

  /// Lets an interrupt through, or not: it is disabled on return.
  func enable(_ interrupt: UInt32, _ core: Int, _ isOn: Bool) {
    platform.store32(word(isOn ? .setEnable : .clearEnable, interrupt, core), bit(interrupt))
    if !isOn { waitForDisabled(interrupt, core) }
    platform.synchronizeData()
  }

  /// Routes a shared interrupt to one core, or to any.
  func route(_ interrupt: UInt32, to core: Int?) {
    let route = core.map { UInt64($0) } ?? InterruptRoute.irm.mask
    platform.store64(distributor(GICD.irouter(UInt64(interrupt))), route)
    platform.synchronizeData()
  }

  private func waitForDisabled(_ interrupt: UInt32, _ core: Int) {
    interrupt < 32 ? waitForRedistributor(core) : waitForDistributor()
  }
}
