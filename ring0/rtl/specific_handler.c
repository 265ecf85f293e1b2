/*
 * The language handler of C's __try: it reads the scope table that the compiler put after the unwind information, innermost scopes
 * first. Drivers and programs import it from here.
 */
#include "rtl/rtlp.h"

typedef LONG (*RTLP_FILTER)(struct _EXCEPTION_POINTERS *Pointers, PVOID EstablisherFrame);
typedef VOID (*RTLP_TERMINATION)(BOOLEAN Abnormal, PVOID EstablisherFrame);

/* Where the frame is, image-relative: for a frame that made a call, within the call, not after it, where the next scope may begin. */
static ULONG64 RtlpControlRva(const DISPATCHER_CONTEXT *Dispatcher) {
    return Dispatcher->ControlPc - Dispatcher->ImageBase - (Dispatcher->ControlPcIsUnwound ? 1 : 0);
}

static BOOLEAN RtlpInScope(const SCOPE_TABLE_ENTRY *Scope, ULONG64 Rva) { return Rva >= Scope->BeginAddress && Rva < Scope->EndAddress; }

/* A compiler may cut one __try into several ranges: does Rva lie in any range of the scope that Scope is a range of? */
static BOOLEAN RtlpInSameScope(const SCOPE_TABLE *Table, const SCOPE_TABLE_ENTRY *Scope, ULONG64 Rva) {
    for (ULONG I = 0; I < Table->Count; I++) {
        const SCOPE_TABLE_ENTRY *Other = &Table->ScopeRecord[I];
        if (Other->HandlerAddress == Scope->HandlerAddress && Other->JumpTarget == Scope->JumpTarget && RtlpInScope(Other, Rva)) {
            return TRUE;
        }
    }
    return FALSE;
}

static EXCEPTION_DISPOSITION RtlpFilterScopes(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher) {
    const SCOPE_TABLE *Table = Dispatcher->HandlerData;
    ULONG64 Rva = RtlpControlRva(Dispatcher);
    EXCEPTION_POINTERS Pointers = {Record, Context};
    const CONTEXT *Interrupted = !Dispatcher->ControlPcIsUnwound && Context->Rip == Dispatcher->ControlPc ? Context : NULL;
    for (ULONG I = Dispatcher->ScopeIndex; I < Table->Count; I++) {
        const SCOPE_TABLE_ENTRY *Scope = &Table->ScopeRecord[I];
        if (!RtlpInScope(Scope, Rva) || Scope->JumpTarget == 0) {
            continue;
        }
        LONG Value = EXCEPTION_EXECUTE_HANDLER;
        if (Scope->HandlerAddress != EXCEPTION_EXECUTE_HANDLER) {
            Value = ((RTLP_FILTER)(Dispatcher->ImageBase + Scope->HandlerAddress))(&Pointers, EstablisherFrame);
        }
        if (Value < 0) {
            return ExceptionContinueExecution;
        }
        if (Value > 0) {
            RtlpUnwind(EstablisherFrame, (PVOID)(Dispatcher->ImageBase + Scope->JumpTarget), Record, (PVOID)(ULONG_PTR)(ULONG)Record->ExceptionCode,
                       Dispatcher->ContextRecord, Dispatcher->HistoryTable, Interrupted);
        }
    }
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION RtlpLeaveScopes(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PDISPATCHER_CONTEXT Dispatcher) {
    const SCOPE_TABLE *Table = Dispatcher->HandlerData;
    ULONG64 Rva = RtlpControlRva(Dispatcher);
    ULONG64 Target = Dispatcher->TargetIp - Dispatcher->ImageBase;
    BOOLEAN TargetFrame = (Record->ExceptionFlags & EXCEPTION_TARGET_UNWIND) != 0;
    for (ULONG I = Dispatcher->ScopeIndex; I < Table->Count; I++) {
        const SCOPE_TABLE_ENTRY *Scope = &Table->ScopeRecord[I];
        if (!RtlpInScope(Scope, Rva)) {
            continue;
        }
        /* Where the unwind ends up in this frame, it leaves neither the scopes around that place nor those around the __except block it goes to. */
        if (TargetFrame && (RtlpInSameScope(Table, Scope, Target) || (Scope->JumpTarget != 0 && Scope->JumpTarget == Target))) {
            break;
        }
        if (Scope->JumpTarget == 0) {
            Dispatcher->ScopeIndex = I + 1; /* if the handler does not return, the unwind that replaces ours goes on after it */
            ((RTLP_TERMINATION)(Dispatcher->ImageBase + Scope->HandlerAddress))(TRUE, EstablisherFrame);
        }
    }
    return ExceptionContinueSearch;
}

EXCEPTION_DISPOSITION __C_specific_handler(struct _EXCEPTION_RECORD *Record, void *EstablisherFrame, struct _CONTEXT *Context,
                                           struct _DISPATCHER_CONTEXT *Dispatcher) {
    return Record->ExceptionFlags & EXCEPTION_UNWIND ? RtlpLeaveScopes(Record, EstablisherFrame, Dispatcher)
                                                     : RtlpFilterScopes(Record, EstablisherFrame, Context, Dispatcher);
}
