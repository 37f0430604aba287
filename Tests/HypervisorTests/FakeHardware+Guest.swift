// The guest side of the fake: no guest runs in these tests.

import Arm

@testable import Hypervisor

extension FakeHardware {
  func readGuestFeatures() -> GuestFeatures { GuestFeatures() }
  func loadGuest(_ registers: GuestRegisters) {}
  func putGuest(_ registers: GuestRegisters) {}
  func loadGuestVectors(_ registers: GuestRegisters) {}
  func saveGuestVectors(_ registers: GuestRegisters) {}
  func loadGuestDebug(_ registers: GuestRegisters, breakpoints: Int, watchpoints: Int) {}
  func clearGuestDebug(breakpoints: Int, watchpoints: Int) {}
  func enterGuest(_ registers: GuestRegisters) -> UInt64 { GuestExitCode.interrupt }
  func translateGuest(_ address: VirtualAddress, _ registers: GuestRegisters) -> UInt64? { nil }
  func readListRegister(_ index: Int) -> UInt64 { 0 }
  func writeListRegister(_ index: Int, _ value: UInt64) {}
  func writeVirtualInterfaceControl(_ value: UInt64) {}
  func readVirtualTimerControl() -> UInt64 { 0 }
  func readPhysicalTimerControl() -> UInt64 { 0 }
  func invalidateStage2(vttbr: UInt64, _ address: IntermediatePhysicalAddress) {}
  func invalidateStage2(vttbr: UInt64) {}
}
