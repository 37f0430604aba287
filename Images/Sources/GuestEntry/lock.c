// A lock over futex (linux/Documentation/locking/futex-requeue-pi.rst for the states of the word):
// 0 free, 1 taken, 2 taken and somebody may sleep.
#include "GuestEntry.h"

static uint32_t word;

static void futex(uint64_t operation, uint64_t value) {
  linux_call(98, (uint64_t)&word, operation | 128, value, 0, 0, 0);
}

void guest_lock(void) {
  uint32_t expected = 0;
  if (__atomic_compare_exchange_n(&word, &expected, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
  while (__atomic_exchange_n(&word, 2, __ATOMIC_ACQUIRE) != 0) futex(0, 2);
}

void guest_unlock(void) {
  if (__atomic_exchange_n(&word, 0, __ATOMIC_RELEASE) == 2) futex(1, 1);
}
