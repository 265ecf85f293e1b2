/* Directories as they are read: entries of 32 bytes, with long names in slots of their own before them (Microsoft FAT Specification, 2005). */
#include "fat.h"

#define END        0x00
#define FREE       0xE5
#define LONG_NAME  0x0F
#define LAST_LONG  0x40
#define LOWER_BASE 0x08
#define LOWER_EXT  0x10

const UCHAR FatPositions[] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

UCHAR FatChecksum(const UCHAR *Name) {
    UCHAR Sum = 0;
    for (ULONG Index = 0; Index < 11; Index++)
        Sum = (UCHAR)((Sum >> 1 | Sum << 7) + Name[Index]);
    return Sum;
}

static USHORT ShortName(const RAW_ENTRY *Raw, WCHAR *Text) {
    ULONG Length = 0, Base = 8, Extension = 3;
    while (Base != 0 && Raw->Name[Base - 1] == ' ')
        Base--;
    while (Extension != 0 && Raw->Name[8 + Extension - 1] == ' ')
        Extension--;
    for (ULONG Index = 0; Index < Base; Index++)
        Text[Length++] = Raw->Case & LOWER_BASE ? RtlDowncaseUnicodeChar(Raw->Name[Index]) : Raw->Name[Index];
    if (Extension != 0)
        Text[Length++] = L'.';
    for (ULONG Index = 0; Index < Extension; Index++)
        Text[Length++] = Raw->Case & LOWER_EXT ? RtlDowncaseUnicodeChar(Raw->Name[8 + Index]) : Raw->Name[8 + Index];
    return (USHORT)(Length * sizeof(WCHAR));
}

/* The long name whose slots end before Last, if they are there, complete, and belong to this short name. */
static USHORT LongName(const UCHAR *Data, ULONG First, ULONG Last, const RAW_ENTRY *Raw, WCHAR *Text) {
    ULONG Count = (Last - First) / SLOT, Length = 0;
    if (Count >= MOST_SLOTS)
        return 0;
    for (ULONG Index = 0; Index < Count; Index++) {
        const UCHAR *Slot = Data + Last - (Index + 1) * SLOT;
        if ((Slot[0] & 0x1F) != Index + 1 || Slot[13] != FatChecksum(Raw->Name) || ((Slot[0] & LAST_LONG) != 0) != (Index + 1 == Count))
            return 0;
        for (ULONG Character = 0; Character < RTL_NUMBER_OF(FatPositions); Character++) {
            WCHAR Value = (WCHAR)(Slot[FatPositions[Character]] | Slot[FatPositions[Character] + 1] << 8);
            if (Value == 0)
                return Index + 1 == Count ? (USHORT)(Length * sizeof(WCHAR)) : 0;
            if (Length == NAME_MAX)
                return 0;
            Text[Length++] = Value;
        }
    }
    return (USHORT)(Length * sizeof(WCHAR));
}

NTSTATUS FatNextEntry(const UCHAR *Data, ULONG Size, ULONG *Slot, PENTRY Entry) {
    ULONG First = *Slot;
    for (ULONG At = *Slot; At + SLOT <= Size && Data[At] != END; At += SLOT) {
        const RAW_ENTRY *Raw = (const RAW_ENTRY *)(Data + At);
        if (Data[At] == FREE || (Raw->Attributes != LONG_NAME && (Raw->Attributes & 0x08))) {
            First = At + SLOT;
        } else if (Raw->Attributes == LONG_NAME) {
            First = Data[At] & LAST_LONG ? At : First;
        } else {
            Entry->First = First;
            Entry->Last = At;
            Entry->Raw = *Raw;
            Entry->Name.Buffer = Entry->Text;
            Entry->Name.MaximumLength = sizeof Entry->Text;
            Entry->Name.Length = LongName(Data, First, At, Raw, Entry->Text);
            if (Entry->Name.Length == 0) {
                Entry->First = At;
                Entry->Name.Length = ShortName(Raw, Entry->Text);
            }
            *Slot = At + SLOT;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NO_MORE_FILES;
}

NTSTATUS FatLoadDirectory(PVOLUME Volume, ULONG Directory, PUCHAR *Data, PULONG Size) {
    BOOLEAN Fixed = Directory == ROOT && Volume->Bits != 32;
    *Size = Fixed ? Volume->RootSectors * SECTOR : 0;
    for (ULONG Cluster = Directory == ROOT ? Volume->RootCluster : Directory; !Fixed && IsCluster(Volume, Cluster);
         Cluster = FatGet(Volume, Cluster)) {
        *Size += ClusterBytes(Volume);
        if (*Size > MOST_DIRECTORY)
            break;
    }
    if (*Size == 0 || *Size > MOST_DIRECTORY)
        return STATUS_FILE_CORRUPT_ERROR;
    *Data = ExAllocatePoolWithTag(NonPagedPoolNx, *Size, TAG);
    if (*Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = FatReadWrite(Volume, IRP_MJ_READ, Directory, 0, *Size, *Data);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(*Data, TAG);
    return Status;
}

NTSTATUS FatFind(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, PENTRY Entry) {
    PUCHAR Data;
    ULONG Size, Slot = 0;
    NTSTATUS Status = FatLoadDirectory(Volume, Directory, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    while (NT_SUCCESS(Status = FatNextEntry(Data, Size, &Slot, Entry))) {
        WCHAR Text[13];
        UNICODE_STRING Short = {.Buffer = Text, .MaximumLength = sizeof Text, .Length = ShortName(&Entry->Raw, Text)};
        if (RtlEqualUnicodeString(&Entry->Name, Name, TRUE) || RtlEqualUnicodeString(&Short, Name, TRUE))
            break;
    }
    ExFreePoolWithTag(Data, TAG);
    return Status == STATUS_NO_MORE_FILES ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
}

BOOLEAN FatIsEmpty(PVOLUME Volume, ULONG Directory) {
    PUCHAR Data;
    ENTRY Entry;
    ULONG Size, Slot = 0, Count = 0;
    if (!NT_SUCCESS(FatLoadDirectory(Volume, Directory, &Data, &Size)))
        return FALSE;
    while (NT_SUCCESS(FatNextEntry(Data, Size, &Slot, &Entry)))
        Count += Entry.Raw.Name[0] != '.';
    ExFreePoolWithTag(Data, TAG);
    return Count == 0;
}
