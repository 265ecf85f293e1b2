/* The functions of <stdio.h> that move bytes. */
#include "crt.h"
#include <share.h>

/* Runs an expression with the stream's lock held. */
#define LOCKED(stream, expression)                                                                                                                   \
    ({                                                                                                                                               \
        crt_lock_stream(stream);                                                                                                                     \
        __auto_type locked_result = (expression);                                                                                                    \
        crt_unlock_stream(stream);                                                                                                                   \
        locked_result;                                                                                                                               \
    })

FILE *__cdecl __iob_func(void) { return crt_streams; }

FILE *__cdecl __acrt_iob_func(unsigned index) { return &crt_streams[index]; }

void __cdecl _lock_file(FILE *stream) { crt_lock_stream(stream); }

void __cdecl _unlock_file(FILE *stream) { crt_unlock_stream(stream); }

/* ---- Opening and closing ------------------------------------------------------------------------------------------------------ */

FILE *__cdecl _wfsopen(const wchar_t *path, const wchar_t *mode, int share) {
    FILE *stream = crt_take_stream();

    return stream ? crt_open_stream(stream, path, mode, share) : NULL;
}

FILE *__cdecl _fsopen(const char *path, const char *mode, int share) {
    wchar_t *wide_path = crt_widen(path), *wide_mode = crt_widen(mode);
    FILE *stream = wide_path && wide_mode ? _wfsopen(wide_path, wide_mode, share) : NULL;

    free(wide_path);
    free(wide_mode);
    return stream;
}

FILE *__cdecl fopen(const char *path, const char *mode) { return _fsopen(path, mode, _SH_DENYNO); }

FILE *__cdecl _wfopen(const wchar_t *path, const wchar_t *mode) { return _wfsopen(path, mode, _SH_DENYNO); }

errno_t __cdecl fopen_s(FILE **stream, const char *path, const char *mode) {
    if (!stream) {
        return crt_invalid(EINVAL);
    }
    *stream = path && mode ? _fsopen(path, mode, _SH_DENYRW) : NULL;
    return *stream ? 0 : path && mode ? errno : crt_invalid(EINVAL);
}

errno_t __cdecl _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode) {
    if (!stream) {
        return crt_invalid(EINVAL);
    }
    *stream = path && mode ? _wfsopen(path, mode, _SH_DENYRW) : NULL;
    return *stream ? 0 : path && mode ? errno : crt_invalid(EINVAL);
}

/* A standard stream keeps its descriptor's number, so that what writes to the descriptor follows. */
FILE *__cdecl _wfreopen(const wchar_t *path, const wchar_t *mode, FILE *stream) {
    int old = stream->_file;
    FILE *result;

    crt_lock_stream(stream);
    if (stream->_flag & (_IOREAD | _IOWRT | _IORW)) {
        crt_close(stream);
    }
    stream->_flag = _IORW;
    result = crt_open_stream(stream, path, mode, _SH_DENYNO);
    if (result && old >= 0 && old < 3 && stream->_file != old && _dup2(stream->_file, old) == 0) {
        _close(stream->_file);
        stream->_file = old;
    }
    crt_unlock_stream(stream);
    return result;
}

FILE *__cdecl freopen(const char *path, const char *mode, FILE *stream) {
    wchar_t *wide_path = crt_widen(path), *wide_mode = crt_widen(mode);
    FILE *result = wide_path && wide_mode ? _wfreopen(wide_path, wide_mode, stream) : NULL;

    free(wide_path);
    free(wide_mode);
    return result;
}

FILE *__cdecl _fdopen(int fd, const char *mode) {
    wchar_t *wide = crt_widen(mode);
    FILE *stream = wide ? crt_take_stream() : NULL;

    if (stream) {
        stream = crt_adopt_descriptor(stream, fd, wide);
    }
    free(wide);
    return stream;
}

int __cdecl fclose(FILE *stream) {
    if (!(stream->_flag & (_IOREAD | _IOWRT | _IORW))) {
        errno = EINVAL;
        return EOF;
    }
    return LOCKED(stream, crt_close(stream));
}

int __cdecl _fcloseall(void) { return crt_for_all_streams(crt_close, 3); }

int __cdecl fflush(FILE *stream) {
    if (!stream) {
        return crt_for_all_streams(crt_flush, 0) < 0 ? EOF : 0;
    }
    return LOCKED(stream, crt_flush(stream));
}

int __cdecl _flushall(void) { return crt_for_all_streams(crt_flush, 0); }

/* ---- State and position ----------------------------------------------------------------------------------------------------------- */

int __cdecl _fileno(FILE *stream) { return stream->_file; }

int crt_feof(FILE *stream) { return stream->_flag & _IOEOF; }

int crt_ferror(FILE *stream) { return stream->_flag & _IOERR; }

void __cdecl clearerr(FILE *stream) { stream->_flag &= ~(_IOEOF | _IOERR); }

int __cdecl setvbuf(FILE *stream, char *buffer, int mode, size_t size) { return LOCKED(stream, crt_set_buffer(stream, buffer, mode, size)); }

void __cdecl setbuf(FILE *stream, char *buffer) { setvbuf(stream, buffer, buffer ? _IOFBF : _IONBF, BUFSIZ); }

int __cdecl _fseeki64(FILE *stream, long long offset, int origin) { return LOCKED(stream, crt_seek(stream, offset, origin)); }

int __cdecl fseek(FILE *stream, long offset, int origin) { return _fseeki64(stream, offset, origin); }

long long __cdecl _ftelli64(FILE *stream) { return LOCKED(stream, crt_tell(stream)); }

long __cdecl ftell(FILE *stream) {
    long long position = _ftelli64(stream);

    if (position > LONG_MAX) {
        errno = EINVAL;
        return -1;
    }
    return (long)position;
}

void __cdecl rewind(FILE *stream) {
    crt_lock_stream(stream);
    crt_seek(stream, 0, SEEK_SET);
    stream->_flag &= ~_IOERR;
    crt_unlock_stream(stream);
}

int __cdecl fgetpos(FILE *stream, fpos_t *position) {
    *position = _ftelli64(stream);
    return *position < 0 ? -1 : 0;
}

int __cdecl fsetpos(FILE *stream, const fpos_t *position) { return _fseeki64(stream, *position, SEEK_SET); }

/* ---- Bytes ----------------------------------------------------------------------------------------------------------------------------- */

size_t __cdecl fread(void *data, size_t size, size_t count, FILE *stream) {
    if (!size || !count) {
        return 0;
    }
    if (count > (size_t)-1 / size) {
        errno = EINVAL;
        return 0;
    }
    return LOCKED(stream, crt_read(stream, data, size * count)) / size;
}

size_t __cdecl fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    if (!size || !count) {
        return 0;
    }
    if (count > (size_t)-1 / size) {
        errno = EINVAL;
        return 0;
    }
    return LOCKED(stream, crt_write(stream, data, size * count)) / size;
}

int __cdecl fgetc(FILE *stream) { return LOCKED(stream, crt_get(stream)); }

int __cdecl fputc(int c, FILE *stream) { return LOCKED(stream, crt_put(c, stream)); }

int crt_getchar(void) { return fgetc(&crt_streams[0]); }

int crt_putchar(int c) { return fputc(c, &crt_streams[1]); }

int __cdecl ungetc(int c, FILE *stream) { return LOCKED(stream, crt_unget(c, stream)); }

/* For programs whose getc and putc are macros over the buffer. */
int __cdecl _filbuf(FILE *stream) {
    stream->_cnt = 0;
    return fgetc(stream);
}

int __cdecl _flsbuf(int c, FILE *stream) {
    stream->_cnt = 0;
    return fputc(c, stream);
}

int __cdecl _getw(FILE *stream) {
    int value;

    return fread(&value, sizeof(value), 1, stream) == 1 ? value : EOF;
}

int __cdecl _putw(int value, FILE *stream) { return fwrite(&value, sizeof(value), 1, stream) == 1 ? value : EOF; }

char *__cdecl fgets(char *text, int size, FILE *stream) {
    int count = 0, c = EOF;

    if (size <= 0) {
        return NULL;
    }
    crt_lock_stream(stream);
    while (count < size - 1 && (c = crt_get(stream)) != EOF) {
        text[count++] = (char)c;
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

char *__cdecl gets(char *text) {
    FILE *stream = &crt_streams[0];
    int count = 0, c;

    crt_lock_stream(stream);
    while ((c = crt_get(stream)) != EOF && c != '\n') {
        text[count++] = (char)c;
    }
    crt_unlock_stream(stream);
    if (c == EOF && count == 0) {
        return NULL;
    }
    text[count] = 0;
    return text;
}

int __cdecl fputs(const char *text, FILE *stream) {
    size_t length = strlen(text);

    return LOCKED(stream, crt_write(stream, text, length)) == length ? 0 : EOF;
}

int __cdecl puts(const char *text) {
    FILE *stream = &crt_streams[1];
    size_t length = strlen(text);
    BOOL ok;

    crt_lock_stream(stream);
    ok = crt_write(stream, text, length) == length && crt_put('\n', stream) != EOF;
    crt_unlock_stream(stream);
    return ok ? 0 : EOF;
}
