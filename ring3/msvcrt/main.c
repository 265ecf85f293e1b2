/* What msvcrt.dll has and the Universal C run-time library has not: one call for all arguments, and versions as variables. */
#include "../crt/crt.h"

const BOOL crt_universal = FALSE;
unsigned crt_osplatform = 2;
unsigned crt_osver = 0x4A65;
unsigned crt_winver = 0x0A00;
unsigned crt_winmajor = 10;
unsigned crt_winminor = 0;

int __cdecl __wgetmainargs(int *argc, wchar_t ***argv, wchar_t ***environment, int expand, _startupinfo *info) {
    crt_make_wide_arguments(expand ? CRT_ARGV_EXPANDED : CRT_ARGV_PLAIN);
    crt_winitenv = crt_wenviron;
    *argc = crt_argc;
    *argv = crt_wargv;
    *environment = crt_winitenv;
    return 0;
}

int __cdecl __getmainargs(int *argc, char ***argv, char ***environment, int expand, _startupinfo *info) {
    crt_make_arguments(expand ? CRT_ARGV_EXPANDED : CRT_ARGV_PLAIN);
    crt_initenv = crt_narrow_environment();
    *argc = crt_argc;
    *argv = crt_argv;
    *environment = crt_initenv;
    return 0;
}
