// Where the assembly of the firmware and its Swift meet.
#pragma once
#include <stdint.h>

/// Leaves EL3 for good: the stack is given back, x0 = `argument`, all other registers are zero.
__attribute__((noreturn)) void firmware_enter_lower(
    uint64_t entry, uint64_t spsr, uint64_t argument);

/// PAR_EL1 of an AT instruction of `address`: 0 S1E1R, 1 S12E1R, 2 S1E2R; all ones if it met an
/// External abort. PAR_EL1 stays what it was.
uint64_t firmware_translate(uint64_t address, uint64_t query);

/// Takes and gives the lock that every entry to EL3 holds while it touches the firmware's state.
void firmware_lock(void);
void firmware_unlock(void);
