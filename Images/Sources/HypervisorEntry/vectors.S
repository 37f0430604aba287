// Exceptions, and what only assembly can do. TPIDR_EL2 holds the context (`UserContext`) of the
// thread that runs at EL0; SP_EL2 is this core's stack, empty while EL0 runs.
//
// Each stack is the lower half of a slot of which nothing else is mapped: whoever runs out of it aborts,
// and bit STACK_BITS of SP tells before the vectors store anything there. While an exception of the
// kernel is handled VBAR_EL2 is hypervisor_nested_vectors (emergency.S).

#include "registers.inc"
#include "stacks.inc"

    .arch_extension fp
    .arch_extension simd

    .set FRAME, 288

    // From EL0: x0 = the context, x1 = the kind.
    .macro from_user kind
    .balign 128
    stp  x0, x1, [sp, #-16]!
    mrs  x0, tpidr_el2
    mov  x1, #\kind
    b    save_user
    .endm

    // From EL2 itself: a frame on the stack, if there is room. Nothing may be stored before that is
    // known, so SP is looked at by way of sums with X0, which both have their values again afterwards.
    .macro from_kernel kind
    .balign 128
    sub  sp, sp, #FRAME
    add  sp, sp, x0
    sub  x0, sp, x0
    tbnz x0, #STACK_BITS, 1f
    sub  x0, sp, x0
    sub  sp, sp, x0
    stp  x0, x1, [sp]
    mov  x1, #\kind
    b    save_kernel
1:  b    hypervisor_no_stack
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .globl hypervisor_vectors
hypervisor_vectors:
    from_kernel 0
    from_kernel 1
    from_kernel 2
    from_kernel 3
    from_kernel 0
    from_kernel 1
    from_kernel 2
    from_kernel 3
    from_user 0
    from_user 1
    from_user 2
    from_user 3
    from_user 0                         // AArch32 at EL0: never entered
    from_user 1
    from_user 2
    from_user 3
    .balign 128

save_user:
    save_x2_to_x29 x0
    ldp  x2, x3, [sp], #16
    stp  x2, x3, [x0]
    mrs  x2, sp_el0
    stp  x30, x2, [x0, #240]
    mrs  x2, elr_el2
    mrs  x3, spsr_el2
    stp  x2, x3, [x0, #256]
    mrs  x2, tpidr_el0
    mrs  x3, esr_el2
    stp  x2, x3, [x0, #272]
    mrs  x2, far_el2
    str  x2, [x0, #288]
    mov  x0, x1
    bl   hypervisor_user_exception

// x0 = the context to go on with.
restore_user:
    msr  daifset, #15
    msr  tpidr_el2, x0
    ldp  x30, x2, [x0, #240]
    msr  sp_el0, x2
    ldp  x2, x3, [x0, #256]
    msr  elr_el2, x2
    msr  spsr_el2, x3
    ldr  x2, [x0, #272]
    msr  tpidr_el0, x2
    load_x2_to_x29 x0
    ldp  x0, x1, [x0]
    eret
    dsb  nsh                            // nothing is speculated past the return
    isb

save_kernel:
    save_x2_to_x29 sp
    mrs  x8, elr_el2
    stp  x30, x8, [sp, #240]
    mrs  x8, spsr_el2
    mrs  x9, esr_el2
    stp  x8, x9, [sp, #256]
    mrs  x8, far_el2
    mrs  x9, vbar_el2                   // a guest's, if it was on the way into one
    stp  x8, x9, [sp, #272]
    adr  x8, hypervisor_nested_vectors
    msr  vbar_el2, x8
    isb
    mov  x0, sp
    bl   hypervisor_kernel_exception
    ldp  x30, x8, [sp, #240]
    ldr  x9, [sp, #280]
    msr  vbar_el2, x9
    isb
    msr  elr_el2, x8
    ldr  x8, [sp, #256]
    msr  spsr_el2, x8
    load_x2_to_x29 sp
    ldp  x0, x1, [sp], #FRAME
    eret
    dsb  nsh
    isb

// WFI, with the lock given back: an SError that ends it is taken here, and nowhere else without the
// lock.
    .section .text.hypervisor_wait, "ax"
    .globl hypervisor_wait, hypervisor_wait_end
hypervisor_wait:
    dsb  sy
    msr  daifclr, #4
    wfi
    msr  daifset, #4
hypervisor_wait_end:
    ret

// Leaves for EL0 for the first time: x0 = the context, x1 = the core, whose stack is given back.
    .section .text.hypervisor_enter_user, "ax"
    .globl hypervisor_enter_user
hypervisor_enter_user:
    top_of_stack x2, x1
    mov  sp, x2
    b    restore_user

// Copies x2 bytes from x1 to x0; answers how many are left. An External abort inside ends it there:
// `hypervisor_kernel_exception` knows the range.
    .section .text.hypervisor_copy, "ax"
    .globl hypervisor_copy, hypervisor_copy_end, hypervisor_copy_aborted
hypervisor_copy:
    cmp  x2, #64
    b.lo 2f
1:  ldp  x4, x5, [x1]
    ldp  x6, x7, [x1, #16]
    ldp  x8, x9, [x1, #32]
    ldp  x10, x11, [x1, #48]
    stp  x4, x5, [x0]
    stp  x6, x7, [x0, #16]
    stp  x8, x9, [x0, #32]
    stp  x10, x11, [x0, #48]
    add  x0, x0, #64
    add  x1, x1, #64
    sub  x2, x2, #64
    cmp  x2, #64
    b.hs 1b
2:  cmp  x2, #8
    b.lo 3f
    ldr  x4, [x1], #8
    str  x4, [x0], #8
    sub  x2, x2, #8
    b    2b
3:  cbz  x2, hypervisor_copy_aborted
    ldrb w4, [x1], #1
    strb w4, [x0], #1
    sub  x2, x2, #1
    b    3b
hypervisor_copy_end:
hypervisor_copy_aborted:
    mov  x0, x2
    ret

// Zeros x1 bytes (a multiple of 64) at x0 (as well).
    .section .text.hypervisor_clear, "ax"
    .globl hypervisor_clear
hypervisor_clear:
    add  x1, x1, x0
    mrs  x2, dczid_el0
    and  x2, x2, #31
    cmp  x2, #4                         // blocks of 64 bytes, allowed
    b.ne 2f
1:  dc   zva, x0
    add  x0, x0, #64
    cmp  x0, x1
    b.lo 1b
    ret
2:  stp  xzr, xzr, [x0]
    stp  xzr, xzr, [x0, #16]
    stp  xzr, xzr, [x0, #32]
    stp  xzr, xzr, [x0, #48]
    add  x0, x0, #64
    cmp  x0, x1
    b.lo 2b
    ret

// V0...V31, FPCR, FPSR at x0.
    .section .text.hypervisor_vectors_state, "ax"
    .globl hypervisor_save_vectors, hypervisor_load_vectors
hypervisor_save_vectors:
    stp  q0, q1, [x0, #0]
    stp  q2, q3, [x0, #32]
    stp  q4, q5, [x0, #64]
    stp  q6, q7, [x0, #96]
    stp  q8, q9, [x0, #128]
    stp  q10, q11, [x0, #160]
    stp  q12, q13, [x0, #192]
    stp  q14, q15, [x0, #224]
    stp  q16, q17, [x0, #256]
    stp  q18, q19, [x0, #288]
    stp  q20, q21, [x0, #320]
    stp  q22, q23, [x0, #352]
    stp  q24, q25, [x0, #384]
    stp  q26, q27, [x0, #416]
    stp  q28, q29, [x0, #448]
    stp  q30, q31, [x0, #480]
    mrs  x1, fpcr
    mrs  x2, fpsr
    add  x0, x0, #512
    stp  x1, x2, [x0]
    ret
hypervisor_load_vectors:
    add  x3, x0, #512
    ldp  x1, x2, [x3]
    msr  fpcr, x1
    msr  fpsr, x2
    ldp  q0, q1, [x0, #0]
    ldp  q2, q3, [x0, #32]
    ldp  q4, q5, [x0, #64]
    ldp  q6, q7, [x0, #96]
    ldp  q8, q9, [x0, #128]
    ldp  q10, q11, [x0, #160]
    ldp  q12, q13, [x0, #192]
    ldp  q14, q15, [x0, #224]
    ldp  q16, q17, [x0, #256]
    ldp  q18, q19, [x0, #288]
    ldp  q20, q21, [x0, #320]
    ldp  q22, q23, [x0, #352]
    ldp  q24, q25, [x0, #384]
    ldp  q26, q27, [x0, #416]
    ldp  q28, q29, [x0, #448]
    ldp  q30, q31, [x0, #480]
    ret
