/*
 * Strings between multibyte and UTF-16 text, in the code page of the locale or in one that is named.
 */
#include "crt.h"

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
