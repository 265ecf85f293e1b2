/* Names and answers between the kernel's UTF-16 and the UTF-8 outside. */
#include "mon/monp.h"

static WCHAR MonLine[KDP_LINE];
static CHAR MonText[KDP_LINE * 4];

/* In MonText, terminated; the length. */
static SIZE_T MonFormatLine(PCSTR Format, va_list Arguments) {
    SIZE_T Count = KdpFormatLine(MonLine, KDP_LINE, Format, Arguments);
    SIZE_T Used = KdpEncode(MonLine, Count < KDP_LINE ? Count : KDP_LINE, MonText, sizeof MonText - 1);
    MonText[Used] = '\0';
    return Used;
}

VOID MonFormat(CHAR *Text, SIZE_T Size, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    MonFormatLine(Format, Arguments);
    va_end(Arguments);
    strncpy(Text, MonText, Size - 1);
    Text[Size - 1] = '\0';
}

/* The newline of an answer's line is added here, for control characters in what is printed come out as \xNN. */
VOID MonTell(ULONG Connection, BOOLEAN AsNote, PCSTR Format, va_list Arguments) {
    SIZE_T Used = MonFormatLine(Format, Arguments);

    if (!AsNote) {
        MonText[Used++] = '\n';
        HalOps->request_data(Connection, MonText, Used);
    } else if (Connection == 0) {
        HalOps->message(MonText, Used);
    } else {
        HalOps->request_note(Connection, MonText, Used);
    }
}

VOID MonNote(ULONG Connection, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    MonTell(Connection, TRUE, Format, Arguments);
    va_end(Arguments);
}

VOID MonPrint(ULONG Connection, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    MonTell(Connection, FALSE, Format, Arguments);
    va_end(Arguments);
}

NTSTATUS MonToUnicode(PCWSTR Prefix, PCSTR Text, PUNICODE_STRING String) {
    SIZE_T TextLength = strlen(Text), PrefixBytes = wcslen(Prefix) * sizeof(WCHAR), Room = PrefixBytes + (TextLength + 1) * sizeof(WCHAR);
    ULONG Bytes = 0;
    if (Room > 0xFFFE) {
        return STATUS_NAME_TOO_LONG;
    }
    String->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Room, MON_TAG);
    if (String->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(String->Buffer, Prefix, PrefixBytes);
    RtlUTF8ToUnicodeN((PWSTR)((PUCHAR)String->Buffer + PrefixBytes), (ULONG)(Room - PrefixBytes - sizeof(WCHAR)), &Bytes, Text, (ULONG)TextLength);
    String->Length = (USHORT)(PrefixBytes + Bytes);
    String->MaximumLength = (USHORT)Room;
    String->Buffer[String->Length / sizeof(WCHAR)] = L'\0';
    return STATUS_SUCCESS;
}

VOID MonFreeString(PUNICODE_STRING String) {
    if (String->Buffer != NULL) {
        ExFreePoolWithTag(String->Buffer, MON_TAG);
        String->Buffer = NULL;
    }
}
