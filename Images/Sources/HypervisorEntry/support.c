// What is easiest said in C. The kernel lock first: a ticket lock, so that nobody starves. In .bss, so
// free from the start. Who holds it takes SErrors as they come; who does not has them masked, for
// their handler works on what the lock is for. The ticket is taken by one instruction (FEAT_LSE, which Armv8.1
// has, as it has FEAT_VHE): a loop of exclusives never ends on a line whose every use is an SError.
#include "HypervisorEntry.h"

#include <stddef.h>

static uint32_t next;
static uint32_t serving;

void hypervisor_lock(void) {
  uint32_t ticket;
  __asm__ volatile(".arch_extension lse\n\tldadd %w1, %w0, [%2]"
                   : "=r"(ticket) : "r"(1), "r"(&next) : "memory");
  while (__atomic_load_n(&serving, __ATOMIC_ACQUIRE) != ticket) __asm__ volatile("yield");
  __asm__ volatile("msr daifclr, #4" ::: "memory");
}

void hypervisor_unlock(void) {
  __asm__ volatile("msr daifset, #4" ::: "memory");
  __atomic_store_n(&serving, __atomic_load_n(&serving, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

// Last words (emergency.S): on a stack of 1 KiB, with the console's address from a register.
static void say(volatile uint32_t *console, const char *text) {
  for (; *text; text++) {
    // UARTFR.TXFF; a console that never empties is not waited for.
    for (int patience = 100000; console[6] & 0x20 && patience; patience--) {
    }
    console[0] = (uint8_t)*text;
  }
}

static void say_number(volatile uint32_t *console, const char *name, uint64_t value) {
  char digits[19];
  digits[0] = '0';
  digits[1] = 'x';
  for (int digit = 0; digit < 16; digit++)
    digits[2 + digit] = "0123456789abcdef"[value >> (60 - 4 * digit) & 15];
  digits[18] = 0;
  say(console, name);
  say(console, digits);
}

void hypervisor_emergency(
    uint64_t reason, uint64_t elr, uint64_t esr, uint64_t far, uint64_t sp) {
  static const char reasons[4][32] = {
      "error inside of error handling",
      "kernel stack overflow",
      "error inside of a panic",
      "error before there is a kernel",
  };
  static const char panic[] = "Kernel panic - not syncing: ";
  uint64_t place;
  __asm__ volatile("mrs %0, S3_4_C14_C3_2" : "=r"(place));
  volatile uint32_t *console = (volatile uint32_t *)place;
  if (console) {
    const char *name = reasons[reason & 3];
    say(console, "\r\n");
    say(console, panic);
    say(console, name);
    say_number(console, "\r\npc : ", elr);
    say_number(console, " esr : ", esr);
    say_number(console, " far : ", far);
    say_number(console, " sp : ", sp);
    say(console, "\r\n---[ end ");
    say(console, panic);
    say(console, name);
    say(console, " ]---\r\n");
  }
  call_firmware(0x84000009, 0, 0, 0);  // SYSTEM_RESET
  stop_core();
}

// Numbers of the cores by their affinity, in the order of the MADT.
static uint64_t affinities[8];
static uint32_t count;

void hypervisor_set_core(uint32_t core, uint64_t affinity) {
  affinities[core & 7] = affinity;
  if (count <= (core & 7)) count = (core & 7) + 1;
}

uint32_t hypervisor_core(void) {
  uint64_t mpidr;
  __asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
  mpidr &= 0xff00ffffffu;
  uint32_t guess = mpidr & 7;
  if (affinities[guess] == mpidr) return guess;
  for (uint32_t core = 0; core < count; core++)
    if (affinities[core] == mpidr) return core;
  return 0;
}

// Where KernelMemory (Sources/Hypervisor) lies.
static uint64_t memory[64];
void *hypervisor_memory(void) { return memory; }

// What boot.S keeps.
extern uint64_t hypervisor_device_tree, hypervisor_load_address, hypervisor_final_tables;
extern uint64_t hypervisor_direct_table[512];
uint64_t hypervisor_boot_tree(void) { return hypervisor_device_tree; }
uint64_t hypervisor_image_place(void) { return hypervisor_load_address; }
void hypervisor_set_tables(uint64_t table) { hypervisor_final_tables = table; }
void hypervisor_set_direct(uint64_t index, uint64_t entry) {
  hypervisor_direct_table[index & 511] = entry;
}

// What Swift calls for its own allocations; HypervisorImage/Heap.swift does the work.
int hypervisor_allocate(void **out, uint64_t alignment, uint64_t count);
void hypervisor_release(void *pointer);
int posix_memalign(void **out, size_t alignment, size_t count) {
  return hypervisor_allocate(out, alignment, count);
}
void free(void *pointer) { hypervisor_release(pointer); }
