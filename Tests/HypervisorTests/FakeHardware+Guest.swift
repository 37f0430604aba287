// The guest side of the fake: a guest is a closure that is asked, at each entry, what happens next.

import Arm

@testable import Hypervisor

/// What the fake knows of guests.
@safe final class FakeGuest {
  var features = GuestFeatures()
  /// Runs at an entry; changes registers as a guest would and says why it stopped.
  var onEntry: (GuestRegisters) -> UInt64 = { _ in GuestExitCode.interrupt }
  /// The block whose registers are in the core.
  var loaded: UInt64?
  var entries = 0
  var listRegisters = [UInt64](repeating: 0, count: 16)
  /// CNTV_CTL_EL0 while the guest's timers are in the core.
  var virtualTimerControl: UInt64 = 0
  /// Invalidations, `.max` for whole VMs.
  var invalidated: [UInt64] = []
  /// Something was loaded twice, entered without being loaded, or read while it was.
  var mistakes: [String] = []

  init() {
    // As the machine: RASv1p1, GICv3, 48-bit addresses, VHE, 16-bit VMIDs, 4 list registers.
    features.midr = 0x414F_D0C1
    features.clidr = 0x8200_0023
    features.ccsidr = [0x701F_E01A, 0x201F_E01A, 0x70FF_E03A] + [UInt64](repeating: 0, count: 11)
    features.pfr0.rawValue = 0x1100_0000_2111_1111
    features.dfr0.rawValue = 0x1030_5408
    features.mmfr0.rawValue = 0x10_1025
    features.mmfr1.rawValue = 0x1021_2122
    features.vtr.rawValue = 4 << 29 | 4 << 26 | 3
  }
}

extension FakeHardware {
  private var guest: FakeGuest { board.guest }

  func readGuestFeatures() -> GuestFeatures { guest.features }
  func loadGuest(_ registers: GuestRegisters) {
    if guest.loaded != nil { guest.mistakes.append("loaded twice") }
    guest.loaded = registers.address
  }
  func putGuest(_ registers: GuestRegisters) {
    if guest.loaded != registers.address { guest.mistakes.append("put what is not loaded") }
    guest.loaded = nil
  }
  func loadGuestVectors(_ registers: GuestRegisters) {}
  func saveGuestVectors(_ registers: GuestRegisters) {}
  func loadGuestDebug(_ registers: GuestRegisters, breakpoints: Int, watchpoints: Int) {}
  func clearGuestDebug(breakpoints: Int, watchpoints: Int) {}
  func enterGuest(_ registers: GuestRegisters) -> UInt64 {
    if guest.loaded != registers.address { guest.mistakes.append("entered what is not loaded") }
    if board.isLocked { guest.mistakes.append("entered with the lock") }
    guest.entries += 1
    return guest.onEntry(registers)
  }
  func translateGuest(_ address: VirtualAddress, _ registers: GuestRegisters) -> UInt64? {
    guest.loaded == registers.address ? address.rawValue & 0xFFFF_FFFF_F000 : nil
  }
  func readListRegister(_ index: Int) -> UInt64 { guest.listRegisters[index] }
  func writeListRegister(_ index: Int, _ value: UInt64) { guest.listRegisters[index] = value }
  func writeVirtualInterfaceControl(_ value: UInt64) {}
  func readVirtualTimerControl() -> UInt64 { guest.virtualTimerControl }
  func readPhysicalTimerControl() -> UInt64 { 0 }
  func invalidateStage2(vttbr: UInt64, _ address: IntermediatePhysicalAddress) {
    guest.invalidated.append(address.rawValue)
  }
  func invalidateStage2(vttbr: UInt64) { guest.invalidated.append(.max) }
}
