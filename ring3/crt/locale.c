/*
 * Locales. A locale is its code page here: none ("C", in which a byte is the character of that number), the ANSI code
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
