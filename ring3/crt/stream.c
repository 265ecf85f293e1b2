/* Streams: buffers over descriptors. */
#include "crt.h"
#include <share.h>

typedef struct STREAM {
    FILE file;
    CRITICAL_SECTION lock;
    long long fill_start;
} STREAM;
_Static_assert(offsetof(STREAM, lock) == sizeof(FILE), "a stream's lock follows it");

FILE crt_streams[CRT_IOB];
static long long fill_starts[CRT_IOB];
static STREAM *more_streams[CRT_STREAMS - CRT_IOB];

static BOOL is_in_array(FILE *stream) { return stream >= crt_streams && stream < crt_streams + CRT_IOB; }

/* Where in the file, before translation, the buffer's first byte was read. */
static long long *fill_start(FILE *stream) { return is_in_array(stream) ? &fill_starts[stream - crt_streams] : &((STREAM *)stream)->fill_start; }

void crt_lock_stream(FILE *stream) {
    if (is_in_array(stream)) {
        _lock(CRT_LOCK_IOB + (int)(stream - crt_streams));
    } else {
        EnterCriticalSection(&((STREAM *)stream)->lock);
    }
}

void crt_unlock_stream(FILE *stream) {
    if (is_in_array(stream)) {
        _unlock(CRT_LOCK_IOB + (int)(stream - crt_streams));
    } else {
        LeaveCriticalSection(&((STREAM *)stream)->lock);
    }
}

static BOOL is_open(const FILE *stream) { return (stream->_flag & (_IOREAD | _IOWRT | _IORW)) != 0; }

/*
 * A console is written line by line, and before anything is read from one: one request per line instead of the one per character
 * that an unbuffered stream would make. Standard error is not buffered at all.
 */
void crt_init_streams(void) {
    for (int fd = 0; fd < 3; fd++) {
        crt_streams[fd]._file = fd;
        crt_streams[fd]._flag = fd == 0 ? _IOREAD : _IOWRT;
    }
    if (crt_descriptor_flags(1) & CRT_FD_DEVICE) {
        crt_streams[1]._flag |= CRT_IOLINE;
    }
    crt_streams[2]._flag |= CRT_IONBF;
}

FILE *crt_take_stream(void) {
    FILE *stream = NULL;

    _lock(CRT_LOCK_STREAMS);
    for (size_t i = 3; i < CRT_STREAMS && !stream; i++) {
        if (i < CRT_IOB) {
            if (!is_open(&crt_streams[i])) {
                stream = &crt_streams[i];
            }
            continue;
        }
        if (!more_streams[i - CRT_IOB]) {
            more_streams[i - CRT_IOB] = calloc(1, sizeof(STREAM));
            if (!more_streams[i - CRT_IOB]) {
                break;
            }
            InitializeCriticalSection(&more_streams[i - CRT_IOB]->lock);
        }
        if (!is_open(&more_streams[i - CRT_IOB]->file)) {
            stream = &more_streams[i - CRT_IOB]->file;
        }
    }
    if (stream) {
        memset(stream, 0, sizeof(*stream));
        stream->_file = -1;
        stream->_flag = _IORW; /* taken */
    } else {
        errno = EMFILE;
    }
    _unlock(CRT_LOCK_STREAMS);
    return stream;
}

int crt_for_all_streams(int (*act)(FILE *stream), int first) {
    int done = 0, failed = 0;

    for (int i = first; i < CRT_STREAMS; i++) {
        FILE *stream = i < CRT_IOB ? &crt_streams[i] : more_streams[i - CRT_IOB] ? &more_streams[i - CRT_IOB]->file : NULL;

        if (stream && is_open(stream)) {
            crt_lock_stream(stream);
            if (act(stream)) {
                failed++;
            } else {
                done++;
            }
            crt_unlock_stream(stream);
        }
    }
    return failed ? EOF : done;
}

void crt_flush_streams(void) { crt_for_all_streams(crt_flush, 0); }

/* ---- Buffers --------------------------------------------------------------------------------------------------------------- */

static void make_buffer(FILE *stream) {
    if (stream->_base) {
        return;
    }
    if (!(stream->_flag & CRT_IONBF)) {
        stream->_base = malloc(CRT_STREAM_BUFFER);
        if (stream->_base) {
            stream->_flag |= _IOMYBUF;
            stream->_bufsiz = CRT_STREAM_BUFFER;
        }
    }
    if (!stream->_base) {
        stream->_flag |= CRT_IONBF;
        stream->_base = (char *)&stream->_charbuf;
        stream->_bufsiz = 2;
    }
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
}

static void drop_buffer(FILE *stream) {
    if (stream->_flag & _IOMYBUF) {
        free(stream->_base);
    }
    stream->_base = stream->_ptr = NULL;
    stream->_cnt = stream->_bufsiz = 0;
    stream->_flag &= ~(_IOMYBUF | CRT_IOYOURBUF | CRT_IONBF | CRT_IOLINE | CRT_IODIRTY);
}

int crt_flush(FILE *stream) {
    int size;

    if (!(stream->_flag & CRT_IODIRTY)) {
        return 0;
    }
    size = (int)(stream->_ptr - stream->_base);
    stream->_ptr = stream->_base;
    stream->_flag &= ~CRT_IODIRTY;
    if (size && _write(stream->_file, stream->_base, (unsigned)size) != size) {
        stream->_flag |= _IOERR;
        return EOF;
    }
    return 0;
}

/* What is on its way to a console is shown before something else happens there. */
static void flush_console(FILE *but) {
    FILE *out = &crt_streams[1];

    if (out != but && (out->_flag & (CRT_IOLINE | CRT_IODIRTY)) == (CRT_IOLINE | CRT_IODIRTY)) {
        crt_lock_stream(out);
        crt_flush(out);
        crt_unlock_stream(out);
    }
}

static BOOL prepare_write(FILE *stream) {
    if (!(stream->_flag & (_IOWRT | _IORW))) {
        errno = EBADF;
        stream->_flag |= _IOERR;
        return FALSE;
    }
    if (stream->_flag & CRT_IODIRTY) {
        return TRUE;
    }
    if (stream->_cnt && crt_seek(stream, 0, SEEK_CUR)) {
        return FALSE;
    }
    make_buffer(stream);
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
    stream->_flag = (stream->_flag & ~_IOEOF) | CRT_IODIRTY;
    if (stream->_flag & CRT_IONBF && crt_descriptor_flags(stream->_file) & CRT_FD_DEVICE) {
        flush_console(stream);
    }
    return TRUE;
}

int crt_put(int c, FILE *stream) {
    if (!prepare_write(stream)) {
        return EOF;
    }
    *stream->_ptr++ = (char)c;
    if (stream->_flag & CRT_IONBF || stream->_ptr - stream->_base >= stream->_bufsiz || (stream->_flag & CRT_IOLINE && c == '\n')) {
        if (crt_flush(stream)) {
            return EOF;
        }
    }
    return (unsigned char)c;
}

size_t crt_write(FILE *stream, const void *data, size_t size) {
    const char *from = data;
    size_t left = size;

    if (!size || !prepare_write(stream)) {
        return 0;
    }
    while (left) {
        size_t room = (size_t)(stream->_bufsiz - (stream->_ptr - stream->_base));
        size_t part = left < room ? left : room;

        if (stream->_ptr == stream->_base && (stream->_flag & CRT_IONBF || left >= (size_t)stream->_bufsiz)) {
            int done;

            part = left < INT_MAX / 2 ? left : INT_MAX / 2;
            done = _write(stream->_file, from, (unsigned)part);
            if (done < (int)part) {
                stream->_flag |= _IOERR;
                return size - left + (done > 0 ? (size_t)done : 0);
            }
        } else {
            memcpy(stream->_ptr, from, part);
            stream->_ptr += part;
            if (part == room && crt_flush(stream)) {
                return size - left;
            }
            stream->_flag |= CRT_IODIRTY;
        }
        from += part;
        left -= part;
    }
    if (stream->_flag & CRT_IONBF || (stream->_flag & CRT_IOLINE && memchr(data, '\n', size))) {
        crt_flush(stream);
    }
    return size;
}

static BOOL fill(FILE *stream) {
    unsigned flags = crt_descriptor_flags(stream->_file);
    int got;

    if (!(stream->_flag & (_IOREAD | _IORW))) {
        errno = EBADF;
        stream->_flag |= _IOERR;
        return FALSE;
    }
    if (crt_flush(stream)) {
        return FALSE;
    }
    make_buffer(stream);
    if (flags & CRT_FD_DEVICE) {
        flush_console(NULL);
    }
    *fill_start(stream) = flags & CRT_FD_TEXT && !(flags & (CRT_FD_DEVICE | CRT_FD_PIPE)) ? _telli64(stream->_file) : 0;
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
    got = _read(stream->_file, stream->_base, (unsigned)(stream->_flag & CRT_IONBF ? (flags & CRT_FD_UTF16 ? 2 : 1) : stream->_bufsiz));
    if (got <= 0) {
        stream->_flag |= got == 0 ? _IOEOF : _IOERR;
        return FALSE;
    }
    stream->_cnt = got;
    return TRUE;
}

int crt_get(FILE *stream) {
    if (stream->_cnt <= 0 && !fill(stream)) {
        return EOF;
    }
    stream->_cnt--;
    return (unsigned char)*stream->_ptr++;
}

int crt_unget(int c, FILE *stream) {
    if (c == EOF || stream->_flag & CRT_IODIRTY || !(stream->_flag & (_IOREAD | _IORW))) {
        return EOF;
    }
    make_buffer(stream);
    if (stream->_ptr == stream->_base) {
        if (stream->_cnt) {
            return EOF;
        }
        stream->_ptr++;
    }
    *--stream->_ptr = (char)c;
    stream->_cnt++;
    stream->_flag &= ~_IOEOF;
    return (unsigned char)c;
}

size_t crt_read(FILE *stream, void *data, size_t size) {
    char *to = data;
    size_t left = size;

    while (left) {
        if (stream->_cnt > 0) {
            size_t part = left < (size_t)stream->_cnt ? left : (size_t)stream->_cnt;

            memcpy(to, stream->_ptr, part);
            stream->_ptr += part;
            stream->_cnt -= (int)part;
            to += part;
            left -= part;
        } else if (!fill(stream)) {
            break;
        }
    }
    return size - left;
}

/* ---- Position ----------------------------------------------------------------------------------------------------------------- */

long long crt_tell(FILE *stream) {
    long long position;

    if (crt_flush(stream)) {
        return -1;
    }
    position = _telli64(stream->_file);
    if (position < 0 || !stream->_cnt) {
        return position;
    }
    if (crt_descriptor_flags(stream->_file) & CRT_FD_TEXT) {
        return crt_text_position(stream->_file, *fill_start(stream), (size_t)(stream->_ptr - stream->_base));
    }
    return position - stream->_cnt;
}

int crt_seek(FILE *stream, long long offset, int origin) {
    if (origin != SEEK_SET && origin != SEEK_CUR && origin != SEEK_END) {
        errno = EINVAL;
        return -1;
    }
    if (crt_flush(stream)) {
        return -1;
    }
    if (origin == SEEK_CUR && stream->_cnt) {
        long long here = crt_tell(stream);

        if (here < 0) {
            return -1;
        }
        offset += here;
        origin = SEEK_SET;
    }
    if (_lseeki64(stream->_file, offset, origin) < 0) {
        return -1;
    }
    stream->_cnt = 0;
    stream->_ptr = stream->_base;
    stream->_flag &= ~_IOEOF;
    return 0;
}

/* ---- Opening and closing --------------------------------------------------------------------------------------------------------- */

/* The documented letters; others are ignored, as they are by Windows. */
static BOOL parse_mode(const wchar_t *mode, int *stream_flags, int *open_flags) {
    while (*mode == ' ') {
        mode++;
    }
    switch (*mode++) {
    case 'r':
        *stream_flags = _IOREAD;
        *open_flags = _O_RDONLY;
        break;
    case 'w':
        *stream_flags = _IOWRT;
        *open_flags = _O_WRONLY | _O_CREAT | _O_TRUNC;
        break;
    case 'a':
        *stream_flags = _IOWRT;
        *open_flags = _O_WRONLY | _O_CREAT | _O_APPEND;
        break;
    default: errno = EINVAL; return FALSE;
    }
    for (; *mode && *mode != ','; mode++) {
        switch (*mode) {
        case '+':
            *stream_flags = _IORW;
            *open_flags = (*open_flags & ~_O_WRONLY) | _O_RDWR;
            break;
        case 'b': *open_flags |= _O_BINARY; break;
        case 't': *open_flags |= _O_TEXT; break;
        case 'D': *open_flags |= _O_TEMPORARY; break;
        case 'N': *open_flags |= _O_NOINHERIT; break;
        }
    }
    if (wcsstr(mode, L"ccs=")) {
        *open_flags |= _O_U16TEXT;
    }
    return TRUE;
}

FILE *crt_open_stream(FILE *stream, const wchar_t *path, const wchar_t *mode, int share) {
    int stream_flags, open_flags, fd = -1;

    if (parse_mode(mode, &stream_flags, &open_flags)) {
        fd = crt_open_file(path, open_flags, share, _S_IREAD | _S_IWRITE);
    }
    if (fd < 0) {
        stream->_flag = 0;
        return NULL;
    }
    stream->_file = fd;
    stream->_flag = stream_flags;
    if (stream_flags != _IOREAD && crt_descriptor_flags(fd) & CRT_FD_DEVICE) {
        stream->_flag |= CRT_IOLINE;
    }
    if (open_flags & _O_APPEND) {
        _lseeki64(fd, 0, SEEK_END);
    }
    return stream;
}

FILE *crt_adopt_descriptor(FILE *stream, int fd, const wchar_t *mode) {
    int stream_flags, open_flags;

    if (!crt_descriptor_flags(fd) || !parse_mode(mode, &stream_flags, &open_flags)) {
        if (!crt_descriptor_flags(fd)) {
            errno = EBADF;
        }
        stream->_flag = 0;
        return NULL;
    }
    stream->_file = fd;
    stream->_flag = stream_flags;
    return stream;
}

int crt_close(FILE *stream) {
    char *temporary = stream->_tmpfname;
    int result = crt_flush(stream);

    drop_buffer(stream);
    if (_close(stream->_file)) {
        result = EOF;
    }
    if (temporary) {
        remove(temporary);
        free(temporary);
    }
    stream->_tmpfname = NULL;
    stream->_file = -1;
    stream->_flag = 0;
    return result;
}

int crt_set_buffer(FILE *stream, char *buffer, int mode, size_t size) {
    int line = stream->_flag & CRT_IOLINE;

    if ((mode != _IOFBF && mode != _IOLBF && mode != _IONBF) || (mode != _IONBF && (size < 2 || size > INT_MAX))) {
        errno = EINVAL;
        return -1;
    }
    crt_flush(stream);
    drop_buffer(stream);
    if (mode == _IONBF) {
        stream->_flag |= CRT_IONBF;
        return 0;
    }
    stream->_base = buffer ? buffer : malloc(size);
    if (!stream->_base) {
        return -1;
    }
    stream->_flag |= (buffer ? CRT_IOYOURBUF : _IOMYBUF) | (mode == _IOLBF ? line : 0);
    stream->_bufsiz = (int)size;
    stream->_ptr = stream->_base;
    return 0;
}
