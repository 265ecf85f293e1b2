/* The scanf family: one engine over a source of bytes or UTF-16 units. */
#include "crt.h"

typedef struct SOURCE {
    int (*get)(struct SOURCE *source);
    void (*unget)(struct SOURCE *source, int c);
    FILE *stream;
    const char *text;
    const wchar_t *wide_text;
    size_t left; /* units of text, for the forms with a limit */
    BOOL wide;
    unsigned flags;
    int taken; /* units consumed so far, for %n */
} SOURCE;

enum { SIZE_CHAR, SIZE_SHORT, SIZE_INT, SIZE_LONG, SIZE_64, SIZE_LONG_DOUBLE };

typedef struct CONVERSION {
    BOOL suppress;
    int width; /* INT_MAX: none given */
    int size;
    BOOL size_given;
    BOOL wide; /* of %s %c %[ */
} CONVERSION;

static int next(SOURCE *source) {
    int c = source->get(source);

    if (c >= 0) {
        source->taken++;
    }
    return c;
}

static void back(SOURCE *source, int c) {
    if (c >= 0) {
        source->taken--;
        source->unget(source, c);
    }
}

static BOOL is_space(const SOURCE *source, int c) { return c >= 0 && (source->wide ? iswspace((wint_t)c) : isspace(c)) != 0; }

static void skip_space(SOURCE *source) {
    int c;

    do {
        c = next(source);
    } while (is_space(source, c));
    back(source, c);
}

static void store_integer(va_list *arguments, int size, unsigned long long value) {
    void *to = va_arg(*arguments, void *);

    switch (size) {
    case SIZE_CHAR: *(unsigned char *)to = (unsigned char)value; break;
    case SIZE_SHORT: *(unsigned short *)to = (unsigned short)value; break;
    case SIZE_64: *(unsigned long long *)to = value; break;
    default: *(unsigned *)to = (unsigned)value; break;
    }
}

/* Result of a conversion: 1 stored, 0 no match, -1 the source had ended before its first character. */
static int scan_integer(SOURCE *source, const CONVERSION *conversion, unsigned base, va_list *arguments) {
    unsigned long long value = 0;
    int width = conversion->width, digits = 0;
    BOOL negative = FALSE;
    int c = next(source);

    if (c < 0) {
        return -1;
    }
    if ((c == '-' || c == '+') && width > 1) {
        negative = c == '-';
        width--;
        c = next(source);
    }
    if (c == '0' && (base == 0 || base == 16) && width > 1) {
        int x = next(source);

        digits++;
        width--;
        if (x == 'x' || x == 'X') {
            base = 16;
            width--;
            digits = 0;
            c = width > 0 ? next(source) : -1;
        } else {
            base = base == 0 ? 8 : base;
            c = x;
        }
    }
    if (base == 0) {
        base = 10;
    }
    while (width > 0 && crt_digit(c) < base) {
        value = value * base + crt_digit(c);
        digits++;
        width--;
        c = width > 0 ? next(source) : -1;
    }
    if (width > 0) {
        back(source, c);
    }
    if (!digits) {
        return 0;
    }
    if (!conversion->suppress) {
        store_integer(arguments, conversion->size, negative ? 0 - value : value);
    }
    return 1;
}

/* Whether c may follow text in a number: decimal always; hexadecimal, "inf" and "nan" as far as the library takes them. */
static BOOL continues_number(const char *text, int count, int c) {
    static const char *const names[] = {"infinity", "nan"};
    int first = count && (text[0] == '+' || text[0] == '-'), length = count - first;
    BOOL hex = length > 1 && text[first] == '0' && (text[first + 1] | 0x20) == 'x';
    int mark = hex ? 'p' : 'e';
    BOOL point = FALSE, exponent = FALSE, digits = FALSE;

    if (c < 0 || c > 0x7F) {
        return FALSE;
    }
    if (!count && (c == '+' || c == '-')) {
        return TRUE;
    }
    for (size_t i = 0; crt_universal && i < CRT_LENGTH(names); i++) {
        if (length < (int)strlen(names[i]) && _strnicmp(text + first, names[i], (size_t)length) == 0 && (c | 0x20) == names[i][length]) {
            return TRUE;
        }
    }
    for (int i = first + (hex ? 2 : 0); i < count; i++) {
        point |= text[i] == '.';
        exponent |= (text[i] | 0x20) == mark;
        digits |= crt_digit(text[i]) < 16;
    }
    if (crt_universal && length == 1 && text[first] == '0' && (c | 0x20) == 'x') {
        return TRUE;
    }
    if (crt_digit(c) < (hex && !exponent ? 16u : 10u)) {
        return TRUE;
    }
    if (c == '+' || c == '-') {
        return exponent && (text[count - 1] | 0x20) == mark;
    }
    return (c == '.' && !point && !exponent) || ((c | 0x20) == mark && !exponent && digits);
}

static int scan_float(SOURCE *source, const CONVERSION *conversion, va_list *arguments) {
    char text[1200];
    int count = 0, width = conversion->width, range;
    const char *end;
    double value;
    int c = next(source);

    if (c < 0) {
        return -1;
    }
    for (; width > 0 && count < (int)sizeof(text) - 1 && continues_number(text, count, c); width--) {
        text[count++] = (char)c;
        text[count] = 0;
        c = width > 1 ? next(source) : -1;
    }
    back(source, c);
    text[count] = 0;
    value = crt_parse_number(text, &end, conversion->size == SIZE_INT && !conversion->size_given ? 24 : 53, &range);
    if (end == text) {
        return 0;
    }
    if (!conversion->suppress) {
        if (conversion->size == SIZE_LONG || conversion->size == SIZE_LONG_DOUBLE) { /* long double is double for this library */
            *va_arg(*arguments, double *) = value;
        } else {
            *va_arg(*arguments, float *) = (float)value;
        }
    }
    return 1;
}

static int format_at(const void *format, BOOL wide, size_t i) { return wide ? ((const wchar_t *)format)[i] : ((const unsigned char *)format)[i]; }

static BOOL set_contains(const SOURCE *source, const void *format, size_t first, size_t end, BOOL inverted, int c) {
    BOOL found = FALSE;

    for (size_t i = first; i < end && !found; i++) {
        int from = format_at(format, source->wide, i);

        if (i + 2 < end && format_at(format, source->wide, i + 1) == '-') {
            int to = format_at(format, source->wide, i + 2);

            found = from <= to ? c >= from && c <= to : c >= to && c <= from;
            i += 2;
        } else {
            found = c == from;
        }
    }
    return found != inverted;
}

/* %s, %c and %[: which characters are taken is told by kind. */
static int scan_text(SOURCE *source, const CONVERSION *conversion, char kind, const void *format, size_t first, size_t end, BOOL inverted,
                     va_list *arguments) {
    void *to = conversion->suppress ? NULL : va_arg(*arguments, void *);
    size_t room = to && source->flags & CRT_SCAN_SECURE ? va_arg(*arguments, unsigned) : (size_t)-1;
    int width = kind == 'c' && conversion->width == INT_MAX ? 1 : conversion->width;
    size_t count = 0;
    int c = next(source);

    if (c < 0) {
        return -1;
    }
    for (; width > 0 && c >= 0; width--) {
        if ((kind == 's' && is_space(source, c)) || (kind == '[' && !set_contains(source, format, first, end, inverted, c))) {
            break;
        }
        if (count + (kind != 'c') >= room) { /* "scanf_s": nothing is stored */
            errno = ENOMEM;
            if (room) {
                memset(to, 0, conversion->wide ? sizeof(wchar_t) : 1);
            }
            return 0;
        }
        if (to && conversion->wide) {
            wchar_t wide = (wchar_t)c;

            if (!source->wide) {
                char narrow = (char)c;
                mbtowc(&wide, &narrow, 1);
            }
            ((wchar_t *)to)[count] = wide;
        } else if (to) {
            char narrow = (char)c;

            if (source->wide && wctomb(&narrow, (wchar_t)c) < 1) {
                narrow = '?';
            }
            ((char *)to)[count] = narrow;
        }
        count++;
        c = width > 1 ? next(source) : -1;
    }
    back(source, c);
    if (!count || (kind == 'c' && width > 0)) {
        return kind == 'c' && count ? -1 : 0;
    }
    if (to && kind != 'c') {
        if (conversion->wide) {
            ((wchar_t *)to)[count] = 0;
        } else {
            ((char *)to)[count] = 0;
        }
    }
    return 1;
}

static size_t parse_conversion(const SOURCE *source, const void *format, size_t i, CONVERSION *conversion) {
    *conversion = (CONVERSION){.width = INT_MAX, .size = SIZE_INT, .wide = source->wide && !(source->flags & CRT_PRINT_ISO_WIDE)};
    if (format_at(format, source->wide, i) == '*') {
        conversion->suppress = TRUE;
        i++;
    }
    for (int c; (c = format_at(format, source->wide, i)) >= '0' && c <= '9'; i++) {
        conversion->width = conversion->width == INT_MAX ? c - '0'
                            : conversion->width < 100000 ? conversion->width * 10 + (c - '0')
                                                         : conversion->width;
    }
    for (;; i++) {
        int c = format_at(format, source->wide, i);

        if (c == 'h') {
            conversion->size = conversion->size == SIZE_SHORT ? SIZE_CHAR : SIZE_SHORT;
            conversion->wide = FALSE;
        } else if (c == 'l' || c == 'w') {
            conversion->size = conversion->size == SIZE_LONG ? SIZE_64 : SIZE_LONG;
            conversion->wide = TRUE;
        } else if (c == 'L') {
            conversion->size = SIZE_LONG_DOUBLE;
        } else if (c == 'z' || c == 'j' || c == 't' || c == 'q') {
            conversion->size = SIZE_64;
        } else if (c == 'I') {
            int a = format_at(format, source->wide, i + 1), b = a ? format_at(format, source->wide, i + 2) : 0;

            conversion->size = a == '3' && b == '2' ? SIZE_INT : SIZE_64;
            i += (a == '6' && b == '4') || (a == '3' && b == '2') ? 2 : 0;
        } else {
            return i;
        }
        conversion->size_given = TRUE;
    }
}

static int scan(SOURCE *source, const void *format, va_list *arguments) {
    int stored = 0;
    size_t i = 0;

    for (int f; (f = format_at(format, source->wide, i)) != 0; i++) {
        CONVERSION conversion;
        size_t first = 0, end = 0;
        BOOL inverted = FALSE;
        int result;

        if (is_space(source, f)) {
            skip_space(source);
            continue;
        }
        if (f != '%' || format_at(format, source->wide, i + 1) == '%') {
            int c;

            if (f == '%') {
                skip_space(source);
                i++;
            }
            c = next(source);
            if (c != f) {
                back(source, c);
                return c < 0 && !stored ? EOF : stored;
            }
            continue;
        }
        i = parse_conversion(source, format, i + 1, &conversion);
        f = format_at(format, source->wide, i);
        if (f == 'n') {
            if (!conversion.suppress) {
                store_integer(arguments, conversion.size, (unsigned)source->taken);
            }
            continue;
        }
        if (f != 'c' && f != 'C' && f != '[') {
            skip_space(source);
        }
        switch (f) {
        case 'd':
        case 'u': result = scan_integer(source, &conversion, 10, arguments); break;
        case 'i': result = scan_integer(source, &conversion, 0, arguments); break;
        case 'o': result = scan_integer(source, &conversion, 8, arguments); break;
        case 'p':
            conversion.size = SIZE_64;
            result = scan_integer(source, &conversion, 16, arguments);
            break;
        case 'x':
        case 'X': result = scan_integer(source, &conversion, 16, arguments); break;
        case 'a':
        case 'A':
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G': result = scan_float(source, &conversion, arguments); break;
        case 'C':
        case 'S': /* of the other width, unless a size says which */
            if (!conversion.size_given) {
                conversion.wide = !conversion.wide;
            }
            result = scan_text(source, &conversion, f == 'C' ? 'c' : 's', NULL, 0, 0, FALSE, arguments);
            break;
        case 'c':
        case 's': result = scan_text(source, &conversion, (char)f, NULL, 0, 0, FALSE, arguments); break;
        case '[':
            i++;
            if (format_at(format, source->wide, i) == '^') {
                inverted = TRUE;
                i++;
            }
            first = i;
            if (format_at(format, source->wide, i) == ']') {
                i++;
            }
            while (format_at(format, source->wide, i) && format_at(format, source->wide, i) != ']') {
                i++;
            }
            end = i;
            if (!format_at(format, source->wide, i)) {
                return stored;
            }
            result = scan_text(source, &conversion, '[', format, first, end, inverted, arguments);
            break;
        default: return stored;
        }
        if (result <= 0) {
            return result < 0 && !stored ? EOF : stored;
        }
        stored += !conversion.suppress;
    }
    return stored;
}

/* ---- Sources ------------------------------------------------------------------------------------------------------------------- */

static int get_text(SOURCE *source) {
    if (!source->left || !*source->text) {
        return -1;
    }
    source->left--;
    return (unsigned char)*source->text++;
}

static void unget_text(SOURCE *source, int c) {
    source->left++;
    source->text--;
}

static int get_wide_text(SOURCE *source) {
    if (!source->left || !*source->wide_text) {
        return -1;
    }
    source->left--;
    return *source->wide_text++;
}

static void unget_wide_text(SOURCE *source, int c) {
    source->left++;
    source->wide_text--;
}

static int get_stream(SOURCE *source) { return crt_get(source->stream); }

static void unget_stream(SOURCE *source, int c) { crt_unget(c, source->stream); }

static int get_wide_stream(SOURCE *source) {
    wint_t c = crt_get_wide(source->stream);

    return c == WEOF ? -1 : c;
}

static void unget_wide_stream(SOURCE *source, int c) { crt_unget_wide((wint_t)c, source->stream); }

int crt_scan_memory(const void *text, size_t size, const void *format, BOOL wide, unsigned flags, va_list arguments) {
    SOURCE source = {.get = wide ? get_wide_text : get_text,
                     .unget = wide ? unget_wide_text : unget_text,
                     .text = text,
                     .wide_text = text,
                     .left = size,
                     .wide = wide,
                     .flags = flags};
    va_list copy;
    int result;

    va_copy(copy, arguments);
    result = scan(&source, format, &copy);
    va_end(copy);
    return result;
}

int crt_scan(FILE *stream, const void *format, BOOL wide, unsigned flags, va_list arguments) {
    SOURCE source = {
        .get = wide ? get_wide_stream : get_stream, .unget = wide ? unget_wide_stream : unget_stream, .stream = stream, .wide = wide, .flags = flags};
    va_list copy;
    int result;

    va_copy(copy, arguments);
    crt_lock_stream(stream);
    result = scan(&source, format, &copy);
    crt_unlock_stream(stream);
    va_end(copy);
    return result;
}

/* ---- The functions ---------------------------------------------------------------------------------------------------------------- */

#define SCAN(name, parameters, last, expression)                                                                                                     \
    int __cdecl name parameters {                                                                                                                    \
        va_list arguments;                                                                                                                           \
        int result;                                                                                                                                  \
                                                                                                                                                     \
        va_start(arguments, last);                                                                                                                   \
        result = expression;                                                                                                                         \
        va_end(arguments);                                                                                                                           \
        return result;                                                                                                                               \
    }
SCAN(scanf, (const char *format, ...), format, crt_scan(&crt_streams[0], format, FALSE, 0, arguments))
SCAN(fscanf, (FILE * stream, const char *format, ...), format, crt_scan(stream, format, FALSE, 0, arguments))
SCAN(sscanf, (const char *text, const char *format, ...), format, crt_scan_memory(text, (size_t)-1, format, FALSE, 0, arguments))
SCAN(_snscanf, (const char *text, size_t size, const char *format, ...), format, crt_scan_memory(text, size, format, FALSE, 0, arguments))
SCAN(wscanf, (const wchar_t *format, ...), format, crt_scan(&crt_streams[0], format, TRUE, 0, arguments))
SCAN(fwscanf, (FILE * stream, const wchar_t *format, ...), format, crt_scan(stream, format, TRUE, 0, arguments))
SCAN(scanf_s, (const char *format, ...), format, crt_scan(&crt_streams[0], format, FALSE, CRT_SCAN_SECURE, arguments))
SCAN(fscanf_s, (FILE * stream, const char *format, ...), format, crt_scan(stream, format, FALSE, CRT_SCAN_SECURE, arguments))
SCAN(sscanf_s, (const char *text, const char *format, ...), format, crt_scan_memory(text, (size_t)-1, format, FALSE, CRT_SCAN_SECURE, arguments))
SCAN(wscanf_s, (const wchar_t *format, ...), format, crt_scan(&crt_streams[0], format, TRUE, CRT_SCAN_SECURE, arguments))
SCAN(fwscanf_s, (FILE * stream, const wchar_t *format, ...), format, crt_scan(stream, format, TRUE, CRT_SCAN_SECURE, arguments))
SCAN(swscanf_s, (const wchar_t *text, const wchar_t *format, ...), format,
     crt_scan_memory(text, (size_t)-1, format, TRUE, CRT_SCAN_SECURE, arguments))
SCAN(swscanf, (const wchar_t *text, const wchar_t *format, ...), format, crt_scan_memory(text, (size_t)-1, format, TRUE, 0, arguments))
