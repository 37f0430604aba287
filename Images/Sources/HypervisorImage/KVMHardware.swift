// The hardware side of GuestPlatform: an instruction, or a routine of world.S, for every request.

import Arm
import Hypervisor
import HypervisorEntry

/// A block of zeroes: breakpoints and watchpoints that are off.
private let noRegisters = GuestRegisters()

extension Hardware {
  func readGuestFeatures() -> GuestFeatures {
    var features = GuestFeatures()
    features.midr = guest_read_midr()
    features.revidr = guest_read_revidr()
    features.actlr = guest_read_actlr()
    features.ctr = guest_read_ctr()
    features.clidr = guest_read_clidr()
    features.pfr0 = guest_read_pfr0()
    features.pfr1 = guest_read_pfr1()
    features.dfr0 = guest_read_dfr0()
    features.isar0 = guest_read_isar0()
    features.isar1 = guest_read_isar1()
    features.mmfr0 = guest_read_mmfr0()
    features.mmfr1 = guest_read_mmfr1()
    features.mmfr2 = guest_read_mmfr2()
    features.vtr = guest_read_vtr()
    return features
  }

  func loadGuest(_ registers: GuestRegisters) { guest_load(registers.address) }
  func putGuest(_ registers: GuestRegisters) { guest_put(registers.address) }
  func loadGuestVectors(_ registers: GuestRegisters) { guest_load_vectors(registers.address) }
  func saveGuestVectors(_ registers: GuestRegisters) { guest_save_vectors(registers.address) }
  func loadGuestDebug(_ registers: GuestRegisters, breakpoints: Int, watchpoints: Int) {
    guest_load_debug(registers.address, UInt64(breakpoints), UInt64(watchpoints))
  }
  func clearGuestDebug(breakpoints: Int, watchpoints: Int) {
    guest_load_debug(noRegisters.address, UInt64(breakpoints), UInt64(watchpoints))
  }

  func enterGuest(_ registers: GuestRegisters) -> UInt64 { guest_enter(registers.address) }
  func translateGuest(_ address: VirtualAddress, _ registers: GuestRegisters) -> UInt64? {
    let result = guest_translate(address.rawValue, registers.address)
    return result == .max ? nil : result
  }

  func readListRegister(_ index: Int) -> UInt64 {
    switch index {
    case 0: guest_read_lr0()
    case 1: guest_read_lr1()
    case 2: guest_read_lr2()
    case 3: guest_read_lr3()
    case 4: guest_read_lr4()
    case 5: guest_read_lr5()
    case 6: guest_read_lr6()
    case 7: guest_read_lr7()
    case 8: guest_read_lr8()
    case 9: guest_read_lr9()
    case 10: guest_read_lr10()
    case 11: guest_read_lr11()
    case 12: guest_read_lr12()
    case 13: guest_read_lr13()
    case 14: guest_read_lr14()
    default: guest_read_lr15()
    }
  }

  func writeListRegister(_ index: Int, _ value: UInt64) {
    switch index {
    case 0: guest_write_lr0(value)
    case 1: guest_write_lr1(value)
    case 2: guest_write_lr2(value)
    case 3: guest_write_lr3(value)
    case 4: guest_write_lr4(value)
    case 5: guest_write_lr5(value)
    case 6: guest_write_lr6(value)
    case 7: guest_write_lr7(value)
    case 8: guest_write_lr8(value)
    case 9: guest_write_lr9(value)
    case 10: guest_write_lr10(value)
    case 11: guest_write_lr11(value)
    case 12: guest_write_lr12(value)
    case 13: guest_write_lr13(value)
    case 14: guest_write_lr14(value)
    default: guest_write_lr15(value)
    }
  }

  func writeVirtualInterfaceControl(_ value: UInt64) { guest_write_interface_control(value) }
  func readVirtualTimerControl() -> UInt64 { guest_read_virtual_timer() }
  func readPhysicalTimerControl() -> UInt64 { guest_read_physical_timer() }

  func invalidateStage2(vttbr: UInt64, _ address: IntermediatePhysicalAddress) {
    guest_invalidate_address(vttbr, address.rawValue)
  }
  func invalidateStage2(vttbr: UInt64) { guest_invalidate_all(vttbr) }
}
