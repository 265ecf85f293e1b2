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
        SIZE_T room = (Used + Size) * 2;
        PCHAR joined = ExAllocatePoolWithTag(PagedPool, room, CMP_TAG);
        if (joined == NULL)
            return CmpFailRead(Reader);
        if (Reader->Joined != NULL) {
            RtlCopyMemory(joined, Reader->Joined, Used);
            ExFreePoolWithTag(Reader->Joined, CMP_TAG);
        }
        Reader->Joined = joined;
        Reader->JoinedRoom = room;
    }
    RtlCopyMemory(Reader->Joined + Used, Bytes, Size);
    return TRUE;
}

static BOOLEAN CmpIsBlank(CHAR Char) { return Char == ' ' || Char == '\t' || Char == '\r'; }

/* One line of the file, without blanks around it. */
static VOID CmpCutLine(PCM_READER Reader) {
    const CHAR *end = Reader->Next;
    while (end < Reader->End && *end != '\n')
        end++;
    Reader->At = Reader->Next;
    Reader->Stop = end;
    Reader->Next = end < Reader->End ? end + 1 : end;
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
    SIZE_T used = 0;
    for (;;) {
        BOOLEAN more = Reader->At < Reader->Stop && Reader->Stop[-1] == '\\' && Reader->Next != Reader->End;
        SIZE_T size = (SIZE_T)(Reader->Stop - Reader->At) - more;
        if (!CmpJoin(Reader, used, Reader->At, size))
            return FALSE;
        used += size;
        if (!more)
            break;
        CmpCutLine(Reader);
    }
    Reader->At = Reader->Joined;
    Reader->Stop = Reader->Joined + used;
    return TRUE;
}

/* ---- Pieces ---- */
static BOOLEAN CmpTake(PCM_READER Reader, PCSTR Text) {
    SIZE_T length = strlen(Text);
    if ((SIZE_T)(Reader->Stop - Reader->At) < length || _strnicmp(Reader->At, Text, length) != 0)
        return FALSE;
    Reader->At += length;
    return TRUE;
}

/* Up to Count hexadecimal digits; the number of digits. */
static ULONG CmpTakeHex(PCM_READER Reader, ULONG Count, PULONG Number) {
    ULONG digits = 0;
    for (*Number = 0; digits < Count && Reader->At < Reader->Stop; digits++, Reader->At++) {
        CHAR digit = *Reader->At;
        ULONG value = digit >= '0' && digit <= '9'   ? (ULONG)(digit - '0')
                      : digit >= 'a' && digit <= 'f' ? (ULONG)(digit - 'a' + 10)
                      : digit >= 'A' && digit <= 'F' ? (ULONG)(digit - 'A' + 10)
                                                     : 16;
        if (value == 16)
            break;
        *Number = *Number * 16 + value;
    }
    return digits;
}

/* One UTF-8 character, shortest form, no surrogate, no control character but a tab; ~0: something else. */
static ULONG CmpTakeCharacter(PCM_READER Reader) {
    static const ULONG least[] = {0, 0x80, 0x800, 0x10000};
    UCHAR lead = (UCHAR)*Reader->At;
    ULONG more = lead < 0x80 ? 0 : lead >= 0xC0 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xF0 && lead < 0xF8 ? 3 : 4;
    if (more == 4 || (SIZE_T)(Reader->Stop - Reader->At) <= more)
        return ~0u;
    ULONG character = more == 0 ? lead : lead & (0x3Fu >> more);
    for (ULONG i = 1; i <= more; i++) {
        if ((Reader->At[i] & 0xC0) != 0x80)
            return ~0u;
        character = (character << 6) | (Reader->At[i] & 0x3Fu);
    }
    if (character < least[more] || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000) || (character < ' ' && character != '\t'))
        return ~0u;
    Reader->At += more + 1;
    return character;
}

/* Room for what the rest of the line can become. */
static BOOLEAN CmpReserveUnits(PCM_READER Reader) {
    SIZE_T room = (SIZE_T)(Reader->Stop - Reader->At) + 1;
    if (room <= Reader->UnitRoom)
        return TRUE;
    if (Reader->Units != NULL)
        ExFreePoolWithTag(Reader->Units, CMP_TAG);
    Reader->UnitRoom = 0;
    Reader->Units = ExAllocatePoolWithTag(PagedPool, room * sizeof(WCHAR), CMP_TAG);
    if (Reader->Units == NULL)
        return CmpFailRead(Reader);
    Reader->UnitRoom = room;
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
        ULONG character;
        if (*Reader->At != '\\') {
            character = CmpTakeCharacter(Reader);
            if (character == ~0u)
                return CmpComplain(Reader, "text that is not UTF-8, or a control character: left out");
        } else if (CmpTake(Reader, "\\\\")) {
            character = '\\';
        } else if (CmpTake(Reader, "\\\"")) {
            character = '"';
        } else if (!CmpTake(Reader, "\\u") || CmpTakeHex(Reader, 4, &character) != 4) {
            return CmpComplain(Reader, "a backslash in quotes that is not \\\\, \\\" or \\uXXXX: left out; write it twice");
        }
        CmpPutCharacter(Reader, Count, character);
    }
    return CmpTake(Reader, "\"") || CmpComplain(Reader, "text without its closing quote: left out");
}

/* ---- Keys ---- */
/* A part of a key's path: up to a single backslash or the end of the line. Two backslashes and four digits are a code unit. */
static BOOLEAN CmpTakePart(PCM_READER Reader, PUNICODE_STRING Name) {
    SIZE_T count = 0;
    if (!CmpReserveUnits(Reader))
        return FALSE;
    while (Reader->At < Reader->Stop) {
        ULONG character;
        if (CmpTake(Reader, "\\\\")) {
            if (CmpTakeHex(Reader, 4, &character) != 4)
                return CmpComplain(Reader, "an empty part in a key's path: the key and its values are left out");
        } else if (*Reader->At == '\\') {
            break;
        } else {
            character = CmpTakeCharacter(Reader);
        }
        if (character == ~0u)
            return CmpComplain(Reader, "a key whose name is not UTF-8, or has a control character: it and its values are left out");
        CmpPutCharacter(Reader, &count, character);
    }
    if (count == 0 || count * sizeof(WCHAR) > CMP_MAX_KEY_NAME)
        return CmpComplain(Reader, "a key with a part that is empty or longer than 256 characters: it and its values are left out");
    Name->Buffer = Reader->Units;
    Name->Length = Name->MaximumLength = (USHORT)(count * sizeof(WCHAR));
    return TRUE;
}

/* While the files are read CurrentControlSet leads nowhere yet: it is the set that the next boot would choose. */
static VOID CmpResolvePart(PCM_NODE Parent, PUNICODE_STRING Name) {
    UNICODE_STRING link, system;
    RtlInitUnicodeString(&link, L"CurrentControlSet");
    RtlInitUnicodeString(&system, L"SYSTEM");
    if (RtlEqualUnicodeString(Name, &link, TRUE) && RtlEqualUnicodeString(&Parent->Name, &system, TRUE) && Parent->Fixed)
        *Name = *CmpDefaultControlSet();
}

/* The path that is left, below Node, which becomes where it ends: *Found if it is all there. The parts of keys to be deleted are not made. */
static BOOLEAN CmpFollowPath(PCM_READER Reader, PCM_NODE *Node, BOOLEAN Create, PBOOLEAN Found) {
    ULONG depth = CmpDepth(*Node);
    *Found = TRUE;
    while (Reader->At < Reader->Stop) {
        UNICODE_STRING name;
        Reader->At++; /* a backslash */
        if (!CmpTakePart(Reader, &name))
            return FALSE;
        CmpResolvePart(*Node, &name);
        PCM_NODE child = *Found ? CmpFindChild(*Node, &name) : NULL;
        if (child == NULL && Create) {
            if (!(*Node)->Kept)
                return CmpComplain(Reader, "a key of a part of the registry that is made new at each boot: it and its values are left out");
            if (depth + 1 >= CMP_MAX_DEPTH)
                return CmpComplain(Reader, "a key deeper than 512 levels: it and its values are left out");
            child = CmpCreateNode(*Node, &name);
            if (child == NULL)
                return CmpFailRead(Reader);
        }
        *Found = child != NULL;
        if (child != NULL)
            *Node = child;
        depth++;
    }
    return TRUE;
}

static PCM_NODE CmpStartOfPath(PCM_READER Reader) {
    static const struct {
        PCSTR Name;
        PCWSTR Path;
    } roots[] = {
        {"HKEY_LOCAL_MACHINE", L"\\REGISTRY\\MACHINE"},
        {"HKEY_USERS", L"\\REGISTRY\\USER"},
        {"HKEY_CURRENT_USER", L"\\REGISTRY\\USER\\.DEFAULT"},
        {"HKEY_CLASSES_ROOT", L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes"},
    };
    for (ULONG i = 0; i < RTL_NUMBER_OF(roots); i++) {
        const CHAR *at = Reader->At;
        if (CmpTake(Reader, roots[i].Name) && (Reader->At == Reader->Stop || *Reader->At == '\\'))
            return CmpNodeByPath(roots[i].Path);
        Reader->At = at;
    }
    CmpComplain(Reader, "a key that does not begin with HKEY_LOCAL_MACHINE or HKEY_USERS: it and its values are left out");
    return NULL;
}

static VOID CmpReadKey(PCM_READER Reader) {
    BOOLEAN remove, found;
    Reader->Node = NULL;
    Reader->Skipping = TRUE;
    Reader->At++;
    if (Reader->At == Reader->Stop || Reader->Stop[-1] != ']') {
        CmpComplain(Reader, "a key without its closing bracket: it and its values are left out");
        return;
    }
    Reader->Stop--;
    remove = CmpTake(Reader, "-");
    PCM_NODE node = CmpStartOfPath(Reader);
    if (node == NULL || !CmpFollowPath(Reader, &node, !remove, &found))
        return;
    if (!remove) {
        Reader->Node = node;
        Reader->Skipping = FALSE;
    } else if (found && !node->Kept) {
        CmpComplain(Reader, "a key of a part of the registry that is made new at each boot: it is not deleted");
    } else if (found && node->Fixed) {
        CmpComplain(Reader, "the root of a hive cannot be deleted: left out");
    } else if (found) {
        CmpDeleteTree(node);
    }
}

/* ---- Values ---- */
static BOOLEAN CmpTakeBytes(PCM_READER Reader, PUCHAR Bytes, PULONG Size) {
    ULONG byte;
    for (*Size = 0; Reader->At < Reader->Stop;) {
        if (*Size != 0 && !CmpTake(Reader, ","))
            return FALSE;
        while (Reader->At < Reader->Stop && CmpIsBlank(*Reader->At))
            Reader->At++;
        if (CmpTakeHex(Reader, 2, &byte) == 0)
            return FALSE;
        Bytes[(*Size)++] = (UCHAR)byte;
    }
    return TRUE;
}

/* hex:..., hex(2):... */
static BOOLEAN CmpReadBytes(PCM_READER Reader, PCUNICODE_STRING Name) {
    ULONG type = REG_BINARY, size;
    if (CmpTake(Reader, "(")) {
        if (CmpTakeHex(Reader, 8, &type) == 0 || !CmpTake(Reader, ")"))
            return CmpComplain(Reader, "a type that is not hex(1) or the like: the value is left out");
    }
    if (!CmpTake(Reader, ":"))
        return CmpComplain(Reader, "hex without a colon: the value is left out");
    PUCHAR bytes = ExAllocatePoolWithTag(PagedPool, (SIZE_T)(Reader->Stop - Reader->At) + 1, CMP_TAG);
    if (bytes == NULL)
        return CmpFailRead(Reader);
    BOOLEAN good = CmpTakeBytes(Reader, bytes, &size) || CmpComplain(Reader, "bytes that are not like 00,01,ff: the value is left out");
    if (good && !NT_SUCCESS(CmpPutValue(Reader->Node, Name, type, bytes, size)))
        good = CmpFailRead(Reader);
    ExFreePoolWithTag(bytes, CMP_TAG);
    return good;
}

static BOOLEAN CmpReadData(PCM_READER Reader, PCUNICODE_STRING Name) {
    NTSTATUS status = STATUS_SUCCESS;
    SIZE_T count;
    ULONG number;
    if (CmpTake(Reader, "hex"))
        return CmpReadBytes(Reader, Name);
    if (CmpTake(Reader, "\"")) {
        if (!CmpTakeQuoted(Reader, &count))
            return FALSE;
        if (Reader->At == Reader->Stop) {
            Reader->Units[count] = 0;
            status = CmpPutValue(Reader->Node, Name, REG_SZ, Reader->Units, (ULONG)((count + 1) * sizeof(WCHAR)));
        }
    } else if (CmpTake(Reader, "dword:")) {
        if (CmpTakeHex(Reader, 8, &number) == 0)
            return CmpComplain(Reader, "dword: without a hexadecimal number: the value is left out");
        if (Reader->At == Reader->Stop)
            status = CmpPutValue(Reader->Node, Name, REG_DWORD, &number, sizeof(number));
    } else if (CmpTake(Reader, "-")) {
        if (Reader->At == Reader->Stop)
            CmpRemoveValue(Reader->Node, Name);
    } else {
        return CmpComplain(Reader, "data that are not \"text\", dword:, hex: or -: the value is left out");
    }
    if (!NT_SUCCESS(status))
        return CmpFailRead(Reader);
    return Reader->At == Reader->Stop || CmpComplain(Reader, "something behind the end of the data: the value is left out");
}

static BOOLEAN CmpReadValueLine(PCM_READER Reader) {
    UNICODE_STRING name = {0, 0, NULL};
    SIZE_T count = 0;
    BOOLEAN good = CmpTake(Reader, "@");
    if (!good) {
        if (!CmpTake(Reader, "\""))
            return Reader->Skipping || CmpComplain(Reader, "neither a key in brackets nor a value: left out");
        if (!CmpTakeQuoted(Reader, &count))
            return FALSE;
    }
    if (Reader->Node == NULL)
        return Reader->Skipping || CmpComplain(Reader, "a value without a key before it: left out");
    if (!Reader->Node->Kept)
        return CmpComplain(Reader, "a value of a key that is made new at each boot: left out");
    if (count * sizeof(WCHAR) > CMP_MAX_VALUE_NAME)
        return CmpComplain(Reader, "a value with a name longer than 16383 characters: left out");
    if (!CmpTake(Reader, "="))
        return CmpComplain(Reader, "a value without an equals sign behind its name: left out");
    if (count == 0)
        return CmpReadData(Reader, &name);

    name.Length = name.MaximumLength = (USHORT)(count * sizeof(WCHAR));
    name.Buffer = ExAllocatePoolWithTag(PagedPool, name.Length, CMP_TAG);
    if (name.Buffer == NULL)
        return CmpFailRead(Reader);
    RtlCopyMemory(name.Buffer, Reader->Units, name.Length);
    good = CmpReadData(Reader, &name);
    ExFreePoolWithTag(name.Buffer, CMP_TAG);
    return good;
}

/* ---- Comments that say what .reg text has no words for; one that makes no sense is a comment. ---- */
static BOOLEAN CmpTakeDecimal(PCM_READER Reader, ULONG Digits, PULONG Number) {
    for (*Number = 0; Digits > 0 && Reader->At < Reader->Stop && *Reader->At >= '0' && *Reader->At <= '9'; Digits--, Reader->At++)
        *Number = *Number * 10 + (ULONG)(*Reader->At - '0');
    return Digits == 0;
}

static VOID CmpReadTime(PCM_READER Reader) {
    static const CHAR between[] = "-- ::.";
    ULONG number[7] = {0};
    LARGE_INTEGER time;
    for (ULONG i = 0; i < RTL_NUMBER_OF(number); i++) {
        if (i != 0 && (Reader->At == Reader->Stop || *Reader->At++ != between[i - 1]))
            return;
        if (!CmpTakeDecimal(Reader, i == 0 ? 4 : i == 6 ? 7 : 2, &number[i]))
            return;
    }
    TIME_FIELDS fields = {(SHORT)number[0], (SHORT)number[1], (SHORT)number[2], (SHORT)number[3], (SHORT)number[4], (SHORT)number[5], 0, 0};
    if (RtlTimeFieldsToTime(&fields, &time))
        Reader->Node->LastWriteTime.QuadPart = time.QuadPart + number[6];
}

static BOOLEAN CmpReadClass(PCM_READER Reader) {
    SIZE_T count;
    if (!CmpTake(Reader, "\"") || !CmpTakeQuoted(Reader, &count) || count > MAXUSHORT / sizeof(WCHAR) - 1)
        return FALSE;
    PWSTR name = count != 0 ? ExAllocatePoolWithTag(PagedPool, count * sizeof(WCHAR), CMP_TAG) : NULL;
    if (count != 0 && name == NULL)
        return CmpFailRead(Reader);
    if (Reader->Node->Class.Buffer != NULL)
        ExFreePool(Reader->Node->Class.Buffer);
    Reader->Node->Class.Buffer = name;
    Reader->Node->Class.Length = Reader->Node->Class.MaximumLength = (USHORT)(count * sizeof(WCHAR));
    if (count != 0)
        RtlCopyMemory(name, Reader->Units, count * sizeof(WCHAR));
    return TRUE;
}

/* A descriptor whose owner or DACL is missing would let everybody in: it is left out. */
static VOID CmpReadSecurity(PCM_READER Reader) {
    SIZE_T count = (SIZE_T)(Reader->Stop - Reader->At);
    PSECURITY_DESCRIPTOR descriptor;
    PWSTR text = ExAllocatePoolWithTag(PagedPool, (count + 1) * sizeof(WCHAR), CMP_TAG);
    if (text == NULL) {
        CmpFailRead(Reader);
        return;
    }
    for (SIZE_T i = 0; i < count; i++)
        text[i] = (UCHAR)Reader->At[i];
    text[count] = 0;
    if (NT_SUCCESS(SeParseDescriptor(text, &descriptor))) {
        if (RtlValidRelativeSecurityDescriptor(descriptor, RtlLengthSecurityDescriptor(descriptor),
                                               OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)) {
            if (Reader->Node->Security != NULL)
                ExFreePool(Reader->Node->Security);
            Reader->Node->Security = descriptor;
        } else {
            ExFreePool(descriptor);
        }
    }
    ExFreePoolWithTag(text, CMP_TAG);
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
    BOOLEAN first = TRUE;
    while (NT_SUCCESS(Reader->Status) && CmpNextLine(Reader)) {
        if (Reader->At == Reader->Stop)
            continue;
        if (*Reader->At == ';') {
            CmpReadComment(Reader);
            continue;
        }
        if (CmpTake(Reader, CMP_REG_HEADER) && Reader->At == Reader->Stop) {
            first = FALSE;
            continue;
        }
        if (first) {
            CmpComplain(Reader, "\"" CMP_REG_HEADER "\" is missing before this line; it is read all the same");
            first = FALSE;
        }
        if (*Reader->At == '[')
            CmpReadKey(Reader);
        else
            CmpReadValueLine(Reader);
    }
}

/* UTF-16LE, as regedit exports it. */
static NTSTATUS CmpReadWide(PCSTR FileName, const CHAR *Text, SIZE_T Size, PCM_READ_RESULT Result) {
    ULONG bytes = 0;
    if (Size > MAXULONG / 4)
        return STATUS_INSUFFICIENT_RESOURCES;
    PCHAR narrow = ExAllocatePoolWithTag(PagedPool, Size / 2 * 3 + 1, CMP_TAG);
    if (narrow == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlUnicodeToUTF8N(narrow, (ULONG)(Size / 2 * 3), &bytes, (PCWSTR)Text, (ULONG)(Size & ~1ull));
    NTSTATUS status = CmpReadText(FileName, narrow, bytes, Result);
    ExFreePoolWithTag(narrow, CMP_TAG);
    return status;
}

NTSTATUS CmpReadText(PCSTR FileName, const CHAR *Text, SIZE_T Size, PCM_READ_RESULT Result) {
    CM_READER reader = {.FileName = FileName, .Next = Text, .End = Text + Size, .NextLine = 1, .Result = Result};
    if (Size >= 2 && Text[0] == '\xFF' && Text[1] == '\xFE')
        return CmpReadWide(FileName, Text + 2, Size - 2, Result);
    if (Size >= 3 && Text[0] == '\xEF' && Text[1] == '\xBB' && Text[2] == '\xBF')
        reader.Next += 3;
    CmpReadLines(&reader);
    if (reader.Joined != NULL)
        ExFreePoolWithTag(reader.Joined, CMP_TAG);
    if (reader.Units != NULL)
        ExFreePoolWithTag(reader.Units, CMP_TAG);
    return reader.Status;
}
