/* UNICODE_STRING: counted, not terminated. Lengths are in bytes, as the structure has them. */
#include "rtl/rtlp.h"

#define MAX_BYTES 0xFFFE /* longest UNICODE_STRING */

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source) {
    SIZE_T Bytes = Source ? wcslen(Source) * sizeof(WCHAR) : 0;
    if (Bytes > MAX_BYTES - sizeof(WCHAR)) { /* silently shortened; the Ex form says so */
        Bytes = MAX_BYTES - sizeof(WCHAR);
    }
    Destination->Length = (USHORT)Bytes;
    Destination->MaximumLength = (USHORT)(Source ? Bytes + sizeof(WCHAR) : 0);
    Destination->Buffer = (PWSTR)Source;
}

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING Destination, PCWSTR Source) {
    *Destination = (UNICODE_STRING){0, 0, (PWSTR)Source};
    if (Source) {
        SIZE_T Bytes = wcslen(Source) * sizeof(WCHAR);
        if (Bytes > MAX_BYTES - sizeof(WCHAR)) {
            Destination->Buffer = NULL;
            return STATUS_NAME_TOO_LONG;
        }
        Destination->Length = (USHORT)Bytes;
        Destination->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    }
    return STATUS_SUCCESS;
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
    if (!Source) {
        Destination->Length = 0;
        return;
    }
    USHORT Bytes = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
    Destination->Length = Bytes;
    memmove(Destination->Buffer, Source->Buffer, Bytes);
    if (Bytes + sizeof(WCHAR) <= Destination->MaximumLength) {
        Destination->Buffer[Bytes / sizeof(WCHAR)] = 0;
    }
}

static NTSTATUS RtlpAppend(PUNICODE_STRING Destination, PCWSTR Text, SIZE_T Bytes) {
    SIZE_T Length = Destination->Length;
    if (Bytes > MAX_BYTES || Length + Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove((CHAR *)Destination->Buffer + Length, Text, Bytes);
    Length += Bytes;
    Destination->Length = (USHORT)Length;
    if (Length + sizeof(WCHAR) <= Destination->MaximumLength) {
        Destination->Buffer[Length / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
    return Source->Length ? RtlpAppend(Destination, Source->Buffer, Source->Length) : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
    return Source ? RtlpAppend(Destination, Source, wcslen(Source) * sizeof(WCHAR)) : STATUS_SUCCESS;
}

LONG NTAPI RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length, BOOLEAN CaseInSensitive) {
    SIZE_T Common = String1Length < String2Length ? String1Length : String2Length;
    for (SIZE_T I = 0; I < Common; I++) {
        WCHAR A = String1[I], B = String2[I];
        if (A != B && CaseInSensitive) {
            A = RtlpUpcase(A);
            B = RtlpUpcase(B);
        }
        if (A != B) {
            return (LONG)A - (LONG)B;
        }
    }
    return String1Length == String2Length ? 0 : String1Length < String2Length ? -(LONG)(String2Length - Common) : (LONG)(String1Length - Common);
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    return RtlCompareUnicodeStrings(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer, String2->Length / sizeof(WCHAR),
                                    CaseInSensitive);
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    return String1->Length == String2->Length && RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    SIZE_T Count = String1->Length / sizeof(WCHAR);
    return String1->Length <= String2->Length && RtlCompareUnicodeStrings(String1->Buffer, Count, String2->Buffer, Count, CaseInSensitive) == 0;
}

/* Makes room for Bytes and a terminator if Allocate says so, else checks that there is room for Bytes. */
static NTSTATUS RtlpMakeRoom(PUNICODE_STRING String, USHORT Bytes, BOOLEAN Allocate, NTSTATUS TooSmall) {
    if (Allocate) {
        String->Buffer = RtlpAllocateString((SIZE_T)Bytes + sizeof(WCHAR));
        if (!String->Buffer) {
            return STATUS_NO_MEMORY;
        }
        String->MaximumLength = Bytes;
    } else if (Bytes > String->MaximumLength) {
        return TooSmall;
    }
    String->Length = Bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpChangeCase(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate, WCHAR (*Map)(WCHAR)) {
    NTSTATUS Status = RtlpMakeRoom(Destination, Source->Length, Allocate, STATUS_BUFFER_OVERFLOW);
    for (USHORT I = 0; NT_SUCCESS(Status) && I < Source->Length / sizeof(WCHAR); I++) {
        Destination->Buffer[I] = Map(Source->Buffer[I]);
    }
    return Status;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate) {
    return RtlpChangeCase(Destination, Source, Allocate, RtlpUpcase);
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate) {
    return RtlpChangeCase(Destination, Source, Allocate, RtlpDowncase);
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING Destination, PCWSTR Source) {
    SIZE_T Bytes = wcslen(Source) * sizeof(WCHAR);
    if (Bytes > MAX_BYTES - sizeof(WCHAR)) {
        return FALSE;
    }
    PWSTR Buffer = RtlpAllocateString(Bytes + sizeof(WCHAR));
    if (!Buffer) {
        return FALSE;
    }
    memcpy(Buffer, Source, Bytes + sizeof(WCHAR));
    *Destination = (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Buffer};
    return TRUE;
}

NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Destination) {
    BOOLEAN Terminate = (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) != 0;
    BOOLEAN AllocateNull = (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING) != 0;
    if (!Source || !Destination || Source->Length > Source->MaximumLength || (Source->Length & 1) || (Flags & ~3u) || (AllocateNull && !Terminate)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Terminate && Source->Length > MAX_BYTES - sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    USHORT Size = (USHORT)(Source->Length + (Terminate ? sizeof(WCHAR) : 0));
    if (Source->Length == 0 && !AllocateNull) {
        *Destination = (UNICODE_STRING){0, 0, NULL};
        return STATUS_SUCCESS;
    }
    PWSTR Buffer = RtlpAllocateString(Size);
    if (!Buffer) {
        return STATUS_NO_MEMORY;
    }
    memcpy(Buffer, Source->Buffer, Source->Length);
    if (Terminate) {
        Buffer[Source->Length / sizeof(WCHAR)] = 0;
    }
    *Destination = (UNICODE_STRING){Source->Length, Size, Buffer};
    return STATUS_SUCCESS;
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
    if (UnicodeString->Buffer) {
        RtlpFreeString(UnicodeString->Buffer);
        *UnicodeString = (UNICODE_STRING){0, 0, NULL};
    }
}

VOID NTAPI RtlEraseUnicodeString(PUNICODE_STRING String) {
    if (String->Buffer && String->MaximumLength) {
        memset(String->Buffer, 0, String->MaximumLength);
        String->Length = 0;
    }
}

NTSTATUS NTAPI RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String) {
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (String && ((String->Length & 1) || (String->MaximumLength & 1) || String->Length > String->MaximumLength ||
                   (!String->Buffer && String->MaximumLength))) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

/* X65599: hash = hash * 65599 + character (documented by the algorithm's name). */
NTSTATUS NTAPI RtlHashUnicodeString(CONST UNICODE_STRING *String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue) {
    if (!String || !HashValue || (HashAlgorithm != HASH_STRING_ALGORITHM_DEFAULT && HashAlgorithm != HASH_STRING_ALGORITHM_X65599)) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Hash = 0;
    for (USHORT I = 0; I < String->Length / sizeof(WCHAR); I++) {
        Hash = Hash * 65599 + (CaseInSensitive ? RtlpUpcase(String->Buffer[I]) : String->Buffer[I]);
    }
    *HashValue = Hash;
    return STATUS_SUCCESS;
}

/* Flags: 1 from the end, 2 the first character that is not in the set, 4 without regard to case. The position is in bytes and lies after the
   character
   found, or at it when searching from the end. */
NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING String, PCUNICODE_STRING Set, PUSHORT Position) {
    ULONG Count = String->Length / sizeof(WCHAR);
    *Position = 0;
    if (Flags & ~7u) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG N = 0; N < Count; N++) {
        ULONG I = Flags & 1 ? Count - 1 - N : N;
        BOOLEAN Found = FALSE;
        for (ULONG K = 0; K < Set->Length / sizeof(WCHAR) && !Found; K++) {
            WCHAR A = String->Buffer[I], B = Set->Buffer[K];
            Found = A == B || ((Flags & 4) && RtlpUpcase(A) == RtlpUpcase(B));
        }
        if (Found != ((Flags & 2) != 0)) {
            *Position = (USHORT)((Flags & 1 ? I : I + 1) * sizeof(WCHAR));
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}
