/* Directories: entries of 32 bytes, with long names in slots of their own before them (Microsoft FAT Specification, 2005). */
#include "fat.h"

#define END        0x00
#define FREE       0xE5
#define LONG_NAME  0x0F
#define LAST_LONG  0x40
#define PER_SLOT   13u
#define LOWER_BASE 0x08
#define LOWER_EXT  0x10

static const UCHAR Positions[PER_SLOT] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30}; /* of a long name's characters in a slot */

static UCHAR Checksum(const UCHAR *Name) {
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
    for (ULONG Index = 0; Index < Count; Index++) {
        const UCHAR *Slot = Data + Last - (Index + 1) * SLOT;
        if ((Slot[0] & 0x1F) != Index + 1 || Slot[13] != Checksum(Raw->Name) || ((Slot[0] & LAST_LONG) != 0) != (Index + 1 == Count))
            return 0;
        for (ULONG Character = 0; Character < PER_SLOT; Character++) {
            WCHAR Value = (WCHAR)(Slot[Positions[Character]] | Slot[Positions[Character] + 1] << 8);
            if (Value == 0)
                return (USHORT)(Length * sizeof(WCHAR));
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
    *Size = 0;
    if (Directory == 0)
        *Size = Volume->RootSectors * SECTOR;
    for (ULONG Cluster = Directory; Cluster >= 2 && Cluster != END_OF_CHAIN && *Size <= 0x200000; Cluster = FatGet(Volume, Cluster))
        *Size += ClusterBytes(Volume);
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
        Count += Entry.Text[0] != L'.';
    ExFreePoolWithTag(Data, TAG);
    return Count == 0;
}

/* ---- Names of new entries ---- */

static BOOLEAN IsShortCharacter(WCHAR Character) {
    return (Character >= L'A' && Character <= L'Z') || (Character >= L'0' && Character <= L'9') ||
           (Character > L' ' && Character < 127 && wcschr(L"$%'-_@~`!(){}^#&", Character) != NULL);
}

BOOLEAN FatIsName(PCUNICODE_STRING Name) {
    ULONG Count = Name->Length / sizeof(WCHAR);
    for (ULONG Index = 0; Index < Count; Index++) {
        if (Name->Buffer[Index] < L' ' || wcschr(L"\"*/:<>?\\|", Name->Buffer[Index]) != NULL)
            return FALSE;
    }
    return Count != 0 && Count <= NAME_MAX && Name->Buffer[Count - 1] != L'.' && Name->Buffer[Count - 1] != L' ';
}

/* TRUE: the name is its own short name, and needs no other. */
static BOOLEAN MakeShort(PCUNICODE_STRING Name, UCHAR *Short) {
    ULONG Count = Name->Length / sizeof(WCHAR), Dot = Count, At = 0;
    BOOLEAN Exact = TRUE;
    for (ULONG Index = 0; Index < Count; Index++)
        Dot = Name->Buffer[Index] == L'.' ? Index : Dot;
    RtlFillMemory(Short, 11, ' ');
    for (ULONG Index = 0; Index < Count; Index++) {
        WCHAR Character = RtlUpcaseUnicodeChar(Name->Buffer[Index]);
        ULONG Limit = Index < Dot ? 8 : 11;
        if (Index == Dot) {
            At = 8;
            Exact &= Index != 0;
            continue;
        }
        Exact &= Character == Name->Buffer[Index] && IsShortCharacter(Character) && At < Limit;
        if (At < Limit && Character != L'.' && Character != L' ')
            Short[At++] = IsShortCharacter(Character) ? (UCHAR)Character : '_';
    }
    return Exact;
}

/* NAME~1, NAME~2, ...: the first that no entry of the directory has. */
static VOID MakeUnique(const UCHAR *Data, ULONG Size, UCHAR *Short) {
    UCHAR Base[8];
    RtlCopyMemory(Base, Short, 8);
    for (ULONG Number = 1;; Number++) {
        UCHAR Digits[7];
        ULONG Count = 0, At = 0;
        BOOLEAN Taken = FALSE;
        for (ULONG Rest = Number; Rest != 0; Rest /= 10)
            Digits[Count++] = (UCHAR)('0' + Rest % 10);
        while (At < 7 - Count && Base[At] != ' ')
            At++;
        RtlFillMemory(Short, 8, ' ');
        RtlCopyMemory(Short, Base, At);
        Short[At++] = '~';
        while (Count != 0)
            Short[At++] = Digits[--Count];
        for (ULONG Slot = 0; Slot + SLOT <= Size && Data[Slot] != END && !Taken; Slot += SLOT)
            Taken = RtlCompareMemory(Data + Slot, Short, 11) == 11;
        if (!Taken)
            return;
    }
}

/* ---- Changing directories ---- */

/* Sectors in which [First, Last] lie, the one with the short name at the end. */
static NTSTATUS WriteSlots(PVOLUME Volume, ULONG Directory, const UCHAR *Data, ULONG First, ULONG Last) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG At = First & ~(SECTOR - 1); At <= Last && NT_SUCCESS(Status); At += SECTOR)
        Status = FatTransfer(Volume, IRP_MJ_WRITE, FatSectorAt(Volume, Directory, At), 1, (PVOID)(Data + At));
    return Status;
}

/* Count slots in a row, or Size: there are none. */
static ULONG FindFree(const UCHAR *Data, ULONG Size, ULONG Count) {
    ULONG Run = 0;
    BOOLEAN Ended = FALSE;
    for (ULONG At = 0; At + SLOT <= Size; At += SLOT) {
        Ended |= Data[At] == END;
        Run = Ended || Data[At] == FREE ? Run + 1 : 0;
        if (Run == Count)
            return At - (Count - 1) * SLOT;
    }
    return Size;
}

/* One more cluster, zeroed before it belongs to the directory. The root cannot grow. */
static NTSTATUS Grow(PVOLUME Volume, ULONG Directory, PUCHAR *Data, PULONG Size) {
    ULONG First = Directory, Bytes = ClusterBytes(Volume);
    PUCHAR Larger;
    if (Directory == 0)
        return STATUS_DISK_FULL;
    Larger = ExAllocatePoolWithTag(NonPagedPoolNx, *Size + Bytes, TAG);
    if (Larger == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Larger, *Data, *Size);
    RtlZeroMemory(Larger + *Size, Bytes);
    NTSTATUS Status = FatExtend(Volume, &First, *Size + Bytes);
    if (NT_SUCCESS(Status))
        Status = FatReadWrite(Volume, IRP_MJ_WRITE, Directory, *Size, Bytes, Larger + *Size);
    if (NT_SUCCESS(Status))
        Status = FatFlush(Volume);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Larger, TAG);
        return Status;
    }
    ExFreePoolWithTag(*Data, TAG);
    *Data = Larger;
    *Size += Bytes;
    return STATUS_SUCCESS;
}

static VOID FillLongSlots(PUCHAR At, ULONG Count, PCUNICODE_STRING Name, const UCHAR *Short) {
    ULONG Length = Name->Length / sizeof(WCHAR);
    for (ULONG Index = 0; Index < Count; Index++) {
        PUCHAR Slot = At + (Count - 1 - Index) * SLOT;
        RtlZeroMemory(Slot, SLOT);
        Slot[0] = (UCHAR)((Index + 1) | (Index + 1 == Count ? LAST_LONG : 0));
        Slot[11] = LONG_NAME;
        Slot[13] = Checksum(Short);
        for (ULONG Character = 0; Character < PER_SLOT; Character++) {
            ULONG Number = Index * PER_SLOT + Character;
            WCHAR Value = Number < Length ? Name->Buffer[Number] : Number == Length ? 0 : 0xFFFF;
            Slot[Positions[Character]] = (UCHAR)Value;
            Slot[Positions[Character] + 1] = (UCHAR)(Value >> 8);
        }
    }
}

NTSTATUS FatAddEntry(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, const RAW_ENTRY *Like, PENTRY Entry) {
    PUCHAR Data;
    ULONG Size, Long = 0, At;
    NTSTATUS Status = FatLoadDirectory(Volume, Directory, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Entry->Raw = *Like;
    Entry->Raw.Case = 0;
    if (!MakeShort(Name, Entry->Raw.Name)) {
        Long = (Name->Length / sizeof(WCHAR) + PER_SLOT - 1) / PER_SLOT;
        MakeUnique(Data, Size, Entry->Raw.Name);
    }
    At = FindFree(Data, Size, Long + 1);
    if (At == Size) {
        Status = Grow(Volume, Directory, &Data, &Size);
        At = FindFree(Data, Size, Long + 1);
    }
    if (NT_SUCCESS(Status)) {
        Entry->First = At;
        Entry->Last = At + Long * SLOT;
        FillLongSlots(Data + At, Long, Name, Entry->Raw.Name);
        *(PRAW_ENTRY)(Data + Entry->Last) = Entry->Raw;
        Status = WriteSlots(Volume, Directory, Data, Entry->First, Entry->Last);
    }
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
    Status = WriteSlots(Volume, Directory, Data, First, Last);
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

NTSTATUS FatUpdateEntry(PVOLUME Volume, ULONG Directory, ULONG Last, const RAW_ENTRY *Raw) {
    return FatReadWrite(Volume, IRP_MJ_WRITE, Directory, Last, sizeof *Raw, (PUCHAR)Raw);
}

/* ---- Times: local, in steps of two seconds from 1980 on ---- */

VOID FatStamp(PRAW_ENTRY Raw, BOOLEAN Created) {
    LARGE_INTEGER Now;
    TIME_FIELDS Fields;
    KeQuerySystemTime(&Now);
    ExSystemTimeToLocalTime(&Now, &Now);
    RtlTimeToTimeFields(&Now, &Fields);
    Raw->WriteDate = Raw->AccessDate = (USHORT)((Fields.Year - 1980) << 9 | Fields.Month << 5 | Fields.Day);
    Raw->WriteTime = (USHORT)(Fields.Hour << 11 | Fields.Minute << 5 | Fields.Second / 2);
    if (Created) {
        Raw->CreateDate = Raw->WriteDate;
        Raw->CreateTime = Raw->WriteTime;
    }
}

LARGE_INTEGER FatTime(USHORT Date, USHORT Time) {
    TIME_FIELDS Fields = {.Year = (CSHORT)(1980 + (Date >> 9)),
                          .Month = (Date >> 5) & 15,
                          .Day = Date & 31,
                          .Hour = (CSHORT)(Time >> 11),
                          .Minute = (Time >> 5) & 63,
                          .Second = (CSHORT)((Time & 31) * 2)};
    LARGE_INTEGER Result = {.QuadPart = 0};
    if (Date != 0 && RtlTimeFieldsToTime(&Fields, &Result))
        ExLocalTimeToSystemTime(&Result, &Result);
    return Result;
}
