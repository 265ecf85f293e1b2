/* The kernel's first instruction: in rcx the hal_machine, on the host's stack. It goes on in C on a stack of its own. */
    .text
    .globl KiSystemStartup
    .seh_proc KiSystemStartup
KiSystemStartup:
    leaq KiBootStack + 0x6000(%rip), %rsp
    xorl %ebp, %ebp
    subq $48, %rsp
    .seh_stackalloc 48
    .seh_endprologue
    call KiInitializeKernel
    ud2
    .seh_endproc

    .bss
    .globl KiBootStack
    .p2align 12
KiBootStack:
    .space 0x6000
    .space 64 /* zeroes: the return address at which every stack walk ends */
    .globl KiDoubleFaultStack
    .p2align 12
KiDoubleFaultStack:
    .space 0x4000
