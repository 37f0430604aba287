// Every system register the machine knows, one case each, named as the manual names it in lower
// camel (`SCTLR_EL1` is `sctlrEL1`). The raw value is the index of the register's storage in
// `CoreState`; a register whose value is computed (PSTATE views, ID registers, the interrupt
// controller's and the timers' registers, which live in their devices) leaves its word unused.
//
// The aliases of VHE (_EL12, _EL02) are not registers: they are rows of `SystemRegisterTable`.

/// A system register of the machine.
public enum SystemRegister: UInt16, CaseIterable, Sendable {
  // Translation and system control.
  case sctlrEL1, sctlrEL2, sctlrEL3
  case actlrEL1, actlrEL2, actlrEL3
  case ttbr0EL1, ttbr1EL1, tcrEL1, mairEL1, amairEL1, contextidrEL1
  case ttbr0EL2, ttbr1EL2, tcrEL2, mairEL2, amairEL2, contextidrEL2
  case ttbr0EL3, tcrEL3, mairEL3, amairEL3
  case vttbrEL2, vtcrEL2, hcrEL2, hstrEL2, hacrEL2, scrEL3
  case lorsaEL1, loreaEL1, lornEL1, lorcEL1, loridEL1

  // Exceptions.
  case esrEL1, esrEL2, esrEL3, farEL1, farEL2, farEL3, hpfarEL2, parEL1
  case afsr0EL1, afsr1EL1, afsr0EL2, afsr1EL2, afsr0EL3, afsr1EL3
  case elrEL1, elrEL2, elrEL3, spsrEL1, spsrEL2, spsrEL3
  case vbarEL1, vbarEL2, vbarEL3, rvbarEL3, isrEL1
  case cpacrEL1, cptrEL2, cptrEL3, mdcrEL2, mdcrEL3, mdscrEL1
  case vmpidrEL2, vpidrEL2, vsesrEL2, vdisrEL2, disrEL1

  // PSTATE and the banked stack pointers, as MRS and MSR see them; the state is elsewhere.
  case nzcv, daif, currentEL, spSel, pan, uao, ssbs
  case spEL0, spEL1, spEL2

  // Floating point, thread registers.
  case fpcr, fpsr
  case tpidrEL0, tpidrroEL0, tpidrEL1, tpidrEL2, tpidrEL3

  // Identification.
  case midrEL1, mpidrEL1, revidrEL1, aidrEL1
  case ctrEL0, dczidEL0, clidrEL1, ccsidrEL1, csselrEL1
  case idAA64PFR0EL1, idAA64PFR1EL1, idAA64ZFR0EL1
  case idAA64DFR0EL1, idAA64DFR1EL1, idAA64AFR0EL1, idAA64AFR1EL1
  case idAA64ISAR0EL1, idAA64ISAR1EL1, idAA64ISAR2EL1
  case idAA64MMFR0EL1, idAA64MMFR1EL1, idAA64MMFR2EL1
  case idPFR0EL1, idPFR1EL1, idPFR2EL1, idDFR0EL1, idDFR1EL1, idAFR0EL1
  case idMMFR0EL1, idMMFR1EL1, idMMFR2EL1, idMMFR3EL1, idMMFR4EL1, idMMFR5EL1
  case idISAR0EL1, idISAR1EL1, idISAR2EL1, idISAR3EL1, idISAR4EL1, idISAR5EL1, idISAR6EL1
  case mvfr0EL1, mvfr1EL1, mvfr2EL1
  /// A word of the ID space that has no name yet (op0=3, op1=0, CRn=0, CRm=1...7): reads as zero.
  case idReserved
  /// An IMPLEMENTATION DEFINED register of the modelled core; reads as its row's reset value.
  case implementationDefined

  // Debug.
  case osdtrrxEL1, osdtrtxEL1, mdccintEL1, oseccrEL1, mdrarEL1, oslarEL1, oslsrEL1, osdlrEL1
  case dbgprcrEL1, dbgclaimsetEL1, dbgclaimclrEL1, dbgauthstatusEL1
  case mdccsrEL0, dbgdtrEL0, dbgdtrrxEL0, dbgdtrtxEL0
  case dbgbvr0EL1, dbgbvr1EL1, dbgbvr2EL1, dbgbvr3EL1, dbgbvr4EL1, dbgbvr5EL1
  case dbgbcr0EL1, dbgbcr1EL1, dbgbcr2EL1, dbgbcr3EL1, dbgbcr4EL1, dbgbcr5EL1
  case dbgwvr0EL1, dbgwvr1EL1, dbgwvr2EL1, dbgwvr3EL1
  case dbgwcr0EL1, dbgwcr1EL1, dbgwcr2EL1, dbgwcr3EL1

  // RAS error records (the PE node and the memory node hold them).
  case erridrEL1, errselrEL1, erxfrEL1, erxctlrEL1, erxstatusEL1, erxaddrEL1
  case erxpfgfEL1, erxpfgctlEL1, erxpfgcdnEL1, erxmisc0EL1, erxmisc1EL1, erxmisc2EL1, erxmisc3EL1

  // GICv3 CPU interface: physical (or virtual at EL1, by HCR_EL2) and hypervisor control.
  case iccPMREL1, iccIAR0EL1, iccIAR1EL1, iccEOIR0EL1, iccEOIR1EL1, iccHPPIR0EL1, iccHPPIR1EL1
  case iccBPR0EL1, iccBPR1EL1, iccRPREL1, iccDIREL1
  case iccAP0R0EL1, iccAP0R1EL1, iccAP0R2EL1, iccAP0R3EL1
  case iccAP1R0EL1, iccAP1R1EL1, iccAP1R2EL1, iccAP1R3EL1
  case iccSGI0REL1, iccSGI1REL1, iccASGI1REL1
  case iccCTLREL1, iccCTLREL3, iccSREEL1, iccSREEL2, iccSREEL3
  case iccIGRPEN0EL1, iccIGRPEN1EL1, iccIGRPEN1EL3
  case ichHCREL2, ichVTREL2, ichMISREL2, ichEISREL2, ichELRSREL2, ichVMCREL2
  case ichAP0R0EL2, ichAP0R1EL2, ichAP0R2EL2, ichAP0R3EL2
  case ichAP1R0EL2, ichAP1R1EL2, ichAP1R2EL2, ichAP1R3EL2
  case ichLR0EL2, ichLR1EL2, ichLR2EL2, ichLR3EL2, ichLR4EL2, ichLR5EL2, ichLR6EL2, ichLR7EL2
  case ichLR8EL2, ichLR9EL2, ichLR10EL2, ichLR11EL2, ichLR12EL2, ichLR13EL2, ichLR14EL2, ichLR15EL2

  // Generic timers.
  case cntfrqEL0, cntpctEL0, cntvctEL0
  case cntpCTLEL0, cntpCVALEL0, cntpTVALEL0, cntvCTLEL0, cntvCVALEL0, cntvTVALEL0
  case cnthpCTLEL2, cnthpCVALEL2, cnthpTVALEL2, cnthvCTLEL2, cnthvCVALEL2, cnthvTVALEL2
  case cntpsCTLEL1, cntpsCVALEL1, cntpsTVALEL1
  case cntvoffEL2, cnthctlEL2, cntkctlEL1
}
