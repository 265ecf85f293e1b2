/* Functions of msvcrt.dll that programs in C of twenty years import: secure forms, float, searching folders, multibyte strings, file times. */
#include "utap.h"
#include <conio.h>
#include <errno.h>
#include <io.h>
#include <math.h>
#include <mbstring.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utime.h>
#include <time.h>
#include <wchar.h>

static void secure(void) {
    WCHAR wide[16];
    char text[32];
    OK(swprintf_s(wide, 16, L"%d-%s", 42, L"ab") == 5 && !wcscmp(wide, L"42-ab"), "swprintf_s");
    OK(_snwprintf_s(wide, 4, _TRUNCATE, L"%s", L"abcdef") == -1 && !wcscmp(wide, L"abc"), "_snwprintf_s cuts short");
    OK(_snwprintf_s(wide, 16, 2, L"%s", L"abcdef") == -1 && !wcscmp(wide, L"ab"), "as much as is asked for");
    OK(_itoa_s(-255, text, sizeof text, 16) == 0 && !strcmp(text, "ffffff01") && _ui64toa_s(1ull << 40, text, sizeof text, 10) == 0 &&
           !strcmp(text, "1099511627776"),
       "numbers");
    OK(_makepath_s(text, sizeof text, "c", "dir", "name", "ext") == 0 && !strcmp(text, "c:dir\\name.ext"), "_makepath_s");
    OK(strncat_s(strcpy(text, "ab"), sizeof text, "cdef", 2) == 0 && !strcmp(text, "abcd"), "strncat_s");
    OK(_putenv_s("OLDER", "yes") == 0 && _wgetenv_s(&(size_t){0}, wide, 16, L"OLDER") == 0 && !wcscmp(wide, L"yes"), "the environment");
    OK(fprintf_s(stdout, "# %s\n", "fprintf_s") == 12 && printf_s("# %d\n", 7) == 4, "to streams");
}

static volatile float one = 1, two = 2;
static void floats(void) {
    OK(fabsf(sinf(one) - 0.8414710f) < 1e-6f && fabsf(cosf(one) - 0.5403023f) < 1e-6f && fabsf(atan2f(one, two) - 0.4636476f) < 1e-6f, "angles");
    OK(powf(two, 10) == 1024 && fabsf(expf(one) - 2.7182818f) < 1e-6f && fabsf(log10f(two * 50) - 2) < 1e-6f && floorf(1.5f * one) == 1 &&
           ceilf(1.5f * one) == 2,
       "powers and whole numbers");
}

static void folders(void) {
    struct _finddata_t found;
    struct _wfinddata_t wide;
    FILE *file = fopen("older.tmp", "w");
    intptr_t search;
    fputs("12345", file);
    fclose(file);
    search = _findfirst("older.*", &found);
    OK(search != -1 && !_stricmp(found.name, "older.tmp") && found.size == 5 && !(found.attrib & _A_SUBDIR), "_findfirst");
    OK(_findnext(search, &found) == -1 && errno == ENOENT && _findclose(search) == 0, "no other");
    search = _wfindfirst(L"older.*", &wide);
    OK(search != -1 && !_wcsicmp(wide.name, L"older.tmp") && wide.size == 5 && _findclose(search) == 0, "in UTF-16");
    OK(_findfirst("no such *", &found) == -1 && errno == ENOENT, "none");
}

static void file_times(void) {
    struct __utimbuf64 times = {.actime = 1000000000, .modtime = 1234567890};
    struct __stat64 status;
    OK(_utime64("older.tmp", &times) == 0 && _stat64("older.tmp", &status) == 0 && status.st_mtime == 1234567890, "_utime");
    OK(_utime64("older.tmp", NULL) == 0 && _stat64("older.tmp", &status) == 0 && status.st_mtime > 1234567890, "now");
    OK(_utime64("no such file", &times) == -1 && errno == ENOENT, "no file");
    remove("older.tmp");
}

static int __cdecl by_value(void *context, const void *a, const void *b) {
    ++*(int *)context;
    return *(const int *)a - *(const int *)b;
}
static void the_rest(void) {
    int numbers[] = {5, 3, 9, 1}, calls = 0, key = 9;
    unsigned count = 4;
    char text[] = "Some Text";
    qsort_s(numbers, 4, sizeof *numbers, by_value, &calls);
    OK(numbers[0] == 1 && numbers[3] == 9 && calls && bsearch_s(&key, numbers, 4, sizeof key, by_value, &calls) == &numbers[3],
       "qsort_s and bsearch_s");
    OK(_lfind_s(&key, numbers, &count, sizeof key, by_value, &calls) == &numbers[3], "_lfind_s");
    OK(!strcmp((char *)_mbschr((BYTE *)text, 'T'), "Text") && _mbslen((BYTE *)text) == 9 && !_mbsicmp((BYTE *)text, (BYTE *)"SOME TEXT"), "_mbs...");
    OK(_rotl(0x80000001, 1) == 3 && _rotr(3, 1) == 0x80000001, "_rotl");
    OK(_cprintf("# %s\r\n", "_cprintf") == 12, "_cprintf");
    _tzset();
    OK(_timezone % 60 == 0 && (_daylight == 0 || _daylight == 1) && _dstbias % 60 == 0, "the time zone's variables");
}

int main(void) {
    secure();
    floats();
    folders();
    file_times();
    the_rest();
    return done();
}
