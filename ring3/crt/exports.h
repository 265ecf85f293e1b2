/*
 * Exports that the C headers do not declare, or declare as something else (those are crt_name here, and have their own name in
 * msvcrt.def). What each does is what Microsoft's documentation of that name says.
 */
#pragma once

typedef struct _startupinfo {
    int newmode;
} _startupinfo;
extern int crt_argc;
extern char **crt_argv, **crt_initenv, *crt_acmdln, *crt_pgmptr;
extern wchar_t **crt_wargv, **crt_winitenv, *crt_wcmdln, *crt_wpgmptr;
extern unsigned crt_osplatform, crt_osver, crt_winver, crt_winmajor, crt_winminor;
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);
int crt_atexit(void(__cdecl *function)(void));
const unsigned short *__cdecl __pctype_func(void);
void __cdecl _initterm(_PVFV *first, _PVFV *end);
int __cdecl _initterm_e(int(__cdecl **first)(void), int(__cdecl **end)(void));
_onexit_t __cdecl __dllonexit(_onexit_t function, _PVFV **first, _PVFV **end);
void __cdecl _amsg_exit(int number);
void __cdecl _assert(const char *expression, const char *file, unsigned line);
void __cdecl _wassert(const wchar_t *expression, const wchar_t *file, unsigned line);
void __cdecl _purecall(void);
int __cdecl _callnewh(size_t size);
int crt_feof(FILE *stream);
int crt_ferror(FILE *stream);
int crt_getchar(void);
int crt_putchar(int c);
int __cdecl __lconv_init(void);
UINT __cdecl ___lc_collate_cp_func(void);
int *__cdecl __p___mb_cur_max(void);
int crt_vswprintf(wchar_t *to, const wchar_t *format, va_list arguments);
int crt_swprintf(wchar_t *to, const wchar_t *format, ...);
int crt_vscwprintf(const wchar_t *format, va_list arguments);
int crt_scwprintf(const wchar_t *format, ...);
int __cdecl __wgetmainargs(int *argc, wchar_t ***argv, wchar_t ***environment, int expand, _startupinfo *info);
int __cdecl __getmainargs(int *argc, char ***argv, char ***environment, int expand, _startupinfo *info);
void __cdecl __set_app_type(int type);
int *__cdecl __p___argc(void);
wchar_t ***__cdecl __p___wargv(void);
char ***__cdecl __p___initenv(void);
wchar_t ***__cdecl __p___winitenv(void);
char ***__cdecl __p__environ(void);
wchar_t ***__cdecl __p__wenviron(void);
int *__cdecl __p__commode(void);
char **__cdecl __p__pgmptr(void);
wchar_t **__cdecl __p__wpgmptr(void);
void *__cdecl _lfind(const void *key, const void *base, unsigned *count, unsigned size, int(__cdecl *compare)(const void *, const void *));
extern long crt_timezone, crt_dstbias; /* seconds */
extern int crt_daylight;
long *__cdecl __p__timezone(void);
int *__cdecl __p__daylight(void);
long *__cdecl __p__dstbias(void);
char **__cdecl __p__tzname(void);
int *__cdecl __daylight(void);
long *__cdecl __timezone(void);
char **__cdecl __tzname(void);
wint_t crt_getwchar(void);
wint_t crt_putwchar(wchar_t c);
char *crt_strtok(char *text, const char *set);
wchar_t *crt_wcstok(wchar_t *text, const wchar_t *set);
void crt_setusermatherr(int(__cdecl *handler)(struct _exception *));
