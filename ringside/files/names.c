#include "files/names.h"
#include "hal/hal.h"

#include <stdint.h>
#include <string.h>

#define BAD_CODE_POINT 0xFFFFFFFFu

/* The next code point of [*text, end); BAD_CODE_POINT for what is not UTF-8 (overlong forms and surrogates included), which takes one byte. */
static uint32_t next_code_point(const char **text, const char *end) {
    const unsigned char *p = (const unsigned char *)*text;
    size_t room = (size_t)(end - *text), extra;
    uint32_t value, least;

    (*text)++;
    if (p[0] < 0x80)
        return p[0];
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        extra = 1, value = p[0] & 0x1F, least = 0x80;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        extra = 2, value = p[0] & 0x0F, least = 0x800;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        extra = 3, value = p[0] & 0x07, least = 0x10000;
    else
        return BAD_CODE_POINT;
    if (room <= extra)
        return BAD_CODE_POINT;
    for (size_t i = 1; i <= extra; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return BAD_CODE_POINT;
        value = value << 6 | (p[i] & 0x3F);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return BAD_CODE_POINT;
    *text += extra;
    return value;
}

/* Capital letters of the scripts in which file names mostly are; others are what they are. Independent of the host's locale. */
static uint32_t upcase(uint32_t c) {
    if (c >= 'a' && c <= 'z')
        return c - 32;
    if (c < 0x80)
        return c;
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F))
        return c - 32;
    if (c >= 0x450 && c <= 0x45F)
        return c - 80;
    if (c == 0xFF)
        return 0x178;
    if ((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x481))
        return c & ~1u;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c - (c % 2 == 0);
    return c;
}

static int compare(const char *a, size_t a_length, const char *b, size_t b_length) {
    const char *a_end = a + a_length, *b_end = b + b_length;

    while (a < a_end && b < b_end) {
        unsigned char a_byte = (unsigned char)*a, b_byte = (unsigned char)*b;
        uint32_t x = next_code_point(&a, a_end), y = next_code_point(&b, b_end);
        if (x == BAD_CODE_POINT || y == BAD_CODE_POINT) { /* such bytes equal themselves only */
            if (x == y && a_byte == b_byte)
                continue;
            return x != y ? (x < y ? -1 : 1) : a_byte < b_byte ? -1 : 1;
        }
        x = upcase(x);
        y = upcase(y);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a < a_end) - (b < b_end);
}

bool names_equal_length(const char *a, size_t a_length, const char *b, size_t b_length) { return compare(a, a_length, b, b_length) == 0; }
bool names_equal(const char *a, const char *b) { return compare(a, strlen(a), b, strlen(b)) == 0; }

int names_order(const char *a, const char *b) {
    int order = compare(a, strlen(a), b, strlen(b));
    return order != 0 ? order : strcmp(a, b);
}

const char *names_last(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* CON, PRN, AUX, NUL, COM1-9, LPT1-9, CONIN$, CONOUT$, alone or before a dot: devices in every directory, says Win32. */
static bool is_device(const char *name, size_t length) {
    static const char *const words[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    const char *dot = memchr(name, '.', length);
    size_t stem = dot == NULL ? length : (size_t)(dot - name);

    while (stem > 0 && name[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (names_equal_length(name, stem, words[i], strlen(words[i])))
            return true;
    return stem == 4 && name[3] >= '1' && name[3] <= '9' && (names_equal_length(name, 3, "COM", 3) || names_equal_length(name, 3, "LPT", 3));
}

int names_check_component(const char *name, size_t length) {
    const char *end = name + length;

    if (length == 0)
        return -HAL_EINVAL;
    if (length > NAMES_MAX_COMPONENT)
        return -HAL_ENAMETOOLONG;
    if (name[length - 1] == '.' || name[length - 1] == ' ' || is_device(name, length))
        return -HAL_EINVAL; /* "." and ".." among them */
    while (name < end) {
        uint32_t c = next_code_point(&name, end);
        if (c < 0x20 || c == BAD_CODE_POINT || (c < 0x80 && strchr("\\/:*?\"<>|", (int)c) != NULL))
            return -HAL_EINVAL;
    }
    return 0;
}

int names_check(const char *path) {
    if (strnlen(path, HAL_MAX_PATH) >= HAL_MAX_PATH)
        return -HAL_ENAMETOOLONG;
    if (path[0] == '\0')
        return 0;
    for (;;) {
        size_t length = strcspn(path, "/");
        int error = names_check_component(path, length);
        if (error != 0)
            return error;
        path += length;
        if (*path == '\0')
            return 0;
        path++;
    }
}
