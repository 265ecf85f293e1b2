/* The times of files. NULL for the times is now ("_utime": both are then the present). */
#include "crt.h"
#include <sys/utime.h>

static FILETIME file_time(__time64_t time) {
    unsigned long long ticks = ((unsigned long long)time + 11644473600ull) * 10000000ull;

    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static int set_times(HANDLE file, __time64_t access, __time64_t write) {
    FILETIME last_access = file_time(access), last_write = file_time(write);

    if (access < 0 || write < 0) {
        return crt_invalid(EINVAL), -1;
    }
    if (!SetFileTime(file, NULL, &last_access, &last_write)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    return 0;
}

/* FILE_WRITE_ATTRIBUTES alone would do; the page says that the file must be one that can be written to, EACCES otherwise. */
static int set_path(const wchar_t *path, __time64_t access, __time64_t write) {
    HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    int result;

    if (file == INVALID_HANDLE_VALUE) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    result = set_times(file, access, write);
    CloseHandle(file);
    return result;
}

#define UTIME(width)                                                                                                                                 \
    int __cdecl _wutime##width(const wchar_t *path, struct __utimbuf##width *times) {                                                                \
        __time64_t now = _time64(NULL);                                                                                                              \
                                                                                                                                                     \
        return path ? set_path(path, times ? times->actime : now, times ? times->modtime : now) : (crt_invalid(EINVAL), -1);                         \
    }                                                                                                                                                \
    int __cdecl _utime##width(const char *path, struct __utimbuf##width *times) {                                                                    \
        wchar_t *wide = path ? crt_widen(path) : NULL;                                                                                               \
        int result = path && !wide ? -1 : _wutime##width(wide, times);                                                                               \
                                                                                                                                                     \
        free(wide);                                                                                                                                  \
        return result;                                                                                                                               \
    }                                                                                                                                                \
    int __cdecl _futime##width(int fd, struct __utimbuf##width *times) {                                                                             \
        __time64_t now = _time64(NULL);                                                                                                              \
        HANDLE file = (HANDLE)_get_osfhandle(fd);                                                                                                    \
                                                                                                                                                     \
        return file == INVALID_HANDLE_VALUE ? -1 : set_times(file, times ? times->actime : now, times ? times->modtime : now);                       \
    }
UTIME(32)
UTIME(64)
