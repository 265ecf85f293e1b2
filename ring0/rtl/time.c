/* System time (100 ns units since 1 January 1601, UTC) from and to calendar fields and seconds of other epochs. */
#include "rtl/rtlp.h"

#define UNITS_PER_MS         10000ll
#define MS_PER_DAY           86400000ll
#define UNITS_PER_SECOND     10000000ll
#define SECONDS_1601_TO_1970 11644473600ll
#define SECONDS_1601_TO_1980 11960006400ll

/* Days from 1601-01-01 to the given day, with the year counted from March so that the leap day is its last. */
static LONG64 RtlpDays(LONG Year, LONG Month, LONG Day) {
    LONG Y = Month <= 2 ? Year - 1 : Year, M = Month <= 2 ? Month + 9 : Month - 3;
    return 365ll * Y + Y / 4 - Y / 100 + Y / 400 + (153 * M + 2) / 5 + Day - 1 - 584694;
}

static BOOLEAN RtlpIsLeap(LONG Year) { return (Year % 4 == 0 && Year % 100 != 0) || Year % 400 == 0; }

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
    LONG64 Ms = Time->QuadPart / UNITS_PER_MS, Days = Ms / MS_PER_DAY;
    LONG Rest = (LONG)(Ms % MS_PER_DAY);
    LONG Year = (LONG)(1601 + Days / 366);
    while (RtlpDays(Year + 1, 1, 1) <= Days) {
        Year++;
    }
    LONG Month = 1;
    while (Month < 12 && RtlpDays(Year, Month + 1, 1) <= Days) {
        Month++;
    }
    TimeFields->Year = (CSHORT)Year;
    TimeFields->Month = (CSHORT)Month;
    TimeFields->Day = (CSHORT)(Days - RtlpDays(Year, Month, 1) + 1);
    TimeFields->Hour = (CSHORT)(Rest / 3600000);
    TimeFields->Minute = (CSHORT)(Rest / 60000 % 60);
    TimeFields->Second = (CSHORT)(Rest / 1000 % 60);
    TimeFields->Milliseconds = (CSHORT)(Rest % 1000);
    TimeFields->Weekday = (CSHORT)((Days + 1) % 7); /* 1601-01-01 was a Monday */
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time) {
    static const CHAR MonthDays[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const TIME_FIELDS *F = TimeFields;
    if (F->Year < 1601 || F->Month < 1 || F->Month > 12 || F->Day < 1 ||
        F->Day > MonthDays[F->Month - 1] + (F->Month == 2 && RtlpIsLeap(F->Year) ? 1 : 0) || F->Hour < 0 || F->Hour > 23 || F->Minute < 0 ||
        F->Minute > 59 || F->Second < 0 || F->Second > 59 || F->Milliseconds < 0 || F->Milliseconds > 999) {
        return FALSE;
    }
    LONG64 Ms = RtlpDays(F->Year, F->Month, F->Day) * MS_PER_DAY + F->Hour * 3600000ll + F->Minute * 60000ll + F->Second * 1000ll + F->Milliseconds;
    LONG64 Units;
    if (__builtin_mul_overflow(Ms, UNITS_PER_MS, &Units)) {
        return FALSE;
    }
    Time->QuadPart = Units;
    return TRUE;
}

static BOOLEAN RtlpTimeToSeconds(PLARGE_INTEGER Time, LONG64 Epoch, PULONG ElapsedSeconds) {
    LONG64 Seconds = Time->QuadPart / UNITS_PER_SECOND - Epoch;
    if (Time->QuadPart < 0 || Seconds < 0 || Seconds > MAXULONG) {
        return FALSE;
    }
    *ElapsedSeconds = (ULONG)Seconds;
    return TRUE;
}

BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
    return RtlpTimeToSeconds(Time, SECONDS_1601_TO_1970, ElapsedSeconds);
}

BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
    return RtlpTimeToSeconds(Time, SECONDS_1601_TO_1980, ElapsedSeconds);
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
    Time->QuadPart = (ElapsedSeconds + SECONDS_1601_TO_1970) * UNITS_PER_SECOND;
}

VOID NTAPI RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
    Time->QuadPart = (ElapsedSeconds + SECONDS_1601_TO_1980) * UNITS_PER_SECOND;
}
