/* Character classes of the C locale, and single characters between the two kinds of text. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"
#include <ctype.h>
#include <stdlib.h>

#undef isdigit
#undef islower
#undef isupper
#undef isalpha
#undef isalnum
#undef isspace
#undef isxdigit
#undef isprint
#undef isgraph
#undef iscntrl
#undef ispunct
#undef tolower
#undef toupper

int isdigit(int c) { return c >= '0' && c <= '9'; }

int islower(int c) { return c >= 'a' && c <= 'z'; }

int isupper(int c) { return c >= 'A' && c <= 'Z'; }

int isalpha(int c) { return islower(c) || isupper(c); }

int isalnum(int c) { return isalpha(c) || isdigit(c); }

int isspace(int c) { return c == ' ' || (c >= 9 && c <= 13); }

int isxdigit(int c) { return isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

int isprint(int c) { return c >= 0x20 && c < 0x7F; }

int isgraph(int c) { return c > 0x20 && c < 0x7F; }

int iscntrl(int c) { return (c >= 0 && c < 0x20) || c == 0x7F; }

int ispunct(int c) { return isgraph(c) && !isalnum(c); }

int tolower(int c) { return isupper(c) ? c + 32 : c; }

int toupper(int c) { return islower(c) ? c - 32 : c; }

wint_t towlower(wint_t c) { return RtlpDowncase(c); }

wint_t towupper(wint_t c) { return RtlpUpcase(c); }

#define LETTER 0x100 /* wctype.h's _ALPHA has the bits of both cases besides */

int iswctype(wint_t c, wctype_t Type) { /* the masks of wctype.h are those of Windows' GetStringTypeW */
    int N = c < 0x100 ? c : -1;
    BOOLEAN Upper = RtlpDowncase(c) != c, Lower = RtlpUpcase(c) != c;
    USHORT Is = (USHORT)((Upper ? _UPPER | LETTER : 0) | (Lower ? _LOWER | LETTER : 0) | (isdigit(N) ? _DIGIT : 0) | (isspace(N) ? _SPACE : 0) |
                         (isxdigit(N) ? _HEX : 0) | (iscntrl(N) ? _CONTROL : 0) | (ispunct(N) ? _PUNCT : 0) | (c == ' ' || c == '\t' ? _BLANK : 0));
    return Is & Type;
}

int mbtowc(wchar_t *restrict Wide, const char *restrict Text, size_t Count) {
    if (!Text || !Count) {
        return 0;
    }
    if (Wide) {
        *Wide = RtlpAnsiToUnicodeChar(*Text);
    }
    return *Text != 0;
}

int wctomb(char *Text, wchar_t Wide) {
    if (!Text) {
        return 0;
    }
    *Text = RtlpUnicodeToAnsiChar(Wide);
    return 1;
}

size_t mbstowcs(wchar_t *restrict To, const char *restrict From, size_t Count) {
    size_t N = 0;
    for (; !To || N < Count; N++) {
        if (To) {
            To[N] = RtlpAnsiToUnicodeChar(From[N]);
        }
        if (!From[N]) {
            break;
        }
    }
    return N;
}

size_t wcstombs(char *restrict To, const wchar_t *restrict From, size_t Count) {
    size_t N = 0;
    for (; !To || N < Count; N++) {
        if (To) {
            To[N] = RtlpUnicodeToAnsiChar(From[N]);
        }
        if (!From[N]) {
            break;
        }
    }
    return N;
}
