// Which word of the register block a system register is, for user space (KVM_GET_ONE_REG) and for
// trapped accesses of the guest.

import Arm

/// The system registers of a vCPU by their encoding.
enum GuestSystemRegister {
  /// Those that user space sees and that are words of the block, in the order of encodings. Timer
  /// registers, debug registers and constants have rules of their own.
  static func table() -> [SystemRegister] {
    [
      .mdccintEL1, .mdscrEL1, .sctlrEL1, .actlrEL1, .cpacrEL1, .ttbr0EL1, .ttbr1EL1, .tcrEL1,
      .afsr0EL1, .afsr1EL1, .esrEL1, .farEL1, .parEL1, .mairEL1, .amairEL1, .vbarEL1, .disrEL1,
      .contextidrEL1, .tpidrEL1, .cntkctlEL1, .csselrEL1, .tpidrEL0, .tpidrroEL0, .cntpCTLEL0,
      .cntpCVALEL0,
    ]
  }

  /// A breakpoint or watchpoint register, when the PE has it.
  static func debug(
    _ encoding: SystemRegisterEncoding, _ features: GuestFeatures
  ) -> GuestRegister? {
    guard encoding.op0 == 2, encoding.op1 == 0, encoding.crn == 0 else { return nil }
    let number = Int(encoding.crm)
    let breakpoints = features.dfr0.breakpointCount
    let watchpoints = features.dfr0.watchpointCount
    return switch encoding.op2 {
    case 4: number < breakpoints ? .dbgbvr(number) : nil
    case 5: number < breakpoints ? .dbgbcr(number) : nil
    case 6: number < watchpoints ? .dbgwvr(number) : nil
    case 7: number < watchpoints ? .dbgwcr(number) : nil
    default: nil
    }
  }

  /// Registers that never change: the ID registers and a few others; user space may write what it
  /// read.
  static func constant(
    _ encoding: SystemRegisterEncoding, _ processor: VirtualProcessor, _ features: GuestFeatures
  ) -> UInt64? {
    switch encoding {
    case SystemRegister.midrEL1.encoding: return features.midr
    case SystemRegister.mpidrEL1.encoding: return processor.registers[.mpidrEL1]
    case SystemRegister.revidrEL1.encoding: return features.revidr
    case SystemRegister.clidrEL1.encoding: return features.clidr
    case SystemRegister.ctrEL0.encoding: return features.ctr
    default:
      guard GuestIdentification.contains(encoding) else { return nil }
      return GuestIdentification(features: features).value(encoding)
    }
  }
}
