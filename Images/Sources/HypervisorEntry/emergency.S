// What is left when the kernel cannot even panic: an exception inside of the handling of another, one
// that finds no stack, one in the middle of a panic. VBAR_EL2 says how far it has come, so that no
// memory has to be good for it:
//
//     hypervisor_vectors           the kernel works            an exception is handled (vectors.S)
//     hypervisor_nested_vectors    one is being handled        it is said, and the machine reset
//     hypervisor_last_vectors      that is being said          a word from two lines of code, reset
//
// If those two lines are what was lost the core takes the abort of its own vector, and EL3, which sees
// that it would for ever, resets the machine.
//
// Nothing here takes the lock, walks a table of the kernel or reads its data. Where the console is, is kept in
// CNTHV_CVAL_EL2, the compare value of a timer that nobody uses: its address, or 0.

    .set SYSTEM_RESET, 0x84000009       // Arm DEN 0022, 5.10

    // Reasons: hypervisor_emergency (support.c) has words for them.
    .set NESTED, 0
    .set NO_STACK, 1

    .section .text.emergency, "ax"
    .balign 2048
    .globl hypervisor_nested_vectors
hypervisor_nested_vectors:
    .rept 4                             // SP_EL0 is never in use at EL2
    .balign 128
    b    nested
    .endr
    .balign 128
    // The one thing that may abort in here as well: the copy of what firmware reports. Its
    // instructions use neither x12 nor x13, and if it was not one of them nobody comes back.
    mrs  x12, elr_el2
    adr  x13, hypervisor_copy
    cmp  x12, x13
    b.lo nested
    adr  x13, hypervisor_copy_end
    cmp  x12, x13
    b.hs nested
    mrs  x12, esr_el2
    lsr  x13, x12, #26
    cmp  x13, #0x25                     // a data abort from EL2
    b.ne nested
    and  x12, x12, #0x38
    cmp  x12, #0x10                     // an External abort, on a walk or not
    b.ne nested
    adr  x13, hypervisor_copy_aborted
    msr  elr_el2, x13
    eret
    dsb  nsh
    isb
    .rept 3
    .balign 128
    b    nested
    .endr
    // From a lower level: nobody returns to one from here.
    .balign 128

    // From the vectors: x0 is what SP would have been, below the stack.
    .globl hypervisor_no_stack
hypervisor_no_stack:
    mov  x9, #NO_STACK
    mov  x13, x0
    b    1f
nested:
    mov  x9, #NESTED
    mov  x13, sp
1:  mrs  x10, elr_el2
    mrs  x11, esr_el2
    mrs  x12, far_el2
    b    last_stack

// void hypervisor_abandon(uint64_t reason, uint64_t elr, uint64_t esr, uint64_t far)
    .globl hypervisor_abandon
hypervisor_abandon:
    mov  x9, x0
    mov  x10, x1
    mov  x11, x2
    mov  x12, x3
    mov  x13, sp
last_stack:
    msr  daifset, #15
    adr  x0, hypervisor_last_vectors
    msr  vbar_el2, x0
    isb
    // A stack of this core's own, as far as eight can have one.
    mrs  x1, mpidr_el1
    and  x1, x1, #7
    adrp x0, last_stacks
    add  x0, x0, :lo12:last_stacks
    add  x1, x1, #1
    add  x0, x0, x1, lsl #10
    mov  sp, x0
    mov  x0, x9
    mov  x1, x10
    mov  x2, x11
    mov  x3, x12
    mov  x4, x13
    b    hypervisor_emergency

    .macro last_words
    .balign 128
    mrs  x0, S3_4_C14_C3_2
    cbz  x0, 1f
    .irp letter, 13, 10, 69, 76, 50, 32, 108, 111, 115, 116, 13, 10  // "EL2 lost"
    mov  w1, #\letter
    str  w1, [x0]
    .endr
1:  movz w0, #SYSTEM_RESET & 0xffff
    movk w0, #SYSTEM_RESET >> 16, lsl #16
    smc  #0
    b    .
    .endm

    .balign 2048
    .globl hypervisor_last_vectors
hypervisor_last_vectors:
    .rept 8
    last_words
    .endr
    .balign 128

    .section .bss.emergency, "aw", @nobits
    .balign 16
last_stacks:
    .skip 8 * 1024
