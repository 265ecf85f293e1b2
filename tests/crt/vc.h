/*
 * What a program built by Visual C++ 2015 or later imports, as such a compiler's headers would declare it. The programs here are built with the
 * Microsoft ABI (--target=x86_64-pc-windows-msvc) and without any library but import libraries: their start-up code is their own, and asks
 * for the same functions in the same order as Microsoft's (docs/c-runtime.md says where that order is documented).
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT     __declspec(dllimport)
#define countof(a) (sizeof(a) / sizeof((a)[0]))

#ifdef __cplusplus
extern "C" {
#endif

typedef void(__cdecl *PVFV)(void);
typedef int(__cdecl *PIFV)(void);
typedef struct _iobuf FILE;

/* api-ms-win-crt-runtime */
IMPORT void _set_app_type(int type);
IMPORT int _configure_narrow_argv(int mode);
IMPORT int _configure_wide_argv(int mode);
IMPORT int _initialize_narrow_environment(void);
IMPORT int _initialize_wide_environment(void);
IMPORT char **_get_initial_narrow_environment(void);
IMPORT int *__p___argc(void);
IMPORT char ***__p___argv(void);
IMPORT wchar_t ***__p___wargv(void);
IMPORT void _initterm(PVFV *first, PVFV *end);
IMPORT int _initterm_e(PIFV *first, PIFV *end);
IMPORT int _crt_atexit(PVFV function);
IMPORT int _crt_at_quick_exit(PVFV function);
typedef struct {
    PVFV *first, *last, *end;
} _onexit_table_t;
IMPORT int _initialize_onexit_table(_onexit_table_t *table);
IMPORT int _register_onexit_function(_onexit_table_t *table, PIFV function);
IMPORT int _execute_onexit_table(_onexit_table_t *table);
IMPORT void _register_thread_local_exe_atexit_callback(void (*callback)(void *, unsigned long, void *));
IMPORT int _seh_filter_exe(unsigned long code, void *pointers);
IMPORT int _controlfp_s(unsigned *now, unsigned value, unsigned mask);
IMPORT void _cexit(void);
IMPORT void _c_exit(void);
IMPORT __declspec(noreturn) void exit(int code);
IMPORT __declspec(noreturn) void _exit(int code);
IMPORT __declspec(noreturn) void quick_exit(int code);
IMPORT __declspec(noreturn) void abort(void);
IMPORT __declspec(noreturn) void terminate(void);
IMPORT PVFV set_terminate(PVFV handler);
IMPORT int *_errno(void);
#define errno (*_errno())
typedef void (*INVALID_HANDLER)(const wchar_t *, const wchar_t *, const wchar_t *, unsigned, uintptr_t);
IMPORT INVALID_HANDLER _set_invalid_parameter_handler(INVALID_HANDLER handler);
IMPORT INVALID_HANDLER _set_thread_local_invalid_parameter_handler(INVALID_HANDLER handler);
IMPORT char *strerror(int error);
IMPORT uintptr_t _beginthreadex(void *security, unsigned stack, unsigned (*start)(void *), void *argument, unsigned flags, unsigned *id);

/* api-ms-win-crt-stdio */
IMPORT int _set_fmode(int mode);
IMPORT int *__p__commode(void);
IMPORT FILE *__acrt_iob_func(unsigned index);
#define stdin  __acrt_iob_func(0)
#define stdout __acrt_iob_func(1)
#define stderr __acrt_iob_func(2)
IMPORT int __stdio_common_vfprintf(uint64_t options, FILE *stream, const char *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vfwprintf(uint64_t options, FILE *stream, const wchar_t *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vsprintf(uint64_t options, char *to, size_t room, const char *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vsprintf_s(uint64_t options, char *to, size_t room, const char *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vsnprintf_s(uint64_t options, char *to, size_t room, size_t most, const char *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vswprintf(uint64_t options, wchar_t *to, size_t room, const wchar_t *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vsscanf(uint64_t options, const char *text, size_t size, const char *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vswscanf(uint64_t options, const wchar_t *text, size_t size, const wchar_t *format, void *locale, va_list arguments);
IMPORT int __stdio_common_vfscanf(uint64_t options, FILE *stream, const char *format, void *locale, va_list arguments);
IMPORT int fopen_s(FILE **stream, const char *path, const char *mode);
IMPORT int fclose(FILE *stream);
IMPORT int fputs(const char *text, FILE *stream);
IMPORT char *fgets(char *text, int size, FILE *stream);
IMPORT size_t fread(void *data, size_t size, size_t count, FILE *stream);
IMPORT size_t fwrite(const void *data, size_t size, size_t count, FILE *stream);
IMPORT int fseek(FILE *stream, long offset, int origin);
IMPORT int fflush(FILE *stream);
IMPORT int puts(const char *text);

/* api-ms-win-crt-heap */
IMPORT int _set_new_mode(int mode);
IMPORT int _callnewh(size_t size);
IMPORT void *malloc(size_t size);
IMPORT void *calloc(size_t count, size_t size);
IMPORT void *realloc(void *block, size_t size);
IMPORT void free(void *block);
IMPORT void *_aligned_malloc(size_t size, size_t alignment);
IMPORT void _aligned_free(void *block);

/* api-ms-win-crt-locale, -convert, -string, -time, -environment, -filesystem, -utility, -math, -multibyte */
IMPORT int _configthreadlocale(int mode);
IMPORT char *setlocale(int category, const char *name);
IMPORT void *_create_locale(int category, const char *name);
IMPORT void _free_locale(void *locale);
IMPORT long strtol(const char *text, char **end, int base);
IMPORT double strtod(const char *text, char **end);
IMPORT double wcstod(const wchar_t *text, wchar_t **end);
IMPORT int _itoa_s(int value, char *to, size_t room, int base);
IMPORT size_t mbstowcs(wchar_t *wide, const char *text, size_t count);
IMPORT size_t _mbstowcs_l(wchar_t *wide, const char *text, size_t count, void *locale);
IMPORT int mbstowcs_s(size_t *done, wchar_t *wide, size_t room, const char *text, size_t count);
IMPORT size_t wcstombs(char *text, const wchar_t *wide, size_t count);
IMPORT size_t mbrtowc(wchar_t *wide, const char *text, size_t size, uint64_t *state);
IMPORT size_t strlen(const char *text);
IMPORT size_t wcslen(const wchar_t *text);
IMPORT int strcmp(const char *a, const char *b);
IMPORT int wcscmp(const wchar_t *a, const wchar_t *b);
IMPORT int strncmp(const char *a, const char *b, size_t count);
IMPORT int _stricmp(const char *a, const char *b);
IMPORT int strcpy_s(char *to, size_t room, const char *from);
IMPORT int strncat_s(char *to, size_t room, const char *from, size_t count);
IMPORT char *strtok_s(char *text, const char *set, char **next);
IMPORT int isalpha(int c);
IMPORT int toupper(int c);
IMPORT int _isdigit_l(int c, void *locale);
struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};
IMPORT int _gmtime64_s(struct tm *to, const int64_t *time);
IMPORT int64_t _mktime64(struct tm *from);
IMPORT int64_t _mkgmtime64(struct tm *from);
IMPORT size_t strftime(char *to, size_t room, const char *format, const struct tm *time);
IMPORT int64_t _time64(int64_t *time);
IMPORT char *getenv(const char *name);
IMPORT int _dupenv_s(char **to, size_t *count, const char *name);
IMPORT int _putenv_s(const char *name, const char *value);
IMPORT int remove(const char *path);
IMPORT int _splitpath_s(const char *path, char *drive, size_t, char *directory, size_t, char *name, size_t, char *ending, size_t);
IMPORT int _makepath_s(char *path, size_t room, const char *drive, const char *directory, const char *name, const char *ending);
IMPORT void qsort_s(void *base, size_t count, size_t size, int (*compare)(void *, const void *, const void *), void *context);
IMPORT void *bsearch(const void *key, const void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
IMPORT int rand(void);
IMPORT void srand(unsigned seed);
IMPORT void __setusermatherr(int (*handler)(void *));
IMPORT double sin(double x);
IMPORT double pow(double x, double y);
IMPORT float sinf(float x);
IMPORT double round(double x);
IMPORT long lround(double x);
IMPORT double cbrt(double x);
IMPORT double erf(double x);
IMPORT double tgamma(double x);
IMPORT double log1p(double x);
IMPORT short _dclass(double x);
IMPORT unsigned char *_mbschr(const unsigned char *text, unsigned c);

/* vcruntime140 */
IMPORT void *memcpy(void *to, const void *from, size_t size);
IMPORT void *memset(void *to, int c, size_t size);
IMPORT int memcmp(const void *a, const void *b, size_t size);
IMPORT void *memchr(const void *text, int c, size_t size);
IMPORT char *strchr(const char *text, int c);
IMPORT char *strstr(const char *text, const char *part);
IMPORT wchar_t *wcschr(const wchar_t *text, wchar_t c);
typedef struct {
    const char *what;
    unsigned char owned;
} EXCEPTION_DATA;
IMPORT void __std_exception_copy(const EXCEPTION_DATA *from, EXCEPTION_DATA *to);
IMPORT void __std_exception_destroy(EXCEPTION_DATA *data);
IMPORT int __vcrt_InitializeCriticalSectionEx(void *section, unsigned long spins, unsigned long flags);

/* kernel32 */
typedef struct {
    uint64_t alignment[5];
} CRITICAL_SECTION;
typedef union {
    __declspec(align(16)) uint64_t words[2];
} SLIST_HEADER;
IMPORT void InitializeSListHead(SLIST_HEADER *head);
IMPORT void GetSystemTimeAsFileTime(uint64_t *time);
IMPORT unsigned long GetCurrentThreadId(void);
IMPORT unsigned long GetCurrentProcessId(void);
IMPORT int QueryPerformanceCounter(int64_t *counter);
IMPORT int IsProcessorFeaturePresent(unsigned long feature);
IMPORT int IsDebuggerPresent(void);
IMPORT void *SetUnhandledExceptionFilter(void *filter);
IMPORT void *GetModuleHandleW(const wchar_t *name);
IMPORT unsigned long WaitForSingleObject(void *object, unsigned long milliseconds);
IMPORT int CloseHandle(void *handle);

#ifdef __cplusplus
}
#endif

/* ---- TAP ------------------------------------------------------------------------------------------------------------------------------ */

#ifndef __cplusplus
int main(int argc, char **argv, char **environment);
#endif
static int printf(const char *format, ...) {
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = __stdio_common_vfprintf(0, stdout, format, NULL, arguments);
    va_end(arguments);
    return result;
}
static int tap_count;
static inline void tap(int condition, const char *name) { printf("%sok %d - %s\n", condition ? "" : "not ", ++tap_count, name); }
static inline int tap_done(void) {
    printf("1..%d\n", tap_count);
    return 0;
}
#define OK(condition, name) tap(!!(condition), name)
