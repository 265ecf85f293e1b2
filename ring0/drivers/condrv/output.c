/* Console output: bytes as they are, UTF-16 as UTF-8. */
#include "condrvp.h"

#define HOST_EPIPE 32

NTSTATUS ConWriteBytes(PCON_CONSOLE Console, ULONG Stream, const VOID *Data, ULONG Length) {
    LARGE_INTEGER Pause = {.QuadPart = -100000}; /* 10 ms: how often a terminal that is full is asked again */
    ULONG Done = 0;

    while (Done < Length) {
        int64_t Result = HalOps->console_write(Console->Number, Stream, (const UCHAR *)Data + Done, Length - Done);

        if (Result > 0) {
            Done += (ULONG)Result;
            continue;
        }
        switch (-Result) {
        case HAL_EAGAIN:
            if (PsIsThreadTerminating(PsGetCurrentThread()))
                return STATUS_CANCELLED; /* it is not to be kept by a terminal that nobody reads */
            KeDelayExecutionThread(KernelMode, FALSE, &Pause);
            break;
        case HOST_EPIPE: return STATUS_PIPE_CLOSING; /* ERROR_NO_DATA: nobody reads any more */
        case HAL_ENOSPC: return STATUS_DISK_FULL;
        default: return STATUS_IO_DEVICE_ERROR;
        }
    }
    return STATUS_SUCCESS;
}

static ULONG ConEncode(ULONG Character, UCHAR *Out) {
    if (Character < 0x80) {
        Out[0] = (UCHAR)Character;
        return 1;
    }
    if (Character < 0x800) {
        Out[0] = (UCHAR)(0xC0 | Character >> 6);
        Out[1] = (UCHAR)(0x80 | (Character & 0x3F));
        return 2;
    }
    if (Character < 0x10000) {
        Out[0] = (UCHAR)(0xE0 | Character >> 12);
        Out[1] = (UCHAR)(0x80 | (Character >> 6 & 0x3F));
        Out[2] = (UCHAR)(0x80 | (Character & 0x3F));
        return 3;
    }
    Out[0] = (UCHAR)(0xF0 | Character >> 18);
    Out[1] = (UCHAR)(0x80 | (Character >> 12 & 0x3F));
    Out[2] = (UCHAR)(0x80 | (Character >> 6 & 0x3F));
    Out[3] = (UCHAR)(0x80 | (Character & 0x3F));
    return 4;
}

NTSTATUS ConWriteWide(PCON_CONSOLE Console, ULONG Stream, const WCHAR *Text, ULONG Characters) {
    WCHAR High = Console->HighSurrogate[Stream];
    NTSTATUS Status = STATUS_SUCCESS;
    UCHAR Out[512];
    ULONG Used = 0;

    for (ULONG I = 0; I < Characters && NT_SUCCESS(Status); I++) {
        WCHAR Unit = Text[I];

        /* Up to two characters come out of one unit: a lonely first half becomes U+FFFD before it. */
        if (High != 0 && Unit >= 0xDC00 && Unit <= 0xDFFF) {
            Used += ConEncode(0x10000 + ((ULONG)(High - 0xD800) << 10) + (Unit - 0xDC00), Out + Used);
            High = 0;
        } else {
            if (High != 0)
                Used += ConEncode(0xFFFD, Out + Used);
            High = Unit >= 0xD800 && Unit <= 0xDBFF ? Unit : 0;
            if (High == 0)
                Used += ConEncode(Unit >= 0xDC00 && Unit <= 0xDFFF ? 0xFFFD : Unit, Out + Used);
        }
        if (Used > sizeof(Out) - 8) {
            Status = ConWriteBytes(Console, Stream, Out, Used);
            Used = 0;
        }
    }
    Console->HighSurrogate[Stream] = High;
    return NT_SUCCESS(Status) && Used != 0 ? ConWriteBytes(Console, Stream, Out, Used) : Status;
}

/* ---- Attributes ---- */
#define ATTRIBUTES_KNOWN    0xDFFFu /* wincon.h's; those of double-byte cells and grid lines mean nothing to a terminal */
#define ATTRIBUTE_REVERSE   0x4000u
#define ATTRIBUTE_UNDERLINE 0x8000u
#define INTENSITY           8u

/* ";31" and the like: blue, green, red, intensity are bits 0 to 3 of Colour; of the terminal's colours red is 1 and blue 4. */
static PCHAR ConPutColour(PCHAR Out, ULONG Colour, PCSTR Usual, PCSTR Bright) {
    *Out++ = ';';
    for (PCSTR Digit = Colour & INTENSITY ? Bright : Usual; *Digit != 0; Digit++)
        *Out++ = *Digit;
    *Out++ = (CHAR)('0' + (Colour >> 2 & 1) + (Colour & 2) + (Colour << 2 & 4));
    return Out;
}

NTSTATUS ConSetAttributes(PCON_CONSOLE Console, ULONG Stream, ULONG Attributes) {
    CHAR Text[24] = "\x1B[0";
    PCHAR Out = Text + 3;

    if (Attributes & ~ATTRIBUTES_KNOWN)
        return STATUS_INVALID_PARAMETER;
    if ((Attributes & 15) != CON_USUAL_ATTRIBUTES)
        Out = ConPutColour(Out, Attributes & 15, "3", "9");
    if ((Attributes >> 4 & 15) != 0)
        Out = ConPutColour(Out, Attributes >> 4 & 15, "4", "10");
    if (Attributes & ATTRIBUTE_UNDERLINE) {
        *Out++ = ';';
        *Out++ = '4';
    }
    if (Attributes & ATTRIBUTE_REVERSE) {
        *Out++ = ';';
        *Out++ = '7';
    }
    *Out++ = 'm';
    Console->Attributes = Attributes;
    return ConWriteBytes(Console, Stream, Text, (ULONG)(Out - Text));
}
