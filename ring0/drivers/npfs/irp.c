/* IRPs that wait, and the lock under which they do. */
#include "npfsp.h"

static KSPIN_LOCK NpSpinLock;

VOID NpLock(PNP_HELD Held) {
    InitializeListHead(&Held->Finished);
    KeAcquireSpinLock(&NpSpinLock, &Held->Irql);
}

VOID NpUnlock(PNP_HELD Held) {
    KeReleaseSpinLock(&NpSpinLock, Held->Irql);
    while (!IsListEmpty(&Held->Finished))
        IoCompleteRequest(CONTAINING_RECORD(RemoveHeadList(&Held->Finished), IRP, Tail.Overlay.ListEntry), IO_NAMED_PIPE_INCREMENT);
}

NTSTATUS NpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

VOID NpFinish(PNP_HELD Held, PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    InsertTailList(&Held->Finished, &Irp->Tail.Overlay.ListEntry);
}

/* Who takes the IRP out of its list when this routine has it already leaves the links empty: removing it once more changes nothing. */
static VOID NTAPI NpCancel(PDEVICE_OBJECT Device, PIRP Irp) {
    NP_HELD Held;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    NpLock(&Held);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    NpFinish(&Held, Irp, STATUS_CANCELLED, 0);
    NpUnlock(&Held);
}

NTSTATUS NpPend(PNP_HELD Held, PLIST_ENTRY List, PIRP Irp) {
    IoMarkIrpPending(Irp);
    InsertTailList(List, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, NpCancel);
    if (Irp->Cancel && NpTake(Irp))
        NpFinish(Held, Irp, STATUS_CANCELLED, 0);
    return STATUS_PENDING;
}

BOOLEAN NpTake(PIRP Irp) {
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    InitializeListHead(&Irp->Tail.Overlay.ListEntry);
    return IoSetCancelRoutine(Irp, NULL) != NULL;
}

PIRP NpTakeFirst(PLIST_ENTRY List) {
    while (!IsListEmpty(List)) {
        PIRP Irp = CONTAINING_RECORD(List->Flink, IRP, Tail.Overlay.ListEntry);

        if (NpTake(Irp))
            return Irp;
    }
    return NULL;
}

VOID NpFinishAll(PNP_HELD Held, PLIST_ENTRY List, NTSTATUS Status) {
    PIRP Irp;

    while ((Irp = NpTakeFirst(List)) != NULL)
        NpFinish(Held, Irp, Status, 0);
}
