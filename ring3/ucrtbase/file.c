/* Streams and descriptors: the secure and the further forms. */
#include "../crt/crt.h"
#include <share.h>

CRT_EXPORT(errno_t, _wsopen_dispatch, (const wchar_t *path, int open_flags, int share, int permissions, int *fd, int secure)) {
    if (!fd) {
        return crt_invalid(EINVAL);
    }
    *fd = -1;
    if (!path || (secure && permissions & ~(_S_IREAD | _S_IWRITE))) {
        return crt_invalid(EINVAL);
    }
    *fd = crt_open_file(path, open_flags, share, permissions);
    return *fd < 0 ? errno : 0;
}

CRT_EXPORT(errno_t, _sopen_dispatch, (const char *path, int open_flags, int share, int permissions, int *fd, int secure)) {
    wchar_t *wide = path ? crt_widen(path) : NULL;
    errno_t error = path && !wide ? ENOMEM : _wsopen_dispatch(wide, open_flags, share, permissions, fd, secure);

    free(wide);
    return error;
}

errno_t __cdecl _sopen_s(int *fd, const char *path, int open_flags, int share, int permissions) {
    return _sopen_dispatch(path, open_flags, share, permissions, fd, TRUE);
}

errno_t __cdecl _wsopen_s(int *fd, const wchar_t *path, int open_flags, int share, int permissions) {
    return _wsopen_dispatch(path, open_flags, share, permissions, fd, TRUE);
}

int __cdecl _wsopen(const wchar_t *path, int open_flags, int share, ...) {
    va_list arguments;
    int permissions = _S_IWRITE;

    if (open_flags & _O_CREAT) {
        va_start(arguments, share);
        permissions = va_arg(arguments, int);
        va_end(arguments);
    }
    return crt_open_file(path, open_flags, share, permissions);
}

int __cdecl _wcreat(const wchar_t *path, int permissions) { return crt_open_file(path, _O_CREAT | _O_TRUNC | _O_RDWR, _SH_DENYNO, permissions); }

CRT_EXPORT(errno_t, freopen_s, (FILE * *to, const char *path, const char *mode, FILE *stream)) {
    if (!to || !stream || !mode) {
        return crt_invalid(EINVAL);
    }
    *to = path ? freopen(path, mode, stream) : NULL;
    return *to ? 0 : path ? errno : crt_invalid(EINVAL);
}

CRT_EXPORT(errno_t, _wfreopen_s, (FILE * *to, const wchar_t *path, const wchar_t *mode, FILE *stream)) {
    if (!to || !stream || !mode) {
        return crt_invalid(EINVAL);
    }
    *to = path ? _wfreopen(path, mode, stream) : NULL;
    return *to ? 0 : path ? errno : crt_invalid(EINVAL);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------------------------- */

/* What does not fit in room is a mistake, found before anything is read. */
CRT_EXPORT(size_t, fread_s, (void *data, size_t room, size_t size, size_t count, FILE *stream)) {
    if (!size || !count) {
        return 0;
    }
    if (!data || !stream || count > (size_t)-1 / size || size * count > room) {
        if (data) {
            memset(data, 0, room);
        }
        crt_invalid(data && stream ? ERANGE : EINVAL);
        return 0;
    }
    return fread(data, size, count, stream);
}

/* A line without its end. One that is longer than the room is a mistake: what has been read of it is lost, as documented. */
CRT_EXPORT(char *, gets_s, (char *to, size_t room)) {
    FILE *stream = &crt_streams[0];
    size_t count = 0;
    int c;

    if (!to || !room) {
        crt_invalid(EINVAL);
        return NULL;
    }
    crt_lock_stream(stream);
    while ((c = crt_get(stream)) != EOF && c != '\n') {
        if (count < room) {
            to[count] = (char)c;
        }
        count++;
    }
    crt_unlock_stream(stream);
    if (c == EOF && !count) {
        return NULL;
    }
    if (count >= room) {
        *to = 0;
        crt_invalid(ERANGE);
        return NULL;
    }
    to[count] = 0;
    return to;
}

CRT_EXPORT(wchar_t *, _getws_s, (wchar_t * to, size_t room)) {
    FILE *stream = &crt_streams[0];
    size_t count = 0;
    wint_t c;

    if (!to || !room) {
        crt_invalid(EINVAL);
        return NULL;
    }
    crt_lock_stream(stream);
    while ((c = crt_get_wide(stream)) != WEOF && c != '\n') {
        if (count < room) {
            to[count] = c;
        }
        count++;
    }
    crt_unlock_stream(stream);
    if (c == WEOF && !count) {
        return NULL;
    }
    if (count >= room) {
        *to = 0;
        crt_invalid(ERANGE);
        return NULL;
    }
    to[count] = 0;
    return to;
}

CRT_EXPORT(errno_t, clearerr_s, (FILE * stream)) {
    if (!stream) {
        return crt_invalid(EINVAL);
    }
    clearerr(stream);
    return 0;
}

/* ---- Limits, modes, temporary files ------------------------------------------------------------------------------------------------------ */

int __cdecl _getmaxstdio(void) { return CRT_STREAMS; }

/* The most there can be is fixed; a program may ask for less or as many. */
int __cdecl _setmaxstdio(int most) {
    if (most < CRT_IOB || most > CRT_STREAMS) {
        errno = EINVAL;
        return -1;
    }
    return most;
}

static int permission_mask;

int __cdecl _umask(int mask) {
    int old = permission_mask;

    permission_mask = mask & (_S_IREAD | _S_IWRITE);
    return old;
}

CRT_EXPORT(errno_t, _umask_s, (int mask, int *old)) {
    if (!old || mask & ~(_S_IREAD | _S_IWRITE)) {
        return crt_invalid(EINVAL);
    }
    *old = _umask(mask);
    return 0;
}

CRT_EXPORT(errno_t, tmpnam_s, (char *to, size_t room)) {
    char name[32];

    return to && strcpy_s(to, room, tmpnam(name)) == 0 ? 0 : crt_invalid(to ? ERANGE : EINVAL);
}

CRT_EXPORT(errno_t, tmpfile_s, (FILE * *to)) {
    if (!to) {
        return crt_invalid(EINVAL);
    }
    *to = tmpfile();
    return *to ? 0 : errno;
}
