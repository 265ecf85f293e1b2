/* Breakpoints that a driver asks for by calling. Without a debugger the exception, STATUS_BREAKPOINT, goes to the caller's handlers. */
    .text
    .globl DbgBreakPoint
DbgBreakPoint:
    int3
    retq

/* ecx holds the status for a debugger to see. */
    .globl DbgBreakPointWithStatus
DbgBreakPointWithStatus:
    int3
    retq
