/* The system time as programs set it, and the resolution of the clock. */
#include <winternl.h>
#include "utap.h"

NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER, PLARGE_INTEGER);
NTSTATUS NTAPI NtQueryTimerResolution(PULONG, PULONG, PULONG);
NTSTATUS NTAPI NtSetTimerResolution(ULONG, BOOLEAN, PULONG);

#define DAY 864000000000ull

static ULONGLONG now(void) {
    ULONGLONG time;
    GetSystemTimeAsFileTime((FILETIME *)&time);
    return time;
}

static void set_and_read(void) {
    ULONGLONG start = now(), ticks = GetTickCount64();
    SYSTEMTIME time, back;

    FileTimeToSystemTime((FILETIME *)&start, &time);
    FileTimeToSystemTime(&(FILETIME){(DWORD)(start + DAY), (DWORD)((start + DAY) >> 32)}, &time);
    OK(SetSystemTime(&time), "tomorrow");
    OK(now() - start > DAY - 100000 && now() - start < DAY + 10000000, "is read");
    GetSystemTime(&back);
    OK(back.wDay == time.wDay && back.wHour == time.wHour, "in all its forms");
    OK(GetTickCount64() - ticks < 1000, "ticks are counted on");
    FileTimeToSystemTime((FILETIME *)&start, &time);
    OK(SetLocalTime(&time) && now() - start < 10000000, "and back, as local time");
    time.wMonth = 13;
    OK(!SetSystemTime(&time) && GetLastError() == ERROR_INVALID_PARAMETER, "no such month");
}

static void privilege(void) {
    LARGE_INTEGER time, old = {.QuadPart = 0};
    HANDLE token, limited = NULL;
    LUID_AND_ATTRIBUTES without = {{12, 0}, 0};

    time.QuadPart = (LONGLONG)now();
    OK(NtSetSystemTime(&time, &old) == (NTSTATUS)0xC0000061, "without the privilege enabled: STATUS_PRIVILEGE_NOT_HELD");
    OK(NtSetSystemTime(NULL, NULL) == (NTSTATUS)0xC0000005, "no time");
    OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token) && CreateRestrictedToken(token, 0, 0, NULL, 1, &without, 0, NULL, &limited),
       "a token without the privilege");
    OK(ImpersonateLoggedOnUser(limited), "whoever acts with it");
    OK(!SetSystemTime(&(SYSTEMTIME){.wYear = 2030, .wMonth = 1, .wDay = 1}) && GetLastError() == ERROR_PRIVILEGE_NOT_HELD, "cannot set the time");
    RevertToSelf();
}

static void timers(void) {
    HANDLE timer = CreateWaitableTimerW(NULL, TRUE, NULL);
    LARGE_INTEGER due, time = {.QuadPart = (LONGLONG)now()};
    SYSTEMTIME set;

    due.QuadPart = time.QuadPart + (LONGLONG)DAY;
    OK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE) && WaitForSingleObject(timer, 10) == WAIT_TIMEOUT, "a timer for tomorrow");
    due.QuadPart += 10000000;
    FileTimeToSystemTime((FILETIME *)&due, &set);
    OK(SetSystemTime(&set) && WaitForSingleObject(timer, 0) == WAIT_OBJECT_0, "goes off when tomorrow comes");
    FileTimeToSystemTime((FILETIME *)&time, &set);
    SetSystemTime(&set);
}

static void resolution(void) {
    ULONG coarsest, finest, current, actual;

    OK(NtQueryTimerResolution(&coarsest, &finest, &current) == 0 && coarsest == 156250 && finest == 5000 && current == coarsest,
       "a tick is 15.625 ms");
    OK(NtSetTimerResolution(0, FALSE, &actual) == (NTSTATUS)0xC0000245 && actual == coarsest,
       "nothing to take back: STATUS_TIMER_RESOLUTION_NOT_SET");
    OK(NtSetTimerResolution(10000, TRUE, &actual) == 0 && actual == 10000, "1 ms");
    OK(NtSetTimerResolution(20000, TRUE, &actual) == 0 && actual == 20000, "a process has one wish");
    OK(NtSetTimerResolution(0, FALSE, &actual) == 0 && actual == coarsest, "and takes it back");
    OK(NtQueryTimerResolution(&coarsest, NULL, &current) == (NTSTATUS)0xC0000005, "nowhere to put it");
}

int main(void) {
    set_and_read();
    privilege();
    timers();
    resolution();
    return done();
}
