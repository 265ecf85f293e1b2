/* The manager's thread: a worker that has something to do, and does it to the end. */
#include "pnp/node.h"

static LIST_ENTRY PnppActions = {&PnppActions, &PnppActions};
static WORK_QUEUE_ITEM PnppWorkItem;
static PKTHREAD PnppThread; /* NULL: nobody works */
static BOOLEAN PnppQueued;

static VOID NTAPI PnppWork(PVOID Context) {
    PnppThread = KeGetCurrentThread();
    do {
        PnppQueued = FALSE;
        while (!IsListEmpty(&PnppActions)) {
            PPNP_ACTION Action = CONTAINING_RECORD(RemoveHeadList(&PnppActions), PNP_ACTION, Entry);
            Action->Routine(Action);
        }
        PnpSettle();
    } while (PnppQueued || !IsListEmpty(&PnppActions));
    PnppThread = NULL;
}

BOOLEAN PnpIsOwnThread(VOID) { return PnppThread == KeGetCurrentThread(); }

VOID PnpWake(VOID) {
    BOOLEAN Idle = !PnppQueued && PnppThread == NULL;

    PnppQueued = TRUE;
    if (!Idle)
        return;
    ExInitializeWorkItem(&PnppWorkItem, PnppWork, NULL);
    ExQueueWorkItem(&PnppWorkItem, DelayedWorkQueue);
}

VOID PnpQueue(PPNP_ACTION Action) {
    InsertTailList(&PnppActions, &Action->Entry);
    PnpWake();
}

typedef struct _PNP_CALL {
    PNP_ACTION Action;
    NTSTATUS (*Routine)(PVOID Context);
    PVOID Context;
    NTSTATUS Status;
    KEVENT Done;
} PNP_CALL;

static VOID PnppRunCall(PPNP_ACTION Action) {
    PNP_CALL *Call = CONTAINING_RECORD(Action, PNP_CALL, Action);

    Call->Status = Call->Routine(Call->Context);
    PnpSettle();
    KeSetEvent(&Call->Done, IO_NO_INCREMENT, FALSE);
}

NTSTATUS PnpCall(NTSTATUS (*Routine)(PVOID Context), PVOID Context) {
    PNP_CALL Call = {.Action = {.Routine = PnppRunCall}, .Routine = Routine, .Context = Context};

    if (PnpIsOwnThread())
        return Routine(Context);
    KeInitializeEvent(&Call.Done, NotificationEvent, FALSE);
    PnpQueue(&Call.Action);
    KeWaitForSingleObject(&Call.Done, Executive, KernelMode, FALSE, NULL);
    return Call.Status;
}
