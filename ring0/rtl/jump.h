/* The MSVC run-time's _JUMP_BUFFER, which setjmp fills (SDK setjmp.h). */
#pragma once
#include "nt/nt.h"

typedef struct _RTLP_JUMP_BUFFER {
    ULONG64 Frame, Rbx, Rsp, Rbp, Rsi, Rdi, R12, R13, R14, R15, Rip;
    ULONG MxCsr;
    USHORT FpCsr, Spare;
    M128A Xmm[10]; /* 6 to 15 */
} RTLP_JUMP_BUFFER;

/* longjmp to a frame: unwinding restores the registers from the buffer (STATUS_LONGJUMP) after the __finally blocks have run. */
VOID RtlpUnwindJump(RTLP_JUMP_BUFFER *Buffer, INT Value);
