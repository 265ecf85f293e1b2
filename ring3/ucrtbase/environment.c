/* The environment: copies, the wide forms, and files looked for in the folders that a variable lists. */
#include "../crt/crt.h"

CRT_EXPORT(errno_t, _dupenv_s, (char **to, size_t *count, const char *name)) {
    const char *value;

    if (!to || !name) {
        return crt_invalid(EINVAL);
    }
    value = getenv(name);
    *to = value ? _strdup(value) : NULL;
    if (count) {
        *count = *to ? strlen(*to) + 1 : 0;
    }
    return value && !*to ? ENOMEM : 0;
}

CRT_EXPORT(errno_t, _wdupenv_s, (wchar_t * *to, size_t *count, const wchar_t *name)) {
    const wchar_t *value;

    if (!to || !name) {
        return crt_invalid(EINVAL);
    }
    value = _wgetenv(name);
    *to = value ? _wcsdup(value) : NULL;
    if (count) {
        *count = *to ? wcslen(*to) + 1 : 0;
    }
    return value && !*to ? ENOMEM : 0;
}

CRT_EXPORT(errno_t, _wgetenv_s, (size_t *needed, wchar_t *to, size_t room, const wchar_t *name)) {
    const wchar_t *value;

    if (!needed || !name || (!to && room)) {
        return crt_invalid(EINVAL);
    }
    value = _wgetenv(name);
    *needed = value ? wcslen(value) + 1 : 0;
    if (to) {
        *to = 0;
    }
    if (!value || !room) {
        return 0;
    }
    return *needed > room ? ERANGE : wcscpy_s(to, room, value);
}

CRT_EXPORT(errno_t, _wputenv_s, (const wchar_t *name, const wchar_t *value)) {
    wchar_t *assignment;
    size_t size;
    errno_t error;

    if (!name || !value) {
        return crt_invalid(EINVAL);
    }
    size = wcslen(name) + wcslen(value) + 2;
    assignment = malloc(size * sizeof(*assignment));
    if (!assignment) {
        return ENOMEM;
    }
    wcscpy(assignment, name);
    wcscat(assignment, L"=");
    wcscat(assignment, value);
    error = _wputenv(assignment) ? errno : 0;
    free(assignment);
    return error;
}

/* ---- Files in the folders of a variable: the current directory first -------------------------------------------------------------------- */

CRT_EXPORT(errno_t, _wsearchenv_s, (const wchar_t *file, const wchar_t *variable, wchar_t *to, size_t room)) {
    const wchar_t *folder;

    if (!to || !room || !file || !variable) {
        return crt_invalid(EINVAL);
    }
    *to = 0;
    if (_waccess(file, 0) == 0) {
        wchar_t *full = _wfullpath(to, file, room);

        return full ? 0 : crt_invalid(ERANGE);
    }
    for (folder = _wgetenv(variable); folder && *folder;) {
        size_t length = wcscspn(folder, L";");

        if (length && length + wcslen(file) + 2 <= room) {
            memcpy(to, folder, length * sizeof(*to));
            to[length] = 0;
            if (to[length - 1] != '\\' && to[length - 1] != '/' && to[length - 1] != ':') {
                wcscat(to, L"\\");
            }
            wcscat(to, file);
            if (_waccess(to, 0) == 0) {
                return 0;
            }
        }
        folder += length + (folder[length] == ';');
    }
    *to = 0;
    errno = ENOENT;
    return ENOENT;
}

CRT_EXPORT(errno_t, _searchenv_s, (const char *file, const char *variable, char *to, size_t room)) {
    wchar_t *wide_file = file ? crt_widen(file) : NULL, *wide_variable = variable ? crt_widen(variable) : NULL;
    wchar_t found[4 * _MAX_PATH];
    errno_t error = EINVAL;
    char *narrow = NULL;

    if (to && room && wide_file && wide_variable) {
        *to = 0;
        error = _wsearchenv_s(wide_file, wide_variable, found, CRT_LENGTH(found));
        narrow = error ? NULL : crt_narrow(found);
        if (narrow) {
            error = strcpy_s(to, room, narrow);
        }
    }
    free(wide_file);
    free(wide_variable);
    free(narrow);
    return error == 0 || error == ENOENT ? error : crt_invalid(error);
}

CRT_EXPORT(void, _searchenv, (const char *file, const char *variable, char *to)) { _searchenv_s(file, variable, to, _MAX_PATH); }

CRT_EXPORT(void, _wsearchenv, (const wchar_t *file, const wchar_t *variable, wchar_t *to)) { _wsearchenv_s(file, variable, to, _MAX_PATH); }
