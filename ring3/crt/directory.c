/* Files and folders by name. */
#include "crt.h"
#include "status.h"
#include <direct.h>

static int result_of(BOOL ok) {
    if (ok) {
        return 0;
    }
    crt_set_windows_error(GetLastError());
    return -1;
}

int __cdecl _wremove(const wchar_t *path) { return result_of(DeleteFileW(path)); }

int __cdecl remove(const char *path) { return result_of(DeleteFileA(path)); }

int __cdecl _wrename(const wchar_t *from, const wchar_t *to) { return result_of(MoveFileW(from, to)); }

int __cdecl rename(const char *from, const char *to) {
    wchar_t *wide_from = crt_widen(from), *wide_to = crt_widen(to);
    int result = wide_from && wide_to ? _wrename(wide_from, wide_to) : -1;

    free(wide_from);
    free(wide_to);
    return result;
}

int __cdecl _wmkdir(const wchar_t *path) { return result_of(CreateDirectoryW(path, NULL)); }

int __cdecl _mkdir(const char *path) { return result_of(CreateDirectoryA(path, NULL)); }

int __cdecl _wrmdir(const wchar_t *path) { return result_of(RemoveDirectoryW(path)); }

int __cdecl _rmdir(const char *path) { return result_of(RemoveDirectoryA(path)); }

int __cdecl _wchdir(const wchar_t *path) { return result_of(SetCurrentDirectoryW(path)); }

int __cdecl _chdir(const char *path) { return result_of(SetCurrentDirectoryA(path)); }

wchar_t *__cdecl _wgetcwd(wchar_t *to, int room) {
    DWORD needed = GetCurrentDirectoryW(0, NULL);

    if (!to) {
        room = room > (int)needed ? room : (int)needed;
        to = malloc((size_t)room * sizeof(*to));
        if (!to) {
            return NULL;
        }
    } else if (room < (int)needed) {
        errno = ERANGE;
        return NULL;
    }
    GetCurrentDirectoryW((DWORD)room, to);
    return to;
}

char *__cdecl _getcwd(char *to, int room) {
    DWORD needed = GetCurrentDirectoryA(0, NULL);

    if (!to) {
        room = room > (int)needed ? room : (int)needed;
        to = malloc((size_t)room);
        if (!to) {
            return NULL;
        }
    } else if (room < (int)needed) {
        errno = ERANGE;
        return NULL;
    }
    GetCurrentDirectoryA((DWORD)room, to);
    return to;
}

wchar_t *__cdecl _wfullpath(wchar_t *to, const wchar_t *path, size_t room) {
    DWORD needed = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *own = NULL;

    if (!to) {
        room = needed;
        to = own = malloc(room * sizeof(*to));
        if (!to) {
            return NULL;
        }
    }
    if (!needed || needed > room || !GetFullPathNameW(path, (DWORD)room, to, NULL)) {
        errno = needed > room ? ERANGE : ENOENT;
        free(own);
        return NULL;
    }
    return to;
}

char *__cdecl _fullpath(char *to, const char *path, size_t room) {
    wchar_t *wide = crt_widen(path), *full = wide ? _wfullpath(NULL, wide, 0) : NULL;
    char *narrow = full ? crt_narrow(full) : NULL;

    free(wide);
    free(full);
    if (!to || !narrow) {
        return narrow;
    }
    if (strlen(narrow) >= room) {
        errno = ERANGE;
        to = NULL;
    } else {
        strcpy(to, narrow);
    }
    free(narrow);
    return to;
}

int __cdecl _waccess(const wchar_t *path, int mode) {
    DWORD attributes = GetFileAttributesW(path);

    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return result_of(FALSE);
    }
    if (mode & 2 && attributes & FILE_ATTRIBUTE_READONLY && !(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        errno = EACCES;
        return -1;
    }
    return 0;
}

int __cdecl _access(const char *path, int mode) {
    wchar_t *wide = crt_widen(path);
    int result = wide ? _waccess(wide, mode) : -1;

    free(wide);
    return result;
}

int __cdecl _wchmod(const wchar_t *path, int mode) {
    DWORD attributes = GetFileAttributesW(path);

    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return result_of(FALSE);
    }
    attributes = mode & _S_IWRITE ? attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY : attributes | FILE_ATTRIBUTE_READONLY;
    return result_of(SetFileAttributesW(path, attributes));
}

int __cdecl _chmod(const char *path, int mode) {
    wchar_t *wide = crt_widen(path);
    int result = wide ? _wchmod(wide, mode) : -1;

    free(wide);
    return result;
}

/* ---- Status --------------------------------------------------------------------------------------------------------------- */

static __time64_t unix_time(FILETIME time) {
    return (__time64_t)(((unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10000000) - 11644473600ll;
}

static void fill_status(struct _stat64 *to, DWORD attributes, FILETIME created, FILETIME accessed, FILETIME written, long long size) {
    memset(to, 0, sizeof(*to));
    to->st_mode = (unsigned short)(attributes & FILE_ATTRIBUTE_DIRECTORY ? _S_IFDIR | 0111 : _S_IFREG);
    to->st_mode |= attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666;
    to->st_nlink = 1;
    to->st_size = size;
    to->st_ctime = unix_time(created);
    to->st_atime = unix_time(accessed);
    to->st_mtime = unix_time(written);
}

int __cdecl _wstat64(const wchar_t *path, struct _stat64 *to) {
    WIN32_FILE_ATTRIBUTE_DATA data;
    size_t length = wcslen(path);

    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data)) {
        crt_set_windows_error(GetLastError());
        errno = ENOENT;
        return -1;
    }
    fill_status(to, data.dwFileAttributes, data.ftCreationTime, data.ftLastAccessTime, data.ftLastWriteTime,
                (long long)((unsigned long long)data.nFileSizeHigh << 32 | data.nFileSizeLow));
    if (length > 4 &&
        (_wcsicmp(path + length - 4, L".exe") == 0 || _wcsicmp(path + length - 4, L".bat") == 0 || _wcsicmp(path + length - 4, L".cmd") == 0)) {
        to->st_mode |= 0111;
    }
    return 0;
}

int __cdecl _stat64(const char *path, struct _stat64 *to) {
    wchar_t *wide = crt_widen(path);
    int result = wide ? _wstat64(wide, to) : -1;

    free(wide);
    return result;
}

int __cdecl _fstat64(int fd, struct _stat64 *to) {
    BY_HANDLE_FILE_INFORMATION data;
    unsigned flags = crt_descriptor_flags(fd);

    if (!flags) {
        errno = EBADF;
        return -1;
    }
    if (flags & (CRT_FD_DEVICE | CRT_FD_PIPE)) {
        memset(to, 0, sizeof(*to));
        to->st_mode = (unsigned short)((flags & CRT_FD_DEVICE ? _S_IFCHR : _S_IFIFO) | 0666);
        to->st_nlink = 1;
        return 0;
    }
    if (!GetFileInformationByHandle((HANDLE)_get_osfhandle(fd), &data)) {
        return result_of(FALSE);
    }
    fill_status(to, data.dwFileAttributes, data.ftCreationTime, data.ftLastAccessTime, data.ftLastWriteTime,
                (long long)((unsigned long long)data.nFileSizeHigh << 32 | data.nFileSizeLow));
    return 0;
}

CRT_NARROW_STATUS(_stat32, struct _stat32, const char *, _stat64)
CRT_NARROW_STATUS(_stat64i32, struct _stat64i32, const char *, _stat64)
CRT_NARROW_STATUS(_wstat64i32, struct _stat64i32, const wchar_t *, _wstat64)
CRT_NARROW_STATUS(_fstat32, struct _stat32, int, _fstat64)
CRT_NARROW_STATUS(_fstat64i32, struct _stat64i32, int, _fstat64)

/* ---- Searching ------------------------------------------------------------------------------------------------------------------ */

static void fill_find(struct __finddata64_t *to, const WIN32_FIND_DATAA *from) {
    to->attrib = from->dwFileAttributes == FILE_ATTRIBUTE_NORMAL ? 0 : from->dwFileAttributes;
    to->time_create = unix_time(from->ftCreationTime);
    to->time_access = unix_time(from->ftLastAccessTime);
    to->time_write = unix_time(from->ftLastWriteTime);
    to->size = (long long)((unsigned long long)from->nFileSizeHigh << 32 | from->nFileSizeLow);
    strncpy(to->name, from->cFileName, sizeof(to->name) - 1);
    to->name[sizeof(to->name) - 1] = 0;
}

intptr_t __cdecl _findfirst64(const char *pattern, struct __finddata64_t *to) {
    WIN32_FIND_DATAA found;
    HANDLE search = FindFirstFileA(pattern, &found);

    if (search == INVALID_HANDLE_VALUE) {
        return result_of(FALSE);
    }
    fill_find(to, &found);
    return (intptr_t)search;
}

int __cdecl _findnext64(intptr_t search, struct __finddata64_t *to) {
    WIN32_FIND_DATAA found;

    if (!FindNextFileA((HANDLE)search, &found)) {
        return result_of(FALSE);
    }
    fill_find(to, &found);
    return 0;
}

int __cdecl _findclose(intptr_t search) { return result_of(FindClose((HANDLE)search)); }

/* ---- Temporary files ----------------------------------------------------------------------------------------------------------------- */

static LONG temporary_number;

/* Unlike the original's, whose names lie in the root of the drive too, these are in the current directory: it can be written to. */
char *__cdecl tmpnam(char *to) {
    static char own[32];

    do {
        _snprintf(own, sizeof(own), "s%lx.%lx", GetCurrentProcessId(), (unsigned long)InterlockedIncrement(&temporary_number));
    } while (_access(own, 0) == 0);
    return to ? strcpy(to, own) : own;
}

FILE *__cdecl tmpfile(void) {
    char name[32];

    return fopen(tmpnam(name), "w+bD");
}

char *__cdecl _tempnam(const char *directory, const char *prefix) {
    const char *folder = getenv("TMP");
    char *path;
    size_t size;

    if (!folder || !*folder) {
        folder = directory && *directory ? directory : ".";
    }
    size = strlen(folder) + (prefix ? strlen(prefix) : 0) + 16;
    path = malloc(size);
    if (path) {
        do {
            _snprintf(path, size, "%s\\%s%lx", folder, prefix ? prefix : "", (unsigned long)InterlockedIncrement(&temporary_number));
        } while (_access(path, 0) == 0);
    }
    return path;
}
