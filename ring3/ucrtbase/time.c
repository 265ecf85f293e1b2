/* Calendar time: the 32-bit and the secure forms, and what the time zone is. */
#include "../crt/crt.h"
#include <sys/timeb.h>
#include <sys/utime.h>

/* The result of a 64-bit function in 32 bits: -1, with EINVAL, from 2038-01-19 on. */
static __time32_t narrow(__time64_t time) {
    if (time > LONG_MAX) {
        errno = EINVAL;
        return -1;
    }
    return (__time32_t)time;
}

CRT_EXPORT(__time32_t, _mktime32, (struct tm * from)) { return narrow(_mktime64(from)); }

CRT_EXPORT(__time32_t, _mkgmtime32, (struct tm * from)) { return narrow(_mkgmtime64(from)); }

CRT_EXPORT(double, _difftime32, (__time32_t end, __time32_t start)) { return (double)end - start; }

CRT_EXPORT(errno_t, _gmtime32_s, (struct tm * to, const __time32_t *time)) {
    __time64_t wide = time ? *time : -1;

    return _gmtime64_s(to, &wide);
}

CRT_EXPORT(errno_t, _localtime32_s, (struct tm * to, const __time32_t *time)) {
    __time64_t wide = time ? *time : -1;

    return _localtime64_s(to, &wide);
}

/* ---- Text -------------------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(errno_t, _wasctime_s, (wchar_t * to, size_t room, const struct tm *time)) {
    char text[26];

    if (!to || room < sizeof(text) || asctime_s(text, sizeof(text), time)) {
        return crt_invalid(EINVAL);
    }
    for (size_t i = 0; i < sizeof(text); i++) {
        to[i] = (wchar_t)text[i];
    }
    return 0;
}

#define CTIME_S(name, character, type, localtime, asctime)                                                                                           \
    CRT_EXPORT(errno_t, name, (character * to, size_t room, const type *time)) {                                                                     \
        struct tm parts;                                                                                                                             \
                                                                                                                                                     \
        return localtime(&parts, time) ? EINVAL : asctime(to, room, &parts);                                                                         \
    }
CTIME_S(_ctime32_s, char, __time32_t, _localtime32_s, asctime_s)
CTIME_S(_ctime64_s, char, __time64_t, _localtime64_s, asctime_s)
CTIME_S(_wctime32_s, wchar_t, __time32_t, _localtime32_s, _wasctime_s)
CTIME_S(_wctime64_s, wchar_t, __time64_t, _localtime64_s, _wasctime_s)

CRT_EXPORT(wchar_t *, _wctime32, (const __time32_t *time)) {
    __time64_t wide = time ? *time : -1;

    return _wctime64(&wide);
}

#define NOW_S(name, character, format, function)                                                                                                     \
    CRT_EXPORT(errno_t, name, (character * to, size_t room)) {                                                                                       \
        __time64_t now = _time64(NULL);                                                                                                              \
                                                                                                                                                     \
        return to && room >= 9 && function(to, room, format, _localtime64(&now)) ? 0 : crt_invalid(to && room ? ERANGE : EINVAL);                    \
    }
NOW_S(_strdate_s, char, "%m/%d/%y", strftime)
NOW_S(_strtime_s, char, "%H:%M:%S", strftime)
NOW_S(_wstrdate_s, wchar_t, L"%m/%d/%y", wcsftime)
NOW_S(_wstrtime_s, wchar_t, L"%H:%M:%S", wcsftime)

CRT_EXPORT(wchar_t *, _wstrdate, (wchar_t * to)) { return _wstrdate_s(to, 9) ? NULL : to; }

CRT_EXPORT(wchar_t *, _wstrtime, (wchar_t * to)) { return _wstrtime_s(to, 9) ? NULL : to; }

/* ---- Finer than seconds ---------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(errno_t, _ftime64_s, (struct __timeb64 * to)) {
    if (!to) {
        return crt_invalid(EINVAL);
    }
    _ftime64(to);
    return 0;
}

CRT_EXPORT(errno_t, _ftime32_s, (struct __timeb32 * to)) {
    struct __timeb64 now;

    if (!to) {
        return crt_invalid(EINVAL);
    }
    _ftime64(&now);
    *to = (struct __timeb32){.time = narrow(now.time), .millitm = now.millitm, .timezone = now.timezone, .dstflag = now.dstflag};
    return 0;
}

typedef struct TIMESPEC64 {
    __time64_t seconds;
    long nanoseconds;
} TIMESPEC64;
typedef struct TIMESPEC32 {
    __time32_t seconds;
    long nanoseconds;
} TIMESPEC32;

CRT_EXPORT(int, _timespec64_get, (TIMESPEC64 * to, int base)) {
    FILETIME now;
    unsigned long long ticks;

    if (!to || base != 1 /* TIME_UTC */) {
        return 0;
    }
    GetSystemTimeAsFileTime(&now);
    ticks = ((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime) - 116444736000000000ull;
    *to = (TIMESPEC64){(__time64_t)(ticks / 10000000), (long)(ticks % 10000000) * 100};
    return base;
}

CRT_EXPORT(int, _timespec32_get, (TIMESPEC32 * to, int base)) {
    TIMESPEC64 now;

    if (!to || !_timespec64_get(&now, base)) {
        return 0;
    }
    *to = (TIMESPEC32){narrow(now.seconds), now.nanoseconds};
    return base;
}

/* ---- The time zone ------------------------------------------------------------------------------------------------------------------------ */

#define ZONE_VALUE(name, type, variable)                                                                                                             \
    CRT_EXPORT(errno_t, name, (type * to)) {                                                                                                         \
        if (!to) {                                                                                                                                   \
            return crt_invalid(EINVAL);                                                                                                              \
        }                                                                                                                                            \
        *to = *variable();                                                                                                                           \
        return 0;                                                                                                                                    \
    }
ZONE_VALUE(_get_timezone, long, __p__timezone)
ZONE_VALUE(_get_daylight, int, __p__daylight)
ZONE_VALUE(_get_dstbias, long, __p__dstbias)

CRT_EXPORT(errno_t, _get_tzname, (size_t *needed, char *to, size_t room, int index)) {
    if (!needed || (!to && room) || index < 0 || index > 1) {
        return crt_invalid(EINVAL);
    }
    *needed = strlen(__p__tzname()[index]) + 1;
    return !to ? 0 : *needed > room ? ERANGE : strcpy_s(to, room, __p__tzname()[index]);
}
