// The functions the compiler may call for any copy or fill, and the allocator behind Array and
// class. Copies go by eight bytes where both sides are aligned: images run with strict alignment.
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias)) word;

void *memset(void *to, int byte, size_t count) {
  uint8_t *p = to;
  uint8_t *end = p + count;
  while (p < end && ((uintptr_t)p & 7) != 0) *p++ = (uint8_t)byte;
  uint64_t pattern = 0x0101010101010101u * (uint8_t)byte;
  for (; (size_t)(end - p) >= 8; p += 8) *(word *)p = pattern;
  while (p < end) *p++ = (uint8_t)byte;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  uint8_t *p = to;
  const uint8_t *q = from;
  uint8_t *end = p + count;
  if ((((uintptr_t)p ^ (uintptr_t)q) & 7) == 0) {
    while (p < end && ((uintptr_t)p & 7) != 0) *p++ = *q++;
    for (; (size_t)(end - p) >= 8; p += 8, q += 8) *(word *)p = *(const word *)q;
  }
  while (p < end) *p++ = *q++;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  if ((uintptr_t)to <= (uintptr_t)from) return memcpy(to, from, count);
  for (size_t i = count; i > 0; i--) ((uint8_t *)to)[i - 1] = ((const uint8_t *)from)[i - 1];
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  const uint8_t *p = a, *q = b;
  for (size_t i = 0; i < count; i++)
    if (p[i] != q[i]) return p[i] - q[i];
  return 0;
}

// The linker script of each image says where its heap lies. Nothing is ever returned to it. Weak:
// the hypervisor has an allocator of its own.
extern uint8_t __heap_start[], __heap_end[];
static uintptr_t next;

__attribute__((weak)) int posix_memalign(void **out, size_t alignment, size_t count) {
  if (next == 0) next = (uintptr_t)__heap_start;
  uintptr_t start = (next + alignment - 1) & ~(uintptr_t)(alignment - 1);
  if (start > (uintptr_t)__heap_end || count > (uintptr_t)__heap_end - start) return 12;  // ENOMEM
  next = start + count;
  *out = (void *)start;
  return 0;
}

__attribute__((weak)) void free(void *pointer) { (void)pointer; }
