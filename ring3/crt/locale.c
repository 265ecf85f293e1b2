/*
 * Locales and multibyte characters. A locale is its code page here: none ("C", in which a byte is the character of that number), the ANSI code
 * page's, and, in the UCRT, UTF-8. Which categories have which is remembered by name; only LC_CTYPE has consequences.
 */
#include "crt.h"
#include <mbctype.h>

#define NAME_SIZE 64

UINT crt_codepage;
int crt_mb_cur_max = 1;
static char names[LC_MAX + 1][NAME_SIZE] = {"C", "C", "C", "C", "C", "C"};
static const char category_names[LC_MAX + 1][12] = {"LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MONETARY", "LC_NUMERIC", "LC_TIME"};
static const char ansi_name[] = "English_United States.1252";
static const char utf8_name[] = "English_United States.utf8";

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

BOOL crt_find_locale(const char *name, UINT *codepage, const char **full) {
    static const struct {
        char name[24];
        BOOL tag; /* the UCRT's: given back as it is */
    } languages[] = {{"", FALSE}, {"English", FALSE}, {"English_United States", FALSE}, {"en", TRUE}, {"en-US", TRUE}, {"en_US", TRUE}};
    static const struct {
        char name[8];
        UINT codepage;
    } pages[] = {{".1252", 1252}, {".ACP", 1252}, {".utf8", CP_UTF8}, {".UTF-8", CP_UTF8}, {".65001", CP_UTF8}};
    const char *page = strrchr(name, '.');
    size_t length = page ? (size_t)(page - name) : strlen(name);

    if (strcmp(name, "C") == 0) {
        *codepage = 0;
        *full = name;
        return TRUE;
    }
    *codepage = page ? 0 : 1252;
    for (size_t i = 0; page && i < CRT_LENGTH(pages); i++) {
        if (_stricmp(page, pages[i].name) == 0) {
            *codepage = pages[i].codepage;
        }
    }
    if (!*codepage || (*codepage == CP_UTF8 && !crt_universal)) {
        return FALSE;
    }
    for (size_t i = 0; i < CRT_LENGTH(languages); i++) {
        if (strlen(languages[i].name) == length && _strnicmp(languages[i].name, name, length) == 0 && (crt_universal || !languages[i].tag)) {
            *full = languages[i].tag ? name : *codepage == CP_UTF8 ? utf8_name : ansi_name;
            return TRUE;
        }
    }
    return FALSE;
}

static void set_category(int category, const char *name, UINT codepage) {
    strncpy(names[category], name, NAME_SIZE - 1);
    if (category == LC_CTYPE) {
        crt_codepage = codepage;
        crt_mb_cur_max = codepage == CP_UTF8 ? 4 : 1;
    }
}

/* "LC_COLLATE=a;LC_CTYPE=b;...", which setlocale(LC_ALL, NULL) itself has given. */
static BOOL set_all(const char *list) {
    char parts[LC_MAX + 1][NAME_SIZE];
    UINT codepages[LC_MAX + 1];
    const char *full[LC_MAX + 1];

    for (int i = LC_COLLATE; i <= LC_MAX; i++) {
        size_t prefix = strlen(category_names[i]), length;

        if (strncmp(list, category_names[i], prefix) != 0 || list[prefix] != '=') {
            return FALSE;
        }
        list += prefix + 1;
        length = strcspn(list, ";");
        if (length >= NAME_SIZE) {
            return FALSE;
        }
        memcpy(parts[i], list, length);
        parts[i][length] = 0;
        if (!crt_find_locale(parts[i], &codepages[i], &full[i])) {
            return FALSE;
        }
        list += length + (list[length] == ';');
    }
    for (int i = LC_COLLATE; i <= LC_MAX; i++) {
        set_category(i, full[i], codepages[i]);
    }
    return TRUE;
}

static char *name_of_all(void) {
    static char text[(LC_MAX + 1) * (NAME_SIZE + 12)];
    BOOL same = TRUE;

    for (int i = LC_CTYPE; i <= LC_MAX; i++) {
        same &= strcmp(names[i], names[LC_COLLATE]) == 0;
    }
    if (same) {
        return names[LC_COLLATE];
    }
    *text = 0;
    for (int i = LC_COLLATE; i <= LC_MAX; i++) {
        strcat(text, category_names[i]);
        strcat(text, "=");
        strcat(text, names[i]);
        strcat(text, i < LC_MAX ? ";" : "");
    }
    return text;
}

char *__cdecl setlocale(int category, const char *name) {
    const char *full;
    char *result = NULL;
    UINT codepage;

    if (category < LC_MIN || category > LC_MAX) {
        crt_invalid(EINVAL);
        return NULL;
    }
    _lock(CRT_LOCK_LOCALE);
    if (name && category == LC_ALL && strncmp(name, "LC_", 3) == 0) {
        if (!set_all(name)) {
            goto done;
        }
    } else if (name) {
        if (strlen(name) >= NAME_SIZE || !crt_find_locale(name, &codepage, &full)) {
            goto done;
        }
        for (int i = category == LC_ALL ? LC_COLLATE : category; i <= (category == LC_ALL ? LC_MAX : category); i++) {
            set_category(i, full, codepage);
        }
    }
    result = category == LC_ALL ? name_of_all() : names[category];
done:
    _unlock(CRT_LOCK_LOCALE);
    return result;
}

wchar_t *__cdecl _wsetlocale(int category, const wchar_t *name) {
    static wchar_t wide[(LC_MAX + 1) * (NAME_SIZE + 12)];
    char *narrow = name ? crt_narrow(name) : NULL;
    char *result;

    if (name && !narrow) {
        return NULL;
    }
    result = setlocale(category, narrow);
    free(narrow);
    for (size_t i = 0; result && (wide[i] = (wchar_t)result[i]); i++) {
    }
    return result ? wide : NULL;
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

/* How many bytes the character that starts with this one has; 0: none starts with it. */
static int sequence_length(UINT codepage, unsigned char c) {
    return codepage != CP_UTF8 || c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

int crt_decode(UINT codepage, unsigned *c, const char *text, size_t size) {
    const unsigned char *p = (const unsigned char *)text;
    int length = sequence_length(codepage, *p);
    unsigned value = length > 1 ? *p & (0x7Fu >> length) : *p;
    wchar_t wide;

    if (length == 1 && codepage && *p >= 0x80 && MultiByteToWideChar(codepage, 0, text, 1, &wide, 1)) {
        value = wide;
    }
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= size) {
            return -2;
        }
        if ((p[i] & 0xC0) != 0x80) {
            return -1;
        }
        value = value << 6 | (p[i] & 0x3F);
    }
    if (!length || (length == 3 && (value < 0x800 || (value >= 0xD800 && value < 0xE000))) ||
        (length == 4 && (value < 0x10000 || value > 0x10FFFF))) {
        return -1;
    }
    *c = value;
    return length;
}

int crt_encode(UINT codepage, char *text, unsigned c) {
    BOOL lost = FALSE;
    wchar_t wide = (wchar_t)c;
    int length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (c < 0x80 || (!codepage && c < 0x100)) {
        *text = (char)c;
        return 1;
    }
    if (codepage == CP_UTF8) {
        if (c >= 0xD800 && c < 0xE000) {
            return -1;
        }
        for (int i = length - 1; i > 0; i--, c >>= 6) {
            text[i] = (char)(0x80 | (c & 0x3F));
        }
        *text = (char)(0xF00 >> length | c);
        return length;
    }
    return codepage && c < 0x10000 && WideCharToMultiByte(codepage, 0, &wide, 1, text, 1, NULL, &lost) == 1 && !lost ? 1 : -1;
}

/* One UTF-16 unit: a character that has two is U+FFFD. */
int crt_mbtowc(UINT codepage, wchar_t *wide, const char *text, size_t size) {
    unsigned c;
    int length;

    if (!text || !size) {
        return 0;
    }
    length = crt_decode(codepage, &c, text, size);
    if (length < 0) {
        errno = EILSEQ;
        return -1;
    }
    if (wide) {
        *wide = c > 0xFFFF ? 0xFFFD : (wchar_t)c;
    }
    return c ? length : 0;
}

int crt_wctomb(UINT codepage, char *text, wchar_t wide) {
    int length;

    if (!text) {
        return 0;
    }
    length = crt_encode(codepage, text, wide);
    if (length < 0) {
        errno = EILSEQ;
    }
    return length;
}

int __cdecl mbtowc(wchar_t *wide, const char *text, size_t size) { return crt_mbtowc(crt_codepage, wide, text, size); }

int __cdecl wctomb(char *text, wchar_t wide) { return crt_wctomb(crt_codepage, text, wide); }

int __cdecl mblen(const char *text, size_t size) { return mbtowc(NULL, text, size); }

wint_t __cdecl btowc(int c) {
    char byte = (char)c;
    wchar_t wide = 0;

    return c == EOF || mbtowc(&wide, &byte, 1) < 0 ? WEOF : wide;
}

int __cdecl wctob(wint_t c) {
    char text[4];

    return c == WEOF || crt_encode(crt_codepage, text, c) != 1 ? EOF : (unsigned char)*text;
}

/* What a character that has come in part has been so far: the UCRT's mbstate_t. Only UTF-8 has such, so msvcrt.dll's smaller one is never used. */
typedef struct PARTIAL {
    char bytes[4];
    unsigned short count;
    unsigned short unused;
} PARTIAL;

size_t __cdecl mbrtowc(wchar_t *wide, const char *text, size_t size, mbstate_t *state) {
    static PARTIAL own;
    PARTIAL *partial = state ? (PARTIAL *)(void *)state : &own;
    size_t taken = 0;
    char bytes[4];
    int length, before;
    unsigned c;

    if (crt_codepage != CP_UTF8) {
        return (size_t)(ptrdiff_t)mbtowc(wide, text, size);
    }
    if (!text) {
        partial->count = 0;
        return 0;
    }
    before = partial->count < sizeof(bytes) ? partial->count : 0;
    memcpy(bytes, partial->bytes, sizeof(bytes));
    do {
        if (taken == size) {
            memcpy(partial->bytes, bytes, sizeof(bytes));
            partial->count = (unsigned short)(before + (int)taken);
            return (size_t)-2;
        }
        bytes[before + (int)taken] = text[taken];
        taken++;
        length = crt_decode(crt_codepage, &c, bytes, (size_t)before + taken);
    } while (length == -2);
    partial->count = 0;
    if (length < 0) {
        errno = EILSEQ;
        return (size_t)-1;
    }
    if (wide) {
        *wide = c > 0xFFFF ? 0xFFFD : (wchar_t)c;
    }
    return c ? taken : 0;
}

size_t __cdecl mbrlen(const char *text, size_t size, mbstate_t *state) { return mbrtowc(NULL, text, size, state); }

size_t __cdecl wcrtomb(char *text, wchar_t wide, mbstate_t *state) { return text ? (size_t)(ptrdiff_t)wctomb(text, wide) : 1; }

/* ---- Strings ------------------------------------------------------------------------------------------------------------------ */

/* size bytes of text, or up to its terminator; a character that does not fit whole in count units ends it. -1: not text. */
static size_t to_wide(UINT codepage, wchar_t *wide, const char *text, size_t size, size_t count, size_t *used) {
    size_t done = 0, at = 0;

    while (at < size && text[at]) {
        unsigned c;
        int length = crt_decode(codepage, &c, text + at, size - at);
        size_t units = c > 0xFFFF ? 2 : 1;

        if (length < 0) {
            errno = EILSEQ;
            return (size_t)-1;
        }
        if (wide && done + units > count) {
            break;
        }
        if (wide && units == 2) {
            wide[done] = (wchar_t)(0xD7C0 + (c >> 10));
            wide[done + 1] = (wchar_t)(0xDC00 | (c & 0x3FF));
        } else if (wide) {
            wide[done] = (wchar_t)c;
        }
        done += units;
        at += (size_t)length;
    }
    *used = at;
    return done;
}

static size_t to_narrow(UINT codepage, char *text, const wchar_t *wide, size_t units, size_t count, size_t *used) {
    size_t done = 0, at = 0;

    while (at < units && wide[at]) {
        char bytes[4];
        BOOL pair = codepage == CP_UTF8 && (wide[at] & 0xFC00) == 0xD800 && at + 1 < units && (wide[at + 1] & 0xFC00) == 0xDC00;
        int length = crt_encode(codepage, bytes, pair ? 0x10000 + ((wide[at] & 0x3FFu) << 10 | (wide[at + 1] & 0x3FFu)) : wide[at]);

        if (length < 0) {
            errno = EILSEQ;
            return (size_t)-1;
        }
        if (text && done + (size_t)length > count) {
            break;
        }
        if (text) {
            memcpy(text + done, bytes, (size_t)length);
        }
        done += (size_t)length;
        at += pair ? 2 : 1;
    }
    *used = at;
    return done;
}

size_t crt_mbstowcs(UINT codepage, wchar_t *wide, const char *text, size_t count) {
    size_t used, done = to_wide(codepage, wide, text, (size_t)-1, count, &used);

    if (wide && done < count) {
        wide[done] = 0;
    }
    return done;
}

size_t crt_wcstombs(UINT codepage, char *text, const wchar_t *wide, size_t count) {
    size_t used, done = to_narrow(codepage, text, wide, (size_t)-1, count, &used);

    if (text && done < count) {
        text[done] = 0;
    }
    return done;
}

size_t __cdecl mbstowcs(wchar_t *wide, const char *text, size_t count) { return crt_mbstowcs(crt_codepage, wide, text, count); }

size_t __cdecl wcstombs(char *text, const wchar_t *wide, size_t count) { return crt_wcstombs(crt_codepage, text, wide, count); }

size_t __cdecl mbsrtowcs(wchar_t *wide, const char **text, size_t count, mbstate_t *state) {
    size_t used, done = to_wide(crt_codepage, wide, *text, (size_t)-1, count, &used);

    if (wide && done != (size_t)-1) {
        if (done < count && !(*text)[used]) {
            wide[done] = 0;
            *text = NULL;
        } else {
            *text += used;
        }
    }
    return done;
}

size_t __cdecl wcsrtombs(char *text, const wchar_t **wide, size_t count, mbstate_t *state) {
    size_t used, done = to_narrow(crt_codepage, text, *wide, (size_t)-1, count, &used);

    if (text && done != (size_t)-1) {
        if (done < count && !(*wide)[used]) {
            text[done] = 0;
            *wide = NULL;
        } else {
            *wide += used;
        }
    }
    return done;
}

/* At most count units are converted; with _TRUNCATE as many as there is room for. The terminator is counted, and always written. */
errno_t crt_mbstowcs_s(UINT codepage, size_t *converted, wchar_t *wide, size_t room, const char *text, size_t count) {
    size_t most = count == _TRUNCATE || !wide ? (size_t)-1 : count, used = 0, done;

    if ((!wide && room) || (wide && !room) || !text) {
        return crt_invalid(EINVAL);
    }
    if (converted) {
        *converted = 0;
    }
    done = to_wide(codepage, wide, text, (size_t)-1, wide && most >= room ? room - 1 : most, &used);
    if (done == (size_t)-1) {
        if (wide) {
            *wide = 0;
        }
        return EILSEQ;
    }
    if (wide && text[used] && done < most && count != _TRUNCATE) {
        *wide = 0;
        return crt_invalid(ERANGE);
    }
    if (wide) {
        wide[done] = 0;
    }
    if (converted) {
        *converted = done + 1;
    }
    return wide && count == _TRUNCATE && text[used] ? STRUNCATE : 0;
}

errno_t crt_wcstombs_s(UINT codepage, size_t *converted, char *text, size_t room, const wchar_t *wide, size_t count) {
    size_t most = count == _TRUNCATE || !text ? (size_t)-1 : count, used = 0, done;

    if ((!text && room) || (text && !room) || !wide) {
        return crt_invalid(EINVAL);
    }
    if (converted) {
        *converted = 0;
    }
    done = to_narrow(codepage, text, wide, (size_t)-1, text && most >= room ? room - 1 : most, &used);
    if (done == (size_t)-1) {
        if (text) {
            *text = 0;
        }
        return EILSEQ;
    }
    if (text && wide[used] && done < most && count != _TRUNCATE) {
        *text = 0;
        return crt_invalid(ERANGE);
    }
    if (text) {
        text[done] = 0;
    }
    if (converted) {
        *converted = done + 1;
    }
    return text && count == _TRUNCATE && wide[used] ? STRUNCATE : 0;
}

errno_t __cdecl mbstowcs_s(size_t *converted, wchar_t *wide, size_t room, const char *text, size_t count) {
    return crt_mbstowcs_s(crt_codepage, converted, wide, room, text, count);
}

errno_t __cdecl wcstombs_s(size_t *converted, char *text, size_t room, const wchar_t *wide, size_t count) {
    return crt_wcstombs_s(crt_codepage, converted, text, room, wide, count);
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
