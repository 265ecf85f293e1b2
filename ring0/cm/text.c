/*
 * Writing .reg text, as regedit writes it but for UTF-8 and plain newlines. No line has any other control character in it, so lines can be told apart whatever
 * names and data hold. Data of a string that would not come back the same are written as bytes. For names regedit knows nothing, so a code unit that is no
 * character, or a control character, is \uXXXX in a value's name and \\XXXX in a key's, where a doubled backslash means nothing else.
 */
#include "cm/store.h"
#include "se/se.h"
#include "ke/ke.h"

#define FIRST_CAPACITY 4096u
#define LINE_LENGTH    77u /* where regedit breaks bytes */

static const CHAR Digits[] = "0123456789abcdef";

VOID CmpFreeText(PCM_TEXT Text) {
    if (Text->Bytes != NULL)
        ExFreePoolWithTag(Text->Bytes, CMP_TAG);
    RtlZeroMemory(Text, sizeof(*Text));
}

/* Room for Size bytes more; NULL: no memory, and the text stays as it is from now on. */
static PCHAR CmpReserveText(PCM_TEXT Text, SIZE_T Size) {
    if (Text->Failed)
        return NULL;
    if (Text->Capacity - Text->Size < Size) {
        SIZE_T Capacity = Text->Capacity != 0 ? Text->Capacity : FIRST_CAPACITY;
        while (Capacity - Text->Size < Size)
            Capacity *= 2;
        PCHAR Bytes = ExAllocatePoolWithTag(PagedPool, Capacity, CMP_TAG);
        if (Bytes == NULL) {
            Text->Failed = TRUE;
            return NULL;
        }
        if (Text->Bytes != NULL) {
            RtlCopyMemory(Bytes, Text->Bytes, Text->Size);
            ExFreePoolWithTag(Text->Bytes, CMP_TAG);
        }
        Text->Bytes = Bytes;
        Text->Capacity = Capacity;
    }
    return Text->Bytes + Text->Size;
}

static VOID CmpTextBytes(PCM_TEXT Text, const CHAR *Bytes, SIZE_T Size) {
    PCHAR To = CmpReserveText(Text, Size);
    if (To != NULL) {
        RtlCopyMemory(To, Bytes, Size);
        Text->Size += Size;
    }
}

VOID CmpTextString(PCM_TEXT Text, PCSTR String) { CmpTextBytes(Text, String, strlen(String)); }

static VOID CmpTextChar(PCM_TEXT Text, CHAR Char) { CmpTextBytes(Text, &Char, 1); }

VOID CmpTextHex(PCM_TEXT Text, ULONG Number, ULONG Count) {
    while (Count-- > 0)
        CmpTextChar(Text, Digits[(Number >> (4 * Count)) & 15]);
}

static VOID CmpTextDecimal(PCM_TEXT Text, ULONG Number, ULONG Count) {
    CHAR Characters[10];
    for (ULONG I = Count; I-- > 0; Number /= 10)
        Characters[I] = Digits[Number % 10];
    CmpTextBytes(Text, Characters, Count);
}

static BOOLEAN CmpIsHigh(WCHAR Unit) { return Unit >= 0xD800 && Unit <= 0xDBFF; }
static BOOLEAN CmpIsLow(WCHAR Unit) { return Unit >= 0xDC00 && Unit <= 0xDFFF; }

/* The character at Units[*At], which is moved behind it; ~0: not one that text can hold as it is. */
static ULONG CmpNextCharacter(const WCHAR *Units, SIZE_T Count, SIZE_T *At) {
    WCHAR Unit = Units[(*At)++];
    if (CmpIsHigh(Unit) && *At < Count && CmpIsLow(Units[*At]))
        return 0x10000 + (((ULONG)Unit - 0xD800) << 10) + (Units[(*At)++] - 0xDC00u);
    return CmpIsHigh(Unit) || CmpIsLow(Unit) || Unit < L' ' || Unit == 0x7F || Unit == 0xFEFF ? ~0u : Unit;
}

static VOID CmpTextCharacter(PCM_TEXT Text, ULONG Character) {
    CHAR Bytes[4];
    ULONG Count = Character < 0x80 ? 1 : Character < 0x800 ? 2 : Character < 0x10000 ? 3 : 4;
    static const UCHAR Lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (ULONG I = Count; I-- > 1; Character >>= 6)
        Bytes[I] = (CHAR)(0x80 | (Character & 0x3F));
    Bytes[0] = (CHAR)(Lead[Count] | Character);
    CmpTextBytes(Text, Bytes, Count);
}

/* Quoted: a value's name or a string; else a part of a key's path. */
static VOID CmpTextUnits(PCM_TEXT Text, const WCHAR *Units, SIZE_T Count, BOOLEAN Quoted) {
    for (SIZE_T At = 0; At < Count && !Text->Failed;) {
        SIZE_T Start = At;
        ULONG Character = CmpNextCharacter(Units, Count, &At);
        if (Character == ~0u) {
            CmpTextString(Text, Quoted ? "\\u" : "\\\\");
            CmpTextHex(Text, Units[Start], 4);
        } else {
            if (Quoted && (Character == L'"' || Character == L'\\'))
                CmpTextChar(Text, '\\');
            CmpTextCharacter(Text, Character);
        }
    }
}

static VOID CmpTextQuoted(PCM_TEXT Text, const WCHAR *Units, SIZE_T Count) {
    CmpTextChar(Text, '"');
    CmpTextUnits(Text, Units, Count, TRUE);
    CmpTextChar(Text, '"');
}

/* \REGISTRY\MACHINE\... is HKEY_LOCAL_MACHINE\... */
static VOID CmpTextPath(PCM_TEXT Text, PCM_NODE Node) {
    PCM_NODE Path[CMP_MAX_DEPTH];
    ULONG Depth = 0;
    for (; Node->Parent->Parent != NULL && Depth < CMP_MAX_DEPTH; Node = Node->Parent)
        Path[Depth++] = Node;
    CmpTextString(Text, Node->Name.Buffer[0] == L'M' ? "HKEY_LOCAL_MACHINE" : "HKEY_USERS");
    while (Depth-- > 0) {
        CmpTextChar(Text, '\\');
        CmpTextUnits(Text, Path[Depth]->Name.Buffer, Path[Depth]->Name.Length / sizeof(WCHAR), FALSE);
    }
}

static VOID CmpTextSecurity(PCM_TEXT Text, PSECURITY_DESCRIPTOR Descriptor) {
    ULONG Length = SeFormatDescriptor(Descriptor, NULL, 0);
    PSTR Sddl = ExAllocatePoolWithTag(PagedPool, Length + 1, CMP_TAG);
    if (Sddl == NULL) {
        Text->Failed = TRUE;
        return;
    }
    SeFormatDescriptor(Descriptor, Sddl, Length + 1);
    CmpTextString(Text, CMP_SECURITY_COMMENT);
    CmpTextString(Text, Sddl);
    CmpTextString(Text, "\n");
    ExFreePoolWithTag(Sddl, CMP_TAG);
}

VOID CmpTextKey(PCM_TEXT Text, PCM_NODE Node, BOOLEAN Delete) {
    CmpTextString(Text, Delete ? "\n[-" : "\n[");
    CmpTextPath(Text, Node);
    CmpTextString(Text, "]\n");
    if (Delete)
        return;
    if (Node->Link)
        CmpTextString(Text, CMP_LINK_COMMENT "\n");
    if (Node->Class.Length != 0) {
        CmpTextString(Text, CMP_CLASS_COMMENT);
        CmpTextQuoted(Text, Node->Class.Buffer, Node->Class.Length / sizeof(WCHAR));
        CmpTextChar(Text, '\n');
    }
    if (Node->Security != NULL && !Node->Fixed)
        CmpTextSecurity(Text, Node->Security);
}

VOID CmpTextTime(PCM_TEXT Text, PCM_NODE Node) {
    static const struct {
        USHORT Offset, Digits;
        CHAR After;
    } Parts[] = {{FIELD_OFFSET(TIME_FIELDS, Year), 4, '-'}, {FIELD_OFFSET(TIME_FIELDS, Month), 2, '-'},  {FIELD_OFFSET(TIME_FIELDS, Day), 2, ' '},
                 {FIELD_OFFSET(TIME_FIELDS, Hour), 2, ':'}, {FIELD_OFFSET(TIME_FIELDS, Minute), 2, ':'}, {FIELD_OFFSET(TIME_FIELDS, Second), 2, '.'}};
    TIME_FIELDS Fields;
    RtlTimeToTimeFields(&Node->LastWriteTime, &Fields);
    CmpTextString(Text, CMP_TIME_COMMENT);
    for (ULONG I = 0; I < RTL_NUMBER_OF(Parts); I++) {
        CmpTextDecimal(Text, (ULONG) * (PSHORT)((PUCHAR)&Fields + Parts[I].Offset), Parts[I].Digits);
        CmpTextChar(Text, Parts[I].After);
    }
    CmpTextDecimal(Text, (ULONG)(Node->LastWriteTime.QuadPart % 10000000), 7);
    CmpTextChar(Text, '\n');
}

static VOID CmpTextName(PCM_TEXT Text, PCUNICODE_STRING Name) {
    if (Name->Length == 0)
        CmpTextChar(Text, '@');
    else
        CmpTextQuoted(Text, Name->Buffer, Name->Length / sizeof(WCHAR));
    CmpTextChar(Text, '=');
}

VOID CmpTextNoValue(PCM_TEXT Text, PCUNICODE_STRING Name) {
    CmpTextName(Text, Name);
    CmpTextString(Text, "-\n");
}

/* A string can be written as one if it is characters and its terminator, and nothing else. Data need not be aligned. */
static BOOLEAN CmpIsWritable(PCM_VALUE Value) {
    SIZE_T Count = Value->Size / sizeof(WCHAR), At = 0;
    const WCHAR *Units = (const WCHAR *)Value->Data;
    if (Value->Type != REG_SZ || Value->Size % sizeof(WCHAR) != 0 || Count == 0 || Units[Count - 1] != 0)
        return FALSE;
    while (At < Count - 1)
        if (CmpNextCharacter(Units, Count - 1, &At) == ~0u)
            return FALSE;
    return TRUE;
}

static VOID CmpTextData(PCM_TEXT Text, PCM_VALUE Value, SIZE_T LineStart) {
    if (Value->Type == REG_BINARY) {
        CmpTextString(Text, "hex:");
    } else {
        ULONG Width = 1;
        while (Width < 8 && Value->Type >> (4 * Width) != 0)
            Width++;
        CmpTextString(Text, "hex(");
        CmpTextHex(Text, Value->Type, Width);
        CmpTextString(Text, "):");
    }
    for (ULONG I = 0; I < Value->Size && !Text->Failed; I++) {
        CmpTextHex(Text, Value->Data[I], 2);
        if (I + 1 == Value->Size)
            break;
        CmpTextChar(Text, ',');
        if (Text->Size - LineStart >= LINE_LENGTH) {
            CmpTextString(Text, "\\\n");
            LineStart = Text->Size;
            CmpTextString(Text, "  ");
        }
    }
}

VOID CmpTextValue(PCM_TEXT Text, PCM_VALUE Value) {
    SIZE_T LineStart = Text->Size;
    CmpTextName(Text, &Value->Name);
    if (CmpIsWritable(Value)) {
        CmpTextQuoted(Text, (const WCHAR *)Value->Data, Value->Size / sizeof(WCHAR) - 1);
    } else if (Value->Type == REG_DWORD && Value->Size == sizeof(ULONG)) {
        ULONG Number;
        RtlCopyMemory(&Number, Value->Data, sizeof(Number));
        CmpTextString(Text, "dword:");
        CmpTextHex(Text, Number, 8);
    } else {
        CmpTextData(Text, Value, LineStart);
    }
    CmpTextChar(Text, '\n');
}

ULONG CmpChecksum(const VOID *Bytes, SIZE_T Size) {
    const UCHAR *At = Bytes;
    ULONG Sum = ~0u;
    for (SIZE_T I = 0; I < Size; I++) {
        Sum ^= At[I];
        for (ULONG Bit = 0; Bit < 8; Bit++)
            Sum = (Sum >> 1) ^ (Sum & 1 ? 0xEDB88320u : 0);
    }
    return ~Sum;
}
