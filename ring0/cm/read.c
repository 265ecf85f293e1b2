/* Reading .reg text: what this machine wrote, what regedit exported, what a person typed. A line that makes no sense is told of and left out; the rest counts. */
#include "cm/store.h"
#include "se/se.h"
#include "kd/kd.h"
#include "ke/ke.h"

#define MAX_COMPLAINTS 8u /* messages for one file */

typedef struct _CM_READER {
    PCSTR FileName;
    const CHAR *Next, *End; /* what has not been read */
    const CHAR *At, *Stop;  /* what is left of the line; both in the file, or in Joined */
    PCHAR Joined;           /* pool: lines that a backslash at the end of the line puts together */
    SIZE_T JoinedRoom;
    ULONG Line, NextLine; /* numbers */
    PCM_NODE Node;        /* of the last key line; NULL: there was none, or it was wrong */
    BOOLEAN Skipping;     /* values have no key because of an error that was told of */
    PWSTR Units;          /* pool: names and strings as they are decoded */
    SIZE_T UnitRoom;
    PCM_READ_RESULT Result;
    NTSTATUS Status; /* STATUS_INSUFFICIENT_RESOURCES ends it */
} CM_READER, *PCM_READER;

/* FALSE, for `return`. */
static BOOLEAN CmpComplain(PCM_READER Reader, PCSTR Problem) {
    Reader->Result->Complaints++;
    if (Reader->Result->Complaints <= MAX_COMPLAINTS)
        KdMessage("%s, line %lu: %s", Reader->FileName, Reader->Line, Problem);
    else if (Reader->Result->Complaints == MAX_COMPLAINTS + 1)
        KdMessage("%s, line %lu and later: more lines are wrong and left out", Reader->FileName, Reader->Line);
    return FALSE;
}

static BOOLEAN CmpFailRead(PCM_READER Reader) {
    Reader->Status = STATUS_INSUFFICIENT_RESOURCES;
    return FALSE;
}

/* ---- Lines ---- */
static BOOLEAN CmpJoin(PCM_READER Reader, SIZE_T Used, const CHAR *Bytes, SIZE_T Size) {
    if (Used + Size > Reader->JoinedRoom) {
        SIZE_T Room = (Used + Size) * 2;
        PCHAR Joined = ExAllocatePoolWithTag(PagedPool, Room, CMP_TAG);
        if (Joined == NULL)
            return CmpFailRead(Reader);
        if (Reader->Joined != NULL) {
            RtlCopyMemory(Joined, Reader->Joined, Used);
            ExFreePoolWithTag(Reader->Joined, CMP_TAG);
        }
        Reader->Joined = Joined;
        Reader->JoinedRoom = Room;
    }
    RtlCopyMemory(Reader->Joined + Used, Bytes, Size);
    return TRUE;
}

static BOOLEAN CmpIsBlank(CHAR Char) { return Char == ' ' || Char == '\t' || Char == '\r'; }

/* One line of the file, without blanks around it. */
static VOID CmpCutLine(PCM_READER Reader) {
    const CHAR *End = Reader->Next;
    while (End < Reader->End && *End != '\n')
        End++;
    Reader->At = Reader->Next;
    Reader->Stop = End;
    Reader->Next = End < Reader->End ? End + 1 : End;
    Reader->NextLine++;
    while (Reader->At < Reader->Stop && CmpIsBlank(*Reader->At))
        Reader->At++;
    while (Reader->At < Reader->Stop && CmpIsBlank(Reader->Stop[-1]))
        Reader->Stop--;
}

/* Bytes of a value may go on after a backslash; keys and comments do not. */
static BOOLEAN CmpNextLine(PCM_READER Reader) {
    if (Reader->Next == Reader->End)
        return FALSE;
    Reader->Line = Reader->NextLine;
    CmpCutLine(Reader);
    if (Reader->At == Reader->Stop || Reader->Stop[-1] != '\\' || *Reader->At == '[' || *Reader->At == ';')
        return TRUE;
    SIZE_T Used = 0;
    for (;;) {
        BOOLEAN More = Reader->At < Reader->Stop && Reader->Stop[-1] == '\\' && Reader->Next != Reader->End;
        SIZE_T Size = (SIZE_T)(Reader->Stop - Reader->At) - More;
        if (!CmpJoin(Reader, Used, Reader->At, Size))
            return FALSE;
        Used += Size;
        if (!More)
            break;
        CmpCutLine(Reader);
    }
    Reader->At = Reader->Joined;
    Reader->Stop = Reader->Joined + Used;
    return TRUE;
}

/* ---- Pieces ---- */
static BOOLEAN CmpTake(PCM_READER Reader, PCSTR Text) {
    SIZE_T Length = strlen(Text);
    if ((SIZE_T)(Reader->Stop - Reader->At) < Length || _strnicmp(Reader->At, Text, Length) != 0)
        return FALSE;
    Reader->At += Length;
    return TRUE;
}

/* Up to Count hexadecimal digits; the number of digits. */
static ULONG CmpTakeHex(PCM_READER Reader, ULONG Count, PULONG Number) {
    ULONG Digits = 0;
    for (*Number = 0; Digits < Count && Reader->At < Reader->Stop; Digits++, Reader->At++) {
        CHAR Digit = *Reader->At;
        ULONG Value = Digit >= '0' && Digit <= '9'   ? (ULONG)(Digit - '0')
                      : Digit >= 'a' && Digit <= 'f' ? (ULONG)(Digit - 'a' + 10)
                      : Digit >= 'A' && Digit <= 'F' ? (ULONG)(Digit - 'A' + 10)
                                                     : 16;
        if (Value == 16)
            break;
        *Number = *Number * 16 + Value;
    }
    return Digits;
}

/* One UTF-8 character, shortest form, no surrogate, no control character but a tab; ~0: something else. */
static ULONG CmpTakeCharacter(PCM_READER Reader) {
    static const ULONG Least[] = {0, 0x80, 0x800, 0x10000};
    UCHAR Lead = (UCHAR)*Reader->At;
    ULONG More = Lead < 0x80 ? 0 : Lead >= 0xC0 && Lead < 0xE0 ? 1 : Lead >= 0xE0 && Lead < 0xF0 ? 2 : Lead >= 0xF0 && Lead < 0xF8 ? 3 : 4;
    if (More == 4 || (SIZE_T)(Reader->Stop - Reader->At) <= More)
        return ~0u;
    ULONG Character = More == 0 ? Lead : Lead & (0x3Fu >> More);
    for (ULONG I = 1; I <= More; I++) {
        if ((Reader->At[I] & 0xC0) != 0x80)
            return ~0u;
        Character = (Character << 6) | (Reader->At[I] & 0x3Fu);
    }
    if (Character < Least[More] || Character > 0x10FFFF || (Character >= 0xD800 && Character < 0xE000) || (Character < ' ' && Character != '\t'))
        return ~0u;
    Reader->At += More + 1;
    return Character;
}

/* Room for what the rest of the line can become. */
static BOOLEAN CmpReserveUnits(PCM_READER Reader) {
    SIZE_T Room = (SIZE_T)(Reader->Stop - Reader->At) + 1;
    if (Room <= Reader->UnitRoom)
        return TRUE;
    if (Reader->Units != NULL)
        ExFreePoolWithTag(Reader->Units, CMP_TAG);
    Reader->UnitRoom = 0;
    Reader->Units = ExAllocatePoolWithTag(PagedPool, Room * sizeof(WCHAR), CMP_TAG);
    if (Reader->Units == NULL)
        return CmpFailRead(Reader);
    Reader->UnitRoom = Room;
    return TRUE;
}

static VOID CmpPutCharacter(PCM_READER Reader, PSIZE_T Count, ULONG Character) {
    if (Character >= 0x10000) {
        Reader->Units[(*Count)++] = (WCHAR)(0xD800 + ((Character - 0x10000) >> 10));
        Character = 0xDC00 + ((Character - 0x10000) & 0x3FF);
    }
    Reader->Units[(*Count)++] = (WCHAR)Character;
}

/* What is between quotes, into Units; the first quote has been taken. */
static BOOLEAN CmpTakeQuoted(PCM_READER Reader, PSIZE_T Count) {
    *Count = 0;
    if (!CmpReserveUnits(Reader))
        return FALSE;
    while (Reader->At < Reader->Stop && *Reader->At != '"') {
        ULONG Character;
        if (*Reader->At != '\\') {
            Character = CmpTakeCharacter(Reader);
            if (Character == ~0u)
                return CmpComplain(Reader, "text that is not UTF-8, or a control character: left out");
        } else if (CmpTake(Reader, "\\\\")) {
            Character = '\\';
        } else if (CmpTake(Reader, "\\\"")) {
            Character = '"';
        } else if (!CmpTake(Reader, "\\u") || CmpTakeHex(Reader, 4, &Character) != 4) {
            return CmpComplain(Reader, "a backslash in quotes that is not \\\\, \\\" or \\uXXXX: left out; write it twice");
        }
        CmpPutCharacter(Reader, Count, Character);
    }
    return CmpTake(Reader, "\"") || CmpComplain(Reader, "text without its closing quote: left out");
}

/* ---- Keys ---- */
/* A part of a key's path: up to a single backslash or the end of the line. Two backslashes and four digits are a code unit. */
static BOOLEAN CmpTakePart(PCM_READER Reader, PUNICODE_STRING Name) {
    SIZE_T Count = 0;
    if (!CmpReserveUnits(Reader))
        return FALSE;
    while (Reader->At < Reader->Stop) {
        ULONG Character;
        if (CmpTake(Reader, "\\\\")) {
            if (CmpTakeHex(Reader, 4, &Character) != 4)
                return CmpComplain(Reader, "an empty part in a key's path: the key and its values are left out");
        } else if (*Reader->At == '\\') {
            break;
        } else {
            Character = CmpTakeCharacter(Reader);
        }
        if (Character == ~0u)
            return CmpComplain(Reader, "a key whose name is not UTF-8, or has a control character: it and its values are left out");
        CmpPutCharacter(Reader, &Count, Character);
    }
    if (Count == 0 || Count * sizeof(WCHAR) > CMP_MAX_KEY_NAME)
        return CmpComplain(Reader, "a key with a part that is empty or longer than 256 characters: it and its values are left out");
    Name->Buffer = Reader->Units;
    Name->Length = Name->MaximumLength = (USHORT)(Count * sizeof(WCHAR));
    return TRUE;
}

/* While the files are read CurrentControlSet leads nowhere yet: it is the set that the next boot would choose. */
static VOID CmpResolvePart(PCM_NODE Parent, PUNICODE_STRING Name) {
    UNICODE_STRING Link, System;
    RtlInitUnicodeString(&Link, L"CurrentControlSet");
    RtlInitUnicodeString(&System, L"SYSTEM");
    if (RtlEqualUnicodeString(Name, &Link, TRUE) && RtlEqualUnicodeString(&Parent->Name, &System, TRUE) && Parent->Fixed)
        *Name = *CmpDefaultControlSet();
}

/* The path that is left, below Node, which becomes where it ends: *Found if it is all there. The parts of keys to be deleted are not made. */
static BOOLEAN CmpFollowPath(PCM_READER Reader, PCM_NODE *Node, BOOLEAN Create, PBOOLEAN Found) {
    ULONG Depth = CmpDepth(*Node);
    *Found = TRUE;
    while (Reader->At < Reader->Stop) {
        UNICODE_STRING Name;
        Reader->At++; /* a backslash */
        if (!CmpTakePart(Reader, &Name))
            return FALSE;
        CmpResolvePart(*Node, &Name);
        PCM_NODE Child = *Found ? CmpFindChild(*Node, &Name) : NULL;
        if (Child == NULL && Create) {
            if (!(*Node)->Kept)
                return CmpComplain(Reader, "a key of a part of the registry that is made new at each boot: it and its values are left out");
            if (Depth + 1 >= CMP_MAX_DEPTH)
                return CmpComplain(Reader, "a key deeper than 512 levels: it and its values are left out");
            Child = CmpCreateNode(*Node, &Name);
            if (Child == NULL)
                return CmpFailRead(Reader);
        }
        *Found = Child != NULL;
        if (Child != NULL)
            *Node = Child;
        Depth++;
    }
    return TRUE;
}

static PCM_NODE CmpStartOfPath(PCM_READER Reader) {
    static const struct {
        PCSTR Name;
        PCWSTR Path;
    } Roots[] = {
        {"HKEY_LOCAL_MACHINE", L"\\REGISTRY\\MACHINE"},
        {"HKEY_USERS", L"\\REGISTRY\\USER"},
        {"HKEY_CURRENT_USER", L"\\REGISTRY\\USER\\.DEFAULT"},
        {"HKEY_CLASSES_ROOT", L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes"},
    };
    for (ULONG I = 0; I < RTL_NUMBER_OF(Roots); I++) {
        const CHAR *At = Reader->At;
        if (CmpTake(Reader, Roots[I].Name) && (Reader->At == Reader->Stop || *Reader->At == '\\'))
            return CmpNodeByPath(Roots[I].Path);
        Reader->At = At;
    }
    CmpComplain(Reader, "a key that does not begin with HKEY_LOCAL_MACHINE or HKEY_USERS: it and its values are left out");
    return NULL;
}

static VOID CmpReadKey(PCM_READER Reader) {
    BOOLEAN Remove, Found;
    Reader->Node = NULL;
    Reader->Skipping = TRUE;
    Reader->At++;
    if (Reader->At == Reader->Stop || Reader->Stop[-1] != ']') {
        CmpComplain(Reader, "a key without its closing bracket: it and its values are left out");
        return;
    }
    Reader->Stop--;
    Remove = CmpTake(Reader, "-");
    PCM_NODE Node = CmpStartOfPath(Reader);
    if (Node == NULL || !CmpFollowPath(Reader, &Node, !Remove, &Found))
        return;
    if (!Remove) {
        Reader->Node = Node;
        Reader->Skipping = FALSE;
    } else if (Found && !Node->Kept) {
        CmpComplain(Reader, "a key of a part of the registry that is made new at each boot: it is not deleted");
    } else if (Found && Node->Fixed) {
        CmpComplain(Reader, "the root of a hive cannot be deleted: left out");
    } else if (Found) {
        CmpDeleteTree(Node);
    }
}

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
