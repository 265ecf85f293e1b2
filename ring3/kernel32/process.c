/* The process, the system, versions. */
#include "kernel32.h"

HANDLE WINAPI GetCurrentProcess(VOID) { return NtCurrentProcess(); }
DWORD WINAPI GetCurrentProcessId(VOID) { return (DWORD)(ULONG_PTR)NtTeb()->UniqueProcess; }
DECLSPEC_NORETURN VOID WINAPI ExitProcess(UINT Code) { RtlExitUserProcess((NTSTATUS)Code); }
WINBOOL WINAPI TerminateProcess(HANDLE Process, UINT Code) {
    return Process ? BaseResult(NtTerminateProcess(Process, (NTSTATUS)Code)) : BaseFail(ERROR_INVALID_HANDLE);
}
HANDLE WINAPI OpenProcess(DWORD Access, WINBOOL Inherit, DWORD Id) {
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {.UniqueProcess = (HANDLE)(ULONG_PTR)Id};
    HANDLE process;
    InitializeObjectAttributes(&attributes, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    return BaseResult(NtOpenProcess(&process, Access, &attributes, &id)) ? process : NULL;
}
WINBOOL WINAPI ProcessIdToSessionId(DWORD Id, DWORD *Session) {
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {.UniqueProcess = (HANDLE)(ULONG_PTR)Id};
    HANDLE process;
    ULONG session;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    if (!BaseResult(NtOpenProcess(&process, PROCESS_QUERY_LIMITED_INFORMATION, &attributes, &id)))
        return FALSE;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessSessionInformation_, &session, sizeof session, NULL);
    NtClose(process);
    if (NT_SUCCESS(status))
        *Session = session;
    return BaseResult(status);
}
static BOOL QueryProcess(HANDLE Process, NT_PROCESS_BASIC_INFORMATION *Information) {
    return BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation_, Information, sizeof *Information, NULL));
}
WINBOOL WINAPI GetExitCodeProcess(HANDLE Process, LPDWORD Code) {
    NT_PROCESS_BASIC_INFORMATION information;
    if (!QueryProcess(Process, &information))
        return FALSE;
    *Code = (DWORD)information.ExitStatus;
    return TRUE;
}
DWORD WINAPI GetProcessId(HANDLE Process) {
    NT_PROCESS_BASIC_INFORMATION information;
    return QueryProcess(Process, &information) ? (DWORD)information.UniqueProcessId : 0;
}
WINBOOL WINAPI GetProcessHandleCount(HANDLE Process, PDWORD Count) {
    return BaseResult(NtQueryInformationProcess(Process, ProcessHandleCount_, Count, sizeof *Count, NULL));
}
WINBOOL WINAPI GetProcessAffinityMask(HANDLE Process, PDWORD_PTR Mask, PDWORD_PTR System) {
    NT_PROCESS_BASIC_INFORMATION information;
    NT_SYSTEM_BASIC_INFORMATION basic;
    if (!QueryProcess(Process, &information) || !BaseResult(NtQuerySystemInformation(SystemBasicInformation_, &basic, sizeof basic, NULL)))
        return FALSE;
    *Mask = information.AffinityMask;
    *System = basic.ActiveProcessorsAffinityMask;
    return TRUE;
}

/* Windows' flags in the order of PROCESS_PRIORITY_CLASS. */
static const DWORD PriorityClasses[] = {0,
                                        IDLE_PRIORITY_CLASS,
                                        NORMAL_PRIORITY_CLASS,
                                        HIGH_PRIORITY_CLASS,
                                        REALTIME_PRIORITY_CLASS,
                                        BELOW_NORMAL_PRIORITY_CLASS,
                                        ABOVE_NORMAL_PRIORITY_CLASS};
DWORD WINAPI GetPriorityClass(HANDLE Process) {
    UCHAR class[2];
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessPriorityClass_, class, sizeof class, NULL)))
        return 0;
    return class[1] < ARRAYSIZE(PriorityClasses) ? PriorityClasses[class[1]] : 0;
}
WINBOOL WINAPI SetPriorityClass(HANDLE Process, DWORD Class) {
    UCHAR class[2] = {0, ARRAYSIZE(PriorityClasses) - 1};
    while (class[1] && PriorityClasses[class[1]] != Class)
        class[1]--;
    if (!class[1])
        return BaseFail(ERROR_INVALID_PARAMETER);
    return BaseResult(NtSetInformationProcess(Process, ProcessPriorityClass_, class, sizeof class));
}

WINBOOL WINAPI SetProcessPriorityBoost(HANDLE Process, WINBOOL Disable) {
    ULONG value = Disable != 0;
    return BaseResult(NtSetInformationProcess(Process, ProcessPriorityBoost_, &value, sizeof value));
}
WINBOOL WINAPI GetProcessPriorityBoost(HANDLE Process, PBOOL Disabled) {
    ULONG value;
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessPriorityBoost_, &value, sizeof value, NULL)))
        return FALSE;
    *Disabled = (BOOL)value;
    return TRUE;
}
VOID WINAPI GetSystemInfo(LPSYSTEM_INFO Info) {
    ULONG count = NtPeb()->NumberOfProcessors ? NtPeb()->NumberOfProcessors : 1;
    memset(Info, 0, sizeof *Info);
    Info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    Info->dwPageSize = 4096;
    Info->lpMinimumApplicationAddress = (LPVOID)0x10000;
    Info->lpMaximumApplicationAddress = (LPVOID)0x00003FFFFFFEFFFFull; /* where this machine's user half ends, not Windows' */
    Info->dwActiveProcessorMask = count >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << count) - 1;
    Info->dwNumberOfProcessors = count;
    Info->dwProcessorType = PROCESSOR_AMD_X8664;
    Info->dwAllocationGranularity = 0x10000;
    Info->wProcessorLevel = 6;
}
VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO Info) { GetSystemInfo(Info); }
WINBOOL WINAPI IsWow64Process(HANDLE Process, PBOOL Wow64) {
    *Wow64 = FALSE;
    return TRUE;
}
DWORD WINAPI GetActiveProcessorCount(WORD Group) {
    if (Group == 0 || Group == ALL_PROCESSOR_GROUPS)
        return NtPeb()->NumberOfProcessors;
    return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
}
WINBOOL WINAPI IsProcessorFeaturePresent(DWORD Feature) {
    return Feature < 64 && *(const UCHAR *)(0x7FFE0274ull + Feature); /* KUSER_SHARED_DATA.ProcessorFeatures */
}

/* Without a manifest, programs are told Windows 8: 6.2.9200. Here manifests are not read, so that is what all are told; RtlGetVersion
   says 10.0.19045. */
DWORD WINAPI GetVersion(VOID) { return 9200u << 16 | 2u << 8 | 6u; }
WINBOOL WINAPI GetVersionExW(LPOSVERSIONINFOW Version) {
    DWORD size = Version->dwOSVersionInfoSize;
    if (size != sizeof(OSVERSIONINFOW) && size != sizeof(OSVERSIONINFOEXW))
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    RtlGetVersion(Version);
    Version->dwMajorVersion = 6;
    Version->dwMinorVersion = 2;
    Version->dwBuildNumber = 9200;
    return TRUE;
}
WINBOOL WINAPI GetVersionExA(LPOSVERSIONINFOA Version) {
    DWORD size = Version->dwOSVersionInfoSize;
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide};
    if (size != sizeof(OSVERSIONINFOA) && size != sizeof(OSVERSIONINFOEXA))
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    GetVersionExW((LPOSVERSIONINFOW)&wide);
    memset(&Version->dwMajorVersion, 0, size - sizeof size);
    Version->dwMajorVersion = wide.dwMajorVersion;
    Version->dwMinorVersion = wide.dwMinorVersion;
    Version->dwBuildNumber = wide.dwBuildNumber;
    Version->dwPlatformId = wide.dwPlatformId;
    if (size == sizeof(OSVERSIONINFOEXA)) {
        LPOSVERSIONINFOEXA more = (LPOSVERSIONINFOEXA)Version;
        more->wSuiteMask = wide.wSuiteMask;
        more->wProductType = wide.wProductType;
    }
    return TRUE;
}

/* The machine has no network, so its name is a constant like the rest of it. */
static const WCHAR ComputerName[] = L"RINGSIDE";
WINBOOL WINAPI GetComputerNameW(LPWSTR Buffer, LPDWORD Size) {
    DWORD room = *Size;
    *Size = ARRAYSIZE(ComputerName) - (room >= ARRAYSIZE(ComputerName));
    if (room < ARRAYSIZE(ComputerName))
        return BaseFail(ERROR_BUFFER_OVERFLOW);
    memcpy(Buffer, ComputerName, sizeof ComputerName);
    return TRUE;
}
WINBOOL WINAPI GetComputerNameA(LPSTR Buffer, LPDWORD Size) {
    DWORD room = *Size;
    *Size = ARRAYSIZE(ComputerName) - (room >= ARRAYSIZE(ComputerName));
    if (room < ARRAYSIZE(ComputerName))
        return BaseFail(ERROR_BUFFER_OVERFLOW);
    BaseNarrow(ComputerName, ARRAYSIZE(ComputerName) - 1, Buffer, room);
    return TRUE;
}
UINT WINAPI SetErrorMode(UINT Mode) { /* there are no error boxes; the mode is kept for who asks */
    static LONG mode;
    return (UINT)InterlockedExchange(&mode, (LONG)Mode);
}
UINT WINAPI SetHandleCount(UINT Count) { return Count; }
