/* printf's secure and counted forms for wide text, and the console's. In the UCRT these are options of one function (ucrtbase/stdio.c). */
#include "../crt/crt.h"
#include <conio.h>

CRT_EXPORT(int, crt_vswprintf_s, (wchar_t * to, size_t room, const wchar_t *format, va_list arguments)) {
    int result;

    if (!to || !room || !format) {
        crt_invalid(EINVAL);
        return -1;
    }
    result = _vsnwprintf(to, room, format, arguments);
    if (result < 0 || (size_t)result >= room) {
        *to = 0;
        crt_invalid(ERANGE);
        return -1;
    }
    return result;
}

CRT_EXPORT(int, crt_swprintf_s, (wchar_t * to, size_t room, const wchar_t *format, ...)) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_vswprintf_s(to, room, format, arguments);
    va_end(arguments);
    return result;
}

/* count says how much may be written; _TRUNCATE: as much as there is room for. */
CRT_EXPORT(int, crt_vsnwprintf_s, (wchar_t * to, size_t room, size_t count, const wchar_t *format, va_list arguments)) {
    size_t limit = count < room ? count : room - 1;
    size_t total;

    if (!to || !room || !format) {
        crt_invalid(EINVAL);
        return -1;
    }
    total = crt_print_memory(to, limit, format, TRUE, 0, arguments);
    if (total <= limit) {
        to[total] = 0;
        return (int)total;
    }
    if (count == _TRUNCATE || count < room) {
        to[limit] = 0;
    } else {
        *to = 0;
        crt_invalid(ERANGE);
    }
    return -1;
}

CRT_EXPORT(int, crt_snwprintf_s, (wchar_t * to, size_t room, size_t count, const wchar_t *format, ...)) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_vsnwprintf_s(to, room, count, format, arguments);
    va_end(arguments);
    return result;
}

/* ---- The console --------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(int, crt_cprintf, (const char *format, ...)) {
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = _vscprintf(format, arguments);
    va_end(arguments);
    text = malloc((size_t)length + 1);
    if (!text) {
        return -1;
    }
    va_start(arguments, format);
    _vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    if (_cputs(text)) {
        length = -1;
    }
    free(text);
    return length;
}
