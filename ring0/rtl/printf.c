/* The printf family in front of the engine: how each treats a buffer that is too small. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"

#define UNBOUNDED ((size_t)MAXLONG)

#define FORWARD(result, last, call)                                                                                                                  \
    va_list Arguments;                                                                                                                               \
    va_start(Arguments, last);                                                                                                                       \
    result = call;                                                                                                                                   \
    va_end(Arguments)

int _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments) {
    return RtlpFormatNarrow(Buffer, Count, FALSE, Format, Arguments);
}

int _snprintf(char *Buffer, size_t Count, const char *Format, ...) {
    int N;
    FORWARD(N, Format, _vsnprintf(Buffer, Count, Format, Arguments));
    return N;
}

int vsprintf(char *Buffer, const char *Format, va_list Arguments) { return RtlpFormatNarrow(Buffer, UNBOUNDED, TRUE, Format, Arguments); }

int sprintf(char *Buffer, const char *Format, ...) {
    int N;
    FORWARD(N, Format, vsprintf(Buffer, Format, Arguments));
    return N;
}

/* Count below Size: at most that many characters, and -1 when there are more. Otherwise text that does not fit is an error that leaves nothing,
   but with _TRUNCATE. */
int _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments) {
    if (!Buffer || !Size || !Format) {
        return -1;
    }
    BOOLEAN Truncate = Count == _TRUNCATE || Count < Size;
    int N = RtlpFormatNarrow(Buffer, Count < Size ? Count + 1 : Size, TRUE, Format, Arguments);
    if (N < 0 && !Truncate) {
        Buffer[0] = 0;
    }
    return N;
}

int _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...) {
    int N;
    FORWARD(N, Format, _vsnprintf_s(Buffer, Size, Count, Format, Arguments));
    return N;
}

int vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments) { return _vsnprintf_s(Buffer, Size, Size, Format, Arguments); }

int sprintf_s(char *Buffer, size_t Size, const char *Format, ...) {
    int N;
    FORWARD(N, Format, vsprintf_s(Buffer, Size, Format, Arguments));
    return N;
}

int _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments) {
    return RtlpFormatWide(Buffer, Count, FALSE, Format, Arguments);
}

int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...) {
    int N;
    FORWARD(N, Format, _vsnwprintf(Buffer, Count, Format, Arguments));
    return N;
}

int RtlpVswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments) { return RtlpFormatWide(Buffer, UNBOUNDED, TRUE, Format, Arguments); }

int RtlpSwprintf(wchar_t *Buffer, const wchar_t *Format, ...) {
    int N;
    FORWARD(N, Format, RtlpVswprintf(Buffer, Format, Arguments));
    return N;
}

int _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, va_list Arguments) {
    if (!Buffer || !Size || !Format) {
        return -1;
    }
    BOOLEAN Truncate = Count == _TRUNCATE || Count < Size;
    int N = RtlpFormatWide(Buffer, Count < Size ? Count + 1 : Size, TRUE, Format, Arguments);
    if (N < 0 && !Truncate) {
        Buffer[0] = 0;
    }
    return N;
}

int _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...) {
    int N;
    FORWARD(N, Format, _vsnwprintf_s(Buffer, Size, Count, Format, Arguments));
    return N;
}

int vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments) {
    return _vsnwprintf_s(Buffer, Size, Size, Format, Arguments);
}

int swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...) {
    int N;
    FORWARD(N, Format, vswprintf_s(Buffer, Size, Format, Arguments));
    return N;
}
