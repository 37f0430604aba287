// Which word of the register block a system register is, for user space (KVM_GET_ONE_REG) and for
// trapped accesses of the guest.

import Arm

/// A system register that is a word of the block.
struct GuestSystemRegister {
  let encoding: SystemRegisterEncoding
  let register: GuestRegister

  private init(
    _ op0: UInt8, _ op1: UInt8, _ crn: UInt8, _ crm: UInt8, _ op2: UInt8,
    _ register: GuestRegister
  ) {
    encoding = SystemRegisterEncoding(op0, op1, crn, crm, op2)
    self.register = register
  }

  /// In the order of encodings. Timer registers, debug registers and constants have rules of their
  /// own.
  static func table() -> [GuestSystemRegister] {
    [
      .init(2, 0, 0, 2, 0, .mdccintEL1), .init(2, 0, 0, 2, 2, .mdscrEL1),
      .init(3, 0, 1, 0, 0, .sctlrEL1), .init(3, 0, 1, 0, 1, .actlrEL1),
      .init(3, 0, 1, 0, 2, .cpacrEL1), .init(3, 0, 2, 0, 0, .ttbr0EL1),
      .init(3, 0, 2, 0, 1, .ttbr1EL1), .init(3, 0, 2, 0, 2, .tcrEL1),
      .init(3, 0, 5, 1, 0, .afsr0EL1), .init(3, 0, 5, 1, 1, .afsr1EL1),
      .init(3, 0, 5, 2, 0, .esrEL1), .init(3, 0, 6, 0, 0, .farEL1),
      .init(3, 0, 7, 4, 0, .parEL1), .init(3, 0, 10, 2, 0, .mairEL1),
      .init(3, 0, 10, 3, 0, .amairEL1), .init(3, 0, 12, 0, 0, .vbarEL1),
      .init(3, 0, 12, 1, 1, .disrEL1), .init(3, 0, 13, 0, 1, .contextidrEL1),
      .init(3, 0, 13, 0, 4, .tpidrEL1), .init(3, 0, 14, 1, 0, .cntkctlEL1),
      .init(3, 2, 0, 0, 0, .csselrEL1), .init(3, 3, 13, 0, 2, .tpidrEL0),
      .init(3, 3, 13, 0, 3, .tpidrroEL0), .init(3, 3, 14, 2, 1, .cntpCTLEL0),
      .init(3, 3, 14, 2, 2, .cntpCVALEL0),
    ]
  }

  /// A breakpoint or watchpoint register, when the PE has it.
  static func debug(
    _ encoding: SystemRegisterEncoding, _ features: GuestFeatures
  ) -> GuestRegister? {
    guard encoding.op0 == 2, encoding.op1 == 0, encoding.crn == 0 else { return nil }
    let number = Int(encoding.crm)
    let breakpoints = features.breakpointCount
    let watchpoints = features.watchpointCount
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
    case SystemRegisterEncoding(3, 0, 0, 0, 0): return features.midr
    case SystemRegisterEncoding(3, 0, 0, 0, 5): return processor.registers[.mpidrEL1]
    case SystemRegisterEncoding(3, 0, 0, 0, 6): return features.revidr
    case SystemRegisterEncoding(3, 1, 0, 0, 1): return features.clidr
    case SystemRegisterEncoding(3, 3, 0, 0, 1): return features.ctr
    default:
      guard GuestIdentification.contains(encoding) else { return nil }
      return GuestIdentification(features: features).value(encoding)
    }
  }
}

extension GuestFeatures {
  /// ID_AA64DFR0_EL1.BRPs + 1.
  var breakpointCount: Int { Int(dfr0 >> 12 & 0xF) + 1 }
  /// ID_AA64DFR0_EL1.WRPs + 1.
  var watchpointCount: Int { Int(dfr0 >> 20 & 0xF) + 1 }
}
