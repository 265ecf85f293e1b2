/* The functions of <stdio.h> that move wide characters. In text mode a stream holds them in the locale's code page, or, after
   _setmode(_O_U16TEXT), as UTF-16; in binary mode as they are. */
#include "crt.h"

static BOOL holds_wide(FILE *stream) {
    unsigned flags = crt_descriptor_flags(stream->_file);

    return flags & CRT_FD_UTF16 || !(flags & CRT_FD_TEXT);
}

wint_t crt_put_wide(wchar_t c, FILE *stream) {
    char narrow[8];
    int size;

    if (holds_wide(stream)) {
        return crt_write(stream, &c, sizeof(c)) == sizeof(c) ? c : WEOF;
    }
    size = wctomb(narrow, c);
    return size > 0 && crt_write(stream, narrow, (size_t)size) == (size_t)size ? c : WEOF;
}

wint_t crt_get_wide(FILE *stream) {
    wchar_t wide;
    char narrow[4];
    size_t count = 0;
    unsigned character;
    int c, length;

    if (holds_wide(stream)) {
        return crt_read(stream, &wide, sizeof(wide)) == sizeof(wide) ? wide : WEOF;
    }
    do {
        c = crt_get(stream);
        if (c == EOF) {
            return WEOF;
        }
        narrow[count++] = (char)c;
        length = crt_decode(crt_codepage, &character, narrow, count);
    } while (length == -2);
    if (length < 0) {
        errno = EILSEQ;
        stream->_flag |= _IOERR;
        return WEOF;
    }
    return character > 0xFFFF ? 0xFFFD : (wint_t)character;
}

wint_t crt_unget_wide(wint_t c, FILE *stream) {
    char narrow[8];
    int size;

    if (c == WEOF) {
        return WEOF;
    }
    if (holds_wide(stream)) {
        return crt_unget(c >> 8, stream) == EOF || crt_unget(c & 0xFF, stream) == EOF ? WEOF : c;
    }
    size = wctomb(narrow, (wchar_t)c);
    while (size > 0 && crt_unget((unsigned char)narrow[size - 1], stream) != EOF) {
        size--;
    }
    return size == 0 ? c : WEOF;
}

wint_t __cdecl fputwc(wchar_t c, FILE *stream) {
    wint_t result;

    crt_lock_stream(stream);
    result = crt_put_wide(c, stream);
    crt_unlock_stream(stream);
    return result;
}

wint_t __cdecl fgetwc(FILE *stream) {
    wint_t result;

    crt_lock_stream(stream);
    result = crt_get_wide(stream);
    crt_unlock_stream(stream);
    return result;
}

wint_t __cdecl ungetwc(wint_t c, FILE *stream) {
    wint_t result;

    crt_lock_stream(stream);
    result = crt_unget_wide(c, stream);
    crt_unlock_stream(stream);
    return result;
}

wint_t crt_getwchar(void) { return fgetwc(&crt_streams[0]); }

wint_t crt_putwchar(wchar_t c) { return fputwc(c, &crt_streams[1]); }

int __cdecl fputws(const wchar_t *text, FILE *stream) {
    int result = 0;

    crt_lock_stream(stream);
    for (; *text && !result; text++) {
        result = crt_put_wide(*text, stream) == WEOF ? EOF : 0;
    }
    crt_unlock_stream(stream);
    return result;
}

int __cdecl _putws(const wchar_t *text) {
    FILE *stream = &crt_streams[1];
    int result;

    crt_lock_stream(stream);
    result = fputws(text, stream) == 0 && crt_put_wide('\n', stream) != WEOF ? 0 : EOF;
    crt_unlock_stream(stream);
    return result;
}

wchar_t *__cdecl fgetws(wchar_t *text, int size, FILE *stream) {
    int count = 0;

    if (size <= 0) {
        return NULL;
    }
    crt_lock_stream(stream);
    while (count < size - 1) {
        wint_t c = crt_get_wide(stream);

        if (c == WEOF) {
            break;
        }
        text[count++] = c;
        if (c == '\n') {
            break;
        }
    }
    crt_unlock_stream(stream);
    if (count == 0 && size > 1) {
        return NULL;
    }
    text[count] = 0;
    return text;
}

FILE *__cdecl _wfdopen(int fd, const wchar_t *mode) {
    FILE *stream = crt_take_stream();

    return stream ? crt_adopt_descriptor(stream, fd, mode) : NULL;
}
