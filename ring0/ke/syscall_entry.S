/* System calls: the door from user mode, the way for kernel code that calls Zw, and the call of a service with copied arguments. */
#include "ke/offsets.h"

    .text

/*
 * ntdll's stubs jump here with rcx (and r10), rdx, r8, r9 = the first four arguments, eax = the service's number, [rsp] = the return address.
 * Until the stack is ours a fault is the program's: user_mode is still 1. The machine frame makes the user's frames reachable to the unwinder.
 */
    .globl KiSystemCallEntry
    .seh_proc KiSystemCallEntry
    .seh_pushframe
    .seh_stackalloc SYSCALL_FRAME_SIZE
    .seh_savereg %rbx, SYSCALL_CONTEXT + TRAPCTX_RBX
    .seh_savereg %rbp, SYSCALL_CONTEXT + TRAPCTX_RBP
    .seh_savereg %rsi, SYSCALL_CONTEXT + TRAPCTX_RSI
    .seh_savereg %rdi, SYSCALL_CONTEXT + TRAPCTX_RDI
    .seh_savereg %r12, SYSCALL_CONTEXT + TRAPCTX_R12
    .seh_savereg %r13, SYSCALL_CONTEXT + TRAPCTX_R13
    .seh_savereg %r14, SYSCALL_CONTEXT + TRAPCTX_R14
    .seh_savereg %r15, SYSCALL_CONTEXT + TRAPCTX_R15
    .seh_endprologue
KiSystemCallEntry:
    movq %rsp, %r11
    movq (%r11), %r10
    movq KiMachine(%rip), %r10
    movl $0, MACHINE_USER_MODE(%r10)
    movq MACHINE_STACK_TOP(%r10), %rsp
    movq (%r11), %r10
    addq $8, %r11
    pushq $SELECTOR_USER_DATA
    pushq %r11
    pushfq
    testl $EFLAGS_NOT_IN_KERNEL, (%rsp)
    jnz 2f
1:  pushq $SELECTOR_USER_CODE
    pushq %r10
    subq $SYSCALL_FRAME_SIZE, %rsp
    cld
    movq $0, SYSCALL_CONTEXT + TRAPCTX_TRAP(%rsp)
    movq %r10, SYSCALL_CONTEXT + TRAPCTX_RIP(%rsp)
    movq %r11, SYSCALL_CONTEXT + TRAPCTX_RSP(%rsp)
    movq %rbp, SYSCALL_CONTEXT + TRAPCTX_RBP(%rsp)
    movq %rbx, SYSCALL_CONTEXT + TRAPCTX_RBX(%rsp)
    movq %rsi, SYSCALL_CONTEXT + TRAPCTX_RSI(%rsp)
    movq %rdi, SYSCALL_CONTEXT + TRAPCTX_RDI(%rsp)
    movq %r12, SYSCALL_CONTEXT + TRAPCTX_R12(%rsp)
    movq %r13, SYSCALL_CONTEXT + TRAPCTX_R13(%rsp)
    movq %r14, SYSCALL_CONTEXT + TRAPCTX_R14(%rsp)
    movq %r15, SYSCALL_CONTEXT + TRAPCTX_R15(%rsp)
    movq $0, SYSCALL_CONTEXT + TRAPCTX_RESUME(%rsp)
    movq %rcx, SYSCALL_ARGUMENTS(%rsp)
    movq %rdx, SYSCALL_ARGUMENTS + 8(%rsp)
    movq %r8, SYSCALL_ARGUMENTS + 16(%rsp)
    movq %r9, SYSCALL_ARGUMENTS + 24(%rsp)
    leaq SYSCALL_CONTEXT(%rsp), %rcx
    movl %eax, %edx
    leaq SYSCALL_ARGUMENTS(%rsp), %r8
    call KiSystemService
    movl SYSCALL_CONTEXT + TRAPCTX_RESULT(%rsp), %eax
    movq SYSCALL_CONTEXT + TRAPCTX_RSP(%rsp), %r11
    movq KiMachine(%rip), %r10
    movl $1, MACHINE_USER_MODE(%r10)
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    leaq -8(%r11), %rsp
    ret
    /* What SYSCALL's flag mask clears on NT: the kernel runs with its own alignment rule, not the program's. */
2:  pushfq
    andl $~EFLAGS_NOT_IN_KERNEL, (%rsp)
    popfq
    jmp 1b
    .seh_endproc

/* The generated Zw stubs jump here: eax = number, arguments as the caller passed them. Home space and stack arguments lie side by side, so the
   home space completes them to one array. */
    .globl KiServiceInternal
    .seh_proc KiServiceInternal
KiServiceInternal:
    movq %rcx, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq %r8, 24(%rsp)
    movq %r9, 32(%rsp)
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    movl %eax, %ecx
    leaq 48(%rsp), %rdx
    call KiInternalService
    addq $40, %rsp
    ret
    .seh_endproc

/*
 * NTSTATUS KiCallService(PVOID Routine, const ULONG64 *Registers, const ULONG64 *Stack, ULONG OnStack): the first four arguments from Registers, the others
 * from Stack, which may be the program's. The only instruction that reads it is KiLoadArgument.
 */
    .globl KiCallService
    .globl KiLoadArgument
    .seh_proc KiCallService
KiCallService:
    pushq %rbp
    .seh_pushreg %rbp
    movq %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
    movq %rcx, %rax
    movq %rdx, %r10
    testl %r9d, %r9d
    jz 2f
    leal 1(%r9), %ecx
    andl $-2, %ecx
    shll $3, %ecx
    subq %rcx, %rsp
KiLoadArgument:
    movq -8(%r8,%r9,8), %rcx
    movq %rcx, -8(%rsp,%r9,8)
    decl %r9d
    jnz KiLoadArgument
2:  subq $32, %rsp
    movq (%r10), %rcx
    movq 8(%r10), %rdx
    movq 16(%r10), %r8
    movq 24(%r10), %r9
    call *%rax
    movq %rbp, %rsp
    popq %rbp
    ret
    .seh_endproc
