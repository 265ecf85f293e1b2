/* Jobs: processes that are limited, counted and ended together. */
#include "kernel32.h"

#ifndef STATUS_PROCESS_IN_JOB
#define STATUS_PROCESS_IN_JOB ((NTSTATUS)0x00000124)
#endif

HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name) {
    CREATE_NAMED(NtCreateJobObject(&handle, JOB_OBJECT_ALL_ACCESS, &attributes));
}
HANDLE WINAPI CreateJobObjectA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name) { WITH_WIDE_NAME(CreateJobObjectW(Security, wide)); }
HANDLE WINAPI OpenJobObjectW(DWORD Access, WINBOOL Inherit, LPCWSTR Name) { OPEN_NAMED(NtOpenJobObject(&handle, Access, &attributes)); }
HANDLE WINAPI OpenJobObjectA(DWORD Access, WINBOOL Inherit, LPCSTR Name) { WITH_WIDE_NAME(OpenJobObjectW(Access, Inherit, wide)); }

WINBOOL WINAPI AssignProcessToJobObject(HANDLE Job, HANDLE Process) { return BaseResult(NtAssignProcessToJobObject(Job, Process)); }
WINBOOL WINAPI TerminateJobObject(HANDLE Job, UINT ExitCode) { return BaseResult(NtTerminateJobObject(Job, (NTSTATUS)ExitCode)); }

WINBOOL WINAPI IsProcessInJob(HANDLE Process, HANDLE Job, PBOOL Result) {
    NTSTATUS status = NtIsProcessInJob(Process, Job);
    *Result = status == STATUS_PROCESS_IN_JOB;
    return BaseResult(status);
}

WINBOOL WINAPI QueryInformationJobObject(HANDLE Job, JOBOBJECTINFOCLASS Class, LPVOID Information, DWORD Length, LPDWORD ReturnLength) {
    return BaseResult(NtQueryInformationJobObject(Job, (ULONG)Class, Information, Length, ReturnLength));
}
WINBOOL WINAPI SetInformationJobObject(HANDLE Job, JOBOBJECTINFOCLASS Class, LPVOID Information, DWORD Length) {
    return BaseResult(NtSetInformationJobObject(Job, (ULONG)Class, Information, Length));
}
