/* What the boot sector says, and what the disk says of the volume's being in use. */
#include "fat.h"

#define INFO_LEAD   0u /* "RRaA"; 484: "rrAa" */
#define INFO_STRUCT 484u
#define INFO_FREE   488u
#define INFO_HINT   492u
#define UNKNOWN     0xFFFFFFFFu

static ULONG Word(const UCHAR *At) { return At[0] | (ULONG)At[1] << 8; }
static ULONG Long(const UCHAR *At) { return Word(At) | Word(At + 2) << 16; }
static VOID PutLong(PUCHAR At, ULONG Value) {
    for (ULONG Index = 0; Index < 4; Index++)
        At[Index] = (UCHAR)(Value >> 8 * Index);
}

static VOID TakeLabel(PVOLUME Volume, const UCHAR *Text) {
    ULONG Length = RTL_NUMBER_OF(Volume->Label);
    while (Length != 0 && Text[Length - 1] == ' ')
        Length--;
    if (RtlCompareMemory(Text, "NO NAME    ", 11) == 11)
        Length = 0;
    for (ULONG Index = 0; Index < Length; Index++)
        Volume->Label[Index] = Text[Index];
    Volume->LabelLength = Length * sizeof(WCHAR);
}

/* FAT32's fields. A table that is not mirrored has one copy that counts. */
static NTSTATUS ParseLarge(PVOLUME Volume, const UCHAR *Boot) {
    ULONG Active = Boot[40] & 0x0F;
    Volume->RootCluster = Long(Boot + 44);
    Volume->InfoSector = Word(Boot + 48) != 0xFFFF && Word(Boot + 48) < Volume->FatStart ? Word(Boot + 48) : 0;
    Volume->Serial = Long(Boot + 67);
    TakeLabel(Volume, Boot + 71);
    if (!IsCluster(Volume, Volume->RootCluster) || Word(Boot + 17) != 0 || Word(Boot + 42) != 0)
        return STATUS_UNRECOGNIZED_VOLUME;
    if (Boot[40] & 0x80) {
        if (Active >= Volume->FatCount)
            return STATUS_UNRECOGNIZED_VOLUME;
        Volume->FatStart += Active * Volume->FatSectors;
        Volume->FatCount = 1;
    }
    return STATUS_SUCCESS;
}

/* Checked before anything is believed. The number of clusters decides how wide the table's entries are. */
static NTSTATUS Parse(PVOLUME Volume, const UCHAR *Boot) {
    ULONG Total = Word(Boot + 19) != 0 ? Word(Boot + 19) : Long(Boot + 32);
    ULONG64 DataStart, Needed;
    Volume->ClusterSectors = Boot[13];
    Volume->FatStart = Word(Boot + 14);
    Volume->FatCount = Boot[16];
    Volume->FatSectors = Word(Boot + 22) != 0 ? Word(Boot + 22) : Long(Boot + 36);
    Volume->RootSectors = (Word(Boot + 17) * SLOT + SECTOR - 1) / SECTOR;
    if (Boot[510] != 0x55 || Boot[511] != 0xAA || Word(Boot + 11) != SECTOR || Volume->ClusterSectors == 0 || Volume->FatStart == 0 ||
        (Volume->ClusterSectors & (Volume->ClusterSectors - 1)) != 0 || Volume->FatCount == 0 || Volume->FatSectors == 0)
        return STATUS_UNRECOGNIZED_VOLUME;
    DataStart = Volume->FatStart + (ULONG64)Volume->FatCount * Volume->FatSectors + Volume->RootSectors;
    if (Total <= DataStart)
        return STATUS_UNRECOGNIZED_VOLUME;
    Volume->DataStart = (ULONG)DataStart;
    Volume->RootStart = Volume->DataStart - Volume->RootSectors;
    Volume->Clusters = (Total - Volume->DataStart) / Volume->ClusterSectors;
    Volume->Bits = Volume->Clusters < 4085 ? 12 : Volume->Clusters < 65525 ? 16 : 32;
    Needed = ((ULONG64)Volume->Clusters + 2) * Volume->Bits / 8 + 1;
    if (Volume->Clusters >= 0x0FFFFFF5 || Needed > (ULONG64)Volume->FatSectors * SECTOR + 1)
        return STATUS_UNRECOGNIZED_VOLUME;
    if (Volume->Bits == 32)
        return ParseLarge(Volume, Boot);
    Volume->Serial = Long(Boot + 39);
    TakeLabel(Volume, Boot + 43);
    return Volume->RootSectors != 0 && Word(Boot + 22) != 0 ? STATUS_SUCCESS : STATUS_UNRECOGNIZED_VOLUME;
}

static NTSTATUS LoadTable(PVOLUME Volume) {
    NTSTATUS Status = STATUS_SUCCESS;
    Volume->Fat = ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)Volume->FatSectors * SECTOR, TAG);
    Volume->Dirty = ExAllocatePoolWithTag(NonPagedPoolNx, Volume->FatSectors, TAG);
    if (Volume->Fat == NULL || Volume->Dirty == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Volume->Dirty, Volume->FatSectors);
    for (ULONG At = 0, Count; At < Volume->FatSectors && NT_SUCCESS(Status); At += Count) {
        Count = min(128, Volume->FatSectors - At);
        Status = FatTransfer(Volume, IRP_MJ_READ, Volume->FatStart + At, Count, Volume->Fat + (SIZE_T)At * SECTOR);
    }
    return Status;
}

NTSTATUS FatMount(PVOLUME Volume) {
    PUCHAR Boot = ExAllocatePoolWithTag(NonPagedPoolNx, SECTOR, TAG);
    if (Boot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = FatTransfer(Volume, IRP_MJ_READ, 0, 1, Boot);
    if (NT_SUCCESS(Status))
        Status = Parse(Volume, Boot);
    ExFreePoolWithTag(Boot, TAG);
    if (NT_SUCCESS(Status))
        Status = LoadTable(Volume);
    if (NT_SUCCESS(Status))
        FatCount(Volume);
    return Status;
}

/* ---- In use, or not ---- */

/* FSINFO is advice: a count of free clusters that may be unknown, and a hint. */
static NTSTATUS WriteInfo(PVOLUME Volume, ULONG Free, ULONG Hint) {
    NTSTATUS Status;
    PUCHAR Info;
    if (Volume->InfoSector == 0)
        return STATUS_SUCCESS;
    Info = ExAllocatePoolWithTag(NonPagedPoolNx, SECTOR, TAG);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FatTransfer(Volume, IRP_MJ_READ, Volume->InfoSector, 1, Info);
    if (NT_SUCCESS(Status) && Long(Info + INFO_LEAD) == 0x41615252 && Long(Info + INFO_STRUCT) == 0x61417272) {
        PutLong(Info + INFO_FREE, Free);
        PutLong(Info + INFO_HINT, Hint);
        Status = FatTransfer(Volume, IRP_MJ_WRITE, Volume->InfoSector, 1, Info);
    }
    ExFreePoolWithTag(Info, TAG);
    return Status;
}

/* The highest bit of the second entry of the table: set, the volume has been put away as it should. FAT12 has none. */
static NTSTATUS WriteClean(PVOLUME Volume, BOOLEAN Clean) {
    PUCHAR At = Volume->Fat + (Volume->Bits == 32 ? 7 : 3);
    UCHAR Bit = Volume->Bits == 32 ? 0x08 : 0x80;
    if (Volume->Bits == 12)
        return STATUS_SUCCESS;
    *At = (UCHAR)(Clean ? *At | Bit : *At & ~Bit);
    Volume->Dirty[0] = 1;
    return FatFlush(Volume, 0);
}

NTSTATUS FatMarkChanged(PVOLUME Volume) {
    NTSTATUS Status = STATUS_SUCCESS;
    if (!Volume->Changed)
        Status = WriteInfo(Volume, UNKNOWN, UNKNOWN);
    if (!Volume->Changed && NT_SUCCESS(Status))
        Status = WriteClean(Volume, FALSE);
    Volume->Changed |= NT_SUCCESS(Status);
    return Status;
}

VOID FatDismount(PVOLUME Volume) {
    if (Volume->Changed && NT_SUCCESS(WriteInfo(Volume, Volume->Free, Volume->Hint)))
        WriteClean(Volume, TRUE);
    Volume->Changed = FALSE;
}
