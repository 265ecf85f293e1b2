/* Searching folders, and the status of files, in the layouts that differ in the width of times and sizes. */
#include "../crt/crt.h"
#include "../crt/status.h"

static __time64_t unix_time(FILETIME time) {
    return (__time64_t)(((unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10000000) - 11644473600ll;
}

static int failed(void) {
    crt_set_windows_error(GetLastError());
    return -1;
}

#define FILL(to, from, copy)                                                                                                                         \
    do {                                                                                                                                             \
        (to)->attrib = (from)->dwFileAttributes == FILE_ATTRIBUTE_NORMAL ? 0 : (from)->dwFileAttributes;                                             \
        (to)->time_create = (__typeof__((to)->time_create))unix_time((from)->ftCreationTime);                                                        \
        (to)->time_access = (__typeof__((to)->time_access))unix_time((from)->ftLastAccessTime);                                                      \
        (to)->time_write = (__typeof__((to)->time_write))unix_time((from)->ftLastWriteTime);                                                         \
        (to)->size = (__typeof__((to)->size))((unsigned long long)(from)->nFileSizeHigh << 32 | (from)->nFileSizeLow);                               \
        copy((to)->name, (from)->cFileName);                                                                                                         \
    } while (0)
#define FIND(first, next, layout, character, data, api_first, api_next, copy)                                                                        \
    intptr_t __cdecl first(const character *pattern, struct layout *to) {                                                                            \
        data found;                                                                                                                                  \
        HANDLE search;                                                                                                                               \
                                                                                                                                                     \
        if (!pattern || !to) {                                                                                                                       \
            crt_invalid(EINVAL);                                                                                                                     \
            return -1;                                                                                                                               \
        }                                                                                                                                            \
        search = api_first(pattern, &found);                                                                                                         \
        if (search == INVALID_HANDLE_VALUE) {                                                                                                        \
            return failed();                                                                                                                         \
        }                                                                                                                                            \
        FILL(to, &found, copy);                                                                                                                      \
        return (intptr_t)search;                                                                                                                     \
    }                                                                                                                                                \
    int __cdecl next(intptr_t search, struct layout *to) {                                                                                           \
        data found;                                                                                                                                  \
                                                                                                                                                     \
        if (!to) {                                                                                                                                   \
            crt_invalid(EINVAL);                                                                                                                     \
            return -1;                                                                                                                               \
        }                                                                                                                                            \
        if (!api_next((HANDLE)search, &found)) {                                                                                                     \
            return failed();                                                                                                                         \
        }                                                                                                                                            \
        FILL(to, &found, copy);                                                                                                                      \
        return 0;                                                                                                                                    \
    }
#define FIND_NARROW(first, next, layout) FIND(first, next, layout, char, WIN32_FIND_DATAA, FindFirstFileA, FindNextFileA, strcpy)
#define FIND_WIDE(first, next, layout)   FIND(first, next, layout, wchar_t, WIN32_FIND_DATAW, FindFirstFileW, FindNextFileW, wcscpy)
FIND_NARROW(_findfirst32, _findnext32, _finddata32_t)
FIND_NARROW(_findfirst32i64, _findnext32i64, _finddata32i64_t)
FIND_NARROW(_findfirst64i32, _findnext64i32, _finddata64i32_t)
FIND_WIDE(_wfindfirst32, _wfindnext32, _wfinddata32_t)
FIND_WIDE(_wfindfirst32i64, _wfindnext32i64, _wfinddata32i64_t)
FIND_WIDE(_wfindfirst64, _wfindnext64, _wfinddata64_t)
FIND_WIDE(_wfindfirst64i32, _wfindnext64i32, _wfinddata64i32_t)

CRT_NARROW_STATUS(_stat32i64, struct _stat32i64, const char *, _stat64)
CRT_NARROW_STATUS(_wstat32, struct _stat32, const wchar_t *, _wstat64)
CRT_NARROW_STATUS(_wstat32i64, struct _stat32i64, const wchar_t *, _wstat64)
CRT_NARROW_STATUS(_fstat32i64, struct _stat32i64, int, _fstat64)
