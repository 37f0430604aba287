// The names of system registers and system instructions, and their encodings: what a trapped
// access (EC 0x18) says is looked up here, and the machine's register table takes its encodings
// from here. The list goes beyond the modelled core, because syndromes come from other machines
// too. Arm ARM D22.2 (instructions), D23.1 and D24.1 (registers).

#if !hasFeature(Embedded)

extension SystemRegisterEncoding {
  /// The manual's name of a register or system instruction, `nil` when this list has none.
  ///
  /// Where several instructions share an encoding the read name is given (DBGDTRRX_EL0).
  public var name: String? { SystemRegisterNames.byEncoding[self] }

  /// The encoding with this name, as the manual spells it: `"SCTLR_EL1"`, `"DC ZVA"`.
  public static func named(_ name: String) -> SystemRegisterEncoding? {
    SystemRegisterNames.byName[name]
  }

  /// Every name with its encoding, in the manual's order of encodings within each group.
  public static var allNamed: [(name: String, encoding: SystemRegisterEncoding)] {
    SystemRegisterNames.all
  }

  /// The encoding as an assembler accepts it: `S3_0_C1_C0_0`.
  public var generic: String { "S\(op0)_\(op1)_C\(crn)_C\(crm)_\(op2)" }
}

enum SystemRegisterNames {
  static let all: [(name: String, encoding: SystemRegisterEncoding)] = {
    var result: [(name: String, encoding: SystemRegisterEncoding)] = []
    for line in table.split(separator: "\n") {
      let columns = line.split(separator: "|")
      guard let name = columns.first, columns.count == 2 else { continue }
      let numbers = columns[1].split(separator: " ").compactMap { UInt8($0) }
      guard numbers.count == 5 else { continue }
      result.append(
        (
          String(name),
          SystemRegisterEncoding(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
        ))
    }
    for n: UInt8 in 0..<16 {
      result.append(("DBGBVR\(n)_EL1", .init(2, 0, 0, n, 4)))
      result.append(("DBGBCR\(n)_EL1", .init(2, 0, 0, n, 5)))
      result.append(("DBGWVR\(n)_EL1", .init(2, 0, 0, n, 6)))
      result.append(("DBGWCR\(n)_EL1", .init(2, 0, 0, n, 7)))
      result.append(("ICH_LR\(n)_EL2", .init(3, 4, 12, 12 + n / 8, n % 8)))
    }
    for n: UInt8 in 0..<31 {
      result.append(("PMEVCNTR\(n)_EL0", .init(3, 3, 14, 8 + n / 8, n % 8)))
      result.append(("PMEVTYPER\(n)_EL0", .init(3, 3, 14, 12 + n / 8, n % 8)))
    }
    for n: UInt8 in 0..<4 {
      result.append(("ICC_AP0R\(n)_EL1", .init(3, 0, 12, 8, 4 + n)))
      result.append(("ICC_AP1R\(n)_EL1", .init(3, 0, 12, 9, n)))
      result.append(("ICH_AP0R\(n)_EL2", .init(3, 4, 12, 8, n)))
      result.append(("ICH_AP1R\(n)_EL2", .init(3, 4, 12, 9, n)))
      result.append(("ERXMISC\(n)_EL1", .init(3, 0, 5, 5, n)))
    }
    return result
  }()

  // DBGDTRTX_EL0 is the write name of DBGDTRRX_EL0: the first one wins.
  static let byEncoding = Dictionary(
    all.map { ($0.encoding, $0.name) }, uniquingKeysWith: { first, _ in first })
  static let byName = Dictionary(
    all.map { ($0.name, $0.encoding) }, uniquingKeysWith: { first, _ in first })

  /// Name, then op0 op1 CRn CRm op2.
  static let table = """
    IC IALLUIS|1 0 7 1 0
    IC IALLU|1 0 7 5 0
    IC IVAU|1 3 7 5 1
    DC IVAC|1 0 7 6 1
    DC ISW|1 0 7 6 2
    DC CSW|1 0 7 10 2
    DC CISW|1 0 7 14 2
    DC ZVA|1 3 7 4 1
    DC GVA|1 3 7 4 3
    DC GZVA|1 3 7 4 4
    DC CVAC|1 3 7 10 1
    DC CVAU|1 3 7 11 1
    DC CVAP|1 3 7 12 1
    DC CVADP|1 3 7 13 1
    DC CIVAC|1 3 7 14 1
    CFP RCTX|1 3 7 3 4
    DVP RCTX|1 3 7 3 5
    CPP RCTX|1 3 7 3 7
    AT S1E1R|1 0 7 8 0
    AT S1E1W|1 0 7 8 1
    AT S1E0R|1 0 7 8 2
    AT S1E0W|1 0 7 8 3
    AT S1E1RP|1 0 7 9 0
    AT S1E1WP|1 0 7 9 1
    AT S1E2R|1 4 7 8 0
    AT S1E2W|1 4 7 8 1
    AT S12E1R|1 4 7 8 4
    AT S12E1W|1 4 7 8 5
    AT S12E0R|1 4 7 8 6
    AT S12E0W|1 4 7 8 7
    AT S1E3R|1 6 7 8 0
    AT S1E3W|1 6 7 8 1
    TLBI VMALLE1IS|1 0 8 3 0
    TLBI VAE1IS|1 0 8 3 1
    TLBI ASIDE1IS|1 0 8 3 2
    TLBI VAAE1IS|1 0 8 3 3
    TLBI VALE1IS|1 0 8 3 5
    TLBI VAALE1IS|1 0 8 3 7
    TLBI VMALLE1|1 0 8 7 0
    TLBI VAE1|1 0 8 7 1
    TLBI ASIDE1|1 0 8 7 2
    TLBI VAAE1|1 0 8 7 3
    TLBI VALE1|1 0 8 7 5
    TLBI VAALE1|1 0 8 7 7
    TLBI IPAS2E1IS|1 4 8 0 1
    TLBI IPAS2LE1IS|1 4 8 0 5
    TLBI ALLE2IS|1 4 8 3 0
    TLBI VAE2IS|1 4 8 3 1
    TLBI ALLE1IS|1 4 8 3 4
    TLBI VALE2IS|1 4 8 3 5
    TLBI VMALLS12E1IS|1 4 8 3 6
    TLBI IPAS2E1|1 4 8 4 1
    TLBI IPAS2LE1|1 4 8 4 5
    TLBI ALLE2|1 4 8 7 0
    TLBI VAE2|1 4 8 7 1
    TLBI ALLE1|1 4 8 7 4
    TLBI VALE2|1 4 8 7 5
    TLBI VMALLS12E1|1 4 8 7 6
    TLBI ALLE3IS|1 6 8 3 0
    TLBI VAE3IS|1 6 8 3 1
    TLBI VALE3IS|1 6 8 3 5
    TLBI ALLE3|1 6 8 7 0
    TLBI VAE3|1 6 8 7 1
    TLBI VALE3|1 6 8 7 5
    OSDTRRX_EL1|2 0 0 0 2
    MDCCINT_EL1|2 0 0 2 0
    MDSCR_EL1|2 0 0 2 2
    OSDTRTX_EL1|2 0 0 3 2
    OSECCR_EL1|2 0 0 6 2
    MDRAR_EL1|2 0 1 0 0
    OSLAR_EL1|2 0 1 0 4
    OSLSR_EL1|2 0 1 1 4
    OSDLR_EL1|2 0 1 3 4
    DBGPRCR_EL1|2 0 1 4 4
    DBGCLAIMSET_EL1|2 0 7 8 6
    DBGCLAIMCLR_EL1|2 0 7 9 6
    DBGAUTHSTATUS_EL1|2 0 7 14 6
    MDCCSR_EL0|2 3 0 1 0
    DBGDTR_EL0|2 3 0 4 0
    DBGDTRRX_EL0|2 3 0 5 0
    DBGDTRTX_EL0|2 3 0 5 0
    DBGVCR32_EL2|2 4 0 7 0
    MIDR_EL1|3 0 0 0 0
    MPIDR_EL1|3 0 0 0 5
    REVIDR_EL1|3 0 0 0 6
    ID_PFR0_EL1|3 0 0 1 0
    ID_PFR1_EL1|3 0 0 1 1
    ID_DFR0_EL1|3 0 0 1 2
    ID_AFR0_EL1|3 0 0 1 3
    ID_MMFR0_EL1|3 0 0 1 4
    ID_MMFR1_EL1|3 0 0 1 5
    ID_MMFR2_EL1|3 0 0 1 6
    ID_MMFR3_EL1|3 0 0 1 7
    ID_ISAR0_EL1|3 0 0 2 0
    ID_ISAR1_EL1|3 0 0 2 1
    ID_ISAR2_EL1|3 0 0 2 2
    ID_ISAR3_EL1|3 0 0 2 3
    ID_ISAR4_EL1|3 0 0 2 4
    ID_ISAR5_EL1|3 0 0 2 5
    ID_MMFR4_EL1|3 0 0 2 6
    ID_ISAR6_EL1|3 0 0 2 7
    MVFR0_EL1|3 0 0 3 0
    MVFR1_EL1|3 0 0 3 1
    MVFR2_EL1|3 0 0 3 2
    ID_PFR2_EL1|3 0 0 3 4
    ID_DFR1_EL1|3 0 0 3 5
    ID_MMFR5_EL1|3 0 0 3 6
    ID_AA64PFR0_EL1|3 0 0 4 0
    ID_AA64PFR1_EL1|3 0 0 4 1
    ID_AA64PFR2_EL1|3 0 0 4 2
    ID_AA64ZFR0_EL1|3 0 0 4 4
    ID_AA64SMFR0_EL1|3 0 0 4 5
    ID_AA64FPFR0_EL1|3 0 0 4 7
    ID_AA64DFR0_EL1|3 0 0 5 0
    ID_AA64DFR1_EL1|3 0 0 5 1
    ID_AA64DFR2_EL1|3 0 0 5 2
    ID_AA64AFR0_EL1|3 0 0 5 4
    ID_AA64AFR1_EL1|3 0 0 5 5
    ID_AA64ISAR0_EL1|3 0 0 6 0
    ID_AA64ISAR1_EL1|3 0 0 6 1
    ID_AA64ISAR2_EL1|3 0 0 6 2
    ID_AA64ISAR3_EL1|3 0 0 6 3
    ID_AA64MMFR0_EL1|3 0 0 7 0
    ID_AA64MMFR1_EL1|3 0 0 7 1
    ID_AA64MMFR2_EL1|3 0 0 7 2
    ID_AA64MMFR3_EL1|3 0 0 7 3
    ID_AA64MMFR4_EL1|3 0 0 7 4
    SCTLR_EL1|3 0 1 0 0
    ACTLR_EL1|3 0 1 0 1
    CPACR_EL1|3 0 1 0 2
    SCTLR2_EL1|3 0 1 0 3
    RGSR_EL1|3 0 1 0 5
    GCR_EL1|3 0 1 0 6
    ZCR_EL1|3 0 1 2 0
    TRFCR_EL1|3 0 1 2 1
    SMPRI_EL1|3 0 1 2 4
    SMCR_EL1|3 0 1 2 6
    TTBR0_EL1|3 0 2 0 0
    TTBR1_EL1|3 0 2 0 1
    TCR_EL1|3 0 2 0 2
    TCR2_EL1|3 0 2 0 3
    APIAKeyLo_EL1|3 0 2 1 0
    APIAKeyHi_EL1|3 0 2 1 1
    APIBKeyLo_EL1|3 0 2 1 2
    APIBKeyHi_EL1|3 0 2 1 3
    APDAKeyLo_EL1|3 0 2 2 0
    APDAKeyHi_EL1|3 0 2 2 1
    APDBKeyLo_EL1|3 0 2 2 2
    APDBKeyHi_EL1|3 0 2 2 3
    APGAKeyLo_EL1|3 0 2 3 0
    APGAKeyHi_EL1|3 0 2 3 1
    SPSR_EL1|3 0 4 0 0
    ELR_EL1|3 0 4 0 1
    SP_EL0|3 0 4 1 0
    SPSel|3 0 4 2 0
    CurrentEL|3 0 4 2 2
    PAN|3 0 4 2 3
    UAO|3 0 4 2 4
    ALLINT|3 0 4 3 0
    ICC_PMR_EL1|3 0 4 6 0
    AFSR0_EL1|3 0 5 1 0
    AFSR1_EL1|3 0 5 1 1
    ESR_EL1|3 0 5 2 0
    ERRIDR_EL1|3 0 5 3 0
    ERRSELR_EL1|3 0 5 3 1
    ERXGSR_EL1|3 0 5 3 2
    ERXFR_EL1|3 0 5 4 0
    ERXCTLR_EL1|3 0 5 4 1
    ERXSTATUS_EL1|3 0 5 4 2
    ERXADDR_EL1|3 0 5 4 3
    ERXPFGF_EL1|3 0 5 4 4
    ERXPFGCTL_EL1|3 0 5 4 5
    ERXPFGCDN_EL1|3 0 5 4 6
    TFSR_EL1|3 0 5 6 0
    TFSRE0_EL1|3 0 5 6 1
    FAR_EL1|3 0 6 0 0
    PFAR_EL1|3 0 6 0 5
    PAR_EL1|3 0 7 4 0
    PMSCR_EL1|3 0 9 9 0
    PMSICR_EL1|3 0 9 9 2
    PMSIRR_EL1|3 0 9 9 3
    PMSFCR_EL1|3 0 9 9 4
    PMSEVFR_EL1|3 0 9 9 5
    PMSLATFR_EL1|3 0 9 9 6
    PMSIDR_EL1|3 0 9 9 7
    PMBLIMITR_EL1|3 0 9 10 0
    PMBPTR_EL1|3 0 9 10 1
    PMBSR_EL1|3 0 9 10 3
    PMBIDR_EL1|3 0 9 10 7
    PMINTENSET_EL1|3 0 9 14 1
    PMINTENCLR_EL1|3 0 9 14 2
    PMMIR_EL1|3 0 9 14 6
    MAIR_EL1|3 0 10 2 0
    PIRE0_EL1|3 0 10 2 2
    PIR_EL1|3 0 10 2 3
    POR_EL1|3 0 10 2 4
    AMAIR_EL1|3 0 10 3 0
    LORSA_EL1|3 0 10 4 0
    LOREA_EL1|3 0 10 4 1
    LORN_EL1|3 0 10 4 2
    LORC_EL1|3 0 10 4 3
    MPAMIDR_EL1|3 0 10 4 4
    LORID_EL1|3 0 10 4 7
    MPAM1_EL1|3 0 10 5 0
    MPAM0_EL1|3 0 10 5 1
    VBAR_EL1|3 0 12 0 0
    RVBAR_EL1|3 0 12 0 1
    RMR_EL1|3 0 12 0 2
    ISR_EL1|3 0 12 1 0
    DISR_EL1|3 0 12 1 1
    ICC_IAR0_EL1|3 0 12 8 0
    ICC_EOIR0_EL1|3 0 12 8 1
    ICC_HPPIR0_EL1|3 0 12 8 2
    ICC_BPR0_EL1|3 0 12 8 3
    ICC_NMIAR1_EL1|3 0 12 9 5
    ICC_DIR_EL1|3 0 12 11 1
    ICC_RPR_EL1|3 0 12 11 3
    ICC_SGI1R_EL1|3 0 12 11 5
    ICC_ASGI1R_EL1|3 0 12 11 6
    ICC_SGI0R_EL1|3 0 12 11 7
    ICC_IAR1_EL1|3 0 12 12 0
    ICC_EOIR1_EL1|3 0 12 12 1
    ICC_HPPIR1_EL1|3 0 12 12 2
    ICC_BPR1_EL1|3 0 12 12 3
    ICC_CTLR_EL1|3 0 12 12 4
    ICC_SRE_EL1|3 0 12 12 5
    ICC_IGRPEN0_EL1|3 0 12 12 6
    ICC_IGRPEN1_EL1|3 0 12 12 7
    CONTEXTIDR_EL1|3 0 13 0 1
    TPIDR_EL1|3 0 13 0 4
    ACCDATA_EL1|3 0 13 0 5
    SCXTNUM_EL1|3 0 13 0 7
    CNTKCTL_EL1|3 0 14 1 0
    CCSIDR_EL1|3 1 0 0 0
    CLIDR_EL1|3 1 0 0 1
    CCSIDR2_EL1|3 1 0 0 2
    GMID_EL1|3 1 0 0 4
    SMIDR_EL1|3 1 0 0 6
    AIDR_EL1|3 1 0 0 7
    CSSELR_EL1|3 2 0 0 0
    CTR_EL0|3 3 0 0 1
    DCZID_EL0|3 3 0 0 7
    RNDR|3 3 2 4 0
    RNDRRS|3 3 2 4 1
    NZCV|3 3 4 2 0
    DAIF|3 3 4 2 1
    SVCR|3 3 4 2 2
    DIT|3 3 4 2 5
    SSBS|3 3 4 2 6
    TCO|3 3 4 2 7
    FPCR|3 3 4 4 0
    FPSR|3 3 4 4 1
    FPMR|3 3 4 4 2
    DSPSR_EL0|3 3 4 5 0
    DLR_EL0|3 3 4 5 1
    PMCR_EL0|3 3 9 12 0
    PMCNTENSET_EL0|3 3 9 12 1
    PMCNTENCLR_EL0|3 3 9 12 2
    PMOVSCLR_EL0|3 3 9 12 3
    PMSWINC_EL0|3 3 9 12 4
    PMSELR_EL0|3 3 9 12 5
    PMCEID0_EL0|3 3 9 12 6
    PMCEID1_EL0|3 3 9 12 7
    PMCCNTR_EL0|3 3 9 13 0
    PMXEVTYPER_EL0|3 3 9 13 1
    PMXEVCNTR_EL0|3 3 9 13 2
    PMUSERENR_EL0|3 3 9 14 0
    PMOVSSET_EL0|3 3 9 14 3
    PMCCFILTR_EL0|3 3 14 15 7
    TPIDR_EL0|3 3 13 0 2
    TPIDRRO_EL0|3 3 13 0 3
    TPIDR2_EL0|3 3 13 0 5
    SCXTNUM_EL0|3 3 13 0 7
    AMCR_EL0|3 3 13 2 0
    AMCFGR_EL0|3 3 13 2 1
    AMUSERENR_EL0|3 3 13 2 3
    CNTFRQ_EL0|3 3 14 0 0
    CNTPCT_EL0|3 3 14 0 1
    CNTVCT_EL0|3 3 14 0 2
    CNTPCTSS_EL0|3 3 14 0 5
    CNTVCTSS_EL0|3 3 14 0 6
    CNTP_TVAL_EL0|3 3 14 2 0
    CNTP_CTL_EL0|3 3 14 2 1
    CNTP_CVAL_EL0|3 3 14 2 2
    CNTV_TVAL_EL0|3 3 14 3 0
    CNTV_CTL_EL0|3 3 14 3 1
    CNTV_CVAL_EL0|3 3 14 3 2
    VPIDR_EL2|3 4 0 0 0
    VMPIDR_EL2|3 4 0 0 5
    SCTLR_EL2|3 4 1 0 0
    ACTLR_EL2|3 4 1 0 1
    SCTLR2_EL2|3 4 1 0 3
    HCR_EL2|3 4 1 1 0
    MDCR_EL2|3 4 1 1 1
    CPTR_EL2|3 4 1 1 2
    HSTR_EL2|3 4 1 1 3
    HFGRTR_EL2|3 4 1 1 4
    HFGWTR_EL2|3 4 1 1 5
    HFGITR_EL2|3 4 1 1 6
    HACR_EL2|3 4 1 1 7
    ZCR_EL2|3 4 1 2 0
    TRFCR_EL2|3 4 1 2 1
    HCRX_EL2|3 4 1 2 2
    SMCR_EL2|3 4 1 2 6
    SDER32_EL2|3 4 1 3 1
    TTBR0_EL2|3 4 2 0 0
    TTBR1_EL2|3 4 2 0 1
    TCR_EL2|3 4 2 0 2
    TCR2_EL2|3 4 2 0 3
    VTTBR_EL2|3 4 2 1 0
    VTCR_EL2|3 4 2 1 2
    VNCR_EL2|3 4 2 2 0
    VSTTBR_EL2|3 4 2 6 0
    VSTCR_EL2|3 4 2 6 2
    DACR32_EL2|3 4 3 0 0
    HDFGRTR_EL2|3 4 3 1 4
    HDFGWTR_EL2|3 4 3 1 5
    HAFGRTR_EL2|3 4 3 1 6
    SPSR_EL2|3 4 4 0 0
    ELR_EL2|3 4 4 0 1
    SP_EL1|3 4 4 1 0
    SPSR_irq|3 4 4 3 0
    SPSR_abt|3 4 4 3 1
    SPSR_und|3 4 4 3 2
    SPSR_fiq|3 4 4 3 3
    IFSR32_EL2|3 4 5 0 1
    AFSR0_EL2|3 4 5 1 0
    AFSR1_EL2|3 4 5 1 1
    ESR_EL2|3 4 5 2 0
    VSESR_EL2|3 4 5 2 3
    FPEXC32_EL2|3 4 5 3 0
    TFSR_EL2|3 4 5 6 0
    FAR_EL2|3 4 6 0 0
    HPFAR_EL2|3 4 6 0 4
    PFAR_EL2|3 4 6 0 5
    PMSCR_EL2|3 4 9 9 0
    MAIR_EL2|3 4 10 2 0
    AMAIR_EL2|3 4 10 3 0
    MPAMHCR_EL2|3 4 10 4 0
    MPAM2_EL2|3 4 10 5 0
    VBAR_EL2|3 4 12 0 0
    RVBAR_EL2|3 4 12 0 1
    RMR_EL2|3 4 12 0 2
    VDISR_EL2|3 4 12 1 1
    ICC_SRE_EL2|3 4 12 9 5
    ICH_HCR_EL2|3 4 12 11 0
    ICH_VTR_EL2|3 4 12 11 1
    ICH_MISR_EL2|3 4 12 11 2
    ICH_EISR_EL2|3 4 12 11 3
    ICH_ELRSR_EL2|3 4 12 11 5
    ICH_VMCR_EL2|3 4 12 11 7
    CONTEXTIDR_EL2|3 4 13 0 1
    TPIDR_EL2|3 4 13 0 2
    SCXTNUM_EL2|3 4 13 0 7
    CNTVOFF_EL2|3 4 14 0 3
    CNTPOFF_EL2|3 4 14 0 6
    CNTHCTL_EL2|3 4 14 1 0
    CNTHP_TVAL_EL2|3 4 14 2 0
    CNTHP_CTL_EL2|3 4 14 2 1
    CNTHP_CVAL_EL2|3 4 14 2 2
    CNTHV_TVAL_EL2|3 4 14 3 0
    CNTHV_CTL_EL2|3 4 14 3 1
    CNTHV_CVAL_EL2|3 4 14 3 2
    CNTHVS_TVAL_EL2|3 4 14 4 0
    CNTHVS_CTL_EL2|3 4 14 4 1
    CNTHVS_CVAL_EL2|3 4 14 4 2
    CNTHPS_TVAL_EL2|3 4 14 5 0
    CNTHPS_CTL_EL2|3 4 14 5 1
    CNTHPS_CVAL_EL2|3 4 14 5 2
    SCTLR_EL12|3 5 1 0 0
    CPACR_EL12|3 5 1 0 2
    ZCR_EL12|3 5 1 2 0
    TTBR0_EL12|3 5 2 0 0
    TTBR1_EL12|3 5 2 0 1
    TCR_EL12|3 5 2 0 2
    SPSR_EL12|3 5 4 0 0
    ELR_EL12|3 5 4 0 1
    AFSR0_EL12|3 5 5 1 0
    AFSR1_EL12|3 5 5 1 1
    ESR_EL12|3 5 5 2 0
    FAR_EL12|3 5 6 0 0
    MAIR_EL12|3 5 10 2 0
    AMAIR_EL12|3 5 10 3 0
    VBAR_EL12|3 5 12 0 0
    CONTEXTIDR_EL12|3 5 13 0 1
    CNTKCTL_EL12|3 5 14 1 0
    CNTP_TVAL_EL02|3 5 14 2 0
    CNTP_CTL_EL02|3 5 14 2 1
    CNTP_CVAL_EL02|3 5 14 2 2
    CNTV_TVAL_EL02|3 5 14 3 0
    CNTV_CTL_EL02|3 5 14 3 1
    CNTV_CVAL_EL02|3 5 14 3 2
    SCTLR_EL3|3 6 1 0 0
    ACTLR_EL3|3 6 1 0 1
    SCTLR2_EL3|3 6 1 0 3
    SCR_EL3|3 6 1 1 0
    SDER32_EL3|3 6 1 1 1
    CPTR_EL3|3 6 1 1 2
    ZCR_EL3|3 6 1 2 0
    SMCR_EL3|3 6 1 2 6
    MDCR_EL3|3 6 1 3 1
    TTBR0_EL3|3 6 2 0 0
    TCR_EL3|3 6 2 0 2
    GPTBR_EL3|3 6 2 1 4
    GPCCR_EL3|3 6 2 1 6
    SPSR_EL3|3 6 4 0 0
    ELR_EL3|3 6 4 0 1
    SP_EL2|3 6 4 1 0
    AFSR0_EL3|3 6 5 1 0
    AFSR1_EL3|3 6 5 1 1
    ESR_EL3|3 6 5 2 0
    VSESR_EL3|3 6 5 2 3
    TFSR_EL3|3 6 5 6 0
    FAR_EL3|3 6 6 0 0
    MFAR_EL3|3 6 6 0 5
    MAIR_EL3|3 6 10 2 0
    AMAIR_EL3|3 6 10 3 0
    MPAM3_EL3|3 6 10 5 0
    VBAR_EL3|3 6 12 0 0
    RVBAR_EL3|3 6 12 0 1
    RMR_EL3|3 6 12 0 2
    VDISR_EL3|3 6 12 1 1
    ICC_CTLR_EL3|3 6 12 12 4
    ICC_SRE_EL3|3 6 12 12 5
    ICC_IGRPEN1_EL3|3 6 12 12 7
    TPIDR_EL3|3 6 13 0 2
    SCXTNUM_EL3|3 6 13 0 7
    CNTPS_TVAL_EL1|3 7 14 2 0
    CNTPS_CTL_EL1|3 7 14 2 1
    CNTPS_CVAL_EL1|3 7 14 2 2
    """
}

#endif
