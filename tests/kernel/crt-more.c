/* C functions of ntoskrnl.exe that ntoskrnl-crt.c leaves out. */
#include "kernel/more.h"
#include <stdarg.h>

typedef int errno_t;
errno_t memcpy_s(void *, size_t, const void *, size_t);
errno_t memmove_s(void *, size_t, const void *, size_t);
size_t strcspn(const char *, const char *);
char *strpbrk(const char *, const char *);
char *_strnset(char *, int, size_t);
errno_t strncat_s(char *, size_t, const char *, size_t);
errno_t _strlwr_s(char *, size_t);
errno_t _strupr_s(char *, size_t);
size_t wcsnlen(const wchar_t *, size_t);
wchar_t *wcsncat(wchar_t *, const wchar_t *, size_t);
size_t wcsspn(const wchar_t *, const wchar_t *);
size_t wcscspn(const wchar_t *, const wchar_t *);
wchar_t *wcspbrk(const wchar_t *, const wchar_t *);
wchar_t *wcstok_s(wchar_t *, const wchar_t *, wchar_t **);
wchar_t *_wcsset(wchar_t *, wchar_t);
wchar_t *_wcsnset(wchar_t *, wchar_t, size_t);
wchar_t *_wcsrev(wchar_t *);
errno_t wcsncpy_s(wchar_t *, size_t, const wchar_t *, size_t);
errno_t wcsncat_s(wchar_t *, size_t, const wchar_t *, size_t);
errno_t _wcslwr_s(wchar_t *, size_t);
errno_t _wcsupr_s(wchar_t *, size_t);
int vsprintf(char *, const char *, va_list);
int vsprintf_s(char *, size_t, const char *, va_list);
int _vsnprintf_s(char *, size_t, size_t, const char *, va_list);
int _swprintf(wchar_t *, const wchar_t *, ...);
int _vswprintf(wchar_t *, const wchar_t *, va_list);
int vswprintf_s(wchar_t *, size_t, const wchar_t *, va_list);
int _snwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, ...);
int _vsnwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, va_list);
long long _atoi64(const char *);
int _wtoi(const wchar_t *);
long _wtol(const wchar_t *);
long long _strtoi64(const char *, char **, int);
unsigned long long _strtoui64(const char *, char **, int);
long wcstol(const wchar_t *, wchar_t **, int);
unsigned long wcstoul(const wchar_t *, wchar_t **, int);
long long _wcstoi64(const wchar_t *, wchar_t **, int);
unsigned long long _wcstoui64(const wchar_t *, wchar_t **, int);
char *_ltoa(long, char *, int);
char *_ultoa(unsigned long, char *, int);
char *_i64toa(long long, char *, int);
char *_ui64toa(unsigned long long, char *, int);
errno_t _itoa_s(int, char *, size_t, int);
errno_t _ltoa_s(long, char *, size_t, int);
errno_t _ultoa_s(unsigned long, char *, size_t, int);
errno_t _i64toa_s(long long, char *, size_t, int);
errno_t _ui64toa_s(unsigned long long, char *, size_t, int);
wchar_t *_ltow(long, wchar_t *, int);
wchar_t *_ultow(unsigned long, wchar_t *, int);
wchar_t *_i64tow(long long, wchar_t *, int);
wchar_t *_ui64tow(unsigned long long, wchar_t *, int);
errno_t _itow_s(int, wchar_t *, size_t, int);
errno_t _ltow_s(long, wchar_t *, size_t, int);
errno_t _ultow_s(unsigned long, wchar_t *, size_t, int);
errno_t _i64tow_s(long long, wchar_t *, size_t, int);
errno_t _ui64tow_s(unsigned long long, wchar_t *, size_t, int);
void qsort_s(void *, size_t, size_t, int (*)(void *, const void *, const void *), void *);
void *bsearch_s(const void *, const void *, size_t, size_t, int (*)(void *, const void *, const void *), void *);
int isalpha(int);
int isalnum(int);
int mbtowc(wchar_t *, const char *, size_t);
int wctomb(char *, wchar_t);

#define EINVAL 22
#define ERANGE 34

static BOOLEAN Text(const char *Is, const char *Wanted) { return strcmp(Is, Wanted) == 0; }
static BOOLEAN Wide(const wchar_t *Is, const wchar_t *Wanted) { return wcscmp(Is, Wanted) == 0; }

static int Vsprintf(char *To, const char *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = vsprintf(To, Format, Arguments);
    va_end(Arguments);
    return Length;
}

static int VsprintfS(char *To, size_t Size, const char *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = vsprintf_s(To, Size, Format, Arguments);
    va_end(Arguments);
    return Length;
}

static int VsnprintfS(char *To, size_t Size, size_t Count, const char *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = _vsnprintf_s(To, Size, Count, Format, Arguments);
    va_end(Arguments);
    return Length;
}

static int Vswprintf(wchar_t *To, const wchar_t *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = _vswprintf(To, Format, Arguments);
    va_end(Arguments);
    return Length;
}

static int VswprintfS(wchar_t *To, size_t Size, const wchar_t *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = vswprintf_s(To, Size, Format, Arguments);
    va_end(Arguments);
    return Length;
}

static int VsnwprintfS(wchar_t *To, size_t Size, size_t Count, const wchar_t *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = _vsnwprintf_s(To, Size, Count, Format, Arguments);
    va_end(Arguments);
    return Length;
}

static VOID TestNarrow(VOID) {
    char To[16] = "", *At;
    ok(memcpy_s(To, 16, "abcdefg", 8) == 0 && Text(To, "abcdefg"), "memcpy_s");
    ok(memcpy_s(To, 4, "12345678", 8) == ERANGE && To[0] == 0, "with too little room: ERANGE, and the room is cleared");
    ok(memcpy_s(To, 16, "abcdefg", 8) == 0 && memmove_s(To + 2, 14, To, 8) == 0 && Text(To, "ababcdefg"), "memmove_s over itself");
    is(strcspn("hello, world", ", "), 5, "strcspn");
    At = strpbrk("hello", "xyl");
    ok(At && *At == 'l', "strpbrk");
    ok(!strpbrk("hello", "xyz"), "of none: NULL");
    strcpy(To, "abcdef");
    ok(_strnset(To, '*', 3) == To && Text(To, "***def"), "_strnset");
    strcpy(To, "ab");
    ok(strncat_s(To, 16, "cdef", 2) == 0 && Text(To, "abcd"), "strncat_s");
    ok(_strupr_s(To, 16) == 0 && Text(To, "ABCD"), "_strupr_s");
    ok(_strlwr_s(To, 16) == 0 && Text(To, "abcd"), "_strlwr_s");
    ok(Vsprintf(To, "%d-%s", 42, "x") == 4 && Text(To, "42-x"), "vsprintf");
    ok(VsprintfS(To, 16, "%x", 0xBEEF) == 4 && Text(To, "beef"), "vsprintf_s");
    ok(VsnprintfS(To, 16, 3, "%s", "abcdef") == -1 && Text(To, "abc"), "_vsnprintf_s cuts off and says -1");
    ok(VsnprintfS(To, 16, 9, "%c%c", 'o', 'k') == 2 && Text(To, "ok"), "or the length");
}

static VOID TestWide(VOID) {
    wchar_t To[16] = L"", *At, *Next = NULL;
    is(wcsnlen(L"abcdef", 4), 4, "wcsnlen");
    wcscpy(To, L"ab");
    ok(wcsncat(To, L"cdef", 2) == To && Wide(To, L"abcd"), "wcsncat");
    is(wcsspn(L"aabbc", L"ab"), 4, "wcsspn");
    is(wcscspn(L"hello", L"l"), 2, "wcscspn");
    At = wcspbrk(L"hello", L"xyl");
    ok(At && *At == L'l', "wcspbrk");
    wcscpy(To, L"a b,c");
    At = wcstok_s(To, L" ,", &Next);
    ok(At && Wide(At, L"a"), "wcstok_s: the first");
    At = wcstok_s(NULL, L" ,", &Next);
    ok(At && Wide(At, L"b"), "the second");
    wcscpy(To, L"abc");
    ok(_wcsset(To, L'#') == To && Wide(To, L"###"), "_wcsset");
    ok(_wcsnset(To, L'!', 2) == To && Wide(To, L"!!#"), "_wcsnset");
    ok(_wcsrev(To) == To && Wide(To, L"#!!"), "_wcsrev");
    ok(wcsncpy_s(To, 16, L"abcdef", 3) == 0 && Wide(To, L"abc"), "wcsncpy_s");
    ok(wcsncat_s(To, 16, L"XYZ", 2) == 0 && Wide(To, L"abcXY"), "wcsncat_s");
    ok(_wcsupr_s(To, 16) == 0 && Wide(To, L"ABCXY"), "_wcsupr_s");
    ok(_wcslwr_s(To, 16) == 0 && Wide(To, L"abcxy"), "_wcslwr_s");
    ok(_swprintf(To, L"%d", 7) == 1 && Wide(To, L"7"), "_swprintf");
    ok(Vswprintf(To, L"<%s>", L"w") == 3 && Wide(To, L"<w>"), "_vswprintf");
    ok(VswprintfS(To, 16, L"%u", 99u) == 2 && Wide(To, L"99"), "vswprintf_s");
    ok(_snwprintf_s(To, 16, 2, L"%s", L"abc") == -1 && Wide(To, L"ab"), "_snwprintf_s");
    ok(VsnwprintfS(To, 16, 5, L"%c%d", L'x', 1) == 2 && Wide(To, L"x1"), "_vsnwprintf_s");
}

static VOID TestNumbers(VOID) {
    char To[40], *End;
    wchar_t ToWide[40], *EndWide;
    ok(_atoi64("-5000000000x") == -5000000000ll, "_atoi64");
    ok(_wtoi(L" 42") == 42 && _wtol(L"-7") == -7, "_wtoi and _wtol");
    ok(_strtoi64("-0x10", &End, 16) == -16 && *End == 0, "_strtoi64");
    ok(_strtoui64("18446744073709551615!", &End, 10) == ~0ull && *End == '!', "_strtoui64");
    ok(wcstol(L"-12 ", &EndWide, 10) == -12 && *EndWide == L' ', "wcstol");
    ok(wcstoul(L"ff", &EndWide, 16) == 255 && *EndWide == 0, "wcstoul");
    ok(_wcstoi64(L"-5000000000", &EndWide, 10) == -5000000000ll && *EndWide == 0, "_wcstoi64");
    ok(_wcstoui64(L"10000000000", NULL, 16) == 0x10000000000ull, "_wcstoui64");
    ok(Text(_ltoa(-5, To, 10), "-5") && Text(_ultoa(4000000000ul, To, 10), "4000000000"), "_ltoa and _ultoa");
    ok(Text(_i64toa(-5000000000ll, To, 10), "-5000000000") && Text(_ui64toa(~0ull, To, 16), "ffffffffffffffff"), "_i64toa and _ui64toa");
    ok(_itoa_s(77, To, 40, 8) == 0 && Text(To, "115"), "_itoa_s");
    ok(_ltoa_s(-3, To, 40, 10) == 0 && Text(To, "-3"), "_ltoa_s");
    ok(_ultoa_s(5, To, 40, 2) == 0 && Text(To, "101"), "_ultoa_s");
    ok(_i64toa_s(1, To, 40, 10) == 0 && Text(To, "1"), "_i64toa_s");
    ok(_ui64toa_s(255, To, 40, 16) == 0 && Text(To, "ff"), "_ui64toa_s");
    is(_itoa_s(12345, To, 3, 10), ERANGE, "with too little room");
    ok(Wide(_ltow(-5, ToWide, 10), L"-5") && Wide(_ultow(6, ToWide, 10), L"6"), "_ltow and _ultow");
    ok(Wide(_i64tow(-5000000000ll, ToWide, 10), L"-5000000000") && Wide(_ui64tow(~0ull, ToWide, 16), L"ffffffffffffffff"), "_i64tow and _ui64tow");
    ok(_itow_s(77, ToWide, 40, 8) == 0 && Wide(ToWide, L"115"), "_itow_s");
    ok(_ltow_s(-3, ToWide, 40, 10) == 0 && Wide(ToWide, L"-3"), "_ltow_s");
    ok(_ultow_s(5, ToWide, 40, 2) == 0 && Wide(ToWide, L"101"), "_ultow_s");
    ok(_i64tow_s(1, ToWide, 40, 10) == 0 && Wide(ToWide, L"1"), "_i64tow_s");
    ok(_ui64tow_s(255, ToWide, 40, 16) == 0 && Wide(ToWide, L"ff"), "_ui64tow_s");
    ok(abs(-3) == 3 && labs(-4) == 4, "abs and labs");
}

static int Descending(void *Context, const void *A, const void *B) {
    ++*(int *)Context;
    return *(const int *)B - *(const int *)A;
}

static VOID TestRest(VOID) {
    int Numbers[] = {3, 9, 1, 7, 5}, Key = 7, Calls = 0, *Found;
    wchar_t Wide1 = 0;
    char Narrow[4];
    qsort_s(Numbers, 5, sizeof *Numbers, Descending, &Calls);
    ok(Numbers[0] == 9 && Numbers[1] == 7 && Numbers[4] == 1 && Calls >= 4, "qsort_s");
    Found = bsearch_s(&Key, Numbers, 5, sizeof *Numbers, Descending, &Calls);
    ok(Found == &Numbers[1], "bsearch_s");
    ok(isalpha('x') && !isalpha('1') && isalnum('1') && !isalnum('-'), "isalpha and isalnum");
    ok(mbtowc(&Wide1, "x", 1) == 1 && Wide1 == L'x', "mbtowc");
    ok(wctomb(Narrow, L'y') == 1 && Narrow[0] == 'y', "wctomb");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestNarrow();
    TestWide();
    TestNumbers();
    TestRest();
}
