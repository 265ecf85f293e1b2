/* Locks: those of ntdll, in the Win32 dress where it differs. What does not differ is forwarded by kernel32.def. */
#include "kernel32.h"

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION Section) { RtlInitializeCriticalSection(Section); }
WINBOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION Section, DWORD SpinCount) {
    return BaseResult(RtlInitializeCriticalSectionAndSpinCount(Section, SpinCount));
}
WINBOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION Section, DWORD SpinCount, DWORD Flags) {
    return BaseResult(RtlInitializeCriticalSectionEx(Section, SpinCount, Flags));
}

WINBOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE Variable, PCRITICAL_SECTION Section, DWORD Milliseconds) {
    LARGE_INTEGER time;
    NTSTATUS status = RtlSleepConditionVariableCS(Variable, Section, BaseTimeout(Milliseconds, &time));
    return status == STATUS_TIMEOUT ? BaseFail(ERROR_TIMEOUT) : BaseResult(status);
}
WINBOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE Variable, PSRWLOCK Lock, DWORD Milliseconds, ULONG Flags) {
    LARGE_INTEGER time;
    NTSTATUS status = RtlSleepConditionVariableSRW(Variable, Lock, BaseTimeout(Milliseconds, &time), Flags);
    return status == STATUS_TIMEOUT ? BaseFail(ERROR_TIMEOUT) : BaseResult(status);
}
WINBOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID Compare, SIZE_T Size, DWORD Milliseconds) {
    LARGE_INTEGER time;
    NTSTATUS status = RtlWaitOnAddress(Address, Compare, Size, BaseTimeout(Milliseconds, &time));
    return status == STATUS_TIMEOUT ? BaseFail(ERROR_TIMEOUT) : BaseResult(status);
}

WINBOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE Once, DWORD Flags, PBOOL Pending, LPVOID *Context) {
    NTSTATUS status = RtlRunOnceBeginInitialize(Once, Flags, Context);
    *Pending = status == STATUS_PENDING;
    return status == STATUS_UNSUCCESSFUL ? BaseFail(ERROR_GEN_FAILURE) : BaseResult(status);
}
WINBOOL WINAPI InitOnceComplete(LPINIT_ONCE Once, DWORD Flags, LPVOID Context) { return BaseResult(RtlRunOnceComplete(Once, Flags, Context)); }
WINBOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE Once, PINIT_ONCE_FN Init, PVOID Parameter, LPVOID *Context) {
    return NT_SUCCESS((NTSTATUS)RtlRunOnceExecuteOnce(Once, (PRTL_RUN_ONCE_INIT_FN)(ULONG_PTR)Init, Parameter, Context)); /* the error is Init's */
}
