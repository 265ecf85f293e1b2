/*
 * Error modes and fault reporting. There are no error boxes and no reports: the modes are kept for who asks, and change nothing.
 */
#include "kernel32.h"

HRESULT WINAPI WerGetFlags(HANDLE Process, PDWORD Flags); /* werapi.h of mingw-w64 does not stand alone */
HRESULT WINAPI WerSetFlags(DWORD Flags);

static volatile LONG ErrorMode, FaultReporting;

UINT WINAPI GetErrorMode(VOID) { return (UINT)ErrorMode; }
/* The bit for alignment faults stays once it is set ("SetErrorMode"). */
UINT WINAPI SetErrorMode(UINT Mode) { return (UINT)InterlockedExchange(&ErrorMode, (LONG)(Mode | (GetErrorMode() & SEM_NOALIGNMENTFAULTEXCEPT))); }

/* The TEB has a thread's mode four bits to the left, as ntdll's RtlSetThreadErrorMode takes it. */
DWORD WINAPI GetThreadErrorMode(VOID) { return NtTeb()->HardErrorMode >> 4; }
WINBOOL WINAPI SetThreadErrorMode(DWORD Mode, LPDWORD OldMode) {
    if (Mode & ~(DWORD)(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX))
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (OldMode)
        *OldMode = GetThreadErrorMode();
    NtTeb()->HardErrorMode = Mode << 4;
    return TRUE;
}

HRESULT WINAPI WerGetFlags(HANDLE Process, PDWORD Flags) {
    if (!Flags || GetProcessId(Process) != GetCurrentProcessId())
        return E_INVALIDARG;
    *Flags = (DWORD)FaultReporting;
    return S_OK;
}
HRESULT WINAPI WerSetFlags(DWORD Flags) {
    FaultReporting = (LONG)Flags;
    return S_OK;
}
