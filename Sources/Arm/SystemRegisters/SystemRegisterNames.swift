// The names of system registers and system instructions, as the manual spells them: what a trapped
// access (EC 0x18) says is looked up here. Most are derived from the cases of `SystemRegister` and
// `SystemInstruction`; the list below goes beyond the modelled core, because syndromes come from other
// machines too. Arm ARM C5.1 (instructions), D23.2 and D23.3 (registers).

#if !hasFeature(Embedded)

extension SystemRegister {
  /// The registers that FEAT_VHE gives a second name, for `hostAlias`: <name>_EL12, or <name>_EL02 for
  /// the timers of EL0.
  public static let aliased: [SystemRegister] = [
    .sctlrEL1, .cpacrEL1, .ttbr0EL1, .ttbr1EL1, .tcrEL1, .spsrEL1, .elrEL1, .afsr0EL1, .afsr1EL1,
    .esrEL1, .farEL1, .mairEL1, .amairEL1, .vbarEL1, .contextidrEL1, .cntkctlEL1, .cntpTVALEL0,
    .cntpCTLEL0, .cntpCVALEL0, .cntvTVALEL0, .cntvCTLEL0, .cntvCVALEL0, .atcrEL1,
  ]

  /// The manual's name: `SCTLR_EL1`. Nil for what has none: reserved and IMPLEMENTATION DEFINED ones.
  public var name: String? {
    switch self {
    case .idReserved, .cbarEL1, .ownErxpfgfEL1, .ownErxpfgctlEL1, .ownErxpfgcdnEL1: return nil
    // The two whose case is mixed.
    case .spSel: return "SPSel"
    case .currentEL: return "CurrentEL"
    default: break
    }
    let text = "\(self)"
    let head = text.prefix { !$0.isUppercase }
    var middle = text[head.endIndex...]
    var level = ""
    if middle.dropLast().hasSuffix("EL") {
      level = "_" + middle.suffix(3)
      middle = middle.dropLast(3)
    }
    return head.uppercased() + (middle.isEmpty ? "" : "_" + middle) + level
  }
}

extension SystemInstruction {
  /// The manual's name: `DC ZVA`.
  public var name: String {
    let text = "\(self)"
    let head = text.prefix { !$0.isUppercase }
    return head.uppercased() + " " + text[head.endIndex...]
  }
}

extension SystemRegisterEncoding {
  /// The manual's name of a register or system instruction, `nil` when nobody here knows it.
  ///
  /// Where several instructions share an encoding the read name is given (DBGDTRRX_EL0).
  public var name: String? { SystemRegisterNames.byEncoding[self] }

  /// The encoding with this name, as the manual spells it: `"SCTLR_EL1"`, `"DC ZVA"`.
  public static func named(_ name: String) -> SystemRegisterEncoding? {
    SystemRegisterNames.byName[name]
  }

  /// Every name with its encoding, in the order of encodings.
  public static var allNamed: [(name: String, encoding: SystemRegisterEncoding)] {
    SystemRegisterNames.all
  }

  /// The encoding as an assembler accepts it: `S3_0_C1_C0_0`.
  public var generic: String { "S\(op0)_\(op1)_C\(crn)_C\(crm)_\(op2)" }
}

enum SystemRegisterNames {
  static let all: [(name: String, encoding: SystemRegisterEncoding)] = {
    var result: [(name: String, encoding: SystemRegisterEncoding)] = []
    for register in SystemRegister.allCases {
      if let name = register.name { result.append((name, register.encoding)) }
    }
    for register in SystemRegister.aliased {
      if let name = register.name {
        result.append(
          (name.dropLast() + (name.hasSuffix("EL1") ? "12" : "02"), register.encoding.hostAlias))
      }
    }
    for instruction in SystemInstruction.allCases {
      result.append((instruction.name, instruction.encoding))
    }
    for line in others.split(separator: "\n") {
      let columns = line.split(separator: "|")
      guard columns.count == 2, let digits = UInt32(columns[1].filter { $0 != "_" }, radix: 16)
      else { continue }
      result.append((String(columns[0]), SystemRegisterEncoding(digits: digits)))
    }
    for n: UInt8 in 0..<16 {
      if n > 5 {
        result.append(("DBGBVR\(n)_EL1", .init(2, 0, 0, n, 4)))
        result.append(("DBGBCR\(n)_EL1", .init(2, 0, 0, n, 5)))
      }
      if n > 3 {
        result.append(("DBGWVR\(n)_EL1", .init(2, 0, 0, n, 6)))
        result.append(("DBGWCR\(n)_EL1", .init(2, 0, 0, n, 7)))
      }
    }
    for n: UInt8 in 6..<31 {
      result.append(("PMEVCNTR\(n)_EL0", .init(3, 3, 14, 8 + n / 8, n % 8)))
      result.append(("PMEVTYPER\(n)_EL0", .init(3, 3, 14, 12 + n / 8, n % 8)))
    }
    // DBGDTRTX_EL0 is the write name of DBGDTRRX_EL0, and comes after it.
    return result.sorted { ($0.encoding.rawValue, $0.name) < ($1.encoding.rawValue, $1.name) }
  }()

  static let byEncoding = Dictionary(
    all.map { ($0.encoding, $0.name) }, uniquingKeysWith: { first, _ in first })
  static let byName = Dictionary(
    all.map { ($0.name, $0.encoding) }, uniquingKeysWith: { first, _ in first })

  /// What neither the machine nor its programs use: name, then the digits of the encoding as in
  /// `SystemRegister`.
  static let others = """
    DC GVA|1_3_7_4_3
    DC GZVA|1_3_7_4_4
    DC CVADP|1_3_7_D_1
    CFP RCTX|1_3_7_3_4
    DVP RCTX|1_3_7_3_5
    CPP RCTX|1_3_7_3_7
    DBGDTRTX_EL0|2_3_0_5_0
    ID_AA64PFR2_EL1|3_0_0_4_2
    ID_AA64SMFR0_EL1|3_0_0_4_5
    ID_AA64FPFR0_EL1|3_0_0_4_7
    ID_AA64DFR2_EL1|3_0_0_5_2
    ID_AA64ISAR3_EL1|3_0_0_6_3
    ID_AA64MMFR3_EL1|3_0_0_7_3
    ID_AA64MMFR4_EL1|3_0_0_7_4
    SCTLR2_EL1|3_0_1_0_3
    RGSR_EL1|3_0_1_0_5
    GCR_EL1|3_0_1_0_6
    ZCR_EL1|3_0_1_2_0
    TRFCR_EL1|3_0_1_2_1
    SMPRI_EL1|3_0_1_2_4
    SMCR_EL1|3_0_1_2_6
    TCR2_EL1|3_0_2_0_3
    APIAKeyLo_EL1|3_0_2_1_0
    APIAKeyHi_EL1|3_0_2_1_1
    APIBKeyLo_EL1|3_0_2_1_2
    APIBKeyHi_EL1|3_0_2_1_3
    APDAKeyLo_EL1|3_0_2_2_0
    APDAKeyHi_EL1|3_0_2_2_1
    APDBKeyLo_EL1|3_0_2_2_2
    APDBKeyHi_EL1|3_0_2_2_3
    APGAKeyLo_EL1|3_0_2_3_0
    APGAKeyHi_EL1|3_0_2_3_1
    ALLINT|3_0_4_3_0
    ERXGSR_EL1|3_0_5_3_2
    TFSR_EL1|3_0_5_6_0
    TFSRE0_EL1|3_0_5_6_1
    PFAR_EL1|3_0_6_0_5
    PMSCR_EL1|3_0_9_9_0
    PMSICR_EL1|3_0_9_9_2
    PMSIRR_EL1|3_0_9_9_3
    PMSFCR_EL1|3_0_9_9_4
    PMSEVFR_EL1|3_0_9_9_5
    PMSLATFR_EL1|3_0_9_9_6
    PMSIDR_EL1|3_0_9_9_7
    PMBLIMITR_EL1|3_0_9_A_0
    PMBPTR_EL1|3_0_9_A_1
    PMBSR_EL1|3_0_9_A_3
    PMBIDR_EL1|3_0_9_A_7
    PMMIR_EL1|3_0_9_E_6
    PIRE0_EL1|3_0_A_2_2
    PIR_EL1|3_0_A_2_3
    POR_EL1|3_0_A_2_4
    MPAMIDR_EL1|3_0_A_4_4
    MPAM1_EL1|3_0_A_5_0
    MPAM0_EL1|3_0_A_5_1
    RVBAR_EL1|3_0_C_0_1
    RMR_EL1|3_0_C_0_2
    ICC_NMIAR1_EL1|3_0_C_9_5
    ACCDATA_EL1|3_0_D_0_5
    SCXTNUM_EL1|3_0_D_0_7
    CCSIDR2_EL1|3_1_0_0_2
    GMID_EL1|3_1_0_0_4
    SMIDR_EL1|3_1_0_0_6
    RNDR|3_3_2_4_0
    RNDRRS|3_3_2_4_1
    SVCR|3_3_4_2_2
    DIT|3_3_4_2_5
    TCO|3_3_4_2_7
    FPMR|3_3_4_4_2
    DSPSR_EL0|3_3_4_5_0
    DLR_EL0|3_3_4_5_1
    TPIDR2_EL0|3_3_D_0_5
    SCXTNUM_EL0|3_3_D_0_7
    AMCR_EL0|3_3_D_2_0
    AMCFGR_EL0|3_3_D_2_1
    AMUSERENR_EL0|3_3_D_2_3
    CNTPCTSS_EL0|3_3_E_0_5
    CNTVCTSS_EL0|3_3_E_0_6
    SCTLR2_EL2|3_4_1_0_3
    HFGRTR_EL2|3_4_1_1_4
    HFGWTR_EL2|3_4_1_1_5
    HFGITR_EL2|3_4_1_1_6
    ZCR_EL2|3_4_1_2_0
    TRFCR_EL2|3_4_1_2_1
    HCRX_EL2|3_4_1_2_2
    SMCR_EL2|3_4_1_2_6
    SDER32_EL2|3_4_1_3_1
    TCR2_EL2|3_4_2_0_3
    VNCR_EL2|3_4_2_2_0
    VSTTBR_EL2|3_4_2_6_0
    VSTCR_EL2|3_4_2_6_2
    DACR32_EL2|3_4_3_0_0
    HDFGRTR_EL2|3_4_3_1_4
    HDFGWTR_EL2|3_4_3_1_5
    HAFGRTR_EL2|3_4_3_1_6
    SPSR_irq|3_4_4_3_0
    SPSR_abt|3_4_4_3_1
    SPSR_und|3_4_4_3_2
    SPSR_fiq|3_4_4_3_3
    IFSR32_EL2|3_4_5_0_1
    FPEXC32_EL2|3_4_5_3_0
    TFSR_EL2|3_4_5_6_0
    PFAR_EL2|3_4_6_0_5
    PMSCR_EL2|3_4_9_9_0
    MPAMHCR_EL2|3_4_A_4_0
    MPAM2_EL2|3_4_A_5_0
    RVBAR_EL2|3_4_C_0_1
    RMR_EL2|3_4_C_0_2
    SCXTNUM_EL2|3_4_D_0_7
    CNTPOFF_EL2|3_4_E_0_6
    CNTHVS_TVAL_EL2|3_4_E_4_0
    CNTHVS_CTL_EL2|3_4_E_4_1
    CNTHVS_CVAL_EL2|3_4_E_4_2
    CNTHPS_TVAL_EL2|3_4_E_5_0
    CNTHPS_CTL_EL2|3_4_E_5_1
    CNTHPS_CVAL_EL2|3_4_E_5_2
    ZCR_EL12|3_5_1_2_0
    SCTLR2_EL3|3_6_1_0_3
    SDER32_EL3|3_6_1_1_1
    GPTBR_EL3|3_6_2_1_4
    GPCCR_EL3|3_6_2_1_6
    VSESR_EL3|3_6_5_2_3
    TFSR_EL3|3_6_5_6_0
    MFAR_EL3|3_6_6_0_5
    MPAM3_EL3|3_6_A_5_0
    RMR_EL3|3_6_C_0_2
    VDISR_EL3|3_6_C_1_1
    SCXTNUM_EL3|3_6_D_0_7
    """
}

#endif
