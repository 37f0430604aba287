// The kernel's heap: memory is given back only as a whole, to a mark. Reading a record allocates, and
// a guest may read any number of them.
#include <stddef.h>

#include "GuestKernelEntry.h"

extern uint8_t __heap_start[], __heap_end[];
static uintptr_t next;

int posix_memalign(void **out, size_t alignment, size_t count) {
  if (next == 0) next = (uintptr_t)__heap_start;
  uintptr_t start = (next + alignment - 1) & ~(uintptr_t)(alignment - 1);
  if (start > (uintptr_t)__heap_end || count > (uintptr_t)__heap_end - start) return 12;  // ENOMEM
  next = start + count;
  *out = (void *)start;
  return 0;
}

void free(void *pointer) { (void)pointer; }

uint64_t guest_heap_mark(void) { return next; }

void guest_heap_release(uint64_t mark) { next = mark; }
