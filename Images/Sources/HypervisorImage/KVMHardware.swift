// The hardware side of GuestPlatform: an instruction, or a routine of world.S, for every request.

import Arm
import Hypervisor
import HypervisorEntry
import ImageRuntime

/// A block of zeroes: breakpoints and watchpoints that are off.
private let noRegisters = GuestRegisters()

extension Hardware {
  func readGuestFeatures() -> GuestFeatures {
    var features = GuestFeatures()
    features.midr = SystemRegister.midrEL1.read()
    features.revidr = SystemRegister.revidrEL1.read()
    features.actlr = SystemRegister.actlrEL1.read()
    features.ctr = SystemRegister.ctrEL0.read()
    features.clidr = SystemRegister.clidrEL1.read()
    features.aidr = SystemRegister.aidrEL1.read()
    for selection in 0..<GuestFeatures.cacheLimit {
      var size: UInt64 = 0
      if features.hasCache(selection) {
        SystemRegister.csselrEL1.write(selection)
        synchronizeContext()
        size = SystemRegister.ccsidrEL1.read()
      }
      features.ccsidr.append(size)
    }
    features.pfr0.rawValue = SystemRegister.idAA64PFR0EL1.read()
    features.pfr1.rawValue = SystemRegister.idAA64PFR1EL1.read()
    features.dfr0.rawValue = SystemRegister.idAA64DFR0EL1.read()
    features.isar0.rawValue = SystemRegister.idAA64ISAR0EL1.read()
    features.isar1.rawValue = SystemRegister.idAA64ISAR1EL1.read()
    features.mmfr0.rawValue = SystemRegister.idAA64MMFR0EL1.read()
    features.mmfr1.rawValue = SystemRegister.idAA64MMFR1EL1.read()
    features.mmfr2.rawValue = SystemRegister.idAA64MMFR2EL1.read()
    features.vtr.rawValue = SystemRegister.ichVTREL2.read()
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

  // The number is part of the instruction.
  func readListRegister(_ index: Int) -> UInt64 {
    switch index {
    case 0: SystemRegister.ichLR0EL2.read()
    case 1: SystemRegister.ichLR1EL2.read()
    case 2: SystemRegister.ichLR2EL2.read()
    case 3: SystemRegister.ichLR3EL2.read()
    case 4: SystemRegister.ichLR4EL2.read()
    case 5: SystemRegister.ichLR5EL2.read()
    case 6: SystemRegister.ichLR6EL2.read()
    case 7: SystemRegister.ichLR7EL2.read()
    case 8: SystemRegister.ichLR8EL2.read()
    case 9: SystemRegister.ichLR9EL2.read()
    case 10: SystemRegister.ichLR10EL2.read()
    case 11: SystemRegister.ichLR11EL2.read()
    case 12: SystemRegister.ichLR12EL2.read()
    case 13: SystemRegister.ichLR13EL2.read()
    case 14: SystemRegister.ichLR14EL2.read()
    default: SystemRegister.ichLR15EL2.read()
    }
  }

  func writeListRegister(_ index: Int, _ value: UInt64) {
    switch index {
    case 0: SystemRegister.ichLR0EL2.write(value)
    case 1: SystemRegister.ichLR1EL2.write(value)
    case 2: SystemRegister.ichLR2EL2.write(value)
    case 3: SystemRegister.ichLR3EL2.write(value)
    case 4: SystemRegister.ichLR4EL2.write(value)
    case 5: SystemRegister.ichLR5EL2.write(value)
    case 6: SystemRegister.ichLR6EL2.write(value)
    case 7: SystemRegister.ichLR7EL2.write(value)
    case 8: SystemRegister.ichLR8EL2.write(value)
    case 9: SystemRegister.ichLR9EL2.write(value)
    case 10: SystemRegister.ichLR10EL2.write(value)
    case 11: SystemRegister.ichLR11EL2.write(value)
    case 12: SystemRegister.ichLR12EL2.write(value)
    case 13: SystemRegister.ichLR13EL2.write(value)
    case 14: SystemRegister.ichLR14EL2.write(value)
    default: SystemRegister.ichLR15EL2.write(value)
    }
  }

  func writeVirtualInterfaceControl(_ value: UInt64) {
    SystemRegister.ichHCREL2.write(value)
  }
  // The loaded guest's.
  func readVirtualTimerControl() -> UInt64 { SystemRegister.cntvCTLEL0.readHostAlias() }
  func readPhysicalTimerControl() -> UInt64 { SystemRegister.cntpCTLEL0.readHostAlias() }

  func invalidateStage2(vttbr: UInt64, _ address: IntermediatePhysicalAddress) {
    guest_invalidate_address(vttbr, address.rawValue)
  }
  func invalidateStage2(vttbr: UInt64) { guest_invalidate_all(vttbr) }
}
