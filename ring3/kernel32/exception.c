/* Exceptions raised by programs, the filter of last resort, debug output. */
#include "kernel32.h"

VOID WINAPI RaiseException(DWORD Code, DWORD Flags, DWORD Count, CONST ULONG_PTR *Arguments) {
    EXCEPTION_RECORD record = {.ExceptionCode = Code & ~0x10000000u,
                               .ExceptionFlags = Flags & EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (PVOID)(ULONG_PTR)RaiseException};
    if (Arguments) {
        record.NumberParameters = Count < EXCEPTION_MAXIMUM_PARAMETERS ? Count : EXCEPTION_MAXIMUM_PARAMETERS;
        memcpy(record.ExceptionInformation, Arguments, record.NumberParameters * sizeof *Arguments);
    }
    RtlRaiseException(&record);
}

static LPTOP_LEVEL_EXCEPTION_FILTER Filter;
LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER New) {
    RtlSetUnhandledExceptionFilter(New);
    return InterlockedExchangePointer((PVOID *)(ULONG_PTR)&Filter, (PVOID)(ULONG_PTR)New);
}

/* No handler, vectored or framed, sees it: the process ends with the record's code. */
VOID WINAPI RaiseFailFastException(PEXCEPTION_RECORD Record, PCONTEXT Context, DWORD Flags) {
    EXCEPTION_RECORD record = {.ExceptionCode = STATUS_FAIL_FAST_EXCEPTION};
    CONTEXT context;
    if (Record)
        record = *Record;
    if (!record.ExceptionAddress || Flags & FAIL_FAST_GENERATE_EXCEPTION_ADDRESS)
        record.ExceptionAddress = __builtin_return_address(0);
    record.ExceptionFlags |= EXCEPTION_NONCONTINUABLE;
    if (!Context) {
        RtlCaptureContext(&context);
        Context = &context;
    }
    RtlpReportException(&(EXCEPTION_POINTERS){&record, Context});
    NtRaiseException(&record, Context, FALSE);
    NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)record.ExceptionCode); /* a record that the kernel does not take */
}

static BOOL DebuggerPresent(VOID) { return NtPeb()->BeingDebugged; }
WINBOOL WINAPI IsDebuggerPresent(VOID) { return DebuggerPresent(); }
WINBOOL WINAPI CheckRemoteDebuggerPresent(HANDLE Process, PBOOL Present) {
    *Present = FALSE;
    return TRUE;
}
VOID WINAPI DebugBreak(VOID) { __debugbreak(); }

/*
 * Debug output. A debugger or a handler in the process sees an exception; where nobody takes it, the text goes to the log, a line for each call, as viewers of
 * debug output show it. No component's mask hides it: ~0.
 */
#define PIECE 500 /* DbgPrintEx prints at most 512 characters */

static VOID LogText(LPCSTR Text, SIZE_T Length) {
    for (SIZE_T at = 0; at < Length; at += PIECE) {
        SIZE_T piece = Length - at > PIECE ? PIECE : Length - at;
        BOOL ends = at + piece == Length && Text[Length - 1] != '\n';
        DbgPrintEx(~0u, 0, "%.*s%s", (int)piece, Text + at, ends ? "\n" : "");
    }
}
VOID WINAPI OutputDebugStringA(LPCSTR Text) {
    SIZE_T length = Text ? strlen(Text) : 0;
    ULONG_PTR arguments[] = {length + 1, (ULONG_PTR)Text};
    __try {
        RaiseException(DBG_PRINTEXCEPTION_C, 0, RTL_NUMBER_OF(arguments), arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        LogText(Text, length);
    }
}
VOID WINAPI OutputDebugStringW(LPCWSTR Text) {
    SIZE_T length = Text ? BaseLength(Text) : 0;
    PSTR narrow = BaseAllocate(length + 1);
    if (!narrow)
        return;
    if (length)
        BaseNarrow(Text, length, narrow, (DWORD)length + 1);
    else
        *narrow = 0;
    ULONG_PTR arguments[] = {length + 1, (ULONG_PTR)Text, strlen(narrow) + 1, (ULONG_PTR)narrow};
    __try {
        RaiseException(DBG_PRINTEXCEPTION_WIDE_C, 0, RTL_NUMBER_OF(arguments), arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        OutputDebugStringA(narrow);
    }
    BaseFree(narrow);
}
DECLSPEC_NORETURN VOID WINAPI FatalExit(int Code) { RtlExitUserProcess(Code); }
DECLSPEC_NORETURN VOID WINAPI FatalAppExitA(UINT Action, LPCSTR Text) {
    RtlpReport("%s", Text ? Text : "");
    NtTerminateProcess(NtCurrentProcess(), 1);
    __builtin_trap();
}
