/* Clocks and calendars. Local time is UTC: the machine is in no time zone, so that runs are the same everywhere. */
#include "kernel32.h"

#define SHARED_DATA   0x7FFE0000ull
#define UNITS_PER_DAY 864000000000ll

/* A KSYSTEM_TIME: High1, Low, High2; the two highs differ while it is being written. */
static LONGLONG SharedTime(ULONG Offset) {
    const volatile LONG *time = (const volatile LONG *)(SHARED_DATA + Offset);
    LONG high;
    ULONG low;
    do {
        high = time[1];
        low = (ULONG)time[0];
    } while (high != time[2]);
    return (LONGLONG)((ULONG64)(ULONG)high << 32 | low);
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME Time) {
    LONGLONG now = SharedTime(0x14); /* SystemTime */
    memcpy(Time, &now, sizeof *Time);
}
VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME Time) {
    LARGE_INTEGER now;
    NtQuerySystemTime(&now);
    memcpy(Time, &now, sizeof *Time);
}
ULONGLONG WINAPI GetTickCount64(VOID) {
    return (ULONGLONG)SharedTime(0x320) * *(const ULONG *)(SHARED_DATA + 4) >> 24; /* TickCount, TickCountMultiplier */
}
DWORD WINAPI GetTickCount(VOID) { return (DWORD)GetTickCount64(); }
VOID WINAPI QueryInterruptTime(PULONGLONG Time) { *Time = (ULONGLONG)SharedTime(8); }
WINBOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG Time) {
    *Time = (ULONGLONG)SharedTime(8);
    return TRUE;
}
WINBOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *Count) { return BaseResult(NtQueryPerformanceCounter(Count, NULL)); }
WINBOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *Frequency) {
    LARGE_INTEGER count;
    return BaseResult(NtQueryPerformanceCounter(&count, Frequency));
}

/* Days since 1601-01-01 and back, by the Gregorian rule, in eras of 400 years that begin in March. */
static LONGLONG DaysFromDate(LONGLONG Year, ULONG Month, ULONG Day) {
    Year -= Month <= 2;
    LONGLONG era = Year / 400;
    ULONG of_era = (ULONG)(Year - era * 400), of_year = (153 * (Month + (Month > 2 ? -3u : 9u)) + 2) / 5 + Day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 584694;
}
static ULONG MonthLength(ULONG Year, ULONG Month) {
    static const UCHAR lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[Month - 1] + (Month == 2 && Year % 4 == 0 && (Year % 100 || Year % 400 == 0));
}

WINBOOL WINAPI FileTimeToSystemTime(CONST FILETIME *FileTime, LPSYSTEMTIME Time) {
    LONGLONG value;
    memcpy(&value, FileTime, sizeof value);
    if (value < 0)
        return BaseFail(ERROR_INVALID_PARAMETER);
    ULONG days = (ULONG)(value / UNITS_PER_DAY), milliseconds = (ULONG)(value % UNITS_PER_DAY / 10000);
    ULONG shifted = days + 584694, era = shifted / 146097, of_era = shifted % 146097;
    ULONG year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    ULONG of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    Time->wDay = (WORD)(of_year - (153 * month + 2) / 5 + 1);
    Time->wMonth = (WORD)(month < 10 ? month + 3 : month - 9);
    Time->wYear = (WORD)(era * 400 + year + (Time->wMonth <= 2));
    Time->wDayOfWeek = (WORD)((days + 1) % 7); /* 1601-01-01 was a Monday */
    Time->wHour = (WORD)(milliseconds / 3600000);
    Time->wMinute = (WORD)(milliseconds / 60000 % 60);
    Time->wSecond = (WORD)(milliseconds / 1000 % 60);
    Time->wMilliseconds = (WORD)(milliseconds % 1000);
    return TRUE;
}
WINBOOL WINAPI SystemTimeToFileTime(CONST SYSTEMTIME *Time, LPFILETIME FileTime) {
    if (Time->wYear < 1601 || Time->wYear > 30827 || !Time->wMonth || Time->wMonth > 12 || !Time->wDay ||
        Time->wDay > MonthLength(Time->wYear, Time->wMonth) || Time->wHour > 23 || Time->wMinute > 59 || Time->wSecond > 59 ||
        Time->wMilliseconds > 999)
        return BaseFail(ERROR_INVALID_PARAMETER);
    LONGLONG value = DaysFromDate(Time->wYear, Time->wMonth, Time->wDay) * UNITS_PER_DAY +
                     (((Time->wHour * 60ll + Time->wMinute) * 60 + Time->wSecond) * 1000 + Time->wMilliseconds) * 10000;
    memcpy(FileTime, &value, sizeof value);
    return TRUE;
}
VOID WINAPI GetSystemTime(LPSYSTEMTIME Time) {
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, Time);
}

/* The privilege is disabled in a token until it is used ("SetSystemTime"). */
static NTSTATUS SetTimeWithPrivilege(PLARGE_INTEGER Time) {
    TOKEN_PRIVILEGES enable = {.PrivilegeCount = 1, .Privileges[0] = {{12 /* SE_SYSTEMTIME_PRIVILEGE */, 0}, SE_PRIVILEGE_ENABLED}}, before;
    ULONG size;
    HANDLE token;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    if (!NT_SUCCESS(status))
        return status;
    status = NtAdjustPrivilegesToken(token, FALSE, &enable, sizeof before, &before, &size);
    if (NT_SUCCESS(status)) {
        status = NtSetSystemTime(Time, NULL);
        NtAdjustPrivilegesToken(token, FALSE, &before, 0, NULL, NULL);
    }
    NtClose(token);
    return status;
}
WINBOOL WINAPI SetSystemTime(CONST SYSTEMTIME *Time) {
    FILETIME file;
    LARGE_INTEGER time;
    if (!SystemTimeToFileTime(Time, &file))
        return FALSE;
    memcpy(&time, &file, sizeof time);
    return BaseResult(SetTimeWithPrivilege(&time));
}
WINBOOL WINAPI SetLocalTime(CONST SYSTEMTIME *Time) { return SetSystemTime(Time); }
VOID WINAPI GetLocalTime(LPSYSTEMTIME Time) { GetSystemTime(Time); }
WINBOOL WINAPI FileTimeToLocalFileTime(CONST FILETIME *Time, LPFILETIME Local) {
    *Local = *Time;
    return TRUE;
}
WINBOOL WINAPI LocalFileTimeToFileTime(CONST FILETIME *Local, LPFILETIME Time) {
    *Time = *Local;
    return TRUE;
}
WINBOOL WINAPI SystemTimeToTzSpecificLocalTime(CONST TIME_ZONE_INFORMATION *Zone, CONST SYSTEMTIME *Time, LPSYSTEMTIME Local) {
    if (Zone && (Zone->Bias || Zone->StandardDate.wMonth))
        return BaseFail(ERROR_NOT_SUPPORTED);
    *Local = *Time;
    return TRUE;
}
WINBOOL WINAPI TzSpecificLocalTimeToSystemTime(CONST TIME_ZONE_INFORMATION *Zone, CONST SYSTEMTIME *Local, LPSYSTEMTIME Time) {
    return SystemTimeToTzSpecificLocalTime(Zone, Local, Time);
}
DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION Zone) {
    memset(Zone, 0, sizeof *Zone);
    memcpy(Zone->StandardName, L"Coordinated Universal Time", sizeof L"Coordinated Universal Time");
    memcpy(Zone->DaylightName, L"Coordinated Universal Time", sizeof L"Coordinated Universal Time");
    return TIME_ZONE_ID_UNKNOWN;
}
LONG WINAPI CompareFileTime(CONST FILETIME *a, CONST FILETIME *b) {
    ULONGLONG x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* MS-DOS dates: seven bits of years since 1980, four of month, five of day; five of hour, six of minute, five of pairs of seconds. */
WINBOOL WINAPI FileTimeToDosDateTime(CONST FILETIME *FileTime, LPWORD Date, LPWORD Time) {
    SYSTEMTIME time;
    if (!FileTimeToSystemTime(FileTime, &time))
        return FALSE;
    if (time.wYear < 1980 || time.wYear > 2107)
        return BaseFail(ERROR_INVALID_PARAMETER);
    *Date = (WORD)((time.wYear - 1980) << 9 | time.wMonth << 5 | time.wDay);
    *Time = (WORD)(time.wHour << 11 | time.wMinute << 5 | time.wSecond / 2);
    return TRUE;
}
WINBOOL WINAPI DosDateTimeToFileTime(WORD Date, WORD Time, LPFILETIME FileTime) {
    SYSTEMTIME time = {.wYear = (WORD)(1980 + (Date >> 9)),
                       .wMonth = Date >> 5 & 15,
                       .wDay = Date & 31,
                       .wHour = Time >> 11,
                       .wMinute = Time >> 5 & 63,
                       .wSecond = (WORD)((Time & 31) * 2)};
    return SystemTimeToFileTime(&time, FileTime);
}
