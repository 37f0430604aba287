// The allocator behind Array and class: blocks of a power of two, from chunks that mmap gives; what
// is freed goes back to the list of its size. The size stands before the block. Threads share it.
#include <stddef.h>
#include <stdint.h>

#include "GuestEntry.h"

enum { smallest = 5, largest = 40, chunk = 1 << 16 };

static uint8_t taken;
static void *freed[largest + 1];
static uintptr_t next, end;

static void lock(void) {
  while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE)) linux_call(124, 0, 0, 0, 0, 0, 0);
}

static void unlock(void) { __atomic_store_n(&taken, 0, __ATOMIC_RELEASE); }

static uintptr_t map(size_t count) {
  int64_t result = linux_call(222, 0, count, 3, 0x22, UINT64_MAX, 0);
  return result < 0 && result > -4096 ? 0 : (uintptr_t)result;
}

int posix_memalign(void **out, size_t alignment, size_t count) {
  unsigned order = smallest;
  // 16 bytes before the block hold its order, so blocks are aligned to 16.
  if (alignment > 16 || count > (size_t)1 << (largest - 1)) return 12;  // ENOMEM
  while (((size_t)1 << order) < count + 16) order++;
  lock();
  uintptr_t block = (uintptr_t)freed[order];
  if (block) {
    freed[order] = *(void **)block;
  } else {
    size_t size = (size_t)1 << order;
    if (size >= chunk) {
      block = map(size);
    } else {
      if (end - next < size) {
        next = map(chunk);
        end = next ? next + chunk : 0;
      }
      if (next) {
        block = next;
        next += size;
      }
    }
  }
  unlock();
  if (!block) return 12;
  *(uint64_t *)block = order;
  *out = (void *)(block + 16);
  return 0;
}

void free(void *pointer) {
  if (!pointer) return;
  uintptr_t block = (uintptr_t)pointer - 16;
  unsigned order = (unsigned)*(uint64_t *)block;
  lock();
  *(void **)block = freed[order];
  freed[order] = (void *)block;
  unlock();
}
