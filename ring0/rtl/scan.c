/*
 * sscanf_s and its kin, as the kernel has them: characters, strings, sets and integers; no floating point. %c, %s and %[ take the size of their buffer, an unsigned
 * int, behind its address. The result is the number of values stored, -1 (EOF) if the text ended before the first conversion.
 */
#include "rtl/crt.h"
#include "rtl/rtlp.h"

#define NO_WIDTH MAXLONG

typedef struct _SCAN { /* over characters of either kind, widened; a format is of its text's kind */
    const VOID *Text, *Format;
    BOOLEAN Wide;
    SIZE_T At, Left; /* Left: characters of text, for the forms with a limit */
    SIZE_T FormatAt;
} SCAN, *PSCAN;

typedef struct _CONVERSION {
    BOOLEAN Suppress, Wide;
    LONG Width;
    ULONG Size; /* of an integer, in bytes */
} CONVERSION;

static ULONG ScanPeek(PSCAN Scan) {
    if (Scan->Left == 0)
        return 0;
    return Scan->Wide ? ((const WCHAR *)Scan->Text)[Scan->At] : ((const UCHAR *)Scan->Text)[Scan->At];
}

static VOID ScanNext(PSCAN Scan) {
    Scan->At++;
    Scan->Left--;
}

static ULONG ScanFormat(PSCAN Scan) {
    return Scan->Wide ? ((const WCHAR *)Scan->Format)[Scan->FormatAt] : ((const UCHAR *)Scan->Format)[Scan->FormatAt];
}

static BOOLEAN ScanIsSpace(ULONG c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static VOID ScanSkipSpace(PSCAN Scan) {
    while (ScanIsSpace(ScanPeek(Scan)))
        ScanNext(Scan);
}

static ULONG ScanDigit(ULONG c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10 : MAXULONG; }

static BOOLEAN ScanInteger(PSCAN Scan, const CONVERSION *Conversion, ULONG Base, va_list *Arguments) {
    LONG Width = Conversion->Width, Digits = 0;
    BOOLEAN Negative = FALSE;
    ULONG64 Value = 0;
    PVOID To;

    if ((ScanPeek(Scan) == '-' || ScanPeek(Scan) == '+') && Width > 1) {
        Negative = ScanPeek(Scan) == '-';
        ScanNext(Scan);
        Width--;
    }
    if (ScanPeek(Scan) == '0' && (Base == 0 || Base == 16) && Width > 0) {
        ScanNext(Scan);
        Width--;
        Digits++;
        if ((ScanPeek(Scan) | 32) == 'x' && Width > 0) {
            ScanNext(Scan);
            Width--;
            Base = 16;
        } else if (Base == 0) {
            Base = 8;
        }
    }
    Base = Base == 0 ? 10 : Base;
    for (; Width > 0 && ScanDigit(ScanPeek(Scan)) < Base; Width--, Digits++) {
        Value = Value * Base + ScanDigit(ScanPeek(Scan));
        ScanNext(Scan);
    }
    if (Digits == 0)
        return FALSE;
    if (Conversion->Suppress)
        return TRUE;
    Value = Negative ? 0 - Value : Value;
    To = va_arg(*Arguments, PVOID);
    RtlCopyMemory(To, &Value, Conversion->Size);
    return TRUE;
}

/* The set behind "%[", as the format has it: is c in it? Format stands behind the '[', and is left alone. */
static BOOLEAN ScanInSet(PSCAN Scan, SIZE_T Start, SIZE_T End, ULONG c) {
    SIZE_T Saved = Scan->FormatAt;
    BOOLEAN Inverted, Found = FALSE;
    ULONG Previous = 0;

    Scan->FormatAt = Start;
    Inverted = ScanFormat(Scan) == '^';
    for (Scan->FormatAt += Inverted; Scan->FormatAt < End; Scan->FormatAt++) {
        ULONG This = ScanFormat(Scan);
        if (This == '-' && Previous != 0 && Scan->FormatAt + 1 < End) {
            Scan->FormatAt++;
            Found |= c >= Previous && c <= ScanFormat(Scan);
            Previous = 0;
        } else {
            Found |= c == This;
            Previous = This;
        }
    }
    Scan->FormatAt = Saved;
    return Found != Inverted;
}

/* %c, %s and %[; the text does not fit its buffer: nothing is left in it, and the scan ends. */
static BOOLEAN ScanText(PSCAN Scan, const CONVERSION *Conversion, ULONG Kind, SIZE_T SetStart, SIZE_T SetEnd, va_list *Arguments) {
    PVOID To = Conversion->Suppress ? NULL : va_arg(*Arguments, PVOID);
    ULONG Room = Conversion->Suppress ? 0 : va_arg(*Arguments, ULONG), Count = 0;
    LONG Width = Kind == 'c' && Conversion->Width == NO_WIDTH ? 1 : Conversion->Width;

    for (; Width > 0 && ScanPeek(Scan) != 0; Width--, Count++) {
        ULONG C = ScanPeek(Scan);
        if ((Kind == 's' && ScanIsSpace(C)) || (Kind == '[' && !ScanInSet(Scan, SetStart, SetEnd, C)))
            break;
        if (To != NULL) {
            if (Count + (Kind != 'c') >= Room) {
                if (Room != 0)
                    RtlZeroMemory(To, Conversion->Wide ? sizeof(WCHAR) : sizeof(CHAR));
                return FALSE;
            }
            if (Conversion->Wide)
                ((PWSTR)To)[Count] = (WCHAR)C;
            else
                ((PSTR)To)[Count] = (CHAR)C;
        }
        ScanNext(Scan);
    }
    if (Count == 0 || (Kind == 'c' && Width > 0))
        return FALSE;
    if (To != NULL && Kind != 'c' && Conversion->Wide)
        ((PWSTR)To)[Count] = 0;
    else if (To != NULL && Kind != 'c')
        ((PSTR)To)[Count] = 0;
    return TRUE;
}

static ULONG ScanPrefixes(PSCAN Scan, CONVERSION *Conversion) {
    ULONG Longs = 0;

    *Conversion = (CONVERSION){.Wide = Scan->Wide, .Width = NO_WIDTH, .Size = sizeof(INT)};
    if (ScanFormat(Scan) == '*') {
        Conversion->Suppress = TRUE;
        Scan->FormatAt++;
    }
    for (LONG Width = 0; ScanDigit(ScanFormat(Scan)) < 10; Scan->FormatAt++)
        Conversion->Width = Width = Width > MAXLONG / 10 - 1 ? NO_WIDTH : Width * 10 + (LONG)ScanDigit(ScanFormat(Scan));
    for (;; Scan->FormatAt++) {
        switch (ScanFormat(Scan)) {
        case 'h':
            Conversion->Size = Conversion->Size == sizeof(SHORT) ? sizeof(CHAR) : sizeof(SHORT);
            Conversion->Wide = FALSE;
            continue;
        case 'l':
            Conversion->Size = ++Longs > 1 ? sizeof(LONG64) : sizeof(LONG);
            Conversion->Wide = TRUE;
            continue;
        case 'w': Conversion->Wide = TRUE; continue;
        case 'z':
        case 'j':
        case 't': Conversion->Size = sizeof(LONG64); continue;
        case 'I':
            Scan->FormatAt++;
            if (ScanFormat(Scan) == '6' || ScanFormat(Scan) == '3') {
                Conversion->Size = ScanFormat(Scan) == '6' ? sizeof(LONG64) : sizeof(LONG);
                Scan->FormatAt++;
            } else {
                Conversion->Size = sizeof(LONG64);
                Scan->FormatAt--;
            }
            continue;
        default: return ScanFormat(Scan);
        }
    }
}

/* One conversion; FormatAt stands at its letter. FALSE: no match. */
static BOOLEAN ScanConvert(PSCAN Scan, CONVERSION *Conversion, ULONG Kind, va_list *Arguments) {
    SIZE_T Start, End;

    switch (Kind) {
    case 'd':
    case 'u': return ScanInteger(Scan, Conversion, 10, Arguments);
    case 'i': return ScanInteger(Scan, Conversion, 0, Arguments);
    case 'o': return ScanInteger(Scan, Conversion, 8, Arguments);
    case 'p': Conversion->Size = sizeof(PVOID); return ScanInteger(Scan, Conversion, 16, Arguments);
    case 'x':
    case 'X': return ScanInteger(Scan, Conversion, 16, Arguments);
    case 'S':
    case 'C': Conversion->Wide = !Scan->Wide; return ScanText(Scan, Conversion, Kind | 32, 0, 0, Arguments);
    case 's':
    case 'c': return ScanText(Scan, Conversion, Kind, 0, 0, Arguments);
    case '[':
        Start = ++Scan->FormatAt;
        Scan->FormatAt += ScanFormat(Scan) == '^';
        Scan->FormatAt += ScanFormat(Scan) == ']';
        while (ScanFormat(Scan) != ']' && ScanFormat(Scan) != 0)
            Scan->FormatAt++;
        End = Scan->FormatAt;
        if (ScanFormat(Scan) == 0) {
            Scan->FormatAt--;
            return FALSE;
        }
        return ScanText(Scan, Conversion, '[', Start, End, Arguments);
    default: return FALSE;
    }
}

static INT ScanAll(PSCAN Scan, va_list Given) {
    va_list Arguments;
    INT Stored = 0;
    BOOLEAN Begun = FALSE, Goes = TRUE;

    va_copy(Arguments, Given);
    for (; Goes && ScanFormat(Scan) != 0; Scan->FormatAt++) {
        ULONG C = ScanFormat(Scan), Kind;
        CONVERSION Conversion;
        if (ScanIsSpace(C)) {
            ScanSkipSpace(Scan);
            continue;
        }
        if (C == '%')
            Scan->FormatAt++;
        if (C != '%' || ScanFormat(Scan) == '%') {
            Goes = ScanPeek(Scan) == ScanFormat(Scan);
            if (Goes)
                ScanNext(Scan);
            continue;
        }
        Kind = ScanPrefixes(Scan, &Conversion);
        if (Kind == 'n') {
            if (!Conversion.Suppress)
                *va_arg(Arguments, INT *) = (INT)Scan->At;
            continue;
        }
        if (Kind != 'c' && Kind != 'C' && Kind != '[')
            ScanSkipSpace(Scan);
        if (ScanPeek(Scan) == 0) {
            Stored = Begun ? Stored : -1;
            break;
        }
        Begun = TRUE;
        Goes = Kind != 0 && ScanConvert(Scan, &Conversion, Kind, &Arguments);
        Stored += Goes && !Conversion.Suppress;
    }
    va_end(Arguments);
    return Stored;
}

static INT ScanNarrow(const CHAR *Text, SIZE_T Left, const CHAR *Format, va_list Arguments) {
    SCAN Scan = {.Text = Text, .Format = Format, .Left = Left};
    return Text == NULL || Format == NULL ? -1 : ScanAll(&Scan, Arguments);
}

static INT ScanWide(const WCHAR *Text, SIZE_T Left, const WCHAR *Format, va_list Arguments) {
    SCAN Scan = {.Text = Text, .Format = Format, .Wide = TRUE, .Left = Left};
    return Text == NULL || Format == NULL ? -1 : ScanAll(&Scan, Arguments);
}

#define SCAN_FORM(call)                                                                                                                              \
    va_list Arguments;                                                                                                                               \
    INT Result;                                                                                                                                      \
    va_start(Arguments, Format);                                                                                                                     \
    Result = call;                                                                                                                                   \
    va_end(Arguments);                                                                                                                               \
    return Result

int sscanf_s(const char *Text, const char *Format, ...) { SCAN_FORM(ScanNarrow(Text, MAXSIZE_T, Format, Arguments)); }

int _snscanf_s(const char *Text, size_t Count, const char *Format, ...) { SCAN_FORM(ScanNarrow(Text, Count, Format, Arguments)); }

int swscanf_s(const wchar_t *Text, const wchar_t *Format, ...) { SCAN_FORM(ScanWide(Text, MAXSIZE_T, Format, Arguments)); }

int _snwscanf_s(const wchar_t *Text, size_t Count, const wchar_t *Format, ...) { SCAN_FORM(ScanWide(Text, Count, Format, Arguments)); }
