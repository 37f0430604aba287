// Where the assembly of the hypervisor and its Swift meet.
#pragma once
#include <stdint.h>

#include "world.h"

/// Physical address of the device tree that the firmware handed over.
uint64_t hypervisor_boot_tree(void);
/// Physical address of the Image.
uint64_t hypervisor_image_place(void);
/// Has the other cores use a level 0 table for the kernel's half: its physical address.
void hypervisor_set_tables(uint64_t table);
/// Writes an entry of level 1 of the early direct map: 1 GiB each.
void hypervisor_set_direct(uint64_t index, uint64_t entry);

extern uint8_t __image_start[], __text_end[], __rodata_end[], __image_end[], __stacks_start[];
static inline uint64_t image_start(void) { return (uint64_t)__image_start; }
static inline uint64_t text_end(void) { return (uint64_t)__text_end; }
static inline uint64_t rodata_end(void) { return (uint64_t)__rodata_end; }
static inline uint64_t image_end(void) { return (uint64_t)__image_end; }
/// The memory of the cores' stacks, one after the other, as linked.
static inline uint64_t stacks_start(void) { return (uint64_t)__stacks_start; }
/// Bytes of a stack, and where a core's is mapped: with a hole of its size on either side. stacks.inc.
static inline uint64_t stack_size(void) { return 1 << 16; }
static inline uint64_t stack_place(uint64_t core) { return 0xffff800001000000 + (core << 17); }

extern uint8_t hypervisor_secondary_entry[];
static inline uint64_t secondary_entry(void) { return (uint64_t)hypervisor_secondary_entry; }

extern uint8_t hypervisor_copy_end[], hypervisor_copy_aborted[];
/// Copies between kernel addresses; how many bytes are left after an External abort, or 0.
uint64_t hypervisor_copy(uint64_t to, uint64_t from, uint64_t count);
/// Whether an address is inside of `hypervisor_copy`.
static inline int copy_contains(uint64_t address) {
  return address >= (uint64_t)&hypervisor_copy && address < (uint64_t)hypervisor_copy_end;
}
/// Where `hypervisor_copy` goes on after an abort.
static inline uint64_t copy_aborted(void) { return (uint64_t)hypervisor_copy_aborted; }
/// Zeros memory at a kernel address; both multiples of 64.
void hypervisor_clear(uint64_t address, uint64_t count);

extern uint8_t hypervisor_wait_end[];
/// WFI: returns when an interrupt is pending. SErrors are taken inside, and are masked otherwise.
void hypervisor_wait(void);
/// Whether an address is inside of `hypervisor_wait`.
static inline int wait_contains(uint64_t address) {
  return address >= (uint64_t)&hypervisor_wait && address <= (uint64_t)hypervisor_wait_end;
}

/// Puts another level 0 table in force for the kernel's half.
void hypervisor_use_tables(uint64_t table);
/// Leaves for EL0; this core's stack is given back.
__attribute__((noreturn)) void hypervisor_enter_user(uint64_t context, uint64_t core);

/// Says why, and resets the machine: needs neither the lock nor memory of the kernel's.
__attribute__((noreturn)) void hypervisor_abandon(
    uint64_t reason, uint64_t elr, uint64_t esr, uint64_t far);
/// Remembers where this core finds the console's PL011 then: a kernel address, 0 for none. Kept in
/// CNTHV_CVAL_EL2; that timer is off.
static inline void remember_console(uint64_t address) {
  __asm__ volatile("msr S3_4_C14_C3_1, xzr\n\tmsr S3_4_C14_C3_2, %0\n\tisb" : : "r"(address));
}
/// Masks SErrors.
static inline void mask_errors(void) { __asm__ volatile("msr daifset, #4" ::: "memory"); }
/// Masks SErrors; PSTATE.DAIF as it was.
static inline uint64_t suspend_errors(void) {
  uint64_t masks;
  __asm__ volatile("mrs %0, daif\n\tmsr daifset, #4" : "=r"(masks) : : "memory");
  return masks;
}
/// PSTATE.DAIF as `suspend_errors` found it.
static inline void resume_errors(uint64_t masks) {
  __asm__ volatile("msr daif, %0" : : "r"(masks) : "memory");
}

void hypervisor_save_vectors(uint64_t state);
void hypervisor_load_vectors(uint64_t state);

void hypervisor_lock(void);
void hypervisor_unlock(void);
void hypervisor_set_core(uint32_t core, uint64_t affinity);
uint32_t hypervisor_core(void);
void *hypervisor_memory(void);

/// SMC, 64-bit convention.
static inline uint64_t call_firmware(uint64_t function, uint64_t a, uint64_t b, uint64_t c) {
  register uint64_t x0 __asm__("x0") = function;
  register uint64_t x1 __asm__("x1") = a;
  register uint64_t x2 __asm__("x2") = b;
  register uint64_t x3 __asm__("x3") = c;
  __asm__ volatile("smc #0"
                   : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                   :
                   : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                     "x16", "x17", "memory");
  return x0;
}

/// TLBI VAE1IS of an operand {ASID, VA >> 12}: the EL2&0 regime, for HCR_EL2.{E2H,TGE} are set.
static inline void invalidate_page(uint64_t operand) {
  __asm__ volatile("dsb ishst\n\ttlbi vae1is, %0\n\tdsb ish\n\tisb" : : "r"(operand) : "memory");
}
/// TLBI ASIDE1IS.
static inline void invalidate_asid(uint64_t operand) {
  __asm__ volatile("dsb ishst\n\ttlbi aside1is, %0\n\tdsb ish\n\tisb" : : "r"(operand) : "memory");
}
/// DSB ISH.
static inline void shareable_barrier(void) { __asm__ volatile("dsb ish" ::: "memory"); }
/// Cleans a data cache line to the point of unification.
static inline void clean_line_unification(uint64_t address) {
  __asm__ volatile("dc cvau, %0" : : "r"(address) : "memory");
}
/// Masks SErrors and everything else, and waits for ever.
__attribute__((noreturn)) static inline void stop_core(void) {
  __asm__ volatile("msr daifset, #15");
  for (;;) __asm__ volatile("wfi");
}
