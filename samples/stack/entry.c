/* Changes of directories, in an order that leaves a directory behind each write that is one. */
#include "fat.h"

#define END  0x00
#define FREE 0xE5
#define ANY  0xFFFFFFFFu

static NTSTATUS WriteSector(PVOLUME Volume, ULONG Directory, const UCHAR *Data, ULONG Index) {
    ULONG Run, Sector = FatSectorAt(Volume, Directory, Index * SECTOR, &Run);
    return Sector != 0 ? FatTransfer(Volume, IRP_MJ_WRITE, Sector, 1, (PVOID)(Data + Index * SECTOR)) : STATUS_FILE_CORRUPT_ERROR;
}

/* The sectors in which [First, Last] lie, but for one. */
static NTSTATUS WriteOthers(PVOLUME Volume, ULONG Directory, const UCHAR *Data, ULONG First, ULONG Last, ULONG But) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = First / SECTOR; Index <= Last / SECTOR && NT_SUCCESS(Status); Index++)
        Status = Index != But ? WriteSector(Volume, Directory, Data, Index) : STATUS_SUCCESS;
    return Status;
}

/* Count slots in a row, the last of them in the sector Index or in ANY; Size: there are none. *Ends: the directory's end is among them or right behind. */
static ULONG FindRoom(const UCHAR *Data, ULONG Size, ULONG Count, ULONG Index, PBOOLEAN Ends) {
    ULONG Run = 0;
    *Ends = FALSE;
    for (ULONG At = 0; At + SLOT <= Size; At += SLOT) {
        *Ends |= Data[At] == END;
        Run = *Ends || Data[At] == FREE ? Run + 1 : 0;
        if (Run >= Count && (Index == ANY || At / SECTOR == Index))
            return At - (Count - 1) * SLOT;
    }
    return Size;
}

/* What lies behind the directory's end may be anything: the end moves before what is written there begins to count. */
static NTSTATUS MoveEnd(PVOLUME Volume, ULONG Directory, PUCHAR Data, ULONG Size, ULONG Last) {
    ULONG Next = Last + SLOT;
    if (Next >= Size || Data[Next] == END)
        return STATUS_SUCCESS;
    Data[Next] = END;
    return Next % SECTOR == 0 ? WriteSector(Volume, Directory, Data, Next / SECTOR) : STATUS_SUCCESS;
}

/* One more cluster, zeroed before it belongs to the directory. The root of FAT12 and FAT16 cannot grow. */
static NTSTATUS Grow(PVOLUME Volume, ULONG Directory, PUCHAR *Data, PULONG Size) {
    ULONG First = Directory == ROOT ? Volume->RootCluster : Directory, Bytes = ClusterBytes(Volume), Tail, New;
    PUCHAR Larger;
    if ((Directory == ROOT && Volume->Bits != 32) || *Size + Bytes > MOST_DIRECTORY)
        return STATUS_DISK_FULL;
    Larger = ExAllocatePoolWithTag(NonPagedPoolNx, *Size + Bytes, TAG);
    if (Larger == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = FatExtend(Volume, First, *Size + Bytes, &Tail, &New);
    if (!NT_SUCCESS(Status))
        goto failed;
    Status = FatZero(Volume, New, 0, Bytes);
    if (NT_SUCCESS(Status))
        Status = FatFlush(Volume, Tail);
    if (!NT_SUCCESS(Status)) {
        FatShrink(Volume, Tail, New);
        goto failed;
    }
    RtlCopyMemory(Larger, *Data, *Size);
    RtlZeroMemory(Larger + *Size, Bytes);
    ExFreePoolWithTag(*Data, TAG);
    *Data = Larger;
    *Size += Bytes;
    return STATUS_SUCCESS;

failed:
    ExFreePoolWithTag(Larger, TAG);
    return Status;
}

NTSTATUS FatAddEntry(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, const RAW_ENTRY *Like, PENTRY Entry) {
    PUCHAR Data;
    ULONG Size, Long, At;
    BOOLEAN Ends;
    NTSTATUS Status = FatLoadDirectory(Volume, Directory, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Entry->Raw = *Like;
    Entry->Raw.Case = 0;
    Long = FatMakeShort(Name, Data, Size, Entry->Raw.Name);
    while ((At = FindRoom(Data, Size, Long + 1, ANY, &Ends)) == Size && NT_SUCCESS(Status))
        Status = Grow(Volume, Directory, &Data, &Size);
    if (NT_SUCCESS(Status) && Ends)
        Status = MoveEnd(Volume, Directory, Data, Size, At + Long * SLOT);
    if (NT_SUCCESS(Status)) {
        Entry->First = At;
        Entry->Last = At + Long * SLOT;
        FatFillLong(Data + At, Long, Name, Entry->Raw.Name);
        *(PRAW_ENTRY)(Data + Entry->Last) = Entry->Raw;
        Status = WriteOthers(Volume, Directory, Data, Entry->First, Entry->Last, Entry->Last / SECTOR);
    }
    if (NT_SUCCESS(Status))
        Status = WriteSector(Volume, Directory, Data, Entry->Last / SECTOR);
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

NTSTATUS FatRemoveEntry(PVOLUME Volume, ULONG Directory, ULONG First, ULONG Last) {
    PUCHAR Data;
    ULONG Size;
    NTSTATUS Status = FatLoadDirectory(Volume, Directory, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG At = First; At <= Last; At += SLOT)
        Data[At] = FREE;
    Status = WriteSector(Volume, Directory, Data, Last / SECTOR);
    if (NT_SUCCESS(Status))
        Status = WriteOthers(Volume, Directory, Data, First, Last, Last / SECTOR);
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

static BOOLEAN IsWithin(ULONG At, ULONG First, ULONG Last) { return At >= First && At <= Last; }

/* The new long name's slots in other sectors are written first and are nobody's yet; then the one sector in which the old entry goes and the new one comes; then
   what is left of the old long name. The old slots are free to the new entry only if nothing of them is overwritten before that one write, or if Even. */
NTSTATUS FatMoveEntry(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, BOOLEAN Even, ULONG *First, ULONG *Last, PRAW_ENTRY Raw) {
    ULONG Size, Long, At, End = 0, OldFirst = *First, OldLast = *Last, Index = OldLast / SECTOR;
    BOOLEAN Reuse = Even || OldFirst / SECTOR == Index, Ends;
    UCHAR Saved[MOST_SLOTS];
    RAW_ENTRY Moved = *Raw;
    PUCHAR Data;
    NTSTATUS Status = FatLoadDirectory(Volume, Directory, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG Old = OldFirst; Old <= OldLast; Old += SLOT) {
        Saved[(Old - OldFirst) / SLOT] = Data[Old];
        Data[Old] = FREE;
    }
    Moved.Case = 0;
    Long = FatMakeShort(Name, Data, Size, Moved.Name);
    for (ULONG Old = OldFirst; Old <= OldLast && !Reuse; Old += SLOT)
        Data[Old] = Saved[(Old - OldFirst) / SLOT];
    At = FindRoom(Data, Size, Long + 1, Index, &Ends);
    if (At == Size) {
        Status = STATUS_RETRY;
        goto done;
    }
    End = At + Long * SLOT;
    for (ULONG Old = OldFirst; Old <= OldLast; Old += SLOT)
        Data[Old] = Saved[(Old - OldFirst) / SLOT];
    if (Ends)
        Status = MoveEnd(Volume, Directory, Data, Size, End);
    FatFillLong(Data + At, Long, Name, Moved.Name);
    *(PRAW_ENTRY)(Data + End) = Moved;
    if (NT_SUCCESS(Status))
        Status = WriteOthers(Volume, Directory, Data, At, End, Index);
    for (ULONG Old = OldFirst; Old <= OldLast; Old += SLOT)
        Data[Old] = IsWithin(Old, At, End) ? Data[Old] : FREE;
    if (NT_SUCCESS(Status))
        Status = WriteSector(Volume, Directory, Data, Index);
    if (NT_SUCCESS(Status))
        Status = WriteOthers(Volume, Directory, Data, OldFirst, OldLast, Index);
    if (NT_SUCCESS(Status)) {
        *First = At;
        *Last = End;
        *Raw = Moved;
    }

done:
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

NTSTATUS FatUpdateEntry(PVOLUME Volume, ULONG Directory, ULONG Last, const RAW_ENTRY *Raw) {
    return FatReadWrite(Volume, IRP_MJ_WRITE, Directory, Last, sizeof *Raw, (PUCHAR)Raw);
}
