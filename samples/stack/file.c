/* Open files, and what they consist of: reading, writing, other sizes, the end. */
#include "fat.h"

PFCB FatFindFcb(PVOLUME Volume, ULONG Parent, ULONG Last) {
    for (PLIST_ENTRY Link = Volume->Files.Flink; Link != &Volume->Files; Link = Link->Flink) {
        PFCB Fcb = CONTAINING_RECORD(Link, FCB, Link);
        if (Fcb->Parent == Parent && (Parent == NO_PARENT || Fcb->Last == Last) && !(Fcb->Handles == 0 && Fcb->DeletePending))
            return Fcb;
    }
    return NULL;
}

PFCB FatMakeFcb(PVOLUME Volume, ULONG Parent, const ENTRY *Entry) {
    PFCB Fcb = FatFindFcb(Volume, Parent, Entry->Last);
    if (Fcb != NULL)
        return Fcb;
    Fcb = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Fcb, TAG);
    if (Fcb == NULL)
        return NULL;
    RtlZeroMemory(Fcb, sizeof *Fcb);
    Fcb->Parent = Parent;
    Fcb->First = Entry->First;
    Fcb->Last = Entry->Last;
    Fcb->Raw = Entry->Raw;
    FsRtlInitializeFileLock(&Fcb->Locks, NULL, NULL);
    InsertTailList(&Volume->Files, &Fcb->Link);
    return Fcb;
}

VOID FatDropFcb(PFCB Fcb) {
    if (Fcb->References != 0)
        return;
    RemoveEntryList(&Fcb->Link);
    FsRtlUninitializeFileLock(&Fcb->Locks);
    if (Fcb->Path.Buffer != NULL)
        ExFreePoolWithTag(Fcb->Path.Buffer, TAG);
    ExFreePoolWithTag(Fcb, TAG);
}

NTSTATUS FatUpdate(PVOLUME Volume, PFCB Fcb) { return FatUpdateEntry(Volume, Fcb->Parent, Fcb->Last, &Fcb->Raw); }

/* ---- Longer: clusters, then what is in them, then what leads to them, then the entry --------------------------------------------- */

/* Length bytes at Offset, which go beyond the end; what lies between becomes zeroes. Buffer NULL: nothing but zeroes. */
static NTSTATUS Append(PVOLUME Volume, PFCB Fcb, ULONG Offset, ULONG Length, PUCHAR Buffer) {
    RAW_ENTRY Raw = Fcb->Raw;
    ULONG First = FirstOf(Volume, &Raw), Tail, New;
    NTSTATUS Status = FatExtend(Volume, First, Offset + Length, &Tail, &New);
    if (!NT_SUCCESS(Status))
        return Status;
    Raw.Size = Offset + Length;
    if (First == 0)
        SetFirst(Volume, &Raw, New);
    First = FirstOf(Volume, &Raw);
    Status = FatZero(Volume, First, Fcb->Raw.Size, Buffer != NULL ? Offset : Offset + Length);
    if (NT_SUCCESS(Status) && Buffer != NULL)
        Status = FatReadWrite(Volume, IRP_MJ_WRITE, First, Offset, Length, Buffer);
    if (NT_SUCCESS(Status))
        Status = FatFlush(Volume, Tail);
    if (NT_SUCCESS(Status))
        Status = FatUpdateEntry(Volume, Fcb->Parent, Fcb->Last, &Raw);
    if (NT_SUCCESS(Status))
        Fcb->Raw = Raw;
    else
        FatShrink(Volume, Tail, New);
    return Status;
}

/* ---- Shorter: the entry, then the end of the chain, then what was behind it --------------------------------------------------------- */

static NTSTATUS Cut(PVOLUME Volume, PFCB Fcb, ULONG Size) {
    RAW_ENTRY Raw = Fcb->Raw;
    ULONG Bytes = ClusterBytes(Volume), Keep = Size / Bytes + (Size % Bytes != 0), Tail = FirstOf(Volume, &Raw), Rest = Tail;
    NTSTATUS Status;
    Raw.Size = Size;
    if (Keep == 0)
        SetFirst(Volume, &Raw, 0);
    if (!NT_SUCCESS(Status = FatUpdateEntry(Volume, Fcb->Parent, Fcb->Last, &Raw)))
        return Status;
    Fcb->Raw = Raw;
    for (ULONG Index = 1; Index < Keep; Index++)
        Tail = FatGet(Volume, Tail);
    if (Keep != 0) {
        Rest = FatGet(Volume, Tail);
        if (!IsCluster(Volume, Rest))
            return STATUS_SUCCESS;
        FatSet(Volume, Tail, END_OF_CHAIN);
        if (!NT_SUCCESS(Status = FatFlush(Volume, Tail)))
            return Status;
    }
    FatForget(Volume, Rest);
    return FatFlush(Volume, 0);
}

NTSTATUS FatResize(PVOLUME Volume, PFCB Fcb, ULONG Size) {
    if (Size > Fcb->Raw.Size)
        return Append(Volume, Fcb, Fcb->Raw.Size, Size - Fcb->Raw.Size, NULL);
    return Cut(Volume, Fcb, Size);
}

NTSTATUS FatDelete(PVOLUME Volume, PFCB Fcb) {
    NTSTATUS Status = FatRemoveEntry(Volume, Fcb->Parent, Fcb->First, Fcb->Last);
    if (!NT_SUCCESS(Status))
        return Status;
    FatForget(Volume, FirstOf(Volume, &Fcb->Raw));
    return FatFlush(Volume, 0);
}

NTSTATUS FatMayDelete(PVOLUME Volume, PFCB Fcb) {
    if (Fcb->Parent == NO_PARENT || (Fcb->Raw.Attributes & FILE_ATTRIBUTE_READONLY) || !MmFlushImageSection(&Fcb->Section, MmFlushForDelete))
        return STATUS_CANNOT_DELETE;
    return IsDirectory(&Fcb->Raw) && !FatIsEmpty(Volume, FirstOf(Volume, &Fcb->Raw)) ? STATUS_DIRECTORY_NOT_EMPTY : STATUS_SUCCESS;
}

/* ---- Reading and writing ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Write(PVOLUME Volume, PFCB Fcb, LONGLONG Offset, ULONG Length, PUCHAR Buffer) {
    NTSTATUS Status;
    if (Offset + Length > MAXULONG)
        return STATUS_DISK_FULL;
    FatStamp(&Fcb->Raw, FALSE);
    if (Offset + Length > Fcb->Raw.Size)
        return Append(Volume, Fcb, (ULONG)Offset, Length, Buffer);
    Status = FatReadWrite(Volume, IRP_MJ_WRITE, FirstOf(Volume, &Fcb->Raw), (ULONG)Offset, Length, Buffer);
    return NT_SUCCESS(Status) ? FatUpdate(Volume, Fcb) : Status;
}

/* What was written to views of the file goes into it first: that comes back here as paging I/O. Before a write pages that nobody has mapped are forgotten; a view
   that there is keeps what it shows. */
static NTSTATUS ShareWithViews(PFCB Fcb, UCHAR Major, LONGLONG Offset, ULONG Length) {
    LARGE_INTEGER Start = {.QuadPart = Offset};
    IO_STATUS_BLOCK Iosb = {.Status = STATUS_SUCCESS};
    if (Fcb->Section.DataSectionObject == NULL || Length == 0)
        return STATUS_SUCCESS;
    CcFlushCache(&Fcb->Section, &Start, Length, &Iosb);
    if (NT_SUCCESS(Iosb.Status) && Major == IRP_MJ_WRITE)
        CcPurgeCacheSection(&Fcb->Section, &Start, Length, 0);
    return Iosb.Status;
}

NTSTATUS FatTransferFile(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    ULONG Length = Stack->Parameters.Read.Length, Size = Fcb->Raw.Size;
    LONGLONG Offset = Stack->Parameters.Read.ByteOffset.QuadPart;
    PUCHAR Buffer = FatBuffer(Irp);
    BOOLEAN Paging = (Irp->Flags & IRP_PAGING_IO) != 0;
    NTSTATUS Status = STATUS_SUCCESS;
    if (IsDirectory(&Fcb->Raw))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Fcb->DeletePending && Fcb->Handles == 0)
        return STATUS_FILE_DELETED; /* a view of it has outlived it */
    if (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.ByteOffset.LowPart == FILE_WRITE_TO_END_OF_FILE &&
        Stack->Parameters.Write.ByteOffset.HighPart == -1)
        Offset = Size;
    if (Offset < 0)
        return STATUS_INVALID_PARAMETER;
    if (Length != 0 && Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!Paging && !FatMayTransfer(Irp, File, Offset, Length))
        return STATUS_FILE_LOCK_CONFLICT;
    if (Paging && Offset + Length > Size) /* what is mapped behind the end is nobody's */
        Length = Offset < Size ? Size - (ULONG)Offset : 0;
    if (!Paging && !NT_SUCCESS(Status = ShareWithViews(Fcb, Stack->MajorFunction, Offset, Length)))
        return Status;
    if (Stack->MajorFunction == IRP_MJ_READ && Offset >= Size)
        return Length == 0 ? STATUS_SUCCESS : STATUS_END_OF_FILE;
    if (Stack->MajorFunction == IRP_MJ_READ) {
        Length = min(Length, Size - (ULONG)Offset);
        Status = FatReadWrite(Volume, IRP_MJ_READ, FirstOf(Volume, &Fcb->Raw), (ULONG)Offset, Length, Buffer);
    } else if (Length != 0) {
        Status = Write(Volume, Fcb, Offset, Length, Buffer);
        if (NT_SUCCESS(Status))
            FatReport(Volume, Fcb, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    }
    if (NT_SUCCESS(Status)) {
        *Information = Length;
        if ((File->Flags & FO_SYNCHRONOUS_IO) && !Paging)
            File->CurrentByteOffset.QuadPart = Offset + Length;
    }
    return Status;
}
