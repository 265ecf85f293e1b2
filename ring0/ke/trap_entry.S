/*
 * Where the host resumes the machine after a signal, and the ways back. Offsets are those of hal_trap_frame and CONTEXT; trap.c
 * asserts them.
 */
#include "ke/offsets.h"

    .text

/* In: rcx = hal_trap_frame *, rsp = the same address; every other register is as it was when the trap came. A machine frame below the
   trap frame lets the unwinder walk from here into what was interrupted. */
    .globl KiTrapEntry
    .seh_proc KiTrapEntry
    .seh_pushframe
    .seh_stackalloc 40
    .seh_endprologue
KiTrapEntry:
    pushq $SELECTOR_USER_DATA
    pushq FRAME_RSP(%rcx)
    pushq FRAME_RFLAGS(%rcx)
    pushq $SELECTOR_USER_CODE
    pushq FRAME_RIP(%rcx)
    subq $40, %rsp
    movq %rcx, 32(%rsp)
    cld
    ldmxcsr KiInitialMxcsr(%rip)
    call KiTrap
    movq 32(%rsp), %rcx
    jmp KiResumeTrap
    .seh_endproc

/* In: rcx = hal_trap_frame *. Everything above it on the stack is dead. IRETQ is the one instruction that loads rip, rsp and rflags at once. */
    .globl KiResumeTrap
    .seh_proc KiResumeTrap
KiResumeTrap:
    movq %rcx, %rsp
    movq FRAME_XSAVE(%rcx), %r8
    testq %r8, %r8
    jz 1f
    movl FRAME_XSAVE_MASK(%rcx), %eax
    movl FRAME_XSAVE_MASK + 4(%rcx), %edx
    movl %eax, %r9d
    orl %edx, %r9d
    jz 2f /* an old processor: FXSAVE format */
    xrstor64 (%r8)
    jmp 1f
2:  fxrstor64 (%r8)
1:  pushq $SELECTOR_USER_DATA
    pushq FRAME_RSP(%rcx)
    pushq FRAME_RFLAGS(%rcx)
    pushq $SELECTOR_USER_CODE
    pushq FRAME_RIP(%rcx)
    .seh_pushframe
    .seh_endprologue
    movq KiMachine(%rip), %rax
    movl FRAME_USER_MODE(%rcx), %edx
    movl %edx, MACHINE_USER_MODE(%rax)
    movq FRAME_GPR + 0 * 8(%rcx), %rax
    movq FRAME_GPR + 2 * 8(%rcx), %rdx
    movq FRAME_GPR + 3 * 8(%rcx), %rbx
    movq FRAME_GPR + 5 * 8(%rcx), %rbp
    movq FRAME_GPR + 6 * 8(%rcx), %rsi
    movq FRAME_GPR + 7 * 8(%rcx), %rdi
    movq FRAME_GPR + 8 * 8(%rcx), %r8
    movq FRAME_GPR + 9 * 8(%rcx), %r9
    movq FRAME_GPR + 10 * 8(%rcx), %r10
    movq FRAME_GPR + 11 * 8(%rcx), %r11
    movq FRAME_GPR + 12 * 8(%rcx), %r12
    movq FRAME_GPR + 13 * 8(%rcx), %r13
    movq FRAME_GPR + 14 * 8(%rcx), %r14
    movq FRAME_GPR + 15 * 8(%rcx), %r15
    movq FRAME_GPR + 1 * 8(%rcx), %rcx
    iretq
    .seh_endproc

/* In: rcx = CONTEXT *, rdx = 1 to go on in user mode, 0 in kernel mode; r8 = a stack to do it from, 16-byte aligned, which is not the one to be
   resumed (or lies below its frame). */
    .globl KiRestoreContext
    .seh_proc KiRestoreContext
KiRestoreContext:
    movq %r8, %rsp
    fxrstor64 CONTEXT_FLOAT(%rcx)
    ldmxcsr CONTEXT_MXCSR(%rcx)
    pushq $SELECTOR_USER_DATA
    pushq CONTEXT_RSP(%rcx)
    movl CONTEXT_EFLAGS(%rcx), %eax
    pushq %rax
    pushq $SELECTOR_USER_CODE
    pushq CONTEXT_RIP(%rcx)
    .seh_pushframe
    .seh_endprologue
    movq KiMachine(%rip), %rax
    movl %edx, MACHINE_USER_MODE(%rax)
    movq CONTEXT_RAX(%rcx), %rax
    movq CONTEXT_RAX + 16(%rcx), %rdx
    movq CONTEXT_RAX + 24(%rcx), %rbx
    movq CONTEXT_RAX + 40(%rcx), %rbp
    movq CONTEXT_RAX + 48(%rcx), %rsi
    movq CONTEXT_RAX + 56(%rcx), %rdi
    movq CONTEXT_RAX + 64(%rcx), %r8
    movq CONTEXT_RAX + 72(%rcx), %r9
    movq CONTEXT_RAX + 80(%rcx), %r10
    movq CONTEXT_RAX + 88(%rcx), %r11
    movq CONTEXT_RAX + 96(%rcx), %r12
    movq CONTEXT_RAX + 104(%rcx), %r13
    movq CONTEXT_RAX + 112(%rcx), %r14
    movq CONTEXT_RAX + 120(%rcx), %r15
    movq CONTEXT_RAX + 8(%rcx), %rcx
    iretq
    .seh_endproc

    .section .rdata,"dr"
KiInitialMxcsr:
    .long 0x1F80
