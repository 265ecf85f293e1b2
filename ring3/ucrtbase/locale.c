/*
 * Locale objects: what functions with an _l take. They differ in the code page alone, and so do the functions: the others are the same as those
 * without _l (ucrtbase.def).
 */
#include "../crt/crt.h"

/* The layout that the public headers show: a program may look into it. */
typedef struct LOCALE {
    void *locinfo;
    void *mbcinfo;
} LOCALE;

/* The objects are for ever; the code page is behind the part that programs see. */
static struct {
    LOCALE object;
    UINT codepage;
} locales[] = {{{&locales[0], NULL}, 0}, {{&locales[1], NULL}, 1252}, {{&locales[2], NULL}, CP_UTF8}};

static UINT codepage_of(const LOCALE *locale) {
    for (size_t i = 0; i < CRT_LENGTH(locales); i++) {
        if (locale == &locales[i].object) {
            return locales[i].codepage;
        }
    }
    return crt_codepage;
}

static LOCALE *locale_of(UINT codepage) {
    for (size_t i = 1; i < CRT_LENGTH(locales); i++) {
        if (locales[i].codepage == codepage) {
            return &locales[i].object;
        }
    }
    return &locales[0].object;
}

CRT_EXPORT(LOCALE *, crt_get_current_locale, (void)) { return locale_of(crt_codepage); }

CRT_EXPORT(LOCALE *, crt_create_locale, (int category, const char *name)) {
    const char *full;
    UINT codepage;

    if (category < LC_MIN || category > LC_MAX || !name || !crt_find_locale(name, &codepage, &full)) {
        return NULL;
    }
    return locale_of(category == LC_ALL || category == LC_CTYPE ? codepage : 0);
}

CRT_EXPORT(LOCALE *, crt_wcreate_locale, (int category, const wchar_t *name)) {
    char *narrow = name ? crt_narrow(name) : NULL;
    LOCALE *locale = crt_create_locale(category, narrow);

    free(narrow);
    return locale;
}

CRT_EXPORT(void, crt_free_locale, (LOCALE * locale)) {}

/* All threads have the program's locale: turning that off is refused, everything else is as it is. */
int __cdecl _configthreadlocale(int mode) {
    if (mode != 0 && mode != _DISABLE_PER_THREAD_LOCALE) {
        return -1;
    }
    return _DISABLE_PER_THREAD_LOCALE;
}

CRT_EXPORT(void, crt_lock_locales, (void)) { _lock(CRT_LOCK_LOCALE); }

CRT_EXPORT(void, crt_unlock_locales, (void)) { _unlock(CRT_LOCK_LOCALE); }

/* A name for each category; the C locale has none. */
CRT_EXPORT(wchar_t **, ___lc_locale_name_func, (void)) {
    static wchar_t name[] = L"en-US", *ansi[6] = {name, name, name, name, name, name}, *c[6];

    return crt_codepage ? ansi : c;
}

/* ---- What depends on the code page --------------------------------------------------------------------------------------------------- */

CRT_EXPORT(int, crt_mb_cur_max_l, (const LOCALE *locale)) { return codepage_of(locale) == CP_UTF8 ? 4 : 1; }

CRT_EXPORT(int, crt_mbtowc_l, (wchar_t * wide, const char *text, size_t size, const LOCALE *locale)) {
    return crt_mbtowc(codepage_of(locale), wide, text, size);
}

CRT_EXPORT(int, crt_mblen_l, (const char *text, size_t size, const LOCALE *locale)) { return crt_mbtowc(codepage_of(locale), NULL, text, size); }

CRT_EXPORT(int, crt_wctomb_l, (char *text, wchar_t wide, const LOCALE *locale)) { return crt_wctomb(codepage_of(locale), text, wide); }

CRT_EXPORT(size_t, crt_mbstowcs_l, (wchar_t * wide, const char *text, size_t count, const LOCALE *locale)) {
    return crt_mbstowcs(codepage_of(locale), wide, text, count);
}

CRT_EXPORT(size_t, crt_wcstombs_l, (char *text, const wchar_t *wide, size_t count, const LOCALE *locale)) {
    return crt_wcstombs(codepage_of(locale), text, wide, count);
}

CRT_EXPORT(errno_t, crt_mbstowcs_s_l, (size_t *done, wchar_t *wide, size_t room, const char *text, size_t count, const LOCALE *locale)) {
    return crt_mbstowcs_s(codepage_of(locale), done, wide, room, text, count);
}

CRT_EXPORT(errno_t, crt_wcstombs_s_l, (size_t *done, char *text, size_t room, const wchar_t *wide, size_t count, const LOCALE *locale)) {
    return crt_wcstombs_s(codepage_of(locale), done, text, room, wide, count);
}

static errno_t encode_s(UINT codepage, int *size, char *text, size_t room, wchar_t wide) {
    char bytes[4];
    int length;

    if (!text && room) {
        return crt_invalid(EINVAL);
    }
    length = text ? crt_wctomb(codepage, bytes, wide) : 0;
    if (size) {
        *size = length;
    }
    if (length < 0) {
        return EILSEQ;
    }
    if ((size_t)length > room) {
        *text = 0;
        return crt_invalid(ERANGE);
    }
    memcpy(text, bytes, (size_t)length);
    return 0;
}

CRT_EXPORT(errno_t, crt_wctomb_s_l, (int *size, char *text, size_t room, wchar_t wide, const LOCALE *locale)) {
    return encode_s(codepage_of(locale), size, text, room, wide);
}

CRT_EXPORT(errno_t, wctomb_s, (int *size, char *text, size_t room, wchar_t wide)) { return encode_s(crt_codepage, size, text, room, wide); }

CRT_EXPORT(errno_t, wcrtomb_s, (size_t *size, char *text, size_t room, wchar_t wide, mbstate_t *state)) {
    int done = 0;
    errno_t error = wctomb_s(&done, text, room, wide);

    if (size) {
        *size = (size_t)(ptrdiff_t)done;
    }
    return error;
}

CRT_EXPORT(errno_t, mbsrtowcs_s, (size_t *done, wchar_t *wide, size_t room, const char **text, size_t count, mbstate_t *state)) {
    if (!text || !*text) {
        return crt_invalid(EINVAL);
    }
    return mbstowcs_s(done, wide, room, *text, count);
}

CRT_EXPORT(errno_t, wcsrtombs_s, (size_t *done, char *text, size_t room, const wchar_t **wide, size_t count, mbstate_t *state)) {
    if (!wide || !*wide) {
        return crt_invalid(EINVAL);
    }
    return wcstombs_s(done, text, room, *wide, count);
}
