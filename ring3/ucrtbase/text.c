/* Strings: the secure and the counted forms that the common files have not. */
#include "../crt/crt.h"

#define CHARACTER       char
#define F(narrow, wide) narrow
#define LOWER           tolower
#define UNSIGNED        unsigned char
#include "text.inc"
#undef CHARACTER
#undef F
#undef LOWER
#undef UNSIGNED
#define CHARACTER       wchar_t
#define F(narrow, wide) wide
#define LOWER           towlower
#define UNSIGNED        wchar_t
#include "text.inc"

CRT_EXPORT(errno_t, _wcslwr_s, (wchar_t * text, size_t room)) {
    if (!text || wcsnlen(text, room) == room) {
        return crt_invalid(EINVAL);
    }
    _wcslwr(text);
    return 0;
}

CRT_EXPORT(errno_t, _wcsupr_s, (wchar_t * text, size_t room)) {
    if (!text || wcsnlen(text, room) == room) {
        return crt_invalid(EINVAL);
    }
    _wcsupr(text);
    return 0;
}

CRT_EXPORT(errno_t, wmemcpy_s, (wchar_t * to, size_t room, const wchar_t *from, size_t count)) {
    return memcpy_s(to, room * sizeof(*to), from, count * sizeof(*from));
}

CRT_EXPORT(errno_t, wmemmove_s, (wchar_t * to, size_t room, const wchar_t *from, size_t count)) {
    return memmove_s(to, room * sizeof(*to), from, count * sizeof(*from));
}

CRT_EXPORT(int, isblank, (int c)) { return c == ' ' || c == '\t'; }

CRT_EXPORT(int, iswblank, (wint_t c)) { return c == ' ' || c == '\t' || c == 0xA0; }

CRT_EXPORT(int, __iswcsym, (wint_t c)) { return iswalnum(c) || c == '_'; }

CRT_EXPORT(int, __iswcsymf, (wint_t c)) { return iswalpha(c) || c == '_'; }

CRT_EXPORT(int, isleadbyte, (int c)) { return 0; }

/* ---- Kinds and mappings by name ------------------------------------------------------------------------------------------------- */

static const struct {
    char name[8];
    wctype_t type;
} kinds[] = {
    {"alnum", _ALPHA | _DIGIT}, {"alpha", _ALPHA},
    {"blank", _BLANK},          {"cntrl", _CONTROL},
    {"digit", _DIGIT},          {"graph", _ALPHA | _DIGIT | _PUNCT},
    {"lower", _LOWER},          {"print", _ALPHA | _DIGIT | _PUNCT | _BLANK},
    {"punct", _PUNCT},          {"space", _SPACE},
    {"upper", _UPPER},          {"xdigit", _HEX},
};

CRT_EXPORT(wctype_t, wctype, (const char *name)) {
    for (size_t i = 0; i < CRT_LENGTH(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return kinds[i].type;
        }
    }
    return 0;
}

CRT_EXPORT(wctype_t, wctrans, (const char *name)) { return strcmp(name, "tolower") == 0 ? 2 : strcmp(name, "toupper") == 0 ? 1 : 0; }

CRT_EXPORT(wint_t, towctrans, (wint_t c, wctype_t mapping)) { return mapping == 2 ? towlower(c) : mapping == 1 ? towupper(c) : c; }

CRT_EXPORT(const unsigned short *, __pwctype_func, (void)) { return __pctype_func(); }
