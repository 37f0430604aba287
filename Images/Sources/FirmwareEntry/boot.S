// Reset and exceptions of the EL3 firmware.
//
// All cores start here together. Core 0 makes the secure RAM ready and goes on to `main`; the
// others must not touch the RAM before, and what a RAM holds after a warm reset is anyone's guess,
// so they wait for a device register that reset clears: GICD_CTLR.EnableGrp0, which core 0 sets.
//
// The translation tables are constants in flash: the MMU is on before the first store. They make
// RAM Normal memory, as the kernel will map it, and let exclusives work.
//
// An exception of EL3 itself ends the run. Nothing that it interrupted is trusted for that, the stack
// least of all: it has a stack of its own, between guard pages, and TPIDR_EL3, which no bad line of
// memory can change, says that it has begun. A second one goes to `last_resort`: one line of code
// that needs no memory.

#include "registers.inc"

    .set GICD_CTLR, 0x08000000
    // Of each core, from the lowest address, as Linker/FirmwareImage.ld has it: a guard page, 8 KiB of
    // stack for the end of the run, a guard page, 16 KiB of stack.
    .set STACKS, 0x0e040000
    .set STACK_SHIFT, 15
    .set GUARD_1, 0x3000
    .set LAST_STACK, 0x3000             // its top

    .set SECURE_GPIO, 0x090b0000
    .set CORES, 8

    // MAIR_EL3: 0 is Device-nGnRE, 1 is Normal write-back.
    .set MAIR, 0xff04
    // TCR_EL3: 38-bit addresses, 4 KiB granule, write-back inner-shareable walks, 40-bit PAs.
    .set TCR, (1 << 31) | (1 << 23) | (2 << 16) | (3 << 12) | (1 << 10) | (1 << 8) | 26
    // SCTLR_EL3: RES1, and M, C, SA, I, WXN.
    .set SCTLR, 0x30c50830 | (1 << 0) | (1 << 2) | (1 << 3) | (1 << 12) | (1 << 19)

    .section .text.boot, "ax"
    .globl _start
_start:
    msr  daifset, #15
    msr  tpidr_el3, xzr
    ldr  x0, =firmware_vectors
    msr  vbar_el3, x0
    ldr  x0, =MAIR
    msr  mair_el3, x0
    ldr  x0, =TCR
    msr  tcr_el3, x0
    ldr  x0, =level1
    msr  ttbr0_el3, x0
    isb
    tlbi alle3
    ic   iallu
    dsb  nsh
    isb
    ldr  x0, =SCTLR
    msr  sctlr_el3, x0
    isb

    // This board numbers its cores in Aff0 alone; any other core is not ours.
    mrs  x19, mpidr_el1
    tst  x19, #0x00ffff00
    b.ne dead
    and  x19, x19, #0xff
    cmp  x19, #CORES
    b.hs dead
    ldr  x20, =GICD_CTLR
    cbnz x19, wait_for_ram

    ldr  x0, =__data_start
    ldr  x1, =__data_end
    ldr  x2, =__data_load
1:  cmp  x0, x1
    b.hs 2f
    ldp  x3, x4, [x2], #16
    stp  x3, x4, [x0], #16
    b    1b
2:  ldr  x0, =__bss_start
    ldr  x1, =__bss_end
3:  cmp  x0, x1
    b.hs 4f
    stp  xzr, xzr, [x0], #16
    b    3b
4:  dsb  sy
    mov  w0, #0x30                      // ARE_S, ARE_NS
    str  w0, [x20]
    dsb  sy
    mov  w0, #0x31                      // and EnableGrp0: the others may go on
    str  w0, [x20]
    dsb  sy
    bl   own_stack
    bl   main
    b    dead

wait_for_ram:
    ldr  w0, [x20]
    tbz  w0, #0, wait_for_ram
    dsb  sy
    bl   own_stack
    mov  x0, x19
    bl   firmware_secondary
dead:
    wfi
    b    dead

// Points SP at the top of this core's stack; clobbers x8 and x9.
own_stack:
    mrs  x8, mpidr_el1
    and  x8, x8, #0xff
    add  x8, x8, #1
    ldr  x9, =STACKS
    add  x9, x9, x8, lsl #STACK_SHIFT
    mov  sp, x9
    ret

    // x0 = entry, x1 = SPSR, x2 = argument.
    .section .text.firmware_enter_lower, "ax"
    .globl firmware_enter_lower
firmware_enter_lower:
    bl   own_stack
    msr  elr_el3, x0
    msr  spsr_el3, x1
    msr  tpidr_el3, x2
    mrs  x8, scr_el3
    ubfx x8, x8, #3, #1                 // EA: SErrors are EL3's
    mrs  x9, id_aa64pfr0_el1
    ubfx x9, x9, #28, #4                // RAS
    cmp  x9, #0
    csel x8, x8, xzr, ne
    cmp  x8, #0
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    mov  x\n, xzr
    .endr
    b.eq 1f
    // What EL3 has met until here is its own.
    hint #16                            // ESB
    mrs  x0, s3_0_c12_c1_1              // DISR_EL1
    tbz  x0, #31, 1f                    // A
    b    own_error
1:  b    leave

// What EL3 reads of the levels below may be answered with an External abort. It is taken here, from one
// of the four instructions after .Lprobes: slot 4 knows them, makes x0 all ones and x1 not zero, and
// returns to whoever asked. PAR_EL1, which is theirs, stays what it was.
//
// firmware_load: x0 = an aligned address; x0 = what is there, x1 = 0.
// firmware_translate: x0 = address, x1 = 0, 1 or 2: AT S1E1R, S12E1R, S1E2R; x0 = PAR_EL1.
    .section .text.firmware_translate, "ax"
    .globl firmware_translate
    .globl firmware_load
    .set PROBES_SIZE, 28
firmware_load:
    mrs  x9, par_el1
    b    .Lload
firmware_translate:
    mrs  x9, par_el1
    cmp  x1, #1
    b.lo 1f
    b.hi 2f
.Lprobes:
    at   s12e1r, x0
    b    3f
1:  at   s1e1r, x0
    b    3f
2:  at   s1e2r, x0
    b    3f
.Lload:
    ldr  x0, [x0]
    mov  x1, xzr
    ret
3:  isb
    mrs  x0, par_el1
    msr  par_el1, x9
    ret
.Lprobe_aborted:
    msr  par_el1, x9
    mov  x0, #-1
    mov  x1, #1
    ret

// Sixteen slots of 128 bytes. Arm ARM (DDI 0487) D1.4.1.6. Those of lower levels save the context on
// this core's stack as `LowerContext` (Sources/Firmware) lays it out and call firmware_exception.
    .set FRAME, 288
    .set FRAME_SKIPS_ESB, 280           // not zero: no error synchronization at the exit

    // An exception of EL3 itself. x16 and x17 are free: what was interrupted is over, or is a probe.
    .macro own_slot number
    .balign 128
    .if \number == 4
    mrs  x16, elr_el3
    adr  x17, .Lprobes
    sub  x16, x16, x17
    cmp  x16, #PROBES_SIZE
    b.lo leave_probe
    .endif
    mov  x17, #\number
    b    own_exception
    .endm

    .macro lower_slot number
    .balign 128
    sub  sp, sp, #FRAME
    stp  x0, x1, [sp]
    mov  x1, #\number
    b    save_context
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .globl firmware_vectors
firmware_vectors:
    .altmacro
    .set n, 0
    .rept 8
    own_slot %n
    .set n, n + 1
    .endr
    .rept 8
    lower_slot %n
    .set n, n + 1
    .endr
    .noaltmacro
    .balign 128

// Resets the board: output 1 of the Secure GPIO. One line, no memory, and what is left of EL3. The MMU
// goes off: the line of the tables that leads to the GPIO may be what is lost, and VA is PA.
    .balign 64
last_resort:
    mrs  x16, sctlr_el3
    bic  x16, x16, #1                   // M
    msr  sctlr_el3, x16
    isb
    mov  x16, #SECURE_GPIO & 0xffff0000
    mov  w17, #2
    str  w17, [x16, #0x400]             // GPIODIR
    str  wzr, [x16, #8]                 // GPIODATA of pin 1
    str  w17, [x16, #8]
    dsb  sy
1:  wfi
    b    1b

// x17 = the slot.
    .balign 64
own_exception:
    mrs  x16, tpidr_el3
    cbnz x16, last_resort
    mov  x16, #1
    msr  tpidr_el3, x16
    mrs  x0, mpidr_el1
    and  x0, x0, #0xff
    movz x16, #LAST_STACK
    movk x16, #STACKS >> 16, lsl #16
    add  x16, x16, x0, lsl #STACK_SHIFT
    mov  sp, x16
    mov  x0, x17
    bl   firmware_fail
    b    last_resort

leave_probe:
    adr  x17, .Lprobe_aborted
    msr  elr_el3, x17
    eret
    dsb  nsh
    isb

save_context:
    save_x2_to_x29 sp
    mrs  x8, elr_el3
    stp  x30, x8, [sp, #240]
    mrs  x8, spsr_el3
    mrs  x9, esr_el3
    stp  x8, x9, [sp, #256]
    mrs  x8, far_el3
    // Errors that EL3 meets from here on are its own. An SError that is pending already is the lower
    // level's and stays pending: it is taken from there. So it does where EL3 takes none.
    mrs  x9, isr_el1
    and  x9, x9, #1 << 8                // A
    mrs  x10, scr_el3
    eor  x10, x10, #1 << 3              // EA
    and  x10, x10, #1 << 3
    orr  x9, x9, x10
    mrs  x10, id_aa64pfr0_el1
    tst  x10, #0xf << 28                // RAS
    csinc x9, x9, xzr, ne
    stp  x8, x9, [sp, #272]
    mov  x0, sp
    bl   firmware_exception
    ldp  x30, x8, [sp, #240]
    msr  elr_el3, x8
    ldr  x8, [sp, #256]
    msr  spsr_el3, x8
    ldr  x8, [sp, #FRAME_SKIPS_ESB]
    cbnz x8, 1f
    load_x2_to_x29 sp
    ldp  x0, x1, [sp], #FRAME
    // The last loads are over: what arrives now is EL3's. TPIDR_EL3 keeps x0 meanwhile.
    hint #16                            // ESB
    msr  tpidr_el3, x0
    mrs  x0, s3_0_c12_c1_1              // DISR_EL1
    tbnz x0, #31, own_error             // A
leave:
    mrs  x0, tpidr_el3
    msr  tpidr_el3, xzr
    eret
    dsb  nsh                            // nothing is speculated past the return
    isb
1:  load_x2_to_x29 sp
    ldp  x0, x1, [sp], #FRAME
    eret
    dsb  nsh
    isb

// x0 = DISR_EL1. A corrected error costs nothing; its record is told of with the next exception.
own_error:
    eor  x0, x0, #1 << 31               // A
    eor  x0, x0, #6 << 10               // AET: corrected
    eor  x0, x0, #1 << 4                // DFSC: asynchronous SError
    eor  x0, x0, #1
    cbnz x0, 1f
    msr  s3_0_c12_c1_1, xzr
    b    leave
1:  msr  tpidr_el3, xzr
    mov  x17, #16                       // no slot: found at the exit
    b    own_exception

// Translation tables. Arm ARM (DDI 0487) D8.3: block 01, AttrIndx 4:2, NS 5, AP 7:6, SH 9:8,
// AF 10, XN 54.
    .set FLASH,   (1 << 0) | (1 << 2) | (3 << 6) | (3 << 8) | (1 << 10)
    .set DEVICE,  (1 << 0) | (0 << 2) | (1 << 6) | (1 << 10) | (1 << 54)
    .set SECURE,  (1 << 0) | (1 << 2) | (1 << 6) | (3 << 8) | (1 << 10) | (1 << 54)
    .set PAGE,    SECURE | (1 << 1)
    .set NORMAL,  SECURE | (1 << 5)

    .section .rodata.tables, "a"
    .balign 4096
level2:                                 // 2 MiB each
    .quad FLASH                         // the firmware
    .fill 63, 8, 0
    .set address, 0x08000000            // devices
    .rept 48
    .quad address | DEVICE
    .set address, address + 0x200000
    .endr
    .quad level3 + 3                    // secure RAM
    .set address, address + 0x200000
    .rept 8                             // and the record store
    .quad address | SECURE
    .set address, address + 0x200000
    .endr
    .fill 391, 8, 0
level3:                                 // 4 KiB each: variables, stacks with their guards, heap
    .set address, 0x0e000000
    .rept 512
    .if address >= STACKS && address < STACKS + (CORES << STACK_SHIFT) && ((address & 0x7000) == 0 || (address & 0x7000) == GUARD_1)
    .quad 0
    .else
    .quad address | PAGE
    .endif
    .set address, address + 0x1000
    .endr
level1:                                 // 1 GiB each
    .quad level2 + 3
    .set address, 0x40000000            // RAM, at most 255 GiB, the Non-secure view
    .rept 255
    .quad address | NORMAL
    .set address, address + 0x40000000
    .endr
