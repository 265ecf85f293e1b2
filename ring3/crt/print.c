/* The printf family, over the engine that the kernel's DbgPrint has as well. */
#include "crt.h"

typedef struct STREAM_SINK {
    RTL_FORMAT_SINK sink;
    FILE *stream;
    BOOL failed;
} STREAM_SINK;

static void put_narrow(RTL_FORMAT_SINK *sink, const void *text, SIZE_T count) {
    STREAM_SINK *to = (STREAM_SINK *)sink;

    if (!to->failed && crt_write(to->stream, text, count) != count) {
        to->failed = TRUE;
    }
}

static void put_wide(RTL_FORMAT_SINK *sink, const void *text, SIZE_T count) {
    STREAM_SINK *to = (STREAM_SINK *)sink;

    for (SIZE_T i = 0; i < count && !to->failed; i++) {
        to->failed = crt_put_wide(((const wchar_t *)text)[i], to->stream) == WEOF;
    }
}

/* An unbuffered stream has a buffer while something is formatted to it, so that a line is one request. */
int crt_print(FILE *stream, const void *format, BOOL wide, unsigned flags, va_list arguments) {
    STREAM_SINK to = {.sink = {.Put = wide ? put_wide : put_narrow,
                               .Wide = (BOOLEAN)wide,
                               .IsoWide = (flags & CRT_PRINT_ISO_WIDE) != 0,
                               .ModernFloats = (flags & CRT_PRINT_MODERN) != 0},
                      .stream = stream};
    char buffer[512];
    BOOL unbuffered;

    crt_lock_stream(stream);
    unbuffered = (stream->_flag & CRT_IONBF) != 0;
    if (unbuffered) {
        crt_set_buffer(stream, buffer, _IOFBF, sizeof(buffer));
    }
    RtlpFormat(&to.sink, format, (BOOLEAN)wide, arguments);
    if (unbuffered) {
        if (crt_flush(stream)) {
            to.failed = TRUE;
        }
        crt_set_buffer(stream, NULL, _IONBF, 0);
    }
    crt_unlock_stream(stream);
    return to.failed ? -1 : (int)to.sink.Total;
}

int __cdecl vfprintf(FILE *stream, const char *format, va_list arguments) { return crt_print(stream, format, FALSE, 0, arguments); }

int __cdecl fprintf(FILE *stream, const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_print(stream, format, FALSE, 0, arguments);
    va_end(arguments);
    return result;
}

int __cdecl vprintf(const char *format, va_list arguments) { return crt_print(&crt_streams[1], format, FALSE, 0, arguments); }

int __cdecl printf(const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_print(&crt_streams[1], format, FALSE, 0, arguments);
    va_end(arguments);
    return result;
}

int __cdecl vfwprintf(FILE *stream, const wchar_t *format, va_list arguments) { return crt_print(stream, format, TRUE, 0, arguments); }

int __cdecl fwprintf(FILE *stream, const wchar_t *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_print(stream, format, TRUE, 0, arguments);
    va_end(arguments);
    return result;
}

int __cdecl vwprintf(const wchar_t *format, va_list arguments) { return crt_print(&crt_streams[1], format, TRUE, 0, arguments); }

int __cdecl wprintf(const wchar_t *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_print(&crt_streams[1], format, TRUE, 0, arguments);
    va_end(arguments);
    return result;
}

/* ---- To memory ------------------------------------------------------------------------------------------------------------- */

typedef struct MEMORY_SINK {
    RTL_FORMAT_SINK sink;
    void *to;
    SIZE_T room; /* characters that still fit */
    SIZE_T used;
} MEMORY_SINK;

static void put_memory(RTL_FORMAT_SINK *sink, const void *text, SIZE_T count) {
    MEMORY_SINK *memory = (MEMORY_SINK *)sink;
    SIZE_T size = sink->Wide ? sizeof(wchar_t) : 1;
    SIZE_T part = count < memory->room ? count : memory->room;

    if (part) {
        memcpy((char *)memory->to + memory->used * size, text, part * size);
    }
    memory->used += part;
    memory->room -= part;
}

size_t crt_print_memory(void *to, size_t room, const void *format, BOOL wide, unsigned flags, va_list arguments) {
    MEMORY_SINK memory = {.sink = {.Put = put_memory,
                                   .Wide = (BOOLEAN)wide,
                                   .IsoWide = (flags & CRT_PRINT_ISO_WIDE) != 0,
                                   .ModernFloats = (flags & CRT_PRINT_MODERN) != 0},
                          .to = to,
                          .room = to ? room : 0};

    RtlpFormat(&memory.sink, format, (BOOLEAN)wide, arguments);
    return memory.sink.Total;
}

/* Microsoft's form: terminated when there is room for that; -1 when the text itself has not fitted. */
int __cdecl _vsnprintf(char *to, size_t room, const char *format, va_list arguments) {
    SIZE_T total = crt_print_memory(to, room, format, FALSE, 0, arguments);

    if (to && total < room) {
        to[total] = 0;
    }
    return to && total > room ? -1 : (int)total;
}

int __cdecl _vsnwprintf(wchar_t *to, size_t room, const wchar_t *format, va_list arguments) {
    SIZE_T total = crt_print_memory(to, room, format, TRUE, 0, arguments);

    if (to && total < room) {
        to[total] = 0;
    }
    return to && total > room ? -1 : (int)total;
}

int __cdecl _snprintf(char *to, size_t room, const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return result;
}

int __cdecl _snwprintf(wchar_t *to, size_t room, const wchar_t *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnwprintf(to, room, format, arguments);
    va_end(arguments);
    return result;
}

int __cdecl vsprintf(char *to, const char *format, va_list arguments) { return _vsnprintf(to, INT_MAX, format, arguments); }

int __cdecl sprintf(char *to, const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnprintf(to, INT_MAX, format, arguments);
    va_end(arguments);
    return result;
}

/* The old forms of the wide functions, without a size. */
int crt_vswprintf(wchar_t *to, const wchar_t *format, va_list arguments) { return _vsnwprintf(to, INT_MAX, format, arguments); }

int crt_swprintf(wchar_t *to, const wchar_t *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnwprintf(to, INT_MAX, format, arguments);
    va_end(arguments);
    return result;
}

int __cdecl _vscprintf(const char *format, va_list arguments) { return (int)crt_print_memory(NULL, 0, format, FALSE, 0, arguments); }

int __cdecl _scprintf(const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vscprintf(format, arguments);
    va_end(arguments);
    return result;
}

int crt_vscwprintf(const wchar_t *format, va_list arguments) { return (int)crt_print_memory(NULL, 0, format, TRUE, 0, arguments); }

int crt_scwprintf(const wchar_t *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = crt_vscwprintf(format, arguments);
    va_end(arguments);
    return result;
}

/* The forms that always terminate; -1, and an empty text, when it has not fitted. */
int __cdecl vsprintf_s(char *to, size_t room, const char *format, va_list arguments) {
    int result;

    if (!to || !room || !format) {
        errno = EINVAL;
        return -1;
    }
    result = _vsnprintf(to, room, format, arguments);
    if (result < 0 || (size_t)result >= room) {
        *to = 0;
        errno = ERANGE;
        return -1;
    }
    return result;
}

int __cdecl sprintf_s(char *to, size_t room, const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = vsprintf_s(to, room, format, arguments);
    va_end(arguments);
    return result;
}

/* count says how much may be written; _TRUNCATE: as much as there is room for. */
int __cdecl _vsnprintf_s(char *to, size_t room, size_t count, const char *format, va_list arguments) {
    size_t limit = count < room ? count : room - 1;
    SIZE_T total;

    if (!to || !room || !format) {
        errno = EINVAL;
        return -1;
    }
    total = crt_print_memory(to, limit, format, FALSE, 0, arguments);
    if (total <= limit) {
        to[total] = 0;
        return (int)total;
    }
    if (count == _TRUNCATE || count < room) {
        to[limit] = 0;
    } else {
        *to = 0;
        errno = ERANGE;
    }
    return -1;
}

int __cdecl _snprintf_s(char *to, size_t room, size_t count, const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnprintf_s(to, room, count, format, arguments);
    va_end(arguments);
    return result;
}
