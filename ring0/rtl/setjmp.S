/*
 * setjmp and longjmp over _JUMP_BUFFER: Frame, Rbx, Rsp, Rbp, Rsi, Rdi, R12 to R15, Rip, MxCsr and FpCsr, Xmm6 to Xmm15.
 *
 * With a frame (second argument of _setjmp) a jump unwinds, running the __finally blocks on its way; without one it only restores.
 * Neither function moves rsp while it can be seen by an unwinder.
 */
.text
.globl _setjmp
.globl _setjmpex
.p2align 4
_setjmp:
_setjmpex:
    movq %rdx, 0x00(%rcx)
    movq %rbx, 0x08(%rcx)
    leaq 8(%rsp), %rax
    movq %rax, 0x10(%rcx)
    movq %rbp, 0x18(%rcx)
    movq %rsi, 0x20(%rcx)
    movq %rdi, 0x28(%rcx)
    movq %r12, 0x30(%rcx)
    movq %r13, 0x38(%rcx)
    movq %r14, 0x40(%rcx)
    movq %r15, 0x48(%rcx)
    movq (%rsp), %rax
    movq %rax, 0x50(%rcx)
    stmxcsr 0x58(%rcx)
    fnstcw 0x5C(%rcx)
    movdqa %xmm6, 0x60(%rcx)
    movdqa %xmm7, 0x70(%rcx)
    movdqa %xmm8, 0x80(%rcx)
    movdqa %xmm9, 0x90(%rcx)
    movdqa %xmm10, 0xA0(%rcx)
    movdqa %xmm11, 0xB0(%rcx)
    movdqa %xmm12, 0xC0(%rcx)
    movdqa %xmm13, 0xD0(%rcx)
    movdqa %xmm14, 0xE0(%rcx)
    movdqa %xmm15, 0xF0(%rcx)
    xorl %eax, %eax
    retq

.globl longjmp
.p2align 4
.seh_proc longjmp
longjmp:
.seh_endprologue
    testl %edx, %edx
    movl $1, %eax
    cmovzl %eax, %edx
    cmpq $0, (%rcx)
    jne RtlpUnwindJump
    movl %edx, %eax
    movq 0x08(%rcx), %rbx
    movq 0x18(%rcx), %rbp
    movq 0x20(%rcx), %rsi
    movq 0x28(%rcx), %rdi
    movq 0x30(%rcx), %r12
    movq 0x38(%rcx), %r13
    movq 0x40(%rcx), %r14
    movq 0x48(%rcx), %r15
    ldmxcsr 0x58(%rcx)
    fnclex
    fldcw 0x5C(%rcx)
    movdqa 0x60(%rcx), %xmm6
    movdqa 0x70(%rcx), %xmm7
    movdqa 0x80(%rcx), %xmm8
    movdqa 0x90(%rcx), %xmm9
    movdqa 0xA0(%rcx), %xmm10
    movdqa 0xB0(%rcx), %xmm11
    movdqa 0xC0(%rcx), %xmm12
    movdqa 0xD0(%rcx), %xmm13
    movdqa 0xE0(%rcx), %xmm14
    movdqa 0xF0(%rcx), %xmm15
    movq 0x50(%rcx), %rdx
    movq 0x10(%rcx), %rsp
    jmpq *%rdx
.seh_endproc
