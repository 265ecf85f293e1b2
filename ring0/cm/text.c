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
        SIZE_T capacity = Text->Capacity != 0 ? Text->Capacity : FIRST_CAPACITY;
        while (capacity - Text->Size < Size)
            capacity *= 2;
        PCHAR bytes = ExAllocatePoolWithTag(PagedPool, capacity, CMP_TAG);
        if (bytes == NULL) {
            Text->Failed = TRUE;
            return NULL;
        }
        if (Text->Bytes != NULL) {
            RtlCopyMemory(bytes, Text->Bytes, Text->Size);
            ExFreePoolWithTag(Text->Bytes, CMP_TAG);
        }
        Text->Bytes = bytes;
        Text->Capacity = capacity;
    }
    return Text->Bytes + Text->Size;
}

static VOID CmpTextBytes(PCM_TEXT Text, const CHAR *Bytes, SIZE_T Size) {
    PCHAR to = CmpReserveText(Text, Size);
    if (to != NULL) {
        RtlCopyMemory(to, Bytes, Size);
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
    CHAR digits[10];
    for (ULONG i = Count; i-- > 0; Number /= 10)
        digits[i] = Digits[Number % 10];
    CmpTextBytes(Text, digits, Count);
}

static BOOLEAN CmpIsHigh(WCHAR Unit) { return Unit >= 0xD800 && Unit <= 0xDBFF; }
static BOOLEAN CmpIsLow(WCHAR Unit) { return Unit >= 0xDC00 && Unit <= 0xDFFF; }

/* The character at Units[*At], which is moved behind it; ~0: not one that text can hold as it is. */
static ULONG CmpNextCharacter(const WCHAR *Units, SIZE_T Count, SIZE_T *At) {
    WCHAR unit = Units[(*At)++];
    if (CmpIsHigh(unit) && *At < Count && CmpIsLow(Units[*At]))
        return 0x10000 + (((ULONG)unit - 0xD800) << 10) + (Units[(*At)++] - 0xDC00u);
    return CmpIsHigh(unit) || CmpIsLow(unit) || unit < L' ' || unit == 0x7F || unit == 0xFEFF ? ~0u : unit;
}

static VOID CmpTextCharacter(PCM_TEXT Text, ULONG Character) {
    CHAR bytes[4];
    ULONG count = Character < 0x80 ? 1 : Character < 0x800 ? 2 : Character < 0x10000 ? 3 : 4;
    static const UCHAR lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (ULONG i = count; i-- > 1; Character >>= 6)
        bytes[i] = (CHAR)(0x80 | (Character & 0x3F));
    bytes[0] = (CHAR)(lead[count] | Character);
    CmpTextBytes(Text, bytes, count);
}

/* Quoted: a value's name or a string; else a part of a key's path. */
static VOID CmpTextUnits(PCM_TEXT Text, const WCHAR *Units, SIZE_T Count, BOOLEAN Quoted) {
    for (SIZE_T at = 0; at < Count && !Text->Failed;) {
        SIZE_T start = at;
        ULONG character = CmpNextCharacter(Units, Count, &at);
        if (character == ~0u) {
            CmpTextString(Text, Quoted ? "\\u" : "\\\\");
            CmpTextHex(Text, Units[start], 4);
        } else {
            if (Quoted && (character == L'"' || character == L'\\'))
                CmpTextChar(Text, '\\');
            CmpTextCharacter(Text, character);
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
    PCM_NODE path[CMP_MAX_DEPTH];
    ULONG depth = 0;
    for (; Node->Parent->Parent != NULL && depth < CMP_MAX_DEPTH; Node = Node->Parent)
        path[depth++] = Node;
    CmpTextString(Text, Node->Name.Buffer[0] == L'M' ? "HKEY_LOCAL_MACHINE" : "HKEY_USERS");
    while (depth-- > 0) {
        CmpTextChar(Text, '\\');
        CmpTextUnits(Text, path[depth]->Name.Buffer, path[depth]->Name.Length / sizeof(WCHAR), FALSE);
    }
}

static VOID CmpTextSecurity(PCM_TEXT Text, PSECURITY_DESCRIPTOR Descriptor) {
    ULONG length = SeFormatDescriptor(Descriptor, NULL, 0);
    PSTR sddl = ExAllocatePoolWithTag(PagedPool, length + 1, CMP_TAG);
    if (sddl == NULL) {
        Text->Failed = TRUE;
        return;
    }
    SeFormatDescriptor(Descriptor, sddl, length + 1);
    CmpTextString(Text, CMP_SECURITY_COMMENT);
    CmpTextString(Text, sddl);
    CmpTextString(Text, "\n");
    ExFreePoolWithTag(sddl, CMP_TAG);
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
    } parts[] = {{FIELD_OFFSET(TIME_FIELDS, Year), 4, '-'}, {FIELD_OFFSET(TIME_FIELDS, Month), 2, '-'},  {FIELD_OFFSET(TIME_FIELDS, Day), 2, ' '},
                 {FIELD_OFFSET(TIME_FIELDS, Hour), 2, ':'}, {FIELD_OFFSET(TIME_FIELDS, Minute), 2, ':'}, {FIELD_OFFSET(TIME_FIELDS, Second), 2, '.'}};
    TIME_FIELDS fields;
    RtlTimeToTimeFields(&Node->LastWriteTime, &fields);
    CmpTextString(Text, CMP_TIME_COMMENT);
    for (ULONG i = 0; i < RTL_NUMBER_OF(parts); i++) {
        CmpTextDecimal(Text, (ULONG) * (PSHORT)((PUCHAR)&fields + parts[i].Offset), parts[i].Digits);
        CmpTextChar(Text, parts[i].After);
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
    SIZE_T count = Value->Size / sizeof(WCHAR), at = 0;
    const WCHAR *units = (const WCHAR *)Value->Data;
    if (Value->Type != REG_SZ || Value->Size % sizeof(WCHAR) != 0 || count == 0 || units[count - 1] != 0)
        return FALSE;
    while (at < count - 1)
        if (CmpNextCharacter(units, count - 1, &at) == ~0u)
            return FALSE;
    return TRUE;
}

static VOID CmpTextData(PCM_TEXT Text, PCM_VALUE Value, SIZE_T LineStart) {
    if (Value->Type == REG_BINARY) {
        CmpTextString(Text, "hex:");
    } else {
        ULONG digits = 1;
        while (digits < 8 && Value->Type >> (4 * digits) != 0)
            digits++;
        CmpTextString(Text, "hex(");
        CmpTextHex(Text, Value->Type, digits);
        CmpTextString(Text, "):");
    }
    for (ULONG i = 0; i < Value->Size && !Text->Failed; i++) {
        CmpTextHex(Text, Value->Data[i], 2);
        if (i + 1 == Value->Size)
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
    SIZE_T lineStart = Text->Size;
    CmpTextName(Text, &Value->Name);
    if (CmpIsWritable(Value)) {
        CmpTextQuoted(Text, (const WCHAR *)Value->Data, Value->Size / sizeof(WCHAR) - 1);
    } else if (Value->Type == REG_DWORD && Value->Size == sizeof(ULONG)) {
        ULONG number;
        RtlCopyMemory(&number, Value->Data, sizeof(number));
        CmpTextString(Text, "dword:");
        CmpTextHex(Text, number, 8);
    } else {
        CmpTextData(Text, Value, lineStart);
    }
    CmpTextChar(Text, '\n');
}

ULONG CmpChecksum(const VOID *Bytes, SIZE_T Size) {
    const UCHAR *at = Bytes;
    ULONG sum = ~0u;
    for (SIZE_T i = 0; i < Size; i++) {
        sum ^= at[i];
        for (ULONG bit = 0; bit < 8; bit++)
            sum = (sum >> 1) ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    return ~sum;
}
