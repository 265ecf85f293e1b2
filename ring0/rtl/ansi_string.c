/* STRING, ANSI_STRING: counted 8-bit text in code page 1252. */
#include "rtl/rtlp.h"

#define MAX_BYTES 0xFFFF

VOID NTAPI RtlInitString(PSTRING Destination, PCSZ Source) {
    SIZE_T Length = Source ? strlen(Source) : 0;
    if (Length > MAX_BYTES - 1) {
        Length = MAX_BYTES - 1;
    }
    Destination->Length = (USHORT)Length;
    Destination->MaximumLength = (USHORT)(Source ? Length + 1 : 0);
    Destination->Buffer = (PCHAR)Source;
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING Destination, PCSZ Source) { RtlInitString(Destination, Source); }

NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING Destination, PCSZ Source) {
    *Destination = (ANSI_STRING){0, 0, (PCHAR)Source};
    if (Source) {
        SIZE_T Length = strlen(Source);
        if (Length > MAX_BYTES - 1) {
            Destination->Buffer = NULL;
            return STATUS_NAME_TOO_LONG;
        }
        Destination->Length = (USHORT)Length;
        Destination->MaximumLength = (USHORT)(Length + 1);
    }
    return STATUS_SUCCESS;
}

VOID NTAPI RtlCopyString(PSTRING Destination, const PSTRING Source) {
    if (!Source) {
        Destination->Length = 0;
        return;
    }
    Destination->Length = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
    memmove(Destination->Buffer, Source->Buffer, Destination->Length);
}

static NTSTATUS RtlpAppendBytes(PSTRING Destination, const CHAR *Text, SIZE_T Count) {
    if (Count > MAX_BYTES || Destination->Length + Count > Destination->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove(Destination->Buffer + Destination->Length, Text, Count);
    Destination->Length = (USHORT)(Destination->Length + Count);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source) {
    return Source->Length ? RtlpAppendBytes(Destination, Source->Buffer, Source->Length) : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source) {
    return Source ? RtlpAppendBytes(Destination, Source, strlen(Source)) : STATUS_SUCCESS;
}

static LONG RtlpCompareBytes(const CHAR *First, const CHAR *Second, SIZE_T Count, BOOLEAN CaseInSensitive) {
    for (SIZE_T I = 0; I < Count; I++) {
        UCHAR A = (UCHAR)First[I], B = (UCHAR)Second[I];
        if (A != B && CaseInSensitive) {
            A = (UCHAR)RtlUpperChar((CHAR)A);
            B = (UCHAR)RtlUpperChar((CHAR)B);
        }
        if (A != B) {
            return (LONG)A - (LONG)B;
        }
    }
    return 0;
}

LONG NTAPI RtlCompareString(const PSTRING String1, const PSTRING String2, BOOLEAN CaseInSensitive) {
    USHORT Common = String1->Length < String2->Length ? String1->Length : String2->Length;
    LONG Order = RtlpCompareBytes(String1->Buffer, String2->Buffer, Common, CaseInSensitive);
    return Order ? Order : (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualString(const PSTRING String1, const PSTRING String2, BOOLEAN CaseInSensitive) {
    return String1->Length == String2->Length && RtlpCompareBytes(String1->Buffer, String2->Buffer, String1->Length, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixString(const STRING *Prefix, const STRING *String, BOOLEAN CaseInSensitive) {
    return Prefix->Length <= String->Length && RtlpCompareBytes(Prefix->Buffer, String->Buffer, Prefix->Length, CaseInSensitive) == 0;
}

VOID NTAPI RtlUpperString(PSTRING Destination, const PSTRING Source) {
    Destination->Length = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
    for (USHORT I = 0; I < Destination->Length; I++) {
        Destination->Buffer[I] = RtlUpperChar(Source->Buffer[I]);
    }
}

static VOID RtlpReleaseString(PSTRING String) {
    if (String->Buffer) {
        RtlpFreeString(String->Buffer);
        *String = (STRING){0, 0, NULL};
    }
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString) { RtlpReleaseString(AnsiString); }

VOID NTAPI RtlFreeOemString(POEM_STRING OemString) { RtlpReleaseString(OemString); }
