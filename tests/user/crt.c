/* The rest of the C run-time library: strings, sorting, time, jumps, signals, threads, the environment, the end. */
#include "utap.h"
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <math.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#define INTERPRETED 5 /* what this program ends with when it is COMSPEC */

static void strings(void) {
    char text[32] = "one,two;;three", *next;
    wchar_t wide[32];
    OK(!strcmp(strtok(text, ",;"), "one") && !strcmp(strtok(NULL, ",;"), "two") && !strcmp(strtok(NULL, ",;"), "three") && !strtok(NULL, ",;"),
       "strtok");
    strcpy(text, "a b");
    OK(!strcmp(strtok_s(text, " ", &next), "a") && !strcmp(strtok_s(NULL, " ", &next), "b"), "strtok_s");
    OK(strcmp("a", "b") < 0 && strcmp("\x80", "a") > 0 && !strncmp("abc", "abd", 2) && !_stricmp("ABC", "abc") && _strnicmp("abX", "abY", 3) < 0,
       "comparisons");
    OK(!strcmp(strstr("a needle", "need"), "needle") && strrchr("a.b.c", '.')[1] == 'c' && strcspn("abc", "c") == 2 && strspn("aab", "a") == 2,
       "searches");
    strcpy(text, "Text");
    OK(!strcmp(_strupr(text), "TEXT") && !strcmp(_strlwr(text), "text") && !strcmp(_strrev(text), "txet"), "changes");
    memcpy(text, "0123456789", 11);
    memmove(text + 2, text, 5);
    OK(!strcmp(text, "0101234789") && memcmp("a", "b", 1) < 0 && memchr("abc", 'c', 3), "memory");
    OK(strcpy_s(text, 3, "four") == ERANGE && !*text && strcpy_s(text, 5, "four") == 0, "strcpy_s");
    OK(!wcscmp(wcscat(wcscpy(wide, L"ab"), L"cd"), L"abcd") && wcslen(wide) == 4 && wcschr(wide, 'c') == wide + 2 && !_wcsicmp(L"ab", L"AB"), "wide");
    OK(mbstowcs(wide, "abc", 32) == 3 && !wcscmp(wide, L"abc") && wcstombs(text, L"x\x00E9", 32) == 2 && (BYTE)text[1] == 0xE9,
       "multibyte in the C locale");
    OK(wcstombs(text, L"\x263A", 32) == (size_t)-1 && errno == EILSEQ, "a character that is not in it");
    OK(!strcmp(setlocale(LC_ALL, NULL), "C") && setlocale(LC_ALL, "") && wcstombs(text, L"\x20AC", 32) == 1 && (BYTE)*text == 0x80 &&
           setlocale(LC_ALL, "C"),
       "setlocale");
    OK(!setlocale(LC_ALL, ".65001") && *localeconv()->decimal_point == '.', "no such locale");
    OK(_wcsicmp(L"\x00C9", L"\x00E9") && towupper(0xE9) == 0xE9 && setlocale(LC_CTYPE, "") && !_wcsicmp(L"\x00C9", L"\x00E9") &&
           towupper(0xE9) == 0xC9 && setlocale(LC_CTYPE, "C"),
       "the case of letters beyond ASCII is the locale's");
    OK(isalpha('a') && !isalpha('1') && isxdigit('F') && isspace('\t') && ispunct('!') && toupper('q') == 'Q' && iswalpha(0xE9) && iswlower(0xE9),
       "kinds");
    OK(!strcmp(strerror(ENOENT), "No such file or directory"), "strerror");
}

static int compare(const void *a, const void *b) { return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b); }
static void sorting(void) {
    static int numbers[1000];
    int sorted = 1, key = 500, expected[] = {41, 18467, 6334, 26500, 19169};
    int same = 1;
    srand(1);
    for (int i = 0; i < 5; i++)
        same &= rand() == expected[i];
    OK(same, "rand after srand(1)");
    for (int i = 0; i < 1000; i++)
        numbers[i] = (i * 7919) % 1000;
    qsort(numbers, 1000, sizeof(int), compare);
    for (int i = 0; i < 1000; i++)
        sorted &= numbers[i] == i;
    OK(sorted && bsearch(&key, numbers, 1000, sizeof(int), compare) == numbers + 500, "qsort and bsearch");
    OK(div(-7, 2).quot == -3 && div(-7, 2).rem == -1 && labs(-5) == 5, "div");
}

static void calendar(void) {
    time_t leap = 951827696;
    struct tm *parts = gmtime(&leap), copy;
    char text[64];
    OK(parts->tm_year == 100 && parts->tm_mon == 1 && parts->tm_mday == 29 && parts->tm_hour == 12 && parts->tm_min == 34 && parts->tm_sec == 56 &&
           parts->tm_wday == 2 && parts->tm_yday == 59,
       "gmtime");
    OK(!strcmp(asctime(parts), "Tue Feb 29 12:34:56 2000\n"), "asctime");
    OK(strftime(text, 64, "%Y-%m-%d %H:%M:%S %a %B %j %p %I", parts) && !strcmp(text, "2000-02-29 12:34:56 Tue February 060 PM 12"), "strftime");
    OK(!strftime(text, 4, "%Y-%m-%d", parts), "without room");
    copy = *localtime(&leap);
    OK(mktime(&copy) == leap, "mktime");
    copy.tm_mon = 13;
    copy.tm_mday = 32;
    mktime(&copy);
    OK(copy.tm_year == 101 && copy.tm_mon == 2 && copy.tm_mday == 4, "it carries over");
    leap = 32535215999;
    OK(gmtime(&leap)->tm_year == 1100 && (leap++, !gmtime(&leap)) && (leap = -1, !gmtime(&leap)), "the years there are");
    OK(time(NULL) > 1000000000 && clock() >= 0, "now");
}

static jmp_buf there;
static int unwound;
static __attribute__((noinline)) void jump(int depth) {
    if (depth)
        jump(depth - 1);
    __try {
        longjmp(there, 42);
    } __finally {
        unwound++;
    }
}
static volatile int signalled;
static void on_signal(int number) { signalled = number; }

static void jumps(void) {
    volatile int kept = 7;
    int value = setjmp(there);
    if (!value)
        jump(3);
    OK(value == 42 && kept == 7, "longjmp");
    OK(unwound == 1, "it runs __finally on its way");
    OK(signal(SIGTERM, on_signal) == SIG_DFL && !raise(SIGTERM) && signalled == SIGTERM, "signal and raise");
    OK(signal(SIGTERM, SIG_IGN) == SIG_DFL && !raise(SIGTERM), "the default again after it, and ignoring");
    OK(signal(77, on_signal) == SIG_ERR && errno == EINVAL, "no such signal");
}

static unsigned __stdcall thread(void *argument) {
    errno = 99;
    srand(5);
    return (unsigned)(UINT_PTR)argument + (errno == 99);
}
static HANDLE finished;
static void simple(void *argument) { SetEvent(argument); }

static void threads(void) {
    unsigned id = 0;
    DWORD code = 0;
    errno = 5;
    HANDLE handle = (HANDLE)_beginthreadex(NULL, 0, thread, (void *)6, 0, &id);
    OK(handle && id && !WaitForSingleObject(handle, INFINITE) && GetExitCodeThread(handle, &code) && code == 7 && CloseHandle(handle),
       "_beginthreadex");
    OK(errno == 5, "each thread has its own errno");
    finished = CreateEventA(NULL, FALSE, FALSE, NULL);
    OK(_beginthread(simple, 0, finished) != (uintptr_t)-1 && !WaitForSingleObject(finished, INFINITE), "_beginthread");
}

static void environment(void) {
    OK(!_putenv("RINGSIDE_A=b") && !strcmp(getenv("ringside_a"), "b") && !wcscmp(_wgetenv(L"RINGSIDE_A"), L"b"), "_putenv and getenv");
    char value[8];
    OK(GetEnvironmentVariableA("RINGSIDE_A", value, 8) == 1 && *value == 'b', "Windows sees it");
    OK(system(NULL) == 0 && errno == ENOENT && (errno = 0, system("pause") == -1) && errno == ENOENT, "system: no command interpreter");
    char interpreter[MAX_PATH + 16] = "COMSPEC=";
    GetModuleFileNameA(NULL, interpreter + 8, MAX_PATH);
    OK(!_putenv(interpreter) && system(NULL) == 1 && system("x") == INTERPRETED, "another one's exit code");
    OK(!_putenv("RINGSIDE_A=") && !getenv("RINGSIDE_A") && _putenv("nothing") == -1, "removed");
}

static void memory(void) {
    char *block = malloc(100), *aligned = _aligned_malloc(100, 256);
    OK(block && _msize(block) == 100 && (block = realloc(block, 5000)) && _msize(block) == 5000, "malloc and realloc");
    OK(aligned && !((UINT_PTR)aligned & 255) && (aligned = _aligned_realloc(aligned, 300, 512)) && !((UINT_PTR)aligned & 511), "aligned");
    char *zero = calloc(10, 10);
    int all = 1;
    for (int i = 0; i < 100; i++)
        all &= !zero[i];
    void *(*volatile get)(size_t, size_t) = calloc; /* the compiler knows that calloc does not fail */
    void *(*volatile more)(size_t) = malloc;
    errno = 0;
    OK(all && !get((size_t)-1 / 2, 16) && errno == ENOMEM && !more((size_t)-100), "calloc, and what is too much");
    free(block);
    free(zero);
    _aligned_free(aligned);
    OK(_heapchk() == _HEAPOK, "the heap is sound");
}

#define FUNCTION(name, ...) ((double (*)(__VA_ARGS__))(void *)GetProcAddress(library, name))
static int close_to(double a, double b) { return fabs(a - b) <= fabs(b) * 1e-15; }
static void mathematics(void) {
    HMODULE library = GetModuleHandleA("msvcrt.dll");
    OK(close_to(FUNCTION("sin", double)(1), 0.8414709848078965) && close_to(FUNCTION("cos", double)(1), 0.5403023058681398) &&
           close_to(FUNCTION("tan", double)(1), 1.557407724654902),
       "angles");
    OK(close_to(FUNCTION("sin", double)(3.141592653589793), 1.2246467991473532e-16), "near pi");
    OK(close_to(FUNCTION("asin", double)(0.5), 0.5235987755982989) && close_to(FUNCTION("acos", double)(0.5), 1.0471975511965979) &&
           close_to(FUNCTION("atan2", double, double)(-1, -1), -2.356194490192345),
       "and back");
    OK(close_to(FUNCTION("exp", double)(1), 2.718281828459045) && close_to(FUNCTION("log", double)(10), 2.302585092994046) &&
           FUNCTION("log10", double)(1000) == 3 && close_to(FUNCTION("pow", double, double)(2, 0.5), 1.4142135623730951) &&
           FUNCTION("pow", double, double)(3, 5) == 243 && FUNCTION("pow", double, double)(-2, 3) == -8,
       "powers");
    OK(FUNCTION("floor", double)(-1.5) == -2 && FUNCTION("ceil", double)(-1.5) == -1 && FUNCTION("fmod", double, double)(-7, 3) == -1 &&
           FUNCTION("sqrt", double)(2) == 1.4142135623730951,
       "rounding");
    int exponent;
    OK(frexp(8, &exponent) == 0.5 && exponent == 4 && ldexp(0.75, 3) == 6 && close_to(sinh(1), 1.1752011936438014) &&
           close_to(tanh(0.1), 0.09966799462495582),
       "the rest");
}

static void at_exit(void) { printf("# atexit\n"); }

int main(int argc, char **argv) {
    if (argc == 3)
        return strcmp(argv[1], "/c") || strcmp(argv[2], "x") ? 1 : INTERPRETED;
    atexit(at_exit);
    strings();
    sorting();
    calendar();
    jumps();
    threads();
    environment();
    memory();
    mathematics();
    return done();
}
