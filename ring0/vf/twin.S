/*
 * What every twin jumps to, with the contract's index in eax. The caller's home space, just above the return address, belongs to the function
 * that it calls: the register arguments are put there, so that they and the stack arguments are one array. The real routine is jumped to, with every
 * argument as it was and no frame of ours left: it sees its caller, and unwinds to it, as if nothing were between.
 *
 *   rsp + 0   home space for VfTraceCall    rsp + 68h  return address
 *   rsp + 20h xmm0 to xmm3                  rsp + 70h  rcx, rdx, r8, r9, stack arguments
 *   rsp + 60h index
 */
#define CONTRACT_SIZE 40 /* asserted in bind.c */
#define CONTRACT_ROUTINE 8

    .text
    .globl VfpTwin
    .seh_proc VfpTwin
VfpTwin:
    subq $0x68, %rsp
    .seh_stackalloc 0x68
    .seh_endprologue
    movq %rcx, 0x70(%rsp)
    movq %rdx, 0x78(%rsp)
    movq %r8, 0x80(%rsp)
    movq %r9, 0x88(%rsp)
    movaps %xmm0, 0x20(%rsp)
    movaps %xmm1, 0x30(%rsp)
    movaps %xmm2, 0x40(%rsp)
    movaps %xmm3, 0x50(%rsp)
    movl %eax, 0x60(%rsp)
    movl %eax, %ecx
    leaq 0x70(%rsp), %rdx
    movq 0x68(%rsp), %r8
    callq VfTraceCall
    movl 0x60(%rsp), %eax
    imulq $CONTRACT_SIZE, %rax, %rax
    leaq VfContracts(%rip), %rcx
    movq CONTRACT_ROUTINE(%rcx,%rax), %rax
    movaps 0x20(%rsp), %xmm0
    movaps 0x30(%rsp), %xmm1
    movaps 0x40(%rsp), %xmm2
    movaps 0x50(%rsp), %xmm3
    movq 0x70(%rsp), %rcx
    movq 0x78(%rsp), %rdx
    movq 0x80(%rsp), %r8
    movq 0x88(%rsp), %r9
    addq $0x68, %rsp
    rex64 jmpq *%rax
    .seh_endproc
