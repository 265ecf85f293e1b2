/*
 * ntstrsafe.h, and its functions for counted strings, which mingw-w64's does not have: "Using Safe String Functions" in Microsoft's documentation.
 * STATUS_BUFFER_OVERFLOW: what fitted is in Destination. STATUS_INVALID_PARAMETER: a string is none; nothing is written. IRQL: PASSIVE_LEVEL where
 * something is formatted, otherwise any at which the strings are there.
 */
#ifndef RINGSIDE_NTSTRSAFE_H
#define RINGSIDE_NTSTRSAFE_H

#include_next <ntstrsafe.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef NTSTRSAFE_UNICODE_STRING_MAX_CCH
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xFFFF / sizeof(WCHAR))
#endif

NTKERNELAPI int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringValidate(PCUNICODE_STRING SourceString) {
    if (SourceString == NULL || SourceString->Length % sizeof(WCHAR) != 0 || SourceString->MaximumLength % sizeof(WCHAR) != 0 ||
        SourceString->Length > SourceString->MaximumLength || (SourceString->Buffer == NULL && SourceString->MaximumLength != 0))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringInit(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    SIZE_T Count = 0;
    while (SourceString != NULL && SourceString[Count] != 0)
        if (++Count >= NTSTRSAFE_UNICODE_STRING_MAX_CCH)
            return STATUS_INVALID_PARAMETER;
    DestinationString->Length = (USHORT)(Count * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)(SourceString != NULL ? (Count + 1) * sizeof(WCHAR) : 0);
    DestinationString->Buffer = (PWSTR)SourceString;
    return STATUS_SUCCESS;
}

/* Count characters after the Offset bytes that Destination has. */
FORCEINLINE NTSTATUS NTAPI RingsidePut(PUNICODE_STRING Destination, USHORT Offset, const WCHAR *Source, SIZE_T Count) {
    SIZE_T Room = (SIZE_T)(Destination->MaximumLength - Offset) / sizeof(WCHAR), Put = Count < Room ? Count : Room;
    RtlMoveMemory((PUCHAR)Destination->Buffer + Offset, Source, Put * sizeof(WCHAR));
    Destination->Length = (USHORT)(Offset + Put * sizeof(WCHAR));
    return Put < Count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

FORCEINLINE SIZE_T NTAPI RingsideCount(PCWSTR String) {
    SIZE_T Count = 0;
    while (String != NULL && String[Count] != 0)
        Count++;
    return Count;
}

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)))
        return STATUS_INVALID_PARAMETER;
    return RingsidePut(DestinationString, 0, SourceString, RingsideCount(SourceString));
}

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringCopy(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) || !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)))
        return STATUS_INVALID_PARAMETER;
    return RingsidePut(DestinationString, 0, SourceString->Buffer, SourceString->Length / sizeof(WCHAR));
}

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)))
        return STATUS_INVALID_PARAMETER;
    return RingsidePut(DestinationString, DestinationString->Length, SourceString, RingsideCount(SourceString));
}

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) || !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)))
        return STATUS_INVALID_PARAMETER;
    return RingsidePut(DestinationString, DestinationString->Length, SourceString->Buffer, SourceString->Length / sizeof(WCHAR));
}

FORCEINLINE NTSTATUS NTAPI RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, PCWSTR Format, va_list Arguments) {
    SIZE_T Room;
    int Count;
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)))
        return STATUS_INVALID_PARAMETER;
    Room = DestinationString->MaximumLength / sizeof(WCHAR);
    Count = _vsnwprintf(DestinationString->Buffer, Room, Format, Arguments);
    DestinationString->Length = (USHORT)((Count < 0 ? Room : (SIZE_T)Count) * sizeof(WCHAR));
    return Count < 0 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static __inline__ NTSTATUS __attribute__((__unused__)) RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, PCWSTR Format, ...) {
    va_list Arguments;
    NTSTATUS Status;
    va_start(Arguments, Format);
    Status = RtlUnicodeStringVPrintf(DestinationString, Format, Arguments);
    va_end(Arguments);
    return Status;
}

#ifdef __cplusplus
}
#endif

#endif
