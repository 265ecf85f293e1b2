/* Waitable timers. */
#include "kernel32.h"

/* As CreateEvent's: an object that is there already is success with ERROR_ALREADY_EXISTS. */
HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name, DWORD Flags, DWORD Access) {
    HANDLE timer;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    if (Flags & ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | 2 /* CREATE_WAITABLE_TIMER_HIGH_RESOLUTION */)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS status = BaseObjectAttributes(&attributes, &text, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(status))
        status =
            NtCreateTimer(&timer, Access, &attributes, (Flags & CREATE_WAITABLE_TIMER_MANUAL_RESET) ? NtNotificationEvent : NtSynchronizationEvent);
    if (!BaseResult(status == STATUS_OBJECT_TYPE_MISMATCH ? STATUS_INVALID_HANDLE : status))
        return NULL;
    RtlSetLastWin32Error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return timer;
}
HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES Security, WINBOOL Manual, LPCWSTR Name) {
    return CreateWaitableTimerExW(Security, Name, Manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}
HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name, DWORD Flags, DWORD Access) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return NULL;
    HANDLE timer = CreateWaitableTimerExW(Security, wide, Flags, Access);
    BaseFree(wide);
    return timer;
}
HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES Security, WINBOOL Manual, LPCSTR Name) {
    return CreateWaitableTimerExA(Security, Name, Manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD Access, WINBOOL Inherit, LPCWSTR Name) {
    HANDLE timer;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = Name ? BaseObjectAttributes(&attributes, &text, Name, NULL, Inherit ? OBJ_INHERIT : 0) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = NtOpenTimer(&timer, Access, &attributes);
    return BaseResult(status) ? timer : NULL;
}
HANDLE WINAPI OpenWaitableTimerA(DWORD Access, WINBOOL Inherit, LPCSTR Name) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return NULL;
    HANDLE timer = OpenWaitableTimerW(Access, Inherit, wide);
    BaseFree(wide);
    return timer;
}

/* A machine that cannot be woken up says ERROR_NOT_SUPPORTED and has set the timer all the same. */
WINBOOL WINAPI SetWaitableTimer(HANDLE Timer, const LARGE_INTEGER *Due, LONG Period, PTIMERAPCROUTINE Routine, LPVOID Argument, WINBOOL Resume) {
    NTSTATUS status = NtSetTimer(Timer, (PLARGE_INTEGER)Due, Routine, Argument, (BOOLEAN)(Resume != 0), Period, NULL);
    if (!BaseResult(status))
        return FALSE;
    RtlSetLastWin32Error(status == STATUS_TIMER_RESUME_IGNORED ? ERROR_NOT_SUPPORTED : NO_ERROR);
    return TRUE;
}
/* Timers go off when they are due: a tolerable delay is not used. */
WINBOOL WINAPI SetWaitableTimerEx(HANDLE Timer, const LARGE_INTEGER *Due, LONG Period, PTIMERAPCROUTINE Routine, LPVOID Argument,
                                  PREASON_CONTEXT Wake, ULONG Delay) {
    return SetWaitableTimer(Timer, Due, Period, Routine, Argument, Wake != NULL);
}
WINBOOL WINAPI CancelWaitableTimer(HANDLE Timer) { return BaseResult(NtCancelTimer(Timer, NULL)); }
