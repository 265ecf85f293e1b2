/* Numbers and narrow text. */
#include "crt.h"

#define CHARACTER       char
#define F(narrow, wide) narrow
#define SPACE(c)        isspace((unsigned char)(c))

/* What a character is worth as a digit; more than any base when it is none. */
unsigned crt_digit(int c) {
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'z') {
        return (unsigned)(c - 'a' + 10);
    }
    if (c >= 'A' && c <= 'Z') {
        return (unsigned)(c - 'A' + 10);
    }
    return 99;
}

#include "number.inc"

static double parse(const char *text, char **end, int precision) {
    const char *p = text, *stop;
    double value;
    int range;

    while (isspace((unsigned char)*p)) {
        p++;
    }
    value = crt_parse_double(p, &stop, precision, &range);
    if (range) {
        errno = ERANGE;
    }
    if (end) {
        *end = (char *)(stop == p ? text : stop);
    }
    return value;
}

double crt_strtod(const char *text, char **end) { return parse(text, end, 53); }

float crt_strtof(const char *text, char **end) { return (float)parse(text, end, 24); }

double __cdecl atof(const char *text) { return parse(text, NULL, 53); }

/* Digits without a point: *point is where it belongs. */
static char *convert(double value, int places, BOOL after_point, int *point, int *sign) {
    char *to = crt_thread()->convert_text;
    char text[RTLP_FLOAT_TEXT + 80];
    size_t length, count = 0;

    places = places < 0 ? 0 : places > 60 ? 60 : places;
    *sign = signbit(value) != 0;
    if (*sign) {
        value = -value;
    }
    if (!after_point) {
        if (places == 0) {
            places = 1;
        }
        length = RtlpFormatFloat(text, value, 'e', places - 1, FALSE);
        for (size_t i = 0; i < length && text[i] != 'e'; i++) {
            if (text[i] != '.') {
                to[count++] = text[i];
            }
        }
        to[count] = 0;
        *point = value == 0 ? 0 : atoi(strchr(text, 'e') + 1) + 1;
        return to;
    }
    length = RtlpFormatFloat(text, value, 'f', places, FALSE);
    *point = 0;
    for (size_t i = 0; i < length && count < sizeof(crt_thread()->convert_text) - 1; i++) {
        if (text[i] == '.') {
            continue;
        }
        to[count++] = text[i];
    }
    to[count] = 0;
    *point = (int)count - places;
    while (*to == '0' && count > 1 && *point > -places) {
        to++;
        --*point;
    }
    return to;
}

char *__cdecl _ecvt(double value, int count, int *point, int *sign) { return convert(value, count, FALSE, point, sign); }

char *__cdecl _fcvt(double value, int places, int *point, int *sign) { return convert(value, places, TRUE, point, sign); }

char *__cdecl _gcvt(double value, int count, char *to) {
    sprintf(to, "%.*g", count, value);
    return to;
}
