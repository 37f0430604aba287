// The world switch: into a guest and out of it, with VHE (HCR_EL2.E2H = 1 all the time, TGE = 0
// while a guest runs).
//
// What a vCPU is lies in one block of 64-bit words, whose address comes in x0: GuestRegister in
// Sources/Hypervisor/KVM names the same words. guest_load and guest_put move what stays in the core
// between two exits; guest_enter moves what must be moved at each.
//
// While a guest runs VBAR_EL2 is guest_vectors, and the top of the stack holds the host's
// registers and the block's address. An exception taken from EL2 in between is the kernel's own and
// goes to its own vectors.

#include "registers.inc"

    .set SP_EL0, 31
    .set PC, 32
    .set PSTATE, 33
    .set SP_EL1, 34
    .set ELR_EL1, 35
    .set SPSR_EL1, 36
    .set SCTLR_EL1, 37
    .set CPACR_EL1, 38
    .set TTBR0_EL1, 39
    .set TTBR1_EL1, 40
    .set TCR_EL1, 41
    .set ESR_EL1, 42
    .set AFSR0_EL1, 43
    .set AFSR1_EL1, 44
    .set FAR_EL1, 45
    .set MAIR_EL1, 46
    .set VBAR_EL1, 47
    .set CONTEXTIDR_EL1, 48
    .set AMAIR_EL1, 49
    .set CNTKCTL_EL1, 50
    .set TPIDR_EL1, 51
    .set TPIDR_EL0, 52
    .set TPIDRRO_EL0, 53
    .set PAR_EL1, 54
    .set CSSELR_EL1, 55
    .set MDSCR_EL1, 56
    .set MIDR_EL1, 57
    .set MPIDR_EL1, 58
    .set DISR_EL1, 59
    .set VSESR_EL2, 60
    .set CNTV_CVAL_EL0, 61
    .set CNTV_CTL_EL0, 62
    .set CNTP_CVAL_EL0, 63
    .set CNTP_CTL_EL0, 64
    .set CNTVOFF_EL2, 65
    .set VTTBR_EL2, 66
    .set VTCR_EL2, 67
    .set ICH_VMCR_EL2, 68
    .set ICH_AP0R0_EL2, 69
    .set ICH_AP1R0_EL2, 70
    .set HCR_EL2, 71
    .set EXIT_ESR, 72
    .set EXIT_FAR, 73
    .set EXIT_HPFAR, 74
    .set EXIT_DISR, 75
    .set HOST_SP_EL0, 76
    .set HOST_TPIDR_EL0, 77
    .set HOST_TPIDRRO_EL0, 78
    .set HOST_MDCR_EL2, 79
    .set HOST_CPTR_EL2, 80
    .set GUEST_MDCR_EL2, 81
    .set OS_LOCK, 84
    .set DBGBVR, 96
    .set DBGBCR, 112
    .set DBGWVR, 128
    .set DBGWCR, 144
    .set V, 160
    .set FPSR, 224
    .set FPCR, 225

    // CPTR_EL2 with E2H: FPEN 21:20, ZEN 17:16, TTA 28. FP traps or not; trace always.
    .set CPTR_FP_TRAPS, 1 << 28
    .set CPTR_FP_RUNS, 1 << 28 | 3 << 20
    .set VSE_BIT, 8
    // CNTHCTL_EL2 with E2H: EL1PCTEN 10, EL1PTEN 11.
    .set EL1_TIMERS, 3 << 10

    .macro move_in register, index
    ldr  x1, [x0, #8 * \index]
    msr  \register, x1
    .endm
    .macro move_out register, index
    mrs  x1, \register
    str  x1, [x0, #8 * \index]
    .endm

// The registers that are moved both ways. Under E2H the EL1 registers of a guest have the names
// <register>_EL12, encoded with op1 = 5.
    .macro both move
    \move sp_el1, SP_EL1
    \move S3_5_C4_C0_1, ELR_EL1
    \move S3_5_C4_C0_0, SPSR_EL1
    \move S3_5_C1_C0_0, SCTLR_EL1
    \move S3_5_C1_C0_2, CPACR_EL1
    \move S3_5_C2_C0_0, TTBR0_EL1
    \move S3_5_C2_C0_1, TTBR1_EL1
    \move S3_5_C2_C0_2, TCR_EL1
    \move S3_5_C5_C2_0, ESR_EL1
    \move S3_5_C5_C1_0, AFSR0_EL1
    \move S3_5_C5_C1_1, AFSR1_EL1
    \move S3_5_C6_C0_0, FAR_EL1
    \move S3_5_C10_C2_0, MAIR_EL1
    \move S3_5_C12_C0_0, VBAR_EL1
    \move S3_5_C13_C0_1, CONTEXTIDR_EL1
    \move S3_5_C10_C3_0, AMAIR_EL1
    \move S3_5_C14_C1_0, CNTKCTL_EL1
    \move tpidr_el1, TPIDR_EL1
    \move tpidr_el0, TPIDR_EL0
    \move tpidrro_el0, TPIDRRO_EL0
    \move sp_el0, SP_EL0
    \move par_el1, PAR_EL1
    \move csselr_el1, CSSELR_EL1
    \move mdscr_el1, MDSCR_EL1
    \move S3_4_C12_C1_1, DISR_EL1
    \move S3_5_C14_C3_2, CNTV_CVAL_EL0
    \move S3_5_C14_C2_2, CNTP_CVAL_EL0
    \move S3_4_C12_C11_7, ICH_VMCR_EL2
    \move S3_4_C12_C8_0, ICH_AP0R0_EL2
    \move S3_4_C12_C9_0, ICH_AP1R0_EL2
    .endm

// void guest_load(uint64_t block)
    .section .text.guest_load, "ax"
    .globl guest_load
guest_load:
    move_out sp_el0, HOST_SP_EL0
    move_out tpidr_el0, HOST_TPIDR_EL0
    move_out tpidrro_el0, HOST_TPIDRRO_EL0
    move_out mdcr_el2, HOST_MDCR_EL2
    move_out cptr_el2, HOST_CPTR_EL2
    both move_in
    move_in vpidr_el2, MIDR_EL1
    move_in vmpidr_el2, MPIDR_EL1
    move_in vttbr_el2, VTTBR_EL2
    move_in vtcr_el2, VTCR_EL2
    move_in cntvoff_el2, CNTVOFF_EL2
    mrs  x1, cnthctl_el2
    orr  x1, x1, #EL1_TIMERS
    msr  cnthctl_el2, x1
    // HPMN, the number of event counters EL1 has, stays the host's.
    mrs  x1, mdcr_el2
    and  x1, x1, #0x1f
    ldr  x2, [x0, #8 * GUEST_MDCR_EL2]
    orr  x1, x1, x2
    msr  mdcr_el2, x1
    // The OS lock is locked out of reset; here it is the guest's.
    move_in oslar_el1, OS_LOCK
    mov  x1, #CPTR_FP_TRAPS
    msr  cptr_el2, x1
    // ICC_SRE_EL2: SRE, DFB, DIB; Enable is off, so that ICC_SRE_EL1 traps.
    mov  x1, #7
    msr  S3_4_C12_C9_5, x1
    isb
    // The timers last: from now on they may fire.
    move_in S3_5_C14_C3_1, CNTV_CTL_EL0
    move_in S3_5_C14_C2_1, CNTP_CTL_EL0
    isb
    ret

// void guest_put(uint64_t block)
    .section .text.guest_put, "ax"
    .globl guest_put
guest_put:
    move_out S3_5_C14_C3_1, CNTV_CTL_EL0
    msr  S3_5_C14_C3_1, xzr
    move_out S3_5_C14_C2_1, CNTP_CTL_EL0
    msr  S3_5_C14_C2_1, xzr
    both move_out
    msr  mdscr_el1, xzr
    move_in sp_el0, HOST_SP_EL0
    move_in tpidr_el0, HOST_TPIDR_EL0
    move_in tpidrro_el0, HOST_TPIDRRO_EL0
    move_in mdcr_el2, HOST_MDCR_EL2
    move_in cptr_el2, HOST_CPTR_EL2
    isb
    ret

// void guest_load_vectors(uint64_t block), void guest_save_vectors(uint64_t block)
    .section .text.guest_vectors_fp, "ax"
    .arch_extension fp
    .arch_extension simd
    .globl guest_load_vectors
guest_load_vectors:
    mov  x1, #CPTR_FP_RUNS
    msr  cptr_el2, x1
    isb
    add  x1, x0, #8 * V
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr  q\n, [x1], #16
    .endr
    ldr  x1, [x0, #8 * FPSR]
    msr  fpsr, x1
    ldr  x1, [x0, #8 * FPCR]
    msr  fpcr, x1
    ret

    .globl guest_save_vectors
guest_save_vectors:
    add  x1, x0, #8 * V
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str  q\n, [x1], #16
    .endr
    mrs  x1, fpsr
    str  x1, [x0, #8 * FPSR]
    mrs  x1, fpcr
    str  x1, [x0, #8 * FPCR]
    mov  x1, #CPTR_FP_TRAPS
    msr  cptr_el2, x1
    isb
    ret

// void guest_load_debug(uint64_t block, uint64_t breakpoints, uint64_t watchpoints): the registers
// that exist, from the highest down. A block of zeroes disables them.
    .section .text.guest_load_debug, "ax"
    .globl guest_load_debug
guest_load_debug:
    mov  x3, #16
    sub  x1, x3, x1
    sub  x2, x3, x2
    adr  x3, 1f
    add  x3, x3, x1, lsl #4
    br   x3
1:  .irp n, 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0
    ldr  x4, [x0, #8 * (DBGBVR + \n)]
    msr  dbgbvr\n\()_el1, x4
    ldr  x4, [x0, #8 * (DBGBCR + \n)]
    msr  dbgbcr\n\()_el1, x4
    .endr
    adr  x3, 2f
    add  x3, x3, x2, lsl #4
    br   x3
2:  .irp n, 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0
    ldr  x4, [x0, #8 * (DBGWVR + \n)]
    msr  dbgwvr\n\()_el1, x4
    ldr  x4, [x0, #8 * (DBGWCR + \n)]
    msr  dbgwcr\n\()_el1, x4
    .endr
    isb
    ret

// uint64_t guest_enter(uint64_t block): GuestExitCode.
    .section .text.guest_enter, "ax"
    .globl guest_enter
guest_enter:
    stp  x29, x30, [sp, #-128]!
    stp  x19, x20, [sp, #16]
    stp  x21, x22, [sp, #32]
    stp  x23, x24, [sp, #48]
    stp  x25, x26, [sp, #64]
    stp  x27, x28, [sp, #80]
    mrs  x1, hcr_el2
    mrs  x2, vbar_el2
    stp  x1, x2, [sp, #96]
    str  x0, [sp, #112]
    // Whatever is pending is the host's: an SError above all must not be taken for the guest's.
    msr  daifset, #15
    dsb  nshst
    isb
    mrs  x3, isr_el1
    cbnz x3, .Lpending
    ldr  x4, [x0, #8 * HCR_EL2]
    tbz  x4, #VSE_BIT, 1f
    ldr  x5, [x0, #8 * VSESR_EL2]
    msr  S3_4_C5_C2_3, x5
1:  adr  x3, guest_vectors
    msr  vbar_el2, x3
    msr  hcr_el2, x4
    ldp  x5, x6, [x0, #8 * PC]
    msr  elr_el2, x5
    msr  spsr_el2, x6
    load_x2_to_x29 x0
    ldr  x30, [x0, #8 * 30]
    ldp  x0, x1, [x0]
    eret
    dsb  nsh                            // nothing is speculated past the return
    isb

.Lpending:
    mov  x0, #0
    b    .Lback

// x0 = why (0 interrupt, 1 SError, 2 trap), the guest's x0 and x1 are on the stack.
.Lexit:
    stp  x2, x3, [sp, #-16]!
    ldr  x1, [sp, #112 + 32]            // the block
    move_x4_to_x29 stp, x1
    str  x30, [x1, #8 * 30]
    ldp  x2, x3, [sp], #16
    stp  x2, x3, [x1, #8 * 2]
    ldp  x2, x3, [sp], #16
    stp  x2, x3, [x1]
    mrs  x2, elr_el2
    mrs  x3, spsr_el2
    stp  x2, x3, [x1, #8 * PC]
    mrs  x2, esr_el2
    mrs  x3, far_el2
    str  x2, [x1, #8 * EXIT_ESR]
    str  x3, [x1, #8 * EXIT_FAR]
    mrs  x2, hpfar_el2
    str  x2, [x1, #8 * EXIT_HPFAR]
    // VSE as the guest left it: taken or deferred ones are no longer pending.
    mrs  x2, hcr_el2
    str  x2, [x1, #8 * HCR_EL2]
    ldp  x3, x4, [sp, #96]
    msr  hcr_el2, x3
    msr  vbar_el2, x4
    // What the ESB of the vector found. Zero, and not written, where firmware takes all errors.
    tbz  x2, #36, 1f                    // HCR_EL2.TERR: set on cores with FEAT_RAS alone
    mrs  x3, S3_0_C12_C1_1
    cbz  x3, 1f
    msr  S3_0_C12_C1_1, xzr
    str  x3, [x1, #8 * EXIT_DISR]
    orr  x0, x0, #0x80000000
1:  isb
.Lback:
    ldp  x19, x20, [sp, #16]
    ldp  x21, x22, [sp, #32]
    ldp  x23, x24, [sp, #48]
    ldp  x25, x26, [sp, #64]
    ldp  x27, x28, [sp, #80]
    ldp  x29, x30, [sp], #128
    ret

// uint64_t guest_translate(uint64_t address, uint64_t block): PAR_EL1 of AT S1E1R in the guest's
// regime, all ones if an External abort ended the walk. PAR_EL1 stays what it was.
    .section .text.guest_translate, "ax"
    .globl guest_translate
    .set PROBE_SIZE, 8
guest_translate:
    mrs  x9, par_el1
    mrs  x10, hcr_el2
    mrs  x11, vbar_el2
    ldr  x2, [x1, #8 * HCR_EL2]
    bic  x2, x2, #1 << VSE_BIT
    adr  x3, guest_vectors
    mrs  x12, daif
    msr  daifset, #4
    msr  vbar_el2, x3
    msr  hcr_el2, x2
    isb
.Lprobe:
    at   s1e1r, x0
    isb
    mrs  x0, par_el1
.Lprobed:
    msr  hcr_el2, x10
    msr  vbar_el2, x11
    msr  par_el1, x9
    isb
    msr  daif, x12
    ret
.Lprobe_aborted:
    mov  x0, #-1
    b    .Lprobed

// void guest_invalidate_address(uint64_t vttbr, uint64_t ipa), guest_invalidate_all(uint64_t vttbr):
// TLB maintenance by IPA or VMID works on the EL1&0 regime of VTTBR_EL2 only with TGE = 0.
    .macro in_vmid
    mrs  x9, hcr_el2
    mrs  x10, vttbr_el2
    bic  x11, x9, #1 << 27
    mrs  x12, daif
    msr  daifset, #4                    // the handler's maintenance is for TGE = 1
    msr  vttbr_el2, x0
    msr  hcr_el2, x11
    isb
    .endm
    .macro out_of_vmid
    msr  hcr_el2, x9
    msr  vttbr_el2, x10
    isb
    msr  daif, x12
    .endm

    .section .text.guest_invalidate, "ax"
    .globl guest_invalidate_address
guest_invalidate_address:
    dsb  ishst
    in_vmid
    lsr  x1, x1, #12
    tlbi ipas2e1is, x1
    dsb  ish
    tlbi vmalle1is
    dsb  ish
    out_of_vmid
    ret
    .globl guest_invalidate_all
guest_invalidate_all:
    dsb  ishst
    in_vmid
    tlbi vmalls12e1is
    dsb  ish
    out_of_vmid
    ret

// The vectors while a guest runs. From the guest: why, then out. The ESB first: an SError that is
// pending is found now, and DISR_EL1 tells it from one of the host's. From EL2 itself: the
// kernel's own vector, but for the one instruction that may abort.
    .macro own_vector offset
    .balign 128
    b    hypervisor_vectors + \offset
    .endm
    .macro guest_vector why
    .balign 128
    hint #16                            // ESB
    stp  x0, x1, [sp, #-16]!
    mov  x0, #\why
    b    .Lexit
    .endm

    .section .text.guest_enter, "ax"
    .balign 2048
guest_vectors:
    own_vector 0x000
    own_vector 0x080
    own_vector 0x100
    own_vector 0x180
    .balign 128
    stp  x0, x1, [sp, #-16]!
    mrs  x0, elr_el2
    adr  x1, .Lprobe
    sub  x0, x0, x1
    cmp  x0, #PROBE_SIZE
    b.lo 1f
    ldp  x0, x1, [sp], #16
    b    hypervisor_vectors + 0x200
1:  adr  x1, .Lprobe_aborted
    msr  elr_el2, x1
    ldp  x0, x1, [sp], #16
    eret
    dsb  nsh
    isb
    own_vector 0x280
    own_vector 0x300
    own_vector 0x380
    .rept 2                             // AArch64, then AArch32 at EL0 or EL1
    guest_vector 2
    guest_vector 0
    guest_vector 0                      // FIQ: there is none; the host finds nothing pending
    guest_vector 1
    .endr
    .balign 128
