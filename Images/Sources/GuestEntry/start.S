// The first and last instructions of a guest program: a static Linux process without a C library.
// At entry sp points to argc, argv..., 0, envp..., 0, auxv (linux/fs/binfmt_elf.c).
    .section .text._start, "ax"
    .globl _start
_start:
    mov  x29, #0
    mov  x30, #0
    adrp x1, guest_stack
    mov  x0, sp
    str  x0, [x1, :lo12:guest_stack]
    and  sp, x0, #-16
    bl   main
    mov  x0, #0
    mov  x8, #94                        // exit_group
    svc  #0

    .section .bss.guest_stack, "aw", @nobits
    .balign 8
    .globl guest_stack
guest_stack:
    .skip 8
