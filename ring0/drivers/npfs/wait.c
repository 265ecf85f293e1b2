/* FSCTL_PIPE_WAIT: who waits for an instance that listens, until it does or the time is up. */
#include "npfsp.h"

typedef struct _NP_WAITER {
    KTIMER Timer;
    KDPC Dpc;
    LIST_ENTRY Irp; /* the one IRP; empty: it has ended */
    LIST_ENTRY Links;
    UNICODE_STRING Name; /* behind this */
} NP_WAITER, *PNP_WAITER;

static LIST_ENTRY NpWaiters = {&NpWaiters, &NpWaiters}; /* NpNames held */

/* A timer that has been cancelled does not come here. */
static VOID NTAPI NpTimeIsUp(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    NP_HELD Held;

    NpLock(&Held);
    NpFinishAll(&Held, &((PNP_WAITER)Context)->Irp, STATUS_IO_TIMEOUT);
    NpUnlock(&Held);
}

/* Waiters whose IRP has ended, for whatever reason, are taken away by the next who looks. NpNames held. */
static VOID NpDropWaiter(PNP_WAITER Waiter) {
    KeCancelTimer(&Waiter->Timer);
    KeFlushQueuedDpcs();
    RemoveEntryList(&Waiter->Links);
    ExFreePoolWithTag(Waiter, NP_TAG);
}

VOID NpPipeIsFree(PCUNICODE_STRING Name) {
    for (PLIST_ENTRY Link = NpWaiters.Flink, Next; Link != &NpWaiters; Link = Next) {
        PNP_WAITER Waiter = CONTAINING_RECORD(Link, NP_WAITER, Links);
        BOOLEAN Over;
        NP_HELD Held;

        Next = Link->Flink;
        NpLock(&Held);
        if (Name != NULL && RtlEqualUnicodeString(&Waiter->Name, Name, TRUE))
            NpFinishAll(&Held, &Waiter->Irp, STATUS_SUCCESS);
        Over = IsListEmpty(&Waiter->Irp);
        NpUnlock(&Held);
        if (Over)
            NpDropWaiter(Waiter);
    }
}

static BOOLEAN NpIsFree(PNP_PIPE Pipe) {
    for (PLIST_ENTRY Link = Pipe->Instances.Flink; Link != &Pipe->Instances; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, NP_INSTANCE, Links)->State == FILE_PIPE_LISTENING_STATE)
            return TRUE;
    return FALSE;
}

NTSTATUS NpWaitForPipe(PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_PIPE_WAIT_FOR_BUFFER Wait = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.FileSystemControl.InputBufferLength, Head = FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name);
    UNICODE_STRING Name;
    PNP_WAITER Waiter;
    LARGE_INTEGER Timeout;
    PNP_PIPE Pipe;
    NP_HELD Held;
    NTSTATUS Status;

    if (Stack->FileObject->FsContext != NULL)
        return STATUS_ILLEGAL_FUNCTION;
    if (Length < Head || Wait->NameLength > Length - Head || Wait->NameLength % sizeof(WCHAR) != 0 || Wait->NameLength > NP_MAXIMUM_NAME)
        return STATUS_INVALID_PARAMETER;
    Name = (UNICODE_STRING){(USHORT)Wait->NameLength, (USHORT)Wait->NameLength, Wait->Name};
    NpPipeIsFree(NULL);
    Pipe = NpFindPipe(&Name);
    if (Pipe == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (NpIsFree(Pipe))
        return STATUS_SUCCESS;
    Timeout = Wait->TimeoutSpecified ? Wait->Timeout : (LARGE_INTEGER){.QuadPart = Pipe->Timeout};
    Waiter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Waiter) + Name.Length, NP_TAG);
    if (Waiter == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Waiter + 1, Name.Buffer, Name.Length);
    Waiter->Name = (UNICODE_STRING){Name.Length, Name.Length, (WCHAR *)(Waiter + 1)};
    InitializeListHead(&Waiter->Irp);
    KeInitializeTimer(&Waiter->Timer);
    KeInitializeDpc(&Waiter->Dpc, NpTimeIsUp, Waiter);
    InsertTailList(&NpWaiters, &Waiter->Links);
    NpLock(&Held);
    Status = NpPend(&Held, &Waiter->Irp, Irp);
    NpUnlock(&Held);
    if (Timeout.QuadPart != MINLONGLONG) /* for ever */
        KeSetTimer(&Waiter->Timer, Timeout, &Waiter->Dpc);
    return Status;
}
