/* Integers from and to counted strings; byte order. */
#include "rtl/rtlp.h"

#undef RtlUshortByteSwap
#undef RtlUlongByteSwap
#undef RtlUlonglongByteSwap

/* Base 0: what "0x", "0o" or "0b" say, else 10. Get(Context, i) is character i, or 0 after the last. Stops at what is not a digit. */
typedef struct _INTEGER_TEXT {
    const VOID *Text;
    ULONG Count; /* characters; ~0: terminated */
    BOOLEAN Wide;
} INTEGER_TEXT;

static WCHAR RtlpCharAt(const INTEGER_TEXT *Text, ULONG i) {
    if (i >= Text->Count) {
        return 0;
    }
    return Text->Wide ? ((const WCHAR *)Text->Text)[i] : (UCHAR)((const CHAR *)Text->Text)[i];
}

static NTSTATUS RtlpParseInteger(const INTEGER_TEXT *Text, ULONG Base, ULONG64 *Value, ULONG *End) {
    ULONG I = 0;
    BOOLEAN Negative = FALSE;
    *Value = 0;
    while (RtlpCharAt(Text, I) != 0 && RtlpCharAt(Text, I) <= ' ') {
        I++;
    }
    if (RtlpCharAt(Text, I) == '-' || RtlpCharAt(Text, I) == '+') {
        Negative = RtlpCharAt(Text, I++) == '-';
    }
    if (Base == 0) {
        WCHAR Mark = RtlpCharAt(Text, I) == '0' ? RtlpCharAt(Text, I + 1) : 0;
        Base = Mark == 'x' ? 16 : Mark == 'o' ? 8 : Mark == 'b' ? 2 : 10;
        I += Base == 10 ? 0 : 2;
    } else if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    for (;; I++) {
        WCHAR Char = RtlpCharAt(Text, I);
        ULONG Digit = Char >= '0' && Char <= '9'   ? (ULONG)(Char - '0')
                      : Char >= 'A' && Char <= 'F' ? (ULONG)(Char - 'A' + 10)
                      : Char >= 'a' && Char <= 'f' ? (ULONG)(Char - 'a' + 10)
                                                   : 99;
        if (Digit >= Base) {
            break;
        }
        *Value = *Value * Base + Digit;
    }
    if (Negative) {
        *Value = 0 - *Value;
    }
    *End = I;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) {
    INTEGER_TEXT Text = {String->Buffer, String->Length / (ULONG)sizeof(WCHAR), TRUE};
    ULONG64 Number;
    ULONG End;
    NTSTATUS Status = Text.Count != 0 ? RtlpParseInteger(&Text, Base, &Number, &End) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status)) {
        *Value = (ULONG)Number;
    }
    return Status;
}

NTSTATUS NTAPI RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *EndPointer) {
    INTEGER_TEXT Text = {String->Buffer, String->Length / (ULONG)sizeof(WCHAR), TRUE};
    ULONG64 Value;
    ULONG End;
    NTSTATUS Status = RtlpParseInteger(&Text, Base, &Value, &End);
    if (NT_SUCCESS(Status)) {
        *Number = (LONG64)Value;
        if (EndPointer) {
            *EndPointer = String->Buffer + End;
        }
    }
    return Status;
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value) {
    INTEGER_TEXT Text = {String, ~0u, FALSE};
    ULONG64 Number;
    ULONG End;
    NTSTATUS Status = RtlpParseInteger(&Text, Base, &Number, &End);
    if (NT_SUCCESS(Status)) {
        *Value = (ULONG)Number;
    }
    return Status;
}

/* Digits of Value, most significant first; their number, or 0 for a base that is not one. */
static ULONG RtlpDigits(ULONG64 Value, ULONG Base, CHAR Digits[64]) {
    CHAR Reverse[64];
    ULONG N = 0;
    Base = Base ? Base : 10;
    if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
        return 0;
    }
    do {
        Reverse[N++] = "0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value);
    for (ULONG I = 0; I < N; I++) {
        Digits[I] = Reverse[N - 1 - I];
    }
    return N;
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String) {
    CHAR Digits[64];
    ULONG N = RtlpDigits(Value, Base, Digits);
    if (!N) {
        return STATUS_INVALID_PARAMETER;
    }
    if (N * sizeof(WCHAR) > String->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG I = 0; I < N; I++) {
        String->Buffer[I] = (WCHAR)Digits[I];
    }
    String->Length = (USHORT)(N * sizeof(WCHAR));
    if (String->Length + sizeof(WCHAR) <= String->MaximumLength) {
        String->Buffer[N] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) { return RtlInt64ToUnicodeString(Value, Base, String); }

/* A negative Length pads with zeros to that many characters. */
NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PSTR String) {
    CHAR Digits[64];
    ULONG N = RtlpDigits(Value, Base, Digits), Room = Length < 0 ? 0u - (ULONG)Length : (ULONG)Length;
    if (!N) {
        return STATUS_INVALID_PARAMETER;
    }
    if (N > Room) {
        return STATUS_BUFFER_OVERFLOW;
    }
    while (Length < 0 && Room > N) {
        *String++ = '0';
        Room--;
    }
    memcpy(String, Digits, N);
    if (N < Room) {
        String[N] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicode(ULONG Value, ULONG Base, LONG Length, PWSTR String) {
    CHAR Text[64];
    LONG Room = Length > 64 ? 64 : Length < -64 ? -64 : Length;
    memset(Text, 0, sizeof(Text));
    NTSTATUS Status = RtlIntegerToChar(Value, Base, Room, Text);
    for (LONG I = 0; NT_SUCCESS(Status) && I < (Room < 0 ? -Room : Room); I++) {
        String[I] = (UCHAR)Text[I];
        if (!Text[I]) {
            break;
        }
    }
    return Status;
}

USHORT FASTCALL RtlUshortByteSwap(USHORT Source) { return __builtin_bswap16(Source); }

ULONG FASTCALL RtlUlongByteSwap(ULONG Source) { return __builtin_bswap32(Source); }

ULONGLONG FASTCALL RtlUlonglongByteSwap(ULONGLONG Source) { return __builtin_bswap64(Source); }
