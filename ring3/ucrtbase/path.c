/* Paths and drives: the wide and the secure forms. */
#include "../crt/crt.h"
#include <direct.h>

typedef struct PART {
    wchar_t *to;
    size_t room; /* 0 exactly when to is NULL: the part is not wanted */
} PART;

static size_t part_length(const wchar_t *from, const wchar_t *end) { return (size_t)(end - from); }

/* FALSE: too long. */
static BOOL give(PART part, const wchar_t *from, size_t length) {
    if (!part.to) {
        return TRUE;
    }
    if (length >= part.room) {
        return FALSE;
    }
    memcpy(part.to, from, length * sizeof(*from));
    part.to[length] = 0;
    return TRUE;
}

static errno_t split(const wchar_t *path, PART drive, PART directory, PART name, PART ending) {
    const wchar_t *start = path, *file, *dot = NULL, *end;
    PART parts[4] = {drive, directory, name, ending};
    BOOL fits;

    for (size_t i = 0; i < CRT_LENGTH(parts); i++) {
        if (!parts[i].to != !parts[i].room) {
            return crt_invalid(EINVAL);
        }
    }
    if (!path) {
        return crt_invalid(EINVAL);
    }
    if (path[0] && path[1] == ':') {
        start = path + 2;
    }
    file = start;
    for (end = start; *end; end++) {
        if (*end == '\\' || *end == '/') {
            file = end + 1;
            dot = NULL;
        } else if (*end == '.') {
            dot = end;
        }
    }
    dot = dot ? dot : end;
    fits = give(drive, path, part_length(path, start)) && give(directory, start, part_length(start, file)) &&
           give(name, file, part_length(file, dot)) && give(ending, dot, part_length(dot, end));
    if (fits) {
        return 0;
    }
    for (size_t i = 0; i < CRT_LENGTH(parts); i++) {
        if (parts[i].to) {
            *parts[i].to = 0;
        }
    }
    return crt_invalid(ERANGE);
}

CRT_EXPORT(errno_t, _wsplitpath_s,
           (const wchar_t *path, wchar_t *drive, size_t drive_room, wchar_t *directory, size_t directory_room, wchar_t *name, size_t name_room,
            wchar_t *ending, size_t ending_room)) {
    return split(path, (PART){drive, drive_room}, (PART){directory, directory_room}, (PART){name, name_room}, (PART){ending, ending_room});
}

void __cdecl _wsplitpath(const wchar_t *path, wchar_t *drive, wchar_t *directory, wchar_t *name, wchar_t *ending) {
    split(path, (PART){drive, drive ? _MAX_DRIVE : 0}, (PART){directory, directory ? _MAX_DIR : 0}, (PART){name, name ? _MAX_FNAME : 0},
          (PART){ending, ending ? _MAX_EXT : 0});
}

CRT_EXPORT(errno_t, _splitpath_s,
           (const char *path, char *drive, size_t drive_room, char *directory, size_t directory_room, char *name, size_t name_room, char *ending,
            size_t ending_room)) {
    struct {
        char *to;
        size_t room;
        wchar_t wide[_MAX_PATH];
    } parts[4] = {{drive, drive_room, L""}, {directory, directory_room, L""}, {name, name_room, L""}, {ending, ending_room, L""}};
    wchar_t *wide = path ? crt_widen(path) : NULL;
    errno_t error = EINVAL;

    for (size_t i = 0; i < CRT_LENGTH(parts); i++) {
        if (!wide || !parts[i].to != !parts[i].room) {
            goto done;
        }
    }
    error = split(wide, (PART){parts[0].wide, _MAX_PATH}, (PART){parts[1].wide, _MAX_PATH}, (PART){parts[2].wide, _MAX_PATH},
                  (PART){parts[3].wide, _MAX_PATH});
    for (size_t i = 0; i < CRT_LENGTH(parts) && !error; i++) {
        char *part = parts[i].to ? crt_narrow(parts[i].wide) : NULL;

        if (parts[i].to && (!part || strcpy_s(parts[i].to, parts[i].room, part))) {
            error = ERANGE;
        }
        free(part);
    }
    for (size_t i = 0; i < CRT_LENGTH(parts) && error; i++) {
        if (parts[i].to) {
            *parts[i].to = 0;
        }
    }
done:
    free(wide);
    return error ? crt_invalid(error) : 0;
}

/* ---- Put together ------------------------------------------------------------------------------------------------------------------------ */

CRT_EXPORT(errno_t, _wmakepath_s,
           (wchar_t * path, size_t room, const wchar_t *drive, const wchar_t *directory, const wchar_t *name, const wchar_t *ending)) {
    wchar_t letter[3] = {drive ? *drive : 0, ':', 0};
    size_t length = directory ? wcslen(directory) : 0;
    const wchar_t *pieces[6] = {letter[0] ? letter : L"",
                                directory ? directory : L"",
                                length && directory[length - 1] != '\\' && directory[length - 1] != '/' ? L"\\" : L"",
                                name ? name : L"",
                                ending && *ending && *ending != '.' ? L"." : L"",
                                ending ? ending : L""};

    if (!path || !room) {
        return crt_invalid(EINVAL);
    }
    *path = 0;
    for (size_t i = 0; i < CRT_LENGTH(pieces); i++) {
        if (wcscat_s(path, room, pieces[i])) {
            *path = 0;
            return crt_invalid(ERANGE);
        }
    }
    return 0;
}

void __cdecl _wmakepath(wchar_t *path, const wchar_t *drive, const wchar_t *directory, const wchar_t *name, const wchar_t *ending) {
    _wmakepath_s(path, _MAX_PATH, drive, directory, name, ending);
}

CRT_EXPORT(errno_t, _makepath_s, (char *path, size_t room, const char *drive, const char *directory, const char *name, const char *ending)) {
    size_t size = 6 + (directory ? strlen(directory) : 0) + (name ? strlen(name) : 0) + (ending ? strlen(ending) : 0);
    char *whole;
    errno_t error;

    if (!path || !room) {
        return crt_invalid(EINVAL);
    }
    whole = malloc(size);
    if (!whole) {
        return ENOMEM;
    }
    _makepath(whole, drive, directory, name, ending);
    error = strcpy_s(path, room, whole);
    free(whole);
    return error ? crt_invalid(error) : 0;
}

/* ---- Drives and their current directories ----------------------------------------------------------------------------------------------------- */

int __cdecl _getdrive(void) {
    wchar_t path[4 * _MAX_PATH];
    DWORD length = GetCurrentDirectoryW(CRT_LENGTH(path), path);

    return length && length < CRT_LENGTH(path) && path[1] == ':' ? towupper(path[0]) - 'A' + 1 : 0;
}

int __cdecl _chdrive(int drive) {
    wchar_t path[3] = {(wchar_t)('A' + drive - 1), ':', 0};

    if (drive < 1 || drive > 26) {
        crt_set_windows_error(ERROR_INVALID_DRIVE);
        crt_invalid(EACCES);
        return -1;
    }
    if (!SetCurrentDirectoryW(path)) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    return 0;
}

wchar_t *__cdecl _wgetdcwd(int drive, wchar_t *to, int room) {
    wchar_t path[4] = {(wchar_t)('A' + drive - 1), ':', '.', 0};

    if (drive < 0 || drive > 26 || (to && room <= 0)) {
        crt_invalid(EINVAL);
        return NULL;
    }
    return drive ? _wfullpath(to, path, (size_t)room) : _wgetcwd(to, room);
}

char *__cdecl _getdcwd(int drive, char *to, int room) {
    char path[4] = {(char)('A' + drive - 1), ':', '.', 0};

    if (drive < 0 || drive > 26 || (to && room <= 0)) {
        crt_invalid(EINVAL);
        return NULL;
    }
    return drive ? _fullpath(to, path, (size_t)room) : _getcwd(to, room);
}

CRT_EXPORT(errno_t, _waccess_s, (const wchar_t *path, int mode)) {
    if (!path || mode & ~6) {
        return crt_invalid(EINVAL);
    }
    return _waccess(path, mode) ? errno : 0;
}

CRT_EXPORT(errno_t, _access_s, (const char *path, int mode)) {
    if (!path || mode & ~6) {
        return crt_invalid(EINVAL);
    }
    return _access(path, mode) ? errno : 0;
}
