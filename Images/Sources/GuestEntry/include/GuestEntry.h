// What Swift cannot spell for a guest program: the system call, and single instructions.
#pragma once
#include <stdint.h>

/// argc and what follows it, as the kernel left them.
extern uint64_t guest_stack;
static inline uint64_t initial_stack(void) { return guest_stack; }

/// A Linux system call, arm64 calling convention; negative results are -errno.
static inline int64_t linux_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                 uint64_t e, uint64_t f) {
  register uint64_t x8 __asm__("x8") = number;
  register uint64_t x0 __asm__("x0") = a;
  register uint64_t x1 __asm__("x1") = b;
  register uint64_t x2 __asm__("x2") = c;
  register uint64_t x3 __asm__("x3") = d;
  register uint64_t x4 __asm__("x4") = e;
  register uint64_t x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return (int64_t)x0;
}

/// One 8-byte load, and no other access.
static inline uint64_t load_word(uint64_t address) {
  uint64_t value;
  __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}

/// One 8-byte store, and no other access.
static inline void store_word(uint64_t address, uint64_t value) {
  __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/// One byte of memory.
static inline uint8_t load_byte(uint64_t address) { return *(volatile uint8_t *)address; }
/// Stores one byte.
static inline void store_byte(uint64_t address, uint8_t value) {
  *(volatile uint8_t *)address = value;
}

/// One load-exclusive, store-exclusive pair that adds 0; returns the value.
static inline uint64_t exclusive_word(uint64_t address) {
  uint64_t value;
  uint32_t failed;
  __asm__ volatile("1: ldxr %0, [%2]\n stxr %w1, %0, [%2]\n cbnz %w1, 1b"
                   : "=&r"(value), "=&r"(failed)
                   : "r"(address)
                   : "memory");
  return value;
}

/// One atomic add of 0 (FEAT_LSE); returns the value.
static inline uint64_t atomic_word(uint64_t address) {
  uint64_t value;
  __asm__ volatile(".arch_extension lse\n ldadd xzr, %0, [%1]"
                   : "=r"(value)
                   : "r"(address)
                   : "memory");
  return value;
}

/// DC ZVA: zeroes the block (64 bytes here) that holds an address.
static inline void zero_line(uint64_t address) {
  __asm__ volatile("dc zva, %0" : : "r"(address) : "memory");
}

/// Makes code written at an address visible to instruction fetch.
static inline void publish_code(uint64_t address) {
  __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" : : "r"(address) : "memory");
}

/// Calls code at an address that touches no register but x0; returns its x0.
static inline uint64_t call_code(uint64_t address) {
  register uint64_t x0 __asm__("x0") = 0;
  __asm__ volatile("blr %1" : "+r"(x0) : "r"(address) : "x30", "memory", "cc");
  return x0;
}

/// The 8 bytes at an address to `to`, 0; or 1 when a handler of SIGBUS says that they are lost: it
/// found the program at guest_load_instruction() and set its PC to guest_load_failed().
uint64_t guest_load(uint64_t address, uint64_t to);
extern char guest_load_at[], guest_load_lost[];
static inline uint64_t guest_load_instruction(void) { return (uint64_t)guest_load_at; }
static inline uint64_t guest_load_failed(void) { return (uint64_t)guest_load_lost; }

/// CNTVCT_EL0.
static inline uint64_t counter(void) {
  uint64_t value;
  __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}

/// The handler that a program with signals defines: number, siginfo_t, ucontext_t.
void guest_signal(int32_t number, uint64_t information, uint64_t context);
/// Its address.
static inline uint64_t guest_signal_address(void) { return (uint64_t)&guest_signal; }

/// What a handler returns to: rt_sigreturn.
void guest_restore(void);
/// Its address.
static inline uint64_t guest_restore_address(void) { return (uint64_t)&guest_restore; }

/// A thread that runs `function(argument)` on a stack and ends; the kernel keeps its id at `id` and
/// clears it at the end if the flags say so. The thread's id, or -errno.
int64_t guest_clone(uint64_t flags, uint64_t stack, uint64_t id, uint64_t function,
                    uint64_t argument);
/// A process that runs a file, with vectors that end in 0; its id, or -errno. One that cannot run it
/// ends with 127.
int64_t guest_spawn(uint64_t path, uint64_t arguments, uint64_t environment);

/// What a program with threads runs in them.
void guest_thread(uint64_t argument);
/// Its address.
static inline uint64_t guest_thread_address(void) { return (uint64_t)&guest_thread; }

/// The program's one lock.
void guest_lock(void);
/// Gives it back.
void guest_unlock(void);

/// DMB ISH.
static inline void synchronize_memory(void) { __asm__ volatile("dmb ish" : : : "memory"); }
