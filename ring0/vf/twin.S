/*
 * What twins jump to, with the contract's index in eax. The real routine is jumped to, with every argument as it was and no frame of ours left: it sees its
 * caller, and unwinds to it, as if nothing were between.
 */
#include "ke/offsets.h"
#define CONTRACT_SIZE 56 /* asserted in bind.c, with the offsets */
#define CONTRACT_ROUTINE 8
#define CONTRACT_LEVELS 46

    .text
/*
 * The twin of a driver that is checked and nothing else: one bit says that the call is right at this level. rax, r10 and r11 are nobody's between caller and callee.
 */
    .globl VfpCheckedTwin
VfpCheckedTwin:
    imulq $CONTRACT_SIZE, %rax, %rax
    leaq VfContracts(%rip), %r11
    addq %rax, %r11
    movq KiProcessor(%rip), %r10
    movzwl CONTRACT_LEVELS(%r11), %eax
    movzbl PROCESSOR_IRQL(%r10), %r10d
    btl %r10d, %eax
    jnc VfpCall
    rex64 jmpq *CONTRACT_ROUTINE(%r11)

/* The twin of a driver whose calls are traced, or are points where another processor may go on. */
    .globl VfpTwin
VfpTwin:
    imulq $CONTRACT_SIZE, %rax, %rax
    leaq VfContracts(%rip), %r11
    addq %rax, %r11
/*
 * The contract is in r11. The caller's home space, just above the return address, belongs to the function that it calls: the register arguments are put
 * there, so that they and the stack arguments are one array.
 *
 *   rsp + 0   home space for VfCall    rsp + 68h  return address
 *   rsp + 20h xmm0 to xmm3             rsp + 70h  rcx, rdx, r8, r9, stack arguments
 *   rsp + 60h contract
 */
    .seh_proc VfpCall
VfpCall:
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
    movq %r11, 0x60(%rsp)
    movq %r11, %rcx
    leaq 0x70(%rsp), %rdx
    callq VfCall
    movq 0x60(%rsp), %rax
    movq CONTRACT_ROUTINE(%rax), %rax
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
