/* The allocation table. */
#include "fat.h"

static ULONG OffsetOf(const VOLUME *Volume, ULONG Cluster) { return Volume->Bits == 12 ? Cluster * 3 / 2 : Cluster * (Volume->Bits / 8); }

/* An entry of FAT12 may lie in two sectors, which no disk writes at once. Such clusters are not taken: half an entry could lead into another file. Where another system
   has used one, both sectors are in one request. */
static BOOLEAN IsTorn(const VOLUME *Volume, ULONG Cluster) { return Volume->Bits == 12 && OffsetOf(Volume, Cluster) % SECTOR == SECTOR - 1; }

static ULONG Raw(const VOLUME *Volume, ULONG Cluster) {
    const UCHAR *At = Volume->Fat + OffsetOf(Volume, Cluster);
    ULONG Pair = At[0] | (ULONG)At[1] << 8;
    switch (Volume->Bits) {
    case 12: return Cluster % 2 != 0 ? Pair >> 4 : Pair & 0xFFF;
    case 16: return Pair;
    default: return Pair | (ULONG)At[2] << 16 | (ULONG)(At[3] & 0x0F) << 24;
    }
}

ULONG FatGet(PVOLUME Volume, ULONG Cluster) {
    ULONG Value = IsCluster(Volume, Cluster) ? Raw(Volume, Cluster) : END_OF_CHAIN;
    return Value == 0 || IsCluster(Volume, Value) ? Value : END_OF_CHAIN;
}

/* The upper four bits of FAT32's are not ours. */
static VOID Put(PVOLUME Volume, ULONG Cluster, ULONG Value) {
    ULONG Offset = OffsetOf(Volume, Cluster), Last = Offset + (Volume->Bits == 32 ? 3 : 1);
    PUCHAR At = Volume->Fat + Offset;
    if (Volume->Bits == 12 && Cluster % 2 != 0) {
        At[0] = (UCHAR)((At[0] & 0x0F) | Value << 4);
        At[1] = (UCHAR)(Value >> 4);
    } else if (Volume->Bits == 12) {
        At[0] = (UCHAR)Value;
        At[1] = (UCHAR)((At[1] & 0xF0) | ((Value >> 8) & 0x0F));
    } else {
        At[0] = (UCHAR)Value;
        At[1] = (UCHAR)(Value >> 8);
    }
    if (Volume->Bits == 32) {
        At[2] = (UCHAR)(Value >> 16);
        At[3] = (UCHAR)((At[3] & 0xF0) | ((Value >> 24) & 0x0F));
    }
    Volume->Dirty[Offset / SECTOR] = Volume->Dirty[Last / SECTOR] = 1;
}

VOID FatSet(PVOLUME Volume, ULONG Cluster, ULONG Value) {
    if (!IsTorn(Volume, Cluster))
        Volume->Free = Volume->Free + (Value == 0) - (Raw(Volume, Cluster) == 0);
    Put(Volume, Cluster, Value);
}

VOID FatCount(PVOLUME Volume) {
    Volume->Hint = 2;
    Volume->Free = 0;
    for (ULONG Cluster = 2; Cluster < Volume->Clusters + 2; Cluster++)
        Volume->Free += Raw(Volume, Cluster) == 0 && !IsTorn(Volume, Cluster);
}

/* ---- To the disk ---- */

static NTSTATUS WriteCopies(PVOLUME Volume, ULONG First, ULONG Count) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Copy = 0; Copy < Volume->FatCount && NT_SUCCESS(Status); Copy++)
        Status = FatTransfer(Volume, IRP_MJ_WRITE, Volume->FatStart + Copy * Volume->FatSectors + First, Count, Volume->Fat + (SIZE_T)First * SECTOR);
    if (NT_SUCCESS(Status))
        RtlZeroMemory(Volume->Dirty + First, Count);
    return Status;
}

NTSTATUS FatFlush(PVOLUME Volume, ULONG Last) {
    ULONG From = OffsetOf(Volume, Last) / SECTOR, Count = IsTorn(Volume, Last) ? 2 : 1;
    for (ULONG Index = 0; Index < Volume->FatSectors; Index++) {
        if (!Volume->Dirty[Index] || (Last != 0 && Index - From < Count))
            continue;
        NTSTATUS Status = WriteCopies(Volume, Index, 1);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return Last != 0 && Volume->Dirty[From] ? WriteCopies(Volume, From, Count) : STATUS_SUCCESS;
}

/* ---- Chains ---- */

ULONG FatTake(PVOLUME Volume, ULONG Near) {
    ULONG Sector = OffsetOf(Volume, Near) / SECTOR, Cluster = Near != 0 ? Near : Volume->Hint;
    if (Near != 0) { /* the first whose entry can lie there */
        Cluster = Volume->Bits == 12 ? Sector * SECTOR * 2 / 3 : Sector * SECTOR / (Volume->Bits / 8);
        Cluster = max(Cluster, 2);
    }
    for (ULONG Count = 0; Count < Volume->Clusters && Volume->Free != 0; Count++, Cluster++) {
        if (!IsCluster(Volume, Cluster)) {
            if (Near != 0)
                return 0;
            Cluster = 2;
        }
        if (Near != 0 && OffsetOf(Volume, Cluster) / SECTOR > Sector)
            return 0;
        if (Raw(Volume, Cluster) == 0 && !IsTorn(Volume, Cluster) && (Near == 0 || OffsetOf(Volume, Cluster) / SECTOR == Sector)) {
            FatSet(Volume, Cluster, END_OF_CHAIN);
            Volume->Hint = Near != 0 ? Volume->Hint : Cluster + 1;
            return Cluster;
        }
    }
    return 0;
}

VOID FatForget(PVOLUME Volume, ULONG First) {
    for (ULONG Cluster = First, Next; IsCluster(Volume, Cluster); Cluster = Next) {
        Next = FatGet(Volume, Cluster);
        FatSet(Volume, Cluster, 0);
        Volume->Hint = min(Volume->Hint, Cluster);
    }
}

NTSTATUS FatExtend(PVOLUME Volume, ULONG First, ULONG Size, PULONG Tail, PULONG New) {
    ULONG Bytes = ClusterBytes(Volume), Want = Size / Bytes + (Size % Bytes != 0), Have = 0, End;
    *Tail = *New = 0;
    for (ULONG Cluster = First; IsCluster(Volume, Cluster) && Have <= Volume->Clusters; Cluster = FatGet(Volume, Cluster)) {
        Have++;
        *Tail = Cluster;
    }
    if (Want > Have && Want - Have > Volume->Free)
        return STATUS_DISK_FULL;
    for (End = *Tail; Have < Want; Have++) {
        ULONG Cluster = FatTake(Volume, 0);
        if (End != 0)
            FatSet(Volume, End, Cluster);
        *New = *New == 0 ? Cluster : *New;
        End = Cluster;
    }
    return STATUS_SUCCESS;
}

VOID FatShrink(PVOLUME Volume, ULONG Tail, ULONG New) {
    if (New != 0 && Tail != 0)
        FatSet(Volume, Tail, END_OF_CHAIN);
    FatForget(Volume, New);
}
