/* What a program's start-up code finds here: arguments, environment, the kind of program it is. */
#include "crt.h"
#include "argv.h"

_Static_assert(sizeof(wchar_t) == sizeof(uint16_t), "wchar_t is a UTF-16 unit");

int crt_app_type;
int crt_argc;
char **crt_argv;
wchar_t **crt_wargv;
char *crt_acmdln;
wchar_t *crt_wcmdln;
char *crt_pgmptr;
wchar_t *crt_wpgmptr;
char **crt_initenv;
wchar_t **crt_winitenv;
int crt_fmode;
int crt_commode;

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved) {
    switch (reason) {
    case DLL_PROCESS_ATTACH:
        crt_init_locks();
        if (!crt_init_threads()) {
            return FALSE;
        }
        crt_wcmdln = GetCommandLineW();
        crt_acmdln = GetCommandLineA();
        crt_init_descriptors();
        crt_init_streams();
        return crt_init_environment();
    case DLL_THREAD_DETACH: crt_free_thread(); break;
    case DLL_PROCESS_DETACH:
        /* A program that ends by ExitProcess has not flushed. */
        crt_flush_streams();
        break;
    }
    return TRUE;
}

/* Replaces argument i by the files it matches, in the order in which the file system lists them; one that matches nothing stays. */
static wchar_t **expand_wildcard(wchar_t **list, int *count, wchar_t *pattern) {
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(pattern, &found);
    wchar_t *directory_end = pattern;
    int first = *count;

    for (wchar_t *p = pattern; *p; p++) {
        if (*p == '\\' || *p == '/' || *p == ':') {
            directory_end = p + 1;
        }
    }
    if (search != INVALID_HANDLE_VALUE) {
        do {
            size_t prefix = (size_t)(directory_end - pattern);
            wchar_t **longer;
            wchar_t *name;

            if (wcscmp(found.cFileName, L".") == 0 || wcscmp(found.cFileName, L"..") == 0) {
                continue;
            }
            longer = realloc(list, (size_t)(*count + 2) * sizeof(*list));
            name = malloc((prefix + wcslen(found.cFileName) + 1) * sizeof(*name));
            if (!longer || !name) {
                crt_fatal("no memory for the arguments");
            }
            list = longer;
            memcpy(name, pattern, prefix * sizeof(*name));
            wcscpy(name + prefix, found.cFileName);
            list[(*count)++] = name;
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    if (*count == first) {
        list = realloc(list, (size_t)(*count + 2) * sizeof(*list));
        if (!list) {
            crt_fatal("no memory for the arguments");
        }
        list[(*count)++] = pattern;
    }
    return list;
}

static void split_command_line(enum crt_argv mode) {
    const uint16_t *line = (const uint16_t *)crt_wcmdln;
    CRT_ARGUMENTS needed = crt_split_command_line(line, NULL, NULL, NULL);
    uint16_t *text = malloc(needed.characters * sizeof(*text));
    uint16_t **argv = malloc(needed.count * sizeof(*argv));
    unsigned char *wild = malloc(needed.count);
    wchar_t **list = malloc(sizeof(*list));
    int count = 0;

    if (!text || !argv || !wild || !list) {
        crt_fatal("no memory for the arguments");
    }
    crt_split_command_line(line, text, argv, wild);
    for (size_t i = 0; i < needed.count; i++) {
        if (mode == CRT_ARGV_EXPANDED && wild[i]) {
            list = expand_wildcard(list, &count, (wchar_t *)argv[i]);
            continue;
        }
        list = realloc(list, (size_t)(count + 2) * sizeof(*list));
        if (!list) {
            crt_fatal("no memory for the arguments");
        }
        list[count++] = (wchar_t *)argv[i];
    }
    list[count] = NULL;
    free(argv);
    free(wild);
    crt_argc = count;
    crt_wargv = list;
    crt_wpgmptr = list[0];
}

void crt_make_wide_arguments(enum crt_argv mode) {
    if (!crt_wargv) {
        split_command_line(mode);
    }
}

void crt_make_arguments(enum crt_argv mode) {
    crt_make_wide_arguments(mode);
    if (crt_argv) {
        return;
    }
    crt_argv = malloc((size_t)(crt_argc + 1) * sizeof(*crt_argv));
    if (!crt_argv) {
        crt_fatal("no memory for the arguments");
    }
    for (int i = 0; i < crt_argc; i++) {
        crt_argv[i] = crt_narrow(crt_wargv[i]);
        if (!crt_argv[i]) {
            crt_fatal("no memory for the arguments");
        }
    }
    crt_argv[crt_argc] = NULL;
    crt_pgmptr = crt_argv[0];
}

void __cdecl __set_app_type(int type) { crt_app_type = type; }

int __cdecl _set_error_mode(int mode) { return 0; /* _OUT_TO_DEFAULT: a console program's errors go to standard error */ }

/* The variables above by function, for compilers that do not import data. */
int *__cdecl __p___argc(void) { return &crt_argc; }

char ***__cdecl __p___argv(void) { return &crt_argv; }

wchar_t ***__cdecl __p___wargv(void) { return &crt_wargv; }

char **__cdecl __p__acmdln(void) { return &crt_acmdln; }

wchar_t **__cdecl __p__wcmdln(void) { return &crt_wcmdln; }

char ***__cdecl __p___initenv(void) { return &crt_initenv; }

wchar_t ***__cdecl __p___winitenv(void) { return &crt_winitenv; }

char ***__cdecl __p__environ(void) {
    crt_narrow_environment();
    return &crt_environ;
}

wchar_t ***__cdecl __p__wenviron(void) { return &crt_wenviron; }

int *__cdecl __p__fmode(void) { return &crt_fmode; }

int *__cdecl __p__commode(void) { return &crt_commode; }

char **__cdecl __p__pgmptr(void) { return &crt_pgmptr; }

wchar_t **__cdecl __p__wpgmptr(void) { return &crt_wpgmptr; }
