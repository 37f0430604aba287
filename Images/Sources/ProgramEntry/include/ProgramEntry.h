// What Swift cannot spell for the small guest's EL0 program: its kernel's calls, and the counter.
#pragma once
#include <stdint.h>

/// The calls of the small guest's kernel, number in x8, result in x0.
enum {
  /// Ends the program with a status.
  CALL_EXIT = 0,
  /// Writes bytes of memory as one line; 0, or -1 when the kernel cannot read them.
  CALL_WRITE = 1,
  /// Says where an address is: the kernel prints it.
  CALL_VICTIM = 2,
  /// Says that the memory will be used now.
  CALL_READING = 3,
  /// Says that a check of `count` words came out right or wrong.
  CALL_RESULT = 4,
};

/// A call of the kernel.
static inline int64_t kernel_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c) {
  register uint64_t x8 __asm__("x8") = number;
  register uint64_t x0 __asm__("x0") = a;
  register uint64_t x1 __asm__("x1") = b;
  register uint64_t x2 __asm__("x2") = c;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return (int64_t)x0;
}

extern uint64_t program_arguments[4];
/// One of the four arguments.
static inline uint64_t program_argument(uint64_t index) { return program_arguments[index & 3]; }

/// CNTVCT_EL0.
static inline uint64_t counter(void) {
  uint64_t value;
  __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
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
