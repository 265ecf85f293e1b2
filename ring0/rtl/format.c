/*
 * The one printf engine: narrow or wide format, narrow or wide sink, Microsoft's conversions (docs/debug-output.md lists them).
 *
 * It reads strings straight from the caller, as far as precision and terminator say and no further, and keeps no state but on its
 * stack: an exception on the way leaves nothing behind.
 */
#include "rtl/rtlp.h"

enum size { SIZE_DEFAULT, SIZE_BYTE, SIZE_SHORT, SIZE_LONG, SIZE_WIDE, SIZE_QUAD };

typedef struct _SPECIFICATION {
    BOOLEAN Left, Plus, Space, Alternate, Zero;
    BOOLEAN HasPrecision;
    enum size Size;
    int Width;
    int Precision;
} SPECIFICATION;

#define MAX_WIDTH 0x7FFF /* of padding; a caller who wants more gets this much */
#define CHUNK     64

/* ---- Output ---------------------------------------------------------------------------------------------------------------- */

static VOID RtlpPutNarrow(PRTL_FORMAT_SINK Sink, const CHAR *Text, SIZE_T Count) {
    Sink->Total += Count;
    if (!Sink->Wide) {
        if (Count) {
            Sink->Put(Sink, Text, Count);
        }
        return;
    }
    WCHAR Chunk[CHUNK];
    while (Count) {
        SIZE_T N = Count < CHUNK ? Count : CHUNK;
        for (SIZE_T I = 0; I < N; I++) {
            Chunk[I] = RtlpAnsiToUnicodeChar(Text[I]);
        }
        Sink->Put(Sink, Chunk, N);
        Text += N;
        Count -= N;
    }
}

static VOID RtlpPutWide(PRTL_FORMAT_SINK Sink, const WCHAR *Text, SIZE_T Count) {
    Sink->Total += Count;
    if (Sink->Wide) {
        if (Count) {
            Sink->Put(Sink, Text, Count);
        }
        return;
    }
    CHAR Chunk[CHUNK];
    while (Count) {
        SIZE_T N = Count < CHUNK ? Count : CHUNK;
        for (SIZE_T I = 0; I < N; I++) {
            Chunk[I] = RtlpUnicodeToAnsiChar(Text[I]);
        }
        Sink->Put(Sink, Chunk, N);
        Text += N;
        Count -= N;
    }
}

static VOID RtlpPad(PRTL_FORMAT_SINK Sink, CHAR Fill, SIZE_T Used, int Width) {
    CHAR Chunk[CHUNK];
    if (Width <= 0 || Used >= (SIZE_T)Width) {
        return;
    }
    for (SIZE_T I = 0; I < CHUNK; I++) {
        Chunk[I] = Fill;
    }
    for (SIZE_T Left = (SIZE_T)Width - Used; Left;) {
        SIZE_T N = Left < CHUNK ? Left : CHUNK;
        RtlpPutNarrow(Sink, Chunk, N);
        Left -= N;
    }
}

/* ---- Strings ---------------------------------------------------------------------------------------------------------------- */

/* Counted says how much there is; otherwise the text ends at its terminator. Precision limits both, and what lies behind it is not read. */
static VOID RtlpPutString(PRTL_FORMAT_SINK Sink, const SPECIFICATION *Spec, const VOID *Text, BOOLEAN Wide, BOOLEAN Counted, SIZE_T Length) {
    SIZE_T Limit = Spec->HasPrecision ? (SIZE_T)Spec->Precision : ~(SIZE_T)0;
    if (!Text) {
        Text = "(null)";
        Wide = FALSE;
        Counted = FALSE;
    }
    if (!Counted) {
        Length = 0;
        while (Length < Limit && (Wide ? ((const WCHAR *)Text)[Length] : ((const CHAR *)Text)[Length]) != 0) {
            Length++;
        }
    } else if (Length > Limit) {
        Length = Limit;
    }
    CHAR Fill = Spec->Zero && !Spec->Left ? '0' : ' ';
    if (!Spec->Left) {
        RtlpPad(Sink, Fill, Length, Spec->Width);
    }
    if (Wide) {
        RtlpPutWide(Sink, Text, Length);
    } else {
        RtlpPutNarrow(Sink, Text, Length);
    }
    if (Spec->Left) {
        RtlpPad(Sink, ' ', Length, Spec->Width);
    }
}

static VOID RtlpPutCounted(PRTL_FORMAT_SINK Sink, const SPECIFICATION *Spec, const VOID *Descriptor, BOOLEAN Wide) {
    const UNICODE_STRING *String = Descriptor; /* STRING has the same layout */
    if (!String || !String->Buffer) {
        RtlpPutString(Sink, Spec, NULL, FALSE, FALSE, 0);
    } else {
        RtlpPutString(Sink, Spec, String->Buffer, Wide, TRUE, Wide ? String->Length / sizeof(WCHAR) : String->Length);
    }
}

/* ---- Numbers ------------------------------------------------------------------------------------------------------------------ */

/* Sign or base prefix, zeros, digits, and the padding around them. */
static VOID RtlpPutNumber(PRTL_FORMAT_SINK Sink, const SPECIFICATION *Spec, PCSTR Prefix, SIZE_T PrefixLength, const CHAR *Digits, SIZE_T Count,
                          BOOLEAN ZeroFill) {
    SIZE_T Zeros = Spec->HasPrecision && (SIZE_T)Spec->Precision > Count ? (SIZE_T)Spec->Precision - Count : 0;
    if (ZeroFill && !Spec->Left && Spec->Width > 0 && PrefixLength + Count < (SIZE_T)Spec->Width) {
        Zeros = (SIZE_T)Spec->Width - PrefixLength - Count;
    }
    SIZE_T Used = PrefixLength + Zeros + Count;
    if (!Spec->Left) {
        RtlpPad(Sink, ' ', Used, Spec->Width);
    }
    RtlpPutNarrow(Sink, Prefix, PrefixLength);
    RtlpPad(Sink, '0', 0, Zeros > MAX_WIDTH ? MAX_WIDTH : (int)Zeros);
    RtlpPutNarrow(Sink, Digits, Count);
    if (Spec->Left) {
        RtlpPad(Sink, ' ', Used, Spec->Width);
    }
}

static VOID RtlpPutInteger(PRTL_FORMAT_SINK Sink, const SPECIFICATION *Spec, ULONG64 Value, ULONG Base, BOOLEAN Upper, BOOLEAN Signed) {
    CHAR Digits[24], Prefix[2];
    SIZE_T Count = 0, PrefixLength = 0;
    if (Signed) {
        if ((LONG64)Value < 0) {
            Prefix[PrefixLength++] = '-';
            Value = 0 - Value;
        } else if (Spec->Plus || Spec->Space) {
            Prefix[PrefixLength++] = Spec->Plus ? '+' : ' ';
        }
    } else if (Spec->Alternate && Base == 16 && Value) {
        Prefix[PrefixLength++] = '0';
        Prefix[PrefixLength++] = Upper ? 'X' : 'x';
    }
    for (ULONG64 Rest = Value; Rest; Rest /= Base) {
        Digits[sizeof(Digits) - ++Count] = (Upper ? "0123456789ABCDEF" : "0123456789abcdef")[Rest % Base];
    }
    if (!Value && !(Spec->HasPrecision && Spec->Precision == 0)) {
        Digits[sizeof(Digits) - ++Count] = '0';
    }
    if (Spec->Alternate && Base == 8 && (!Count || Digits[sizeof(Digits) - Count] != '0') &&
        !(Spec->HasPrecision && (SIZE_T)Spec->Precision > Count)) {
        Digits[sizeof(Digits) - ++Count] = '0';
    }
    RtlpPutNumber(Sink, Spec, Prefix, PrefixLength, Digits + sizeof(Digits) - Count, Count, Spec->Zero && !Spec->HasPrecision);
}

#ifdef RTL_USER_MODE
static VOID RtlpPutFloat(PRTL_FORMAT_SINK Sink, const SPECIFICATION *Spec, double Value, CHAR Conversion) {
    SPECIFICATION Plain = *Spec;
    CHAR Prefix[3];
    SIZE_T PrefixLength = 0;
    BOOLEAN Hex = (Conversion | 0x20) == 'a';
    int Precision = !Spec->HasPrecision ? (Hex ? 13 : 6) : Spec->Precision > 1000 ? 1000 : Spec->Precision;
    CHAR Text[RTLP_FLOAT_TEXT + 1000];
    union {
        double Value;
        ULONG64 Bits;
    } Raw = {Value};
    if (Raw.Bits >> 63) {
        Prefix[PrefixLength++] = '-';
    } else if (Spec->Plus || Spec->Space) {
        Prefix[PrefixLength++] = Spec->Plus ? '+' : ' ';
    }
    if (Hex) {
        Prefix[PrefixLength++] = '0';
        Prefix[PrefixLength++] = Conversion == 'A' ? 'X' : 'x';
    }
    Plain.HasPrecision = FALSE;
    SIZE_T Count = RtlpFormatFloat(Text, Value, Conversion, Precision, Spec->Alternate, Sink->ModernFloats);
    BOOLEAN Digits = !Sink->ModernFloats || (Raw.Bits >> 52 & 0x7FF) != 0x7FF;
    RtlpPutNumber(Sink, &Plain, Prefix, Digits || !Hex ? PrefixLength : PrefixLength - 2, Text, Count, Spec->Zero && Digits);
}
#endif

/* ---- The format --------------------------------------------------------------------------------------------------------------------- */

typedef struct _CURSOR {
    const VOID *Next;
    BOOLEAN Wide;
} CURSOR;

static WCHAR RtlpPeek(const CURSOR *At, ULONG Ahead) { return At->Wide ? ((const WCHAR *)At->Next)[Ahead] : (UCHAR)((const CHAR *)At->Next)[Ahead]; }

static VOID RtlpAdvance(CURSOR *At, SIZE_T Count) { At->Next = (const CHAR *)At->Next + (At->Wide ? Count * sizeof(WCHAR) : Count); }

static BOOLEAN RtlpParseFlag(WCHAR Char, SPECIFICATION *Spec) {
    switch (Char) {
    case '-': Spec->Left = TRUE; return TRUE;
    case '+': Spec->Plus = TRUE; return TRUE;
    case ' ': Spec->Space = TRUE; return TRUE;
    case '#': Spec->Alternate = TRUE; return TRUE;
    case '0': Spec->Zero = TRUE; return TRUE;
    default: return FALSE;
    }
}

static int RtlpParseNumber(CURSOR *At) {
    int Value = 0;
    for (WCHAR Char; (Char = RtlpPeek(At, 0)) >= '0' && Char <= '9'; RtlpAdvance(At, 1)) {
        Value = Value * 10 + (Char - '0');
        if (Value > MAX_WIDTH) {
            Value = MAX_WIDTH;
        }
    }
    return Value;
}

static VOID RtlpParseSize(CURSOR *At, SPECIFICATION *Spec) {
    for (;;) {
        switch (RtlpPeek(At, 0)) {
        case 'h': Spec->Size = Spec->Size == SIZE_SHORT ? SIZE_BYTE : SIZE_SHORT; break;
        case 'l': Spec->Size = Spec->Size == SIZE_LONG ? SIZE_QUAD : SIZE_LONG; break;
        case 'w': Spec->Size = SIZE_WIDE; break;
        case 'z':
        case 't':
        case 'j':
        case 'L': Spec->Size = SIZE_QUAD; break;
        case 'I':
            if (RtlpPeek(At, 1) == '6' && RtlpPeek(At, 2) == '4') {
                Spec->Size = SIZE_QUAD;
                RtlpAdvance(At, 2);
            } else if (RtlpPeek(At, 1) == '3' && RtlpPeek(At, 2) == '2') {
                Spec->Size = SIZE_DEFAULT;
                RtlpAdvance(At, 2);
            } else {
                Spec->Size = SIZE_QUAD;
            }
            break;
        case 'F': /* far and near of 16-bit days: %Fs, %Np; before anything but a conversion that is not one, F is a conversion itself */
        case 'N':
            if (RtlpPeek(At, 1) != 's' && RtlpPeek(At, 1) != 'p') {
                return;
            }
            break;
        default: return;
        }
        RtlpAdvance(At, 1);
    }
}

static ULONG64 RtlpTakeInteger(enum size Size, BOOLEAN Signed, va_list *Arguments) {
    ULONG64 Value = va_arg(*Arguments, ULONG64); /* a slot, of which the upper part may be dirty */
    switch (Size) {
    case SIZE_QUAD: return Value;
    case SIZE_SHORT: return Signed ? (ULONG64)(LONG64)(SHORT)Value : (USHORT)Value;
    case SIZE_BYTE: return Signed ? (ULONG64)(LONG64)(CHAR)Value : (UCHAR)Value;
    default: return Signed ? (ULONG64)(LONG64)(LONG)Value : (ULONG)Value;
    }
}

/* Does %c, %s or the other case of it take wide text? */
static BOOLEAN RtlpTakesWide(enum size Size, BOOLEAN Default) {
    return Size == SIZE_LONG || Size == SIZE_WIDE ? TRUE : Size == SIZE_SHORT || Size == SIZE_BYTE ? FALSE : Default;
}

static VOID RtlpConvert(PRTL_FORMAT_SINK Sink, SPECIFICATION *Spec, WCHAR Conversion, BOOLEAN WideFormat, va_list *Arguments) {
    switch (Conversion) {
    case 'd':
    case 'i': RtlpPutInteger(Sink, Spec, RtlpTakeInteger(Spec->Size, TRUE, Arguments), 10, FALSE, TRUE); break;
    case 'u': RtlpPutInteger(Sink, Spec, RtlpTakeInteger(Spec->Size, FALSE, Arguments), 10, FALSE, FALSE); break;
    case 'o': RtlpPutInteger(Sink, Spec, RtlpTakeInteger(Spec->Size, FALSE, Arguments), 8, FALSE, FALSE); break;
    case 'x':
    case 'X': RtlpPutInteger(Sink, Spec, RtlpTakeInteger(Spec->Size, FALSE, Arguments), 16, Conversion == 'X', FALSE); break;
    case 'p': /* always all sixteen digits */
    case 'P':
        Spec->HasPrecision = TRUE;
        Spec->Precision = 16;
        RtlpPutInteger(Sink, Spec, va_arg(*Arguments, ULONG64), 16, TRUE, FALSE);
        break;
    case 'c':
    case 'C': {
        BOOLEAN Wide = RtlpTakesWide(Spec->Size, (Conversion == 'c') == (WideFormat && !Sink->IsoWide));
        ULONG64 Value = va_arg(*Arguments, ULONG64);
        WCHAR WideChar = (WCHAR)Value;
        CHAR Char = (CHAR)Value;
        Spec->HasPrecision = FALSE;
        RtlpPutString(Sink, Spec, Wide ? (const VOID *)&WideChar : &Char, Wide, TRUE, 1);
        break;
    }
    case 's':
    case 'S':
        RtlpPutString(Sink, Spec, va_arg(*Arguments, const VOID *), RtlpTakesWide(Spec->Size, (Conversion == 's') == (WideFormat && !Sink->IsoWide)),
                      FALSE, 0);
        break;
    case 'Z': RtlpPutCounted(Sink, Spec, va_arg(*Arguments, const VOID *), RtlpTakesWide(Spec->Size, FALSE)); break;
    case 'n': (void)va_arg(*Arguments, PVOID); break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
#ifdef RTL_USER_MODE
        RtlpPutFloat(Sink, Spec, va_arg(*Arguments, double), (CHAR)Conversion);
        break;
#else
        (void)va_arg(*Arguments, ULONG64); /* the kernel has no floating point conversions: the letter prints, its argument is skipped */
#endif
        __attribute__((fallthrough));
    default: /* what is not a conversion prints itself: %% and mistakes alike */ RtlpPutWide(Sink, &Conversion, 1); break;
    }
}

VOID RtlpFormat(PRTL_FORMAT_SINK Sink, const VOID *Format, BOOLEAN WideFormat, va_list Arguments) {
    CURSOR At = {Format, WideFormat};
    va_list Rest;
    va_copy(Rest, Arguments);
    for (;;) {
        SIZE_T Literal = 0;
        while (RtlpPeek(&At, (ULONG)Literal) != 0 && RtlpPeek(&At, (ULONG)Literal) != '%') {
            Literal++;
        }
        if (WideFormat) {
            RtlpPutWide(Sink, At.Next, Literal);
        } else {
            RtlpPutNarrow(Sink, At.Next, Literal);
        }
        RtlpAdvance(&At, Literal);
        if (RtlpPeek(&At, 0) == 0) {
            break;
        }
        RtlpAdvance(&At, 1);

        SPECIFICATION Spec = {0};
        for (; RtlpParseFlag(RtlpPeek(&At, 0), &Spec); RtlpAdvance(&At, 1)) {
        }
        if (RtlpPeek(&At, 0) == '*') {
            int Width = va_arg(Rest, int);
            Spec.Left = Spec.Left || Width < 0;
            Spec.Width = Width > MAX_WIDTH || Width < -MAX_WIDTH ? MAX_WIDTH : Width < 0 ? -Width : Width;
            RtlpAdvance(&At, 1);
        } else {
            Spec.Width = RtlpParseNumber(&At);
        }
        if (RtlpPeek(&At, 0) == '.') {
            RtlpAdvance(&At, 1);
            Spec.HasPrecision = TRUE;
            if (RtlpPeek(&At, 0) == '*') {
                int Precision = va_arg(Rest, int);
                Spec.HasPrecision = Precision >= 0;
                Spec.Precision = Precision;
                RtlpAdvance(&At, 1);
            } else {
                Spec.Precision = RtlpParseNumber(&At);
            }
        }
        RtlpParseSize(&At, &Spec);
        if (RtlpPeek(&At, 0) == 0) {
            break;
        }
        WCHAR Conversion = RtlpPeek(&At, 0);
        RtlpAdvance(&At, 1);
        RtlpConvert(Sink, &Spec, Conversion, WideFormat, &Rest);
    }
    va_end(Rest);
}

/* ---- Into a buffer -------------------------------------------------------------------------------------------------------------------- */

typedef struct _BUFFER_SINK {
    RTL_FORMAT_SINK Sink;
    VOID *Buffer;
    SIZE_T Count; /* characters it holds */
    SIZE_T Used;
} BUFFER_SINK;

static VOID RtlpPutBuffer(PRTL_FORMAT_SINK Sink, const VOID *Text, SIZE_T Count) {
    BUFFER_SINK *Target = CONTAINING_RECORD(Sink, BUFFER_SINK, Sink);
    SIZE_T N = Target->Count - Target->Used;
    if (N > Count) {
        N = Count;
    }
    if (Sink->Wide) {
        memcpy((WCHAR *)Target->Buffer + Target->Used, Text, N * sizeof(WCHAR));
    } else {
        memcpy((CHAR *)Target->Buffer + Target->Used, Text, N);
    }
    Target->Used += N;
}

/* The terminator's place is kept free with Terminate; without, it is written only if there is room. */
static int RtlpFormatInto(BUFFER_SINK *Target, BOOLEAN Terminate, const VOID *Format, va_list Arguments) {
    SIZE_T Size = Target->Count;
    if (Terminate && Size) {
        Target->Count--;
    }
    RtlpFormat(&Target->Sink, Format, Target->Sink.Wide, Arguments);
    if (Target->Used < Size) {
        if (Target->Sink.Wide) {
            ((WCHAR *)Target->Buffer)[Target->Used] = 0;
        } else {
            ((CHAR *)Target->Buffer)[Target->Used] = 0;
        }
    }
    return Target->Sink.Total > Target->Count || Target->Sink.Total > MAXLONG ? -1 : (int)Target->Sink.Total;
}

int RtlpFormatNarrow(CHAR *Buffer, SIZE_T Count, BOOLEAN Terminate, const CHAR *Format, va_list Arguments) {
    BUFFER_SINK Target = {{.Put = RtlpPutBuffer}, Buffer, Count, 0};
    return RtlpFormatInto(&Target, Terminate, Format, Arguments);
}

int RtlpFormatWide(WCHAR *Buffer, SIZE_T Count, BOOLEAN Terminate, const WCHAR *Format, va_list Arguments) {
    BUFFER_SINK Target = {{.Put = RtlpPutBuffer, .Wide = TRUE}, Buffer, Count, 0};
    return RtlpFormatInto(&Target, Terminate, Format, Arguments);
}
