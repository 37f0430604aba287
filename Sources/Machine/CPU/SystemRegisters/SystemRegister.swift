// Every system register the machine knows, one case each, named as the manual names it in lower
// camel (`SCTLR_EL1` is `sctlrEL1`). The raw value is the index of the register's storage.

/// A system register of the machine.
public enum SystemRegister: UInt16, CaseIterable, Sendable {
  // Seed list; the system-register chapter completes it.
  case sctlrEL1, sctlrEL2, sctlrEL3
  case ttbr0EL1, ttbr1EL1, tcrEL1, mairEL1, amairEL1, contextidrEL1
  case ttbr0EL2, ttbr1EL2, tcrEL2, mairEL2, amairEL2, contextidrEL2
  case ttbr0EL3, tcrEL3, mairEL3, amairEL3
  case vttbrEL2, vtcrEL2, hcrEL2, scrEL3
  case esrEL1, esrEL2, esrEL3, farEL1, farEL2, farEL3, hpfarEL2, parEL1
  case elrEL1, elrEL2, elrEL3, spsrEL1, spsrEL2, spsrEL3
  case vbarEL1, vbarEL2, vbarEL3
  case cpacrEL1, cptrEL2, cptrEL3, mdcrEL2, mdcrEL3, mdscrEL1
  case fpcr, fpsr
  case tpidrEL0, tpidrroEL0, tpidrEL1, tpidrEL2, tpidrEL3
  case vmpidrEL2, vpidrEL2, vsesrEL2, vdisrEL2, disrEL1

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
