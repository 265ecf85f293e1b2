/* The ends of imports that nobody exports, and of control flow guard. */
    .text

/* rax: the stub's record; [rsp]: where the driver called from. */
    .globl LdrpMissingImport
    .p2align 4
    .seh_proc LdrpMissingImport
LdrpMissingImport:
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq %rax, %rcx
    movq 0x28(%rsp), %rdx
    call LdrpReportMissingImport
    int3
    .seh_endproc

    .globl LdrpGuardCheck
    .p2align 4
LdrpGuardCheck:
    ret

    .globl LdrpGuardDispatch
    .p2align 4
LdrpGuardDispatch:
    jmpq *%rax
