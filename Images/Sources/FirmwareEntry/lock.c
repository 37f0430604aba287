// The one lock of the firmware; in .bss, so free from the start. Exclusives work: the MMU is on and
// secure RAM is Normal memory.
#include "FirmwareEntry.h"

static uint32_t lock;

void firmware_lock(void) {
  while (__atomic_exchange_n(&lock, 1u, __ATOMIC_ACQUIRE) != 0)
    while (__atomic_load_n(&lock, __ATOMIC_RELAXED) != 0) __asm__ volatile("yield");
}

void firmware_unlock(void) { __atomic_store_n(&lock, 0u, __ATOMIC_RELEASE); }
