/*
 * File descriptors: opened, closed, duplicated, positioned.
 */
#include "descriptor.h"
#include <share.h>

static DESCRIPTOR descriptors[CRT_DESCRIPTORS];

DESCRIPTOR *crt_find_descriptor(int fd) {
    if (fd < 0 || fd >= CRT_DESCRIPTORS || !(descriptors[fd].flags & CRT_FD_OPEN)) {
        errno = EBADF;
        crt_thread()->dos_error = 0;
        return NULL;
    }
    return &descriptors[fd];
}

static unsigned type_flags(HANDLE handle) {
    DWORD type = GetFileType(handle);

    return type == FILE_TYPE_CHAR ? CRT_FD_DEVICE : type == FILE_TYPE_PIPE ? CRT_FD_PIPE : 0;
}

void crt_init_descriptors(void) {
    static const DWORD standard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    for (int fd = 0; fd < 3; fd++) {
        HANDLE handle = GetStdHandle(standard[fd]);

        if (handle && handle != INVALID_HANDLE_VALUE) {
            descriptors[fd] = (DESCRIPTOR){handle, CRT_FD_OPEN | CRT_FD_TEXT | type_flags(handle), -1};
        }
    }
}

unsigned crt_descriptor_flags(int fd) { return fd >= 0 && fd < CRT_DESCRIPTORS && descriptors[fd].flags & CRT_FD_OPEN ? descriptors[fd].flags : 0; }

static int take(HANDLE handle, unsigned flags) {
    int result = -1;

    _lock(CRT_LOCK_DESCRIPTORS);
    for (int fd = 0; fd < CRT_DESCRIPTORS; fd++) {
        if (!(descriptors[fd].flags & CRT_FD_OPEN)) {
            descriptors[fd] = (DESCRIPTOR){handle, CRT_FD_OPEN | flags | type_flags(handle), -1};
            result = fd;
            break;
        }
    }
    _unlock(CRT_LOCK_DESCRIPTORS);
    if (result < 0) {
        errno = EMFILE;
    }
    return result;
}

static unsigned mode_flags(int open_flags) {
    unsigned flags = open_flags & _O_APPEND ? CRT_FD_APPEND : 0;

    if (open_flags & (_O_WTEXT | _O_U16TEXT | _O_U8TEXT)) {
        return flags | CRT_FD_TEXT | CRT_FD_UTF16;
    }
    if (!(open_flags & _O_BINARY) && (open_flags & _O_TEXT || !(crt_fmode & _O_BINARY))) {
        flags |= CRT_FD_TEXT;
    }
    return flags;
}

/* ---- Opening and closing --------------------------------------------------------------------------------------------------- */

int crt_open_file(const wchar_t *path, int open_flags, int share, int permissions) {
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, !(open_flags & _O_NOINHERIT)};
    DWORD access, sharing, disposition, attributes = FILE_ATTRIBUTE_NORMAL;
    HANDLE handle;
    int fd;

    switch (open_flags & (_O_RDONLY | _O_WRONLY | _O_RDWR)) {
    case _O_RDONLY: access = GENERIC_READ; break;
    case _O_WRONLY: access = GENERIC_WRITE; break;
    case _O_RDWR: access = GENERIC_READ | GENERIC_WRITE; break;
    default: errno = EINVAL; return -1;
    }
    switch (share) {
    case _SH_DENYRW: sharing = 0; break;
    case _SH_DENYWR: sharing = FILE_SHARE_READ; break;
    case _SH_DENYRD: sharing = FILE_SHARE_WRITE; break;
    default: sharing = FILE_SHARE_READ | FILE_SHARE_WRITE; break;
    }
    if (open_flags & _O_CREAT) {
        disposition = open_flags & _O_EXCL ? CREATE_NEW : open_flags & _O_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
        if (!(permissions & _S_IWRITE)) {
            attributes = FILE_ATTRIBUTE_READONLY;
        }
    } else {
        disposition = open_flags & _O_TRUNC ? TRUNCATE_EXISTING : OPEN_EXISTING;
    }
    if (open_flags & _O_TEMPORARY) {
        attributes |= FILE_FLAG_DELETE_ON_CLOSE;
        access |= DELETE;
        sharing |= FILE_SHARE_DELETE;
    }
    handle = CreateFileW(path, access, sharing, &inherit, disposition, attributes, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    fd = take(handle, mode_flags(open_flags));
    if (fd < 0) {
        CloseHandle(handle);
    }
    return fd;
}

int __cdecl _wopen(const wchar_t *path, int open_flags, ...) {
    va_list arguments;
    int permissions = _S_IWRITE;

    if (open_flags & _O_CREAT) {
        va_start(arguments, open_flags);
        permissions = va_arg(arguments, int);
        va_end(arguments);
    }
    return crt_open_file(path, open_flags, _SH_DENYNO, permissions);
}

int __cdecl _open(const char *path, int open_flags, ...) {
    va_list arguments;
    int permissions = _S_IWRITE, fd;
    wchar_t *wide = crt_widen(path);

    if (!wide) {
        return -1;
    }
    if (open_flags & _O_CREAT) {
        va_start(arguments, open_flags);
        permissions = va_arg(arguments, int);
        va_end(arguments);
    }
    fd = crt_open_file(wide, open_flags, _SH_DENYNO, permissions);
    free(wide);
    return fd;
}

int __cdecl _sopen(const char *path, int open_flags, int share, ...) {
    va_list arguments;
    int permissions = _S_IWRITE, fd;
    wchar_t *wide = crt_widen(path);

    if (!wide) {
        return -1;
    }
    if (open_flags & _O_CREAT) {
        va_start(arguments, share);
        permissions = va_arg(arguments, int);
        va_end(arguments);
    }
    fd = crt_open_file(wide, open_flags, share, permissions);
    free(wide);
    return fd;
}

int __cdecl _creat(const char *path, int permissions) { return _open(path, _O_CREAT | _O_TRUNC | _O_RDWR, permissions); }

int __cdecl _close(int fd) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    HANDLE handle;

    if (!descriptor) {
        return -1;
    }
    handle = descriptor->handle;
    descriptor->flags = 0;
    descriptor->handle = INVALID_HANDLE_VALUE;
    if (!CloseHandle(handle)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    return 0;
}

intptr_t __cdecl _get_osfhandle(int fd) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);

    return descriptor ? (intptr_t)descriptor->handle : -1;
}

int __cdecl _open_osfhandle(intptr_t handle, int open_flags) { return take((HANDLE)handle, mode_flags(open_flags)); }

/* fd becomes another name of the file that from is open on; -1: a new number. */
static int duplicate(int from, int fd) {
    DESCRIPTOR *descriptor = crt_find_descriptor(from);
    HANDLE copy;

    if (!descriptor) {
        return -1;
    }
    if (!DuplicateHandle(GetCurrentProcess(), descriptor->handle, GetCurrentProcess(), &copy, 0, TRUE, DUPLICATE_SAME_ACCESS)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    if (fd < 0) {
        return take(copy, descriptor->flags & (CRT_FD_APPEND | CRT_FD_TEXT | CRT_FD_UTF16));
    }
    if (descriptors[fd].flags & CRT_FD_OPEN) {
        _close(fd);
    }
    descriptors[fd] = (DESCRIPTOR){copy, descriptor->flags & ~(unsigned)CRT_FD_EOF, -1};
    if (fd < 3) {
        SetStdHandle(fd == 0 ? STD_INPUT_HANDLE : fd == 1 ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE, copy);
    }
    return fd;
}

int __cdecl _dup(int fd) { return duplicate(fd, -1); }

int __cdecl _dup2(int from, int to) {
    if (to < 0 || to >= CRT_DESCRIPTORS) {
        errno = EBADF;
        return -1;
    }
    if (from == to) {
        return crt_find_descriptor(from) ? 0 : -1;
    }
    return duplicate(from, to) < 0 ? -1 : 0;
}

/* ---- Position and mode --------------------------------------------------------------------------------------------------------- */

long long __cdecl _lseeki64(int fd, long long offset, int origin) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    LARGE_INTEGER distance = {.QuadPart = offset}, position;

    if (!descriptor) {
        return -1;
    }
    if (descriptor->lookahead >= 0 && origin == SEEK_CUR) {
        distance.QuadPart--;
    }
    if (descriptor->flags & (CRT_FD_DEVICE | CRT_FD_PIPE)) {
        errno = ESPIPE;
        return -1;
    }
    if (!SetFilePointerEx(descriptor->handle, distance, &position, (DWORD)origin)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    descriptor->lookahead = -1;
    descriptor->flags &= ~(unsigned)CRT_FD_EOF;
    return position.QuadPart;
}

long __cdecl _lseek(int fd, long offset, int origin) {
    long long position = _lseeki64(fd, offset, origin);

    if (position > LONG_MAX) {
        errno = EINVAL;
        return -1;
    }
    return (long)position;
}

long long __cdecl _telli64(int fd) { return _lseeki64(fd, 0, SEEK_CUR); }

long __cdecl _tell(int fd) { return _lseek(fd, 0, SEEK_CUR); }

long long __cdecl _filelengthi64(int fd) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    LARGE_INTEGER size;

    if (!descriptor) {
        return -1;
    }
    if (!GetFileSizeEx(descriptor->handle, &size)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    return size.QuadPart;
}

long __cdecl _filelength(int fd) { return (long)_filelengthi64(fd); }

int __cdecl _eof(int fd) {
    long long position = _telli64(fd), length = _filelengthi64(fd);

    return position < 0 || length < 0 ? -1 : position >= length;
}

int __cdecl _chsize(int fd, long size) {
    long long position = _telli64(fd);
    int result = 0;

    if (position < 0 || _lseek(fd, size, SEEK_SET) < 0) {
        return -1;
    }
    if (!SetEndOfFile(descriptors[fd].handle)) {
        crt_set_windows_error(GetLastError());
        result = -1;
    }
    _lseeki64(fd, position, SEEK_SET);
    return result;
}

int __cdecl _commit(int fd) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);

    if (!descriptor) {
        return -1;
    }
    if (!FlushFileBuffers(descriptor->handle)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    return 0;
}

int __cdecl _isatty(int fd) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);

    return descriptor ? (int)(descriptor->flags & CRT_FD_DEVICE) : 0;
}

int __cdecl _setmode(int fd, int mode) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    int old;

    if (!descriptor) {
        return -1;
    }
    old = descriptor->flags & CRT_FD_UTF16 ? _O_U16TEXT : descriptor->flags & CRT_FD_TEXT ? _O_TEXT : _O_BINARY;
    switch (mode) {
    case _O_BINARY: descriptor->flags &= ~(unsigned)(CRT_FD_TEXT | CRT_FD_UTF16); break;
    case _O_TEXT: descriptor->flags = (descriptor->flags & ~(unsigned)CRT_FD_UTF16) | CRT_FD_TEXT; break;
    case _O_WTEXT:
    case _O_U8TEXT:
    case _O_U16TEXT: descriptor->flags |= CRT_FD_TEXT | CRT_FD_UTF16; break;
    default: errno = EINVAL; return -1;
    }
    return old;
}
