/*
 * Code pages: ANSI is 1252, OEM is 437, both with one byte for each character. What 1252 lacks becomes the letter that looks most like it (Latin
 * Extended-A and fullwidth forms lose their ornaments) or a question mark.
 */
#include "rtl/rtlp.h"

/* The five bytes that 1252 does not define are C1 controls, both ways. */
const WCHAR RtlpAnsiHigh[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

const WCHAR RtlpOemHigh[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5,
    0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192,
    0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510,
    0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229,
    0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248, 0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

/* U+0100 to U+017F; 0: nothing is like it, or it is in the page itself. */
static const UCHAR RtlpBestFit[0x80] = {
    'A', 'a', 'A', 'a', 'A', 'a', 'C', 'c', 'C', 'c', 'C', 'c', 'C', 'c', 'D', 'd', 0xD0, 'd', 'E', 'e', 'E', 'e', 'E', 'e', 'E', 'e',
    'E', 'e', 'G', 'g', 'G', 'g', 'G', 'g', 'G', 'g', 'H', 'h', 'H', 'h', 'I', 'i', 'I',  'i', 'I', 'i', 'I', 'i', 'I', 'i', 'I', 'i',
    'J', 'j', 'K', 'k', 0,   'L', 'l', 'L', 'l', 'L', 'l', 'L', 'l', 'L', 'l', 'N', 'n',  'N', 'n', 'N', 'n', 0,   0,   0,   'O', 'o',
    'O', 'o', 'O', 'o', 0,   0,   'R', 'r', 'R', 'r', 'R', 'r', 'S', 's', 'S', 's', 'S',  's', 0,   0,   'T', 't', 'T', 't', 'T', 't',
    'U', 'u', 'U', 'u', 'U', 'u', 'U', 'u', 'U', 'u', 'U', 'u', 'W', 'w', 'Y', 'y', 0,    'Z', 'z', 'Z', 'z', 0,   0,   's',
};

static CHAR RtlpFitFullwidth(WCHAR Char) { return Char >= 0xFF01 && Char <= 0xFF5E ? (CHAR)(Char - 0xFEE0) : '?'; }

CHAR RtlpUnicodeToAnsiChar(WCHAR Char) {
    if (Char < 0x80 || (Char >= 0xA0 && Char <= 0xFF)) {
        return (CHAR)Char;
    }
    for (ULONG I = 0; I < 32; I++) {
        if (RtlpAnsiHigh[I] == Char) {
            return (CHAR)(0x80 + I);
        }
    }
    if (Char >= 0x100 && Char < 0x180 && RtlpBestFit[Char - 0x100]) {
        return (CHAR)RtlpBestFit[Char - 0x100];
    }
    return RtlpFitFullwidth(Char);
}

CHAR RtlpUnicodeToOemChar(WCHAR Char) {
    if (Char < 0x80) {
        return (CHAR)Char;
    }
    for (ULONG I = 0; I < 128; I++) {
        if (RtlpOemHigh[I] == Char) {
            return (CHAR)(0x80 + I);
        }
    }
    CHAR Ansi = RtlpUnicodeToAnsiChar(Char);
    return (UCHAR)Ansi < 0x80 ? Ansi : '?';
}

ULONG RtlpEncodeUtf8(ULONG CodePoint, CHAR *Text) {
    if (CodePoint < 0x80) {
        Text[0] = (CHAR)CodePoint;
        return 1;
    }
    if (CodePoint < 0x800) {
        Text[0] = (CHAR)(0xC0 | CodePoint >> 6);
        Text[1] = (CHAR)(0x80 | (CodePoint & 0x3F));
        return 2;
    }
    if (CodePoint < 0x10000) {
        Text[0] = (CHAR)(0xE0 | CodePoint >> 12);
        Text[1] = (CHAR)(0x80 | (CodePoint >> 6 & 0x3F));
        Text[2] = (CHAR)(0x80 | (CodePoint & 0x3F));
        return 3;
    }
    Text[0] = (CHAR)(0xF0 | (CodePoint >> 18 & 7));
    Text[1] = (CHAR)(0x80 | (CodePoint >> 12 & 0x3F));
    Text[2] = (CHAR)(0x80 | (CodePoint >> 6 & 0x3F));
    Text[3] = (CHAR)(0x80 | (CodePoint & 0x3F));
    return 4;
}
