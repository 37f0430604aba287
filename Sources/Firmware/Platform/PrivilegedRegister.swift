/// The system registers that the EL3 logic reads or writes, by the Arm ARM's names.
public enum PrivilegedRegister: UInt8, CaseIterable, Sendable {
  // Identification, read-only.
  case midrEL1, mpidrEL1
  case idAA64PFR0EL1, idAA64PFR1EL1, idAA64DFR0EL1, idAA64ISAR1EL1, idAA64MMFR0EL1, idAA64MMFR1EL1,
    idAA64MMFR2EL1
  // EL3.
  case scrEL3, sctlrEL3, cptrEL3, mdcrEL3, zcrEL3, smcrEL3
  // EL2.
  case hcrEL2, sctlrEL2, vbarEL2, esrEL2, farEL2, elrEL2, spsrEL2
  case cptrEL2, mdcrEL2, hstrEL2, vttbrEL2, vpidrEL2, vmpidrEL2, cnthctlEL2, cntvoffEL2
  case cnthpCTLEL2, ichHCREL2
  // EL1.
  case sctlrEL1, vbarEL1, esrEL1, farEL1, elrEL1, spsrEL1
  // Timers.
  case cntfrqEL0, cntpctEL0, cntpsCTLEL1, cntpCTLEL0, cntvCTLEL0, pmcrEL0
  // Error records (Arm IHI 0100); present where ID_AA64PFR0_EL1.RAS says so.
  case erridrEL1, errselrEL1, erxfrEL1, erxctlrEL1, erxstatusEL1, erxaddrEL1
  case erxmisc0EL1, erxmisc1EL1, erxmisc2EL1, erxmisc3EL1
  // GIC CPU interface (Arm IHI 0069).
  case iccSREEL1, iccSREEL2, iccSREEL3, iccCTLREL3, iccPMREL1, iccIGRPEN0EL1, iccIGRPEN1EL3
  case iccSGI0REL1
}
