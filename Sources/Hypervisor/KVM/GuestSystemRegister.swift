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
      .contextidrEL1, .tpidrEL1, .cntkctlEL1, .csselrEL1, .tpidrEL0, .tpidrroEL0,
    ]
  }

  /// Those that user space sees and that have rules of their own, but for the ID registers and the timer's.
  static var others: [SystemRegister] {
    [.midrEL1, .mpidrEL1, .revidrEL1, .clidrEL1, .aidrEL1, .ctrEL0, .oslsrEL1]
  }

  /// DACR32_EL2, IFSR32_EL2, FPEXC32_EL2, DBGVCR32_EL2.
  static var ofAArch32: [SystemRegisterEncoding] {
    [
      SystemRegisterEncoding(3, 4, 3, 0, 0), SystemRegisterEncoding(3, 4, 5, 0, 1),
      SystemRegisterEncoding(3, 4, 5, 3, 0), SystemRegister.dbgvcr32EL2.encoding,
    ]
  }

  /// The word that user space reads and writes as a register: of breakpoints and watchpoints sixteen each,
  /// whatever the PE has.
  static func stored(_ encoding: SystemRegisterEncoding) -> GuestRegister? {
    for register in table() where register.encoding == encoding { return GuestRegister(register) }
    let words: [GuestRegister] = [.dacr32, .ifsr32, .fpexc32, .dbgvcr32]
    for (index, other) in ofAArch32.enumerated() where other == encoding { return words[index] }
    return debug(encoding, breakpoints: 16, watchpoints: 16)
  }

  /// A breakpoint or watchpoint register, when the PE has it.
  static func debug(
    _ encoding: SystemRegisterEncoding, _ features: GuestFeatures
  ) -> GuestRegister? {
    debug(
      encoding, breakpoints: features.dfr0.breakpointCount,
      watchpoints: features.dfr0.watchpointCount)
  }

  private static func debug(
    _ encoding: SystemRegisterEncoding, breakpoints: Int, watchpoints: Int
  ) -> GuestRegister? {
    guard encoding.op0 == 2, encoding.op1 == 0, encoding.crn == 0 else { return nil }
    let number = Int(encoding.crm)
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
    _ encoding: SystemRegisterEncoding, _ features: GuestFeatures
  ) -> UInt64? {
    switch encoding {
    case SystemRegister.midrEL1.encoding: return features.midr
    case SystemRegister.revidrEL1.encoding: return features.revidr
    case SystemRegister.clidrEL1.encoding: return features.clidr
    case SystemRegister.aidrEL1.encoding: return features.aidr
    case SystemRegister.ctrEL0.encoding: return features.ctr
    default:
      guard GuestIdentification.contains(encoding) else { return nil }
      return GuestIdentification(features: features).value(encoding)
    }
  }
}
