/*
 * Text from one encoding to another: ANSI, OEM and UTF-8 to UTF-16 and back. The N forms convert what fits and say how much; the String forms
 * allocate or
 * need room for the result and a terminator.
 */
#include "rtl/rtlp.h"

BOOLEAN NlsMbCodePageTag = FALSE; /* both code pages are single-byte */
BOOLEAN NlsMbOemCodePageTag = FALSE;
USHORT NlsAnsiCodePage = 1252;
USHORT NlsOemCodePage = 437;

static WCHAR RtlpOemToUnicodeChar(CHAR Char) { return (UCHAR)Char < 0x80 ? (UCHAR)Char : RtlpOemHigh[(UCHAR)Char - 0x80]; }

static WCHAR RtlpAnsiToUnicode(CHAR Char) { return RtlpAnsiToUnicodeChar(Char); }

static CHAR RtlpUpcaseToAnsi(WCHAR Char) { return RtlpUnicodeToAnsiChar(RtlpUpcase(Char)); }

static CHAR RtlpUpcaseToOem(WCHAR Char) { return RtlpUnicodeToOemChar(RtlpUpcase(Char)); }

/* ---- Runs of characters ------------------------------------------------------------------------------------------------------ */

static NTSTATUS RtlpWiden(PWCH To, ULONG MaxBytes, PULONG Bytes, const CHAR *From, ULONG Count, WCHAR (*Map)(CHAR)) {
    ULONG N = Count < MaxBytes / sizeof(WCHAR) ? Count : MaxBytes / (ULONG)sizeof(WCHAR);
    for (ULONG I = 0; I < N; I++) {
        To[I] = Map(From[I]);
    }
    if (Bytes) {
        *Bytes = N * (ULONG)sizeof(WCHAR);
    }
    return N < Count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS RtlpNarrow(PCHAR To, ULONG MaxBytes, PULONG Bytes, PCWCH From, ULONG FromBytes, CHAR (*Map)(WCHAR)) {
    ULONG Count = FromBytes / sizeof(WCHAR), N = Count < MaxBytes ? Count : MaxBytes;
    for (ULONG I = 0; I < N; I++) {
        To[I] = Map(From[I]);
    }
    if (Bytes) {
        *Bytes = N;
    }
    return N < Count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytes, PULONG Bytes, const CHAR *MultiByteString, ULONG Count) {
    return RtlpWiden(UnicodeString, MaxBytes, Bytes, MultiByteString, Count, RtlpAnsiToUnicode);
}

NTSTATUS NTAPI RtlOemToUnicodeN(PWSTR UnicodeString, ULONG MaxBytes, PULONG Bytes, PCCH OemString, ULONG Count) {
    return RtlpWiden(UnicodeString, MaxBytes, Bytes, OemString, Count, RtlpOemToUnicodeChar);
}

NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytes, PULONG Bytes, PCWCH UnicodeString, ULONG UnicodeBytes) {
    return RtlpNarrow(MultiByteString, MaxBytes, Bytes, UnicodeString, UnicodeBytes, RtlpUnicodeToAnsiChar);
}

NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytes, PULONG Bytes, PCWCH UnicodeString, ULONG UnicodeBytes) {
    return RtlpNarrow(MultiByteString, MaxBytes, Bytes, UnicodeString, UnicodeBytes, RtlpUpcaseToAnsi);
}

NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytes, PULONG Bytes, PCWCH UnicodeString, ULONG UnicodeBytes) {
    return RtlpNarrow(OemString, MaxBytes, Bytes, UnicodeString, UnicodeBytes, RtlpUnicodeToOemChar);
}

NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytes, PULONG Bytes, PCWCH UnicodeString, ULONG UnicodeBytes) {
    return RtlpNarrow(OemString, MaxBytes, Bytes, UnicodeString, UnicodeBytes, RtlpUpcaseToOem);
}

NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG Bytes, const CHAR *MultiByteString, ULONG Count) {
    *Bytes = Count * (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG Bytes, PCWCH UnicodeString, ULONG UnicodeBytes) {
    *Bytes = UnicodeBytes / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* ---- Whole strings ------------------------------------------------------------------------------------------------------------- */

ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString) { return (AnsiString->Length + 1u) * (ULONG)sizeof(WCHAR); }

ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING OemString) { return (OemString->Length + 1u) * (ULONG)sizeof(WCHAR); }

ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString) { return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1; }

ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString) { return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1; }

static NTSTATUS RtlpWidenString(PUNICODE_STRING To, const STRING *From, BOOLEAN Allocate, WCHAR (*Map)(CHAR)) {
    ULONG Size = (From->Length + 1u) * (ULONG)sizeof(WCHAR);
    if (Size > 0xFFFF) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (Allocate) {
        PWSTR Buffer = RtlpAllocateString(Size);
        if (!Buffer) {
            return STATUS_NO_MEMORY;
        }
        To->Buffer = Buffer;
        To->MaximumLength = (USHORT)Size;
    } else if (Size > To->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    To->Length = (USHORT)(Size - sizeof(WCHAR));
    RtlpWiden(To->Buffer, To->Length, NULL, From->Buffer, From->Length, Map);
    To->Buffer[From->Length] = 0;
    return STATUS_SUCCESS;
}

/* Without memory of our own a result that does not fit is cut, and terminated. */
static NTSTATUS RtlpNarrowString(PSTRING To, PCUNICODE_STRING From, BOOLEAN Allocate, CHAR (*Map)(WCHAR)) {
    ULONG Count = From->Length / sizeof(WCHAR), Size = Count + 1;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Allocate) {
        PCHAR Buffer = RtlpAllocateString(Size);
        if (!Buffer) {
            return STATUS_NO_MEMORY;
        }
        To->Buffer = Buffer;
        To->MaximumLength = (USHORT)Size;
    } else if (Size > To->MaximumLength) {
        if (!To->MaximumLength) {
            return STATUS_BUFFER_OVERFLOW;
        }
        Count = To->MaximumLength - 1u;
        Status = STATUS_BUFFER_OVERFLOW;
    }
    To->Length = (USHORT)Count;
    RtlpNarrow(To->Buffer, Count, NULL, From->Buffer, Count * (ULONG)sizeof(WCHAR), Map);
    To->Buffer[Count] = 0;
    return Status;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING Destination, PCANSI_STRING Source, BOOLEAN Allocate) {
    return RtlpWidenString(Destination, Source, Allocate, RtlpAnsiToUnicode);
}

NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING Destination, PCOEM_STRING Source, BOOLEAN Allocate) {
    return RtlpWidenString(Destination, Source, Allocate, RtlpOemToUnicodeChar);
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate) {
    return RtlpNarrowString(Destination, Source, Allocate, RtlpUnicodeToAnsiChar);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate) {
    return RtlpNarrowString(Destination, Source, Allocate, RtlpUpcaseToAnsi);
}

NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate) {
    return RtlpNarrowString(Destination, Source, Allocate, RtlpUnicodeToOemChar);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate) {
    return RtlpNarrowString(Destination, Source, Allocate, RtlpUpcaseToOem);
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING Destination, PCSZ Source) {
    ANSI_STRING Ansi;
    RtlInitAnsiString(&Ansi, Source);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(Destination, &Ansi, TRUE));
}

WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *SourceCharacter) { return RtlpAnsiToUnicodeChar((CHAR) * (*SourceCharacter)++); }

/* ---- UTF-8. What cannot be encoded becomes U+FFFD, and the status says so; a NULL destination only asks for the size. ------------------- */

NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR Destination, ULONG MaxBytes, PULONG ActualBytes, PCWCH Source, ULONG SourceBytes) {
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count = SourceBytes / sizeof(WCHAR), Used = 0;
    if (!Source) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (!Destination && !ActualBytes) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Destination && (SourceBytes & 1)) {
        return STATUS_INVALID_PARAMETER_5;
    }
    for (ULONG I = 0; I < Count; I++) {
        ULONG Point = Source[I];
        CHAR Text[4];
        if (Point >= 0xD800 && Point < 0xDC00 && I + 1 < Count && Source[I + 1] >= 0xDC00 && Source[I + 1] < 0xE000) {
            Point = 0x10000 + ((Point - 0xD800) << 10) + (Source[++I] - 0xDC00u);
        } else if (Point >= 0xD800 && Point < 0xE000) {
            Point = 0xFFFD;
            Status = STATUS_SOME_NOT_MAPPED;
        }
        ULONG N = RtlpEncodeUtf8(Point, Text);
        if (Destination) {
            if (Used + N > MaxBytes) {
                Status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy(Destination + Used, Text, N);
        }
        Used += N;
    }
    if (ActualBytes) {
        *ActualBytes = Used;
    }
    return Status;
}

/* Decodes one code point; *Used bytes of it. A sequence that is not well formed is U+FFFD for as many bytes as could have begun one. */
static ULONG RtlpDecodeUtf8(const UCHAR *Text, ULONG Count, ULONG *Used) {
    UCHAR Lead = Text[0];
    ULONG Length = Lead < 0x80 ? 1 : Lead >= 0xC2 && Lead < 0xE0 ? 2 : (Lead & 0xF0) == 0xE0 ? 3 : Lead >= 0xF0 && Lead < 0xF5 ? 4 : 0;
    ULONG Point = Length == 1 ? Lead : Length == 2 ? Lead & 0x1Fu : Length == 3 ? Lead & 0x0Fu : Lead & 0x07u;
    *Used = 1;
    if (!Length) {
        return 0xFFFFFFFF;
    }
    for (ULONG I = 1; I < Length; I++) {
        UCHAR Low = I > 1 ? 0x80 : Lead == 0xE0 ? 0xA0 : Lead == 0xF0 ? 0x90 : 0x80;
        UCHAR High = I > 1 ? 0xBF : Lead == 0xED ? 0x9F : Lead == 0xF4 ? 0x8F : 0xBF;
        if (I >= Count || Text[I] < Low || Text[I] > High) {
            return 0xFFFFFFFF;
        }
        Point = Point << 6 | (Text[I] & 0x3Fu);
        *Used = I + 1;
    }
    return Point;
}

NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR Destination, ULONG MaxBytes, PULONG ActualBytes, PCCH Source, ULONG SourceBytes) {
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Units = 0, Used;
    if (!Source) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (!Destination && !ActualBytes) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG I = 0; I < SourceBytes; I += Used) {
        ULONG Point = RtlpDecodeUtf8((const UCHAR *)Source + I, SourceBytes - I, &Used);
        if (Point == 0xFFFFFFFF) {
            Point = 0xFFFD;
            Status = STATUS_SOME_NOT_MAPPED;
        }
        ULONG N = Point >= 0x10000 ? 2 : 1;
        if (Destination) {
            if ((Units + N) * sizeof(WCHAR) > MaxBytes) {
                Status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            Destination[Units] = N == 1 ? (WCHAR)Point : (WCHAR)(0xD7C0 + (Point >> 10));
            if (N == 2) {
                Destination[Units + 1] = (WCHAR)(0xDC00 | (Point & 0x3FF));
            }
        }
        Units += N;
    }
    if (ActualBytes) {
        *ActualBytes = Units * (ULONG)sizeof(WCHAR);
    }
    return Status;
}
