/*
 * Events that say themselves what they are: TraceLogging ("Provider traits", and the layout that TraceLoggingProvider.h of the SDK describes).
 *
 *   provider metadata   u16 size, name\0, traits
 *   event metadata      u16 size, tag bytes (a set top bit: one more follows), name\0, fields
 *   a field             name\0, type, [out type when the type's top bit is set, [tag bytes when the out type's is]], [u16 count when 20h is in the type]
 *
 * Of the type the low five bits tell what it is, 40h that a u16 with the number of values lies in the payload. A structure's out type is the number of its
 * fields; those follow, and their values, in their order.
 */
#include "etw/etwp.h"

#define TYPE_MASK       0x1Fu
#define TYPE_CHAIN      0x80u
#define COUNT_CONSTANT  0x20u
#define COUNT_VARIABLE  0x40u
#define DESCRIPTOR_SIZE 2u

enum { /* in-types */
       FIELD_UNICODE = 1,
       FIELD_ANSI,
       FIELD_INT8,
       FIELD_UINT8,
       FIELD_INT16,
       FIELD_UINT16,
       FIELD_INT32,
       FIELD_UINT32,
       FIELD_INT64,
       FIELD_UINT64,
       FIELD_FLOAT,
       FIELD_DOUBLE,
       FIELD_BOOL32,
       FIELD_BINARY,
       FIELD_GUID,
       FIELD_FILETIME = 17,
       FIELD_SYSTEMTIME,
       FIELD_SID,
       FIELD_HEX32,
       FIELD_HEX64,
       FIELD_COUNTED_UNICODE,
       FIELD_COUNTED_ANSI,
       FIELD_STRUCTURE,
       FIELD_COUNTED_BINARY
};

/* Both readers never go beyond their end: what is missing reads as Bad. */
typedef struct _METADATA {
    const UCHAR *At, *End;
    BOOLEAN Bad;
} METADATA;

typedef struct _PAYLOAD { /* the descriptors as one run of bytes */
    const EVENT_DATA_DESCRIPTOR *Data;
    ULONG Count, Offset;
    BOOLEAN Bad;
} PAYLOAD;

static UCHAR EtwpByte(METADATA *From) {
    if (From->At == From->End) {
        From->Bad = TRUE;
        return 0;
    }
    return *From->At++;
}

static PCSTR EtwpString(METADATA *From) {
    const UCHAR *Start = From->At;
    while (From->At != From->End && *From->At != 0)
        From->At++;
    From->Bad |= From->At == From->End;
    if (!From->Bad)
        From->At++;
    return (PCSTR)Start;
}

static VOID EtwpSkipChain(METADATA *From) {
    while (EtwpByte(From) & TYPE_CHAIN)
        ;
}

PCSTR EtwpTraitsName(const VOID *Traits, ULONG Size) {
    METADATA From = {(const UCHAR *)Traits + DESCRIPTOR_SIZE, (const UCHAR *)Traits + Size, FALSE};
    PCSTR Name;
    if (Size < DESCRIPTOR_SIZE + 1 || *(const UNALIGNED USHORT *)Traits != Size)
        return NULL;
    Name = EtwpString(&From);
    return From.Bad || *Name == 0 ? NULL : Name;
}

/* Size bytes of payload, in one piece: an item of an event is one descriptor's, or within one. */
static const UCHAR *EtwpTake(PAYLOAD *From, ULONG Size) {
    const UCHAR *At;
    while (From->Count != 0 && From->Offset == From->Data->Size) {
        From->Data++;
        From->Count--;
        From->Offset = 0;
    }
    if (From->Bad || From->Count == 0 || From->Data->Size - From->Offset < Size) {
        From->Bad = Size != 0 || From->Bad;
        return NULL;
    }
    At = (const UCHAR *)(ULONG_PTR)From->Data->Ptr + From->Offset;
    From->Offset += Size;
    return At;
}

/* Up to and with its terminator, of Unit bytes. */
static ULONG EtwpTextLength(PAYLOAD *From, ULONG Unit) {
    const UCHAR *At = EtwpTake(From, Unit);
    ULONG Length = 0;
    static const UCHAR Zero[2];
    while (At != NULL && memcmp(At, Zero, Unit) != 0) {
        Length++;
        At = EtwpTake(From, Unit);
    }
    return Length;
}

static VOID EtwpPutText(PETWP_TEXT Text, PAYLOAD *From, ULONG Unit) {
    PAYLOAD Start = *From;
    ULONG Length = EtwpTextLength(From, Unit);
    const VOID *At;
    EtwpTake(&Start, 0); /* to where the text begins */
    At = EtwpTake(&Start, Length * Unit);
    if (Unit == 2)
        EtwpPut(Text, "\"%.*ls\"", Length, At != NULL ? At : L"");
    else
        EtwpPut(Text, "\"%.*hs\"", Length, At != NULL ? At : "");
}

static ULONG64 EtwpInteger(PAYLOAD *From, ULONG Size) {
    ULONG64 Number = 0;
    const UCHAR *At = EtwpTake(From, Size);
    if (At != NULL)
        memcpy(&Number, At, Size);
    return Number;
}

static LONG64 EtwpSigned(ULONG64 Number, ULONG Size) { return (LONG64)(Number << (64 - 8 * Size)) >> (64 - 8 * Size); }

static VOID EtwpPutCounted(PETWP_TEXT Text, PAYLOAD *From, ULONG Type) {
    ULONG Size = (ULONG)EtwpInteger(From, sizeof(USHORT));
    const VOID *At;
    EtwpTake(From, 0);
    At = Size != 0 ? (const VOID *)EtwpTake(From, Size) : "";
    if (At == NULL)
        return;
    if (Type == FIELD_COUNTED_UNICODE)
        EtwpPut(Text, "\"%.*ls\"", Size / 2, At);
    else if (Type == FIELD_COUNTED_ANSI)
        EtwpPut(Text, "\"%.*hs\"", Size, At);
    else
        EtwpPutData(Text, At, Size);
}

static VOID EtwpPutFixed(PETWP_TEXT Text, PAYLOAD *From, ULONG Type) {
    static const UCHAR Sizes[] = {
        [FIELD_INT8] = 1,   [FIELD_UINT8] = 1, [FIELD_INT16] = 2,  [FIELD_UINT16] = 2, [FIELD_INT32] = 4,    [FIELD_UINT32] = 4, [FIELD_INT64] = 8,
        [FIELD_UINT64] = 8, [FIELD_FLOAT] = 4, [FIELD_DOUBLE] = 8, [FIELD_BOOL32] = 4, [FIELD_FILETIME] = 8, [FIELD_HEX32] = 4,  [FIELD_HEX64] = 8};
    ULONG Size = Type < RTL_NUMBER_OF(Sizes) ? Sizes[Type] : 0;
    ULONG64 Number;
    if (Size == 0) {
        From->Bad = TRUE;
        return;
    }
    Number = EtwpInteger(From, Size);
    if (From->Bad)
        return;
    if (Type == FIELD_INT8 || Type == FIELD_INT16 || Type == FIELD_INT32 || Type == FIELD_INT64)
        EtwpPut(Text, "%I64d", EtwpSigned(Number, Size));
    else if (Type == FIELD_BOOL32)
        EtwpPut(Text, Number != 0 ? "true" : "false");
    else if (Type == FIELD_UINT8 || Type == FIELD_UINT16 || Type == FIELD_UINT32 || Type == FIELD_UINT64)
        EtwpPut(Text, "%I64u", Number);
    else
        EtwpPut(Text, "0x%I64X", Number);
}

static VOID EtwpPutValue(PETWP_TEXT Text, PAYLOAD *From, ULONG Type) {
    const UCHAR *At;
    switch (Type) {
    case FIELD_UNICODE: EtwpPutText(Text, From, sizeof(WCHAR)); break;
    case FIELD_ANSI: EtwpPutText(Text, From, sizeof(CHAR)); break;
    case FIELD_BINARY:
    case FIELD_COUNTED_UNICODE:
    case FIELD_COUNTED_ANSI:
    case FIELD_COUNTED_BINARY: EtwpPutCounted(Text, From, Type); break;
    case FIELD_GUID:
        if ((At = EtwpTake(From, sizeof(GUID))) != NULL)
            EtwpPutGuid(Text, (LPCGUID)At);
        break;
    case FIELD_SYSTEMTIME:
        if ((At = EtwpTake(From, 8 * sizeof(USHORT))) != NULL)
            EtwpPutData(Text, At, 8 * sizeof(USHORT));
        break;
    default: EtwpPutFixed(Text, From, Type); break;
    }
}

static VOID EtwpPutField(PETWP_TEXT Text, METADATA *Fields, PAYLOAD *From) {
    PCSTR Name = EtwpString(Fields);
    UCHAR Type = EtwpByte(Fields), Out = Type & TYPE_CHAIN ? EtwpByte(Fields) : 0;
    ULONG Count = 1;

    if (Out & TYPE_CHAIN)
        EtwpSkipChain(Fields);
    if (Type & COUNT_CONSTANT) {
        Count = EtwpByte(Fields);
        Count |= (ULONG)EtwpByte(Fields) << 8;
    } else if (Type & COUNT_VARIABLE) {
        Count = (ULONG)EtwpInteger(From, sizeof(USHORT));
    }
    if (Fields->Bad)
        return;
    if ((Type & TYPE_MASK) == FIELD_STRUCTURE) { /* its fields come next, as if they were the event's */
        From->Bad |= Count != 1;
        return;
    }
    EtwpPut(Text, Type & (COUNT_CONSTANT | COUNT_VARIABLE) ? " %hs=[" : " %hs=", Name);
    for (ULONG I = 0; I < Count && !From->Bad; I++) {
        if (I != 0)
            EtwpPut(Text, " ");
        EtwpPutValue(Text, From, Type & TYPE_MASK);
    }
    if (Type & (COUNT_CONSTANT | COUNT_VARIABLE))
        EtwpPut(Text, "]");
}

BOOLEAN EtwpPutSelfDescribed(PETWP_TEXT Text, const VOID *Metadata, ULONG Size, const EVENT_DATA_DESCRIPTOR *Data, ULONG Count) {
    METADATA Fields = {(const UCHAR *)Metadata + DESCRIPTOR_SIZE, (const UCHAR *)Metadata + Size, FALSE};
    PAYLOAD From = {Data, Count, 0, FALSE};
    PCSTR Name;

    if (Size < DESCRIPTOR_SIZE || *(const UNALIGNED USHORT *)Metadata != Size)
        return FALSE;
    EtwpSkipChain(&Fields);
    Name = EtwpString(&Fields);
    if (Fields.Bad)
        return FALSE;
    EtwpPut(Text, " %hs", Name);
    while (Fields.At != Fields.End && !Fields.Bad && !From.Bad)
        EtwpPutField(Text, &Fields, &From);
    if (Fields.Bad || From.Bad)
        EtwpPut(Text, " (the rest is not as its description says)");
    return TRUE;
}
