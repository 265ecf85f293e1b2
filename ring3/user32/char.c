/* Characters: their case, their kind, stepping over them, and the OEM code page. The ANSI code page (1252) has one byte a character. */
#include "user32.h"

WCHAR UserWideChar(CHAR Byte) {
    WCHAR wide = 0;
    MultiByteToWideChar(CP_ACP, 0, &Byte, 1, &wide, 1);
    return wide;
}
CHAR UserNarrowChar(WCHAR Char) {
    CHAR byte = 0;
    WideCharToMultiByte(CP_ACP, 0, &Char, 1, &byte, 1, NULL, NULL);
    return byte;
}

/* ---- Case ---- */
static CHAR MapNarrow(CHAR Byte, WCHAR(NTAPI *Map)(WCHAR)) {
    WCHAR wide = UserWideChar(Byte), mapped = Map(wide);
    return mapped == wide ? Byte : UserNarrowChar(mapped);
}
static VOID MapWideText(LPWSTR Text, SIZE_T Length, WCHAR(NTAPI *Map)(WCHAR)) {
    for (SIZE_T n = 0; n < Length; n++)
        Text[n] = Map(Text[n]);
}
static VOID MapNarrowText(LPSTR Text, SIZE_T Length, WCHAR(NTAPI *Map)(WCHAR)) {
    for (SIZE_T n = 0; n < Length; n++)
        Text[n] = MapNarrow(Text[n], Map);
}
/* A pointer whose higher part is zero is a character ("CharUpper"). */
static LPWSTR MapWide(LPWSTR Text, WCHAR(NTAPI *Map)(WCHAR)) {
    if (IS_INTRESOURCE(Text))
        return (LPWSTR)(ULONG_PTR)Map((WCHAR)(ULONG_PTR)Text);
    MapWideText(Text, wcslen(Text), Map);
    return Text;
}
static LPSTR MapAnsi(LPSTR Text, WCHAR(NTAPI *Map)(WCHAR)) {
    if (IS_INTRESOURCE(Text))
        return (LPSTR)(ULONG_PTR)(UCHAR)MapNarrow((CHAR)(ULONG_PTR)Text, Map);
    MapNarrowText(Text, strlen(Text), Map);
    return Text;
}
LPWSTR WINAPI CharUpperW(LPWSTR Text) { return MapWide(Text, RtlUpcaseUnicodeChar); }
LPWSTR WINAPI CharLowerW(LPWSTR Text) { return MapWide(Text, RtlDowncaseUnicodeChar); }
LPSTR WINAPI CharUpperA(LPSTR Text) { return MapAnsi(Text, RtlUpcaseUnicodeChar); }
LPSTR WINAPI CharLowerA(LPSTR Text) { return MapAnsi(Text, RtlDowncaseUnicodeChar); }
DWORD WINAPI CharUpperBuffW(LPWSTR Text, DWORD Length) {
    if (Text)
        MapWideText(Text, Length, RtlUpcaseUnicodeChar);
    return Text ? Length : 0;
}
DWORD WINAPI CharLowerBuffW(LPWSTR Text, DWORD Length) {
    if (Text)
        MapWideText(Text, Length, RtlDowncaseUnicodeChar);
    return Text ? Length : 0;
}
DWORD WINAPI CharUpperBuffA(LPSTR Text, DWORD Length) {
    if (Text)
        MapNarrowText(Text, Length, RtlUpcaseUnicodeChar);
    return Text ? Length : 0;
}
DWORD WINAPI CharLowerBuffA(LPSTR Text, DWORD Length) {
    if (Text)
        MapNarrowText(Text, Length, RtlDowncaseUnicodeChar);
    return Text ? Length : 0;
}

/* ---- Kinds ---- */
static BOOL HasType(WCHAR Char, WORD Types) {
    WORD type = 0;
    return GetStringTypeW(CT_CTYPE1, &Char, 1, &type) && (type & Types) != 0;
}
WINBOOL WINAPI IsCharAlphaW(WCHAR Char) { return HasType(Char, C1_ALPHA); }
WINBOOL WINAPI IsCharAlphaNumericW(WCHAR Char) { return HasType(Char, C1_ALPHA | C1_DIGIT); }
WINBOOL WINAPI IsCharUpperW(WCHAR Char) { return HasType(Char, C1_UPPER); }
WINBOOL WINAPI IsCharLowerW(WCHAR Char) { return HasType(Char, C1_LOWER); }
WINBOOL WINAPI IsCharAlphaA(CHAR Char) { return IsCharAlphaW(UserWideChar(Char)); }
WINBOOL WINAPI IsCharAlphaNumericA(CHAR Char) { return IsCharAlphaNumericW(UserWideChar(Char)); }
WINBOOL WINAPI IsCharUpperA(CHAR Char) { return IsCharUpperW(UserWideChar(Char)); }
WINBOOL WINAPI IsCharLowerA(CHAR Char) { return IsCharLowerW(UserWideChar(Char)); }

/* ---- Steps ---- */
LPWSTR WINAPI CharNextW(LPCWSTR Text) { return (LPWSTR)(*Text ? Text + 1 : Text); }
LPWSTR WINAPI CharPrevW(LPCWSTR Start, LPCWSTR Text) { return (LPWSTR)(Text > Start ? Text - 1 : Start); }
LPSTR WINAPI CharNextA(LPCSTR Text) { return (LPSTR)(*Text ? Text + 1 : Text); }
LPSTR WINAPI CharPrevA(LPCSTR Start, LPCSTR Text) { return (LPSTR)(Text > Start ? Text - 1 : Start); }
/* None of the code pages that are there has characters of two bytes in IsDBCSLeadByteEx's sense. */
LPSTR WINAPI CharNextExA(WORD Page, LPCSTR Text, DWORD Flags) { return CharNextA(Text); }
LPSTR WINAPI CharPrevExA(WORD Page, LPCSTR Start, LPCSTR Text, DWORD Flags) { return CharPrevA(Start, Text); }

/* ---- The OEM code page: each character to one byte, so that text may be converted in its place (the A forms) ---- */
static BOOL Convert(UINT From, PCSTR Text, UINT To, LPSTR Buffer, SIZE_T Length) {
    if (!Text || !Buffer)
        return FALSE;
    for (SIZE_T n = 0; n < Length; n++) {
        WCHAR wide;
        if (!MultiByteToWideChar(From, 0, Text + n, 1, &wide, 1) || !WideCharToMultiByte(To, 0, &wide, 1, Buffer + n, 1, NULL, NULL))
            return FALSE;
    }
    return TRUE;
}
WINBOOL WINAPI CharToOemBuffA(LPCSTR Text, LPSTR Buffer, DWORD Length) { return Convert(CP_ACP, Text, CP_OEMCP, Buffer, Length); }
WINBOOL WINAPI OemToCharBuffA(LPCSTR Text, LPSTR Buffer, DWORD Length) { return Convert(CP_OEMCP, Text, CP_ACP, Buffer, Length); }
WINBOOL WINAPI CharToOemA(LPCSTR Text, LPSTR Buffer) { return Text && Convert(CP_ACP, Text, CP_OEMCP, Buffer, strlen(Text) + 1); }
WINBOOL WINAPI OemToCharA(LPCSTR Text, LPSTR Buffer) { return Text && Convert(CP_OEMCP, Text, CP_ACP, Buffer, strlen(Text) + 1); }
WINBOOL WINAPI CharToOemBuffW(LPCWSTR Text, LPSTR Buffer, DWORD Length) {
    if (!Text || !Buffer || (PVOID)Text == (PVOID)Buffer)
        return FALSE;
    return !Length || WideCharToMultiByte(CP_OEMCP, 0, Text, (int)Length, Buffer, (int)Length, NULL, NULL) != 0;
}
WINBOOL WINAPI OemToCharBuffW(LPCSTR Text, LPWSTR Buffer, DWORD Length) {
    if (!Text || !Buffer || (PVOID)Text == (PVOID)Buffer)
        return FALSE;
    return !Length || MultiByteToWideChar(CP_OEMCP, 0, Text, (int)Length, Buffer, (int)Length) != 0;
}
WINBOOL WINAPI CharToOemW(LPCWSTR Text, LPSTR Buffer) { return Text && CharToOemBuffW(Text, Buffer, (DWORD)wcslen(Text) + 1); }
WINBOOL WINAPI OemToCharW(LPCSTR Text, LPWSTR Buffer) { return Text && OemToCharBuffW(Text, Buffer, (DWORD)strlen(Text) + 1); }
