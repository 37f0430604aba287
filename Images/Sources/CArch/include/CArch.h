// The instructions Swift cannot spell: system registers, barriers, cache maintenance.
// Registers newer than Armv8.0 are named by their encoding, so that any assembler takes them.
#pragma once
#include <stdint.h>

#define SYSTEM_REGISTER(name, encoding)                                  \
  static inline uint64_t read_##name(void) {                             \
    uint64_t value;                                                      \
    __asm__ volatile("mrs %0, " encoding : "=r"(value) : : "memory");    \
    return value;                                                        \
  }                                                                      \
  static inline void write_##name(uint64_t value) {                      \
    __asm__ volatile("msr " encoding ", %0" : : "r"(value) : "memory");  \
  }

#define READ_ONLY_SYSTEM_REGISTER(name, encoding)                        \
  static inline uint64_t read_##name(void) {                             \
    uint64_t value;                                                      \
    __asm__ volatile("mrs %0, " encoding : "=r"(value) : : "memory");    \
    return value;                                                        \
  }

READ_ONLY_SYSTEM_REGISTER(midr_el1, "MIDR_EL1")
READ_ONLY_SYSTEM_REGISTER(mpidr_el1, "MPIDR_EL1")
READ_ONLY_SYSTEM_REGISTER(id_aa64pfr0_el1, "ID_AA64PFR0_EL1")
READ_ONLY_SYSTEM_REGISTER(id_aa64pfr1_el1, "S3_0_C0_C4_1")
READ_ONLY_SYSTEM_REGISTER(id_aa64dfr0_el1, "ID_AA64DFR0_EL1")
READ_ONLY_SYSTEM_REGISTER(id_aa64isar1_el1, "ID_AA64ISAR1_EL1")
READ_ONLY_SYSTEM_REGISTER(id_aa64mmfr0_el1, "ID_AA64MMFR0_EL1")
READ_ONLY_SYSTEM_REGISTER(id_aa64mmfr1_el1, "ID_AA64MMFR1_EL1")
READ_ONLY_SYSTEM_REGISTER(id_aa64mmfr2_el1, "S3_0_C0_C7_2")
READ_ONLY_SYSTEM_REGISTER(cntpct_el0, "CNTPCT_EL0")
READ_ONLY_SYSTEM_REGISTER(pmcr_el0, "PMCR_EL0")

READ_ONLY_SYSTEM_REGISTER(esr_el3, "ESR_EL3")
READ_ONLY_SYSTEM_REGISTER(far_el3, "FAR_EL3")
READ_ONLY_SYSTEM_REGISTER(elr_el3, "ELR_EL3")
READ_ONLY_SYSTEM_REGISTER(spsr_el3, "SPSR_EL3")
SYSTEM_REGISTER(scr_el3, "SCR_EL3")
SYSTEM_REGISTER(sctlr_el3, "SCTLR_EL3")
SYSTEM_REGISTER(cptr_el3, "CPTR_EL3")
SYSTEM_REGISTER(mdcr_el3, "MDCR_EL3")
SYSTEM_REGISTER(zcr_el3, "S3_6_C1_C2_0")
SYSTEM_REGISTER(smcr_el3, "S3_6_C1_C2_6")
SYSTEM_REGISTER(hcr_el2, "HCR_EL2")
SYSTEM_REGISTER(sctlr_el2, "SCTLR_EL2")
SYSTEM_REGISTER(vbar_el2, "VBAR_EL2")
SYSTEM_REGISTER(esr_el2, "ESR_EL2")
SYSTEM_REGISTER(far_el2, "FAR_EL2")
SYSTEM_REGISTER(elr_el2, "ELR_EL2")
SYSTEM_REGISTER(spsr_el2, "SPSR_EL2")
SYSTEM_REGISTER(cptr_el2, "CPTR_EL2")
SYSTEM_REGISTER(mdcr_el2, "MDCR_EL2")
SYSTEM_REGISTER(hstr_el2, "HSTR_EL2")
SYSTEM_REGISTER(vttbr_el2, "VTTBR_EL2")
SYSTEM_REGISTER(vpidr_el2, "VPIDR_EL2")
SYSTEM_REGISTER(vmpidr_el2, "VMPIDR_EL2")
SYSTEM_REGISTER(cnthctl_el2, "CNTHCTL_EL2")
SYSTEM_REGISTER(cntvoff_el2, "CNTVOFF_EL2")
SYSTEM_REGISTER(cnthp_ctl_el2, "CNTHP_CTL_EL2")
SYSTEM_REGISTER(sctlr_el1, "SCTLR_EL1")
SYSTEM_REGISTER(vbar_el1, "VBAR_EL1")
SYSTEM_REGISTER(esr_el1, "ESR_EL1")
SYSTEM_REGISTER(far_el1, "FAR_EL1")
SYSTEM_REGISTER(elr_el1, "ELR_EL1")
SYSTEM_REGISTER(spsr_el1, "SPSR_EL1")
SYSTEM_REGISTER(cntps_ctl_el1, "CNTPS_CTL_EL1")
SYSTEM_REGISTER(cntp_ctl_el0, "CNTP_CTL_EL0")
SYSTEM_REGISTER(cntv_ctl_el0, "CNTV_CTL_EL0")
SYSTEM_REGISTER(cntfrq_el0, "CNTFRQ_EL0")
SYSTEM_REGISTER(tpidr_el1, "TPIDR_EL1")
SYSTEM_REGISTER(ttbr0_el1, "TTBR0_EL1")
SYSTEM_REGISTER(cntv_cval_el0, "CNTV_CVAL_EL0")

SYSTEM_REGISTER(ttbr0_el2, "TTBR0_EL2")
SYSTEM_REGISTER(disr_el1, "S3_0_C12_C1_1")
SYSTEM_REGISTER(cnthp_cval_el2, "CNTHP_CVAL_EL2")
READ_ONLY_SYSTEM_REGISTER(ctr_el0, "CTR_EL0")

// RAS error records. Arm IHI 0100, and firmware feature ID_AA64PFR0_EL1.RAS.
READ_ONLY_SYSTEM_REGISTER(erridr_el1, "S3_0_C5_C3_0")
SYSTEM_REGISTER(errselr_el1, "S3_0_C5_C3_1")
READ_ONLY_SYSTEM_REGISTER(erxfr_el1, "S3_0_C5_C4_0")
SYSTEM_REGISTER(erxctlr_el1, "S3_0_C5_C4_1")
SYSTEM_REGISTER(erxstatus_el1, "S3_0_C5_C4_2")
SYSTEM_REGISTER(erxaddr_el1, "S3_0_C5_C4_3")
SYSTEM_REGISTER(erxpfgf_el1, "S3_0_C5_C4_4")
SYSTEM_REGISTER(erxpfgctl_el1, "S3_0_C5_C4_5")
SYSTEM_REGISTER(erxpfgcdn_el1, "S3_0_C5_C4_6")
SYSTEM_REGISTER(erxmisc0_el1, "S3_0_C5_C5_0")
SYSTEM_REGISTER(erxmisc1_el1, "S3_0_C5_C5_1")
SYSTEM_REGISTER(erxmisc2_el1, "S3_0_C5_C5_2")
SYSTEM_REGISTER(erxmisc3_el1, "S3_0_C5_C5_3")

// GICv3 CPU interface. Arm IHI 0069, 12.2.
SYSTEM_REGISTER(icc_sre_el1, "S3_0_C12_C12_5")
SYSTEM_REGISTER(icc_sre_el2, "S3_4_C12_C9_5")
SYSTEM_REGISTER(icc_sre_el3, "S3_6_C12_C12_5")
SYSTEM_REGISTER(icc_ctlr_el3, "S3_6_C12_C12_4")
SYSTEM_REGISTER(icc_pmr_el1, "S3_0_C4_C6_0")
SYSTEM_REGISTER(icc_igrpen0_el1, "S3_0_C12_C12_6")
SYSTEM_REGISTER(icc_igrpen1_el3, "S3_6_C12_C12_7")
static inline void write_icc_sgi1r_el1(uint64_t value) {
  __asm__ volatile("dsb ishst\n\tmsr S3_0_C12_C11_5, %0\n\tisb" : : "r"(value) : "memory");
}
static inline void write_icc_sgi0r_el1(uint64_t value) {
  __asm__ volatile("msr S3_0_C12_C11_7, %0" : : "r"(value) : "memory");
}
SYSTEM_REGISTER(icc_bpr1_el1, "S3_0_C12_C12_3")
SYSTEM_REGISTER(icc_ctlr_el1, "S3_0_C12_C12_4")
SYSTEM_REGISTER(icc_igrpen1_el1, "S3_0_C12_C12_7")
READ_ONLY_SYSTEM_REGISTER(icc_iar1_el1, "S3_0_C12_C12_0")
static inline void write_icc_eoir1_el1(uint64_t value) {
  __asm__ volatile("msr S3_0_C12_C12_1, %0" : : "r"(value) : "memory");
}
static inline void write_icc_dir_el1(uint64_t value) {
  __asm__ volatile("msr S3_0_C12_C11_1, %0" : : "r"(value) : "memory");
}
SYSTEM_REGISTER(ich_hcr_el2, "S3_4_C12_C11_0")

/// ISB.
static inline void instruction_barrier(void) { __asm__ volatile("isb" ::: "memory"); }
/// DSB SY.
static inline void data_barrier(void) { __asm__ volatile("dsb sy" ::: "memory"); }
/// WFI, after everything before it is seen.
static inline void wait_for_interrupt(void) { __asm__ volatile("dsb sy\n\twfi" ::: "memory"); }
/// Cleans and invalidates the cache line of an address to the point of coherency.
static inline void clean_line(uint64_t address) {
  __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
}
/// Invalidates all instruction caches of the inner shareable domain.
static inline void invalidate_instruction_caches(void) {
  __asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

static inline uint64_t load_64(uint64_t address) { return *(volatile uint64_t *)address; }
static inline uint32_t load_32(uint64_t address) { return *(volatile uint32_t *)address; }
static inline uint16_t load_16(uint64_t address) { return *(volatile uint16_t *)address; }
static inline uint8_t load_8(uint64_t address) { return *(volatile uint8_t *)address; }
static inline void store_64(uint64_t address, uint64_t v) { *(volatile uint64_t *)address = v; }
static inline void store_32(uint64_t address, uint32_t v) { *(volatile uint32_t *)address = v; }
static inline void store_16(uint64_t address, uint16_t v) { *(volatile uint16_t *)address = v; }
static inline void store_8(uint64_t address, uint8_t v) { *(volatile uint8_t *)address = v; }
