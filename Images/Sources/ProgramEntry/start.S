// The first and last instructions of the small guest's EL0 program. x0...x3 are its arguments.
    .section .text._start, "ax"
    .globl _start
_start:
    adrp x4, program_arguments
    add  x4, x4, :lo12:program_arguments
    stp  x0, x1, [x4]
    stp  x2, x3, [x4, #16]
    bl   main
    mov  x8, #0                         // exit
    mov  x0, #0
    svc  #0

    .section .bss.program_arguments, "aw", @nobits
    .balign 16
    .globl program_arguments
program_arguments:
    .skip 32
