/* Reading, writing, flushing. */
#include "npfsp.h"

/* Is there another end, and what is it when there is none? A reader may have what was written before the other end was closed. Lock held. */
static NTSTATUS NpCheckState(PNP_END End, BOOLEAN Write) {
    if (End == NULL)
        return STATUS_INVALID_PARAMETER;
    if (End->Instance == NULL)
        return STATUS_PIPE_DISCONNECTED;
    switch (End->Instance->State) {
    case FILE_PIPE_DISCONNECTED_STATE: return STATUS_PIPE_DISCONNECTED;
    case FILE_PIPE_LISTENING_STATE: return STATUS_PIPE_LISTENING;
    case FILE_PIPE_CLOSING_STATE: return Write ? STATUS_PIPE_CLOSING : NpIsEmpty(NpReadSide(End)) ? STATUS_PIPE_BROKEN : STATUS_SUCCESS;
    default: return STATUS_SUCCESS;
    }
}

static BOOLEAN NpMayWait(PNP_END End) { return End->CompletionMode == FILE_PIPE_QUEUE_OPERATION; }

NTSTATUS NTAPI NpRead(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PNP_END End = Stack->FileObject->FsContext;
    ULONG Done = 0;
    NTSTATUS Status;
    NP_HELD Held;

    NpLock(&Held);
    Status = NpCheckState(End, FALSE);
    if (NT_SUCCESS(Status))
        Status =
            NpReadQueue(&Held, NpReadSide(End), Irp, Stack->Parameters.Read.Length, End->ReadMode == FILE_PIPE_MESSAGE_MODE, NpMayWait(End), &Done);
    if (Status != STATUS_PENDING)
        NpFinish(&Held, Irp, Status, Done);
    NpUnlock(&Held);
    return Status;
}

NTSTATUS NTAPI NpWrite(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PNP_END End = Stack->FileObject->FsContext;
    ULONG Done = 0;
    NTSTATUS Status;
    NP_HELD Held;

    NpLock(&Held);
    Status = NpCheckState(End, TRUE);
    if (NT_SUCCESS(Status))
        Status = NpWriteQueue(&Held, NpWriteSide(End), Irp, Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Write.Length,
                              End->Instance->Pipe->Type == FILE_PIPE_MESSAGE_TYPE, NpMayWait(End), &Done);
    if (Status != STATUS_PENDING)
        NpFinish(&Held, Irp, Status, NT_SUCCESS(Status) ? Done : 0);
    NpUnlock(&Held);
    return Status;
}

/* Ends when the other side has read all that was written before ("FlushFileBuffers"). */
NTSTATUS NTAPI NpFlush(PDEVICE_OBJECT Device, PIRP Irp) {
    PNP_END End = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
    NTSTATUS Status;
    NP_HELD Held;

    NpLock(&Held);
    Status = NpCheckState(End, TRUE);
    if (Status == STATUS_PIPE_CLOSING)
        Status = STATUS_PIPE_BROKEN;
    if (NT_SUCCESS(Status))
        Status = NpFlushQueue(&Held, NpWriteSide(End), Irp);
    if (Status != STATUS_PENDING)
        NpFinish(&Held, Irp, Status, 0);
    NpUnlock(&Held);
    return Status;
}
