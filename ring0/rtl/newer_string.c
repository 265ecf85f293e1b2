/* UTF-8 strings, endings and parts of strings, OEM strings without a terminator, short names. */
#include "ob/ob.h"
#include "rtl/rtlp.h"

VOID NTAPI RtlInitUTF8String(PANSI_STRING DestinationString, PCSTR SourceString);
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, const ANSI_STRING *SourceString, BOOLEAN AllocateDestinationString);
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
PWSTR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING FullString, PCUNICODE_STRING SearchString, BOOLEAN CaseInSensitive);
ULONG NTAPI RtlCrc32(const VOID *Buffer, SIZE_T Size, ULONG InitialCrc);
BOOLEAN NTAPI RtlIsZeroMemory(PVOID Buffer, SIZE_T Length);

/* ---- UTF-8 ---- */
VOID NTAPI RtlInitUTF8String(PANSI_STRING DestinationString, PCSTR SourceString) { RtlInitAnsiString(DestinationString, SourceString); }

/* The terminator is no part of the length, and wanted where the room is made here. */
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, const ANSI_STRING *SourceString, BOOLEAN AllocateDestinationString) {
    ULONG Bytes;
    NTSTATUS Status = RtlUTF8ToUnicodeN(NULL, 0, &Bytes, SourceString->Buffer, SourceString->Length);

    if (!NT_SUCCESS(Status) || Bytes > MAXUSHORT - sizeof(WCHAR))
        return NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER_2 : Status;
    if (AllocateDestinationString) {
        DestinationString->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), 'grtS');
        if (DestinationString->Buffer == NULL)
            return STATUS_NO_MEMORY;
        DestinationString->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    } else if (Bytes + sizeof(WCHAR) > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Status = RtlUTF8ToUnicodeN(DestinationString->Buffer, Bytes, &Bytes, SourceString->Buffer, SourceString->Length);
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->Buffer[Bytes / sizeof(WCHAR)] = 0;
    return Status;
}

NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
    ULONG Bytes;
    NTSTATUS Status = RtlUnicodeToUTF8N(NULL, 0, &Bytes, SourceString->Buffer, SourceString->Length);

    if (!NT_SUCCESS(Status) || Bytes > MAXUSHORT - 1)
        return NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER_2 : Status;
    if (AllocateDestinationString) {
        DestinationString->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + 1, 'grtS');
        if (DestinationString->Buffer == NULL)
            return STATUS_NO_MEMORY;
        DestinationString->MaximumLength = (USHORT)(Bytes + 1);
    } else if (Bytes + 1 > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Status = RtlUnicodeToUTF8N(DestinationString->Buffer, Bytes, &Bytes, SourceString->Buffer, SourceString->Length);
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->Buffer[Bytes] = 0;
    return Status;
}

/* ---- Parts ---- */
static UNICODE_STRING RtlpPart(PCUNICODE_STRING String, USHORT At, USHORT Length) {
    return (UNICODE_STRING){Length, Length, (PWSTR)((PUCHAR)String->Buffer + At)};
}

/* Is String1 how String2 ends? */
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    if (String1->Length > String2->Length)
        return FALSE;
    UNICODE_STRING End = RtlpPart(String2, String2->Length - String1->Length, String1->Length);
    return RtlEqualUnicodeString(String1, &End, CaseInSensitive);
}

PWSTR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING FullString, PCUNICODE_STRING SearchString, BOOLEAN CaseInSensitive) {
    for (ULONG At = 0; At + SearchString->Length <= FullString->Length; At += sizeof(WCHAR)) {
        UNICODE_STRING Part = RtlpPart(FullString, (USHORT)At, SearchString->Length);

        if (RtlEqualUnicodeString(&Part, SearchString, CaseInSensitive))
            return Part.Buffer;
    }
    return NULL;
}

LONG NTAPI RtlCompareAltitudes(PCUNICODE_STRING Altitude1, PCUNICODE_STRING Altitude2) { return ObpCompareAltitudes(Altitude1, Altitude2); }

/* ---- OEM strings; "counted": without a terminator ---- */
static NTSTATUS RtlpToCountedOem(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate, BOOLEAN Upcase) {
    ULONG Bytes = Source->Length / sizeof(WCHAR); /* the page has one byte for each character */

    if (Bytes == 0) {
        Destination->Length = 0;
        if (Allocate)
            *Destination = (OEM_STRING){0, 0, NULL};
        return STATUS_SUCCESS;
    }
    if (Allocate) {
        Destination->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, 'grtS');
        if (Destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
        Destination->MaximumLength = (USHORT)Bytes;
    } else if (Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Destination->Length = (USHORT)Bytes;
    return Upcase ? RtlUpcaseUnicodeToOemN(Destination->Buffer, Bytes, NULL, Source->Buffer, Source->Length)
                  : RtlUnicodeToOemN(Destination->Buffer, Bytes, NULL, Source->Buffer, Source->Length);
}

NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
    return RtlpToCountedOem(DestinationString, SourceString, AllocateDestinationString, FALSE);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                        BOOLEAN AllocateDestinationString) {
    return RtlpToCountedOem(DestinationString, SourceString, AllocateDestinationString, TRUE);
}

NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString, BOOLEAN AllocateDestinationString) {
    ULONG Bytes = SourceString->Length * (ULONG)sizeof(WCHAR);

    if (Bytes > MAXUSHORT)
        return STATUS_INVALID_PARAMETER_2;
    if (Bytes == 0) {
        DestinationString->Length = 0;
        if (AllocateDestinationString)
            *DestinationString = (UNICODE_STRING){0, 0, NULL};
        return STATUS_SUCCESS;
    }
    if (AllocateDestinationString) {
        DestinationString->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, 'grtS');
        if (DestinationString->Buffer == NULL)
            return STATUS_NO_MEMORY;
        DestinationString->MaximumLength = (USHORT)Bytes;
    } else if (Bytes > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    DestinationString->Length = (USHORT)Bytes;
    return RtlOemToUnicodeN(DestinationString->Buffer, Bytes, NULL, SourceString->Buffer, SourceString->Length);
}

/* A file name of FAT: eight characters, a dot, three; upper case of them is taken ("RtlIsNameLegalDOS8Dot3"). */
BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces) {
    static const CHAR Illegal[] = "\"*+,/:;<=>?[\\]|";
    CHAR Room[12];
    OEM_STRING Own = {0, sizeof(Room), Room}, *Oem = OemName != NULL ? OemName : &Own;
    BOOLEAN Spaces = FALSE;
    USHORT Dot = 0;

    if (Name->Length == 0 || Name->Length > 12 * sizeof(WCHAR) || !NT_SUCCESS(RtlUpcaseUnicodeStringToCountedOemString(Oem, Name, FALSE)))
        return FALSE;
    if ((Oem->Length == 1 && Oem->Buffer[0] == '.') || (Oem->Length == 2 && Oem->Buffer[0] == '.' && Oem->Buffer[1] == '.')) {
        if (NameContainsSpaces != NULL)
            *NameContainsSpaces = FALSE;
        return TRUE;
    }
    for (USHORT At = 0; At < Oem->Length; At++) {
        CHAR Char = Oem->Buffer[At];

        if ((UCHAR)Char < ' ' || strchr(Illegal, Char) != NULL)
            return FALSE;
        Spaces |= Char == ' ';
        if (Char == '.' && (Dot != 0 || At == 0 || At > 8 || Oem->Buffer[At - 1] == ' '))
            return FALSE;
        if (Char == '.')
            Dot = At + 1;
    }
    if (Oem->Buffer[Oem->Length - 1] == '.' || Oem->Buffer[Oem->Length - 1] == ' ' || (Dot != 0 ? Oem->Length - Dot > 3 : Oem->Length > 8))
        return FALSE;
    if (NameContainsSpaces != NULL)
        *NameContainsSpaces = Spaces;
    return TRUE;
}

/* ---- Memory ---- */
/* CRC-32 of IEEE 802.3, bits reflected. */
ULONG NTAPI RtlCrc32(const VOID *Buffer, SIZE_T Size, ULONG InitialCrc) {
    ULONG Crc = ~InitialCrc;

    for (SIZE_T At = 0; At < Size; At++) {
        Crc ^= ((const UCHAR *)Buffer)[At];
        for (ULONG Bit = 0; Bit < 8; Bit++)
            Crc = Crc >> 1 ^ (Crc & 1 ? 0xEDB88320u : 0);
    }
    return ~Crc;
}

BOOLEAN NTAPI RtlIsZeroMemory(PVOID Buffer, SIZE_T Length) {
    for (SIZE_T At = 0; At < Length; At++) {
        if (((const UCHAR *)Buffer)[At] != 0)
            return FALSE;
    }
    return TRUE;
}
