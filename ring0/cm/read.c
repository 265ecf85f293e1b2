/* Reading .reg text: what this machine wrote, what regedit exported, what a person typed. A line that makes no sense is told of and left out; the rest counts. */
#include "cm/reader.h"
#include "se/se.h"

/* ---- Values ---- */
static BOOLEAN CmpTakeBytes(PCM_READER Reader, PUCHAR Bytes, PULONG Size) {
    ULONG Byte;
    for (*Size = 0; Reader->At < Reader->Stop;) {
        if (*Size != 0 && !CmpTake(Reader, ","))
            return FALSE;
        while (Reader->At < Reader->Stop && CmpIsBlank(*Reader->At))
            Reader->At++;
        if (CmpTakeHex(Reader, 2, &Byte) == 0)
            return FALSE;
        Bytes[(*Size)++] = (UCHAR)Byte;
    }
    return TRUE;
}

/* hex:..., hex(2):... */
static BOOLEAN CmpReadBytes(PCM_READER Reader, PCUNICODE_STRING Name) {
    ULONG Type = REG_BINARY, Size;
    if (CmpTake(Reader, "(")) {
        if (CmpTakeHex(Reader, 8, &Type) == 0 || !CmpTake(Reader, ")"))
            return CmpComplain(Reader, "a type that is not hex(1) or the like: the value is left out");
    }
    if (!CmpTake(Reader, ":"))
        return CmpComplain(Reader, "hex without a colon: the value is left out");
    PUCHAR Bytes = ExAllocatePoolWithTag(PagedPool, (SIZE_T)(Reader->Stop - Reader->At) + 1, CMP_TAG);
    if (Bytes == NULL)
        return CmpFailRead(Reader);
    BOOLEAN Good = CmpTakeBytes(Reader, Bytes, &Size) || CmpComplain(Reader, "bytes that are not like 00,01,ff: the value is left out");
    if (Good && !NT_SUCCESS(CmpPutValue(Reader->Node, Name, Type, Bytes, Size)))
        Good = CmpFailRead(Reader);
    ExFreePoolWithTag(Bytes, CMP_TAG);
    return Good;
}

static BOOLEAN CmpReadData(PCM_READER Reader, PCUNICODE_STRING Name) {
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Count;
    ULONG Number;
    if (CmpTake(Reader, "hex"))
        return CmpReadBytes(Reader, Name);
    if (CmpTake(Reader, "\"")) {
        if (!CmpTakeQuoted(Reader, &Count))
            return FALSE;
        if (Reader->At == Reader->Stop) {
            Reader->Units[Count] = 0;
            Status = CmpPutValue(Reader->Node, Name, REG_SZ, Reader->Units, (ULONG)((Count + 1) * sizeof(WCHAR)));
        }
    } else if (CmpTake(Reader, "dword:")) {
        if (CmpTakeHex(Reader, 8, &Number) == 0)
            return CmpComplain(Reader, "dword: without a hexadecimal number: the value is left out");
        if (Reader->At == Reader->Stop)
            Status = CmpPutValue(Reader->Node, Name, REG_DWORD, &Number, sizeof(Number));
    } else if (CmpTake(Reader, "-")) {
        if (Reader->At == Reader->Stop)
            CmpRemoveValue(Reader->Node, Name);
    } else {
        return CmpComplain(Reader, "data that are not \"text\", dword:, hex: or -: the value is left out");
    }
    if (!NT_SUCCESS(Status))
        return CmpFailRead(Reader);
    return Reader->At == Reader->Stop || CmpComplain(Reader, "something behind the end of the data: the value is left out");
}

static BOOLEAN CmpReadValueLine(PCM_READER Reader) {
    UNICODE_STRING Name = {0, 0, NULL};
    SIZE_T Count = 0;
    BOOLEAN Good = CmpTake(Reader, "@");
    if (!Good) {
        if (!CmpTake(Reader, "\""))
            return Reader->Skipping || CmpComplain(Reader, "neither a key in brackets nor a value: left out");
        if (!CmpTakeQuoted(Reader, &Count))
            return FALSE;
    }
    if (Reader->Node == NULL)
        return Reader->Skipping || CmpComplain(Reader, "a value without a key before it: left out");
    if (!Reader->Node->Kept)
        return CmpComplain(Reader, "a value of a key that is made new at each boot: left out");
    if (Count * sizeof(WCHAR) > CMP_MAX_VALUE_NAME)
        return CmpComplain(Reader, "a value with a name longer than 16383 characters: left out");
    if (!CmpTake(Reader, "="))
        return CmpComplain(Reader, "a value without an equals sign behind its name: left out");
    if (Count == 0)
        return CmpReadData(Reader, &Name);

    Name.Length = Name.MaximumLength = (USHORT)(Count * sizeof(WCHAR));
    Name.Buffer = ExAllocatePoolWithTag(PagedPool, Name.Length, CMP_TAG);
    if (Name.Buffer == NULL)
        return CmpFailRead(Reader);
    RtlCopyMemory(Name.Buffer, Reader->Units, Name.Length);
    Good = CmpReadData(Reader, &Name);
    ExFreePoolWithTag(Name.Buffer, CMP_TAG);
    return Good;
}

/* ---- Comments that say what .reg text has no words for; one that makes no sense is a comment. ---- */
static BOOLEAN CmpTakeDecimal(PCM_READER Reader, ULONG Digits, PULONG Number) {
    for (*Number = 0; Digits > 0 && Reader->At < Reader->Stop && *Reader->At >= '0' && *Reader->At <= '9'; Digits--, Reader->At++)
        *Number = *Number * 10 + (ULONG)(*Reader->At - '0');
    return Digits == 0;
}

static VOID CmpReadTime(PCM_READER Reader) {
    static const CHAR Between[] = "-- ::.";
    ULONG Number[7] = {0};
    LARGE_INTEGER Time;
    for (ULONG I = 0; I < RTL_NUMBER_OF(Number); I++) {
        if (I != 0 && (Reader->At == Reader->Stop || *Reader->At++ != Between[I - 1]))
            return;
        if (!CmpTakeDecimal(Reader, I == 0 ? 4 : I == 6 ? 7 : 2, &Number[I]))
            return;
    }
    TIME_FIELDS Fields = {(SHORT)Number[0], (SHORT)Number[1], (SHORT)Number[2], (SHORT)Number[3], (SHORT)Number[4], (SHORT)Number[5], 0, 0};
    if (RtlTimeFieldsToTime(&Fields, &Time))
        Reader->Node->LastWriteTime.QuadPart = Time.QuadPart + Number[6];
}

static BOOLEAN CmpReadClass(PCM_READER Reader) {
    SIZE_T Count;
    if (!CmpTake(Reader, "\"") || !CmpTakeQuoted(Reader, &Count) || Count > MAXUSHORT / sizeof(WCHAR) - 1)
        return FALSE;
    PWSTR Name = Count != 0 ? ExAllocatePoolWithTag(PagedPool, Count * sizeof(WCHAR), CMP_TAG) : NULL;
    if (Count != 0 && Name == NULL)
        return CmpFailRead(Reader);
    if (Reader->Node->Class.Buffer != NULL)
        ExFreePool(Reader->Node->Class.Buffer);
    Reader->Node->Class.Buffer = Name;
    Reader->Node->Class.Length = Reader->Node->Class.MaximumLength = (USHORT)(Count * sizeof(WCHAR));
    if (Count != 0)
        RtlCopyMemory(Name, Reader->Units, Count * sizeof(WCHAR));
    return TRUE;
}

/* A descriptor whose owner or DACL is missing would let everybody in: it is left out. */
static VOID CmpReadSecurity(PCM_READER Reader) {
    SIZE_T Count = (SIZE_T)(Reader->Stop - Reader->At);
    PSECURITY_DESCRIPTOR Descriptor;
    PWSTR Text = ExAllocatePoolWithTag(PagedPool, (Count + 1) * sizeof(WCHAR), CMP_TAG);
    if (Text == NULL) {
        CmpFailRead(Reader);
        return;
    }
    for (SIZE_T I = 0; I < Count; I++)
        Text[I] = (UCHAR)Reader->At[I];
    Text[Count] = 0;
    if (NT_SUCCESS(SeParseDescriptor(Text, &Descriptor))) {
        if (RtlValidRelativeSecurityDescriptor(Descriptor, RtlLengthSecurityDescriptor(Descriptor),
                                               OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)) {
            if (Reader->Node->Security != NULL)
                ExFreePool(Reader->Node->Security);
            Reader->Node->Security = Descriptor;
        } else {
            ExFreePool(Descriptor);
        }
    }
    ExFreePoolWithTag(Text, CMP_TAG);
}

static VOID CmpReadComment(PCM_READER Reader) {
    if (CmpTake(Reader, CMP_ALL_COMMENT) && Reader->At == Reader->Stop) {
        Reader->Result->Complete = TRUE;
    } else if (Reader->Node != NULL && Reader->Node->Kept && !Reader->Node->Fixed) {
        if (CmpTake(Reader, CMP_TIME_COMMENT))
            CmpReadTime(Reader);
        else if (CmpTake(Reader, CMP_CLASS_COMMENT))
            CmpReadClass(Reader);
        else if (CmpTake(Reader, CMP_SECURITY_COMMENT))
            CmpReadSecurity(Reader);
        else if (CmpTake(Reader, CMP_LINK_COMMENT) && Reader->At == Reader->Stop)
            Reader->Node->Link = TRUE;
    }
}

/* ---- The file ---- */
static VOID CmpReadLines(PCM_READER Reader) {
    BOOLEAN First = TRUE;
    while (NT_SUCCESS(Reader->Status) && CmpNextLine(Reader)) {
        if (Reader->At == Reader->Stop)
            continue;
        if (*Reader->At == ';') {
            CmpReadComment(Reader);
            continue;
        }
        if (CmpTake(Reader, CMP_REG_HEADER) && Reader->At == Reader->Stop) {
            First = FALSE;
            continue;
        }
        if (First) {
            CmpComplain(Reader, "\"" CMP_REG_HEADER "\" is missing before this line; it is read all the same");
            First = FALSE;
        }
        if (*Reader->At == '[')
            CmpReadKey(Reader);
        else
            CmpReadValueLine(Reader);
    }
}

/* UTF-16LE, as regedit exports it. */
static NTSTATUS CmpReadWide(PCSTR FileName, const CHAR *Text, SIZE_T Size, PCM_READ_RESULT Result) {
    ULONG Bytes = 0;
    if (Size > MAXULONG / 4)
        return STATUS_INSUFFICIENT_RESOURCES;
    PCHAR Narrow = ExAllocatePoolWithTag(PagedPool, Size / 2 * 3 + 1, CMP_TAG);
    if (Narrow == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlUnicodeToUTF8N(Narrow, (ULONG)(Size / 2 * 3), &Bytes, (PCWSTR)Text, (ULONG)(Size & ~1ull));
    NTSTATUS Status = CmpReadText(FileName, Narrow, Bytes, Result);
    ExFreePoolWithTag(Narrow, CMP_TAG);
    return Status;
}

NTSTATUS CmpReadText(PCSTR FileName, const CHAR *Text, SIZE_T Size, PCM_READ_RESULT Result) {
    CM_READER Reader = {.FileName = FileName, .Next = Text, .End = Text + Size, .NextLine = 1, .Result = Result};
    if (Size >= 2 && Text[0] == '\xFF' && Text[1] == '\xFE')
        return CmpReadWide(FileName, Text + 2, Size - 2, Result);
    if (Size >= 3 && Text[0] == '\xEF' && Text[1] == '\xBB' && Text[2] == '\xBF')
        Reader.Next += 3;
    CmpReadLines(&Reader);
    if (Reader.Joined != NULL)
        ExFreePoolWithTag(Reader.Joined, CMP_TAG);
    if (Reader.Units != NULL)
        ExFreePoolWithTag(Reader.Units, CMP_TAG);
    return Reader.Status;
}
