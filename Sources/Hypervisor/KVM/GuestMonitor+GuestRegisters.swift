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

  /// LORSA_EL1 to LORC_EL1: a guest has no LORegions, whose registers are then RES0.
  private func isRegionRegister(_ encoding: SystemRegisterEncoding) -> Bool {
    (SystemRegister.lorsaEL1.encoding.rawValue...SystemRegister.lorcEL1.encoding.rawValue)
      .contains(encoding.rawValue)
  }

  /// RAS registers: records zero. ERXMISC2, ERXMISC3 and ERXPFG* belong to RASv1p1. Without
  /// FEAT_RAS there are none.
  private func isErrorRegister(_ encoding: SystemRegisterEncoding) -> Bool {
    guard features.hasRAS else { return false }
    switch encoding {
    case SystemRegister.erridrEL1.encoding, SystemRegister.errselrEL1.encoding,
      SystemRegister.erxfrEL1.encoding,
      SystemRegister.erxctlrEL1.encoding, SystemRegister.erxstatusEL1.encoding,
      SystemRegister.erxaddrEL1.encoding,
      SystemRegister.erxmisc0EL1.encoding, SystemRegister.erxmisc1EL1.encoding:
      return true
    case SystemRegister.erxpfgfEL1.encoding, SystemRegister.erxpfgctlEL1.encoding,
      SystemRegister.erxpfgcdnEL1.encoding,
      SystemRegister.erxmisc2EL1.encoding, SystemRegister.erxmisc3EL1.encoding:
      return features.errorRecordVersion == .v1p1
    default: return false
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
    if isErrorRegister(encoding) || isRegionRegister(encoding)
      || encoding == SystemRegister.loridEL1.encoding
    {
      processor.setX(target, 0)
      return true
    }
    if let register = GuestSystemRegister.debug(encoding, features) {
      processor.setX(target, processor.registers[register])
      return true
    }
    switch encoding {
    case SystemRegister.actlrEL1.encoding:
      processor.setX(target, processor.registers[.actlrEL1])
    case SystemRegister.iccSREEL1.encoding:
      processor.setX(target, SystemRegisterEnable.all.rawValue)
    case SystemRegister.mdscrEL1.encoding:
      put(processor)
      processor.setX(target, processor.registers[.mdscrEL1])
    case SystemRegister.mdccintEL1.encoding:
      processor.setX(target, processor.registers[.mdccintEL1])
    case SystemRegister.oslsrEL1.encoding:
      processor.setX(target, osLockStatus(processor))
    case SystemRegister.dbgclaimsetEL1.encoding:  // eight claim tags exist
      processor.setX(target, 0xFF)
    case SystemRegister.dbgauthstatusEL1.encoding,  // nothing implemented
      SystemRegister.dbgclaimclrEL1.encoding, SystemRegister.mdrarEL1.encoding,
      SystemRegister.osdlrEL1.encoding,
      SystemRegister.dbgprcrEL1.encoding, SystemRegister.osdtrrxEL1.encoding,
      SystemRegister.osdtrtxEL1.encoding,
      SystemRegister.oseccrEL1.encoding, SystemRegister.mdccsrEL0.encoding,
      SystemRegister.dbgdtrEL0.encoding,
      SystemRegister.dbgdtrrxEL0.encoding:
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
    case SystemRegister.iccSGI1REL1.encoding:
      processor.machine.gic?.sendSoftwareInterrupt(value, isGroup1: true, from: processor.index)
      return true
    case SystemRegister.iccASGI1REL1.encoding, SystemRegister.iccSGI0REL1.encoding:
      // With one Security state both are Group 0's.
      processor.machine.gic?.sendSoftwareInterrupt(value, isGroup1: false, from: processor.index)
      return true
    case SystemRegister.actlrEL1.encoding, SystemRegister.iccSREEL1.encoding:
      return true  // fixed
    case SystemInstruction.dcISW.encoding, SystemInstruction.dcCSW.encoding,
      SystemInstruction.dcCISW.encoding:
      // DC by set and way cannot be done for a guest; memory and caches agree here without.
      return true
    case SystemRegister.mdscrEL1.encoding:
      put(processor)
      processor.registers[.mdscrEL1] = value & 0xFFFF_FFFF
      return true
    case SystemRegister.mdccintEL1.encoding:
      typealias MDCCINT = MonitorDCCInterruptEnable
      processor.registers[.mdccintEL1] = value & (MDCCINT.tx | MDCCINT.rx).mask
      return true
    case SystemRegister.oslarEL1.encoding:
      put(processor)
      processor.registers[.osLock] = value & 1
      return true
    case SystemRegister.osdlrEL1.encoding, SystemRegister.dbgprcrEL1.encoding,
      SystemRegister.dbgclaimsetEL1.encoding,
      SystemRegister.dbgclaimclrEL1.encoding, SystemRegister.osdtrrxEL1.encoding,
      SystemRegister.osdtrtxEL1.encoding,
      SystemRegister.oseccrEL1.encoding, SystemRegister.dbgdtrEL0.encoding,
      SystemRegister.dbgdtrrxEL0.encoding:
      return true
    default: break
    }
    if let register = GuestSystemRegister.debug(encoding, features) {
      if processor.hasDebugLoaded { put(processor) }
      processor.registers[register] = value
      return true
    }
    return isErrorRegister(encoding) || isRegionRegister(encoding)
  }
}
