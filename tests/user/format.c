/* printf and scanf of the C run-time library itself, not those that mingw-w64 puts in their place. */
#define __USE_MINGW_ANSI_STDIO 0
#include "utap.h"
#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#pragma clang diagnostic ignored "-Wformat"

static char line[512];
static int is(const char *expected, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = _vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    int good = length == (int)strlen(expected) && !strcmp(line, expected);
    if (!good)
        printf("# %s gave \"%s\" (%d), not \"%s\"\n", format, line, length, expected);
    return good;
}

static void print(void) {
    wchar_t wide[64];
    OK(is("5 -5 +5  5 005 5   |", "%d %d %+d % d %03d %-4d|", 5, -5, 5, 5, 5, 5), "%d with its flags");
    OK(is("ff FF 0xff 0XFF 10 010", "%x %X %#x %#X %o %#o", 255, 255, 255, 255, 8, 8), "other bases");
    OK(is("1234567890123 -1 18446744073709551615", "%I64d %I64d %I64u", 1234567890123ll, -1ll, -1ll), "%I64");
    OK(is("1234567890123 4294967295 -1", "%lld %lu %ld", 1234567890123ll, -1, -1), "%ll and %l");
    OK(is("65535 -1 255", "%hu %hd %hhu", 65535, 65535, 255), "%h");
    OK(is("000000000000ABCD", "%p", (void *)0xABCD), "%p");
    OK(is("text| text|text |te", "%s|%5s|%-5s|%.2s", "text", "text", "text", "text"), "%s");
    OK(is("(null) wide w c", "%s %ls %C %c", NULL, L"wide", L'w', 'c'), "%ls, %C and no string");
    OK(is("wide wide", "%S %ws", L"wide", L"wide"), "%S");
    OK(is("100%", "%d%%", 100), "%%");
    OK(is("   42 42   |00042", "%*d %-*d|%.5d", 5, 42, 5, 42, 42), "widths from arguments");
    OK(_snprintf(line, 3, "%d", 12345) == -1 && !memcmp(line, "123", 3), "_snprintf without room");
    OK(_snprintf(line, 5, "%d", 12345) == 5 && _scprintf("%d", 12345) == 5, "without room for the terminator only");
    OK(_snwprintf(wide, 64, L"%s %S %d %c", L"wide", "narrow", 7, L'\x263A') == 15 && !wcscmp(wide, L"wide narrow 7 \x263A"), "wide formats");
}

static void print_floats(void) {
    OK(is("1.500000 1.5 2 1.50", "%f %.1f %.0f %.2f", 1.5, 1.5, 1.5, 1.5), "%f");
    OK(is("1.500000e+000 1.5E+010", "%e %.1E", 1.5, 1.5e10), "%e has three digits of exponent");
    OK(is("1.5 1e+020 0.0001 1e-005 100000 1e+006", "%g %g %g %g %g %g", 1.5, 1e20, 0.0001, 0.00001, 100000.0, 1000000.0), "%g");
    OK(is("0.1000000000000000055511151231257827", "%.34f", 0.1), "all digits are the number's");
    OK(is("  -1.50|+1.5|0001.5", "%7.2f|%+.1f|%06.1f", -1.5, 1.5, 1.5), "flags");
    OK(is("0.000000 -0.000000", "%f %f", 0.0, -0.0), "zeros");
}

static void read(void) {
    int a = 0, b = 0, c = 0, n = 0;
    unsigned u = 0;
    short h = 0;
    long long q = 0;
    float f = 0;
    double d = 0;
    char word[16], other[16];
    wchar_t wide[16];
    OK(sscanf("12 -34 0x1F", "%d %d %i", &a, &b, &c) == 3 && a == 12 && b == -34 && c == 31, "%d and %i");
    OK(sscanf("ff 17 077", "%x %o %i", &u, &a, &b) == 3 && u == 255 && a == 15 && b == 63, "bases");
    OK(sscanf("123456789012345 7", "%I64d %hd", &q, &h) == 2 && q == 123456789012345ll && h == 7, "sizes");
    OK(sscanf("1.5 -2.5e3 .25", "%f %lf %lf", &f, &d, &d) == 3 && f == 1.5f && d == 0.25, "floats");
    OK(sscanf("hello world", "%s %3s", word, other) == 2 && !strcmp(word, "hello") && !strcmp(other, "wor"), "%s");
    OK(sscanf("key=value;", "%[^=]=%[a-z]%n", word, other, &n) == 2 && !strcmp(word, "key") && !strcmp(other, "value") && n == 9, "%[ and %n");
    OK(sscanf("ab cd", "%*s %c%c", word, word + 1) == 2 && word[0] == 'c' && word[1] == 'd', "%* and %c");
    OK(sscanf("12abc", "%d%d", &a, &b) == 1 && a == 12, "it stops at what does not match");
    OK(sscanf("", "%d", &a) == EOF && sscanf("  ", "%d", &a) == EOF, "and at the end");
    OK(sscanf("5%", "%d%%", &a) == 1 && sscanf("1,2", "%d;%d", &a, &b) == 1, "literals");
    OK(swscanf(L"7 wide", L"%d %s", &a, wide) == 2 && a == 7 && !wcscmp(wide, L"wide"), "wide");
    OK(sscanf("narrow", "%S", wide) == 1 && !wcscmp(wide, L"narrow"), "%S");
}

static void numbers(void) {
    char *end, digits[70];
    errno = 0;
    OK(strtol("  -42x", &end, 10) == -42 && *end == 'x' && strtol("0x7f", NULL, 0) == 127 && strtol("z", NULL, 36) == 35, "strtol");
    OK(strtol("99999999999", NULL, 10) == LONG_MAX && errno == ERANGE && strtol("-99999999999", NULL, 10) == LONG_MIN, "its range");
    OK(strtoul("4294967295", NULL, 10) == ULONG_MAX && strtoul("-1", NULL, 10) == ULONG_MAX, "strtoul");
    OK(_strtoi64("-9223372036854775808", NULL, 10) == LLONG_MIN && _strtoui64("ffffffffffffffff", NULL, 16) == ULLONG_MAX, "64 bits");
    OK(strtol("x", &end, 10) == 0 && *end == 'x' && strtol("0x", &end, 16) == 0 && *end == '0', "no number");
    OK(wcstol(L" 12 ", NULL, 10) == 12 && _wtoi(L"-5") == -5 && atoi("7up") == 7 && _atoi64("5000000000") == 5000000000ll, "the other forms");
    OK(!strcmp(_itoa(-5, digits, 10), "-5") && !strcmp(_itoa(-1, digits, 16), "ffffffff") &&
           !strcmp(_i64toa(LLONG_MIN, digits, 10), "-9223372036854775808"),
       "to text");
    OK(atof("1e3") == 1000 && atof("0.1") == 0.1 && atof("179769313486231570e291") == DBL_MAX && atof("x") == 0, "atof");
    int point, sign;
    OK(!strcmp(_ecvt(3.14159, 4, &point, &sign), "3142") && point == 1 && !sign, "_ecvt");
    OK(!strcmp(_fcvt(-3.14159, 2, &point, &sign), "314") && point == 1 && sign, "_fcvt");
    OK(!strcmp(_gcvt(0.5, 5, digits), "0.5"), "_gcvt");
}

int main(void) {
    print();
    print_floats();
    read();
    numbers();
    return done();
}
