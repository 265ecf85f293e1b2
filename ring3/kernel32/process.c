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
WINBOOL WINAPI SetProcessAffinityMask(HANDLE Process, DWORD_PTR Mask) {
    return BaseResult(NtSetInformationProcess(Process, ProcessAffinityMask_, &Mask, sizeof Mask));
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
/* The true version is compared, by what VerSetConditionMask has put together. */
WINBOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW Version, DWORD Mask, DWORDLONG Conditions) {
    NTSTATUS status = RtlVerifyVersionInfo(Version, Mask, Conditions);
    if (status == STATUS_INVALID_PARAMETER)
        return BaseFail(ERROR_BAD_ARGUMENTS);
    return status == STATUS_REVISION_MISMATCH ? BaseFail(ERROR_OLD_WIN_VERSION) : BaseResult(status);
}
WINBOOL WINAPI VerifyVersionInfoA(LPOSVERSIONINFOEXA Version, DWORD Mask, DWORDLONG Conditions) {
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide,
                             .dwMajorVersion = Version->dwMajorVersion,
                             .dwMinorVersion = Version->dwMinorVersion,
                             .dwBuildNumber = Version->dwBuildNumber,
                             .dwPlatformId = Version->dwPlatformId,
                             .wServicePackMajor = Version->wServicePackMajor,
                             .wServicePackMinor = Version->wServicePackMinor,
                             .wSuiteMask = Version->wSuiteMask,
                             .wProductType = Version->wProductType};
    return VerifyVersionInfoW(&wide, Mask, Conditions);
}
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

/* Every processor's writes are in memory when it has made them. */
VOID WINAPI FlushProcessWriteBuffers(VOID) {}
/* Rounded to the nearest, halves away from zero; -1 without a result. */
int WINAPI MulDiv(int Number, int Numerator, int Denominator) {
    LONGLONG product = (LONGLONG)Number * Numerator, divisor = Denominator;
    if (!divisor)
        return -1;
    if (divisor < 0) {
        divisor = -divisor;
        product = -product;
    }
    LONGLONG result = (product < 0 ? product - divisor / 2 : product + divisor / 2) / divisor;
    return result > MAXLONG || result < -MAXLONG - 1ll ? -1 : (int)result;
}
UINT WINAPI SetHandleCount(UINT Count) { return Count; }
