// Where the assembly of the firmware and its Swift meet.
#pragma once
#include <stdint.h>

/// Leaves EL3 for good: the stack is given back, x0 = `argument`, all other registers are zero.
__attribute__((noreturn)) void firmware_enter_lower(
    uint64_t entry, uint64_t spsr, uint64_t argument);

/// PAR_EL1 of an AT instruction of `address`: 0 S1E1R, 1 S12E1R, 2 S1E2R; all ones if it met an
/// External abort. PAR_EL1 stays what it was.
uint64_t firmware_translate(uint64_t address, uint64_t query);

/// What `firmware_load` found.
typedef struct {
  /// The double word; all ones where it is lost.
  uint64_t value;
  /// Not 0 if the load was answered with an External abort, which the error records then tell of.
  uint64_t isLost;
} firmware_loaded;

/// The double word at an aligned address of memory that the levels below can spoil.
firmware_loaded firmware_load(uint64_t address);

/// Takes and gives the lock that every entry to EL3 holds while it touches the firmware's state.
void firmware_lock(void);
void firmware_unlock(void);
