// The first instructions of the small guest's kernel: the header of an arm64 Image (Linux,
// Documentation/arch/arm64/booting.rst), the way down to EL1, the first translation tables.
//
// The kernel is linked high, at KERNEL (guest.h), and runs wherever it was loaded: until the MMU is
// on every address is taken relative to the program counter; afterwards it runs at its own address
// and nothing needs relocation. Each core comes here with its MMU off.

#include "layout.h"

    .set CORES, GUEST_CORES

    // SCTLR_EL1: RES1 of Armv8.2 without FEAT_ExS and the like.
    .set SCTLR_RES1, (1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29)
    // M, C, SA, SA0, I, DZE, UCT, nTWI, nTWE, UCI.
    .set SCTLR_CACHED, (1 << 0) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 12)
    .set SCTLR_EL0, (1 << 14) | (1 << 15) | (1 << 16) | (1 << 18) | (1 << 26)
    .set SCTLR_ON, SCTLR_RES1 | SCTLR_CACHED | SCTLR_EL0
    .set SCTLR_IESB, 1 << 21
    // MAIR_EL1: 0 Device-nGnRE, 1 Normal write-back.
    .set MAIR, 0xff04
    // TCR_EL1 without IPS: 39-bit addresses on both sides, 4 KiB granule, write-back inner
    // shareable walks.
    .set TCR_LOW, 25 | (1 << 8) | (1 << 10) | (3 << 12)
    .set TCR_HIGH, (25 << 16) | (1 << 24) | (1 << 26) | (3 << 28) | (2 << 30)

    // Descriptors. Arm ARM (DDI 0487) D8.3.
    .set PAGE, 3 | (1 << 2) | (3 << 8) | (1 << 10)
    .set BLOCK, 1 | (1 << 2) | (3 << 8) | (1 << 10)
    .set READ_ONLY, 1 << 7
    .set PXN, 1 << 53
    .set UXN, 1 << 54

    .section .text.boot, "ax"
    .globl _start
_start:
    b    start
    .long 0
    .quad 0                             // text_offset
    .quad __image_size
    .quad 0xa                           // little-endian, 4 KiB pages, anywhere in memory
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

// x0 = physical address of the device tree.
start:
    msr  daifset, #15
    mov  x20, x0
    bl   drop_to_el1
    adrp x21, _start

    adrp x0, __bss_start
    add  x0, x0, :lo12:__bss_start
    adrp x1, __bss_end
    add  x1, x1, :lo12:__bss_end
1:  stp  xzr, xzr, [x0], #16
    cmp  x0, x1
    b.lo 1b
    adrp x0, guest_device_tree
    str  x20, [x0, :lo12:guest_device_tree]
    adrp x0, guest_image_base
    str  x21, [x0, :lo12:guest_image_base]

    // The kernel: one table of pages, from the image's start.
    adrp x0, kernel_level1
    adrp x1, kernel_level2
    add  x1, x1, :lo12:kernel_level2
    orr  x2, x1, #3
    add  x3, x0, :lo12:kernel_level1
    str  x2, [x3, #(GUEST_KERNEL_SLOT * 8)]
    adrp x2, kernel_level3
    add  x2, x2, :lo12:kernel_level3
    orr  x3, x2, #3
    str  x3, [x1]
    ldr  x4, =PAGE | READ_ONLY | UXN
    adrp x5, __text_end
    ldr  x6, =PAGE | READ_ONLY | PXN | UXN
    adrp x7, __rodata_end
    ldr  x8, =PAGE | PXN | UXN
    adrp x9, __image_end
    mov  x10, x21
2:  cmp  x10, x5
    csel x11, x4, x6, lo
    cmp  x10, x7
    csel x11, x11, x8, lo
    orr  x11, x11, x10
    str  x11, [x2], #8
    add  x10, x10, #4096
    cmp  x10, x9
    b.lo 2b

    // The device tree: the 2 MiB it begins in and the next.
    adrp x0, kernel_level1
    add  x0, x0, :lo12:kernel_level1
    adrp x1, tree_level2
    add  x1, x1, :lo12:tree_level2
    orr  x2, x1, #3
    str  x2, [x0, #(GUEST_TREE_SLOT * 8)]
    ldr  x2, =BLOCK | READ_ONLY | PXN | UXN
    and  x3, x20, #~0x1fffff
    orr  x2, x2, x3
    str  x2, [x1]
    mov  x3, #0x200000
    add  x2, x2, x3
    str  x2, [x1, #8]

    // For the instructions that turn the MMU on: the image's 1 GiB at its physical address.
    adrp x0, identity_level1
    add  x0, x0, :lo12:identity_level1
    ubfx x1, x21, #30, #9
    ldr  x2, =BLOCK | UXN
    and  x3, x21, #~0x3fffffff
    orr  x2, x2, x3
    str  x2, [x0, x1, lsl #3]

    // What the caches may have held of this memory is stale: it was written without them.
    dsb  sy
    adrp x0, __bss_start
    adrp x1, __bss_end
    add  x1, x1, :lo12:__bss_end
3:  dc   ivac, x0
    add  x0, x0, #64
    cmp  x0, x1
    b.lo 3b
    dsb  sy

    mov  x20, #0
    ldr  x22, =primary
    b    enable_mmu
primary:
    bl   main
    b    dead

// Another core, from PSCI CPU_ON: x0 = its number.
    .globl guest_secondary_start
guest_secondary_start:
    msr  daifset, #15
    mov  x20, x0
    bl   drop_to_el1
    ldr  x22, =secondary
    b    enable_mmu
secondary:
    mov  x0, x20
    bl   guest_secondary
dead:
    wfi
    b    dead

// Turns the MMU on and goes to x22 on the stack of core x20.
enable_mmu:
    ldr  x0, =MAIR
    msr  mair_el1, x0
    ldr  x0, =TCR_LOW | TCR_HIGH
    mrs  x1, id_aa64mmfr0_el1
    and  x1, x1, #15
    cmp  x1, #5
    mov  x2, #5
    csel x1, x1, x2, lo
    orr  x0, x0, x1, lsl #32
    msr  tcr_el1, x0
    adrp x0, identity_level1
    msr  ttbr0_el1, x0
    adrp x0, kernel_level1
    msr  ttbr1_el1, x0
    isb
    tlbi vmalle1
    ic   iallu
    dsb  nsh
    isb
    ldr  x0, =SCTLR_ON
    mrs  x1, S3_0_C0_C7_2               // ID_AA64MMFR2_EL1.IESB
    ubfx x1, x1, #12, #4
    cbz  x1, 1f
    orr  x0, x0, #SCTLR_IESB
1:  msr  sctlr_el1, x0
    isb
    ldr  x0, =2f
    br   x0
2:  ldr  x0, =empty_level1              // nothing lies low any more
    ldr  x1, =guest_image_base
    ldr  x1, [x1]
    add  x0, x0, x1
    ldr  x1, =GUEST_KERNEL
    sub  x0, x0, x1
    msr  ttbr0_el1, x0
    isb
    tlbi vmalle1
    dsb  nsh
    ldr  x0, =guest_vectors
    msr  vbar_el1, x0
    msr  tpidr_el1, x20
    mov  x0, #(1 << 1)                  // EL0 may read the virtual counter
    msr  cntkctl_el1, x0
    msr  cpacr_el1, xzr
    isb
    ldr  x0, =__stacks_start
    add  x1, x20, #1
    add  x0, x0, x1, lsl #GUEST_STACK_SHIFT
    mov  sp, x0
    mov  x29, #0
    mov  x30, #0
    br   x22

// From EL2, if that is where this is, to EL1; returns there. HCR_EL2.{TEA,AMO} are 0: errors are
// EL1's own. Clobbers x0.
drop_to_el1:
    mrs  x0, CurrentEL
    cmp  x0, #(2 << 2)
    b.ne 2f
    ldr  x0, =(1 << 31) | (1 << 47)     // RW, and FIEN: error injection registers do not trap here
    msr  hcr_el2, x0
    isb
    mov  x0, #3                         // EL1 may use the physical counter and timer
    msr  cnthctl_el2, x0
    msr  cntvoff_el2, xzr
    mrs  x0, midr_el1
    msr  vpidr_el2, x0
    mrs  x0, mpidr_el1
    msr  vmpidr_el2, x0
    msr  vttbr_el2, xzr
    msr  hstr_el2, xzr
    mov  x0, #0x33ff
    msr  cptr_el2, x0
    mrs  x0, mdcr_el2
    and  x0, x0, #0x1f                  // HPMN stays
    msr  mdcr_el2, x0
    mrs  x0, id_aa64pfr0_el1
    ubfx x0, x0, #24, #4
    cbz  x0, 1f
    mrs  x0, S3_4_C12_C9_5              // ICC_SRE_EL2: SRE, Enable
    orr  x0, x0, #1
    orr  x0, x0, #8
    msr  S3_4_C12_C9_5, x0
    isb
    msr  S3_4_C12_C11_0, xzr            // ICH_HCR_EL2
1:  ldr  x0, =SCTLR_RES1
    msr  sctlr_el1, x0
    mov  x0, #0x3c5                     // EL1h, all masked
    msr  spsr_el2, x0
    msr  elr_el2, x30
    eret
2:  ret

    .section .bss.tables, "aw", @nobits
    .balign 4096
kernel_level1:   .skip 4096
kernel_level2:   .skip 4096
kernel_level3:   .skip 4096
tree_level2:     .skip 4096
identity_level1: .skip 4096
empty_level1:    .skip 4096
    .globl kernel_level1

    .section .bss.boot, "aw", @nobits
    .balign 8
    .globl guest_device_tree
guest_device_tree: .skip 8
    .globl guest_image_base
guest_image_base:  .skip 8

// The EL0 program, an ELF file: put here when the image is made (Makefile).
    .section .program, "a"
    .skip GUEST_PROGRAM_SIZE
