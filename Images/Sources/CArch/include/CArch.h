// The instructions Swift cannot spell: system registers, barriers, cache maintenance.
#pragma once
#include <stdint.h>

/// Never defined: a link that fails for it says that an encoding below was not known when the image
/// was compiled.
void system_register_is_not_a_constant(void);

// A register is part of the instruction: the digits of its encoding, op0, op1, CRn, CRm and op2 in
// hexadecimal as Arm's SystemRegister has them, are constants where these are inlined.
#define SYSTEM_REGISTER "S%c1_%c2_C%c3_C%c4_%c5"
#define SYSTEM_REGISTER_DIGITS(digits)                                            \
  "i"((digits) >> 16 & 15), "i"((digits) >> 12 & 15), "i"((digits) >> 8 & 15),     \
      "i"((digits) >> 4 & 15), "i"((digits) & 15)

/// MRS.
__attribute__((always_inline)) static inline uint64_t read_system_register(uint32_t digits) {
  uint64_t value = 0;
  if (__builtin_constant_p(digits))
    __asm__ volatile("mrs %0, " SYSTEM_REGISTER
                     : "=r"(value)
                     : SYSTEM_REGISTER_DIGITS(digits)
                     : "memory");
  else
    system_register_is_not_a_constant();
  return value;
}
/// MSR.
__attribute__((always_inline)) static inline void write_system_register(
    uint32_t digits, uint64_t value) {
  if (__builtin_constant_p(digits))
    __asm__ volatile("msr " SYSTEM_REGISTER ", %0"
                     :
                     : "r"(value), SYSTEM_REGISTER_DIGITS(digits)
                     : "memory");
  else
    system_register_is_not_a_constant();
}

/// ISB.
static inline void instruction_barrier(void) { __asm__ volatile("isb" ::: "memory"); }
/// DSB ISHST: stores before it are seen by every core before what comes after.
static inline void store_barrier(void) { __asm__ volatile("dsb ishst" ::: "memory"); }
/// DSB SY.
static inline void data_barrier(void) { __asm__ volatile("dsb sy" ::: "memory"); }
/// ESB.
static inline void error_barrier(void) { __asm__ volatile("hint #16" ::: "memory"); }
/// WFI, after everything before it is seen.
static inline void wait_for_interrupt(void) { __asm__ volatile("dsb sy\n\twfi" ::: "memory"); }
/// Cleans and invalidates the cache line of an address to the point of coherency.
static inline void clean_line(uint64_t address) {
  __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
}
/// Zeroes the block of 64 bytes of an address, whatever state it is in (DCZID_EL0.BS is 4 here).
static inline void zero_line(uint64_t address) {
  __asm__ volatile("dc zva, %0" : : "r"(address) : "memory");
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
