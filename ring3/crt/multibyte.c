/*
 * Characters of one byte or several, in the code page of the locale or in one that is named. A byte of code page 0, "C", is the character of that number.
 */
#include "crt.h"

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
