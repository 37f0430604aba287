// Where the assembly of the small guest's kernel and its Swift meet, and the instructions it needs
// besides those of CArch.
#pragma once
#include <stdint.h>

#include "CArch.h"
#include "layout.h"

/// What the vectors save of the interrupted context.
typedef struct {
  uint64_t x[31];
  /// SP of the interrupted context.
  uint64_t sp;
  uint64_t elr;
  uint64_t spsr;
  uint64_t esr;
  uint64_t far;
} ExceptionFrame;

/// Physical addresses of the device tree and of the image.
extern uint64_t guest_device_tree, guest_image_base;
static inline uint64_t device_tree_address(void) { return guest_device_tree; }
static inline uint64_t image_base(void) { return guest_image_base; }

extern uint8_t kernel_level1[], __image_end[], __program_start[], __tables_start[], __tables_end[];
/// The level 1 table of the upper half, the pool of more tables, the image's end, the program.
static inline uint64_t kernel_table(void) { return (uint64_t)kernel_level1; }
static inline uint64_t table_pool_start(void) { return (uint64_t)__tables_start; }
static inline uint64_t table_pool_end(void) { return (uint64_t)__tables_end; }
static inline uint64_t image_end(void) { return (uint64_t)__image_end; }
static inline uint64_t program_file(void) { return (uint64_t)__program_start; }

static inline uint64_t kernel_base(void) { return GUEST_KERNEL; }
static inline uint64_t linear_base(void) { return GUEST_LINEAR; }
static inline uint64_t linear_size(void) { return GUEST_LINEAR_SIZE; }
static inline uint64_t tree_base(void) { return GUEST_TREE; }
static inline uint64_t program_size(void) { return GUEST_PROGRAM_SIZE; }

void guest_secondary_start(void);
/// Where CPU_ON enters, as linked.
static inline uint64_t secondary_start(void) { return (uint64_t)&guest_secondary_start; }

/// Enters a program at EL0 and returns what guest_leave_program is given; `kept` is the address of
/// the word that guest_leave_program wants, `arguments` that of the program's four.
uint64_t guest_enter_program(uint64_t entry, uint64_t stack, uint64_t kept, uint64_t arguments);
__attribute__((noreturn)) void guest_leave_program(uint64_t result, uint64_t kept);
/// Copies a word that may be bad: 0, or 1 when it could not be read.
uint64_t guest_copy_word(uint64_t from, uint64_t to);

/// What one core's job is: the boot core writes it, the core does it.
typedef struct {
  /// The kernel's stack pointer while a program runs.
  uint64_t kept;
  uint64_t result;
  uint64_t arguments[4];
  uint64_t entry, stack;
  /// 0 none, 1 to do, 2 done; last, after everything else is there.
  uint64_t state;
  /// Whether the core has come up.
  uint64_t is_online;
} CoreJob;
extern CoreJob guest_jobs[GUEST_CORES];
/// Its address.
static inline uint64_t job_address(uint64_t core) {
  return (uint64_t)&guest_jobs[core % GUEST_CORES];
}
static inline uint64_t job_load(uint64_t address) {
  return __atomic_load_n((uint64_t *)address, __ATOMIC_ACQUIRE);
}
static inline void job_store(uint64_t address, uint64_t value) {
  __atomic_store_n((uint64_t *)address, value, __ATOMIC_RELEASE);
}
extern char guest_copy_instruction[], guest_copy_failed[];
/// The load of guest_copy_word, and where it goes on when it failed.
static inline uint64_t copy_instruction(void) { return (uint64_t)guest_copy_instruction; }
static inline uint64_t copy_failed(void) { return (uint64_t)guest_copy_failed; }

/// Where the heap ends now, and giving back what was taken since: nothing of it may be in use.
uint64_t guest_heap_mark(void);
void guest_heap_release(uint64_t mark);

/// The lock of everything that cores share; its owner may take it again.
void guest_lock(void);
void guest_unlock(void);

/// CNTVCT_EL0, not read early.
static inline uint64_t counter(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}

/// Invalidates this address space's translations on every core.
static inline void invalidate_translations(void) {
  __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}
/// Orders table writes before their use by the walker.
static inline void publish_tables(void) { __asm__ volatile("dsb ishst\n\tisb" ::: "memory"); }
/// Makes code written at an address visible to instruction fetch.
static inline void publish_code(uint64_t address) {
  __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
                   :
                   : "r"(address)
                   : "memory");
}
/// Masks and unmasks interrupts, and SError alone.
static inline void mask_interrupts(void) { __asm__ volatile("msr daifset, #3" ::: "memory"); }
static inline void unmask_interrupts(void) { __asm__ volatile("msr daifclr, #3" ::: "memory"); }
static inline void mask_serror(void) { __asm__ volatile("msr daifset, #4" ::: "memory"); }
static inline void unmask_serror(void) { __asm__ volatile("msr daifclr, #4" ::: "memory"); }
/// A call of PSCI, by HVC or SMC. Arm DEN 0028: x4...x17 may be lost.
#define CONDUIT_CALL(name, instruction)                                                       \
  static inline int64_t name(uint64_t function, uint64_t a, uint64_t b, uint64_t c) {         \
    register uint64_t x0 __asm__("x0") = function;                                            \
    register uint64_t x1 __asm__("x1") = a;                                                   \
    register uint64_t x2 __asm__("x2") = b;                                                   \
    register uint64_t x3 __asm__("x3") = c;                                                   \
    __asm__ volatile(instruction " #0"                                                        \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                 \
                     :                                                                        \
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", \
                       "x15", "x16", "x17", "memory");                                        \
    return (int64_t)x0;                                                                       \
  }
CONDUIT_CALL(call_hypervisor, "hvc")
CONDUIT_CALL(call_monitor, ".arch_extension sec\n\tsmc")
#undef CONDUIT_CALL
