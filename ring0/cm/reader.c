/* The lines of .reg text and the pieces they are made of. */
#include "cm/reader.h"
#include "kd/kd.h"

#define MAX_COMPLAINTS 8u /* messages for one file */

BOOLEAN CmpComplain(PCM_READER Reader, PCSTR Problem) {
    Reader->Result->Complaints++;
    if (Reader->Result->Complaints <= MAX_COMPLAINTS)
        KdMessage("%s, line %lu: %s", Reader->FileName, Reader->Line, Problem);
    else if (Reader->Result->Complaints == MAX_COMPLAINTS + 1)
        KdMessage("%s, line %lu and later: more lines are wrong and left out", Reader->FileName, Reader->Line);
    return FALSE;
}

BOOLEAN CmpFailRead(PCM_READER Reader) {
    Reader->Status = STATUS_INSUFFICIENT_RESOURCES;
    return FALSE;
}

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

BOOLEAN CmpIsBlank(CHAR Char) { return Char == ' ' || Char == '\t' || Char == '\r'; }

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

BOOLEAN CmpNextLine(PCM_READER Reader) {
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

BOOLEAN CmpTake(PCM_READER Reader, PCSTR Text) {
    SIZE_T Length = strlen(Text);
    if ((SIZE_T)(Reader->Stop - Reader->At) < Length || _strnicmp(Reader->At, Text, Length) != 0)
        return FALSE;
    Reader->At += Length;
    return TRUE;
}

ULONG CmpTakeHex(PCM_READER Reader, ULONG Count, PULONG Number) {
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

ULONG CmpTakeCharacter(PCM_READER Reader) {
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

BOOLEAN CmpReserveUnits(PCM_READER Reader) {
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

VOID CmpPutCharacter(PCM_READER Reader, PSIZE_T Count, ULONG Character) {
    if (Character >= 0x10000) {
        Reader->Units[(*Count)++] = (WCHAR)(0xD800 + ((Character - 0x10000) >> 10));
        Character = 0xDC00 + ((Character - 0x10000) & 0x3FF);
    }
    Reader->Units[(*Count)++] = (WCHAR)Character;
}

BOOLEAN CmpTakeQuoted(PCM_READER Reader, PSIZE_T Count) {
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
