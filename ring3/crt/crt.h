/*
 * The C run-time libraries from the inside: msvcrt.dll and ucrtbase.dll are both made of this folder. What the public C headers declare as
 * imported is ours to define.
 *
 * Names that those headers define inline, or that collide with them, are defined here as crt_name and exported under their own name
 * by msvcrt.def and ucrtbase.def. Any thread may call anything; streams, descriptors, the environment and the exit lists each have a lock.
 */
#pragma once
#define _CRTIMP
#define _SECIMP
#define _CRTIMP2
#define __USE_MINGW_ANSI_STDIO 0
#define _CRT_SECURE_NO_WARNINGS
#define _CTYPE_DISABLE_MACROS
#define WIN32_LEAN_AND_MEAN
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wall"
#pragma clang diagnostic ignored "-Wextra"
#pragma clang diagnostic ignored "-W#warnings"
#include <windows.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <io.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
#pragma clang diagnostic pop
#undef errno
#define errno (*_errno())

#include "decimal.h"

#define CRT_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* ---- Locks (lock.c): recursive, by the numbers that programs pass to _lock ------------------------------------------------- */
enum {
    CRT_LOCK_SIGNAL = 0,
    CRT_LOCK_STREAMS = 1,
    CRT_LOCK_ENVIRONMENT = 7,
    CRT_LOCK_EXIT = 8,
    CRT_LOCK_DESCRIPTORS = 10,
    CRT_LOCK_TIME = 11,
    CRT_LOCK_LOCALE = 12,
    CRT_LOCKS = 48
};
void crt_init_locks(void);
void __cdecl _lock(int number);
void __cdecl _unlock(int number);

/* ---- Threads (thread.c): what each thread has of its own --------------------------------------------------------------------- */
typedef struct CRT_THREAD {
    int error;
    unsigned long dos_error;
    unsigned random;
    char *strtok_next;
    wchar_t *wcstok_next;
    char error_text[128];
    wchar_t wide_error_text[128];
    struct tm time;
    char time_text[26];
    wchar_t wide_time_text[26];
    char convert_text[352];
    unsigned(__stdcall *start)(void *);
    void(__cdecl *start_simple)(void *);
    void *argument;
    HANDLE handle;                 /* _beginthread's, to be closed at the thread's end */
    EXCEPTION_POINTERS *exception; /* while a signal handler of a hardware exception runs */
    int floating_error;
    _invalid_parameter_handler invalid_parameter_handler;
    void(__cdecl *terminate)(void);
} CRT_THREAD;
BOOL crt_init_threads(void);
CRT_THREAD *crt_thread(void); /* never NULL: ends the process when memory is out */
void crt_free_thread(void);

/* A function that only programs call: no header of ours has its prototype, and -Wmissing-prototypes wants one. */
#define CRT_EXPORT(type, name, parameters)                                                                                                           \
    type __cdecl name parameters;                                                                                                                    \
    type __cdecl name parameters

/* ---- Errors (error.c) ---------------------------------------------------------------------------------------------------------- */
void crt_set_windows_error(DWORD error);               /* sets errno and _doserrno */
__declspec(noreturn) void crt_fatal(const char *text); /* one line on standard error, then exit code 255 */
/*
 * A parameter that no correct program passes ("Parameter validation"): errno is set, then the program's handler is told. Where it has none,
 * msvcrt.dll goes on with the error as the result, and the UCRT ends the process with STATUS_STACK_BUFFER_OVERRUN. Gives error back.
 */
int crt_invalid(int error);
__declspec(noreturn) void crt_fail_fast(unsigned code); /* FAST_FAIL_...: no handler sees it */

/* ---- Start and end (startup.c, exit.c, environment.c) -------------------------------------------------------------------------- */
extern const BOOL crt_universal; /* this is ucrtbase.dll: its documented differences apply (msvcrt/main.c, ucrtbase/main.c) */
extern int crt_app_type;
enum crt_argv { CRT_ARGV_NONE, CRT_ARGV_PLAIN, CRT_ARGV_EXPANDED }; /* the UCRT's _crt_argv_mode */
void crt_make_wide_arguments(enum crt_argv mode);                   /* both once: further calls do nothing */
void crt_make_arguments(enum crt_argv mode);
BOOL crt_init_environment(void);
char **crt_narrow_environment(void); /* built at its first use */
extern char **crt_environ;
extern wchar_t **crt_wenviron;
extern int crt_fmode;
extern int crt_commode;
void crt_run_exit_functions(void);
extern void(NTAPI *crt_thread_local_exit)(void *, DWORD, void *); /* runs before those; NULL: none */
__declspec(noreturn) void __cdecl terminate(void);                /* the UCRT's */

/* ---- Characters (locale.c) ------------------------------------------------------------------------------------------------------ */
extern UINT crt_codepage; /* of LC_CTYPE; 0: the C locale, in which a byte is a character */
extern int crt_mb_cur_max;
BOOL crt_find_locale(const char *name, UINT *codepage, const char **full); /* full: its whole name, maybe name itself. FALSE: there is none */
/* One character from at most size bytes, of which there is one: how many it has, -1 when it is none, -2 when it goes on behind them. */
int crt_decode(UINT codepage, unsigned *c, const char *text, size_t size);
int crt_encode(UINT codepage, char *text, unsigned c); /* at most four bytes: how many, or -1 */
int crt_mbtowc(UINT codepage, wchar_t *wide, const char *text, size_t size);
int crt_wctomb(UINT codepage, char *text, wchar_t wide);
size_t crt_mbstowcs(UINT codepage, wchar_t *wide, const char *text, size_t count);
size_t crt_wcstombs(UINT codepage, char *text, const wchar_t *wide, size_t count);
errno_t crt_mbstowcs_s(UINT codepage, size_t *converted, wchar_t *wide, size_t room, const char *text, size_t count);
errno_t crt_wcstombs_s(UINT codepage, size_t *converted, char *text, size_t room, const wchar_t *wide, size_t count);
wchar_t *crt_widen(const char *text); /* from the ANSI code page, malloc'ed, NULL with errno set */
char *crt_narrow(const wchar_t *text);

/* ---- Descriptors (descriptor.c) -------------------------------------------------------------------------------------------------- */
#define CRT_DESCRIPTORS 512
enum {
    CRT_FD_OPEN = 1,
    CRT_FD_EOF = 2, /* a Ctrl+Z was read in text mode */
    CRT_FD_PIPE = 8,
    CRT_FD_APPEND = 0x20,
    CRT_FD_DEVICE = 0x40, /* a console or another character device */
    CRT_FD_TEXT = 0x80,
    CRT_FD_UTF16 = 0x100
};
void crt_init_descriptors(void);
int crt_open_file(const wchar_t *path, int open_flags, int share, int permissions);
unsigned crt_descriptor_flags(int fd); /* 0 when it is not open */
/* The file position behind the first `wanted` translated bytes from position `start`: ftell in text mode. -1 on failure. */
long long crt_text_position(int fd, long long start, size_t wanted);

/* ---- Streams (stream.c, file.c, wfile.c) -------------------------------------------------------------------------------------------
 * A stream's buffer holds either bytes read ahead (_cnt of them from _ptr on) or bytes to be written (CRT_IODIRTY, from _base to
 * _ptr; _cnt is 0 then), never both. The first CRT_IOB streams are the exported array, locked by _lock(CRT_LOCK_IOB + index); the
 * others are each followed by their critical section: mingw's libraries know both and take the locks themselves.
 * The functions below that take a stream are called with its lock held. */
#define CRT_IOB           20
#define CRT_LOCK_IOB      16
#define CRT_STREAMS       512
#define CRT_STREAM_BUFFER 4096
#define CRT_IONBF         0x0004 /* one byte at a time */
#define CRT_IOYOURBUF     0x0100 /* the buffer is the caller's */
#define CRT_IOLINE        0x2000 /* written out at each end of line: a console */
#define CRT_IODIRTY       0x4000
extern FILE crt_streams[CRT_IOB];
void crt_lock_stream(FILE *stream);
void crt_unlock_stream(FILE *stream);
void crt_init_streams(void);
void crt_flush_streams(void);
FILE *crt_take_stream(void);                                                              /* a free one; NULL with errno EMFILE */
FILE *crt_open_stream(FILE *stream, const wchar_t *path, const wchar_t *mode, int share); /* releases the stream on failure */
FILE *crt_adopt_descriptor(FILE *stream, int fd, const wchar_t *mode);
int crt_set_buffer(FILE *stream, char *buffer, int mode, size_t size);
/* Does that to each open stream from the first-th on: how many times it gave 0, or EOF if it ever did not. Takes the locks. */
int crt_for_all_streams(int (*act)(FILE *stream), int first);
int crt_flush(FILE *stream);
int crt_close(FILE *stream);
long long crt_tell(FILE *stream);
int crt_seek(FILE *stream, long long offset, int origin);
int crt_put(int c, FILE *stream);
int crt_get(FILE *stream);
int crt_unget(int c, FILE *stream);
size_t crt_write(FILE *stream, const void *data, size_t size);
size_t crt_read(FILE *stream, void *data, size_t size);
wint_t crt_put_wide(wchar_t c, FILE *stream);
wint_t crt_get_wide(FILE *stream);
wint_t crt_unget_wide(wint_t c, FILE *stream);

/* ---- Sorting and searching (stdlib.c), with a context for the comparison ------------------------------------------------------- */
typedef int(__cdecl *CRT_COMPARE)(void *context, const void *a, const void *b);
void crt_sort(void *base, size_t count, size_t size, CRT_COMPARE compare, void *context);
void *crt_search(const void *key, const void *base, size_t count, size_t size, CRT_COMPARE compare, void *context);

/* ---- Formatting: the kernel's engine (rtl/format.c and rtl/float.c, compiled for user mode), as rtl/rtl.h describes it --------- */
typedef struct RTL_FORMAT_SINK {
    void (*Put)(struct RTL_FORMAT_SINK *Sink, const void *Text, SIZE_T Count);
    BOOLEAN Wide;
    BOOLEAN IsoWide;
    BOOLEAN ModernFloats;
    SIZE_T Total;
} RTL_FORMAT_SINK;
void RtlpFormat(RTL_FORMAT_SINK *Sink, const void *Format, BOOLEAN WideFormat, va_list Arguments);
#define RTLP_FLOAT_TEXT 340
SIZE_T RtlpFormatFloat(char *Text, double Value, char Conversion, int Precision, BOOLEAN Alternate, BOOLEAN Modern);

/* ---- printf and scanf (print.c, scan.c): the engines. Format, and text where it is wide, is wchar_t when wide is TRUE --------------- */
enum {
    CRT_PRINT_ISO_WIDE = 1, /* also for scanf: in a wide format %s is narrow */
    CRT_PRINT_MODERN = 2,   /* floating point as the UCRT writes it */
    CRT_SCAN_SECURE = 4     /* %s, %c and %[ take the size of what they point to as a further argument */
};
int crt_print(FILE *stream, const void *format, BOOL wide, unsigned flags, va_list arguments);
/* How long the whole text is; as much of it as there is room for is at `to`, not terminated. */
size_t crt_print_memory(void *to, size_t room, const void *format, BOOL wide, unsigned flags, va_list arguments);
int crt_scan(FILE *stream, const void *format, BOOL wide, unsigned flags, va_list arguments);
int crt_scan_memory(const void *text, size_t size, const void *format, BOOL wide, unsigned flags, va_list arguments);

/* ---- Numbers (number.c, wnumber.c) -------------------------------------------------------------------------------------------- */
unsigned crt_digit(int c);
double crt_strtod(const char *text, char **end);
float crt_strtof(const char *text, char **end);
double crt_wcstod(const wchar_t *text, wchar_t **end);
float crt_wcstof(const wchar_t *text, wchar_t **end);
/* crt_parse_double, and in the UCRT infinity, NaN and hexadecimal numbers as well. */
double crt_parse_number(const char *text, const char **end, int precision, int *range);

#include "exports.h"
