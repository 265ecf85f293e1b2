/*
 * Floating point numbers as text, exactly rounded (half to even), by arithmetic on big decimal numbers: a double is an integer times a power of
 * two, and
 * so has a finite decimal expansion of at most 309 digits before and 1074 after the point. User mode only: the kernel formats none.
 *
 * Infinities and NaNs look as in Microsoft's msvcrt: 1.#INF, 1.#QNAN, 1.#IND, and are rounded like digits. Exponents have three digits there.
 */
#ifdef RTL_USER_MODE
#include "rtl/rtlp.h"

#define GROUP         1000000000u /* nine digits in each word */
#define INTEGER_WORDS 36
#define WORDS         160

typedef struct _DECIMAL {
    ULONG Word[WORDS]; /* the point is after Word[INTEGER_WORDS - 1] */
} DECIMAL;

static VOID RtlpTimesTwo(DECIMAL *Number, ULONG Shift, ULONG *First, ULONG Last) {
    ULONG64 Carry = 0;
    for (ULONG I = Last + 1; I-- > *First;) {
        ULONG64 Value = ((ULONG64)Number->Word[I] << Shift) + Carry;
        Number->Word[I] = (ULONG)(Value % GROUP);
        Carry = Value / GROUP;
    }
    if (Carry) {
        Number->Word[--*First] = (ULONG)Carry;
    }
}

static VOID RtlpHalve(DECIMAL *Number, ULONG Shift, ULONG First, ULONG *Last) {
    ULONG64 Rest = 0;
    for (ULONG I = First; I <= *Last; I++) {
        ULONG64 Value = Rest * GROUP + Number->Word[I];
        Number->Word[I] = (ULONG)(Value >> Shift);
        Rest = Value & ((1ull << Shift) - 1);
    }
    if (Rest) {
        Number->Word[++*Last] = (ULONG)((Rest * GROUP) >> Shift); /* Shift <= 9: two divides GROUP that often */
    }
}

/* Digits of Bits' value, "0" padded to whole words, most significant first; returns how many stand before the point. */
static SIZE_T RtlpExpand(ULONG64 Bits, CHAR *Digits, SIZE_T *Count) {
    DECIMAL Number;
    int Exponent = (int)(Bits >> 52 & 0x7FF);
    ULONG64 Mantissa = Bits & ((1ull << 52) - 1);
    if (Exponent) {
        Mantissa |= 1ull << 52;
    } else {
        Exponent = 1;
    }
    Exponent -= 1075;
    memset(&Number, 0, sizeof(Number));
    ULONG First = INTEGER_WORDS - 2, Last = INTEGER_WORDS - 1;
    Number.Word[First] = (ULONG)(Mantissa / GROUP);
    Number.Word[Last] = (ULONG)(Mantissa % GROUP);
    for (; Exponent > 0; Exponent -= Exponent < 29 ? Exponent : 29) {
        RtlpTimesTwo(&Number, Exponent < 29 ? (ULONG)Exponent : 29, &First, Last);
    }
    for (; Exponent < 0; Exponent += -Exponent < 9 ? -Exponent : 9) {
        RtlpHalve(&Number, -Exponent < 9 ? (ULONG)-Exponent : 9, First, &Last);
    }
    *Count = 0;
    for (ULONG I = First; I <= Last; I++) {
        ULONG Word = Number.Word[I];
        for (ULONG K = 9; K-- > 0; Word /= 10) {
            Digits[*Count + K] = (CHAR)('0' + Word % 10);
        }
        *Count += 9;
    }
    return (INTEGER_WORDS - First) * 9;
}

/* Keeps Keep of the Count digits, rounded half to even; TRUE: the carry ran out on the left and all kept digits are 0. */
static BOOLEAN RtlpRound(CHAR *Digits, SIZE_T Count, SIZE_T Keep) {
    if (Keep >= Count) {
        return FALSE;
    }
    BOOLEAN Up = Digits[Keep] > '5';
    if (Digits[Keep] == '5') {
        Up = Keep > 0 && ((Digits[Keep - 1] - '0') & 1);
        for (SIZE_T I = Keep + 1; I < Count && !Up; I++) {
            Up = Digits[I] != '0';
        }
    }
    if (!Up) {
        return FALSE;
    }
    while (Keep > 0) {
        if (Digits[--Keep]++ != '9') {
            return FALSE;
        }
        Digits[Keep] = '0';
    }
    return TRUE;
}

static SIZE_T RtlpAppendExponent(CHAR *Text, int Exponent, CHAR Letter, BOOLEAN Modern) {
    ULONG Value = (ULONG)(Exponent < 0 ? -Exponent : Exponent);
    SIZE_T N = 0;
    Text[N++] = Letter;
    Text[N++] = Exponent < 0 ? '-' : '+';
    if (!Modern || Value >= 100) {
        Text[N++] = (CHAR)('0' + Value / 100);
    }
    Text[N++] = (CHAR)('0' + Value / 10 % 10);
    Text[N++] = (CHAR)('0' + Value % 10);
    return N;
}

static SIZE_T RtlpFormatHex(CHAR *Text, ULONG64 Bits, CHAR Conversion, int Precision, BOOLEAN Alternate) {
    PCSTR Alphabet = Conversion == 'A' ? "0123456789ABCDEF" : "0123456789abcdef";
    int Exponent = (int)(Bits >> 52 & 0x7FF);
    ULONG64 Mantissa = Bits & ((1ull << 52) - 1);
    SIZE_T N = 0;
    if (Exponent) {
        Mantissa |= 1ull << 52;
    } else {
        Exponent = Mantissa ? 1 : 1023;
    }
    if (Precision < 13) {
        ULONG Drop = (ULONG)(13 - Precision) * 4;
        ULONG64 Half = 1ull << (Drop - 1), Below = Mantissa & ((1ull << Drop) - 1);
        Mantissa >>= Drop;
        Mantissa += Below > Half || (Below == Half && (Mantissa & 1));
        Mantissa <<= Drop;
    }
    Text[N++] = (CHAR)('0' + (Mantissa >> 52));
    if (Precision || Alternate) {
        Text[N++] = '.';
    }
    for (int I = 0; I < Precision; I++) {
        Text[N++] = I < 13 ? Alphabet[Mantissa >> (48 - 4 * I) & 15] : '0';
    }
    int Power = Exponent - 1023;
    ULONG Value = (ULONG)(Power < 0 ? -Power : Power);
    Text[N++] = Conversion == 'A' ? 'P' : 'p';
    Text[N++] = Power < 0 ? '-' : '+';
    for (ULONG Unit = 1000; Unit; Unit /= 10) {
        if (Value >= Unit || Unit == 1) {
            Text[N++] = (CHAR)('0' + Value / Unit % 10);
        }
    }
    return N;
}

/* "1.#INF" and its kin, whose letters msvcrt treats as digits. */
static SIZE_T RtlpFormatSpecial(CHAR *Text, ULONG64 Bits, CHAR Conversion, int Precision, BOOLEAN Alternate) {
    ULONG64 Mantissa = Bits & ((1ull << 52) - 1);
    PCSTR Name = !Mantissa ? "#INF" : Bits >> 63 && Mantissa == 1ull << 51 ? "#IND" : Mantissa >> 51 ? "#QNAN" : "#SNAN";
    CHAR Kind = Conversion | 0x20;
    SIZE_T Length = 0, N = 0;
    while (Name[Length]) {
        Length++;
    }
    SIZE_T Keep = (SIZE_T)(Kind == 'g' ? (Precision > 1 ? Precision - 1 : 0) : Precision);
    Text[N++] = '1';
    if (Keep || Alternate) {
        Text[N++] = '.';
    }
    for (SIZE_T I = 0; I < Keep && (I < Length || Kind != 'g' || Alternate); I++) {
        Text[N++] = I < Length ? Name[I] : '0';
    }
    if (Keep && Keep < Length && Name[Keep] >= '5') {
        Text[N - 1]++;
    }
    return Kind == 'e' ? N + RtlpAppendExponent(Text + N, 0, Conversion, FALSE) : N;
}

/* "inf", "nan", "nan(ind)", "nan(snan)", in capitals when the conversion is one. */
static SIZE_T RtlpFormatModernSpecial(CHAR *Text, ULONG64 Bits, CHAR Conversion) {
    ULONG64 Mantissa = Bits & ((1ull << 52) - 1);
    PCSTR Name = !Mantissa ? "inf" : Bits >> 63 && Mantissa == 1ull << 51 ? "nan(ind)" : Mantissa >> 51 ? "nan" : "nan(snan)";
    SIZE_T N = 0;
    for (; Name[N]; N++) {
        Text[N] = !(Conversion & 0x20) && Name[N] >= 'a' ? (CHAR)(Name[N] - 0x20) : Name[N];
    }
    return N;
}

SIZE_T RtlpFormatFloat(CHAR *Text, double Value, CHAR Conversion, int Precision, BOOLEAN Alternate, BOOLEAN Modern) {
    CHAR Digits[WORDS * 9];
    union {
        double Value;
        ULONG64 Bits;
    } Raw = {Value};
    ULONG64 Bits = Raw.Bits & ~(1ull << 63);
    CHAR Kind = Conversion | 0x20;
    SIZE_T Count, N = 0;

    if (Bits >> 52 == 0x7FF) {
        return Modern ? RtlpFormatModernSpecial(Text, Raw.Bits, Conversion) : RtlpFormatSpecial(Text, Raw.Bits, Conversion, Precision, Alternate);
    }
    if (Kind == 'a') {
        return RtlpFormatHex(Text, Bits, Conversion, Precision, Alternate);
    }
    SIZE_T Before = RtlpExpand(Bits, Digits, &Count), Skip = 0;
    while (Skip < Count && Digits[Skip] == '0') {
        Skip++;
    }
    int Exponent = Bits ? (int)Before - (int)Skip - 1 : 0; /* of the first digit that is not 0 */
    BOOLEAN Strip = Kind == 'g' && !Alternate;

    if (Kind != 'f') {
        SIZE_T Keep = Kind == 'e' ? (SIZE_T)Precision + 1 : Precision ? (SIZE_T)Precision : 1;
        if (!Bits) {
            Skip = Before - 1;
        }
        BOOLEAN Carry = RtlpRound(Digits + Skip, Count - Skip, Keep);
        if (Carry) {
            Exponent++;
        }
        if (Kind == 'e' || Exponent < -4 || Exponent >= (int)Keep) {
            SIZE_T Last = Keep;
#define DIGIT(i) (Carry ? (CHAR)((i) ? '0' : '1') : Skip + (i) < Count && (i) < Keep ? Digits[Skip + (i)] : '0')
            while (Strip && Last > 1 && DIGIT(Last - 1) == '0') {
                Last--;
            }
            Text[N++] = DIGIT(0);
            if (Last > 1 || Alternate) {
                Text[N++] = '.';
            }
            for (SIZE_T I = 1; I < Last; I++) {
                Text[N++] = DIGIT(I);
            }
            return N + RtlpAppendExponent(Text + N, Exponent, Kind == 'e' ? Conversion : (CHAR)(Conversion == 'G' ? 'E' : 'e'), Modern);
#undef DIGIT
        }
        Precision = (int)Keep - 1 - Exponent;
        Before = RtlpExpand(Bits, Digits, &Count); /* fixed notation rounds the number anew, to the same place */
    }

    BOOLEAN Carry = RtlpRound(Digits, Count, Before + (SIZE_T)Precision);
    SIZE_T Start = 0, End = Before + (SIZE_T)Precision;
    while (Start + 1 < Before && Digits[Start] == '0' && !Carry) {
        Start++;
    }
#define DIGIT(i) ((i) < Count ? Digits[i] : '0')
    while (Strip && End > Before && DIGIT(End - 1) == '0') {
        End--;
    }
    if (Carry) {
        Text[N++] = '1';
    }
    for (SIZE_T I = Start; I < End; I++) {
        if (I == Before) {
            Text[N++] = '.';
        }
        Text[N++] = DIGIT(I);
    }
    if (End == Before && Alternate) {
        Text[N++] = '.';
    }
#undef DIGIT
    return N;
}
#else
typedef int rtl_float_is_user_mode_only; /* a translation unit is not empty */
#endif
