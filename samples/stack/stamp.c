/* Times as entries have them: local, in steps of two seconds from 1980 on. */
#include "fat.h"

VOID FatStamp(PRAW_ENTRY Raw, BOOLEAN Created) {
    LARGE_INTEGER Now;
    TIME_FIELDS Fields;
    KeQuerySystemTime(&Now);
    ExSystemTimeToLocalTime(&Now, &Now);
    RtlTimeToTimeFields(&Now, &Fields);
    Raw->WriteDate = Raw->AccessDate = (USHORT)((Fields.Year - 1980) << 9 | Fields.Month << 5 | Fields.Day);
    Raw->WriteTime = (USHORT)(Fields.Hour << 11 | Fields.Minute << 5 | Fields.Second / 2);
    if (Created) {
        Raw->CreateDate = Raw->WriteDate;
        Raw->CreateTime = Raw->WriteTime;
    }
}

LARGE_INTEGER FatTime(USHORT Date, USHORT Time) {
    TIME_FIELDS Fields = {.Year = (CSHORT)(1980 + (Date >> 9)),
                          .Month = (Date >> 5) & 15,
                          .Day = Date & 31,
                          .Hour = (CSHORT)(Time >> 11),
                          .Minute = (Time >> 5) & 63,
                          .Second = (CSHORT)((Time & 31) * 2)};
    LARGE_INTEGER Result = {.QuadPart = 0};
    if (Date != 0 && RtlTimeFieldsToTime(&Fields, &Result))
        ExLocalTimeToSystemTime(&Result, &Result);
    return Result;
}
