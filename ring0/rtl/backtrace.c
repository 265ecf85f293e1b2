/* Stack walks on behalf of the caller, in the kernel. */
#include "rtl/rtlp.h"
#include "ldr/ldr.h"

#define WALK_USER       1u /* RtlWalkFrameChain's Flags: the user stack, which the kernel does not walk */
#define WALK_SKIP_SHIFT 8  /* frames to leave out */

/* Fills Callers with the return addresses above the function whose registers Context holds, after leaving out Skip of them. */
static ULONG RtlpWalk(PCONTEXT Context, PVOID *Callers, ULONG Count, ULONG Skip) {
    ULONG64 Low, High;
    ULONG N = 0;
    RtlpStackBounds(&Low, &High);
    while (N < Count && RtlpUnwindFrame(Context, Low, High)) {
        if (Skip) {
            Skip--;
        } else {
            Callers[N++] = (PVOID)Context->Rip;
        }
    }
    return N;
}

ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags) {
    CONTEXT Context;
    if (Flags & WALK_USER) {
        return 0;
    }
    RtlCaptureContext(&Context);
    return RtlpWalk(&Context, Callers, Count, Flags >> WALK_SKIP_SHIFT);
}

USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace, PULONG BackTraceHash) {
    CONTEXT Context;
    RtlCaptureContext(&Context);
    if (FramesToCapture > MAXUSHORT) {
        FramesToCapture = MAXUSHORT;
    }
    ULONG N = RtlpWalk(&Context, BackTrace, FramesToCapture, FramesToSkip);
    if (BackTraceHash) {
        *BackTraceHash = 0;
        for (ULONG I = 0; I < N; I++) {
            *BackTraceHash += (ULONG)(ULONG_PTR)BackTrace[I];
        }
    }
    return (USHORT)N;
}

VOID NTAPI RtlGetCallersAddress(PVOID *CallersAddress, PVOID *CallersCaller) {
    PVOID Callers[3] = {NULL, NULL, NULL}; /* of this function, of its caller, of that one's caller */
    RtlWalkFrameChain(Callers, RTL_NUMBER_OF(Callers), 0);
    *CallersAddress = Callers[1];
    *CallersCaller = Callers[2];
}

PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage) {
    PLDR_MODULE Module = LdrFindModule((ULONG64)PcValue);
    *BaseOfImage = Module ? Module->DllBase : NULL;
    return *BaseOfImage;
}
