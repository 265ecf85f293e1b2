/* Numbers and wide text. */
#include "crt.h"

#define CHARACTER       wchar_t
#define F(narrow, wide) wide
#define SPACE           iswspace
#include "number.inc"

/* A number is ASCII: the start of the text that may be one is narrowed and parsed as such. */
static double parse(const wchar_t *text, wchar_t **end, int precision) {
    const wchar_t *p = text;
    const char *stop;
    char narrow[1200];
    size_t count = 0;
    int range;
    double value;

    while (iswspace(*p)) {
        p++;
    }
    while (count < sizeof(narrow) - 1 && p[count] && p[count] < 0x80) {
        narrow[count] = (char)p[count];
        count++;
    }
    narrow[count] = 0;
    value = crt_parse_number(narrow, &stop, precision, &range);
    if (range) {
        errno = ERANGE;
    }
    if (end) {
        *end = (wchar_t *)(stop == narrow ? text : p + (stop - narrow));
    }
    return value;
}

double crt_wcstod(const wchar_t *text, wchar_t **end) { return parse(text, end, 53); }

float crt_wcstof(const wchar_t *text, wchar_t **end) { return (float)parse(text, end, 24); }

double __cdecl _wtof(const wchar_t *text) { return crt_wcstod(text, NULL); }
