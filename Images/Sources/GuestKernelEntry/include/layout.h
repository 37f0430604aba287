// Where things are in the small guest's address space; for assembly, linker script and Swift.
#pragma once

/// Where the kernel is linked: the top 2 GiB.
#define GUEST_KERNEL 0xffffffff80000000
/// Its entry in the level 1 table.
#define GUEST_KERNEL_SLOT 510
/// Two blocks of 2 MiB that hold the device tree.
#define GUEST_TREE 0xffffffff40000000
#define GUEST_TREE_SLOT 509
/// Physical memory, as far as it is mapped.
#define GUEST_LINEAR 0xffffff8000000000
/// Physical addresses below this can be mapped there: 256 GiB.
#define GUEST_LINEAR_SIZE 0x4000000000

/// Cores, and the stack of each.
#define GUEST_CORES 8
#define GUEST_STACK_SHIFT 15
/// Room for the EL0 program.
#define GUEST_PROGRAM_SIZE 0x8000
