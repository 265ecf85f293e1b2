/* Sectors, the allocation table and chains of clusters. */
#include "fat.h"

NTSTATUS FatTransfer(PVOLUME Volume, UCHAR Major, ULONG Sector, ULONG Count, PVOID Buffer) {
    LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)Sector * SECTOR};
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(Major, Volume->Below, Buffer, Count * SECTOR, &Offset, &Event, &Iosb);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoCallDriver(Volume->Below, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    return Status;
}

/* ---- The table ---- */

ULONG FatGet(PVOLUME Volume, ULONG Cluster) {
    ULONG Value;
    if (Cluster < 2 || Cluster >= Volume->Clusters + 2)
        return END_OF_CHAIN;
    if (Volume->Fat12) {
        ULONG At = Cluster * 3 / 2, Pair = Volume->Fat[At] | Volume->Fat[At + 1] << 8;
        Value = Cluster % 2 != 0 ? Pair >> 4 : Pair & 0xFFF;
    } else {
        Value = Volume->Fat[Cluster * 2] | (ULONG)Volume->Fat[Cluster * 2 + 1] << 8;
    }
    return Value != 0 && (Value < 2 || Value >= Volume->Clusters + 2) ? END_OF_CHAIN : Value;
}

VOID FatSet(PVOLUME Volume, ULONG Cluster, ULONG Value) {
    ULONG At = Volume->Fat12 ? Cluster * 3 / 2 : Cluster * 2;
    UCHAR Low = (UCHAR)Value, High = (UCHAR)(Value >> 8);
    if (Volume->Fat12 && Cluster % 2 != 0) {
        Low = (UCHAR)((Volume->Fat[At] & 0x0F) | Value << 4);
        High = (UCHAR)(Value >> 4);
    } else if (Volume->Fat12) {
        High = (UCHAR)((Volume->Fat[At + 1] & 0xF0) | ((Value >> 8) & 0x0F));
    }
    Volume->Fat[At] = Low;
    Volume->Fat[At + 1] = High;
    Volume->Dirty[At / SECTOR] = Volume->Dirty[(At + 1) / SECTOR] = 1;
}

/* Chains mostly grow upwards: from the end on, so that a link is written after what it leads to. */
NTSTATUS FatFlush(PVOLUME Volume) {
    for (ULONG Index = Volume->FatSectors; Index-- != 0;) {
        for (ULONG Copy = 0; Copy < Volume->FatCount && Volume->Dirty[Index]; Copy++) {
            NTSTATUS Status =
                FatTransfer(Volume, IRP_MJ_WRITE, Volume->FatStart + Copy * Volume->FatSectors + Index, 1, Volume->Fat + Index * SECTOR);
            if (!NT_SUCCESS(Status))
                return Status;
        }
        Volume->Dirty[Index] = 0;
    }
    return STATUS_SUCCESS;
}

VOID FatForget(PVOLUME Volume, ULONG First) {
    for (ULONG Cluster = First, Next; Cluster >= 2 && Cluster != END_OF_CHAIN; Cluster = Next) {
        Next = FatGet(Volume, Cluster);
        FatSet(Volume, Cluster, 0);
    }
}

ULONG FatFree(PVOLUME Volume) {
    ULONG Count = 0;
    for (ULONG Cluster = 2; Cluster < Volume->Clusters + 2; Cluster++)
        Count += FatGet(Volume, Cluster) == 0;
    return Count;
}

NTSTATUS FatExtend(PVOLUME Volume, ULONG *First, ULONG Size) {
    ULONG Bytes = ClusterBytes(Volume), Want = Size / Bytes + (Size % Bytes != 0), Have = 0, Tail = 0;
    for (ULONG Cluster = *First; Cluster >= 2 && Cluster != END_OF_CHAIN && Have <= Volume->Clusters; Cluster = FatGet(Volume, Cluster)) {
        Have++;
        Tail = Cluster;
    }
    if (Want > Have && Want - Have > FatFree(Volume))
        return STATUS_DISK_FULL;
    for (ULONG Cluster = 2; Have < Want; Cluster++) {
        if (FatGet(Volume, Cluster) != 0)
            continue;
        FatSet(Volume, Cluster, END_OF_CHAIN);
        if (Tail != 0)
            FatSet(Volume, Tail, Cluster);
        else
            *First = Cluster;
        Tail = Cluster;
        Have++;
    }
    return STATUS_SUCCESS;
}

/* ---- Chains ---- */

ULONG FatSectorAt(PVOLUME Volume, ULONG First, ULONG Offset) {
    ULONG Cluster = First;
    if (First == 0)
        return Offset / SECTOR < Volume->RootSectors ? Volume->RootStart + Offset / SECTOR : 0;
    for (ULONG Skip = Offset / ClusterBytes(Volume); Skip != 0 && Cluster != END_OF_CHAIN && Cluster != 0; Skip--)
        Cluster = FatGet(Volume, Cluster);
    if (Cluster < 2 || Cluster >= Volume->Clusters + 2)
        return 0;
    return Volume->DataStart + (Cluster - 2) * Volume->ClusterSectors + Offset % ClusterBytes(Volume) / SECTOR;
}

/* Sector by sector through a buffer of one: parts of a sector are read before they are written. */
static NTSTATUS ReadWritePart(PVOLUME Volume, UCHAR Major, ULONG Sector, ULONG Start, ULONG Count, PUCHAR Buffer, PUCHAR Bounce) {
    NTSTATUS Status = STATUS_SUCCESS;
    if (Major == IRP_MJ_READ || Count != SECTOR)
        Status = FatTransfer(Volume, IRP_MJ_READ, Sector, 1, Bounce);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Major == IRP_MJ_READ) {
        RtlCopyMemory(Buffer, Bounce + Start, Count);
        return STATUS_SUCCESS;
    }
    RtlCopyMemory(Bounce + Start, Buffer, Count);
    return FatTransfer(Volume, IRP_MJ_WRITE, Sector, 1, Bounce);
}

/* Whole sectors that lie one behind another go to the disk as one request, from or to the caller's memory. */
static ULONG RunAt(PVOLUME Volume, ULONG First, ULONG Offset, ULONG Length, ULONG Sector) {
    ULONG Count = 1;
    while ((Count + 1) * SECTOR <= Length && Count < 128 && FatSectorAt(Volume, First, Offset + Count * SECTOR) == Sector + Count)
        Count++;
    return Count;
}

NTSTATUS FatReadWrite(PVOLUME Volume, UCHAR Major, ULONG First, ULONG Offset, ULONG Length, PUCHAR Buffer) {
    PUCHAR Bounce = ExAllocatePoolWithTag(NonPagedPoolNx, SECTOR, TAG);
    NTSTATUS Status = Bounce != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    while (Length != 0 && NT_SUCCESS(Status)) {
        ULONG Start = Offset % SECTOR, Count = min(SECTOR - Start, Length), Sector = FatSectorAt(Volume, First, Offset);
        if (Sector == 0) {
            Status = STATUS_FILE_CORRUPT_ERROR;
        } else if (Count == SECTOR) {
            ULONG Run = RunAt(Volume, First, Offset, Length, Sector);
            Status = FatTransfer(Volume, Major, Sector, Run, Buffer);
            Count = Run * SECTOR;
        } else {
            Status = ReadWritePart(Volume, Major, Sector, Start, Count, Buffer, Bounce);
        }
        Offset += Count;
        Buffer += Count;
        Length -= Count;
    }
    if (Bounce != NULL)
        ExFreePoolWithTag(Bounce, TAG);
    return Status;
}

/* ---- Mounting ---- */

static ULONG Word(const UCHAR *At) { return At[0] | (ULONG)At[1] << 8; }

/* The fields of the boot sector, checked before anything is believed. The number of clusters decides between 12 and 16 bits. */
static NTSTATUS Parse(PVOLUME Volume, const UCHAR *Boot) {
    ULONG Total = Word(Boot + 19) != 0 ? Word(Boot + 19) : Word(Boot + 32) | Word(Boot + 34) << 16;
    Volume->ClusterSectors = Boot[13];
    Volume->FatStart = Word(Boot + 14);
    Volume->FatCount = Boot[16];
    Volume->FatSectors = Word(Boot + 22);
    Volume->RootSectors = (Word(Boot + 17) * SLOT + SECTOR - 1) / SECTOR;
    Volume->Serial = Word(Boot + 39) | Word(Boot + 41) << 16;
    if (Boot[510] != 0x55 || Boot[511] != 0xAA || Word(Boot + 11) != SECTOR || Volume->ClusterSectors == 0 || Volume->FatStart == 0 ||
        (Volume->ClusterSectors & (Volume->ClusterSectors - 1)) != 0 || Volume->FatCount == 0 || Volume->FatSectors == 0 || Volume->RootSectors == 0)
        return STATUS_UNRECOGNIZED_VOLUME;
    Volume->RootStart = Volume->FatStart + Volume->FatCount * Volume->FatSectors;
    Volume->DataStart = Volume->RootStart + Volume->RootSectors;
    if (Total <= Volume->DataStart)
        return STATUS_UNRECOGNIZED_VOLUME;
    Volume->Clusters = (Total - Volume->DataStart) / Volume->ClusterSectors;
    Volume->Fat12 = Volume->Clusters < 4085;
    ULONG Needed = Volume->Fat12 ? (Volume->Clusters + 2) * 3 / 2 + 1 : (Volume->Clusters + 2) * 2;
    return Volume->Clusters < 65525 && Needed <= Volume->FatSectors * SECTOR ? STATUS_SUCCESS : STATUS_UNRECOGNIZED_VOLUME;
}

NTSTATUS FatMount(PVOLUME Volume) {
    PUCHAR Boot = ExAllocatePoolWithTag(NonPagedPoolNx, SECTOR, TAG);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    if (Boot == NULL)
        return Status;
    Status = FatTransfer(Volume, IRP_MJ_READ, 0, 1, Boot);
    if (NT_SUCCESS(Status))
        Status = Parse(Volume, Boot);
    ExFreePoolWithTag(Boot, TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    Volume->Fat = ExAllocatePoolWithTag(NonPagedPoolNx, Volume->FatSectors * SECTOR, TAG);
    Volume->Dirty = ExAllocatePoolWithTag(NonPagedPoolNx, Volume->FatSectors, TAG);
    if (Volume->Fat == NULL || Volume->Dirty == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Volume->Dirty, Volume->FatSectors);
    return FatTransfer(Volume, IRP_MJ_READ, Volume->FatStart, Volume->FatSectors, Volume->Fat);
}
