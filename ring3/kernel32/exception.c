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

static BOOL DebuggerPresent(VOID) { return NtPeb()->BeingDebugged; }
WINBOOL WINAPI IsDebuggerPresent(VOID) { return DebuggerPresent(); }
WINBOOL WINAPI CheckRemoteDebuggerPresent(HANDLE Process, PBOOL Present) {
    *Present = FALSE;
    return TRUE;
}
VOID WINAPI DebugBreak(VOID) { __debugbreak(); }

/* A debugger or a handler in the process sees the exception; nobody there, the text is debug output like a driver's. */
VOID WINAPI OutputDebugStringA(LPCSTR Text) {
    SIZE_T length = Text ? strlen(Text) : 0;
    ULONG_PTR arguments[] = {length + 1, (ULONG_PTR)Text};
    __try {
        RaiseException(DBG_PRINTEXCEPTION_C, 0, 2, arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        for (SIZE_T at = 0; at < length;) {
            int piece = length - at > 500 ? 500 : (int)(length - at);
            DbgPrint("%.*s", piece, Text + at);
            at += (SIZE_T)piece;
        }
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
    OutputDebugStringA(narrow);
    BaseFree(narrow);
}
DECLSPEC_NORETURN VOID WINAPI FatalExit(int Code) { RtlExitUserProcess(Code); }
DECLSPEC_NORETURN VOID WINAPI FatalAppExitA(UINT Action, LPCSTR Text) {
    RtlpReport("%s", Text ? Text : "");
    NtTerminateProcess(NtCurrentProcess(), 1);
    __builtin_trap();
}
