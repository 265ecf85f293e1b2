/* Names of new entries: what may be one, the short name that goes with it, and the slots of the long one. */
#include "fat.h"

#define LONG_NAME 0x0F
#define LAST_LONG 0x40
#define PER_SLOT  RTL_NUMBER_OF(FatPositions)

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
        for (ULONG Slot = 0; Slot + SLOT <= Size && Data[Slot] != 0 && !Taken; Slot += SLOT)
            Taken = RtlCompareMemory(Data + Slot, Short, 11) == 11;
        if (!Taken)
            return;
    }
}

ULONG FatMakeShort(PCUNICODE_STRING Name, const UCHAR *Data, ULONG Size, UCHAR *Short) {
    if (MakeShort(Name, Short))
        return 0;
    MakeUnique(Data, Size, Short);
    return (Name->Length / sizeof(WCHAR) + PER_SLOT - 1) / PER_SLOT;
}

VOID FatFillLong(PUCHAR Slots, ULONG Count, PCUNICODE_STRING Name, const UCHAR *Short) {
    ULONG Length = Name->Length / sizeof(WCHAR);
    for (ULONG Index = 0; Index < Count; Index++) {
        PUCHAR Slot = Slots + (Count - 1 - Index) * SLOT;
        RtlZeroMemory(Slot, SLOT);
        Slot[0] = (UCHAR)((Index + 1) | (Index + 1 == Count ? LAST_LONG : 0));
        Slot[11] = LONG_NAME;
        Slot[13] = FatChecksum(Short);
        for (ULONG Character = 0; Character < PER_SLOT; Character++) {
            ULONG Number = Index * PER_SLOT + Character;
            WCHAR Value = Number < Length ? Name->Buffer[Number] : Number == Length ? 0 : 0xFFFF;
            Slot[FatPositions[Character]] = (UCHAR)Value;
            Slot[FatPositions[Character] + 1] = (UCHAR)(Value >> 8);
        }
    }
}
