// The Image header and the first instructions, at EL2 with the MMU off, wherever the firmware put
// the Image (Linux, Documentation/arch/arm64/booting.rst): a VHE host from here on
// (HCR_EL2.{E2H,TGE}), tables just good enough to reach the kernel's own address, and away.

#include "stacks.inc"

    .set KERNEL_BASE, 0xffff800000000000

    // HCR_EL2: E2H, RW, TGE, AMO, IMO, FMO.
    .set HCR, (1 << 34) | (1 << 31) | (1 << 27) | (1 << 5) | (1 << 4) | (1 << 3)
    // MAIR_EL2: 0 is Device-nGnRE, 1 is Normal write-back.
    .set MAIR, 0xff04
    // TCR_EL2 with E2H: 48 bits and 4 KiB on both sides, write-back inner-shareable walks.
    .set TCR_LOWER, (16 << 0) | (1 << 8) | (1 << 10) | (3 << 12)
    .set TCR_UPPER, (16 << 16) | (1 << 24) | (1 << 26) | (3 << 28) | (2 << 30)
    .set TCR, TCR_LOWER | TCR_UPPER
    // SCTLR_EL2: M, C, SA, SA0, I, DZE, UCT, nTWI, nTWE, IESB, SPAN, UCI and the RES1 bits.
    .set SCTLR_LOW, (1 << 0) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 11) | (1 << 12) | (1 << 14) | (1 << 15)
    .set SCTLR_MIDDLE, (1 << 16) | (1 << 18) | (1 << 20) | (1 << 21) | (1 << 22) | (1 << 23)
    .set SCTLR, SCTLR_LOW | SCTLR_MIDDLE | (1 << 26) | (1 << 28) | (1 << 29)
    // Blocks: Normal, inner shareable, accessed. EL0 never executes them.
    .set BLOCK, (1 << 0) | (1 << 2) | (3 << 8) | (1 << 10) | (1 << 54)
    .set NO_EXECUTE, 1 << 53

    // The physical address of a table, before the MMU is on; x21 is where we are. Clobbers x2.
    .macro adr_table register, name
    ldr  \register, =\name
    ldr  x2, =KERNEL_BASE
    sub  \register, \register, x2
    add  \register, \register, x21
    .endm

    .section .text.boot, "ax"
    .globl _start
_start:
    b    boot
    .long 0
    .quad 0                             // text_offset
    .quad __image_size
    .quad (1 << 1) | (1 << 3)           // 4 KiB pages, anywhere in memory
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

boot:
    msr  daifset, #15
    mov  x20, x0                        // the device tree
    adr  x21, _start                    // where we are
    mrs  x0, CurrentEL
    cmp  x0, #8
    b.ne dead
    // The .bss, tables included. It ends on a multiple of 4096.
    ldr  x2, =KERNEL_BASE
    ldr  x0, =__bss_start
    ldr  x1, =__bss_end
    sub  x0, x0, x2
    sub  x1, x1, x2
    add  x0, x0, x21
    add  x1, x1, x21
1:  stp  xzr, xzr, [x0], #16
    cmp  x0, x1
    b.lo 1b

    // Level 1 blocks of 1 GiB for where we are: the identity, and the direct map; the direct map's
    // for the device tree.
    adr_table x3, identity1
    lsr  x4, x21, #30
    cmp  x4, #512
    b.hs dead
    lsl  x5, x4, #30
    ldr  x6, =BLOCK
    orr  x5, x5, x6
    orr  x6, x5, #1 << 11               // nG, of ASID 0: no process may meet it in a TLB
    str  x6, [x3, x4, lsl #3]
    adr_table x3, direct1
    ldr  x6, =NO_EXECUTE
    orr  x5, x5, x6
    str  x5, [x3, x4, lsl #3]
    lsr  x4, x20, #30
    cmp  x4, #512
    b.hs dead
    lsl  x5, x4, #30
    ldr  x6, =BLOCK | NO_EXECUTE
    orr  x5, x5, x6
    str  x5, [x3, x4, lsl #3]
    // The kernel, in blocks of 2 MiB: as loaded, so the base is a multiple of that.
    adr_table x3, kernel2
    ldr  x4, =__image_size
    add  x4, x4, x21
    mov  x5, x21
    ldr  x6, =BLOCK
2:  orr  x7, x5, x6
    str  x7, [x3], #8
    add  x5, x5, #0x200000
    cmp  x5, x4
    b.lo 2b
    // The tables above them.
    adr_table x3, identity0
    adr_table x4, identity1
    orr  x4, x4, #3
    str  x4, [x3]
    adr_table x3, high0
    adr_table x4, direct1
    orr  x4, x4, #3
    str  x4, [x3]
    adr_table x4, kernel1
    orr  x5, x4, #3
    str  x5, [x3, #256 * 8]
    adr_table x5, kernel2
    orr  x5, x5, #3
    str  x5, [x4]
    dsb  sy

    mov  x22, x3                        // high0
    mov  x23, xzr                       // core 0
    ldr  x24, =main_entry
    b    turn_on

// Another core, from CPU_ON: x0 is its number.
    .globl hypervisor_secondary_entry
hypervisor_secondary_entry:
    msr  daifset, #15
    adr  x21, _start
    mov  x23, x0
    ldr  x2, =KERNEL_BASE
    ldr  x0, =hypervisor_final_tables
    sub  x0, x0, x2
    ldr  x22, [x0, x21]
    ldr  x24, =secondary_main

// x21 = where we are, x22 = level 0 table of the kernel, x23 = core, x24 = where to go.
turn_on:
    ldr  x0, =HCR
    msr  hcr_el2, x0
    isb
    mov  x0, #3 << 20                   // CPACR_EL1 is CPTR_EL2 now: FPEN
    msr  cpacr_el1, x0
    mov  x0, #0xc03                     // CNTHCTL_EL2: EL0 reads the counters
    msr  cnthctl_el2, x0
    msr  cntvoff_el2, xzr
    msr  mdcr_el2, xzr
    msr  mdscr_el1, xzr
    mov  x0, #0xf                       // ICC_SRE_EL2: Enable, DIB, DFB, SRE
    msr  S3_4_C12_C9_5, x0
    ldr  x0, =MAIR
    msr  mair_el2, x0
    ldr  x0, =TCR
    mrs  x1, id_aa64mmfr0_el1
    and  x1, x1, #7                     // PARange, at most 48 bits here
    cmp  x1, #5
    mov  x2, #5
    csel x1, x1, x2, lo
    orr  x0, x0, x1, lsl #32
    msr  tcr_el2, x0
    adr_table x0, identity0
    msr  ttbr0_el2, x0
    msr  S3_4_C2_C0_1, x22              // TTBR1_EL2
    isb
    tlbi vmalle1
    tlbi alle1
    ic   iallu
    dsb  nsh
    isb
    ldr  x0, =SCTLR
    msr  sctlr_el2, x0
    isb
    ldr  x0, =__stacks_start
    add  x1, x23, #1
    add  x0, x0, x1, lsl #STACK_BITS
    mov  sp, x0
    ldr  x0, =hypervisor_vectors
    msr  vbar_el2, x0
    isb
    br   x24

    .globl main_entry
main_entry:
    ldr  x0, =hypervisor_device_tree
    str  x20, [x0]
    ldr  x0, =hypervisor_load_address
    str  x21, [x0]
    bl   main
    b    dead

secondary_main:
    top_of_stack x0, x23
    mov  sp, x0
    mov  x0, x23
    bl   hypervisor_secondary
dead:
    wfi
    b    dead

// Another level 0 table for the kernel's half: x0. By way of the identity map, so that nothing is
// translated by both.
    .section .text.hypervisor_use_tables, "ax"
    .globl hypervisor_use_tables
hypervisor_use_tables:
    ldr  x1, =hypervisor_load_address
    ldr  x1, [x1]
    ldr  x2, =KERNEL_BASE
    adr  x3, 1f
    sub  x3, x3, x2
    add  x3, x3, x1
    adr  x4, 2f
    br   x3
1:  msr  S3_4_C2_C0_1, x0
    isb
    tlbi vmalle1
    dsb  nsh
    isb
    br   x4
2:  ret

// The address of a level 1 entry of the early direct map is wanted once more, by Swift.
    .section .bss.tables, "aw", @nobits
    .balign 4096
identity0: .skip 4096
identity1: .skip 4096
high0:     .skip 4096
    .globl hypervisor_direct_table
hypervisor_direct_table:
direct1:   .skip 4096
kernel1:   .skip 4096
kernel2:   .skip 4096

    .section .bss.hypervisor, "aw", @nobits
    .balign 8
    .globl hypervisor_device_tree
hypervisor_device_tree: .skip 8
    .globl hypervisor_load_address
hypervisor_load_address: .skip 8
    .globl hypervisor_final_tables
hypervisor_final_tables: .skip 8
