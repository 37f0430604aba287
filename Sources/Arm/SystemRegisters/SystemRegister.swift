// Every system register that the machine or one of the programs knows: its name and its encoding, once.
//
// A case is named as the manual names the register, in lower camel: the first part in lower case, the
// underscores gone (SCTLR_EL1 is `sctlrEL1`, CNTP_CTL_EL0 is `cntpCTLEL0`), so that `name` can be
// derived from it. Its raw value is the encoding, op0, op1, CRn, CRm and op2 as hexadecimal digits:
// MRS X0, S3_0_C12_C0_0 reads 0x3_0_C_0_0.
//
// The order is the order of the words of a core's state in the machine, and so of its snapshots and
// hashes: a register that the machine gets is inserted where it belongs, others are appended.
//
// The aliases of VHE (_EL12, _EL02) are no registers but other ways to some: `hostAlias`. Registers that
// nobody here uses have their names in `SystemRegisterNames`.

/// A system register.
public enum SystemRegister: UInt32, CaseIterable, Sendable {
  // Translation and system control.
  case sctlrEL1 = 0x3_0_1_0_0
  case sctlrEL2 = 0x3_4_1_0_0
  case sctlrEL3 = 0x3_6_1_0_0
  case actlrEL1 = 0x3_0_1_0_1
  case actlrEL2 = 0x3_4_1_0_1
  case actlrEL3 = 0x3_6_1_0_1
  case ttbr0EL1 = 0x3_0_2_0_0
  case ttbr1EL1 = 0x3_0_2_0_1
  case tcrEL1 = 0x3_0_2_0_2
  case mairEL1 = 0x3_0_A_2_0
  case amairEL1 = 0x3_0_A_3_0
  case contextidrEL1 = 0x3_0_D_0_1
  case ttbr0EL2 = 0x3_4_2_0_0
  case ttbr1EL2 = 0x3_4_2_0_1
  case tcrEL2 = 0x3_4_2_0_2
  case mairEL2 = 0x3_4_A_2_0
  case amairEL2 = 0x3_4_A_3_0
  case contextidrEL2 = 0x3_4_D_0_1
  case ttbr0EL3 = 0x3_6_2_0_0
  case tcrEL3 = 0x3_6_2_0_2
  case mairEL3 = 0x3_6_A_2_0
  case amairEL3 = 0x3_6_A_3_0
  case vttbrEL2 = 0x3_4_2_1_0
  case vtcrEL2 = 0x3_4_2_1_2
  case hcrEL2 = 0x3_4_1_1_0
  case hstrEL2 = 0x3_4_1_1_3
  case hacrEL2 = 0x3_4_1_1_7
  case scrEL3 = 0x3_6_1_1_0
  case lorsaEL1 = 0x3_0_A_4_0
  case loreaEL1 = 0x3_0_A_4_1
  case lornEL1 = 0x3_0_A_4_2
  case lorcEL1 = 0x3_0_A_4_3
  case loridEL1 = 0x3_0_A_4_7

  // Exceptions.
  case esrEL1 = 0x3_0_5_2_0
  case esrEL2 = 0x3_4_5_2_0
  case esrEL3 = 0x3_6_5_2_0
  case farEL1 = 0x3_0_6_0_0
  case farEL2 = 0x3_4_6_0_0
  case farEL3 = 0x3_6_6_0_0
  case hpfarEL2 = 0x3_4_6_0_4
  case parEL1 = 0x3_0_7_4_0
  case afsr0EL1 = 0x3_0_5_1_0
  case afsr1EL1 = 0x3_0_5_1_1
  case afsr0EL2 = 0x3_4_5_1_0
  case afsr1EL2 = 0x3_4_5_1_1
  case afsr0EL3 = 0x3_6_5_1_0
  case afsr1EL3 = 0x3_6_5_1_1
  case elrEL1 = 0x3_0_4_0_1
  case elrEL2 = 0x3_4_4_0_1
  case elrEL3 = 0x3_6_4_0_1
  case spsrEL1 = 0x3_0_4_0_0
  case spsrEL2 = 0x3_4_4_0_0
  case spsrEL3 = 0x3_6_4_0_0
  case vbarEL1 = 0x3_0_C_0_0
  case vbarEL2 = 0x3_4_C_0_0
  case vbarEL3 = 0x3_6_C_0_0
  case rvbarEL3 = 0x3_6_C_0_1
  case isrEL1 = 0x3_0_C_1_0
  case cpacrEL1 = 0x3_0_1_0_2
  case cptrEL2 = 0x3_4_1_1_2
  case cptrEL3 = 0x3_6_1_1_2
  case mdcrEL2 = 0x3_4_1_1_1
  case mdcrEL3 = 0x3_6_1_3_1
  case mdscrEL1 = 0x2_0_0_2_2
  case vmpidrEL2 = 0x3_4_0_0_5
  case vpidrEL2 = 0x3_4_0_0_0
  case vsesrEL2 = 0x3_4_5_2_3
  case vdisrEL2 = 0x3_4_C_1_1
  case disrEL1 = 0x3_0_C_1_1

  // PSTATE and the banked stack pointers, as MRS and MSR see them; the state is elsewhere.
  case nzcv = 0x3_3_4_2_0
  case daif = 0x3_3_4_2_1
  case currentEL = 0x3_0_4_2_2
  case spSel = 0x3_0_4_2_0
  case pan = 0x3_0_4_2_3
  case uao = 0x3_0_4_2_4
  case ssbs = 0x3_3_4_2_6
  case spEL0 = 0x3_0_4_1_0
  case spEL1 = 0x3_4_4_1_0
  case spEL2 = 0x3_6_4_1_0

  // Floating point, thread registers.
  case fpcr = 0x3_3_4_4_0
  case fpsr = 0x3_3_4_4_1
  case tpidrEL0 = 0x3_3_D_0_2
  case tpidrroEL0 = 0x3_3_D_0_3
  case tpidrEL1 = 0x3_0_D_0_4
  case tpidrEL2 = 0x3_4_D_0_2
  case tpidrEL3 = 0x3_6_D_0_2

  // Identification.
  case midrEL1 = 0x3_0_0_0_0
  case mpidrEL1 = 0x3_0_0_0_5
  case revidrEL1 = 0x3_0_0_0_6
  case aidrEL1 = 0x3_1_0_0_7
  case ctrEL0 = 0x3_3_0_0_1
  case dczidEL0 = 0x3_3_0_0_7
  case clidrEL1 = 0x3_1_0_0_1
  case ccsidrEL1 = 0x3_1_0_0_0
  case csselrEL1 = 0x3_2_0_0_0
  case idAA64PFR0EL1 = 0x3_0_0_4_0
  case idAA64PFR1EL1 = 0x3_0_0_4_1
  case idAA64ZFR0EL1 = 0x3_0_0_4_4
  case idAA64DFR0EL1 = 0x3_0_0_5_0
  case idAA64DFR1EL1 = 0x3_0_0_5_1
  case idAA64AFR0EL1 = 0x3_0_0_5_4
  case idAA64AFR1EL1 = 0x3_0_0_5_5
  case idAA64ISAR0EL1 = 0x3_0_0_6_0
  case idAA64ISAR1EL1 = 0x3_0_0_6_1
  case idAA64ISAR2EL1 = 0x3_0_0_6_2
  case idAA64MMFR0EL1 = 0x3_0_0_7_0
  case idAA64MMFR1EL1 = 0x3_0_0_7_1
  case idAA64MMFR2EL1 = 0x3_0_0_7_2
  case idPFR0EL1 = 0x3_0_0_1_0
  case idPFR1EL1 = 0x3_0_0_1_1
  case idPFR2EL1 = 0x3_0_0_3_4
  case idDFR0EL1 = 0x3_0_0_1_2
  case idDFR1EL1 = 0x3_0_0_3_5
  case idAFR0EL1 = 0x3_0_0_1_3
  case idMMFR0EL1 = 0x3_0_0_1_4
  case idMMFR1EL1 = 0x3_0_0_1_5
  case idMMFR2EL1 = 0x3_0_0_1_6
  case idMMFR3EL1 = 0x3_0_0_1_7
  case idMMFR4EL1 = 0x3_0_0_2_6
  case idMMFR5EL1 = 0x3_0_0_3_6
  case idISAR0EL1 = 0x3_0_0_2_0
  case idISAR1EL1 = 0x3_0_0_2_1
  case idISAR2EL1 = 0x3_0_0_2_2
  case idISAR3EL1 = 0x3_0_0_2_3
  case idISAR4EL1 = 0x3_0_0_2_4
  case idISAR5EL1 = 0x3_0_0_2_5
  case idISAR6EL1 = 0x3_0_0_2_7
  case mvfr0EL1 = 0x3_0_0_3_0
  case mvfr1EL1 = 0x3_0_0_3_1
  case mvfr2EL1 = 0x3_0_0_3_2
  /// The last word of the ID space, which has no name yet. It stands for all of them: op0 = 3,
  /// op1 = 0, CRn = 0, CRm = 1...7, which read as zero.
  case idReserved = 0x3_0_0_7_7
  /// CBAR_EL1, IMPLEMENTATION DEFINED: where the registers of the GIC are.
  case cbarEL1 = 0x3_1_F_3_0

  // Debug.
  case osdtrrxEL1 = 0x2_0_0_0_2
  case osdtrtxEL1 = 0x2_0_0_3_2
  case mdccintEL1 = 0x2_0_0_2_0
  case oseccrEL1 = 0x2_0_0_6_2
  case mdrarEL1 = 0x2_0_1_0_0
  case oslarEL1 = 0x2_0_1_0_4
  case oslsrEL1 = 0x2_0_1_1_4
  case osdlrEL1 = 0x2_0_1_3_4
  case dbgprcrEL1 = 0x2_0_1_4_4
  case dbgclaimsetEL1 = 0x2_0_7_8_6
  case dbgclaimclrEL1 = 0x2_0_7_9_6
  case dbgauthstatusEL1 = 0x2_0_7_E_6
  case mdccsrEL0 = 0x2_3_0_1_0
  case dbgdtrEL0 = 0x2_3_0_4_0
  case dbgdtrrxEL0 = 0x2_3_0_5_0
  /// DBGVCR32_EL2: there for AArch32 alone.
  case dbgvcr32EL2 = 0x2_4_0_7_0
  case dbgbvr0EL1 = 0x2_0_0_0_4
  case dbgbvr1EL1 = 0x2_0_0_1_4
  case dbgbvr2EL1 = 0x2_0_0_2_4
  case dbgbvr3EL1 = 0x2_0_0_3_4
  case dbgbvr4EL1 = 0x2_0_0_4_4
  case dbgbvr5EL1 = 0x2_0_0_5_4
  case dbgbcr0EL1 = 0x2_0_0_0_5
  case dbgbcr1EL1 = 0x2_0_0_1_5
  case dbgbcr2EL1 = 0x2_0_0_2_5
  case dbgbcr3EL1 = 0x2_0_0_3_5
  case dbgbcr4EL1 = 0x2_0_0_4_5
  case dbgbcr5EL1 = 0x2_0_0_5_5
  case dbgwvr0EL1 = 0x2_0_0_0_6
  case dbgwvr1EL1 = 0x2_0_0_1_6
  case dbgwvr2EL1 = 0x2_0_0_2_6
  case dbgwvr3EL1 = 0x2_0_0_3_6
  case dbgwcr0EL1 = 0x2_0_0_0_7
  case dbgwcr1EL1 = 0x2_0_0_1_7
  case dbgwcr2EL1 = 0x2_0_0_2_7
  case dbgwcr3EL1 = 0x2_0_0_3_7

  // RAS error records (the PE node and the memory node hold them).
  case erridrEL1 = 0x3_0_5_3_0
  case errselrEL1 = 0x3_0_5_3_1
  case erxfrEL1 = 0x3_0_5_4_0
  case erxctlrEL1 = 0x3_0_5_4_1
  case erxstatusEL1 = 0x3_0_5_4_2
  case erxaddrEL1 = 0x3_0_5_4_3
  case erxpfgfEL1 = 0x3_0_5_4_4
  case erxpfgctlEL1 = 0x3_0_5_4_5
  case erxpfgcdnEL1 = 0x3_0_5_4_6
  case erxmisc0EL1 = 0x3_0_5_5_0
  case erxmisc1EL1 = 0x3_0_5_5_1
  case erxmisc2EL1 = 0x3_0_5_5_2
  case erxmisc3EL1 = 0x3_0_5_5_3

  // GICv3 CPU interface: physical (or virtual at EL1, by HCR_EL2) and hypervisor control.
  case iccPMREL1 = 0x3_0_4_6_0
  case iccIAR0EL1 = 0x3_0_C_8_0
  case iccIAR1EL1 = 0x3_0_C_C_0
  case iccEOIR0EL1 = 0x3_0_C_8_1
  case iccEOIR1EL1 = 0x3_0_C_C_1
  case iccHPPIR0EL1 = 0x3_0_C_8_2
  case iccHPPIR1EL1 = 0x3_0_C_C_2
  case iccBPR0EL1 = 0x3_0_C_8_3
  case iccBPR1EL1 = 0x3_0_C_C_3
  case iccRPREL1 = 0x3_0_C_B_3
  case iccDIREL1 = 0x3_0_C_B_1
  case iccAP0R0EL1 = 0x3_0_C_8_4
  case iccAP0R1EL1 = 0x3_0_C_8_5
  case iccAP0R2EL1 = 0x3_0_C_8_6
  case iccAP0R3EL1 = 0x3_0_C_8_7
  case iccAP1R0EL1 = 0x3_0_C_9_0
  case iccAP1R1EL1 = 0x3_0_C_9_1
  case iccAP1R2EL1 = 0x3_0_C_9_2
  case iccAP1R3EL1 = 0x3_0_C_9_3
  case iccSGI0REL1 = 0x3_0_C_B_7
  case iccSGI1REL1 = 0x3_0_C_B_5
  case iccASGI1REL1 = 0x3_0_C_B_6
  case iccCTLREL1 = 0x3_0_C_C_4
  case iccCTLREL3 = 0x3_6_C_C_4
  case iccSREEL1 = 0x3_0_C_C_5
  case iccSREEL2 = 0x3_4_C_9_5
  case iccSREEL3 = 0x3_6_C_C_5
  case iccIGRPEN0EL1 = 0x3_0_C_C_6
  case iccIGRPEN1EL1 = 0x3_0_C_C_7
  case iccIGRPEN1EL3 = 0x3_6_C_C_7
  case ichHCREL2 = 0x3_4_C_B_0
  case ichVTREL2 = 0x3_4_C_B_1
  case ichMISREL2 = 0x3_4_C_B_2
  case ichEISREL2 = 0x3_4_C_B_3
  case ichELRSREL2 = 0x3_4_C_B_5
  case ichVMCREL2 = 0x3_4_C_B_7
  case ichAP0R0EL2 = 0x3_4_C_8_0
  case ichAP0R1EL2 = 0x3_4_C_8_1
  case ichAP0R2EL2 = 0x3_4_C_8_2
  case ichAP0R3EL2 = 0x3_4_C_8_3
  case ichAP1R0EL2 = 0x3_4_C_9_0
  case ichAP1R1EL2 = 0x3_4_C_9_1
  case ichAP1R2EL2 = 0x3_4_C_9_2
  case ichAP1R3EL2 = 0x3_4_C_9_3
  case ichLR0EL2 = 0x3_4_C_C_0
  case ichLR1EL2 = 0x3_4_C_C_1
  case ichLR2EL2 = 0x3_4_C_C_2
  case ichLR3EL2 = 0x3_4_C_C_3
  case ichLR4EL2 = 0x3_4_C_C_4
  case ichLR5EL2 = 0x3_4_C_C_5
  case ichLR6EL2 = 0x3_4_C_C_6
  case ichLR7EL2 = 0x3_4_C_C_7
  case ichLR8EL2 = 0x3_4_C_D_0
  case ichLR9EL2 = 0x3_4_C_D_1
  case ichLR10EL2 = 0x3_4_C_D_2
  case ichLR11EL2 = 0x3_4_C_D_3
  case ichLR12EL2 = 0x3_4_C_D_4
  case ichLR13EL2 = 0x3_4_C_D_5
  case ichLR14EL2 = 0x3_4_C_D_6
  case ichLR15EL2 = 0x3_4_C_D_7

  // Generic timers.
  case cntfrqEL0 = 0x3_3_E_0_0
  case cntpctEL0 = 0x3_3_E_0_1
  case cntvctEL0 = 0x3_3_E_0_2
  case cntpCTLEL0 = 0x3_3_E_2_1
  case cntpCVALEL0 = 0x3_3_E_2_2
  case cntpTVALEL0 = 0x3_3_E_2_0
  case cntvCTLEL0 = 0x3_3_E_3_1
  case cntvCVALEL0 = 0x3_3_E_3_2
  case cntvTVALEL0 = 0x3_3_E_3_0
  case cnthpCTLEL2 = 0x3_4_E_2_1
  case cnthpCVALEL2 = 0x3_4_E_2_2
  case cnthpTVALEL2 = 0x3_4_E_2_0
  case cnthvCTLEL2 = 0x3_4_E_3_1
  case cnthvCVALEL2 = 0x3_4_E_3_2
  case cnthvTVALEL2 = 0x3_4_E_3_0
  case cntpsCTLEL1 = 0x3_7_E_2_1
  case cntpsCVALEL1 = 0x3_7_E_2_2
  case cntpsTVALEL1 = 0x3_7_E_2_0
  case cntvoffEL2 = 0x3_4_E_0_3
  case cnthctlEL2 = 0x3_4_E_1_0
  case cntkctlEL1 = 0x3_0_E_1_0

  // Performance monitors.
  case pmcrEL0 = 0x3_3_9_C_0
  case pmcntensetEL0 = 0x3_3_9_C_1
  case pmcntenclrEL0 = 0x3_3_9_C_2
  case pmovsclrEL0 = 0x3_3_9_C_3
  case pmswincEL0 = 0x3_3_9_C_4
  case pmselrEL0 = 0x3_3_9_C_5
  case pmceid0EL0 = 0x3_3_9_C_6
  case pmceid1EL0 = 0x3_3_9_C_7
  case pmccntrEL0 = 0x3_3_9_D_0
  case pmxevtyperEL0 = 0x3_3_9_D_1
  case pmxevcntrEL0 = 0x3_3_9_D_2
  case pmuserenrEL0 = 0x3_3_9_E_0
  case pmovssetEL0 = 0x3_3_9_E_3
  case pmintensetEL1 = 0x3_0_9_E_1
  case pmintenclrEL1 = 0x3_0_9_E_2
  case pmevcntr0EL0 = 0x3_3_E_8_0
  case pmevcntr1EL0 = 0x3_3_E_8_1
  case pmevcntr2EL0 = 0x3_3_E_8_2
  case pmevcntr3EL0 = 0x3_3_E_8_3
  case pmevcntr4EL0 = 0x3_3_E_8_4
  case pmevcntr5EL0 = 0x3_3_E_8_5
  case pmevtyper0EL0 = 0x3_3_E_C_0
  case pmevtyper1EL0 = 0x3_3_E_C_1
  case pmevtyper2EL0 = 0x3_3_E_C_2
  case pmevtyper3EL0 = 0x3_3_E_C_3
  case pmevtyper4EL0 = 0x3_3_E_C_4
  case pmevtyper5EL0 = 0x3_3_E_C_5
  case pmccfiltrEL0 = 0x3_3_E_F_7

  // IMPLEMENTATION DEFINED: Neoverse N1's own.
  case cpucfrEL1 = 0x3_0_F_0_0
  case cpuactlrEL1 = 0x3_0_F_1_0
  case cpuactlr2EL1 = 0x3_0_F_1_1
  case cpuactlr3EL1 = 0x3_0_F_1_2
  case cpuectlrEL1 = 0x3_0_F_1_4
  case ownErxpfgfEL1 = 0x3_0_F_2_0
  case ownErxpfgctlEL1 = 0x3_0_F_2_1
  case ownErxpfgcdnEL1 = 0x3_0_F_2_2
  case cpupwrctlrEL1 = 0x3_0_F_2_7
  case atcrEL1 = 0x3_0_F_7_0
  case atcrEL2 = 0x3_4_F_7_0
  case avtcrEL2 = 0x3_4_F_7_1
  case atcrEL3 = 0x3_6_F_7_0
  case cpupselrEL3 = 0x3_6_F_8_0
  case cpupcrEL3 = 0x3_6_F_8_1
  case cpuporEL3 = 0x3_6_F_8_2
  case cpupmrEL3 = 0x3_6_F_8_3

  // IMPLEMENTATION DEFINED: those of the DynamIQ Shared Unit around the cores.
  case clustercfrEL1 = 0x3_0_F_3_0
  case clusteridrEL1 = 0x3_0_F_3_1
  case clusterrevidrEL1 = 0x3_0_F_3_2
  case clusteractlrEL1 = 0x3_0_F_3_3
  case clusterectlrEL1 = 0x3_0_F_3_4
  case clusterpwrctlrEL1 = 0x3_0_F_3_5
  case clusterpwrdnEL1 = 0x3_0_F_3_6
  case clusterpwrstatEL1 = 0x3_0_F_3_7
  case clusterthreadsidEL1 = 0x3_0_F_4_0
  case clusteracpsidEL1 = 0x3_0_F_4_1
  case clusterstashsidEL1 = 0x3_0_F_4_2
  case clusterpartcrEL1 = 0x3_0_F_4_3
  case clusterbusqosEL1 = 0x3_0_F_4_4
  case clusterl3hitEL1 = 0x3_0_F_4_5
  case clusterl3missEL1 = 0x3_0_F_4_6
  case clusterthreadsidovrEL1 = 0x3_0_F_4_7

  // Registers that firmware touches and the machine does not have: SVE, SME.
  case zcrEL3 = 0x3_6_1_2_0
  case smcrEL3 = 0x3_6_1_2_6
}

extension SystemRegister {
  /// The register with an encoding, nil when it is not one of these.
  @inlinable public init?(_ encoding: SystemRegisterEncoding) {
    self.init(rawValue: encoding.digits)
  }

  /// The encoding that MRS and MSR have.
  @inlinable public var encoding: SystemRegisterEncoding {
    SystemRegisterEncoding(digits: rawValue)
  }

  /// The place among all cases, from 0: what stores of all registers are indexed by. It is the
  /// representation of a case in memory, which a test holds on to.
  @inlinable public var ordinal: Int { Int(unsafe unsafeBitCast(self, to: UInt16.self)) }
}
