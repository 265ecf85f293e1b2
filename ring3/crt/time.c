/* Calendar time. The machine's time zone is UTC unless the system says otherwise; there is no daylight saving time. */
#include "crt.h"
#include <sys/timeb.h>

#define DAY         86400ll
#define UNIX_EPOCH  116444736000000000ll /* 1970 in 100 ns units since 1601 */
#define LAST_SECOND 32535215999ll        /* 3000-12-31 23:59:59, the last that Microsoft's library takes */

long crt_timezone;
int crt_daylight;
long crt_dstbias = -3600;
static char zone_names[2][8] = {"UTC", "UTC"};
char *crt_tzname[2] = {zone_names[0], zone_names[1]};

static const char weekday_names[7][10] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char month_names[12][10] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};

static long long windows_time(void) {
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return (long long)((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

__time64_t __cdecl _time64(__time64_t *to) {
    __time64_t now = (windows_time() - UNIX_EPOCH) / 10000000;

    if (to) {
        *to = now;
    }
    return now;
}

__time32_t __cdecl _time32(__time32_t *to) {
    __time32_t now = (__time32_t)_time64(NULL);

    if (to) {
        *to = now;
    }
    return now;
}

double __cdecl _difftime64(__time64_t end, __time64_t start) { return (double)(end - start); }

void __cdecl _ftime64(struct __timeb64 *to) {
    long long now = windows_time() - UNIX_EPOCH;

    to->time = now / 10000000;
    to->millitm = (unsigned short)(now / 10000 % 1000);
    to->timezone = (short)(crt_timezone / 60);
    to->dstflag = 0;
}

/* Milliseconds since the first call or the program's start, whichever this library has seen first. */
clock_t __cdecl clock(void) {
    FILETIME created, exited, kernel, user;
    long long start;

    if (!GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user)) {
        return -1;
    }
    start = (long long)((unsigned long long)created.dwHighDateTime << 32 | created.dwLowDateTime);
    return (clock_t)((windows_time() - start) / (10000000 / CLOCKS_PER_SEC));
}

/* ---- Days -------------------------------------------------------------------------------------------------------------------- */

static BOOL is_leap(long long year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static int month_start(long long year, int month) {
    static const short starts[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

    return starts[month] + (month > 1 && is_leap(year));
}

/* Days from 1970-01-01 to the first of January of a year. */
static long long year_start(long long year) {
    long long y = year - 1;

    return (year - 1970) * 365 + (y / 4 - 492) - (y / 100 - 19) + (y / 400 - 4);
}

static BOOL split_time(long long seconds, struct tm *to) {
    long long days = seconds / DAY, rest = seconds % DAY, year;

    if (rest < 0) {
        rest += DAY;
        days--;
    }
    year = 1970 + days / 366;
    while (year_start(year + 1) <= days) {
        year++;
    }
    to->tm_year = (int)(year - 1900);
    to->tm_yday = (int)(days - year_start(year));
    to->tm_mon = 0;
    while (month_start(year, to->tm_mon + 1) <= to->tm_yday) {
        to->tm_mon++;
    }
    to->tm_mday = to->tm_yday - month_start(year, to->tm_mon) + 1;
    to->tm_hour = (int)(rest / 3600);
    to->tm_min = (int)(rest / 60 % 60);
    to->tm_sec = (int)(rest % 60);
    to->tm_wday = (int)((days + 4) % 7);
    to->tm_isdst = 0;
    return TRUE;
}

errno_t __cdecl _gmtime64_s(struct tm *to, const __time64_t *time) {
    if (!to || !time || *time < 0 || *time > LAST_SECOND) {
        return crt_invalid(EINVAL);
    }
    split_time(*time, to);
    return 0;
}

errno_t __cdecl _localtime64_s(struct tm *to, const __time64_t *time) {
    if (!to || !time || *time < 0 || *time > LAST_SECOND) {
        return crt_invalid(EINVAL);
    }
    _tzset();
    split_time(*time < crt_timezone ? 0 : *time - crt_timezone, to);
    return 0;
}

struct tm *__cdecl _gmtime64(const __time64_t *time) { return _gmtime64_s(&crt_thread()->time, time) ? NULL : &crt_thread()->time; }

struct tm *__cdecl _localtime64(const __time64_t *time) { return _localtime64_s(&crt_thread()->time, time) ? NULL : &crt_thread()->time; }

struct tm *__cdecl _gmtime32(const __time32_t *time) {
    __time64_t wide = time ? *time : -1;

    return _gmtime64(&wide);
}

struct tm *__cdecl _localtime32(const __time32_t *time) {
    __time64_t wide = time ? *time : -1;

    return _localtime64(&wide);
}

/* Any values are taken and carried over into the next field; the result is written back. */
static __time64_t join_time(struct tm *from, long offset) {
    long long year = 1900ll + from->tm_year + from->tm_mon / 12;
    int month = from->tm_mon % 12;
    long long seconds;

    if (month < 0) {
        month += 12;
        year--;
    }
    if (year < 1969 || year > 3001) {
        errno = EINVAL;
        return -1;
    }
    seconds = (year_start(year) + month_start(year, month) + from->tm_mday - 1ll) * DAY + from->tm_hour * 3600ll + from->tm_min * 60ll + from->tm_sec;
    if (seconds + offset < 0 || seconds + offset > LAST_SECOND) {
        errno = EINVAL;
        return -1;
    }
    split_time(seconds, from);
    return seconds + offset;
}

__time64_t __cdecl _mktime64(struct tm *from) {
    _tzset();
    return join_time(from, crt_timezone);
}

__time64_t __cdecl _mkgmtime64(struct tm *from) { return join_time(from, 0); }

/* ---- Text ------------------------------------------------------------------------------------------------------------------------ */

errno_t __cdecl asctime_s(char *to, size_t room, const struct tm *time) {
    if (!to || room < 26 || !time || time->tm_mon < 0 || time->tm_mon > 11 || time->tm_wday < 0 || time->tm_wday > 6) {
        return crt_invalid(EINVAL);
    }
    _snprintf(to, room, "%.3s %.3s %02d %02d:%02d:%02d %d\n", weekday_names[time->tm_wday], month_names[time->tm_mon], time->tm_mday, time->tm_hour,
              time->tm_min, time->tm_sec, 1900 + time->tm_year);
    return 0;
}

char *__cdecl asctime(const struct tm *time) {
    char *text = crt_thread()->time_text;

    return asctime_s(text, sizeof(crt_thread()->time_text), time) ? NULL : text;
}

wchar_t *__cdecl _wasctime(const struct tm *time) {
    wchar_t *to = crt_thread()->wide_time_text;
    const char *from = asctime(time);

    if (!from) {
        return NULL;
    }
    for (size_t i = 0; (to[i] = (wchar_t)from[i]); i++) {
    }
    return to;
}

char *__cdecl _ctime64(const __time64_t *time) {
    struct tm *local = _localtime64(time);

    return local ? asctime(local) : NULL;
}

char *__cdecl _ctime32(const __time32_t *time) {
    struct tm *local = _localtime32(time);

    return local ? asctime(local) : NULL;
}

wchar_t *__cdecl _wctime64(const __time64_t *time) {
    struct tm *local = _localtime64(time);

    return local ? _wasctime(local) : NULL;
}

typedef struct TEXT_SINK {
    char *to;
    size_t room;
    size_t used;
} TEXT_SINK;

static void add(TEXT_SINK *sink, const char *text) {
    for (; *text; text++, sink->used++) {
        if (sink->used < sink->room) {
            sink->to[sink->used] = *text;
        }
    }
}

static void add_number(TEXT_SINK *sink, int value, int width, BOOL bare) {
    char text[16];

    _snprintf(text, sizeof(text), bare ? "%d" : "%0*d", bare ? value : width, value);
    add(sink, text);
}

static void format_time(TEXT_SINK *sink, const char *format, const struct tm *time) {
    for (; *format; format++) {
        BOOL bare = FALSE;
        char letter[2] = {*format, 0};

        if (*format != '%') {
            add(sink, letter);
            continue;
        }
        format++;
        if (*format == '#') {
            bare = TRUE;
            format++;
        }
        switch (*format) {
        case 'a':
        case 'A':
            letter[0] = 0;
            for (int i = 0; weekday_names[time->tm_wday % 7][i] && (*format == 'A' || i < 3); i++) {
                letter[0] = weekday_names[time->tm_wday % 7][i];
                add(sink, letter);
            }
            break;
        case 'b':
        case 'h':
        case 'B':
            for (int i = 0; month_names[time->tm_mon % 12][i] && (*format == 'B' || i < 3); i++) {
                letter[0] = month_names[time->tm_mon % 12][i];
                add(sink, letter);
            }
            break;
        case 'c': format_time(sink, bare ? "%A, %B %d, %Y %H:%M:%S" : "%m/%d/%y %H:%M:%S", time); break;
        case 'd': add_number(sink, time->tm_mday, 2, bare); break;
        case 'H': add_number(sink, time->tm_hour, 2, bare); break;
        case 'I': add_number(sink, (time->tm_hour + 11) % 12 + 1, 2, bare); break;
        case 'j': add_number(sink, time->tm_yday + 1, 3, bare); break;
        case 'm': add_number(sink, time->tm_mon + 1, 2, bare); break;
        case 'M': add_number(sink, time->tm_min, 2, bare); break;
        case 'p': add(sink, time->tm_hour < 12 ? "AM" : "PM"); break;
        case 'S': add_number(sink, time->tm_sec, 2, bare); break;
        case 'U': add_number(sink, (time->tm_yday + 7 - time->tm_wday) / 7, 2, bare); break;
        case 'w': add_number(sink, time->tm_wday, 1, TRUE); break;
        case 'W': add_number(sink, (time->tm_yday + 7 - (time->tm_wday + 6) % 7) / 7, 2, bare); break;
        case 'x': format_time(sink, bare ? "%A, %B %d, %Y" : "%m/%d/%y", time); break;
        case 'X': format_time(sink, "%H:%M:%S", time); break;
        case 'y': add_number(sink, time->tm_year % 100, 2, bare); break;
        case 'Y': add_number(sink, 1900 + time->tm_year, 4, bare); break;
        case 'z':
        case 'Z': add(sink, zone_names[time->tm_isdst > 0]); break;
        case '%': add(sink, "%"); break;
        case 0: return;
        }
    }
}

size_t __cdecl strftime(char *to, size_t room, const char *format, const struct tm *time) {
    TEXT_SINK sink = {to, room, 0};

    if (!to || !room || !format || !time || time->tm_wday < 0 || time->tm_mon < 0) {
        errno = EINVAL;
        return 0;
    }
    format_time(&sink, format, time);
    if (sink.used >= room) {
        *to = 0;
        errno = ERANGE;
        return 0;
    }
    to[sink.used] = 0;
    return sink.used;
}

size_t __cdecl wcsftime(wchar_t *to, size_t room, const wchar_t *format, const struct tm *time) {
    char *narrow_format = crt_narrow(format), *narrow = malloc(room ? room : 1);
    size_t length = 0;

    if (narrow_format && narrow) {
        length = strftime(narrow, room, narrow_format, time);
        for (size_t i = 0; room && i <= length; i++) {
            to[i] = (unsigned char)narrow[i];
        }
    }
    free(narrow_format);
    free(narrow);
    return length;
}

char *__cdecl _strdate(char *to) {
    __time64_t now = _time64(NULL);

    strftime(to, 9, "%m/%d/%y", _localtime64(&now));
    return to;
}

char *__cdecl _strtime(char *to) {
    __time64_t now = _time64(NULL);

    strftime(to, 9, "%H:%M:%S", _localtime64(&now));
    return to;
}

/* ---- The time zone ------------------------------------------------------------------------------------------------------------------ */

void __cdecl _tzset(void) {
    /* TZ as the C library documents it: a name of three letters and hours west of Greenwich. */
    const char *zone = getenv("TZ");

    _lock(CRT_LOCK_TIME);
    if (zone && strlen(zone) > 3) {
        strncpy(zone_names[0], zone, 3);
        zone_names[0][3] = 0;
        crt_timezone = strtol(zone + 3, NULL, 10) * 3600;
    }
    _unlock(CRT_LOCK_TIME);
}

long *__cdecl __p__timezone(void) { return &crt_timezone; }

int *__cdecl __p__daylight(void) { return &crt_daylight; }

long *__cdecl __p__dstbias(void) { return &crt_dstbias; }

char **__cdecl __p__tzname(void) { return crt_tzname; }

int *__cdecl __daylight(void) { return &crt_daylight; }

long *__cdecl __timezone(void) { return &crt_timezone; }

char **__cdecl __tzname(void) { return crt_tzname; }
