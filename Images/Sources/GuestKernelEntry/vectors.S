// The exception vectors of EL1, and the way into an EL0 program and out of it.

#include "registers.inc"

    .set FRAME, 288                     // ExceptionFrame (GuestKernelEntry.h)

// Sixteen slots of 128 bytes. Arm ARM (DDI 0487) D1.4.1.6.
    .macro slot number
    .balign 128
    sub  sp, sp, #FRAME
    stp  x0, x1, [sp]
    mov  x1, #\number
    .if \number >= 8
    mrs  x0, sp_el0
    .else
    add  x0, sp, #FRAME
    .endif
    b    save_context
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .globl guest_vectors
guest_vectors:
    .altmacro
    .set n, 0
    .rept 16
    slot %n
    .set n, n + 1
    .endr
    .noaltmacro
    .balign 128

save_context:
    save_x2_to_x29 sp
    stp  x30, x0, [sp, #240]
    mrs  x8, elr_el1
    mrs  x9, spsr_el1
    stp  x8, x9, [sp, #256]
    mrs  x8, esr_el1
    mrs  x9, far_el1
    stp  x8, x9, [sp, #272]
    mov  x0, sp
    bl   guest_exception
    ldp  x8, x9, [sp, #256]
    msr  elr_el1, x8
    msr  spsr_el1, x9
    load_x2_to_x29 sp
    ldr  x30, [sp, #240]
    ldp  x0, x1, [sp], #FRAME
    eret
    dsb  nsh                            // nothing is speculated past the return
    isb

// x0 = entry, x1 = stack, x2 = where to keep the kernel's stack pointer, x3 = four arguments.
// Returns what guest_leave_program is given.
    .section .text.guest_enter_program, "ax"
    .globl guest_enter_program
guest_enter_program:
    stp  x19, x20, [sp, #-96]!
    stp  x21, x22, [sp, #16]
    stp  x23, x24, [sp, #32]
    stp  x25, x26, [sp, #48]
    stp  x27, x28, [sp, #64]
    stp  x29, x30, [sp, #80]
    msr  daifset, #15
    mov  x9, sp
    str  x9, [x2]
    msr  elr_el1, x0
    msr  sp_el0, x1
    msr  spsr_el1, xzr                  // EL0t, nothing masked
    ldp  x0, x1, [x3]
    ldp  x2, x3, [x3, #16]
    .irp n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    mov  x\n, xzr
    .endr
    eret
    dsb  nsh
    isb

// x0 = the result, x1 = the kernel's stack pointer as it was kept.
    .section .text.guest_leave_program, "ax"
    .globl guest_leave_program
guest_leave_program:
    mov  sp, x1
    ldp  x21, x22, [sp, #16]
    ldp  x23, x24, [sp, #32]
    ldp  x25, x26, [sp, #48]
    ldp  x27, x28, [sp, #64]
    ldp  x29, x30, [sp, #80]
    ldp  x19, x20, [sp], #96
    ret

// x0 = an address of the program's, x1 = where to put the word there. 0, or 1 when the memory is
// bad: the exception handler knows the load and continues at guest_copy_failed.
    .section .text.guest_copy_word, "ax"
    .globl guest_copy_word
    .globl guest_copy_instruction
    .globl guest_copy_failed
guest_copy_word:
guest_copy_instruction:
    ldr  x2, [x0]
    str  x2, [x1]
    mov  x0, #0
    ret
guest_copy_failed:
    mov  x0, #1
    ret
