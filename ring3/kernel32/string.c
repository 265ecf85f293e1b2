/*
 * Code pages. CP_ACP is 1252 and CP_OEMCP 437, as on a Windows for the USA; 20127 is ASCII; 65001 is UTF-8. Others are refused with
 * ERROR_INVALID_PARAMETER, as pages that are not installed are.
 */
#include "kernel32.h"
#include <limits.h>

/* The pages' tables are ntdll's (ring0/rtl/codepage.c). */
extern __declspec(dllimport) const WCHAR RtlpAnsiHigh[32];
extern __declspec(dllimport) const WCHAR RtlpOemHigh[128];
CHAR RtlpUnicodeToAnsiChar(WCHAR Char);
CHAR RtlpUnicodeToOemChar(WCHAR Char);

#define ANSI_PAGE   1252u
#define OEM_PAGE    437u
#define ASCII_PAGE  20127u
#define LATIN1_PAGE 28591u

static UINT RealPage(UINT Page) {
    switch (Page) {
    case CP_ACP:
    case CP_THREAD_ACP: return ANSI_PAGE;
    case CP_OEMCP: return OEM_PAGE;
    case ANSI_PAGE:
    case OEM_PAGE:
    case ASCII_PAGE:
    case LATIN1_PAGE:
    case CP_UTF8: return Page;
    default: return 0;
    }
}

static WCHAR ByteToWide(UINT Page, UCHAR Byte) {
    if (Byte < 0x80 || Page == LATIN1_PAGE)
        return Byte;
    if (Page == OEM_PAGE)
        return RtlpOemHigh[Byte - 0x80];
    if (Page == ASCII_PAGE)
        return Byte & 0x7F;
    return Byte < 0xA0 ? RtlpAnsiHigh[Byte - 0x80] : Byte;
}

/* The byte for a character, or -1. */
static int WideToByte(UINT Page, WCHAR Char) {
    if (Char < 0x80)
        return Char;
    if (Page == ASCII_PAGE)
        return -1;
    if (Page == LATIN1_PAGE)
        return Char < 0x100 ? Char : -1;
    CHAR byte = Page == OEM_PAGE ? RtlpUnicodeToOemChar(Char) : RtlpUnicodeToAnsiChar(Char);
    return byte == '?' ? -1 : (UCHAR)byte;
}

/* One UTF-8 sequence; *Length is how many bytes it took. 0xFFFFFFFF: not one (then *Length is what one replacement character stands for). */
static ULONG DecodeUtf8(const UCHAR *Text, SIZE_T Left, SIZE_T *Length) {
    UCHAR lead = Text[0];
    *Length = 1;
    if (lead < 0x80)
        return lead;
    ULONG more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1, value = lead & (0x3Fu >> more);
    if (lead < 0xC2 || lead > 0xF4)
        return ~0u;
    for (ULONG n = 1; n <= more; n++) {
        if (n >= Left || (Text[n] & 0xC0) != 0x80)
            return ~0u;
        if (n == 1 && ((lead == 0xE0 && Text[1] < 0xA0) || (lead == 0xED && Text[1] > 0x9F) || (lead == 0xF0 && Text[1] < 0x90) ||
                       (lead == 0xF4 && Text[1] > 0x8F)))
            return ~0u;
        value = value << 6 | (Text[n] & 0x3F);
        *Length = n + 1;
    }
    return value;
}

SIZE_T BaseLength(PCWSTR Text) {
    SIZE_T n = 0;
    while (Text[n])
        n++;
    return n;
}
static SIZE_T NarrowLength(PCSTR Text) {
    SIZE_T n = 0;
    while (Text[n])
        n++;
    return n;
}

int WINAPI MultiByteToWideChar(UINT Page, DWORD Flags, LPCCH Text, int Length, LPWSTR Wide, int Room) {
    UINT page = RealPage(Page);
    if (!page || !Text || !Length || Length < -1 || Room < 0 || (Room && !Wide) || (PVOID)Text == (PVOID)Wide ||
        Flags & ~(DWORD)(MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS))
        return BaseFail(page && Flags & ~(DWORD)0xF ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
    SIZE_T count = Length < 0 ? NarrowLength(Text) + 1 : (SIZE_T)Length, out = 0;
    for (SIZE_T n = 0; n < count;) {
        WCHAR units[2];
        SIZE_T length = 1, made = 1;
        if (page == CP_UTF8) {
            ULONG value = DecodeUtf8((const UCHAR *)Text + n, count - n, &length);
            if (value == ~0u) {
                if (Flags & MB_ERR_INVALID_CHARS)
                    return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
                value = 0xFFFD;
            }
            units[0] = (WCHAR)value;
            if (value >= 0x10000) {
                units[0] = (WCHAR)(0xD7C0 + (value >> 10));
                units[1] = (WCHAR)(0xDC00 + (value & 0x3FF));
                made = 2;
            }
        } else {
            units[0] = ByteToWide(page, (UCHAR)Text[n]);
        }
        if (Room) {
            if (out + made > (SIZE_T)Room)
                return BaseFail(ERROR_INSUFFICIENT_BUFFER);
            memcpy(Wide + out, units, made * sizeof(WCHAR));
        }
        n += length;
        out += made;
    }
    return (int)out;
}

int WINAPI WideCharToMultiByte(UINT Page, DWORD Flags, LPCWCH Wide, int Length, LPSTR Text, int Room, LPCCH Default, LPBOOL UsedDefault) {
    UINT page = RealPage(Page);
    if (!page || !Wide || !Length || Length < -1 || Room < 0 || (Room && !Text) || (PVOID)Text == (PVOID)Wide ||
        (page == CP_UTF8 && (Default || UsedDefault)))
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (page == CP_UTF8 && Flags & ~(DWORD)WC_ERR_INVALID_CHARS)
        return BaseFail(ERROR_INVALID_FLAGS);
    SIZE_T count = Length < 0 ? BaseLength(Wide) + 1 : (SIZE_T)Length, out = 0;
    if (UsedDefault)
        *UsedDefault = FALSE;
    for (SIZE_T n = 0; n < count; n++) {
        CHAR bytes[4];
        SIZE_T made = 1;
        WCHAR unit = Wide[n];
        if (page == CP_UTF8) {
            ULONG value = unit;
            if (unit >= 0xD800 && unit < 0xDC00 && n + 1 < count && Wide[n + 1] >= 0xDC00 && Wide[n + 1] < 0xE000) {
                value = 0x10000 + ((ULONG)(unit - 0xD800) << 10) + (Wide[++n] - 0xDC00u);
            } else if (unit >= 0xD800 && unit < 0xE000) {
                if (Flags & WC_ERR_INVALID_CHARS)
                    return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
                value = 0xFFFD;
            }
            made = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
            for (SIZE_T k = made; k-- > 1; value >>= 6)
                bytes[k] = (CHAR)(0x80 | (value & 0x3F));
            static const UCHAR lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
            bytes[0] = (CHAR)(lead[made] | value);
        } else {
            int byte = WideToByte(page, unit);
            if (byte < 0) {
                if (UsedDefault)
                    *UsedDefault = TRUE;
                byte = Default ? (UCHAR)*Default : '?';
            }
            bytes[0] = (CHAR)byte;
        }
        if (Room) {
            if (out + made > (SIZE_T)Room)
                return BaseFail(ERROR_INSUFFICIENT_BUFFER);
            memcpy(Text + out, bytes, made);
        }
        out += made;
    }
    return (int)out;
}

PWSTR BaseWide(PCSTR Text) {
    if (!Text)
        return NULL;
    SIZE_T length = NarrowLength(Text);
    PWSTR wide = BaseAllocate((length + 1) * sizeof(WCHAR));
    if (!wide) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    for (SIZE_T n = 0; n <= length; n++)
        wide[n] = ByteToWide(ANSI_PAGE, (UCHAR)Text[n]);
    return wide;
}

DWORD BaseNarrow(PCWSTR Text, SIZE_T Length, PSTR Buffer, DWORD Size) {
    if (Length + 1 > Size)
        return (DWORD)Length + 1;
    for (SIZE_T n = 0; n < Length; n++) {
        int byte = WideToByte(ANSI_PAGE, Text[n]);
        Buffer[n] = (CHAR)(byte < 0 ? '?' : byte);
    }
    Buffer[Length] = 0;
    return (DWORD)Length;
}

UINT WINAPI GetACP(VOID) { return ANSI_PAGE; }
UINT WINAPI GetOEMCP(VOID) { return OEM_PAGE; }
WINBOOL WINAPI IsValidCodePage(UINT Page) { return Page > CP_THREAD_ACP && RealPage(Page) != 0; }
WINBOOL WINAPI IsDBCSLeadByte(BYTE Byte) { return FALSE; }
WINBOOL WINAPI IsDBCSLeadByteEx(UINT Page, BYTE Byte) { return RealPage(Page) ? FALSE : BaseFail(ERROR_INVALID_PARAMETER); }
WINBOOL WINAPI GetCPInfo(UINT Page, LPCPINFO Information) {
    UINT page = RealPage(Page);
    if (!page || !Information)
        return BaseFail(ERROR_INVALID_PARAMETER);
    memset(Information, 0, sizeof *Information);
    Information->MaxCharSize = page == CP_UTF8 ? 4 : 1;
    Information->DefaultChar[0] = '?';
    return TRUE;
}

int WINAPI lstrlenA(LPCSTR Text) { return Text ? (int)NarrowLength(Text) : 0; }
int WINAPI lstrlenW(LPCWSTR Text) { return Text ? (int)BaseLength(Text) : 0; }
/* A fault in one of these gives NULL, as documented. */
LPSTR WINAPI lstrcpynA(LPSTR To, LPCSTR From, int Room) {
    __try {
        LPSTR at = To;
        while (Room > 1 && *From)
            *at++ = *From++, Room--;
        if (Room > 0)
            *at = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return To;
}
LPWSTR WINAPI lstrcpynW(LPWSTR To, LPCWSTR From, int Room) {
    __try {
        LPWSTR at = To;
        while (Room > 1 && *From)
            *at++ = *From++, Room--;
        if (Room > 0)
            *at = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return To;
}
LPSTR WINAPI lstrcpyA(LPSTR To, LPCSTR From) { return lstrcpynA(To, From, INT_MAX); }
LPWSTR WINAPI lstrcpyW(LPWSTR To, LPCWSTR From) { return lstrcpynW(To, From, INT_MAX); }
LPSTR WINAPI lstrcatA(LPSTR To, LPCSTR From) { return lstrcpynA(To + lstrlenA(To), From, INT_MAX) ? To : NULL; }
LPWSTR WINAPI lstrcatW(LPWSTR To, LPCWSTR From) { return lstrcpynW(To + lstrlenW(To), From, INT_MAX) ? To : NULL; }

/*
 * Comparison by code unit, case folded on demand: right for ordinal comparison, and for names in ASCII. Windows' linguistic order (which puts
 * "a" before "B" and ignores hyphens) is not here, except that letters are compared without case first.
 */
static int Compare(PCWSTR a, SIZE_T a_length, PCWSTR b, SIZE_T b_length, BOOL Fold) {
    for (SIZE_T n = 0; n < a_length && n < b_length; n++) {
        WCHAR x = Fold ? RtlUpcaseUnicodeChar(a[n]) : a[n], y = Fold ? RtlUpcaseUnicodeChar(b[n]) : b[n];
        if (x != y)
            return x < y ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    }
    return a_length < b_length ? CSTR_LESS_THAN : a_length > b_length ? CSTR_GREATER_THAN : CSTR_EQUAL;
}
/* Without case first; what is equal so, lower case before upper case. */
static int CompareWords(PCWSTR a, SIZE_T a_length, PCWSTR b, SIZE_T b_length, BOOL IgnoreCase) {
    int order = Compare(a, a_length, b, b_length, TRUE);
    if (order != CSTR_EQUAL || IgnoreCase)
        return order;
    return CSTR_LESS_THAN + CSTR_GREATER_THAN - Compare(a, a_length, b, b_length, FALSE);
}
int WINAPI CompareStringOrdinal(LPCWCH a, int a_length, LPCWCH b, int b_length, WINBOOL IgnoreCase) {
    if (!a || !b || a_length < -1 || b_length < -1)
        return BaseFail(ERROR_INVALID_PARAMETER);
    return Compare(a, a_length < 0 ? BaseLength(a) : (SIZE_T)a_length, b, b_length < 0 ? BaseLength(b) : (SIZE_T)b_length, IgnoreCase);
}
int WINAPI CompareStringW(LCID Locale, DWORD Flags, PCNZWCH a, int a_length, PCNZWCH b, int b_length) {
    if (!a || !b)
        return BaseFail(ERROR_INVALID_PARAMETER);
    return CompareWords(a, a_length < 0 ? BaseLength(a) : (SIZE_T)a_length, b, b_length < 0 ? BaseLength(b) : (SIZE_T)b_length,
                        (Flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)) != 0);
}
int WINAPI CompareStringA(LCID Locale, DWORD Flags, PCNZCH a, int a_length, PCNZCH b, int b_length) {
    if (!a || !b)
        return BaseFail(ERROR_INVALID_PARAMETER);
    SIZE_T x = a_length < 0 ? NarrowLength(a) : (SIZE_T)a_length, y = b_length < 0 ? NarrowLength(b) : (SIZE_T)b_length;
    PWSTR wide = BaseAllocate((x + y + 1) * sizeof(WCHAR));
    if (!wide)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    for (SIZE_T n = 0; n < x + y; n++)
        wide[n] = ByteToWide(ANSI_PAGE, (UCHAR)(n < x ? a[n] : b[n - x]));
    int order = CompareWords(wide, x, wide + x, y, (Flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)) != 0);
    BaseFree(wide);
    return order;
}
int WINAPI lstrcmpW(LPCWSTR a, LPCWSTR b) { return CompareStringW(0, 0, a, -1, b, -1) - CSTR_EQUAL; }
int WINAPI lstrcmpiW(LPCWSTR a, LPCWSTR b) { return CompareStringW(0, NORM_IGNORECASE, a, -1, b, -1) - CSTR_EQUAL; }
int WINAPI lstrcmpA(LPCSTR a, LPCSTR b) { return CompareStringA(0, 0, a, -1, b, -1) - CSTR_EQUAL; }
int WINAPI lstrcmpiA(LPCSTR a, LPCSTR b) { return CompareStringA(0, NORM_IGNORECASE, a, -1, b, -1) - CSTR_EQUAL; }
