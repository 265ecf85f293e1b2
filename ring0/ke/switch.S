/* The switch between two kernel stacks, and the first frame of a new one. */

#define THREAD_KERNEL_STACK_POINTER 0x18 /* asserted in thread.c */

    .text

/*
 * VOID KiSwapContext(PKTHREAD Old, PKTHREAD New): returns on New's stack, to where New called it. Volatile registers are dead by the
 * convention; the rest, MXCSR and the x87 control word lie on the stack that is left. KiPrepareStack in thread.c builds the same picture.
 */
    .globl KiSwapContext
    .seh_proc KiSwapContext
KiSwapContext:
    pushq %rbp
    .seh_pushreg %rbp
    pushq %rbx
    .seh_pushreg %rbx
    pushq %rsi
    .seh_pushreg %rsi
    pushq %rdi
    .seh_pushreg %rdi
    pushq %r12
    .seh_pushreg %r12
    pushq %r13
    .seh_pushreg %r13
    pushq %r14
    .seh_pushreg %r14
    pushq %r15
    .seh_pushreg %r15
    subq $0xB8, %rsp
    .seh_stackalloc 0xB8
    movaps %xmm6, 0x10(%rsp)
    .seh_savexmm %xmm6, 0x10
    movaps %xmm7, 0x20(%rsp)
    .seh_savexmm %xmm7, 0x20
    movaps %xmm8, 0x30(%rsp)
    .seh_savexmm %xmm8, 0x30
    movaps %xmm9, 0x40(%rsp)
    .seh_savexmm %xmm9, 0x40
    movaps %xmm10, 0x50(%rsp)
    .seh_savexmm %xmm10, 0x50
    movaps %xmm11, 0x60(%rsp)
    .seh_savexmm %xmm11, 0x60
    movaps %xmm12, 0x70(%rsp)
    .seh_savexmm %xmm12, 0x70
    movaps %xmm13, 0x80(%rsp)
    .seh_savexmm %xmm13, 0x80
    movaps %xmm14, 0x90(%rsp)
    .seh_savexmm %xmm14, 0x90
    movaps %xmm15, 0xA0(%rsp)
    .seh_savexmm %xmm15, 0xA0
    .seh_endprologue
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, THREAD_KERNEL_STACK_POINTER(%rcx)
    movq THREAD_KERNEL_STACK_POINTER(%rdx), %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    movaps 0x10(%rsp), %xmm6
    movaps 0x20(%rsp), %xmm7
    movaps 0x30(%rsp), %xmm8
    movaps 0x40(%rsp), %xmm9
    movaps 0x50(%rsp), %xmm10
    movaps 0x60(%rsp), %xmm11
    movaps 0x70(%rsp), %xmm12
    movaps 0x80(%rsp), %xmm13
    movaps 0x90(%rsp), %xmm14
    movaps 0xA0(%rsp), %xmm15
    addq $0xB8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rdi
    popq %rsi
    popq %rbx
    popq %rbp
    ret
    .seh_endproc

/* Where the first switch to a thread returns to, with rsp on a multiple of 16, as after a call. What would be its own return address
   is 0, at which the unwinder stops. */
    .globl KiThreadStart
    .seh_proc KiThreadStart
KiThreadStart:
    subq $48, %rsp
    .seh_stackalloc 48
    .seh_endprologue
    call KiThreadStartup
    ud2
    .seh_endproc

/* VOID KiCallOnStack(Callout, Parameter, Top): the frame pointer leads the unwinder back to the stack that is left. */
    .globl KiCallOnStack
    .seh_proc KiCallOnStack
KiCallOnStack:
    pushq %rbp
    .seh_pushreg %rbp
    movq %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
    leaq -0x20(%r8), %rsp
    movq %rcx, %rax
    movq %rdx, %rcx
    callq *%rax
    leaq 0(%rbp), %rsp
    popq %rbp
    ret
    .seh_endproc
