/*
 * Locales. There are two: English (United States), which user and system have, and the invariant one, whose data are the same here but for its name.
 * Names and identifiers of others are refused as those of locales that are not installed are.
 */
#include "locale.h"
#include "locale_table.h"

#define MAXIMUM_TEXT 128

LCID WINAPI GetUserDefaultLCID(VOID) { return BASE_LOCALE; }
LCID WINAPI GetSystemDefaultLCID(VOID) { return BASE_LOCALE; }
LCID WINAPI GetThreadLocale(VOID) { return BASE_LOCALE; }
LANGID WINAPI GetUserDefaultLangID(VOID) { return LANGIDFROMLCID(BASE_LOCALE); }
LANGID WINAPI GetSystemDefaultLangID(VOID) { return LANGIDFROMLCID(BASE_LOCALE); }
LANGID WINAPI GetUserDefaultUILanguage(VOID) { return LANGIDFROMLCID(BASE_LOCALE); }
LANGID WINAPI GetSystemDefaultUILanguage(VOID) { return LANGIDFROMLCID(BASE_LOCALE); }

/* 0: there is no such locale. */
LCID BaseKnownLocale(LCID Locale) {
    switch (Locale) {
    case LOCALE_NEUTRAL:
    case LOCALE_USER_DEFAULT:
    case LOCALE_SYSTEM_DEFAULT:
    case LOCALE_CUSTOM_DEFAULT:
    case MAKELCID(LANG_ENGLISH, SORT_DEFAULT):
    case BASE_LOCALE: return BASE_LOCALE;
    case LOCALE_INVARIANT: return LOCALE_INVARIANT;
    default: return 0;
    }
}

static BOOL SameName(PCWSTR a, PCWSTR b) { return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL; }

/* NULL is the user's, "" the invariant locale. */
LCID BaseKnownName(PCWSTR Name) {
    if (!Name || SameName(Name, L"en-US") || SameName(Name, L"en") || SameName(Name, LOCALE_NAME_SYSTEM_DEFAULT))
        return BASE_LOCALE;
    return *Name ? 0 : LOCALE_INVARIANT;
}

/* A terminated result as these functions give it: the size with the terminator; with no room asked for, only that. */
int BaseGive(PCWSTR Text, PWSTR Buffer, int Size) {
    int length = (int)BaseLength(Text) + 1;
    if (Size < 0 || (Size && !Buffer))
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!Size)
        return length;
    if (Size < length)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(Buffer, Text, (SIZE_T)length * sizeof(WCHAR));
    return length;
}
int BaseGiveNarrow(PCWSTR Text, PSTR Buffer, int Size) {
    if (Size < 0 || (Size && !Buffer))
        return BaseFail(ERROR_INVALID_PARAMETER);
    return WideCharToMultiByte(CP_ACP, 0, Text, -1, Buffer, Size, NULL, NULL);
}

WINBOOL WINAPI IsValidLocale(LCID Locale, DWORD Flags) { return BaseKnownLocale(Locale) != 0; }
WINBOOL WINAPI IsValidLocaleName(LPCWSTR Name) { return Name && BaseKnownName(Name) != 0 && Name[0] != '!'; }
int WINAPI GetUserDefaultLocaleName(LPWSTR Name, int Size) { return BaseGive(L"en-US", Name, Size); }
int WINAPI GetSystemDefaultLocaleName(LPWSTR Name, int Size) { return BaseGive(L"en-US", Name, Size); }
int WINAPI LCIDToLocaleName(LCID Locale, LPWSTR Name, int Size, DWORD Flags) {
    LCID known = BaseKnownLocale(Locale);
    return known ? BaseGive(known == LOCALE_INVARIANT ? L"" : L"en-US", Name, Size) : BaseFail(ERROR_INVALID_PARAMETER);
}
LCID WINAPI LocaleNameToLCID(LPCWSTR Name, DWORD Flags) {
    LCID known = BaseKnownName(Name);
    return known ? known : (LCID)BaseFail(ERROR_INVALID_PARAMETER);
}
WINBOOL WINAPI EnumSystemLocalesEx(LOCALE_ENUMPROCEX Each, DWORD Flags, LPARAM Parameter, LPVOID Reserved) {
    if (!Each)
        return BaseFail(ERROR_INVALID_PARAMETER);
    WCHAR invariant[] = L"", english[] = L"en-US";
    if (Each(invariant, LOCALE_WINDOWS, Parameter))
        Each(english, LOCALE_WINDOWS | LOCALE_SPECIFICDATA, Parameter);
    return TRUE;
}
WINBOOL WINAPI EnumSystemLocalesW(LOCALE_ENUMPROCW Each, DWORD Flags) {
    WCHAR english[] = L"00000409";
    if (!Each)
        return BaseFail(ERROR_INVALID_PARAMETER);
    Each(english);
    return TRUE;
}
WINBOOL WINAPI EnumSystemLocalesA(LOCALE_ENUMPROCA Each, DWORD Flags) {
    CHAR english[] = "00000409";
    if (!Each)
        return BaseFail(ERROR_INVALID_PARAMETER);
    Each(english);
    return TRUE;
}

/* ---- Facts ------------------------------------------------------------------------------------------------------------------------ */
PCWSTR BaseLocaleText(LCID Locale, LCTYPE Type) {
    USHORT type = (USHORT)(Type & 0xFFFF);
    if (Locale == LOCALE_INVARIANT && type == LOCALE_SNAME)
        return L"";
    if (Locale == LOCALE_INVARIANT && type == LOCALE_ILANGUAGE)
        return L"007F";
    for (ULONG n = 0; n < ARRAYSIZE(LocaleTexts); n++)
        if (LocaleTexts[n].Type == type)
            return LocaleTexts[n].Text;
    return NULL;
}

/* As a number: the language in hexadecimal, others decimal. FALSE: the text is none. */
static BOOL Number(LCTYPE Type, PCWSTR Text, DWORD *Value) {
    DWORD base = (USHORT)Type == LOCALE_ILANGUAGE || (USHORT)Type == LOCALE_IDEFAULTLANGUAGE ? 16 : 10;
    *Value = 0;
    for (PCWSTR at = Text; *at; at++) {
        DWORD digit = *at >= '0' && *at <= '9' ? (DWORD)(*at - '0') : *at >= 'A' && *at <= 'F' ? (DWORD)(*at - 'A' + 10) : base;
        if (digit >= base)
            return FALSE;
        *Value = *Value * base + digit;
    }
    return *Text != 0;
}

static int LocaleInfo(LCID Locale, LCTYPE Type, PWSTR Buffer, int Size) {
    PCWSTR text = Locale ? BaseLocaleText(Locale, Type) : NULL;
    DWORD value;
    if (!Locale)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!text)
        return BaseFail(ERROR_INVALID_FLAGS);
    if (!(Type & LOCALE_RETURN_NUMBER))
        return BaseGive(text, Buffer, Size);
    if (!Number(Type, text, &value))
        return BaseFail(ERROR_INVALID_FLAGS);
    if (Size && (Size < 2 || !Buffer))
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (Size)
        memcpy(Buffer, &value, sizeof value);
    return sizeof value / sizeof(WCHAR);
}
int WINAPI GetLocaleInfoEx(LPCWSTR Name, LCTYPE Type, LPWSTR Buffer, int Size) { return LocaleInfo(BaseKnownName(Name), Type, Buffer, Size); }
int WINAPI GetLocaleInfoW(LCID Locale, LCTYPE Type, LPWSTR Buffer, int Size) { return LocaleInfo(BaseKnownLocale(Locale), Type, Buffer, Size); }
int WINAPI GetLocaleInfoA(LCID Locale, LCTYPE Type, LPSTR Buffer, int Size) {
    WCHAR text[MAXIMUM_TEXT];
    if (Type & LOCALE_RETURN_NUMBER) {
        if (Size && Size < (int)sizeof(DWORD))
            return BaseFail(ERROR_INSUFFICIENT_BUFFER);
        int length = LocaleInfo(BaseKnownLocale(Locale), Type, text, ARRAYSIZE(text));
        if (length && Size)
            memcpy(Buffer, text, sizeof(DWORD));
        return length ? (int)sizeof(DWORD) : 0;
    }
    return LocaleInfo(BaseKnownLocale(Locale), Type, text, ARRAYSIZE(text)) ? BaseGiveNarrow(text, Buffer, Size) : 0;
}
