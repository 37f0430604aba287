// The system instructions of Armv8.2: what SYS is, by its encoding. Arm ARM C5.3 to C5.5.
//
// Names and raw values are made as those of `SystemRegister` are: DC ZVA is `dcZVA`.

/// A system instruction: a name for SYS with an encoding whose op0 is 1.
public enum SystemInstruction: UInt32, CaseIterable, Sendable {
  // Instruction cache maintenance.
  case icIALLUIS = 0x1_0_7_1_0
  case icIALLU = 0x1_0_7_5_0
  case icIVAU = 0x1_3_7_5_1

  // Data cache maintenance.
  case dcIVAC = 0x1_0_7_6_1
  case dcISW = 0x1_0_7_6_2
  case dcCSW = 0x1_0_7_A_2
  case dcCISW = 0x1_0_7_E_2
  case dcZVA = 0x1_3_7_4_1
  case dcCVAC = 0x1_3_7_A_1
  case dcCVAU = 0x1_3_7_B_1
  case dcCVAP = 0x1_3_7_C_1
  case dcCIVAC = 0x1_3_7_E_1

  // Address translation.
  case atS1E1R = 0x1_0_7_8_0
  case atS1E1W = 0x1_0_7_8_1
  case atS1E0R = 0x1_0_7_8_2
  case atS1E0W = 0x1_0_7_8_3
  case atS1E1RP = 0x1_0_7_9_0
  case atS1E1WP = 0x1_0_7_9_1
  case atS1E2R = 0x1_4_7_8_0
  case atS1E2W = 0x1_4_7_8_1
  case atS12E1R = 0x1_4_7_8_4
  case atS12E1W = 0x1_4_7_8_5
  case atS12E0R = 0x1_4_7_8_6
  case atS12E0W = 0x1_4_7_8_7
  case atS1E3R = 0x1_6_7_8_0
  case atS1E3W = 0x1_6_7_8_1

  // TLB maintenance.
  case tlbiVMALLE1IS = 0x1_0_8_3_0
  case tlbiVAE1IS = 0x1_0_8_3_1
  case tlbiASIDE1IS = 0x1_0_8_3_2
  case tlbiVAAE1IS = 0x1_0_8_3_3
  case tlbiVALE1IS = 0x1_0_8_3_5
  case tlbiVAALE1IS = 0x1_0_8_3_7
  case tlbiVMALLE1 = 0x1_0_8_7_0
  case tlbiVAE1 = 0x1_0_8_7_1
  case tlbiASIDE1 = 0x1_0_8_7_2
  case tlbiVAAE1 = 0x1_0_8_7_3
  case tlbiVALE1 = 0x1_0_8_7_5
  case tlbiVAALE1 = 0x1_0_8_7_7
  case tlbiIPAS2E1IS = 0x1_4_8_0_1
  case tlbiIPAS2LE1IS = 0x1_4_8_0_5
  case tlbiALLE2IS = 0x1_4_8_3_0
  case tlbiVAE2IS = 0x1_4_8_3_1
  case tlbiALLE1IS = 0x1_4_8_3_4
  case tlbiVALE2IS = 0x1_4_8_3_5
  case tlbiVMALLS12E1IS = 0x1_4_8_3_6
  case tlbiIPAS2E1 = 0x1_4_8_4_1
  case tlbiIPAS2LE1 = 0x1_4_8_4_5
  case tlbiALLE2 = 0x1_4_8_7_0
  case tlbiVAE2 = 0x1_4_8_7_1
  case tlbiALLE1 = 0x1_4_8_7_4
  case tlbiVALE2 = 0x1_4_8_7_5
  case tlbiVMALLS12E1 = 0x1_4_8_7_6
  case tlbiALLE3IS = 0x1_6_8_3_0
  case tlbiVAE3IS = 0x1_6_8_3_1
  case tlbiVALE3IS = 0x1_6_8_3_5
  case tlbiALLE3 = 0x1_6_8_7_0
  case tlbiVAE3 = 0x1_6_8_7_1
  case tlbiVALE3 = 0x1_6_8_7_5
}

extension SystemInstruction {
  /// The instruction with an encoding, nil when Armv8.2 has none.
  @inlinable public init?(_ encoding: SystemRegisterEncoding) {
    self.init(rawValue: encoding.digits)
  }

  /// The encoding that SYS has.
  @inlinable public var encoding: SystemRegisterEncoding {
    SystemRegisterEncoding(digits: rawValue)
  }
}
