/*
 * printf and scanf as the Universal C run-time library has them: one function for each kind of text, to which the headers' inline functions
 * pass options (corecrt_stdio_config.h), the format, a locale and the arguments.
 */
#include "../crt/crt.h"

enum { /* of printf */
       LEGACY_TERMINATION = 0x01,
       STANDARD_SNPRINTF = 0x02,
       LEGACY_WIDE = 0x04,
       LEGACY_MSVCRT = 0x08,
       THREE_DIGIT_EXPONENTS = 0x10
};
enum { SECURE_SCANF = 1, LEGACY_WIDE_SCANF = 2 };

typedef unsigned long long OPTIONS;

static unsigned print_flags(OPTIONS options) {
    return (options & LEGACY_WIDE ? 0 : CRT_PRINT_ISO_WIDE) | (options & (LEGACY_MSVCRT | THREE_DIGIT_EXPONENTS) ? 0 : CRT_PRINT_MODERN);
}

static unsigned scan_flags(OPTIONS options) {
    return (options & LEGACY_WIDE_SCANF ? 0 : CRT_PRINT_ISO_WIDE) | (options & SECURE_SCANF ? CRT_SCAN_SECURE : 0);
}

static void terminate_at(void *text, BOOL wide, size_t at) {
    memset((char *)text + (wide ? at * sizeof(wchar_t) : at), 0, wide ? sizeof(wchar_t) : 1);
}

/* ---- To memory -------------------------------------------------------------------------------------------------------------------- */

/*
 * Three contracts, by options: snprintf always terminates and tells the whole length; _vsnprintf leaves the text unterminated when it just fits;
 * the others (vsprintf, vswprintf) terminate. The last two give -1 when the text has not fitted.
 */
static int to_memory(OPTIONS options, void *to, size_t room, const void *format, BOOL wide, va_list arguments) {
    size_t total;

    if (!format || (!to && room)) {
        crt_invalid(EINVAL);
        return -1;
    }
    total = crt_print_memory(to, room, format, wide, print_flags(options), arguments);
    if (!to) {
        return total > INT_MAX ? -1 : (int)total;
    }
    if (total < room) {
        terminate_at(to, wide, total);
        return total > INT_MAX ? -1 : (int)total;
    }
    if (options & LEGACY_TERMINATION) {
        return total == room ? (int)total : -1;
    }
    if (room) {
        terminate_at(to, wide, room - 1);
    }
    return options & STANDARD_SNPRINTF ? (int)total : -1;
}

/* The secure forms: a text that does not fit is a mistake, unless most says that it may be cut off. */
static int to_memory_s(OPTIONS options, void *to, size_t room, size_t most, const void *format, BOOL wide, va_list arguments) {
    size_t limit, total;

    if (!format || !to || !room) {
        crt_invalid(EINVAL);
        return -1;
    }
    limit = most < room ? most : room - 1;
    total = crt_print_memory(to, limit, format, wide, print_flags(options), arguments);
    if (total <= limit) {
        terminate_at(to, wide, total);
        return (int)total;
    }
    if (most == _TRUNCATE || most < room) {
        terminate_at(to, wide, limit);
        return -1;
    }
    terminate_at(to, wide, 0);
    crt_invalid(ERANGE);
    return -1;
}

CRT_EXPORT(int, __stdio_common_vsprintf, (OPTIONS options, char *to, size_t room, const char *format, void *locale, va_list arguments)) {
    return to_memory(options, to, room, format, FALSE, arguments);
}

CRT_EXPORT(int, __stdio_common_vswprintf, (OPTIONS options, wchar_t *to, size_t room, const wchar_t *format, void *locale, va_list arguments)) {
    return to_memory(options, to, room, format, TRUE, arguments);
}

CRT_EXPORT(int, __stdio_common_vsprintf_s, (OPTIONS options, char *to, size_t room, const char *format, void *locale, va_list arguments)) {
    return to_memory_s(options, to, room, room, format, FALSE, arguments);
}

CRT_EXPORT(int, __stdio_common_vswprintf_s, (OPTIONS options, wchar_t *to, size_t room, const wchar_t *format, void *locale, va_list arguments)) {
    return to_memory_s(options, to, room, room, format, TRUE, arguments);
}

CRT_EXPORT(int, __stdio_common_vsnprintf_s,
           (OPTIONS options, char *to, size_t room, size_t most, const char *format, void *locale, va_list arguments)) {
    return to_memory_s(options, to, room, most, format, FALSE, arguments);
}

CRT_EXPORT(int, __stdio_common_vsnwprintf_s,
           (OPTIONS options, wchar_t *to, size_t room, size_t most, const wchar_t *format, void *locale, va_list arguments)) {
    return to_memory_s(options, to, room, most, format, TRUE, arguments);
}

/* ---- To streams and the console -------------------------------------------------------------------------------------------------------- */

static int to_stream(OPTIONS options, FILE *stream, const void *format, BOOL wide, va_list arguments) {
    if (!stream || !format) {
        crt_invalid(EINVAL);
        return -1;
    }
    return crt_print(stream, format, wide, print_flags(options), arguments);
}

CRT_EXPORT(int, __stdio_common_vfprintf, (OPTIONS options, FILE *stream, const char *format, void *locale, va_list arguments)) {
    return to_stream(options, stream, format, FALSE, arguments);
}

CRT_EXPORT(int, __stdio_common_vfwprintf, (OPTIONS options, FILE *stream, const wchar_t *format, void *locale, va_list arguments)) {
    return to_stream(options, stream, format, TRUE, arguments);
}

CRT_EXPORT(int, __conio_common_vcprintf, (OPTIONS options, const char *format, void *locale, va_list arguments)) {
    return to_stream(options, &crt_streams[1], format, FALSE, arguments);
}

CRT_EXPORT(int, __conio_common_vcwprintf, (OPTIONS options, const wchar_t *format, void *locale, va_list arguments)) {
    return to_stream(options, &crt_streams[1], format, TRUE, arguments);
}

/* ---- scanf ------------------------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(int, __stdio_common_vsscanf, (OPTIONS options, const char *text, size_t size, const char *format, void *locale, va_list arguments)) {
    if (!text || !format) {
        crt_invalid(EINVAL);
        return EOF;
    }
    return crt_scan_memory(text, size, format, FALSE, scan_flags(options), arguments);
}

CRT_EXPORT(int, __stdio_common_vswscanf,
           (OPTIONS options, const wchar_t *text, size_t size, const wchar_t *format, void *locale, va_list arguments)) {
    if (!text || !format) {
        crt_invalid(EINVAL);
        return EOF;
    }
    return crt_scan_memory(text, size, format, TRUE, scan_flags(options), arguments);
}

CRT_EXPORT(int, __stdio_common_vfscanf, (OPTIONS options, FILE *stream, const char *format, void *locale, va_list arguments)) {
    if (!stream || !format) {
        crt_invalid(EINVAL);
        return EOF;
    }
    return crt_scan(stream, format, FALSE, scan_flags(options), arguments);
}

CRT_EXPORT(int, __stdio_common_vfwscanf, (OPTIONS options, FILE *stream, const wchar_t *format, void *locale, va_list arguments)) {
    if (!stream || !format) {
        crt_invalid(EINVAL);
        return EOF;
    }
    return crt_scan(stream, format, TRUE, scan_flags(options), arguments);
}

/* %n writes memory that a format from outside may choose: it stays off. */
CRT_EXPORT(int, _get_printf_count_output, (void)) { return 0; }
