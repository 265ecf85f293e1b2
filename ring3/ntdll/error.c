/* The last error, messages of the DLLs themselves, and debug output. */
#include "ntdllp.h"

ULONG NTAPI RtlGetLastWin32Error(VOID) { return NtTeb()->LastErrorValue; }
VOID NTAPI RtlSetLastWin32Error(ULONG Error) { NtTeb()->LastErrorValue = Error; }
ULONG NTAPI RtlGetLastNtStatus(VOID) { return NtTeb()->LastStatusValue; }
VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS Status) {
    NtTeb()->LastStatusValue = (ULONG)Status;
    NtTeb()->LastErrorValue = RtlNtStatusToDosErrorNoTeb(Status);
}
/* entry.S */
NTSTATUS RtlpDebugPrint(PCSTR Text, ULONG Length, ULONG Component, ULONG Level);

#define PRINT_LIMIT 512 /* as much as Windows prints at once */

static ULONG DebugPrint(PCSTR Prefix, ULONG Component, ULONG Level, PCSTR Format, va_list Arguments) {
    CHAR text[PRINT_LIMIT];
    int start = (int)strnlen(Prefix, sizeof text), length;
    memcpy(text, Prefix, (SIZE_T)start);
    length = _vsnprintf(text + start, sizeof text - (SIZE_T)start, Format, Arguments);
    length = length < 0 || length > PRINT_LIMIT - start ? PRINT_LIMIT : start + length;
    return (ULONG)RtlpDebugPrint(text, (ULONG)length, Component, Level);
}
ULONG __cdecl DbgPrint(PCSTR Format, ...) {
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = DebugPrint("", 101 /* DPFLTR_DEFAULT_ID */, 3, Format, arguments);
    va_end(arguments);
    return status;
}
ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, ...) {
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = DebugPrint("", Component, Level, Format, arguments);
    va_end(arguments);
    return status;
}
ULONG NTAPI vDbgPrintEx(ULONG Component, ULONG Level, PCCH Format, va_list Arguments) { return DebugPrint("", Component, Level, Format, Arguments); }
ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG Component, ULONG Level, PCCH Format, va_list Arguments) {
    return DebugPrint(Prefix, Component, Level, Format, Arguments);
}

static ULONG ProgramName(PSTR Text, ULONG Size) {
    PUNICODE_STRING path = &NtPeb()->ProcessParameters->ImagePathName;
    ULONG start = path->Length / sizeof(WCHAR), length = 0;
    while (start && path->Buffer[start - 1] != '\\')
        start--;
    for (ULONG n = start; n < path->Length / sizeof(WCHAR) && length + 1 < Size; n++)
        Text[length++] = path->Buffer[n] < 0x80 ? (CHAR)path->Buffer[n] : '?';
    return length;
}

VOID RtlpReport(PCSTR Format, ...) {
    CHAR line[600];
    ULONG length = ProgramName(line, 64);
    line[length++] = ':';
    line[length++] = ' ';
    va_list arguments;
    va_start(arguments, Format);
    int more = _vsnprintf(line + length, sizeof line - length - 1, Format, arguments);
    va_end(arguments);
    length = more < 0 || length + (ULONG)more > sizeof line - 2 ? (ULONG)sizeof line - 2 : length + (ULONG)more;
    line[length++] = '\n';
    IO_STATUS_BLOCK io;
    HANDLE error = NtPeb()->ProcessParameters->StandardError;
    if (!error || !NT_SUCCESS(NtWriteFile(error, NULL, NULL, NULL, &io, line, length, NULL, NULL)))
        RtlpDebugPrint(line, length, 101, 0);
}

/* A C++ exception carries its types, the thrown one first ("Decoding the parameters of a thrown C++ exception"). "" when it is none, or damaged. */
static VOID CxxType(PEXCEPTION_RECORD Record, PSTR Text, SIZE_T Size) {
    Text[0] = Text[Size - 1] = 0;
    if (Record->ExceptionCode != 0xE06D7363 || Record->NumberParameters < 4 || !Record->ExceptionInformation[2])
        return;
    __try {
        ULONG64 base = Record->ExceptionInformation[3];
        const ULONG *types = (const ULONG *)(base + ((const ULONG *)Record->ExceptionInformation[2])[3]);
        const ULONG *first = (const ULONG *)(base + types[1]);
        _snprintf(Text, Size - 1, ", a C++ exception of the type %.200s", (PCSTR)(base + first[1] + 2 * sizeof(PVOID)));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Text[0] = 0;
    }
}

VOID RtlpReportException(PEXCEPTION_POINTERS Pointers) {
    PEXCEPTION_RECORD record = Pointers->ExceptionRecord;
    CHAR more[256];
    CxxType(record, more, sizeof more);
    if ((record->ExceptionCode == (ULONG)STATUS_ACCESS_VIOLATION || record->ExceptionCode == (ULONG)STATUS_IN_PAGE_ERROR) &&
        record->NumberParameters >= 2)
        _snprintf(more, sizeof more, " %s 0x%I64X",
                  record->ExceptionInformation[0] == 0   ? "reading"
                  : record->ExceptionInformation[0] == 1 ? "writing"
                                                         : "executing",
                  (ULONG64)record->ExceptionInformation[1]);
    /* Without the loader lock, which a thread that is gone may hold: who walks the list while it changes prints an address at worst. */
    LDRP_MODULE *module = NtPeb()->Ldr ? LdrpFindByAddress(record->ExceptionAddress) : NULL;
    if (module)
        RtlpReport("unhandled exception 0x%08X at %wZ+0x%I64X%s", record->ExceptionCode, &module->Entry.BaseDllName,
                   (ULONG64)record->ExceptionAddress - (ULONG64)module->Entry.DllBase, more);
    else
        RtlpReport("unhandled exception 0x%08X at 0x%I64X%s", record->ExceptionCode, (ULONG64)record->ExceptionAddress, more);
}
