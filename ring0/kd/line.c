/* From characters to the lines that the host shows. */
#include "kd/kdp.h"
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "ps/ps.h"
#include "rtl/rtl.h"

#define ENCODED(count) ((count) * 4) /* \xNN is the longest */
#define KDP_NAME       ENCODED(64)   /* of a process; a longer one is cut */

/* Kernel stacks are small, and nothing comes between two lines of kernel code: the buffers are static. */
static CHAR KdpText[ENCODED(KDP_LINE)];
static WCHAR KdpLine[KDP_LINE];
static SIZE_T KdpLineUsed;
/* Of the line being collected, as things were when it began. The names are copies: image and process may be gone when it ends. */
static PKTHREAD KdpLineThread;
static hal_debug_line KdpLineOrigin;
static CHAR KdpLineProcess[KDP_NAME + 1], KdpLineImage[KDP_NAME + 1];

/* The byte that was printed, if the character comes from code page 1252's upper half; otherwise 0. */
static UCHAR KdpHighByte(WCHAR Char) {
    if (Char >= 0xA0 && Char < 0x100)
        return (UCHAR)Char;
    for (ULONG I = 0; I < ARRAYSIZE(RtlpAnsiHigh); I++)
        if (RtlpAnsiHigh[I] == Char)
            return (UCHAR)(0x80 + I);
    return 0;
}

/*
 * Sources are written in UTF-8, and compilers leave strings as they are: bytes that make a character of it are shown as that, as on a Windows whose
 * ANSI code page is 65001. How many characters of Text are the bytes of one; 0: none.
 */
static ULONG KdpDecodeUtf8(const WCHAR *Text, SIZE_T Count, ULONG *Point) {
    UCHAR Lead = KdpHighByte(Text[0]);
    ULONG Length = Lead < 0xC2 || Lead > 0xF4 ? 0 : Lead < 0xE0 ? 2 : Lead < 0xF0 ? 3 : 4, Value = Lead & (0xFFu >> (Length + 1));

    if (!Length || Length > Count)
        return 0;
    for (ULONG I = 1; I < Length; I++) {
        UCHAR Byte = KdpHighByte(Text[I]);
        if ((Byte & 0xC0) != 0x80)
            return 0;
        Value = Value << 6 | (Byte & 0x3F);
    }
    if (Value < (Length == 2 ? 0x80u : Length == 3 ? 0x800u : 0x10000u) || Value > 0x10FFFF || (Value >= 0xD800 && Value < 0xE000))
        return 0;
    *Point = Value;
    return Length;
}

SIZE_T KdpEncode(const WCHAR *Text, SIZE_T Count, CHAR *Buffer, SIZE_T Size) {
    SIZE_T Used = 0;
    for (SIZE_T I = 0; I < Count; I++) {
        ULONG Point = Text[I], N;
        CHAR Bytes[4];
        ULONG Utf8 = Point < 0x80 ? 0 : KdpDecodeUtf8(Text + I, Count - I, &Point);
        if (Utf8) {
            I += Utf8 - 1;
        } else if (Point >= 0xD800 && Point < 0xDC00 && I + 1 < Count && Text[I + 1] >= 0xDC00 && Text[I + 1] < 0xE000) {
            Point = 0x10000 + ((Point - 0xD800) << 10) + (Text[++I] - 0xDC00u);
        } else if (Point >= 0xD800 && Point < 0xE000) {
            Point = 0xFFFD;
        }
        if ((Point < 0x20 && Point != '\t') || (Point >= 0x7F && Point < 0xA0)) {
            Bytes[0] = '\\';
            Bytes[1] = 'x';
            Bytes[2] = "0123456789ABCDEF"[Point >> 4];
            Bytes[3] = "0123456789ABCDEF"[Point & 15];
            N = 4;
        } else {
            N = RtlpEncodeUtf8(Point, Bytes);
        }
        if (Used + N > Size) {
            break;
        }
        memcpy(Buffer + Used, Bytes, N);
        Used += N;
    }
    return Used;
}

/* ---- Who printed --------------------------------------------------------------------------------------------------------------- */

/* The file name of the process's program; System has none, but a name. An idle processor, on which DPCs run, is Windows' process 0. */
static VOID KdpNameProcess(PEPROCESS Process, CHAR *Name) {
    SIZE_T End = Process ? Process->ImageName.Length / sizeof(WCHAR) : 0, Start = End;
    while (Start && Process->ImageName.Buffer[Start - 1] != L'\\') {
        Start--;
    }
    Name[KdpEncode(Process ? Process->ImageName.Buffer + Start : NULL, End - Start, Name, KDP_NAME)] = '\0';
    if (Start == End) {
        strcpy(Name, Process ? Process->ImageFileName : "Idle");
    }
}

static VOID KdpBeginLine(const KDP_ORIGIN *Origin, PKTHREAD Thread, PCSTR Image) {
    PETHREAD Executive = Thread == KiProcessor->IdleThread ? NULL : CONTAINING_RECORD(Thread, struct _ETHREAD, Tcb);
    KdpLineThread = Thread;
    KdpNameProcess(Executive ? Executive->Process : NULL, KdpLineProcess);
    strncpy(KdpLineImage, Image ? Image : KdpLineProcess, KDP_NAME);
    KdpLineOrigin = (hal_debug_line){
        .time = KiMachine->boot_wall_time + KiQueryUpTime(), /* the log goes forward, whoever sets the system time */
        .up_time = KiQueryUpTime(),
        .cpu = KiProcessor->Number,
        .pid = Executive ? HandleToULong(Executive->Cid.UniqueProcess) : 0,
        .tid = Executive ? HandleToULong(Executive->Cid.UniqueThread) : 0,
        .component = Origin->Component,
        .level = Origin->Level,
        .component_name = Origin->Name ? Origin->Name : KdpComponentName(Origin->Component),
        .process = KdpLineProcess,
        .driver = KdpLineImage,
        .text = KdpText,
    };
}

/* ---- Lines --------------------------------------------------------------------------------------------------------------------- */

static VOID KdpEmitLine(VOID) {
    SIZE_T Count = KdpLineUsed;
    if (Count && KdpLine[Count - 1] == '\r') {
        Count--;
    }
    KdpLineUsed = 0;
    KdpLineOrigin.size = KdpEncode(KdpLine, Count, KdpText, sizeof(KdpText));
    HalOps->debug_line(&KdpLineOrigin);
}

VOID KdFlush(VOID) {
    if (KdpLineUsed) {
        KdpEmitLine();
    }
}

VOID KdFlushThread(PKTHREAD Thread) {
    if (KdpLineThread == Thread) {
        KdFlush();
    }
}

VOID KdpPutText(const KDP_ORIGIN *Origin, const WCHAR *Text, SIZE_T Count) {
    PKTHREAD Thread = KiCurrentThread();
    PLDR_MODULE Module = Origin->Caller == KDP_PROGRAM ? NULL : LdrFindModule(Origin->Caller);
    PCSTR Image = Module ? Module->Name : Origin->Caller == KDP_PROGRAM ? NULL : "";
    if (KdpLineUsed && (KdpLineThread != Thread || strcmp(KdpLineImage, Image ? Image : KdpLineProcess) != 0)) {
        KdpEmitLine();
    }
    for (SIZE_T I = 0; I < Count; I++) {
        if (!KdpLineUsed) {
            KdpBeginLine(Origin, Thread, Image);
        }
        if (Text[I] == '\n') {
            KdpEmitLine();
            continue;
        }
        KdpLine[KdpLineUsed++] = Text[I];
        if (KdpLineUsed == KDP_LINE) {
            KdpEmitLine();
        }
    }
}

VOID KdEvent(PCSTR Component, ULONG Level, ULONG64 Caller, const WCHAR *Text, SIZE_T Count) {
    KDP_ORIGIN Origin = {KDP_PLAIN, Level, Caller, Component};
    KdFlush();
    KdpPutText(&Origin, Text, Count);
    KdFlush();
}

/* ---- Formatting into a line ----------------------------------------------------------------------------------------------------- */

typedef struct _LINE_SINK {
    RTL_FORMAT_SINK Sink;
    WCHAR *Line;
    SIZE_T Size, Used;
} LINE_SINK;

static VOID KdpPutLine(PRTL_FORMAT_SINK Sink, const VOID *Text, SIZE_T Count) {
    LINE_SINK *Target = CONTAINING_RECORD(Sink, LINE_SINK, Sink);
    if (Count > Target->Size - Target->Used) {
        Count = Target->Size - Target->Used;
    }
    memcpy(Target->Line + Target->Used, Text, Count * sizeof(WCHAR));
    Target->Used += Count;
}

SIZE_T KdpFormatLine(WCHAR *Line, SIZE_T Size, PCSTR Format, va_list Arguments) {
    LINE_SINK Target = {{.Put = KdpPutLine, .Wide = TRUE}, Line, Size, 0};
    RtlpFormat(&Target.Sink, Format, FALSE, Arguments);
    return Target.Sink.Total;
}

VOID KdMessage(PCSTR Format, ...) {
    WCHAR Line[KDP_LINE];
    va_list Arguments;
    va_start(Arguments, Format);
    SIZE_T Count = KdpFormatLine(Line, KDP_LINE, Format, Arguments);
    va_end(Arguments);
    HalOps->message(KdpText, KdpEncode(Line, Count < KDP_LINE ? Count : KDP_LINE, KdpText, sizeof(KdpText)));
}
