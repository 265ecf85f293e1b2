/* Numbers and narrow text. */
#include "crt.h"
#include "x87.h"

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

/* "0x" has been seen: digits with a point, then p and a power of two. No digits: *end is where the 0 ends. */
static double parse_hexadecimal(const char *text, const char **end, int precision, int *range) {
    const char *p = text + 2;
    unsigned long long mantissa = 0;
    int exponent = 0;
    BOOL any = FALSE, point = FALSE;
    long double value;

    *end = text + 1;
    for (;; p++) {
        unsigned digit = crt_digit(*p);

        if (*p == '.' && !point) {
            point = TRUE;
            continue;
        }
        if (digit >= 16) {
            break;
        }
        any = TRUE;
        if (mantissa >> 59) { /* what no longer fits counts as more than nothing */
            mantissa |= digit != 0;
            exponent += point ? 0 : 4;
        } else {
            mantissa = mantissa << 4 | digit;
            exponent -= point ? 4 : 0;
        }
    }
    if (!any) {
        return 0;
    }
    *end = p;
    if ((*p | 0x20) == 'p') {
        int sign = p[1] == '-' ? -1 : 1, written = 0;

        p += p[1] == '+' || p[1] == '-' ? 2 : 1;
        if (crt_digit(*p) < 10) {
            for (; crt_digit(*p) < 10; p++) {
                written = written < 100000 ? written * 10 + (*p - '0') : written;
            }
            exponent += sign * written;
            *end = p;
        }
    }
    exponent = exponent > 100000 ? 100000 : exponent < -100000 ? -100000 : exponent;
    value = x87_scale((long double)mantissa, exponent);
    value = precision == 24 ? (long double)(float)value : (long double)(double)value;
    *range = mantissa && (value == 0 || value == HUGE_VALL);
    return (double)value;
}

double crt_parse_number(const char *text, const char **end, int precision, int *range) {
    const char *p = text + (*text == '+' || *text == '-');
    double value;

    *range = 0;
    if (!crt_universal) {
        return crt_parse_double(text, end, precision, range);
    }
    if (_strnicmp(p, "inf", 3) == 0) {
        *end = p + (_strnicmp(p, "infinity", 8) == 0 ? 8 : 3);
        value = HUGE_VAL;
    } else if (_strnicmp(p, "nan", 3) == 0) {
        const char *q = p + 3;

        if (*q == '(') {
            do {
                q++;
            } while (crt_digit(*q) < 36 || *q == '_');
        }
        *end = p[3] == '(' && *q == ')' ? q + 1 : p + 3;
        value = __builtin_nan("");
    } else if (p[0] == '0' && (p[1] | 0x20) == 'x') {
        value = parse_hexadecimal(p, end, precision, range);
    } else {
        return crt_parse_double(text, end, precision, range);
    }
    return *text == '-' ? -value : value;
}

static double parse(const char *text, char **end, int precision) {
    const char *p = text, *stop;
    double value;
    int range;

    while (isspace((unsigned char)*p)) {
        p++;
    }
    value = crt_parse_number(p, &stop, precision, &range);
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
        length = RtlpFormatFloat(text, value, 'e', places - 1, FALSE, FALSE);
        for (size_t i = 0; i < length && text[i] != 'e'; i++) {
            if (text[i] != '.') {
                to[count++] = text[i];
            }
        }
        to[count] = 0;
        *point = value == 0 ? 0 : atoi(strchr(text, 'e') + 1) + 1;
        return to;
    }
    length = RtlpFormatFloat(text, value, 'f', places, FALSE, FALSE);
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
