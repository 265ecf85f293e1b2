/*
 * Structured exceptions: from an exception to the handlers of the frames above it, and from the handler that takes it down again
 * through the termination handlers of the frames that are left.
 *
 * Handlers are called by RtlpExecuteHandlerForException and -ForUnwind (context.S), whose own handlers below notice when a further
 * exception or unwind comes upon a frame that is already being handled: "nested" while its filters run, "collided" while its
 * termination handlers run. A collided frame is taken over where it was, with its scope index, so that no termination
 * handler runs twice.
 */
#include "rtl/jump.h"
#include "rtl/rtlp.h"

_Static_assert(__builtin_offsetof(CONTEXT, ContextFlags) == 0x30 && __builtin_offsetof(CONTEXT, MxCsr) == 0x34, "context.S");
_Static_assert(__builtin_offsetof(CONTEXT, SegCs) == 0x38 && __builtin_offsetof(CONTEXT, EFlags) == 0x44, "context.S");
_Static_assert(__builtin_offsetof(CONTEXT, Rax) == 0x78 && __builtin_offsetof(CONTEXT, Rip) == 0xF8, "context.S");
_Static_assert(__builtin_offsetof(CONTEXT, FltSave) == 0x100 && __builtin_offsetof(CONTEXT, Xmm0) == 0x1A0, "context.S");
_Static_assert(sizeof(CONTEXT) == 0x4D0, "context.S");

#ifdef RTL_USER_MODE
BOOLEAN (*RtlpVectoredHandlers)(PEXCEPTION_RECORD Record, PCONTEXT Context);
VOID (*RtlpContinueHandlers)(PEXCEPTION_RECORD Record, PCONTEXT Context);
#endif

static BOOLEAN RtlpFrameInBounds(const RTLP_FRAME *Frame) {
    return Frame->EstablisherFrame >= Frame->Low && Frame->EstablisherFrame < Frame->High && (Frame->EstablisherFrame & 7) == 0;
}

static VOID RtlpFillDispatcher(PDISPATCHER_CONTEXT Dispatcher, const RTLP_FRAME *Frame, PCONTEXT Context, BOOLEAN Unwound) {
    Dispatcher->ControlPcIsUnwound = Unwound;
    Dispatcher->ControlPc = Frame->ControlPc;
    Dispatcher->ImageBase = Frame->ImageBase;
    Dispatcher->FunctionEntry = Frame->FunctionEntry;
    Dispatcher->EstablisherFrame = Frame->EstablisherFrame;
    Dispatcher->ContextRecord = Context;
    Dispatcher->LanguageHandler = Frame->Handler;
    Dispatcher->HandlerData = Frame->HandlerData;
}

/* Takes over the frame that an interrupted unwind was at. */
static VOID RtlpAdoptFrame(PRTLP_FRAME Frame, const DISPATCHER_CONTEXT *Dispatcher, BOOLEAN *Unwound) {
    *Unwound = (BOOLEAN)Dispatcher->ControlPcIsUnwound;
    Frame->ControlPc = Dispatcher->ControlPc;
    Frame->ImageBase = Dispatcher->ImageBase;
    Frame->FunctionEntry = Dispatcher->FunctionEntry;
}

/* The handler of the frame that runs a filter: a further exception there is nested in the frame being dispatched. */
EXCEPTION_DISPOSITION RtlpExceptionHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher) {
    if (Record->ExceptionFlags & EXCEPTION_UNWIND) {
        return ExceptionContinueSearch;
    }
    PDISPATCHER_CONTEXT Interrupted = *(PDISPATCHER_CONTEXT *)((ULONG64)EstablisherFrame + 0x20);
    Dispatcher->EstablisherFrame = Interrupted->EstablisherFrame;
    return ExceptionNestedException;
}

/* The handler of the frame that runs a termination handler: dispatch or unwind goes on from the frame that was being unwound. */
EXCEPTION_DISPOSITION RtlpUnwindHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher) {
    PDISPATCHER_CONTEXT Interrupted = *(PDISPATCHER_CONTEXT *)((ULONG64)EstablisherFrame + 0x20);
    Dispatcher->ControlPc = Interrupted->ControlPc;
    Dispatcher->ImageBase = Interrupted->ImageBase;
    Dispatcher->FunctionEntry = Interrupted->FunctionEntry;
    Dispatcher->EstablisherFrame = Interrupted->EstablisherFrame;
    Dispatcher->ContextRecord = Interrupted->ContextRecord;
    Dispatcher->LanguageHandler = Interrupted->LanguageHandler;
    Dispatcher->HandlerData = Interrupted->HandlerData;
    Dispatcher->ScopeIndex = Interrupted->ScopeIndex;
    Dispatcher->ControlPcIsUnwound = Interrupted->ControlPcIsUnwound;
    return ExceptionCollidedUnwind;
}

/* Somebody wants the context to be resumed. */
static BOOLEAN RtlpGoOn(PEXCEPTION_RECORD Record, PCONTEXT Context) {
#ifdef RTL_USER_MODE
    if (RtlpContinueHandlers) {
        RtlpContinueHandlers(Record, Context);
    }
#endif
    return TRUE;
}

BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context) {
    CONTEXT Walk = *Context; /* what Frame's caller will have */
    RTLP_FRAME Frame = {.ControlPc = Context->Rip};
    DISPATCHER_CONTEXT Dispatcher;
    ULONG Flags = Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
    BOOLEAN Unwound = (Record->ExceptionFlags & EXCEPTION_SOFTWARE_ORIGINATE) != 0;
    ULONG64 NestedFrame = 0;

#ifdef RTL_USER_MODE
    if (RtlpVectoredHandlers && RtlpVectoredHandlers(Record, Context)) {
        return RtlpGoOn(Record, Context);
    }
#endif
    RtlpStackBounds(&Frame.Low, &Frame.High);
    for (;;) {
        Frame.FunctionEntry = RtlLookupFunctionEntry(Frame.ControlPc, &Frame.ImageBase, NULL);
        if (!RtlpVirtualUnwind(UNW_FLAG_EHANDLER, &Frame, &Walk, NULL) || !RtlpFrameInBounds(&Frame)) {
            Record->ExceptionFlags = Flags | EXCEPTION_STACK_INVALID;
            return FALSE;
        }
        Dispatcher.ScopeIndex = 0;
        for (BOOLEAN Again = Frame.Handler != NULL; Again;) {
            Again = FALSE;
            RtlpFillDispatcher(&Dispatcher, &Frame, &Walk, Unwound);
            Dispatcher.TargetIp = 0;
            Dispatcher.HistoryTable = NULL;
            Record->ExceptionFlags = Flags;
            EXCEPTION_DISPOSITION Disposition = RtlpExecuteHandlerForException(Record, (PVOID)Frame.EstablisherFrame, Context, &Dispatcher);
            Flags |= Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
            if (NestedFrame == Frame.EstablisherFrame) {
                Flags &= ~EXCEPTION_NESTED_CALL;
                NestedFrame = 0;
            }
            switch (Disposition) {
            case ExceptionContinueExecution:
                if (Flags & EXCEPTION_NONCONTINUABLE) {
                    RtlRaiseStatus(STATUS_NONCONTINUABLE_EXCEPTION);
                }
                return RtlpGoOn(Record, Context);
            case ExceptionContinueSearch: break;
            case ExceptionNestedException:
                Flags |= EXCEPTION_NESTED_CALL;
                if (Dispatcher.EstablisherFrame > NestedFrame) {
                    NestedFrame = Dispatcher.EstablisherFrame;
                }
                break;
            case ExceptionCollidedUnwind:
                RtlpAdoptFrame(&Frame, &Dispatcher, &Unwound);
                Walk = *Dispatcher.ContextRecord;
                if (!RtlpVirtualUnwind(UNW_FLAG_NHANDLER, &Frame, &Walk, NULL)) {
                    Record->ExceptionFlags = Flags | EXCEPTION_STACK_INVALID;
                    return FALSE;
                }
                Frame.EstablisherFrame = Dispatcher.EstablisherFrame;
                Frame.Handler = Dispatcher.LanguageHandler;
                Frame.HandlerData = Dispatcher.HandlerData;
                Again = TRUE;
                break;
            default: RtlRaiseStatus(STATUS_INVALID_DISPOSITION);
            }
        }
        Frame.ControlPc = Walk.Rip;
        Unwound = !Frame.IsInterrupted;
        if (Walk.Rsp < Frame.Low || Walk.Rsp >= Frame.High || Walk.Rip == 0) {
            Record->ExceptionFlags = Flags;
            return FALSE;
        }
    }
}

/* What an unwind loses: registers that a callee need not keep. But where the target frame was interrupted, not left by a call, the compiler may
   believe that
   its __except block finds them as they were: clang does (-fasync-exceptions). */
static VOID RtlpKeepVolatile(PCONTEXT Context, const CONTEXT *Interrupted) {
    Context->Rcx = Interrupted->Rcx;
    Context->Rdx = Interrupted->Rdx;
    Context->R8 = Interrupted->R8;
    Context->R9 = Interrupted->R9;
    Context->R10 = Interrupted->R10;
    Context->R11 = Interrupted->R11;
    memcpy(&Context->Xmm0, &Interrupted->Xmm0, 6 * sizeof(M128A));
}

VOID RtlpUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue, PCONTEXT Context, PUNWIND_HISTORY_TABLE HistoryTable,
                const CONTEXT *Interrupted) {
    EXCEPTION_RECORD OwnRecord;
    CONTEXT Caller; /* of the frame that *Context is in */
    RTLP_FRAME Frame;
    DISPATCHER_CONTEXT Dispatcher;
    ULONG Flags = EXCEPTION_UNWINDING | (TargetFrame ? 0 : EXCEPTION_EXIT_UNWIND);
    BOOLEAN Unwound = TRUE;

    RtlpStackBounds(&Frame.Low, &Frame.High);
    RtlCaptureContext(Context);
    if (!Record) {
        OwnRecord = (EXCEPTION_RECORD){.ExceptionCode = STATUS_UNWIND, .ExceptionAddress = (PVOID)Context->Rip};
        Record = &OwnRecord;
    }
    do {
        Frame.ControlPc = Context->Rip;
        Frame.FunctionEntry = RtlLookupFunctionEntry(Frame.ControlPc, &Frame.ImageBase, NULL);
        Caller = *Context;
        if (!RtlpVirtualUnwind(UNW_FLAG_UHANDLER, &Frame, &Caller, NULL) || !RtlpFrameInBounds(&Frame)) {
            if (Flags & EXCEPTION_EXIT_UNWIND) {
                RtlpLastChance(Record, Context);
            }
            RtlRaiseStatus(Frame.IsMalformed ? STATUS_BAD_FUNCTION_TABLE : STATUS_BAD_STACK);
        }
        if (TargetFrame && (ULONG64)TargetFrame < Frame.EstablisherFrame) {
            RtlRaiseStatus(STATUS_INVALID_UNWIND_TARGET);
        }
        Dispatcher.ScopeIndex = 0;
        for (BOOLEAN Again = Frame.Handler != NULL; Again;) {
            Again = FALSE;
            if (Frame.EstablisherFrame == (ULONG64)TargetFrame) {
                Flags |= EXCEPTION_TARGET_UNWIND;
            }
            Context->Rax = (ULONG64)ReturnValue;
            RtlpFillDispatcher(&Dispatcher, &Frame, Context, Unwound);
            Dispatcher.TargetIp = (ULONG64)TargetIp;
            Dispatcher.HistoryTable = HistoryTable;
            Record->ExceptionFlags = Flags;
            EXCEPTION_DISPOSITION Disposition = RtlpExecuteHandlerForUnwind(Record, (PVOID)Frame.EstablisherFrame, Context, &Dispatcher);
            Flags &= ~(EXCEPTION_COLLIDED_UNWIND | EXCEPTION_TARGET_UNWIND);
            switch (Disposition) {
            case ExceptionContinueSearch: break;
            case ExceptionCollidedUnwind:
                RtlpAdoptFrame(&Frame, &Dispatcher, &Unwound);
                *Context = *Dispatcher.ContextRecord;
                Caller = *Context;
                if (!RtlpVirtualUnwind(UNW_FLAG_NHANDLER, &Frame, &Caller, NULL)) {
                    RtlRaiseStatus(STATUS_BAD_STACK);
                }
                Frame.EstablisherFrame = Dispatcher.EstablisherFrame;
                Frame.Handler = Dispatcher.LanguageHandler;
                Frame.HandlerData = Dispatcher.HandlerData;
                Flags |= EXCEPTION_COLLIDED_UNWIND;
                Again = TRUE;
                break;
            default: RtlRaiseStatus(STATUS_INVALID_DISPOSITION);
            }
        }
        if (Frame.EstablisherFrame != (ULONG64)TargetFrame) {
            *Context = Caller;
            Unwound = !Frame.IsInterrupted;
        }
    } while (Frame.EstablisherFrame != (ULONG64)TargetFrame);

    if (Interrupted) {
        RtlpKeepVolatile(Context, Interrupted);
    }
    Context->Rax = (ULONG64)ReturnValue;
    if (Record->ExceptionCode != STATUS_UNWIND_CONSOLIDATE) {
        Context->Rip = (ULONG64)TargetIp;
    }
    RtlRestoreContext(Context, Record);
}

VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue, PCONTEXT Context,
                       PUNWIND_HISTORY_TABLE HistoryTable) {
    RtlpUnwind(TargetFrame, TargetIp, Record, ReturnValue, Context, HistoryTable, NULL);
}

VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue) {
    CONTEXT Context;
    RtlUnwindEx(TargetFrame, TargetIp, Record, ReturnValue, &Context, NULL);
}

VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp) { RtlUnwind(TargetFrame, TargetIp, NULL, NULL); }

VOID NTAPI RtlRestoreContext(PCONTEXT Context, PEXCEPTION_RECORD Record) {
    if (Record && Record->ExceptionCode == STATUS_LONGJUMP && Record->NumberParameters >= 1) {
        const RTLP_JUMP_BUFFER *Jump = (const RTLP_JUMP_BUFFER *)Record->ExceptionInformation[0];
        PM128A Xmm = &Context->Xmm6;
        Context->Rbx = Jump->Rbx;
        Context->Rsp = Jump->Rsp;
        Context->Rbp = Jump->Rbp;
        Context->Rsi = Jump->Rsi;
        Context->Rdi = Jump->Rdi;
        Context->R12 = Jump->R12;
        Context->R13 = Jump->R13;
        Context->R14 = Jump->R14;
        Context->R15 = Jump->R15;
        Context->Rip = Jump->Rip;
        Context->MxCsr = Jump->MxCsr;
        for (ULONG I = 0; I < 10; I++) {
            Xmm[I] = Jump->Xmm[I];
        }
    } else if (Record && Record->ExceptionCode == STATUS_UNWIND_CONSOLIDATE && Record->NumberParameters >= 1) {
        Context->Rip = RtlpConsolidateFrames(Context, Record);
    }
    RtlpLoadContext(Context);
}

/* Raises Record in the caller of the function that captured Context. */
static VOID RtlpRaise(PEXCEPTION_RECORD Record, PCONTEXT Context) {
    ULONG64 Low, High;
    RtlpStackBounds(&Low, &High);
    RtlpUnwindFrame(Context, Low, High);
    Record->ExceptionAddress = (PVOID)Context->Rip;
    Record->ExceptionFlags |= EXCEPTION_SOFTWARE_ORIGINATE;
#ifdef RTL_USER_MODE
    if (RtlDispatchException(Record, Context)) {
        NtContinue(Context, FALSE);
    }
    RtlpLastChance(Record, Context);
#else
    KiDispatchException(Record, Context, KernelMode, TRUE);
#endif
}

VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record) {
    CONTEXT Context;
    RtlCaptureContext(&Context);
    RtlpRaise(Record, &Context);
}

VOID NTAPI RtlRaiseStatus(NTSTATUS Status) {
    CONTEXT Context;
    EXCEPTION_RECORD Record = {.ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};
    RtlCaptureContext(&Context);
    for (;;) {
        RtlpRaise(&Record, &Context);
    }
}

#ifndef RTL_USER_MODE

VOID NTAPI ExRaiseStatus(NTSTATUS Status) {
    CONTEXT Context;
    EXCEPTION_RECORD Record = {.ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};
    RtlCaptureContext(&Context);
    for (;;) {
        RtlpRaise(&Record, &Context);
    }
}

VOID NTAPI ExRaiseAccessViolation(VOID) { ExRaiseStatus(STATUS_ACCESS_VIOLATION); }

VOID NTAPI ExRaiseDatatypeMisalignment(VOID) { ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT); }

#endif
