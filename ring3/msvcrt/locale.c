/*
 * Locales and multibyte characters. There are two: "C", in which a byte is the character of that number, and the ANSI code page's,
 * named "English_United States.1252". All code pages here have one byte per character.
 */
#include "crt.h"
#include <mbctype.h>

UINT crt_codepage;
int crt_mb_cur_max = 1;
static char c_name[] = "C";
static char ansi_name[] = "English_United States.1252";

static char decimal_point[] = ".";
static char empty[] = "";
static wchar_t wide_decimal_point[] = L".";
static wchar_t wide_empty[] = L"";
static struct lconv convention = {
    .decimal_point = decimal_point,
    .thousands_sep = empty,
    .grouping = empty,
    .int_curr_symbol = empty,
    .currency_symbol = empty,
    .mon_decimal_point = empty,
    .mon_thousands_sep = empty,
    .mon_grouping = empty,
    .positive_sign = empty,
    .negative_sign = empty,
    .int_frac_digits = CHAR_MAX,
    .frac_digits = CHAR_MAX,
    .p_cs_precedes = CHAR_MAX,
    .p_sep_by_space = CHAR_MAX,
    .n_cs_precedes = CHAR_MAX,
    .n_sep_by_space = CHAR_MAX,
    .p_sign_posn = CHAR_MAX,
    .n_sign_posn = CHAR_MAX,
    ._W_decimal_point = wide_decimal_point,
    ._W_thousands_sep = wide_empty,
    ._W_int_curr_symbol = wide_empty,
    ._W_currency_symbol = wide_empty,
    ._W_mon_decimal_point = wide_empty,
    ._W_mon_thousands_sep = wide_empty,
    ._W_positive_sign = wide_empty,
    ._W_negative_sign = wide_empty,
};

char *__cdecl setlocale(int category, const char *name) {
    char *result;

    if (category < LC_MIN || category > LC_MAX) {
        return NULL;
    }
    _lock(CRT_LOCK_LOCALE);
    if (name) {
        if (strcmp(name, "C") == 0) {
            if (category == LC_ALL || category == LC_CTYPE) {
                crt_codepage = 0;
            }
        } else if (*name == 0 || strcmp(name, ".1252") == 0 || strcmp(name, ".ACP") == 0 || _stricmp(name, "English") == 0 ||
                   _stricmp(name, ansi_name) == 0) {
            if (category == LC_ALL || category == LC_CTYPE) {
                crt_codepage = 1252;
            }
        } else {
            _unlock(CRT_LOCK_LOCALE);
            return NULL;
        }
    }
    result = crt_codepage ? ansi_name : c_name;
    _unlock(CRT_LOCK_LOCALE);
    return result;
}

wchar_t *__cdecl _wsetlocale(int category, const wchar_t *name) {
    static wchar_t wide_names[2][32] = {L"C", L"English_United States.1252"};
    char *narrow = name ? crt_narrow(name) : NULL;
    char *result;

    if (name && !narrow) {
        return NULL;
    }
    result = setlocale(category, narrow);
    free(narrow);
    return result ? wide_names[result == ansi_name] : NULL;
}

struct lconv *__cdecl localeconv(void) { return &convention; }

int __cdecl __lconv_init(void) {
    /* Programs built with unsigned char call this: their CHAR_MAX is another. */
    memset(&convention.int_frac_digits, UCHAR_MAX, (size_t)(&convention.n_sign_posn + 1 - &convention.int_frac_digits));
    return 0;
}

UINT __cdecl ___lc_codepage_func(void) { return crt_codepage; }

UINT __cdecl ___lc_collate_cp_func(void) { return crt_codepage; }

int __cdecl ___mb_cur_max_func(void) { return crt_mb_cur_max; }

int *__cdecl __p___mb_cur_max(void) { return &crt_mb_cur_max; }

int __cdecl _getmbcp(void) { return 0; /* no code page with lead bytes is in use */ }

int __cdecl _setmbcp(int codepage) {
    return codepage == _MB_CP_SBCS || codepage == _MB_CP_ANSI || codepage == _MB_CP_OEM || codepage == _MB_CP_LOCALE || codepage == 1252 ||
                   codepage == 437
               ? 0
               : -1;
}

int __cdecl _ismbblead(unsigned c) { return 0; }

int __cdecl _ismbstrail(const unsigned char *text, const unsigned char *at) { return 0; }

/* ---- One character --------------------------------------------------------------------------------------------------------- */

static wchar_t widen_byte(unsigned char c) {
    wchar_t wide = c;

    if (crt_codepage && c >= 0x80) {
        MultiByteToWideChar(crt_codepage, 0, (const char *)&c, 1, &wide, 1);
    }
    return wide;
}

/* -1 when the character is not one of the code page. */
static int narrow_character(wchar_t wide) {
    char c;
    BOOL lost = FALSE;

    if (wide < 0x80 || (!crt_codepage && wide < 0x100)) {
        return wide;
    }
    if (!crt_codepage || WideCharToMultiByte(crt_codepage, 0, &wide, 1, &c, 1, NULL, &lost) != 1 || lost) {
        errno = EILSEQ;
        return -1;
    }
    return (unsigned char)c;
}

int __cdecl mbtowc(wchar_t *wide, const char *text, size_t size) {
    if (!text || !size) {
        return 0;
    }
    if (wide) {
        *wide = widen_byte((unsigned char)*text);
    }
    return *text ? 1 : 0;
}

int __cdecl wctomb(char *text, wchar_t wide) {
    int c;

    if (!text) {
        return 0;
    }
    c = narrow_character(wide);
    if (c < 0) {
        return -1;
    }
    *text = (char)c;
    return 1;
}

int __cdecl mblen(const char *text, size_t size) { return text && size && *text ? 1 : 0; }

wint_t __cdecl btowc(int c) { return c == EOF ? WEOF : widen_byte((unsigned char)c); }

int __cdecl wctob(wint_t c) { return c == WEOF ? EOF : narrow_character((wchar_t)c); }

size_t __cdecl mbrlen(const char *text, size_t size, mbstate_t *state) { return text && size && *text ? 1 : 0; }

size_t __cdecl mbrtowc(wchar_t *wide, const char *text, size_t size, mbstate_t *state) { return (size_t)mbtowc(wide, text, size); }

size_t __cdecl wcrtomb(char *text, wchar_t wide, mbstate_t *state) { return text ? (size_t)(ptrdiff_t)wctomb(text, wide) : 1; }

/* ---- Strings ------------------------------------------------------------------------------------------------------------------ */

size_t __cdecl mbstowcs(wchar_t *wide, const char *text, size_t count) {
    size_t i;

    if (!wide) {
        return strlen(text);
    }
    for (i = 0; i < count; i++) {
        wide[i] = widen_byte((unsigned char)text[i]);
        if (!text[i]) {
            break;
        }
    }
    return i;
}

size_t __cdecl wcstombs(char *text, const wchar_t *wide, size_t count) {
    size_t i;

    for (i = 0; (!text || i < count) && wide[i]; i++) {
        int c = narrow_character(wide[i]);

        if (c < 0) {
            return (size_t)-1;
        }
        if (text) {
            text[i] = (char)c;
        }
    }
    if (text && i < count) {
        text[i] = 0;
    }
    return i;
}

size_t __cdecl mbsrtowcs(wchar_t *wide, const char **text, size_t count, mbstate_t *state) {
    size_t done = mbstowcs(wide, *text, count);

    if (wide) {
        *text = done < count ? NULL : *text + done;
    }
    return done;
}

size_t __cdecl wcsrtombs(char *text, const wchar_t **wide, size_t count, mbstate_t *state) {
    size_t done = wcstombs(text, *wide, count);

    if (text && done != (size_t)-1) {
        *wide = done < count ? NULL : *wide + done;
    }
    return done;
}

errno_t __cdecl mbstowcs_s(size_t *converted, wchar_t *wide, size_t room, const char *text, size_t count) {
    size_t length = strnlen(text, count == _TRUNCATE ? (size_t)-1 : count);

    if (wide && length >= room) {
        if (count != _TRUNCATE || !room) {
            if (room) {
                *wide = 0;
            }
            return ERANGE;
        }
        length = room - 1;
    }
    if (wide) {
        mbstowcs(wide, text, length);
        wide[length] = 0;
    }
    if (converted) {
        *converted = length + 1;
    }
    return 0;
}

errno_t __cdecl wcstombs_s(size_t *converted, char *text, size_t room, const wchar_t *wide, size_t count) {
    size_t length = wcsnlen(wide, count == _TRUNCATE ? (size_t)-1 : count);

    if (text && length >= room) {
        if (count != _TRUNCATE || !room) {
            if (room) {
                *text = 0;
            }
            return ERANGE;
        }
        length = room - 1;
    }
    if (text) {
        if (wcstombs(text, wide, length) == (size_t)-1) {
            *text = 0;
            return EILSEQ;
        }
        text[length] = 0;
    }
    if (converted) {
        *converted = length + 1;
    }
    return 0;
}

/* What the system gives and takes is in the ANSI code page, whatever the program's locale is. */
wchar_t *crt_widen(const char *text) {
    int count = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
    wchar_t *wide = malloc((size_t)count * sizeof(*wide));

    if (wide) {
        MultiByteToWideChar(CP_ACP, 0, text, -1, wide, count);
    }
    return wide;
}

char *crt_narrow(const wchar_t *text) {
    int count = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = malloc((size_t)count);

    if (narrow) {
        WideCharToMultiByte(CP_ACP, 0, text, -1, narrow, count, NULL, NULL);
    }
    return narrow;
}
