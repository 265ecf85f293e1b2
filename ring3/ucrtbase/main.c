/* The start of a program in the Universal C run-time library: its start-up code asks for each part by name ("C run-time initialization"). */
#include "../crt/crt.h"

const BOOL crt_universal = TRUE;

CRT_EXPORT(errno_t, _configure_narrow_argv, (enum crt_argv mode)) {
    if (mode > CRT_ARGV_EXPANDED) {
        return crt_invalid(EINVAL);
    }
    if (mode != CRT_ARGV_NONE) {
        crt_make_arguments(mode);
    }
    return 0;
}

CRT_EXPORT(errno_t, _configure_wide_argv, (enum crt_argv mode)) {
    if (mode > CRT_ARGV_EXPANDED) {
        return crt_invalid(EINVAL);
    }
    if (mode != CRT_ARGV_NONE) {
        crt_make_wide_arguments(mode);
    }
    return 0;
}

CRT_EXPORT(int, _initialize_narrow_environment, (void)) {
    crt_initenv = crt_narrow_environment();
    return 0;
}

CRT_EXPORT(int, _initialize_wide_environment, (void)) {
    crt_winitenv = crt_wenviron;
    return 0;
}

CRT_EXPORT(char **, _get_initial_narrow_environment, (void)) {
    if (!crt_initenv) {
        crt_initenv = crt_narrow_environment();
    }
    return crt_initenv;
}

CRT_EXPORT(wchar_t **, _get_initial_wide_environment, (void)) {
    if (!crt_winitenv) {
        crt_winitenv = crt_wenviron;
    }
    return crt_winitenv;
}

/* The command line without the program's name: what WinMain gets. */
CRT_EXPORT(char *, _get_narrow_winmain_command_line, (void)) {
    BOOL quoted = FALSE;
    char *p = crt_acmdln;

    for (; *p && (quoted || (unsigned char)*p > ' '); p++) {
        quoted ^= *p == '"';
    }
    while (*p && (unsigned char)*p <= ' ') {
        p++;
    }
    return p;
}

CRT_EXPORT(wchar_t *, _get_wide_winmain_command_line, (void)) {
    BOOL quoted = FALSE;
    wchar_t *p = crt_wcmdln;

    for (; *p && (quoted || *p > ' '); p++) {
        quoted ^= *p == '"';
    }
    while (*p && *p <= ' ') {
        p++;
    }
    return p;
}

CRT_EXPORT(int, _query_app_type, (void)) { return crt_app_type; }

CRT_EXPORT(errno_t, _get_pgmptr, (char **to)) {
    if (!to || !crt_pgmptr) {
        return crt_invalid(EINVAL);
    }
    *to = crt_pgmptr;
    return 0;
}

CRT_EXPORT(errno_t, _get_wpgmptr, (wchar_t * *to)) {
    if (!to || !crt_wpgmptr) {
        return crt_invalid(EINVAL);
    }
    *to = crt_wpgmptr;
    return 0;
}

CRT_EXPORT(errno_t, _set_fmode, (int mode)) {
    if (mode != _O_TEXT && mode != _O_BINARY && mode != _O_WTEXT) {
        return crt_invalid(EINVAL);
    }
    crt_fmode = mode;
    return 0;
}

CRT_EXPORT(errno_t, _get_fmode, (int *mode)) {
    if (!mode) {
        return crt_invalid(EINVAL);
    }
    *mode = crt_fmode;
    return 0;
}

/* ---- What kinds of exceptions end a program -------------------------------------------------------------------------------------- */

/* A DLL's start-up code looks at exceptions of C++ only; the others are for the program that has loaded it. */
CRT_EXPORT(int, _seh_filter_dll, (unsigned long code, EXCEPTION_POINTERS *pointers)) {
    return code == 0xE06D7363 ? _XcptFilter(code, pointers) : EXCEPTION_CONTINUE_SEARCH;
}

/* Called before the library breaks into a debugger; there is none. */
CRT_EXPORT(void, _crt_debugger_hook, (int reserved)) {}

CRT_EXPORT(unsigned long, __threadid, (void)) { return GetCurrentThreadId(); }

CRT_EXPORT(uintptr_t, __threadhandle, (void)) { return (uintptr_t)GetCurrentThread(); }
