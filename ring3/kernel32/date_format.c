/* Dates and times as text, by pictures ("dddd, MMMM d, yyyy"). */
#include "locale.h"

typedef struct _PICTURE {
    WCHAR Text[256];
    SIZE_T Length;
} PICTURE;

static VOID PutText(PICTURE *Out, PCWSTR Text) {
    while (*Text && Out->Length < ARRAYSIZE(Out->Text) - 1)
        Out->Text[Out->Length++] = *Text++;
}
static VOID PutNumber(PICTURE *Out, ULONG Value, ULONG Digits) {
    WCHAR text[12];
    ULONG at = ARRAYSIZE(text) - 1;
    text[at] = 0;
    do {
        text[--at] = (WCHAR)('0' + Value % 10);
        Value /= 10;
    } while (Value || ARRAYSIZE(text) - 1 - at < Digits);
    PutText(Out, text + at);
}

/* One element, Count times the letter; FALSE: it is none of a date (or of a time) and stands for itself. */
static BOOL PutElement(PICTURE *Out, const SYSTEMTIME *Time, WCHAR Letter, ULONG Count, DWORD Flags, BOOL Date) {
    ULONG day = Time->wDayOfWeek ? Time->wDayOfWeek - 1u : 6u, hour = Time->wHour % 12 ? Time->wHour % 12u : 12u;
    BOOL day_of_24 = (Flags & TIME_FORCE24HOURFORMAT) != 0;
    if (Date) {
        switch (Letter) {
        case 'd':
            Count < 3 ? PutNumber(Out, Time->wDay, Count)
                      : PutText(Out, BaseLocaleText(BASE_LOCALE, (Count == 3 ? LOCALE_SABBREVDAYNAME1 : LOCALE_SDAYNAME1) + day));
            return TRUE;
        case 'M':
            Count < 3 ? PutNumber(Out, Time->wMonth, Count)
                      : PutText(Out, BaseLocaleText(BASE_LOCALE, (Count == 3 ? LOCALE_SABBREVMONTHNAME1 : LOCALE_SMONTHNAME1) + Time->wMonth - 1u));
            return TRUE;
        case 'y': PutNumber(Out, Count < 3 ? Time->wYear % 100u : Time->wYear, Count < 3 ? Count : 4); return TRUE;
        case 'g': PutText(Out, L"A.D."); return TRUE;
        default: return FALSE;
        }
    }
    switch (Letter) {
    case 'h': PutNumber(Out, day_of_24 ? Time->wHour : hour, Count < 2 ? 1 : 2); return TRUE;
    case 'H': PutNumber(Out, Time->wHour, Count < 2 ? 1 : 2); return TRUE;
    case 'm':
        if (!(Flags & TIME_NOMINUTESORSECONDS))
            PutNumber(Out, Time->wMinute, Count < 2 ? 1 : 2);
        return TRUE;
    case 's':
        if (!(Flags & (TIME_NOSECONDS | TIME_NOMINUTESORSECONDS)))
            PutNumber(Out, Time->wSecond, Count < 2 ? 1 : 2);
        return TRUE;
    case 't':
        if (!(Flags & TIME_NOTIMEMARKER)) {
            WCHAR mark[] = {Time->wHour < 12 ? 'A' : 'P', Count > 1 ? 'M' : 0, 0};
            PutText(Out, mark);
        }
        return TRUE;
    default: return FALSE;
    }
}

/* A separator before something that was left out goes with it. */
static VOID Paint(PICTURE *Out, const SYSTEMTIME *Time, PCWSTR Format, DWORD Flags, BOOL Date) {
    SIZE_T separator = 0;
    for (PCWSTR at = Format; *at;) {
        if (*at == '\'') {
            for (at++; *at && !(*at == '\'' && at[1] != '\''); at += *at == '\'' ? 2 : 1) {
                WCHAR one[] = {*at, 0};
                PutText(Out, one);
            }
            at += *at == '\'';
            separator = Out->Length;
            continue;
        }
        ULONG count = 1;
        while (at[count] == *at)
            count++;
        SIZE_T before = Out->Length;
        if (PutElement(Out, Time, *at, count, Flags, Date)) {
            if (Out->Length == before)
                Out->Length = separator;
            separator = Out->Length;
        } else {
            for (ULONG n = 0; n < count; n++) {
                WCHAR one[] = {*at, 0};
                PutText(Out, one);
            }
        }
        at += count;
    }
    Out->Text[Out->Length] = 0;
}

static BOOL GoodTime(const SYSTEMTIME *Given, SYSTEMTIME *Time, BOOL Date) {
    FILETIME file;
    if (!Given) {
        GetLocalTime(Time);
        return TRUE;
    }
    *Time = *Given;
    if (!Date)
        return Time->wHour < 24 && Time->wMinute < 60 && Time->wSecond < 60;
    Time->wHour = Time->wMinute = Time->wSecond = Time->wMilliseconds = 0;
    return SystemTimeToFileTime(Time, &file) && FileTimeToSystemTime(&file, Time); /* which puts the day of the week right */
}
static BOOL MakeDate(LCID Locale, DWORD Flags, const SYSTEMTIME *Given, PCWSTR Format, PICTURE *Out) {
    SYSTEMTIME time;
    if (!Locale || !GoodTime(Given, &time, TRUE) || (Format && (Flags & (DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH))))
        return BaseFail(ERROR_INVALID_PARAMETER);
    Out->Length = 0;
    Paint(Out, &time,
          Format ? Format
                 : BaseLocaleText(BASE_LOCALE, Flags & DATE_LONGDATE    ? LOCALE_SLONGDATE
                                               : Flags & DATE_YEARMONTH ? LOCALE_SYEARMONTH
                                                                        : LOCALE_SSHORTDATE),
          0, TRUE);
    return TRUE;
}
static BOOL MakeTime(LCID Locale, DWORD Flags, const SYSTEMTIME *Given, PCWSTR Format, PICTURE *Out) {
    SYSTEMTIME time;
    if (!Locale || !GoodTime(Given, &time, FALSE))
        return BaseFail(ERROR_INVALID_PARAMETER);
    Out->Length = 0;
    Paint(Out, &time, Format ? Format : BaseLocaleText(BASE_LOCALE, LOCALE_STIMEFORMAT), Flags, FALSE);
    return TRUE;
}
int WINAPI GetDateFormatEx(LPCWSTR Name, DWORD Flags, const SYSTEMTIME *Date, LPCWSTR Format, LPWSTR Buffer, int Size, LPCWSTR Calendar) {
    PICTURE picture;
    return MakeDate(BaseKnownName(Name), Flags, Date, Format, &picture) ? BaseGive(picture.Text, Buffer, Size) : 0;
}
int WINAPI GetDateFormatW(LCID Locale, DWORD Flags, const SYSTEMTIME *Date, LPCWSTR Format, LPWSTR Buffer, int Size) {
    PICTURE picture;
    return MakeDate(BaseKnownLocale(Locale), Flags, Date, Format, &picture) ? BaseGive(picture.Text, Buffer, Size) : 0;
}
int WINAPI GetTimeFormatEx(LPCWSTR Name, DWORD Flags, const SYSTEMTIME *Time, LPCWSTR Format, LPWSTR Buffer, int Size) {
    PICTURE picture;
    return MakeTime(BaseKnownName(Name), Flags, Time, Format, &picture) ? BaseGive(picture.Text, Buffer, Size) : 0;
}
int WINAPI GetTimeFormatW(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCWSTR Format, LPWSTR Buffer, int Size) {
    PICTURE picture;
    return MakeTime(BaseKnownLocale(Locale), Flags, Time, Format, &picture) ? BaseGive(picture.Text, Buffer, Size) : 0;
}
int WINAPI GetDateFormatA(LCID Locale, DWORD Flags, const SYSTEMTIME *Date, LPCSTR Format, LPSTR Buffer, int Size) {
    PICTURE picture;
    PWSTR wide = BaseWide(Format);
    BOOL done = (!Format || wide) && MakeDate(BaseKnownLocale(Locale), Flags, Date, wide, &picture);
    BaseFree(wide);
    return done ? BaseGiveNarrow(picture.Text, Buffer, Size) : 0;
}
int WINAPI GetTimeFormatA(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCSTR Format, LPSTR Buffer, int Size) {
    PICTURE picture;
    PWSTR wide = BaseWide(Format);
    BOOL done = (!Format || wide) && MakeTime(BaseKnownLocale(Locale), Flags, Time, wide, &picture);
    BaseFree(wide);
    return done ? BaseGiveNarrow(picture.Text, Buffer, Size) : 0;
}
