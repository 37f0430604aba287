// A lock that its owner may take again: a core that meets an error in the middle of its own report
// can still report it.
#include "GuestKernelEntry.h"

CoreJob guest_jobs[GUEST_CORES];

static uint32_t owner;  // core + 1, or 0
static uint32_t depth;

void guest_lock(void) {
  uint64_t core;
  __asm__ volatile("mrs %0, tpidr_el1" : "=r"(core));
  uint32_t self = (uint32_t)core + 1;
  if (__atomic_load_n(&owner, __ATOMIC_RELAXED) != self) {
    uint32_t nobody = 0;
    while (!__atomic_compare_exchange_n(&owner, &nobody, self, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
      nobody = 0;
      __asm__ volatile("yield");
    }
  }
  depth++;
}

void guest_unlock(void) {
  if (--depth == 0) __atomic_store_n(&owner, 0u, __ATOMIC_RELEASE);
}
