/*
 * Memory: what the compiler calls (memcpy and its kin), and the Rtl forms. A fault in any of them unwinds into the caller like one in its own code.
 */
#include "rtl/rtlp.h"

#undef RtlCopyMemory
#undef RtlMoveMemory
#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlFillMemoryUlonglong
#undef RtlCopyMemoryNonTemporal

VOID NTAPI RtlCopyMemory(VOID *Destination, const VOID *Source, SIZE_T Length);
VOID NTAPI RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length);
VOID NTAPI RtlFillMemory(VOID *Destination, SIZE_T Length, UCHAR Fill);
VOID NTAPI RtlZeroMemory(VOID *Destination, SIZE_T Length);
VOID NTAPI RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern);
VOID NTAPI RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length);

typedef ULONG64 __attribute__((may_alias, aligned(1))) UNALIGNED_QUAD;
typedef ULONG __attribute__((may_alias, aligned(1))) UNALIGNED_LONG;

/*
 * Short copies are words that overlap in the middle, long ones the processor's string move. As on Windows x64, memcpy and memmove are the same:
 * many a
 * caller of RtlCopyMemory depends on it.
 */
static inline __attribute__((always_inline)) void *RtlpMove(void *Destination, const void *Source, size_t Length) {
    CHAR *To = Destination;
    const CHAR *From = Source;
    if ((ULONG64)To - (ULONG64)From < Length) { /* upwards into itself: last bytes first */
        while (Length >= 8) {
            Length -= 8;
            *(UNALIGNED_QUAD *)(To + Length) = *(const UNALIGNED_QUAD *)(From + Length);
        }
        while (Length--) {
            To[Length] = From[Length];
        }
    } else if (Length > 256) {
        VOID *Di = Destination;
        __asm__ volatile("rep movsb" : "+D"(Di), "+S"(Source), "+c"(Length) : : "memory");
    } else if (Length >= 16) {
        ULONG64 TailLow = *(const UNALIGNED_QUAD *)(From + Length - 16), TailHigh = *(const UNALIGNED_QUAD *)(From + Length - 8);
        for (SIZE_T i = 0; i + 16 <= Length; i += 16) {
            ULONG64 Low = *(const UNALIGNED_QUAD *)(From + i), High = *(const UNALIGNED_QUAD *)(From + i + 8);
            *(UNALIGNED_QUAD *)(To + i) = Low;
            *(UNALIGNED_QUAD *)(To + i + 8) = High;
        }
        *(UNALIGNED_QUAD *)(To + Length - 16) = TailLow;
        *(UNALIGNED_QUAD *)(To + Length - 8) = TailHigh;
    } else if (Length >= 8) {
        ULONG64 Head = *(const UNALIGNED_QUAD *)From, Tail = *(const UNALIGNED_QUAD *)(From + Length - 8);
        *(UNALIGNED_QUAD *)To = Head;
        *(UNALIGNED_QUAD *)(To + Length - 8) = Tail;
    } else if (Length >= 4) {
        ULONG Head = *(const UNALIGNED_LONG *)From, Tail = *(const UNALIGNED_LONG *)(From + Length - 4);
        *(UNALIGNED_LONG *)To = Head;
        *(UNALIGNED_LONG *)(To + Length - 4) = Tail;
    } else {
        for (SIZE_T i = 0; i < Length; i++) {
            To[i] = From[i];
        }
    }
    return Destination;
}

void *memcpy(void *Destination, const void *Source, size_t Length) { return RtlpMove(Destination, Source, Length); }

void *memmove(void *Destination, const void *Source, size_t Length) { return RtlpMove(Destination, Source, Length); }

void *memset(void *Destination, int Value, size_t Length) {
    CHAR *To = Destination;
    if (Length > 256) {
        VOID *Di = Destination;
        __asm__ volatile("rep stosb" : "+D"(Di), "+c"(Length) : "a"(Value) : "memory");
        return Destination;
    }
    ULONG64 Pattern = 0x0101010101010101ull * (UCHAR)Value;
    for (; Length >= 8; Length -= 8, To += 8) {
        *(UNALIGNED_QUAD *)To = Pattern;
    }
    while (Length--) {
        *To++ = (CHAR)Value;
    }
    return Destination;
}

int memcmp(const void *First, const void *Second, size_t Length) {
    const UCHAR *a = First, *b = Second;
    while (Length >= 8 && *(const UNALIGNED_QUAD *)a == *(const UNALIGNED_QUAD *)b) {
        a += 8;
        b += 8;
        Length -= 8;
    }
    for (; Length; Length--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}

void *memchr(const void *Block, int Value, size_t Length) {
    for (const UCHAR *p = Block; Length--; p++) {
        if (*p == (UCHAR)Value) {
            return (void *)p;
        }
    }
    return NULL;
}

VOID NTAPI RtlCopyMemory(VOID *Destination, const VOID *Source, SIZE_T Length) { memmove(Destination, Source, Length); }

VOID NTAPI RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length) { memmove(Destination, Source, Length); }

VOID NTAPI RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length) { memmove(Destination, Source, Length); }

VOID NTAPI RtlFillMemory(VOID *Destination, SIZE_T Length, UCHAR Fill) { memset(Destination, Fill, Length); }

VOID NTAPI RtlZeroMemory(VOID *Destination, SIZE_T Length) { memset(Destination, 0, Length); }

VOID NTAPI RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern) {
    for (SIZE_T i = 0; i < Length / sizeof(ULONG); i++) {
        ((ULONG *)Destination)[i] = Pattern;
    }
}

VOID NTAPI RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern) {
    for (SIZE_T i = 0; i < Length / sizeof(ULONGLONG); i++) {
        ((ULONGLONG *)Destination)[i] = Pattern;
    }
}

SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length) {
    const UCHAR *a = Source1, *b = Source2;
    SIZE_T i = 0;
    while (i < Length && a[i] == b[i]) {
        i++;
    }
    return i;
}

SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern) {
    SIZE_T i = 0;
    while (i < Length / sizeof(ULONG) && ((const ULONG *)Source)[i] == Pattern) {
        i++;
    }
    return i * sizeof(ULONG);
}

VOID FASTCALL RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length) {
    for (SIZE_T i = 0; i < Length; i += 64) {
        __builtin_prefetch((const CHAR *)Source + i, 0, 0);
    }
}
