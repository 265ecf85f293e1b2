/* A program with the C run-time library as DLLs: start-up, text, numbers, streams, time, the end. */
#include "vc.h"

extern int start_order[8], start_count;
extern uintptr_t __security_cookie;

static int tls_attached;
static void __stdcall tls_callback(void *module, unsigned long reason, void *reserved) {
    if (reason == 1)
        tls_attached++;
}
#pragma section(".CRT$XLB", long, read)
__declspec(allocate(".CRT$XLB")) void(__stdcall *xl_callback)(void *, unsigned long, void *) = tls_callback;
static __declspec(thread) int counter = 41;

static void constructor(void) { start_order[start_count++] = 4; }
#pragma section(".CRT$XCU", long, read)
__declspec(allocate(".CRT$XCU")) PVFV xc_user = constructor;

static int invalid_count;
static void on_invalid(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t reserved) {
    invalid_count++;
}

static int format(char *to, size_t room, uint64_t options, const char *text, ...) {
    va_list arguments;
    int result;

    va_start(arguments, text);
    result = __stdio_common_vsprintf(options, to, room, text, NULL, arguments);
    va_end(arguments);
    return result;
}

static int format_wide(wchar_t *to, size_t room, uint64_t options, const wchar_t *text, ...) {
    va_list arguments;
    int result;

    va_start(arguments, text);
    result = __stdio_common_vswprintf(options, to, room, text, NULL, arguments);
    va_end(arguments);
    return result;
}

static int format_s(char *to, size_t room, size_t most, const char *text, ...) {
    va_list arguments;
    int result;

    va_start(arguments, text);
    result = __stdio_common_vsnprintf_s(0, to, room, most, text, NULL, arguments);
    va_end(arguments);
    return result;
}

static int scan(const char *text, uint64_t options, const char *how, ...) {
    va_list arguments;
    int result;

    va_start(arguments, how);
    result = __stdio_common_vsscanf(options, text, (size_t)-1, how, NULL, arguments);
    va_end(arguments);
    return result;
}

static void start(int argc, char **argv, char **environment) {
    OK(start_count == 4 && start_order[0] == 1 && start_order[1] == 2 && start_order[2] == 3 && start_order[3] == 4, "initializers in their order");
    OK(tls_attached == 1 && ++counter == 42, "a TLS callback and a thread-local variable");
    OK(__security_cookie != 0x00002B992DDFA232ull && __security_cookie >> 48 == 0, "the security cookie is not the default");
    OK(argc == 3 && !strcmp(argv[1], "two words") && !strcmp(argv[2], "*.c") && !argv[3], "arguments, wildcards unexpanded");
    OK(environment && environment == _get_initial_narrow_environment() && getenv("Path"), "environment");
    OK(_configthreadlocale(0) == 2 && _configthreadlocale(1) == -1, "one locale for all threads");
}

static void text(void) {
    char buffer[64];
    wchar_t wide[64];

    OK(format(buffer, 64, 2, "%d %s %5.2f %e", -5, "x", 3.14159, 12345.678) == 23 && !strcmp(buffer, "-5 x  3.14 1.234568e+04"), "printf");
    format(buffer, 64, 2, "%f %E %g %05.1f", __builtin_inf(), -__builtin_inf(), __builtin_nan(""), __builtin_inf());
    OK(!strcmp(buffer, "inf -INF nan   inf"), "infinity and NaN");
    format(buffer, 64, 0x12, "%g", 1e10);
    OK(!strcmp(buffer, "1e+010"), "three digits of exponent when asked for");
    OK(format(buffer, 4, 2, "%s", "abcdef") == 6 && !strcmp(buffer, "abc"), "snprintf tells the whole length");
    buffer[4] = '#';
    OK(format(buffer, 4, 1, "%s", "abcd") == 4 && buffer[4] == '#' && format(buffer, 4, 1, "%s", "abcde") == -1, "_vsnprintf need not terminate");
    OK(format(buffer, 4, 0, "%s", "abcdef") == -1 && !strcmp(buffer, "abc"), "vsprintf with room");
    OK(format(NULL, 0, 2, "%zu %lld", (size_t)-1, -1ll) == 23, "a length alone");
    OK(format_wide(wide, 64, 4, L"%s %S %c", L"wide", "narrow", L'x') == 13 && !wcscmp(wide, L"wide narrow x"), "legacy wide specifiers");
    OK(format_wide(wide, 64, 0, L"%s %S %ls", "narrow", L"wide", L"long") == 16 && !wcscmp(wide, L"narrow wide long"), "ISO wide specifiers");
    OK(format_s(buffer, 8, (size_t)-1, "%s", "truncated text") == -1 && !strcmp(buffer, "truncat"), "_TRUNCATE");
    invalid_count = 0;
    OK(format_s(buffer, 4, 10, "%s", "too long") == -1 && !*buffer && invalid_count == 1 && errno == 34,
       "a text that does not fit is an invalid parameter");
    OK(strcpy_s(buffer, 3, "four") == 34 && !*buffer && invalid_count == 2, "strcpy_s");
    strcpy_s(buffer, 64, "ab");
    OK(strncat_s(buffer, 5, "cdef", (size_t)-1) == 80 && !strcmp(buffer, "abcd"), "strncat_s cuts off");
    OK(*strchr("abc", 'c') == 'c' && !strcmp(strstr("needle", "ed"), "edle") && *wcschr(L"xyz", L'z') == L'z' && memchr("abc", 'b', 3),
       "vcruntime's searches");
    OK(_mbschr((const unsigned char *)"a.b", '.')[1] == 'b' && _isdigit_l('7', NULL) && isalpha('q') && toupper('q') == 'Q',
       "kinds, with a locale and multibyte");
}

static void numbers(void) {
    char word[8] = "", *end;
    int i = 0, count;
    double d = 0;
    float f = 0;

    OK(strtod("0x1.8p3z", &end) == 12 && *end == 'z' && strtod("-inf", NULL) == -__builtin_inf() && strtod("nan(1)", &end) != 0 && !*end,
       "strtod of C99");
    OK(strtod("1e5", NULL) == 1e5 && wcstod(L"2.5x", NULL) == 2.5 && strtol("-0x1F", NULL, 0) == -31, "strtod, wcstod, strtol");
    count = scan("12 0x1p4 word 7", 0, "%d %lf %7s %f", &i, &d, word, &f);
    OK(count == 4 && i == 12 && d == 16 && !strcmp(word, "word") && f == 7, "sscanf");
    count = scan("longer word", 1, "%s", word, 4u);
    OK(count == 0 && !*word, "sscanf_s does not overrun");
    count = scan("abc", 1, "%3s", word, 4u);
    OK(count == 1 && !strcmp(word, "abc"), "sscanf_s");
    OK(_itoa_s(255, word, sizeof word, 16) == 0 && !strcmp(word, "ff") && _itoa_s(-12345, word, 4, 10) == 34, "_itoa_s");
    OK(round(2.5) == 3 && round(-0.5) == -1 && lround(-2.5) == -3 && cbrt(27) == 3 && sinf(0) == 0 && pow(2, 10) == 1024, "rounding and roots");
    OK(__builtin_fabs(erf(1) - 0.8427007929497148) < 1e-15 && __builtin_fabs(tgamma(4.5) - 11.631728396567448) < 1e-13 && tgamma(6) == 120 &&
           __builtin_fabs(log1p(1e-10) - 9.9999999995e-11) < 1e-24,
       "erf, tgamma, log1p");
    OK(_dclass(__builtin_nan("")) == 2 && _dclass(__builtin_inf()) == 1 && _dclass(0) == 0 && _dclass(1) == -1 && _dclass(1e-310) == -2, "_dclass");
}

static void locales(void) {
    static const char utf8[] = "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    wchar_t wide[16];
    char back[16];
    uint64_t state = 0;
    void *locale;
    size_t done;

    OK(!strcmp(setlocale(0, NULL), "C") && mbstowcs(wide, "\xE9", 16) == 1 && wide[0] == 0xE9, "the C locale: bytes");
    OK(setlocale(0, ".UTF8") && mbstowcs(wide, utf8, 16) == 4 && wide[0] == 0xE9 && wide[1] == 0x20AC && wide[2] == 0xD83D && wide[3] == 0xDE00,
       "UTF-8");
    OK(wcstombs(back, wide, 16) == 9 && !strcmp(back, utf8), "and back");
    OK(mbstowcs(wide, "\xC3(", 16) == (size_t)-1 && errno == 42, "text that is not UTF-8");
    OK(mbrtowc(wide, "\xE2", 1, &state) == (size_t)-2 && mbrtowc(wide, "\x82\xAC", 2, &state) == 2 && wide[0] == 0x20AC, "a character in two pieces");
    OK(mbstowcs_s(&done, wide, 3, utf8, (size_t)-1) == 80 && done == 3 && wide[2] == 0, "mbstowcs_s cuts off between characters");
    locale = _create_locale(0, ".1252");
    OK(locale && _mbstowcs_l(wide, "\x80", 16, locale) == 1 && wide[0] == 0x20AC, "a locale object");
    OK(!strcmp(setlocale(2, "C"), "C") &&
           !strcmp(setlocale(0, NULL), "LC_COLLATE=English_United States.utf8;LC_CTYPE=C;LC_MONETARY=English_United "
                                       "States.utf8;LC_NUMERIC=English_United States.utf8;LC_TIME=English_United States.utf8"),
       "one category of its own");
    OK(setlocale(0, "en-US") && !setlocale(0, "xx-YY") && setlocale(0, "C"), "names");
}

static void streams(void) {
    char line[32];
    FILE *file;

    OK(fopen_s(&file, "crt.tmp", "w+") == 0 && fputs("one\ntwo\n", file) == 0 && fseek(file, 0, 0) == 0, "fopen_s");
    OK(fgets(line, 32, file) && !strcmp(line, "one\n") && fread(line, 1, 32, file) == 4 && !memcmp(line, "two\n", 4), "text mode");
    OK(fclose(file) == 0 && remove("crt.tmp") == 0 && fopen_s(&file, "crt.tmp", "r") == 2 && !file, "no such file");
}

static int compare(void *context, const void *a, const void *b) {
    ++*(int *)context;
    return *(const int *)a - *(const int *)b;
}

static void rest(void) {
    int values[] = {3, 1, 2}, compared = 0;
    struct tm parts;
    int64_t when = 1600000000;
    char text[40], *copy = NULL, drive[3], name[16], ending[8];
    size_t count;
    EXCEPTION_DATA from = {"what", 1}, to;
    CRITICAL_SECTION section;
    void *block;

    qsort_s(values, 3, sizeof *values, compare, &compared);
    OK(values[0] == 1 && values[1] == 2 && values[2] == 3 && compared, "qsort_s");
    OK(_gmtime64_s(&parts, &when) == 0 && strftime(text, 40, "%Y-%m-%d %H:%M:%S", &parts) && !strcmp(text, "2020-09-13 12:26:40") &&
           _mkgmtime64(&parts) == when,
       "time");
    OK(_putenv_s("CRT_TEST", "value") == 0 && _dupenv_s(&copy, &count, "CRT_TEST") == 0 && count == 6 && !strcmp(copy, "value"),
       "environment variables");
    free(copy);
    OK(_splitpath_s("C:\\folder\\file.txt", drive, 3, NULL, 0, name, 16, ending, 8) == 0 && !strcmp(drive, "C:") && !strcmp(name, "file") &&
           !strcmp(ending, ".txt"),
       "_splitpath_s");
    OK(_makepath_s(text, 40, "D", "x", "y", "z") == 0 && !strcmp(text, "D:x\\y.z"), "_makepath_s");
    block = _aligned_malloc(100, 64);
    OK(block && ((uintptr_t)block & 63) == 0 && _callnewh(1) == 0, "memory");
    _aligned_free(block);
    __std_exception_copy(&from, &to);
    OK(to.owned && to.what != from.what && !strcmp(to.what, "what"), "__std_exception_copy");
    __std_exception_destroy(&to);
    OK(__vcrt_InitializeCriticalSectionEx(&section, 4000, 0) == 1, "__vcrt_InitializeCriticalSectionEx");
    OK(GetModuleHandleW(L"api-ms-win-crt-stdio-l1-1-0") == GetModuleHandleW(L"ucrtbase.dll") && GetModuleHandleW(L"ucrtbase"),
       "an API set is its host");
    OK(GetModuleHandleW(L"api-ms-win-crt-stdio-l1-1-7.dll") && !GetModuleHandleW(L"api-ms-win-crt-stdio-l9-1-0.dll"), "the version does not matter");
}

static _onexit_table_t table;
static int table_order[2], table_count;
static int first(void) { return table_order[table_count++] = 1; }
static int second(void) { return table_order[table_count++] = 2; }

static void last_word(void) { puts("# atexit ran"); }
static void before_that(void) {
    puts("# atexit last in, first out");
    fputs("unflushed", stdout);
}

int main(int argc, char **argv, char **environment) {
    start(argc, argv, environment);
    _set_invalid_parameter_handler(on_invalid);
    text();
    numbers();
    locales();
    streams();
    rest();
    OK(_initialize_onexit_table(&table) == 0 && _register_onexit_function(&table, first) == 0 && _register_onexit_function(&table, second) == 0 &&
           _execute_onexit_table(&table) == 0 && table_count == 2 && table_order[0] == 2 && table_order[1] == 1,
       "a module's own table");
    _crt_atexit(last_word);
    _crt_atexit(before_that);
    tap_done();
    return 7;
}

void thread_local_exit(void *module, unsigned long reason, void *reserved) { puts("# thread-local destructors first"); }
