/*
 * A file gets another entry, in another sector or directory, and power may fail between any two writes: at every moment one of the two entries must have the whole file, and no
 * cluster may belong to both. No disk writes two sectors at once, so neither "first the new, then the old" nor "first the old, then the new" will do.
 *
 * The first clusters are copied, as many as it takes to find a link whose place in the table has, in the same sector, that of a free cluster for the copy. Before,
 * the new entry leads to the copy alone; then one write of that sector gives the rest of the chain to the copy, and takes it from the original. Each
 * entry has the file's size, one of them too much: that is a wrong size, which a check mends. Then the old entry goes, and the originals of the copied clusters
 * are free. A file of few clusters may be copied whole: then the new entry itself is what counts.
 */
#include "fat.h"

typedef struct _COPY {
    ULONG First, Last; /* the copied clusters' chain */
    ULONG Original;    /* the cluster that Last is a copy of */
    ULONG Rest;        /* what follows it; 0: nothing */
} COPY, *PCOPY;

static NTSTATUS CopyCluster(PVOLUME Volume, ULONG From, ULONG To, PUCHAR Buffer) {
    NTSTATUS Status = FatReadWrite(Volume, IRP_MJ_READ, From, 0, ClusterBytes(Volume), Buffer);
    return NT_SUCCESS(Status) ? FatReadWrite(Volume, IRP_MJ_WRITE, To, 0, ClusterBytes(Volume), Buffer) : Status;
}

/* On failure the caller forgets Copy->First. */
static NTSTATUS CopyBeginning(PVOLUME Volume, ULONG First, PUCHAR Buffer, PCOPY Copy) {
    *Copy = (COPY){.Original = First, .Rest = First};
    while (Copy->Rest != 0) {
        ULONG Near, To;
        Copy->Original = Copy->Rest;
        Copy->Rest = FatGet(Volume, Copy->Original);
        if (!IsCluster(Volume, Copy->Rest))
            Copy->Rest = 0;
        Near = Copy->Rest != 0 ? FatTake(Volume, Copy->Original) : 0;
        To = Near != 0 ? Near : FatTake(Volume, 0);
        if (To == 0)
            return STATUS_DISK_FULL;
        if (Copy->Last != 0)
            FatSet(Volume, Copy->Last, To);
        else
            Copy->First = To;
        Copy->Last = To;
        NTSTATUS Status = CopyCluster(Volume, Copy->Original, To, Buffer);
        if (!NT_SUCCESS(Status) || Near != 0)
            return Status;
    }
    return STATUS_SUCCESS;
}

NTSTATUS FatHandOver(PVOLUME Volume, PFCB Fcb, ULONG Directory, PCUNICODE_STRING Name, PENTRY Entry) {
    RAW_ENTRY Raw = Fcb->Raw;
    ULONG First = FirstOf(Volume, &Raw);
    COPY Copy = {0};
    NTSTATUS Status = STATUS_SUCCESS;
    PUCHAR Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, ClusterBytes(Volume), TAG);
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (First != 0)
        Status = CopyBeginning(Volume, First, Buffer, &Copy);
    ExFreePoolWithTag(Buffer, TAG);
    if (NT_SUCCESS(Status))
        Status = FatFlush(Volume, 0);
    SetFirst(Volume, &Raw, Copy.First);
    if (NT_SUCCESS(Status))
        Status = FatAddEntry(Volume, Directory, Name, &Raw, Entry);
    if (!NT_SUCCESS(Status)) {
        FatForget(Volume, Copy.First);
        return Status;
    }
    if (Copy.Rest != 0) {
        FatSet(Volume, Copy.Last, Copy.Rest);
        FatSet(Volume, Copy.Original, END_OF_CHAIN);
        Status = FatFlush(Volume, Copy.Original);
    }
    if (NT_SUCCESS(Status))
        Status = FatRemoveEntry(Volume, Fcb->Parent, Fcb->First, Fcb->Last);
    if (!NT_SUCCESS(Status))
        return Status;
    FatForget(Volume, First);
    return FatFlush(Volume, 0);
}
