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

// Where a signal handler returns to: SA_RESTORER, so that no vDSO is needed.
    .section .text.guest_restore, "ax"
    .globl guest_restore
guest_restore:
    mov  x8, #139                       // rt_sigreturn
    svc  #0

// uint64_t guest_load(address, to): the 8 bytes at an address to `to`, 0; or 1 if a handler of SIGBUS
// that found the program at guest_load_at let it go on at guest_load_lost.
    .section .text.guest_load, "ax"
    .globl guest_load
    .globl guest_load_at
    .globl guest_load_lost
guest_load:
guest_load_at:
    ldr  x2, [x0]
    str  x2, [x1]
    mov  x0, #0
    ret
guest_load_lost:
    mov  x0, #1
    ret

// int64_t guest_clone(flags, stack, thread id's address, function, argument): a thread that calls
// function(argument) and ends; the stack's top is a multiple of 16. The thread's id or -errno.
    .section .text.guest_clone, "ax"
    .globl guest_clone
guest_clone:
    stp  x3, x4, [x1, #-16]!
    mov  x4, x2                         // child_tidptr
    mov  x2, #0                         // parent_tidptr
    mov  x3, #0                         // TLS
    mov  x8, #220                       // clone
    svc  #0
    cbz  x0, 1f
    ret
1:  mov  x29, #0
    mov  x30, #0
    ldp  x1, x0, [sp], #16
    blr  x1
    mov  x0, #0
    mov  x8, #93                        // exit
    svc  #0

// int64_t guest_spawn(path, arguments, environment): a process that runs the file; its id or -errno.
// As vfork: parent and child share memory and stack until the child has the file, so the child
// touches neither. A child that cannot run the file ends with 127, as a shell's does.
    .section .text.guest_spawn, "ax"
    .globl guest_spawn
guest_spawn:
    mov  x9, x0
    mov  x10, x1
    mov  x11, x2
    mov  x0, #0x4111                    // CLONE_VM, CLONE_VFORK, SIGCHLD
    mov  x1, #0
    mov  x2, #0
    mov  x3, #0
    mov  x4, #0
    mov  x8, #220                       // clone
    svc  #0
    cbz  x0, 1f
    ret
1:  mov  x0, x9
    mov  x1, x10
    mov  x2, x11
    mov  x8, #221                       // execve
    svc  #0
    mov  x0, #127
    mov  x8, #94                        // exit_group
    svc  #0

    .section .bss.guest_stack, "aw", @nobits
    .balign 8
    .globl guest_stack
guest_stack:
    .skip 8
