// Uses of memory with every register known: what the small guest does to its victim, at EL0 and at
// EL1. At the exception x0 is the address and x<n> is `touch_pattern(n)`, so that a kernel can tell
// whether whoever forged or injected the exception left the registers alone.
#pragma once
#include <stdint.h>

/// What x<n> holds while `touch_read` loads, n being 1...30.
static inline uint64_t touch_pattern(uint64_t n) { return (0xfa00 + n) << 48 | n << 16 | n; }

/// One 8-byte load.
uint64_t touch_read(uint64_t address);
/// Its instruction.
extern char touch_read_instruction[];
/// Calls code at an address; x30 is the return address instead of its pattern.
uint64_t touch_call(uint64_t address);
