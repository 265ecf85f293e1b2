/*
 * A native program: subsystem NATIVE, no Win32. It imports from ntdll.dll alone, and its entry is NtProcessStartup, which gets the process's PEB.
 * On Windows such programs run before there is a Win32 subsystem (autochk.exe is one); CreateProcess refuses them.
 */
#include <windows.h>
#include <winternl.h>

/* What winternl.h leaves out. */
NTSYSAPI NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING String);
NTSYSAPI NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval);
NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(HANDLE Process, NTSTATUS ExitStatus);

#define NtCurrentProcess() ((HANDLE)(LONG_PTR) - 1)

static VOID Say(PCWSTR Text) {
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Text);
    NtDisplayString(&String);
}

/* The number of arguments after the program's name: text between spaces, or between quotation marks. */
static ULONG CountArguments(const UNICODE_STRING *CommandLine) {
    BOOLEAN Quoted = FALSE, Inside = FALSE;
    ULONG Count = 0;

    for (USHORT Index = 0; Index < CommandLine->Length / sizeof(WCHAR); Index++) {
        WCHAR Character = CommandLine->Buffer[Index];

        if (Character == L'"')
            Quoted = !Quoted;
        if (Quoted || (Character != L' ' && Character != L'\t')) {
            Count += !Inside;
            Inside = TRUE;
        } else {
            Inside = FALSE;
        }
    }
    return Count == 0 ? 0 : Count - 1;
}

VOID NTAPI NtProcessStartup(PPEB Peb) {
    LARGE_INTEGER HundredMilliseconds = {.QuadPart = -100 * 10000LL};

    Say(L"Hello from below Win32!\n");
    NtDelayExecution(FALSE, &HundredMilliseconds);
    Say(L"My command line is: ");
    NtDisplayString(&Peb->ProcessParameters->CommandLine);
    Say(L"\n");
    NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)CountArguments(&Peb->ProcessParameters->CommandLine));
}
