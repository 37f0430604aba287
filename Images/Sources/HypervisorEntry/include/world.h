// The world switch (world.S). `block` is the address of a vCPU's register block.
#pragma once
#include <stdint.h>

#define GUEST_REGISTER_READ(name, encoding)                         \
  static inline uint64_t guest_read_##name(void) {                  \
    uint64_t value;                                                 \
    __asm__ volatile("mrs %0, " encoding : "=r"(value));            \
    return value;                                                   \
  }
#define GUEST_REGISTER(name, encoding)                              \
  GUEST_REGISTER_READ(name, encoding)                               \
  static inline void guest_write_##name(uint64_t value) {           \
    __asm__ volatile("msr " encoding ", %0" : : "r"(value) : "memory"); \
  }

// What the processor is.
GUEST_REGISTER_READ(midr, "MIDR_EL1")
GUEST_REGISTER_READ(revidr, "REVIDR_EL1")
GUEST_REGISTER_READ(actlr, "ACTLR_EL1")
GUEST_REGISTER_READ(ctr, "CTR_EL0")
GUEST_REGISTER_READ(clidr, "CLIDR_EL1")
GUEST_REGISTER_READ(pfr0, "ID_AA64PFR0_EL1")
GUEST_REGISTER_READ(pfr1, "ID_AA64PFR1_EL1")
GUEST_REGISTER_READ(dfr0, "ID_AA64DFR0_EL1")
GUEST_REGISTER_READ(isar0, "ID_AA64ISAR0_EL1")
GUEST_REGISTER_READ(isar1, "ID_AA64ISAR1_EL1")
GUEST_REGISTER_READ(mmfr0, "ID_AA64MMFR0_EL1")
GUEST_REGISTER_READ(mmfr1, "ID_AA64MMFR1_EL1")
GUEST_REGISTER_READ(mmfr2, "S3_0_C0_C7_2")
GUEST_REGISTER_READ(vtr, "S3_4_C12_C11_1")
// CNTV_CTL_EL02, CNTP_CTL_EL02: the loaded guest's.
GUEST_REGISTER_READ(virtual_timer, "S3_5_C14_C3_1")
GUEST_REGISTER_READ(physical_timer, "S3_5_C14_C2_1")

// The virtual interface. ICH_LR<n>_EL2 one by one: the number is part of the instruction.
GUEST_REGISTER(interface_control, "S3_4_C12_C11_0")
GUEST_REGISTER(lr0, "S3_4_C12_C12_0")
GUEST_REGISTER(lr1, "S3_4_C12_C12_1")
GUEST_REGISTER(lr2, "S3_4_C12_C12_2")
GUEST_REGISTER(lr3, "S3_4_C12_C12_3")
GUEST_REGISTER(lr4, "S3_4_C12_C12_4")
GUEST_REGISTER(lr5, "S3_4_C12_C12_5")
GUEST_REGISTER(lr6, "S3_4_C12_C12_6")
GUEST_REGISTER(lr7, "S3_4_C12_C12_7")
GUEST_REGISTER(lr8, "S3_4_C12_C13_0")
GUEST_REGISTER(lr9, "S3_4_C12_C13_1")
GUEST_REGISTER(lr10, "S3_4_C12_C13_2")
GUEST_REGISTER(lr11, "S3_4_C12_C13_3")
GUEST_REGISTER(lr12, "S3_4_C12_C13_4")
GUEST_REGISTER(lr13, "S3_4_C12_C13_5")
GUEST_REGISTER(lr14, "S3_4_C12_C13_6")
GUEST_REGISTER(lr15, "S3_4_C12_C13_7")

/// Puts a vCPU's registers into this core; FP traps.
void guest_load(uint64_t block);
/// Takes them back; the guest's timers are off.
void guest_put(uint64_t block);
/// V0...V31, FPSR, FPCR into the core; FP no longer traps.
void guest_load_vectors(uint64_t block);
/// V0...V31, FPSR, FPCR out of the core; FP traps.
void guest_save_vectors(uint64_t block);
/// Loads the breakpoints and watchpoints that exist: 1 to 16 of each.
void guest_load_debug(uint64_t block, uint64_t breakpoints, uint64_t watchpoints);
/// Runs the guest; why it stopped (GuestExitCode).
uint64_t guest_enter(uint64_t block);
/// PAR_EL1 of AT S1E1R in the loaded guest's regime; all ones if an External abort ended the walk.
uint64_t guest_translate(uint64_t address, uint64_t block);
/// Forgets, on all cores, one page or block of a VM, and its stage 1 translations.
void guest_invalidate_address(uint64_t vttbr, uint64_t ipa);
/// Forgets, on all cores, all translations of a VM.
void guest_invalidate_all(uint64_t vttbr);
