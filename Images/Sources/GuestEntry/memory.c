// The functions the compiler may call for any copy or fill.
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int byte, size_t count) {
  for (size_t i = 0; i < count; i++) ((volatile uint8_t *)to)[i] = (uint8_t)byte;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  for (size_t i = 0; i < count; i++)
    ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  if ((uintptr_t)to <= (uintptr_t)from) return memcpy(to, from, count);
  for (size_t i = count; i > 0; i--)
    ((volatile uint8_t *)to)[i - 1] = ((const volatile uint8_t *)from)[i - 1];
  return to;
}
