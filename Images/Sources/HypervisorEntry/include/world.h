// The world switch (world.S). `block` is the address of a vCPU's register block.
#pragma once
#include <stdint.h>

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
