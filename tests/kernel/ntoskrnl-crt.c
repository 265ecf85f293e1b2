/* The C functions that ntoskrnl exports. They are declared here as the kernel's import library has them. */
#include "tap.h"

#define CALL(name) __asm__(#name)
int KPrintf(char *, const char *, ...) CALL(sprintf);
int KnPrintf(char *, size_t, const char *, ...) CALL(_snprintf);
int KPrintfS(char *, size_t, const char *, ...) CALL(sprintf_s);
int KnPrintfS(char *, size_t, size_t, const char *, ...) CALL(_snprintf_s);
int KWPrintf(wchar_t *, const wchar_t *, ...) CALL(swprintf);
int KnWPrintf(wchar_t *, size_t, const wchar_t *, ...) CALL(_snwprintf);
int KWPrintfS(wchar_t *, size_t, const wchar_t *, ...) CALL(swprintf_s);
int KvnPrintf(char *, size_t, const char *, va_list) CALL(_vsnprintf);
int KvnWPrintf(wchar_t *, size_t, const wchar_t *, va_list) CALL(_vsnwprintf);
size_t KStrlen(const char *) CALL(strlen);
size_t KStrnlen(const char *, size_t) CALL(strnlen);
char *KStrcpy(char *, const char *) CALL(strcpy);
char *KStrcat(char *, const char *) CALL(strcat);
char *KStrncpy(char *, const char *, size_t) CALL(strncpy);
char *KStrncat(char *, const char *, size_t) CALL(strncat);
int KStrcmp(const char *, const char *) CALL(strcmp);
int KStrncmp(const char *, const char *, size_t) CALL(strncmp);
int KStricmp(const char *, const char *) CALL(_stricmp);
int KStrnicmp(const char *, const char *, size_t) CALL(_strnicmp);
char *KStrchr(const char *, int) CALL(strchr);
char *KStrrchr(const char *, int) CALL(strrchr);
char *KStrstr(const char *, const char *) CALL(strstr);
size_t KStrspn(const char *, const char *) CALL(strspn);
char *KStrtokS(char *, const char *, char **) CALL(strtok_s);
char *KStrlwr(char *) CALL(_strlwr);
char *KStrupr(char *) CALL(_strupr);
char *KStrrev(char *) CALL(_strrev);
char *KStrset(char *, int) CALL(_strset);
int KStrcpyS(char *, size_t, const char *) CALL(strcpy_s);
int KStrcatS(char *, size_t, const char *) CALL(strcat_s);
int KStrncpyS(char *, size_t, const char *, size_t) CALL(strncpy_s);
size_t KWcslen(const wchar_t *) CALL(wcslen);
wchar_t *KWcscpy(wchar_t *, const wchar_t *) CALL(wcscpy);
wchar_t *KWcscat(wchar_t *, const wchar_t *) CALL(wcscat);
wchar_t *KWcsncpy(wchar_t *, const wchar_t *, size_t) CALL(wcsncpy);
int KWcscmp(const wchar_t *, const wchar_t *) CALL(wcscmp);
int KWcsncmp(const wchar_t *, const wchar_t *, size_t) CALL(wcsncmp);
int KWcsicmp(const wchar_t *, const wchar_t *) CALL(_wcsicmp);
int KWcsnicmp(const wchar_t *, const wchar_t *, size_t) CALL(_wcsnicmp);
wchar_t *KWcschr(const wchar_t *, wchar_t) CALL(wcschr);
wchar_t *KWcsrchr(const wchar_t *, wchar_t) CALL(wcsrchr);
wchar_t *KWcsstr(const wchar_t *, const wchar_t *) CALL(wcsstr);
wchar_t *KWcslwr(wchar_t *) CALL(_wcslwr);
wchar_t *KWcsupr(wchar_t *) CALL(_wcsupr);
int KWcscpyS(wchar_t *, size_t, const wchar_t *) CALL(wcscpy_s);
int KWcscatS(wchar_t *, size_t, const wchar_t *) CALL(wcscat_s);
int KAtoi(const char *) CALL(atoi);
long KAtol(const char *) CALL(atol);
int KWtoi(const wchar_t *) CALL(_wtoi);
long KStrtol(const char *, char **, int) CALL(strtol);
unsigned long KStrtoul(const char *, char **, int) CALL(strtoul);
char *KItoa(int, char *, int) CALL(_itoa);
wchar_t *KItow(int, wchar_t *, int) CALL(_itow);
void KQsort(void *, size_t, size_t, int (*)(const void *, const void *)) CALL(qsort);
void *KBsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *)) CALL(bsearch);
int KRand(void) CALL(rand);
void KSrand(unsigned) CALL(srand);
int KIsdigit(int) CALL(isdigit);
int KIslower(int) CALL(islower);
int KIsupper(int) CALL(isupper);
int KIsspace(int) CALL(isspace);
int KIsxdigit(int) CALL(isxdigit);
int KIsprint(int) CALL(isprint);
int KTolower(int) CALL(tolower);
int KToupper(int) CALL(toupper);
wchar_t KTowlower(wchar_t) CALL(towlower);
wchar_t KTowupper(wchar_t) CALL(towupper);
size_t KMbstowcs(wchar_t *, const char *, size_t) CALL(mbstowcs);
size_t KWcstombs(char *, const wchar_t *, size_t) CALL(wcstombs);
void *KMemcpy(void *, const void *, size_t) CALL(memcpy);
void *KMemmove(void *, const void *, size_t) CALL(memmove);
void *KMemset(void *, int, size_t) CALL(memset);
int KMemcmp(const void *, const void *, size_t) CALL(memcmp);
void *KMemchr(const void *, int, size_t) CALL(memchr);

#define SAME(text, wanted, what)      ok(KStrcmp(text, wanted) == 0, "%s: '%s'", what, text)
#define SAME_WIDE(text, wanted, what) ok(KWcscmp(text, wanted) == 0, "%s: '%ws'", what, text)

static int VnPrintf(char *To, size_t Count, const char *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int n = KvnPrintf(To, Count, Format, Arguments);
    va_end(Arguments);
    return n;
}

static int VnWPrintf(wchar_t *To, size_t Count, const wchar_t *Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    int n = KvnWPrintf(To, Count, Format, Arguments);
    va_end(Arguments);
    return n;
}

static VOID TestPrintf(VOID) {
    char Text[16];
    wchar_t Wide[16];
    is(KPrintf(Text, "%d %s %04x", 7, "abc", 0xBE), 10, "sprintf returns the length");
    SAME(Text, "7 abc 00be", "sprintf");
    KMemset(Text, '#', sizeof(Text));
    is(KnPrintf(Text, 4, "%s", "abc"), 3, "_snprintf that fits with its terminator");
    is(KnPrintf(Text, 4, "%s", "abcd"), 4, "one that fits without");
    is(Text[4], '#', "writes none");
    is(KnPrintf(Text, 4, "%s", "abcde"), -1, "one that does not returns -1");
    ok(KMemcmp(Text, "abcd#", 5) == 0, "and writes what fits");
    is(KPrintfS(Text, sizeof(Text), "%u", 12345u), 5, "sprintf_s");
    is(KnPrintfS(Text, sizeof(Text), (size_t)-1, "%s", "truncated to what fits"), -1, "_snprintf_s with _TRUNCATE");
    SAME(Text, "truncated to wh", "and its terminator");
    is(VnPrintf(Text, sizeof(Text), "%I64x", 0x123456789ull), 9, "_vsnprintf");
    is(KWPrintf(Wide, L"%d %s %S", 5, L"wide", "n"), 8, "swprintf: %s is wide");
    SAME_WIDE(Wide, L"5 wide n", "swprintf");
    is(KnWPrintf(Wide, 3, L"%hs", "abcd"), -1, "_snwprintf that does not fit");
    is(KWPrintfS(Wide, RTL_NUMBER_OF(Wide), L"%wZ", &(UNICODE_STRING)RTL_CONSTANT_STRING(L"z")), 1, "swprintf_s");
    is(VnWPrintf(Wide, RTL_NUMBER_OF(Wide), L"%c%C", L'a', 'b'), 2, "_vsnwprintf");
}

static VOID TestNarrow(VOID) {
    char Text[32], *Next;
    SAME(KStrcat(KStrcpy(Text, "one"), "two"), "onetwo", "strcpy, strcat");
    KMemset(Text, '#', sizeof(Text));
    KStrncpy(Text, "ab", 4);
    ok(KMemcmp(Text, "ab\0\0#", 5) == 0, "strncpy fills with zeros");
    KStrcpy(Text, "ab");
    SAME(KStrncat(Text, "cdef", 2), "abcd", "strncat terminates");
    ok(KStrlen("12345") == 5 && KStrnlen("12345", 3) == 3 && KStrnlen("12", 3) == 2, "strlen, strnlen");
    ok(KStrcmp("a", "b") < 0 && KStrcmp("b", "a") > 0 && KStrcmp("\xFF", "a") > 0, "strcmp compares unsigned");
    ok(KStrncmp("abcx", "abcy", 3) == 0 && KStrncmp("abcx", "abcy", 4) < 0, "strncmp");
    ok(KStricmp("HeLLo", "hEllO") == 0 && KStrnicmp("ABx", "aby", 2) == 0 && KStricmp("a", "B") < 0, "_stricmp, _strnicmp");
    KStrcpy(Text, "a.b.c");
    ok(KStrchr(Text, '.') == Text + 1 && KStrrchr(Text, '.') == Text + 3 && KStrchr(Text, 'z') == NULL && KStrchr(Text, 0) == Text + 5,
       "strchr, strrchr");
    ok(KStrstr(Text, "b.") == Text + 2 && KStrstr(Text, "x") == NULL && KStrstr(Text, "") == Text, "strstr");
    is(KStrspn("aabbc", "ab"), 4, "strspn");
    ok(KStrcmp(KStrtokS(Text, ".", &Next), "a") == 0 && KStrcmp(KStrtokS(NULL, ".", &Next), "b") == 0 &&
           KStrcmp(KStrtokS(NULL, ".", &Next), "c") == 0 && KStrtokS(NULL, ".", &Next) == NULL,
       "strtok_s");
    KStrcpy(Text, "MiXed");
    SAME(KStrlwr(Text), "mixed", "_strlwr");
    SAME(KStrupr(Text), "MIXED", "_strupr");
    SAME(KStrrev(Text), "DEXIM", "_strrev");
    SAME(KStrset(Text, '*'), "*****", "_strset");
    ok(KStrcpyS(Text, 4, "abc") == 0 && KStrcatS(Text, 4, "d") == 34 && Text[0] == 0, "strcpy_s; strcat_s without room: ERANGE, and empties");
    ok(KStrncpyS(Text, 4, "abcdef", 2) == 0 && KStrcmp(Text, "ab") == 0, "strncpy_s");
}

static VOID TestWide(VOID) {
    wchar_t Text[32];
    SAME_WIDE(KWcscat(KWcscpy(Text, L"one"), L"two"), L"onetwo", "wcscpy, wcscat");
    KWcsncpy(Text, L"ab", 4);
    ok(Text[2] == 0 && Text[3] == 0 && Text[4] == L'w', "wcsncpy");
    is(KWcslen(L"12345"), 5, "wcslen");
    ok(KWcscmp(L"a", L"b") < 0 && KWcsncmp(L"ax", L"ay", 1) == 0, "wcscmp, wcsncmp");
    ok(KWcsicmp(L"ABC", L"abc") == 0 && KWcsnicmp(L"ABx", L"aby", 2) == 0, "_wcsicmp, _wcsnicmp");
    KWcscpy(Text, L"a\\b\\c");
    ok(KWcschr(Text, L'\\') == Text + 1 && KWcsrchr(Text, L'\\') == Text + 3 && KWcsstr(Text, L"b\\") == Text + 2, "wcschr, wcsrchr, wcsstr");
    KWcscpy(Text, L"MiXed");
    SAME_WIDE(KWcslwr(Text), L"mixed", "_wcslwr");
    SAME_WIDE(KWcsupr(Text), L"MIXED", "_wcsupr");
    ok(KWcscpyS(Text, 4, L"abc") == 0 && KWcscatS(Text, 4, L"d") == 34 && Text[0] == 0, "wcscpy_s, wcscat_s");
}

static int Compare(const void *A, const void *B) {
    int Left = *(const int *)A, Right = *(const int *)B;
    return Left < Right ? -1 : Left > Right;
}

static VOID TestNumbers(VOID) {
    char Text[40], *End;
    wchar_t Wide[40];
    static int Numbers[1000];
    ULONG Ordered = 0;
    int Key = 0;
    ok(KAtoi(" -42x") == -42 && KAtol("+17") == 17 && KWtoi(L"99") == 99 && KAtoi("x") == 0, "atoi, atol, _wtoi");
    ok(KStrtol("-0x1Fz", &End, 0) == -0x1F && *End == 'z', "strtol");
    ok(KStrtoul("4294967295", NULL, 10) == 0xFFFFFFFF && KStrtoul("777", NULL, 8) == 511, "strtoul");
    is(KStrtol("99999999999", NULL, 10), 0x7FFFFFFF, "strtol of too much");
    SAME(KItoa(-255, Text, 10), "-255", "_itoa decimal");
    SAME(KItoa(255, Text, 16), "ff", "_itoa hexadecimal");
    SAME_WIDE(KItow(5, Wide, 2), L"101", "_itow binary");
    KSrand(1);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Numbers); i++) {
        Numbers[i] = KRand();
    }
    Key = Numbers[500];
    KQsort(Numbers, RTL_NUMBER_OF(Numbers), sizeof(int), Compare);
    for (ULONG i = 1; i < RTL_NUMBER_OF(Numbers); i++) {
        Ordered += Numbers[i - 1] <= Numbers[i];
    }
    is(Ordered, RTL_NUMBER_OF(Numbers) - 1, "qsort of a thousand");
    int *Found = KBsearch(&Key, Numbers, RTL_NUMBER_OF(Numbers), sizeof(int), Compare);
    ok(Found && *Found == Key, "bsearch finds one");
    Key = -1;
    ok(KBsearch(&Key, Numbers, RTL_NUMBER_OF(Numbers), sizeof(int), Compare) == NULL, "but not what is not there");
    KSrand(1);
    is(KRand(), 41, "rand: the first number of seed 1");
    is(KRand(), 18467, "and the second one");
}

static VOID TestCharacters(VOID) {
    char Text[8];
    wchar_t Wide[8];
    ok(KIsdigit('5') && !KIsdigit('a') && KIslower('a') && !KIslower('A') && KIsupper('A') && !KIsupper('a') && KIsspace('\t') && !KIsspace('x') &&
           KIsxdigit('f') && !KIsxdigit('g') && KIsprint(' ') && !KIsprint('\n'),
       "isdigit, islower, isupper, isspace, isxdigit, isprint");
    ok(KTolower('Q') == 'q' && KTolower('1') == '1' && KToupper('q') == 'Q', "tolower, toupper");
    ok(KTowlower(L'Q') == L'q' && KTowupper(L'q') == L'Q', "towlower, towupper");
    is(KMbstowcs(Wide, "abc", 8), 3, "mbstowcs");
    is(KWcstombs(Text, L"xyz", 8), 3, "wcstombs");
    ok(Wide[2] == L'c' && Wide[3] == 0 && Text[2] == 'z' && Text[3] == 0, "both terminate");
}

static VOID TestMemory(VOID) {
    static UCHAR From[300], To[300];
    ULONG Right = 0;
    for (ULONG Length = 0; Length < 256; Length++) {
        for (ULONG i = 0; i < sizeof(From); i++) {
            From[i] = (UCHAR)(i * 7 + 1);
            To[i] = 0xEE;
        }
        Right += KMemcpy(To + 3, From + 5, Length) == To + 3 && KMemcmp(To + 3, From + 5, Length) == 0 && To[2] == 0xEE && To[3 + Length] == 0xEE;
        KMemmove(From + 1, From, Length);
        Right += Length == 0 || (From[Length] == (UCHAR)((Length - 1) * 7 + 1) && From[0] == 1);
        KMemset(To, 0x55, Length);
        Right += Length == 0 || (To[0] == 0x55 && To[Length - 1] == 0x55 && To[299] == 0xEE);
    }
    is(Right, 3 * 256, "memcpy, memmove, memset of 0 to 255 bytes, misaligned");
    ok(KMemcmp("abc", "abd", 3) < 0 && KMemcmp("\xFF", "\x01", 1) > 0 && KMemcmp("a", "b", 0) == 0, "memcmp");
    ok(KMemchr(From, From[9], sizeof(From)) != NULL && KMemchr("abc", 'd', 3) == NULL, "memchr");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestPrintf();
    TestNarrow();
    TestWide();
    TestNumbers();
    TestCharacters();
    TestMemory();
}
