/* An event on its way to the log: its words, and data of unknown type. */
#include "etw/etwp.h"
#include "ke/ke.h"
#include "rtl/rtl.h"
#include "vf/vf.h"

#define SHOWN_BYTES 32u

VOID EtwpPut(PETWP_TEXT Text, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    Text->Used += KdpFormatLine(Text->Line + Text->Used, KDP_LINE - Text->Used, Format, Arguments);
    va_end(Arguments);
    if (Text->Used > KDP_LINE)
        Text->Used = KDP_LINE;
}

VOID EtwpPutGuid(PETWP_TEXT Text, LPCGUID Guid) {
    WCHAR Id[RTLP_GUID_ROOM];
    RtlpFormatGuid(Guid, Id);
    EtwpPut(Text, "%ls", Id);
}

static BOOLEAN EtwpIsPrintable(ULONG Character) { return (Character >= 0x20 && Character < 0x7F) || Character >= 0xA0; }

/* One, two or four bytes are a number whatever they look like; eight are one more easily than other sizes. */
static BOOLEAN EtwpIsNarrow(const UCHAR *Data, ULONG Size) {
    for (ULONG I = 0; I + 1 < Size; I++)
        if (!EtwpIsPrintable(Data[I]))
            return FALSE;
    return Size > 2 && Size != 4 && Data[Size - 1] == 0;
}

static BOOLEAN EtwpIsWide(const UCHAR *Data, ULONG Size) {
    for (ULONG I = 0; I + 2 < Size; I += 2)
        if (!EtwpIsPrintable(Data[I] | (ULONG)Data[I + 1] << 8) || (Size == 8 && Data[I + 1] != 0))
            return FALSE;
    return Size > 4 && Size % 2 == 0 && Data[Size - 1] == 0 && Data[Size - 2] == 0;
}

VOID EtwpPutData(PETWP_TEXT Text, const VOID *Data, ULONG Size) {
    const UCHAR *Bytes = Data;
    if (EtwpIsWide(Bytes, Size)) {
        EtwpPut(Text, "\"%.*ls\"", Size / 2 - 1, (const WCHAR *)Data);
    } else if (EtwpIsNarrow(Bytes, Size)) {
        EtwpPut(Text, "\"%.*hs\"", Size - 1, (const CHAR *)Data);
    } else if (Size == 1 || Size == 2 || Size == 4 || Size == 8) {
        ULONG64 Number = 0;
        memcpy(&Number, Data, Size);
        EtwpPut(Text, "0x%0*I64X", (INT)Size * 2, Number);
    } else {
        for (ULONG I = 0; I < Size && I < SHOWN_BYTES; I++)
            EtwpPut(Text, I == 0 ? "%02X" : " %02X", Bytes[I]);
        if (Size > SHOWN_BYTES)
            EtwpPut(Text, " ... (%u bytes)", Size);
        else if (Size == 0)
            EtwpPut(Text, "(nothing)");
    }
}

/* Levels of events are 0 always, 1 critical, 2 error, 3 warning, 4 information, 5 verbose; DbgPrint's are 0 error, 1 warning, 2 trace, 3 information. */
static ULONG EtwpDebugLevel(UCHAR Level) {
    static const UCHAR Levels[] = {3, 0, 0, 1, 3};
    return Level < RTL_NUMBER_OF(Levels) ? Levels[Level] : 4;
}

VOID EtwpEmit(PETWP_TEXT Text, UCHAR Level, ULONG64 Caller) {
    KdEvent("ETW", EtwpDebugLevel(Level), Caller, Text->Line, Text->Used);
    if (KiMachine->trace != 0)
        VfTrace("event %.*ls", (INT)Text->Used, Text->Line);
}
