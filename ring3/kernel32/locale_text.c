/* What characters are, letters in the other case, sort keys. */
#include "locale.h"

int iswctype(WCHAR, USHORT);

/* CT_CTYPE1 from the system's case tables; CT_CTYPE2 and 3 tell letters, digits and spaces of Latin script. */
static WORD TypeOf(DWORD Kind, WCHAR Char) {
    WORD first = (WORD)iswctype(Char, 0x1FF);
    if (Kind == CT_CTYPE1)
        return Char == 0xFFFE || Char == 0xFFFF ? 0 : first | C1_DEFINED;
    if (Kind == CT_CTYPE2)
        return first & C1_ALPHA ? C2_LEFTTORIGHT : first & C1_DIGIT ? C2_EUROPENUMBER : first & C1_SPACE ? C2_WHITESPACE : C2_OTHERNEUTRAL;
    return first & C1_ALPHA ? C3_ALPHA : first & C1_PUNCT ? C3_SYMBOL : C3_NOTAPPLICABLE;
}
WINBOOL WINAPI GetStringTypeW(DWORD Kind, LPCWCH Text, int Length, LPWORD Types) {
    if ((Kind != CT_CTYPE1 && Kind != CT_CTYPE2 && Kind != CT_CTYPE3) || !Text || !Length || !Types || (PVOID)Text == (PVOID)Types)
        return BaseFail(Text && Length && Types ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
    SIZE_T length = Length < 0 ? BaseLength(Text) + 1 : (SIZE_T)Length;
    for (SIZE_T n = 0; n < length; n++)
        Types[n] = TypeOf(Kind, Text[n]);
    return TRUE;
}
WINBOOL WINAPI GetStringTypeExW(LCID Locale, DWORD Kind, LPCWCH Text, int Length, LPWORD Types) { return GetStringTypeW(Kind, Text, Length, Types); }
WINBOOL WINAPI GetStringTypeExA(LCID Locale, DWORD Kind, LPCSTR Text, int Length, LPWORD Types) {
    int length = MultiByteToWideChar(CP_ACP, 0, Text, Length, NULL, 0);
    PWSTR wide = length ? BaseAllocate((SIZE_T)length * sizeof(WCHAR)) : NULL;
    if (!length)
        return FALSE;
    if (!wide)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    MultiByteToWideChar(CP_ACP, 0, Text, Length, wide, length);
    BOOL done = GetStringTypeW(Kind, wide, length, Types);
    BaseFree(wide);
    return done;
}
WINBOOL WINAPI GetStringTypeA(LCID Locale, DWORD Kind, LPCSTR Text, int Length, LPWORD Types) {
    return GetStringTypeExA(Locale, Kind, Text, Length, Types);
}

/* ---- Mapping ------------------------------------------------------------------------------------------------------------------------ */
/* A key that memcmp orders as CompareString does: the words without case, and then, unless that does not matter, the case of each character. */
static int SortKey(DWORD Flags, PCWSTR From, SIZE_T Length, PUCHAR To, int Size) {
    BOOL fold = (Flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)) != 0;
    SIZE_T needed = Length * 2 + 1 + (fold ? 0 : Length) + 1, at = 0;
    if (!Size)
        return (int)needed;
    if ((SIZE_T)Size < needed)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    for (SIZE_T n = 0; n < Length; n++) {
        WCHAR upper = RtlUpcaseUnicodeChar(From[n]);
        To[at++] = (UCHAR)((upper >> 8) + 1); /* no zero before the end; FFxx and FExx fall together */
        To[at - 1] = To[at - 1] ? To[at - 1] : 0xFF;
        To[at++] = (UCHAR)upper ? (UCHAR)upper : 1;
    }
    To[at++] = 1;
    for (SIZE_T n = 0; !fold && n < Length; n++)
        To[at++] = RtlUpcaseUnicodeChar(From[n]) == From[n] ? 3 : 2;
    To[at++] = 0;
    return (int)needed;
}
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR);
static int MapString(LCID Locale, DWORD Flags, PCWSTR From, int Length, PWSTR To, int Size) {
    if (!Locale || !From || !Length || Size < 0 || (Size && !To))
        return BaseFail(ERROR_INVALID_PARAMETER);
    DWORD how = Flags & (LCMAP_LOWERCASE | LCMAP_UPPERCASE);
    SIZE_T length = Length < 0 ? BaseLength(From) + 1 : (SIZE_T)Length;
    if (Flags & LCMAP_SORTKEY)
        return how ? BaseFail(ERROR_INVALID_FLAGS) : SortKey(Flags, From, Length < 0 ? length - 1 : length, (PUCHAR)To, Size);
    if (how == (LCMAP_LOWERCASE | LCMAP_UPPERCASE) || (Flags & ~(DWORD)(how | LCMAP_LINGUISTIC_CASING | LCMAP_BYTEREV | NORM_IGNORECASE)))
        return BaseFail(ERROR_INVALID_FLAGS);
    if (!Size)
        return (int)length;
    if ((SIZE_T)Size < length)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    for (SIZE_T n = 0; n < length; n++) {
        WCHAR c = how == LCMAP_LOWERCASE ? RtlDowncaseUnicodeChar(From[n]) : how == LCMAP_UPPERCASE ? RtlUpcaseUnicodeChar(From[n]) : From[n];
        To[n] = Flags & LCMAP_BYTEREV ? (WCHAR)(c << 8 | c >> 8) : c;
    }
    return (int)length;
}
int WINAPI LCMapStringEx(LPCWSTR Name, DWORD Flags, LPCWSTR From, int Length, LPWSTR To, int Size, LPNLSVERSIONINFO Version, LPVOID Reserved,
                         LPARAM Handle) {
    return MapString(BaseKnownName(Name), Flags, From, Length, To, Size);
}
int WINAPI LCMapStringW(LCID Locale, DWORD Flags, LPCWSTR From, int Length, LPWSTR To, int Size) {
    return MapString(BaseKnownLocale(Locale), Flags, From, Length, To, Size);
}
int WINAPI LCMapStringA(LCID Locale, DWORD Flags, LPCSTR From, int Length, LPSTR To, int Size) {
    int length = From && Length ? MultiByteToWideChar(CP_ACP, 0, From, Length, NULL, 0) : 0, done = 0;
    if (!length)
        return BaseFail(ERROR_INVALID_PARAMETER);
    PWSTR wide = BaseAllocate((SIZE_T)length * 2 * sizeof(WCHAR));
    if (!wide)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    MultiByteToWideChar(CP_ACP, 0, From, Length, wide, length);
    if (Flags & LCMAP_SORTKEY)
        done = SortKey(Flags, wide, (SIZE_T)(Length < 0 ? length - 1 : length), (PUCHAR)To, Size);
    else if (MapString(BaseKnownLocale(Locale), Flags, wide, length, wide + length, length))
        done = WideCharToMultiByte(CP_ACP, 0, wide + length, length, To, Size, NULL, NULL);
    BaseFree(wide);
    return done;
}
int WINAPI CompareStringEx(LPCWSTR Name, DWORD Flags, LPCWCH a, int a_length, LPCWCH b, int b_length, LPNLSVERSIONINFO Version, LPVOID Reserved,
                           LPARAM Parameter) {
    LCID locale = BaseKnownName(Name);
    return locale ? CompareStringW(locale, Flags, a, a_length, b, b_length) : BaseFail(ERROR_INVALID_PARAMETER);
}
