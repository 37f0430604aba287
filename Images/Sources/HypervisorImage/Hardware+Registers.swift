// MRS and MSR for every register the EL2 logic names. The switch disappears where the register is a
// constant, which is everywhere.

import CArch
import Hypervisor

extension Hardware {
  @inline(__always)
  func read(_ register: HypervisorRegister) -> UInt64 {
    switch register {
    case .midrEL1: read_midr_el1()
    case .mpidrEL1: read_mpidr_el1()
    case .idAA64PFR0EL1: read_id_aa64pfr0_el1()
    case .idAA64MMFR0EL1: read_id_aa64mmfr0_el1()
    case .idAA64MMFR1EL1: read_id_aa64mmfr1_el1()
    case .ctrEL0: read_ctr_el0()
    case .ttbr0EL2: read_ttbr0_el2()
    case .esrEL2: read_esr_el2()
    case .farEL2: read_far_el2()
    case .disrEL1: read_disr_el1()
    case .cntfrqEL0: read_cntfrq_el0()
    case .cntpctEL0: read_cntpct_el0()
    case .cnthpCTLEL2: read_cnthp_ctl_el2()
    case .cnthpCVALEL2: read_cnthp_cval_el2()
    case .cnthctlEL2: read_cnthctl_el2()
    case .cptrEL2: read_cptr_el2()
    case .mdcrEL2: read_mdcr_el2()
    case .iccSREEL2: read_icc_sre_el2()
    case .iccPMREL1: read_icc_pmr_el1()
    case .iccBPR1EL1: read_icc_bpr1_el1()
    case .iccCTLREL1: read_icc_ctlr_el1()
    case .iccIGRPEN1EL1: read_icc_igrpen1_el1()
    case .iccIAR1EL1: read_icc_iar1_el1()
    // Write-only.
    case .iccEOIR1EL1, .iccDIREL1: 0
    }
  }

  @inline(__always)
  func write(_ register: HypervisorRegister, _ value: UInt64) {
    switch register {
    case .ttbr0EL2: write_ttbr0_el2(value)
    case .esrEL2: write_esr_el2(value)
    case .farEL2: write_far_el2(value)
    case .disrEL1: write_disr_el1(value)
    case .cnthpCTLEL2: write_cnthp_ctl_el2(value)
    case .cnthpCVALEL2: write_cnthp_cval_el2(value)
    case .cnthctlEL2: write_cnthctl_el2(value)
    case .cptrEL2: write_cptr_el2(value)
    case .mdcrEL2: write_mdcr_el2(value)
    case .iccSREEL2: write_icc_sre_el2(value)
    case .iccPMREL1: write_icc_pmr_el1(value)
    case .iccBPR1EL1: write_icc_bpr1_el1(value)
    case .iccCTLREL1: write_icc_ctlr_el1(value)
    case .iccIGRPEN1EL1: write_icc_igrpen1_el1(value)
    case .iccEOIR1EL1: write_icc_eoir1_el1(value)
    case .iccDIREL1: write_icc_dir_el1(value)
    // Read-only.
    case .midrEL1, .mpidrEL1, .idAA64PFR0EL1, .idAA64MMFR0EL1, .idAA64MMFR1EL1, .ctrEL0,
      .cntfrqEL0, .cntpctEL0, .iccIAR1EL1:
      break
    }
  }
}
