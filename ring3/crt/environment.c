/* The environment: NAME=value strings in UTF-16, and the same in the ANSI code page once somebody asks for it. */
#include "crt.h"

wchar_t **crt_wenviron;
char **crt_environ;

BOOL crt_init_environment(void) {
    wchar_t *block = GetEnvironmentStringsW();
    size_t count = 0, size = 0;
    wchar_t *copy;

    if (!block) {
        return FALSE;
    }
    while (block[size]) {
        size += wcslen(block + size) + 1;
        count++;
    }
    copy = malloc((size + 1) * sizeof(*copy));
    crt_wenviron = malloc((count + 1) * sizeof(*crt_wenviron));
    if (!copy || !crt_wenviron) {
        FreeEnvironmentStringsW(block);
        return FALSE;
    }
    memcpy(copy, block, (size + 1) * sizeof(*copy));
    FreeEnvironmentStringsW(block);
    count = 0;
    for (; *copy; copy += wcslen(copy) + 1) {
        if (*copy != '=') { /* those remember the current directory of a drive */
            crt_wenviron[count++] = copy;
        }
    }
    crt_wenviron[count] = NULL;
    return TRUE;
}

char **crt_narrow_environment(void) {
    _lock(CRT_LOCK_ENVIRONMENT);
    if (!crt_environ) {
        size_t count = 0;

        while (crt_wenviron[count]) {
            count++;
        }
        crt_environ = malloc((count + 1) * sizeof(*crt_environ));
        if (!crt_environ) {
            crt_fatal("no memory for the environment");
        }
        for (size_t i = 0; i < count; i++) {
            crt_environ[i] = crt_narrow(crt_wenviron[i]);
            if (!crt_environ[i]) {
                crt_fatal("no memory for the environment");
            }
        }
        crt_environ[count] = NULL;
    }
    _unlock(CRT_LOCK_ENVIRONMENT);
    return crt_environ;
}

char *__cdecl getenv(const char *name) {
    size_t length = strlen(name);
    char *value = NULL;

    _lock(CRT_LOCK_ENVIRONMENT);
    for (char **p = crt_narrow_environment(); *p; p++) {
        if (_strnicmp(*p, name, length) == 0 && (*p)[length] == '=') {
            value = *p + length + 1;
            break;
        }
    }
    _unlock(CRT_LOCK_ENVIRONMENT);
    return value;
}

wchar_t *__cdecl _wgetenv(const wchar_t *name) {
    size_t length = wcslen(name);
    wchar_t *value = NULL;

    _lock(CRT_LOCK_ENVIRONMENT);
    for (wchar_t **p = crt_wenviron; *p; p++) {
        if (_wcsnicmp(*p, name, length) == 0 && (*p)[length] == '=') {
            value = *p + length + 1;
            break;
        }
    }
    _unlock(CRT_LOCK_ENVIRONMENT);
    return value;
}

/* Puts text, which the list then owns, in the place of the variable of that name, at the end, or, text NULL, takes the variable out. The old
   strings are kept: somebody may have a getenv result. */
static BOOL replace(void ***list, size_t at, BOOL there, void *text) {
    size_t count = 0;

    while ((*list)[count]) {
        count++;
    }
    if (there && text) {
        (*list)[at] = text;
    } else if (there) {
        memmove(*list + at, *list + at + 1, (count - at) * sizeof(**list));
    } else if (text) {
        void **longer = realloc(*list, (count + 2) * sizeof(*longer));

        if (!longer) {
            return FALSE;
        }
        longer[count] = text;
        longer[count + 1] = NULL;
        *list = longer;
    }
    return TRUE;
}

int __cdecl _wputenv(const wchar_t *assignment) {
    const wchar_t *equals = wcschr(assignment, '=');
    size_t length, at;
    wchar_t *name, *text = NULL;
    char *narrow = NULL;
    int result = -1;

    if (!equals || equals == assignment) {
        errno = EINVAL;
        return -1;
    }
    length = (size_t)(equals - assignment);
    _lock(CRT_LOCK_ENVIRONMENT);
    name = malloc((length + 1) * sizeof(*name));
    if (!name) {
        goto done;
    }
    memcpy(name, assignment, length * sizeof(*name));
    name[length] = 0;
    if (equals[1]) {
        text = _wcsdup(assignment);
        narrow = crt_narrow(assignment);
        if (!text || !narrow) {
            goto done;
        }
    }
    crt_narrow_environment();
    /* Both lists have the same order. */
    for (at = 0; crt_wenviron[at]; at++) {
        if (_wcsnicmp(crt_wenviron[at], name, length) == 0 && crt_wenviron[at][length] == '=') {
            break;
        }
    }
    if (!replace((void ***)&crt_wenviron, at, crt_wenviron[at] != NULL, text)) {
        goto done;
    }
    if (!replace((void ***)&crt_environ, at, crt_environ[at] != NULL, narrow)) {
        replace((void ***)&crt_wenviron, at, TRUE, NULL);
        goto done;
    }
    SetEnvironmentVariableW(name, text ? equals + 1 : NULL);
    result = 0;
done:
    _unlock(CRT_LOCK_ENVIRONMENT);
    free(name);
    if (result) {
        free(text);
        free(narrow);
    }
    return result;
}

int __cdecl _putenv(const char *assignment) {
    wchar_t *wide = crt_widen(assignment);
    int result = wide ? _wputenv(wide) : -1;

    free(wide);
    return result;
}

errno_t __cdecl _putenv_s(const char *name, const char *value) {
    char *assignment;
    errno_t result;

    if (!name || !value) {
        return crt_invalid(EINVAL);
    }
    assignment = malloc(strlen(name) + strlen(value) + 2);
    if (!assignment) {
        return ENOMEM;
    }
    strcpy(assignment, name);
    strcat(assignment, "=");
    strcat(assignment, value);
    result = _putenv(assignment) ? errno : 0;
    free(assignment);
    return result;
}

errno_t __cdecl getenv_s(size_t *needed, char *buffer, rsize_t size, const char *name) {
    char *value = getenv(name);

    if (!needed || (!buffer && size)) {
        return crt_invalid(EINVAL);
    }
    *needed = value ? strlen(value) + 1 : 0;
    if (buffer && size) {
        *buffer = 0;
    }
    if (!value || !size) {
        return 0;
    }
    if (*needed > size) {
        return ERANGE;
    }
    strcpy(buffer, value);
    return 0;
}
