// System registers whose accesses trap from a guest: identification, the RAS records that are not
// there, debug, SGIs. What is not listed is UNDEFINED in a guest. Arm ARM D24.2; section numbers
// of linux-kvm-ras.md in Documentation.

import Arm
import KVM

extension GuestMonitor {
  func handleSystemRegister(_ processor: VirtualProcessor, _ syndrome: Syndrome) -> GuestStep {
    let encoding = syndrome.systemRegisterEncoding
    let isRead = syndrome.isSet(Syndrome.direction)
    let target = Int(syndrome[Syndrome.rt])
    let isHandled =
      isRead
      ? readTrapped(processor, encoding, target)
      : writeTrapped(processor, encoding, processor.x(target))
    if isHandled {
      processor.skipInstruction()
    } else {
      put(processor)
      processor.injectUndefined()
    }
    return .resume
  }

  /// RAS registers: records zero. ERXMISC2, ERXMISC3 and ERXPFG* belong to RASv1p1. Without
  /// FEAT_RAS there are none.
  private func isErrorRegister(_ encoding: SystemRegisterEncoding) -> Bool {
    guard encoding.op0 == 3, encoding.op1 == 0, encoding.crn == 5 else { return false }
    let version = features.rasVersion
    guard version > 0 else { return false }
    let isV1p1 = version >= 2 || features.pfr1 >> 12 & 0xF == 1
    return switch (encoding.crm, encoding.op2) {
    case (3, 0), (3, 1), (4, 0...3), (5, 0), (5, 1): true
    case (4, 4...6), (5, 2), (5, 3): isV1p1
    default: false
    }
  }

  /// Reads a trapped register into Xt; false if it is UNDEFINED.
  private func readTrapped(
    _ processor: VirtualProcessor, _ encoding: SystemRegisterEncoding, _ target: Int
  ) -> Bool {
    if GuestIdentification.contains(encoding) {
      processor.setX(target, GuestIdentification(features: features).value(encoding))
      return true
    }
    if isErrorRegister(encoding) {
      processor.setX(target, 0)
      return true
    }
    if let register = GuestSystemRegister.debug(encoding, features) {
      processor.setX(target, processor.registers[register])
      return true
    }
    switch encoding {
    case SystemRegisterEncoding(3, 0, 1, 0, 1):  // ACTLR_EL1
      processor.setX(target, processor.registers[.actlrEL1])
    case SystemRegisterEncoding(3, 0, 12, 12, 5):  // ICC_SRE_EL1
      processor.setX(target, 7)
    case SystemRegisterEncoding(2, 0, 0, 2, 2):  // MDSCR_EL1
      put(processor)
      processor.setX(target, processor.registers[.mdscrEL1])
    case SystemRegisterEncoding(2, 0, 0, 2, 0):  // MDCCINT_EL1
      processor.setX(target, processor.registers[.mdccintEL1])
    case SystemRegisterEncoding(2, 0, 1, 1, 4):  // OSLSR_EL1: OSLM, OSLK
      processor.setX(target, 1 << 3 | processor.registers[.osLock] << 1)
    case SystemRegisterEncoding(2, 0, 7, 8, 6):  // DBGCLAIMSET_EL1: eight claim tags exist
      processor.setX(target, 0xFF)
    case SystemRegisterEncoding(2, 0, 7, 14, 6),  // DBGAUTHSTATUS_EL1: nothing implemented
      SystemRegisterEncoding(2, 0, 7, 9, 6),  // DBGCLAIMCLR_EL1
      SystemRegisterEncoding(2, 0, 1, 0, 0),  // MDRAR_EL1
      SystemRegisterEncoding(2, 0, 1, 3, 4),  // OSDLR_EL1
      SystemRegisterEncoding(2, 0, 1, 4, 4),  // DBGPRCR_EL1
      SystemRegisterEncoding(2, 0, 0, 0, 2), SystemRegisterEncoding(2, 0, 0, 3, 2),
      SystemRegisterEncoding(2, 0, 0, 6, 2),  // OSDTR[RT]X_EL1, OSECCR_EL1
      SystemRegisterEncoding(2, 3, 0, 1, 0), SystemRegisterEncoding(2, 3, 0, 4, 0),
      SystemRegisterEncoding(2, 3, 0, 5, 0):  // MDCCSR_EL0, DBGDTR*_EL0
      processor.setX(target, 0)
    default: return false
    }
    return true
  }

  /// Writes a trapped register or does a trapped instruction; false if it is UNDEFINED.
  private func writeTrapped(
    _ processor: VirtualProcessor, _ encoding: SystemRegisterEncoding, _ value: UInt64
  ) -> Bool {
    switch encoding {
    case SystemRegisterEncoding(3, 0, 12, 11, 5):  // ICC_SGI1R_EL1
      processor.machine.gic?.sendSoftwareInterrupt(value, isGroup1: true, from: processor.index)
      return true
    case SystemRegisterEncoding(3, 0, 12, 11, 6), SystemRegisterEncoding(3, 0, 12, 11, 7):
      // ICC_ASGI1R_EL1 and ICC_SGI0R_EL1: with one Security state both are Group 0's.
      processor.machine.gic?.sendSoftwareInterrupt(value, isGroup1: false, from: processor.index)
      return true
    case SystemRegisterEncoding(3, 0, 1, 0, 1), SystemRegisterEncoding(3, 0, 12, 12, 5):
      return true  // ACTLR_EL1, ICC_SRE_EL1: fixed
    case SystemRegisterEncoding(1, 0, 7, 6, 2), SystemRegisterEncoding(1, 0, 7, 10, 2),
      SystemRegisterEncoding(1, 0, 7, 14, 2):
      // DC by set and way cannot be done for a guest; memory and caches agree here without.
      return true
    case SystemRegisterEncoding(2, 0, 0, 2, 2):  // MDSCR_EL1
      put(processor)
      processor.registers[.mdscrEL1] = value & 0xFFFF_FFFF
      return true
    case SystemRegisterEncoding(2, 0, 0, 2, 0):
      processor.registers[.mdccintEL1] = value & 0x6000_0000
      return true
    case SystemRegisterEncoding(2, 0, 1, 0, 4):  // OSLAR_EL1
      processor.registers[.osLock] = value & 1
      return true
    case SystemRegisterEncoding(2, 0, 1, 3, 4), SystemRegisterEncoding(2, 0, 1, 4, 4),
      SystemRegisterEncoding(2, 0, 7, 8, 6), SystemRegisterEncoding(2, 0, 7, 9, 6),
      SystemRegisterEncoding(2, 0, 0, 0, 2), SystemRegisterEncoding(2, 0, 0, 3, 2),
      SystemRegisterEncoding(2, 0, 0, 6, 2), SystemRegisterEncoding(2, 3, 0, 4, 0),
      SystemRegisterEncoding(2, 3, 0, 5, 0):
      return true
    default: break
    }
    if let register = GuestSystemRegister.debug(encoding, features) {
      if processor.hasDebugLoaded { put(processor) }
      processor.registers[register] = value
      return true
    }
    return isErrorRegister(encoding)
  }
}
