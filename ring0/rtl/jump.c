/* longjmp's way through frames that have something to do on the way; setjmp.S is the rest. */
#include "rtl/jump.h"
#include "rtl/rtlp.h"

/*
 * The frame to unwind to. What the compiler passed to setjmp as its frame need not be what the unwinder calls it (clang's
 * __builtin_frame_address is not), so it is looked up: the frame in whose part of the stack the buffer's rsp lies.
 */
static PVOID RtlpFindFrame(const RTLP_JUMP_BUFFER *Buffer) {
    CONTEXT Context;

    RtlCaptureContext(&Context);
    while (Context.Rip && Context.Rsp <= Buffer->Rsp) {
        DWORD64 Image, Frame = Context.Rsp;
        PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Context.Rip, &Image, NULL);
        PVOID Data;

        if (Function) {
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, Image, Context.Rip, Function, &Context, &Data, &Frame, NULL);
        } else {
            Context.Rip = *(DWORD64 *)Context.Rsp;
            Context.Rsp += sizeof(DWORD64);
        }
        if (Context.Rsp > Buffer->Rsp) {
            return (PVOID)Frame;
        }
    }
    return (PVOID)Buffer->Frame;
}

VOID RtlpUnwindJump(RTLP_JUMP_BUFFER *Buffer, INT Value) {
    EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_LONGJUMP, .NumberParameters = 1, .ExceptionInformation = {(ULONG_PTR)Buffer}};

    RtlUnwind(RtlpFindFrame(Buffer), (PVOID)Buffer->Rip, &Record, (PVOID)(ULONG_PTR)(ULONG)Value);
}
