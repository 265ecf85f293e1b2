/* How much memory there is, and how the processors spend their time. */
#include "kernel32.h"

static BOOL Query(ULONG Class, PVOID Buffer, ULONG Size) { return BaseResult(NtQuerySystemInformation(Class, Buffer, Size, NULL)); }

WINBOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX Status) {
    NT_SYSTEM_BASIC_INFORMATION basic;
    NT_SYSTEM_PERFORMANCE_INFORMATION counts;
    MEMORY_BASIC_INFORMATION region;
    if (Status->dwLength != sizeof *Status)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!Query(SystemBasicInformation_, &basic, sizeof basic) || !Query(SystemPerformanceInformation_, &counts, sizeof counts))
        return FALSE;
    memset(Status, 0, sizeof *Status);
    Status->dwLength = sizeof *Status;
    Status->ullTotalPhys = (DWORDLONG)basic.NumberOfPhysicalPages * basic.PageSize;
    Status->ullAvailPhys = (DWORDLONG)counts.AvailablePages * basic.PageSize;
    Status->ullTotalPageFile = (DWORDLONG)counts.CommitLimit * basic.PageSize;
    Status->ullAvailPageFile = (DWORDLONG)(counts.CommitLimit - counts.CommittedPages) * basic.PageSize;
    Status->dwMemoryLoad = (DWORD)((Status->ullTotalPhys - Status->ullAvailPhys) * 100 / Status->ullTotalPhys);
    Status->ullTotalVirtual = basic.MaximumUserModeAddress + 1 - basic.MinimumUserModeAddress;
    for (ULONG_PTR at = basic.MinimumUserModeAddress; at <= basic.MaximumUserModeAddress && VirtualQuery((PVOID)at, &region, sizeof region);
         at = (ULONG_PTR)region.BaseAddress + region.RegionSize)
        if (region.State == MEM_FREE)
            Status->ullAvailVirtual += region.RegionSize;
    return TRUE;
}
VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS Status) {
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    GlobalMemoryStatusEx(&status);
    *Status = (MEMORYSTATUS){.dwLength = sizeof *Status,
                             .dwMemoryLoad = status.dwMemoryLoad,
                             .dwTotalPhys = status.ullTotalPhys,
                             .dwAvailPhys = status.ullAvailPhys,
                             .dwTotalPageFile = status.ullTotalPageFile,
                             .dwAvailPageFile = status.ullAvailPageFile,
                             .dwTotalVirtual = status.ullTotalVirtual,
                             .dwAvailVirtual = status.ullAvailVirtual};
}

/* Sums over the processors; kernel time has idle time in it. */
WINBOOL WINAPI GetSystemTimes(LPFILETIME Idle, LPFILETIME Kernel, LPFILETIME User) {
    NT_SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION processors[64];
    LONGLONG idle = 0, kernel = 0, user = 0;
    ULONG size;
    if (!BaseResult(NtQuerySystemInformation(SystemProcessorPerformanceInformation_, processors, sizeof processors, &size)))
        return FALSE;
    for (ULONG n = 0; n < size / sizeof *processors; n++) {
        idle += processors[n].IdleTime.QuadPart;
        kernel += processors[n].KernelTime.QuadPart;
        user += processors[n].UserTime.QuadPart;
    }
    if (Idle)
        memcpy(Idle, &idle, sizeof idle);
    if (Kernel)
        memcpy(Kernel, &kernel, sizeof kernel);
    if (User)
        memcpy(User, &user, sizeof user);
    return TRUE;
}
