/* One direction of an instance. */
#include "npfsp.h"

VOID NpInitializeQueue(PNP_QUEUE Queue, ULONG Quota) {
    InitializeListHead(&Queue->Entries);
    InitializeListHead(&Queue->Writes);
    InitializeListHead(&Queue->Reads);
    Queue->Charged = 0;
    Queue->Quota = Quota;
}

static PNP_ENTRY NpFirstEntry(PNP_QUEUE Queue) {
    return IsListEmpty(&Queue->Entries) ? NULL : CONTAINING_RECORD(Queue->Entries.Flink, NP_ENTRY, Links);
}
static PIRP NpFirstWrite(PNP_QUEUE Queue) {
    return IsListEmpty(&Queue->Writes) ? NULL : CONTAINING_RECORD(Queue->Writes.Flink, IRP, Tail.Overlay.ListEntry);
}
static const UCHAR *NpWriteData(PIRP Irp) { return (const UCHAR *)Irp->AssociatedIrp.SystemBuffer + NpRequest(Irp)->Done; }

/* A copy at the end of Entries. FALSE: no memory. */
static BOOLEAN NpCopyIn(PNP_QUEUE Queue, const UCHAR *Data, ULONG Length) {
    PNP_ENTRY Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry) + Length, NP_TAG);

    if (Entry == NULL)
        return FALSE;
    Entry->Length = Length;
    Entry->Read = 0;
    RtlCopyMemory(Entry->Data, Data, Length);
    InsertTailList(&Queue->Entries, &Entry->Links);
    Queue->Charged += Length;
    return TRUE;
}

static VOID NpDropEntry(PNP_QUEUE Queue, PNP_ENTRY Entry) {
    RemoveEntryList(&Entry->Links);
    Queue->Charged -= Entry->Length;
    ExFreePoolWithTag(Entry, NP_TAG);
}

/* Flushes before which nothing is left end, and writes go on for which there is room by now. */
static VOID NpSettle(PNP_HELD Held, PNP_QUEUE Queue) {
    PIRP Irp;

    while ((Irp = NpFirstWrite(Queue)) != NULL) {
        PNP_REQUEST Request = NpRequest(Irp);
        ULONG Left = Request->Length - Request->Done;

        if (Request->IsFlush ? !IsListEmpty(&Queue->Entries)
                             : Queue->Charged > Queue->Quota || Left > Queue->Quota - Queue->Charged || !NpCopyIn(Queue, NpWriteData(Irp), Left))
            return;
        if (NpTake(Irp))
            NpFinish(Held, Irp, STATUS_SUCCESS, Request->IsFlush ? 0 : Request->Length);
    }
}

/* The data that is read next; FALSE: there is none. Flushes that come first are over. */
static BOOLEAN NpFirstData(PNP_HELD Held, PNP_QUEUE Queue, const UCHAR **Data, ULONG *Left) {
    PNP_ENTRY Entry;
    PIRP Irp;

    if (IsListEmpty(&Queue->Entries))
        NpSettle(Held, Queue);
    if ((Entry = NpFirstEntry(Queue)) != NULL) {
        *Data = Entry->Data + Entry->Read;
        *Left = Entry->Length - Entry->Read;
        return TRUE;
    }
    if ((Irp = NpFirstWrite(Queue)) == NULL)
        return FALSE;
    *Data = NpWriteData(Irp);
    *Left = NpRequest(Irp)->Length - NpRequest(Irp)->Done;
    return TRUE;
}

/* Count bytes of the first data have been read; with all of it read it is gone. */
static VOID NpAdvance(PNP_HELD Held, PNP_QUEUE Queue, ULONG Count) {
    PNP_ENTRY Entry = NpFirstEntry(Queue);
    PIRP Irp;

    if (Entry != NULL) {
        Entry->Read += Count;
        if (Entry->Read == Entry->Length)
            NpDropEntry(Queue, Entry);
        return;
    }
    Irp = NpFirstWrite(Queue);
    NpRequest(Irp)->Done += Count;
    if (NpRequest(Irp)->Done == NpRequest(Irp)->Length && NpTake(Irp))
        NpFinish(Held, Irp, STATUS_SUCCESS, NpRequest(Irp)->Length);
}

NTSTATUS NpReadQueue(PNP_HELD Held, PNP_QUEUE Queue, PIRP Irp, ULONG Length, BOOLEAN Message, BOOLEAN Wait, PULONG Done) {
    UCHAR *Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;
    const UCHAR *Data;
    ULONG Left, Count;

    *Done = 0;
    if (!NpFirstData(Held, Queue, &Data, &Left)) {
        if (!Wait)
            return STATUS_PIPE_EMPTY;
        *NpRequest(Irp) = (NP_REQUEST){.Length = Length, .Message = Message};
        return NpPend(Held, &Queue->Reads, Irp);
    }
    do {
        Count = min(Left, Length - *Done);
        RtlCopyMemory(Buffer + *Done, Data, Count);
        *Done += Count;
        if (Message && Count < Left)
            Status = STATUS_BUFFER_OVERFLOW;
        NpAdvance(Held, Queue, Count);
    } while (!Message && *Done < Length && NpFirstData(Held, Queue, &Data, &Left));
    NpSettle(Held, Queue);
    return Status;
}

NTSTATUS NpWriteQueue(PNP_HELD Held, PNP_QUEUE Queue, PIRP Irp, const UCHAR *Data, ULONG Length, BOOLEAN Message, BOOLEAN Wait, PULONG Done) {
    ULONG Left = Length, Room = Queue->Quota > Queue->Charged ? Queue->Quota - Queue->Charged : 0;
    PIRP Reader;

    *Done = Length;
    if (Length == 0 && !Message) /* no bytes are nothing, but an empty message is one */
        return STATUS_SUCCESS;
    while ((Left != 0 || Length == 0) && (Reader = NpTakeFirst(&Queue->Reads)) != NULL) {
        PNP_REQUEST Request = NpRequest(Reader);
        ULONG Count = min(Left, Request->Length);

        RtlCopyMemory(Reader->AssociatedIrp.SystemBuffer, Data + (Length - Left), Count);
        Left -= Count;
        NpFinish(Held, Reader, Request->Message && Left != 0 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, Count);
        if (Left == 0)
            return STATUS_SUCCESS;
    }
    if (Irp == NULL || (IsListEmpty(&Queue->Writes) && Left <= Room)) {
        if (NpCopyIn(Queue, Data + (Length - Left), Left))
            return STATUS_SUCCESS;
        if (Irp == NULL || !Wait)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!Wait) { /* as much as there is room for; of a message all or nothing ("Synchronous and Overlapped Input and Output", PIPE_NOWAIT) */
        ULONG Count = !IsListEmpty(&Queue->Writes) || (Message && Left == Length) ? 0 : Room;

        *Done = Length - Left;
        if (Count != 0 && NpCopyIn(Queue, Data + (Length - Left), Count))
            *Done += Count;
        return STATUS_SUCCESS;
    }
    *NpRequest(Irp) = (NP_REQUEST){.Length = Length, .Done = Length - Left};
    return NpPend(Held, &Queue->Writes, Irp);
}

BOOLEAN NpIsEmpty(PNP_QUEUE Queue) {
    for (PLIST_ENTRY Link = Queue->Writes.Flink; Link != &Queue->Writes; Link = Link->Flink)
        if (!NpRequest(CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry))->IsFlush)
            return FALSE;
    return IsListEmpty(&Queue->Entries);
}

NTSTATUS NpFlushQueue(PNP_HELD Held, PNP_QUEUE Queue, PIRP Irp) {
    if (NpIsEmpty(Queue))
        return STATUS_SUCCESS;
    *NpRequest(Irp) = (NP_REQUEST){.IsFlush = TRUE};
    return NpPend(Held, &Queue->Writes, Irp);
}

static VOID NpLookAt(const UCHAR *Data, ULONG Left, BOOLEAN Message, UCHAR *Buffer, ULONG Room, PULONG Bytes, PULONG First, PULONG Messages,
                     PULONG Copied) {
    ULONG Count = Message && *Messages != 0 ? 0 : min(Left, Room - *Copied);

    RtlCopyMemory(Buffer + *Copied, Data, Count);
    *Copied += Count;
    *Bytes += Left;
    if ((*Messages)++ == 0)
        *First = Left;
}

VOID NpLookAtQueue(PNP_QUEUE Queue, BOOLEAN Message, UCHAR *Buffer, ULONG Room, PULONG Bytes, PULONG First, PULONG Messages, PULONG Copied) {
    *Bytes = *First = *Messages = *Copied = 0;
    for (PLIST_ENTRY Link = Queue->Entries.Flink; Link != &Queue->Entries; Link = Link->Flink) {
        PNP_ENTRY Entry = CONTAINING_RECORD(Link, NP_ENTRY, Links);

        NpLookAt(Entry->Data + Entry->Read, Entry->Length - Entry->Read, Message, Buffer, Room, Bytes, First, Messages, Copied);
    }
    for (PLIST_ENTRY Link = Queue->Writes.Flink; Link != &Queue->Writes; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if (!NpRequest(Irp)->IsFlush)
            NpLookAt(NpWriteData(Irp), NpRequest(Irp)->Length - NpRequest(Irp)->Done, Message, Buffer, Room, Bytes, First, Messages, Copied);
    }
}

VOID NpEmptyQueue(PNP_HELD Held, PNP_QUEUE Queue, NTSTATUS Status) {
    PNP_ENTRY Entry;

    NpFinishAll(Held, &Queue->Reads, Status);
    NpFinishAll(Held, &Queue->Writes, Status);
    while ((Entry = NpFirstEntry(Queue)) != NULL)
        NpDropEntry(Queue, Entry);
}
