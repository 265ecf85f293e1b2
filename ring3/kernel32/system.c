/* What programs ask about processors and the system, and the older way to start one. */
#include "kernel32.h"

/* ---- Processors: one group, one node ---- */
WORD WINAPI GetActiveProcessorGroupCount(VOID) { return 1; }
WORD WINAPI GetMaximumProcessorGroupCount(VOID) { return 1; }
DWORD WINAPI GetMaximumProcessorCount(WORD Group) { return GetActiveProcessorCount(Group); }
VOID WINAPI GetCurrentProcessorNumberEx(PPROCESSOR_NUMBER Number) { *Number = (PROCESSOR_NUMBER){.Number = (BYTE)GetCurrentProcessorNumber()}; }
WINBOOL WINAPI GetNumaHighestNodeNumber(PULONG Highest) {
    *Highest = 0;
    return TRUE;
}
WINBOOL WINAPI GetThreadGroupAffinity(HANDLE Thread, PGROUP_AFFINITY Affinity) {
    NT_THREAD_BASIC_INFORMATION information;
    if (!BaseResult(NtQueryInformationThread(Thread, ThreadBasicInformation_, &information, sizeof information, NULL)))
        return FALSE;
    *Affinity = (GROUP_AFFINITY){.Mask = information.AffinityMask};
    return TRUE;
}
WINBOOL WINAPI SetThreadGroupAffinity(HANDLE Thread, CONST GROUP_AFFINITY *Affinity, PGROUP_AFFINITY Previous) {
    GROUP_AFFINITY before;
    if (Affinity->Group)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!GetThreadGroupAffinity(Thread, &before) ||
        !BaseResult(NtSetInformationThread(Thread, ThreadAffinityMask_, (PVOID)&Affinity->Mask, sizeof Affinity->Mask)))
        return FALSE;
    if (Previous)
        *Previous = before;
    return TRUE;
}
WINBOOL WINAPI GetLogicalProcessorInformation(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION Buffer, PDWORD Size) {
    NTSTATUS status = NtQuerySystemInformation(SystemLogicalProcessorInformation_, Buffer, *Size, Size);
    return status == STATUS_INFO_LENGTH_MISMATCH ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : BaseResult(status);
}

/* ---- What there is none of ---- */
WINBOOL WINAPI IsWow64Process2(HANDLE Process, USHORT *Machine, USHORT *Native) {
    NT_PROCESS_BASIC_INFORMATION information;
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation_, &information, sizeof information, NULL)))
        return FALSE;
    *Machine = IMAGE_FILE_MACHINE_UNKNOWN; /* it is no WOW64 process */
    if (Native)
        *Native = IMAGE_FILE_MACHINE_AMD64;
    return TRUE;
}
/* A 64-bit process is not redirected, and both fail there ("Wow64DisableWow64FsRedirection"). */
WINBOOL WINAPI Wow64DisableWow64FsRedirection(PVOID *Old) { return BaseFail(ERROR_INVALID_FUNCTION); }
WINBOOL WINAPI Wow64RevertWow64FsRedirection(PVOID Old) { return BaseFail(ERROR_INVALID_FUNCTION); }
DWORD WINAPI WTSGetActiveConsoleSessionId(VOID) { return 1; }
WINBOOL WINAPI GetSystemPowerStatus(LPSYSTEM_POWER_STATUS Status) { /* on line power, without a battery */
    *Status = (SYSTEM_POWER_STATUS){.ACLineStatus = AC_LINE_ONLINE,
                                    .BatteryFlag = BATTERY_FLAG_NO_BATTERY,
                                    .BatteryLifePercent = BATTERY_PERCENTAGE_UNKNOWN,
                                    .BatteryLifeTime = BATTERY_LIFE_UNKNOWN,
                                    .BatteryFullLifeTime = BATTERY_LIFE_UNKNOWN};
    return TRUE;
}
/* The machine never sleeps, so that nothing has to be kept from it; what was asked for is given back the next time, as documented. */
EXECUTION_STATE WINAPI SetThreadExecutionState(EXECUTION_STATE Flags) {
    static LONG continuous = (LONG)ES_CONTINUOUS;
    if (Flags & ~(EXECUTION_STATE)(ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_AWAYMODE_REQUIRED | ES_CONTINUOUS))
        return (EXECUTION_STATE)BaseFail(ERROR_INVALID_PARAMETER);
    return (EXECUTION_STATE)(Flags & ES_CONTINUOUS ? InterlockedExchange(&continuous, (LONG)Flags) : continuous);
}

/* ---- The older way to start a program: what is below 32 is an error ---- */
UINT WINAPI WinExec(LPCSTR Line, UINT Show) {
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = (WORD)Show};
    PROCESS_INFORMATION process;
    SIZE_T size = strlen(Line) + 1;
    PSTR copy = BaseAllocate(size);
    DWORD error;
    if (!copy)
        return 0; /* out of memory */
    memcpy(copy, Line, size);
    error = CreateProcessA(NULL, copy, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process) ? NO_ERROR : NtTeb()->LastErrorValue;
    BaseFree(copy);
    if (error)
        return error == ERROR_PATH_NOT_FOUND ? ERROR_PATH_NOT_FOUND : error == ERROR_BAD_EXE_FORMAT ? ERROR_BAD_FORMAT : ERROR_FILE_NOT_FOUND;
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return 33;
}
