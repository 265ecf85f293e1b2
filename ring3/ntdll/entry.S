/* Where the kernel enters user mode. */
    .text

/*
 * LdrInitializeThunk(NT_START *Start, PVOID NtdllBase): the first instruction of every thread. The zero is the return address at which
 * stack walks end.
 */
    .globl LdrInitializeThunk
    .def LdrInitializeThunk; .scl 2; .type 32; .endef
    .seh_proc LdrInitializeThunk
LdrInitializeThunk:
    andq $-16, %rsp
    pushq $0
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq %rcx, 0x20(%rsp)
    callq LdrpInitialize
    movq 0x20(%rsp), %rax
    movq (%rax), %rcx
    movq 8(%rax), %rdx
    callq RtlUserThreadStart
    int3
    .seh_endproc

/*
 * Both dispatchers are entered with rsp at a CONTEXT: the registers to go on with. The machine frame that each makes below it, and the unwind
 * codes that name the CONTEXT's fields, let an unwind pass through into the code that was interrupted.
 */
    .macro context_frame
    .seh_pushframe
    movq 0xF8(%rsp), %r10 /* Rip */
    movq 0x98(%rsp), %r11 /* Rsp */
    subq $0x50, %rsp
    .seh_stackalloc 0x28
    .seh_savereg %rbx, 0x50 + 0x90
    .seh_savereg %rbp, 0x50 + 0xA0
    .seh_savereg %rsi, 0x50 + 0xA8
    .seh_savereg %rdi, 0x50 + 0xB0
    .seh_savereg %r12, 0x50 + 0xD8
    .seh_savereg %r13, 0x50 + 0xE0
    .seh_savereg %r14, 0x50 + 0xE8
    .seh_savereg %r15, 0x50 + 0xF0
    .seh_savexmm %xmm6, 0x50 + 0x200
    .seh_savexmm %xmm7, 0x50 + 0x210
    .seh_savexmm %xmm8, 0x50 + 0x220
    .seh_savexmm %xmm9, 0x50 + 0x230
    .seh_savexmm %xmm10, 0x50 + 0x240
    .seh_savexmm %xmm11, 0x50 + 0x250
    .seh_savexmm %xmm12, 0x50 + 0x260
    .seh_savexmm %xmm13, 0x50 + 0x270
    .seh_savexmm %xmm14, 0x50 + 0x280
    .seh_savexmm %xmm15, 0x50 + 0x290
    .seh_endprologue
    movq %r10, 0x28(%rsp)
    movq %r11, 0x40(%rsp)
    cld
    .endm

    .globl KiUserExceptionDispatcher
    .def KiUserExceptionDispatcher; .scl 2; .type 32; .endef
    .seh_proc KiUserExceptionDispatcher
KiUserExceptionDispatcher:
    context_frame
    leaq 0x50 + 0x4F0(%rsp), %rcx
    leaq 0x50(%rsp), %rdx
    callq RtlpUserException
    int3
    .seh_endproc

    .globl KiUserApcDispatcher
    .def KiUserApcDispatcher; .scl 2; .type 32; .endef
    .seh_proc KiUserApcDispatcher
KiUserApcDispatcher:
    context_frame
    movq 0x50 + 0x00(%rsp), %rcx /* P1Home: NormalContext */
    movq 0x50 + 0x08(%rsp), %rdx /* P2Home: SystemArgument1 */
    movq 0x50 + 0x10(%rsp), %r8  /* P3Home: SystemArgument2 */
    callq *0x50 + 0x18(%rsp)     /* P4Home: NormalRoutine */
    leaq 0x50(%rsp), %rcx
    movl $1, %edx
    callq NtContinue
    int3
    .seh_endproc

/*
 * RtlpDebugPrint(Text, Length, Component, Level): the debugger's print service, interrupt 2Dh with 1 in eax. NT skips the byte after the
 * instruction.
 */
    .globl RtlpDebugPrint
    .def RtlpDebugPrint; .scl 2; .type 32; .endef
RtlpDebugPrint:
    movl $1, %eax
    int $0x2D
    nop
    retq

    .globl DbgBreakPoint
    .globl DbgUserBreakPoint
DbgBreakPoint:
DbgUserBreakPoint:
    int3
    retq
