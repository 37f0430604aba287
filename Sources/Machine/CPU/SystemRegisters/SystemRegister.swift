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
}
