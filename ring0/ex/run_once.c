/*
 * One-time initialization ("RtlRunOnceBeginInitialize" and its neighbours). The word: 0 not begun; bits 0 and 1: 1 somebody initializes and others wait, 2 done, with the
 * context in the other bits, 3 begun by several at once (RTL_RUN_ONCE_ASYNC).
 */
#include "ex/ex.h"

#define PENDING 1u
#define DONE    2u
#define ASYNC   3u
#define STATE   3u

typedef struct _EXP_ONCE_WAIT {
    LIST_ENTRY Link;
    PRTL_RUN_ONCE RunOnce;
    KEVENT Event;
} EXP_ONCE_WAIT;

static LIST_ENTRY ExpOnceWaiters = {&ExpOnceWaiters, &ExpOnceWaiters};

static ULONG_PTR ExpOnceWord(PRTL_RUN_ONCE RunOnce) { return (ULONG_PTR)RunOnce->Ptr; }

VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce) { RunOnce->Ptr = NULL; }

static VOID ExpWaitForOnce(PRTL_RUN_ONCE RunOnce) {
    EXP_ONCE_WAIT Wait = {.RunOnce = RunOnce};
    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    InsertTailList(&ExpOnceWaiters, &Wait.Link);
    KeWaitForSingleObject(&Wait.Event, Executive, KernelMode, FALSE, NULL);
}

static VOID ExpSettleOnce(PRTL_RUN_ONCE RunOnce, ULONG_PTR Word) {
    PLIST_ENTRY Link = ExpOnceWaiters.Flink;
    RunOnce->Ptr = (PVOID)Word;
    while (Link != &ExpOnceWaiters) {
        EXP_ONCE_WAIT *Wait = CONTAINING_RECORD(Link, EXP_ONCE_WAIT, Link);
        Link = Link->Flink;
        if (Wait->RunOnce != RunOnce)
            continue;
        RemoveEntryList(&Wait->Link);
        KeSetEvent(&Wait->Event, 0, FALSE);
    }
}

/* STATUS_PENDING: it is the caller's to do. */
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context) {
    if (Flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC) || Flags == (RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    for (;;) {
        switch (ExpOnceWord(RunOnce) & STATE) {
        case DONE:
            if (Context != NULL)
                *Context = (PVOID)(ExpOnceWord(RunOnce) & ~(ULONG_PTR)STATE);
            return STATUS_SUCCESS;
        case 0:
            if (Flags & RTL_RUN_ONCE_CHECK_ONLY)
                return STATUS_UNSUCCESSFUL;
            RunOnce->Ptr = (PVOID)(ULONG_PTR)(Flags & RTL_RUN_ONCE_ASYNC ? ASYNC : PENDING);
            return STATUS_PENDING;
        case ASYNC:
            return Flags & RTL_RUN_ONCE_CHECK_ONLY ? STATUS_UNSUCCESSFUL : Flags & RTL_RUN_ONCE_ASYNC ? STATUS_PENDING : STATUS_INVALID_PARAMETER_2;
        default:
            if (Flags & RTL_RUN_ONCE_CHECK_ONLY)
                return STATUS_UNSUCCESSFUL;
            if (Flags & RTL_RUN_ONCE_ASYNC)
                return STATUS_INVALID_PARAMETER_2;
            ExpWaitForOnce(RunOnce);
        }
    }
}

/* The low bits of a context are not its own. Who comes second in the asynchronous form gets STATUS_OBJECT_NAME_COLLISION. */
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) {
    ULONG State = (ULONG)(ExpOnceWord(RunOnce) & STATE);

    if (Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED) || Flags == (RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED))
        return STATUS_INVALID_PARAMETER_2;
    if (((ULONG_PTR)Context & STATE) != 0 || (Flags & RTL_RUN_ONCE_INIT_FAILED && Context != NULL))
        return STATUS_INVALID_PARAMETER_3;
    if (State == DONE && Flags & RTL_RUN_ONCE_ASYNC)
        return STATUS_OBJECT_NAME_COLLISION;
    if (State != (Flags & RTL_RUN_ONCE_ASYNC ? ASYNC : PENDING))
        return STATUS_UNSUCCESSFUL;
    ExpSettleOnce(RunOnce, Flags & RTL_RUN_ONCE_INIT_FAILED ? 0 : (ULONG_PTR)Context | DONE);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID *Context) {
    NTSTATUS Status = RtlRunOnceBeginInitialize(RunOnce, 0, Context);
    PVOID Made = NULL;

    if (Status != STATUS_PENDING)
        return Status;
    if (!InitFn(RunOnce, Parameter, Context != NULL ? Context : &Made)) {
        RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    return RtlRunOnceComplete(RunOnce, 0, Context != NULL ? *Context : NULL);
}
