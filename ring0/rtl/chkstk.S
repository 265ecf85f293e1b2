/*
 * __chkstk: compilers call it with rax = the size of a frame larger than a page, before they subtract it from rsp. It touches each page on the
 * way down, so
 * that a guard page is met where it lies. Changes no register.
 */
    .text
    .globl __chkstk
    .seh_proc __chkstk
__chkstk:
    pushq %rcx
    .seh_pushreg %rcx
    pushq %rax
    .seh_pushreg %rax
    .seh_endprologue
    leaq 24(%rsp), %rcx /* rsp in the caller */
    cmpq $0x1000, %rax
    jb 2f
1:  subq $0x1000, %rcx
    testb $0, (%rcx)
    subq $0x1000, %rax
    cmpq $0x1000, %rax
    jae 1b
2:  subq %rax, %rcx
    testb $0, (%rcx)
    popq %rax
    popq %rcx
    retq
    .seh_endproc
