/* The trace: lines about what happens, in a buffer on their way to the host. The same run gives the same bytes. */
#include "vf/vf.h"
#include "kd/kd.h"
#include "ps/ps.h"

#define BUFFER_SIZE 0x8000
#define TIME_UNITS  10000000ull /* per second */

static CHAR VfpBuffer[BUFFER_SIZE];
static SIZE_T VfpBufferUsed;

VOID VfFlushTrace(VOID) {
    if (VfpBufferUsed) {
        HalOps->trace(VfpBuffer, VfpBufferUsed);
        VfpBufferUsed = 0;
    }
}

static SIZE_T VfpFormat(WCHAR *Line, SIZE_T Size, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    SIZE_T Count = KdpFormatLine(Line, Size, Format, Arguments);
    va_end(Arguments);
    return Count < Size ? Count : Size;
}

VOID VfTrace(PCSTR Format, ...) {
    WCHAR Line[KDP_LINE];
    BOOLEAN Idle = KiCurrentThread() == KiProcessor->IdleThread; /* which has no identity */
    PETHREAD Thread = CONTAINING_RECORD(KiCurrentThread(), struct _ETHREAD, Tcb);
    ULONG64 Time = KiQueryUpTime();
    va_list Arguments;

    SIZE_T Count = VfpFormat(Line, KDP_LINE, "%I64u.%07I64u %u %u %u.%u ", Time / TIME_UNITS, Time % TIME_UNITS, KiProcessor->Number, KiCurrentIrql(),
                             Idle ? 0 : HandleToULong(Thread->Cid.UniqueProcess), Idle ? 0 : HandleToULong(Thread->Cid.UniqueThread));
    va_start(Arguments, Format);
    Count += KdpFormatLine(Line + Count, KDP_LINE - Count, Format, Arguments);
    va_end(Arguments);
    if (Count > KDP_LINE) {
        Count = KDP_LINE;
    }
    if (BUFFER_SIZE - VfpBufferUsed < Count * 4 + 1) {
        VfFlushTrace();
    }
    VfpBufferUsed += KdpEncode(Line, Count, VfpBuffer + VfpBufferUsed, BUFFER_SIZE - VfpBufferUsed - 1);
    VfpBuffer[VfpBufferUsed++] = '\n';
}
