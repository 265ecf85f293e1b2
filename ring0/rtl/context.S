/*
 * Registers to and from a CONTEXT, and the two frames from which language handlers are called. Offsets are CONTEXT's
 * (asserted in exception.c).
 */
#define CONTEXT_FLAGS 0x30
#define CONTEXT_MXCSR 0x34
#define CONTEXT_SEGMENTS 0x38
#define CONTEXT_EFLAGS 0x44
#define CONTEXT_GPR 0x78 /* rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15 */
#define CONTEXT_RIP 0xF8
#define CONTEXT_FLOAT 0x100
#define CONTEXT_XMM 0x1A0
#define CONTEXT_SIZE 0x4D0
#define FLAGS_CAPTURED 0x10000F /* CONTEXT_FULL | CONTEXT_SEGMENTS */

    .text

/* VOID RtlCaptureContext(PCONTEXT): the caller's registers as they are after the return. */
    .globl RtlCaptureContext
    .seh_proc RtlCaptureContext
RtlCaptureContext:
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    movq %rax, CONTEXT_GPR + 0 * 8(%rcx)
    movq %rcx, CONTEXT_GPR + 1 * 8(%rcx)
    movq %rdx, CONTEXT_GPR + 2 * 8(%rcx)
    movq %rbx, CONTEXT_GPR + 3 * 8(%rcx)
    leaq 16(%rsp), %rax
    movq %rax, CONTEXT_GPR + 4 * 8(%rcx)
    movq %rbp, CONTEXT_GPR + 5 * 8(%rcx)
    movq %rsi, CONTEXT_GPR + 6 * 8(%rcx)
    movq %rdi, CONTEXT_GPR + 7 * 8(%rcx)
    movq %r8, CONTEXT_GPR + 8 * 8(%rcx)
    movq %r9, CONTEXT_GPR + 9 * 8(%rcx)
    movq %r10, CONTEXT_GPR + 10 * 8(%rcx)
    movq %r11, CONTEXT_GPR + 11 * 8(%rcx)
    movq %r12, CONTEXT_GPR + 12 * 8(%rcx)
    movq %r13, CONTEXT_GPR + 13 * 8(%rcx)
    movq %r14, CONTEXT_GPR + 14 * 8(%rcx)
    movq %r15, CONTEXT_GPR + 15 * 8(%rcx)
    movq 8(%rsp), %rax
    movq %rax, CONTEXT_RIP(%rcx)
    movl (%rsp), %eax
    movl %eax, CONTEXT_EFLAGS(%rcx)
    movw %cs, CONTEXT_SEGMENTS(%rcx)
    movw %ds, CONTEXT_SEGMENTS + 2(%rcx)
    movw %es, CONTEXT_SEGMENTS + 4(%rcx)
    movw %fs, CONTEXT_SEGMENTS + 6(%rcx)
    movw %gs, CONTEXT_SEGMENTS + 8(%rcx)
    movw %ss, CONTEXT_SEGMENTS + 10(%rcx)
    fxsave64 CONTEXT_FLOAT(%rcx)
    stmxcsr CONTEXT_MXCSR(%rcx)
    movl $FLAGS_CAPTURED, CONTEXT_FLAGS(%rcx)
    movq CONTEXT_GPR(%rcx), %rax
    addq $8, %rsp
    retq
    .seh_endproc

/* VOID RtlpLoadContext(PCONTEXT): never returns. What the last instructions need is put below the stack pointer to be: nothing lives there in PE
   code,
   and the stack pointer never leaves it behind unprotected while it is needed. Control words of the x87 are left as they are. */
    .globl RtlpLoadContext
    .seh_proc RtlpLoadContext
RtlpLoadContext:
    .seh_endprologue
    testb $8, CONTEXT_FLAGS(%rcx) /* CONTEXT_FLOATING_POINT */
    jz 1f
    ldmxcsr CONTEXT_MXCSR(%rcx)
    movaps CONTEXT_XMM + 0 * 16(%rcx), %xmm0
    movaps CONTEXT_XMM + 1 * 16(%rcx), %xmm1
    movaps CONTEXT_XMM + 2 * 16(%rcx), %xmm2
    movaps CONTEXT_XMM + 3 * 16(%rcx), %xmm3
    movaps CONTEXT_XMM + 4 * 16(%rcx), %xmm4
    movaps CONTEXT_XMM + 5 * 16(%rcx), %xmm5
    movaps CONTEXT_XMM + 6 * 16(%rcx), %xmm6
    movaps CONTEXT_XMM + 7 * 16(%rcx), %xmm7
    movaps CONTEXT_XMM + 8 * 16(%rcx), %xmm8
    movaps CONTEXT_XMM + 9 * 16(%rcx), %xmm9
    movaps CONTEXT_XMM + 10 * 16(%rcx), %xmm10
    movaps CONTEXT_XMM + 11 * 16(%rcx), %xmm11
    movaps CONTEXT_XMM + 12 * 16(%rcx), %xmm12
    movaps CONTEXT_XMM + 13 * 16(%rcx), %xmm13
    movaps CONTEXT_XMM + 14 * 16(%rcx), %xmm14
    movaps CONTEXT_XMM + 15 * 16(%rcx), %xmm15
1:  movq CONTEXT_GPR + 4 * 8(%rcx), %rax
    movq CONTEXT_RIP(%rcx), %rdx
    movq %rdx, -8(%rax)
    movl CONTEXT_EFLAGS(%rcx), %edx
    movq %rdx, -16(%rax)
    movq CONTEXT_GPR + 1 * 8(%rcx), %rdx
    movq %rdx, -24(%rax)
    movq CONTEXT_GPR + 2 * 8(%rcx), %rdx
    movq CONTEXT_GPR + 3 * 8(%rcx), %rbx
    movq CONTEXT_GPR + 5 * 8(%rcx), %rbp
    movq CONTEXT_GPR + 6 * 8(%rcx), %rsi
    movq CONTEXT_GPR + 7 * 8(%rcx), %rdi
    movq CONTEXT_GPR + 8 * 8(%rcx), %r8
    movq CONTEXT_GPR + 9 * 8(%rcx), %r9
    movq CONTEXT_GPR + 10 * 8(%rcx), %r10
    movq CONTEXT_GPR + 11 * 8(%rcx), %r11
    movq CONTEXT_GPR + 12 * 8(%rcx), %r12
    movq CONTEXT_GPR + 13 * 8(%rcx), %r13
    movq CONTEXT_GPR + 14 * 8(%rcx), %r14
    movq CONTEXT_GPR + 15 * 8(%rcx), %r15
    movq CONTEXT_GPR + 0 * 8(%rcx), %rax
    movq CONTEXT_GPR + 4 * 8(%rcx), %rcx
    leaq -24(%rcx), %rsp
    popq %rcx
    popfq
    retq
    .seh_endproc

/*
 * EXCEPTION_DISPOSITION RtlpExecuteHandlerFor...(Record, EstablisherFrame, Context, DispatcherContext): calls DispatcherContext's language handler
 * from a frame that has a handler itself, which finds the dispatcher context 20h above its establisher frame.
 */
    .globl RtlpExecuteHandlerForException
    .seh_proc RtlpExecuteHandlerForException
    .seh_handler RtlpExceptionHandler, @except, @unwind
RtlpExecuteHandlerForException:
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    movq %r9, 32(%rsp)
    callq *0x30(%r9)
    nop
    addq $40, %rsp
    retq
    .seh_endproc

    .globl RtlpExecuteHandlerForUnwind
    .seh_proc RtlpExecuteHandlerForUnwind
    .seh_handler RtlpUnwindHandler, @except, @unwind
RtlpExecuteHandlerForUnwind:
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    movq %r9, 32(%rsp)
    callq *0x30(%r9)
    nop
    addq $40, %rsp
    retq
    .seh_endproc

/*
 * ULONG64 RtlpConsolidateFrames(PCONTEXT, PEXCEPTION_RECORD): calls the function in ExceptionInformation[0] with the record, on this stack, below the
 * frames that have been unwound (what they hold is still in use), but looking to an unwinder as if it had been called from
 * Context: a machine frame and saved registers say so.
 *
 *   rsp + 0        home space
 *   rsp + 20h      copy of Context
 *   rsp + 4F0h     padding (8 bytes)
 *   rsp + 4F8h     machine frame: rip, cs, eflags, rsp, ss
 *   rsp + 520h     the caller's rbp, return address
 */
#define COPY 0x20
#define MACHINE_FRAME (COPY + CONTEXT_SIZE + 8)
    .globl RtlpConsolidateFrames
    .seh_proc RtlpConsolidateFrames
RtlpConsolidateFrames:
    pushq %rbp
    .seh_pushreg %rbp
    movq %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
    subq $MACHINE_FRAME + 40, %rsp
    movq %rcx, %r8
    movq %rdx, %r9
    movl $CONTEXT_SIZE, %r10d
1:  movq -8(%r8,%r10), %rax
    movq %rax, COPY - 8(%rsp,%r10)
    subq $8, %r10
    jnz 1b
    movq CONTEXT_RIP(%r8), %rax
    movq %rax, MACHINE_FRAME(%rsp)
    movq CONTEXT_GPR + 4 * 8(%r8), %rax
    movq %rax, MACHINE_FRAME + 24(%rsp)
    movq %r9, %rcx
    jmp RtlpConsolidatedFrame
    .seh_endproc

    .seh_proc RtlpConsolidatedFrame
    .seh_pushframe
    .seh_stackalloc MACHINE_FRAME
    .seh_savereg %rbx, COPY + CONTEXT_GPR + 3 * 8
    .seh_savereg %rbp, COPY + CONTEXT_GPR + 5 * 8
    .seh_savereg %rsi, COPY + CONTEXT_GPR + 6 * 8
    .seh_savereg %rdi, COPY + CONTEXT_GPR + 7 * 8
    .seh_savereg %r12, COPY + CONTEXT_GPR + 12 * 8
    .seh_savereg %r13, COPY + CONTEXT_GPR + 13 * 8
    .seh_savereg %r14, COPY + CONTEXT_GPR + 14 * 8
    .seh_savereg %r15, COPY + CONTEXT_GPR + 15 * 8
    .seh_savexmm %xmm6, COPY + CONTEXT_XMM + 6 * 16
    .seh_savexmm %xmm7, COPY + CONTEXT_XMM + 7 * 16
    .seh_savexmm %xmm8, COPY + CONTEXT_XMM + 8 * 16
    .seh_savexmm %xmm9, COPY + CONTEXT_XMM + 9 * 16
    .seh_savexmm %xmm10, COPY + CONTEXT_XMM + 10 * 16
    .seh_savexmm %xmm11, COPY + CONTEXT_XMM + 11 * 16
    .seh_savexmm %xmm12, COPY + CONTEXT_XMM + 12 * 16
    .seh_savexmm %xmm13, COPY + CONTEXT_XMM + 13 * 16
    .seh_savexmm %xmm14, COPY + CONTEXT_XMM + 14 * 16
    .seh_savexmm %xmm15, COPY + CONTEXT_XMM + 15 * 16
    .seh_endprologue
    nop /* a return address may not be where the function begins */
RtlpConsolidatedFrame:
    callq *32(%rcx) /* ExceptionInformation[0] */
    nop
    movq %rbp, %rsp
    popq %rbp
    retq
    .seh_endproc
