/* Kinds of characters. The narrow ones are those of the C locale; the wide ones know the letters of Latin, Greek and Cyrillic. */
#include "crt.h"

#define C _CONTROL
#define S _SPACE
#define P _PUNCT
#define D (_DIGIT | _HEX)
#define X (_UPPER | _HEX | 0x100)
#define U (_UPPER | 0x100)
#define Y (_LOWER | _HEX | 0x100)
#define L (_LOWER | 0x100)
/* Indexed by character + 1, so that EOF has an entry. */
const unsigned short crt_ctype[257] = {
    0,          C,     C,     C,     C, C, C, C, C, C, C | S | _BLANK,
    C | S,      C | S, C | S, C | S, C, C, /* 00 */
    C,          C,     C,     C,     C, C, C, C, C, C, C,
    C,          C,     C,     C,     C, /* 10 */
    S | _BLANK, P,     P,     P,     P, P, P, P, P, P, P,
    P,          P,     P,     P,     P, /* 20 */
    D,          D,     D,     D,     D, D, D, D, D, D, P,
    P,          P,     P,     P,     P, /* 30 */
    P,          X,     X,     X,     X, X, X, U, U, U, U,
    U,          U,     U,     U,     U, /* 40 */
    U,          U,     U,     U,     U, U, U, U, U, U, U,
    P,          P,     P,     P,     P, /* 50 */
    P,          Y,     Y,     Y,     Y, Y, Y, L, L, L, L,
    L,          L,     L,     L,     L, /* 60 */
    L,          L,     L,     L,     L, L, L, L, L, L, L,
    P,          P,     P,     P,     C, /* 70 */
};
const unsigned short *crt_pctype = crt_ctype + 1;
#undef C
#undef S
#undef P
#undef D
#undef X
#undef U
#undef Y
#undef L

int __cdecl _isctype(int c, int type) { return c >= -1 && c <= 255 ? crt_pctype[c] & type : 0; }

const unsigned short *__cdecl __pctype_func(void) { return crt_pctype; }

#define NARROW(name, mask)                                                                                                                           \
    int __cdecl name(int c) { return _isctype(c, mask); }
NARROW(isalpha, 0x100)
NARROW(isupper, _UPPER)
NARROW(islower, _LOWER)
NARROW(isdigit, _DIGIT)
NARROW(isxdigit, _HEX)
NARROW(isspace, _SPACE)
NARROW(ispunct, _PUNCT)
NARROW(isalnum, 0x100 | _DIGIT)
NARROW(isgraph, 0x100 | _DIGIT | _PUNCT)
NARROW(iscntrl, _CONTROL)

int __cdecl isprint(int c) { return c >= 0x20 && c < 0x7F; }

int __cdecl tolower(int c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

int __cdecl toupper(int c) { return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c; }

int __cdecl __isascii(int c) { return (unsigned)c < 0x80; }

int __cdecl __toascii(int c) { return c & 0x7F; }

int __cdecl __iscsym(int c) { return isalnum(c) || c == '_'; }

int __cdecl __iscsymf(int c) { return isalpha(c) || c == '_'; }

/* ---- Wide ------------------------------------------------------------------------------------------------------------------------ */

/* Capital letters whose small ones follow at a distance; at distance 1 they alternate, the capital being the even or odd one as first is. */
static const struct {
    wchar_t first, last;
    wchar_t distance;
} capitals[] = {
    {0x0041, 0x005A, 32}, {0x00C0, 0x00D6, 32}, {0x00D8, 0x00DE, 32}, {0x0100, 0x012E, 1},  {0x0132, 0x0136, 1},
    {0x0139, 0x0147, 1},  {0x014A, 0x0176, 1},  {0x0179, 0x017D, 1},  {0x0391, 0x03A1, 32}, {0x03A3, 0x03AB, 32},
    {0x0400, 0x040F, 80}, {0x0410, 0x042F, 32}, {0x0460, 0x0480, 1},
};

static wint_t small_of(wint_t c) {
    for (size_t i = 0; i < CRT_LENGTH(capitals); i++) {
        if (c >= capitals[i].first && c <= capitals[i].last && (capitals[i].distance != 1 || (c - capitals[i].first) % 2 == 0)) {
            return (wint_t)(c + capitals[i].distance);
        }
    }
    return c;
}

static wint_t capital_of(wint_t c) {
    for (size_t i = 0; i < CRT_LENGTH(capitals); i++) {
        wint_t capital = (wint_t)(c - capitals[i].distance);

        if (capital >= capitals[i].first && capital <= capitals[i].last && (capitals[i].distance != 1 || (capital - capitals[i].first) % 2 == 0)) {
            return capital;
        }
    }
    return c;
}

/* Changes of case are the locale's (learn.microsoft.com, "to functions"), and the C locale knows the 26 letters; kinds of characters are the same in all. */
wint_t __cdecl towlower(wint_t c) { return c < 0x80 || crt_codepage ? small_of(c) : c; }

wint_t __cdecl towupper(wint_t c) { return c < 0x80 || crt_codepage ? capital_of(c) : c; }

static int wide_type(wint_t c) {
    int type;

    if (c < 0x80) {
        return crt_pctype[c];
    }
    if (c == WEOF) {
        return 0;
    }
    type = (small_of(c) != c ? _UPPER | 0x100 : 0) | (capital_of(c) != c ? _LOWER | 0x100 : 0);
    if (type) {
        return type;
    }
    if (c < 0xA0) {
        return c == 0x85 ? _CONTROL | _SPACE : _CONTROL;
    }
    if (c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x3000) {
        return _SPACE | _BLANK;
    }
    if (c == 0xAA || c == 0xB5 || c == 0xBA || c == 0xDF || (c >= 0x100 && c <= 0x24F) || (c >= 0x370 && c <= 0x52F) || (c >= 0x5D0 && c <= 0x5EA) ||
        (c >= 0x620 && c <= 0x64A) || (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3)) {
        return 0x100;
    }
    return c < 0xD800 || c > 0xF8FF ? _PUNCT : 0;
}

int __cdecl iswctype(wint_t c, wctype_t type) { return wide_type(c) & type; }

#undef iswalpha
#undef iswupper
#undef iswlower
#undef iswdigit
#undef iswxdigit
#undef iswspace
#undef iswpunct
#undef iswalnum
#undef iswgraph
#undef iswcntrl
#undef iswprint
#undef iswascii
#define WIDE(name, mask)                                                                                                                             \
    int __cdecl name(wint_t c) { return wide_type(c) & (mask); }
WIDE(iswalpha, 0x100)
WIDE(iswupper, _UPPER)
WIDE(iswlower, _LOWER)
WIDE(iswdigit, _DIGIT)
WIDE(iswxdigit, _HEX)
WIDE(iswspace, _SPACE)
WIDE(iswpunct, _PUNCT)
WIDE(iswalnum, 0x100 | _DIGIT)
WIDE(iswgraph, 0x100 | _DIGIT | _PUNCT)
WIDE(iswcntrl, _CONTROL)

int __cdecl iswprint(wint_t c) { return c == ' ' || wide_type(c) & (0x100 | _DIGIT | _PUNCT); }

int __cdecl iswascii(wint_t c) { return c < 0x80; }
