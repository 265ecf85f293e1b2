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

typedef UCHAR __attribute__((may_alias, aligned(1), vector_size(16))) UNALIGNED_BLOCK;

/* The two ends of a short copy, which overlap in the middle; both are read before either is written. */
#define MOVE_ENDS(Type)                                                                                                                              \
    do {                                                                                                                                             \
        Type Head = *(const Type *)From, Tail = *(const Type *)(From + Length - sizeof(Type));                                                       \
        *(Type *)To = Head;                                                                                                                          \
        *(Type *)(To + Length - sizeof(Type)) = Tail;                                                                                                \
    } while (0)

/* Long copies are the processor's string move. As on Windows x64, memcpy and memmove are the same: many a caller of RtlCopyMemory depends on it. */
static inline __attribute__((always_inline)) void *RtlpMove(void *Destination, const void *Source, size_t Length) {
    CHAR *To = Destination;
    const CHAR *From = Source;
    if (Length <= 32) {
        if (Length >= 16)
            MOVE_ENDS(UNALIGNED_BLOCK);
        else if (Length >= 8)
            MOVE_ENDS(UNALIGNED_QUAD);
        else if (Length >= 4)
            MOVE_ENDS(UNALIGNED_LONG);
        else if (Length != 0) {
            CHAR First = From[0], Middle = From[Length / 2], Last = From[Length - 1];
            To[0] = First;
            To[Length / 2] = Middle;
            To[Length - 1] = Last;
        }
    } else if ((ULONG64)To - (ULONG64)From < Length) { /* upwards into itself: last bytes first */
        UNALIGNED_BLOCK First = *(const UNALIGNED_BLOCK *)From;
        for (; Length >= 16; Length -= 16)
            *(UNALIGNED_BLOCK *)(To + Length - 16) = *(const UNALIGNED_BLOCK *)(From + Length - 16);
        *(UNALIGNED_BLOCK *)To = First;
    } else if (Length > 512) {
        VOID *Di = Destination;
        __asm__ volatile("rep movsb" : "+D"(Di), "+S"(Source), "+c"(Length) : : "memory");
    } else {
        UNALIGNED_BLOCK Last = *(const UNALIGNED_BLOCK *)(From + Length - 16);
        for (SIZE_T I = 0; I + 16 <= Length; I += 16)
            *(UNALIGNED_BLOCK *)(To + I) = *(const UNALIGNED_BLOCK *)(From + I);
        *(UNALIGNED_BLOCK *)(To + Length - 16) = Last;
    }
    return Destination;
}

void *memcpy(void *Destination, const void *Source, size_t Length) { return RtlpMove(Destination, Source, Length); }

void *memmove(void *Destination, const void *Source, size_t Length) { return RtlpMove(Destination, Source, Length); }

void *memset(void *Destination, int Value, size_t Length) {
    CHAR *To = Destination;
    UNALIGNED_BLOCK Pattern = (UNALIGNED_BLOCK){0} + (UCHAR)Value;
    if (Length > 512) {
        VOID *Di = Destination;
        __asm__ volatile("rep stosb" : "+D"(Di), "+c"(Length) : "a"(Value) : "memory");
    } else if (Length >= 16) {
        *(UNALIGNED_BLOCK *)(To + Length - 16) = Pattern;
        for (SIZE_T I = 0; I + 16 <= Length; I += 16)
            *(UNALIGNED_BLOCK *)(To + I) = Pattern;
    } else {
        while (Length--)
            *To++ = (CHAR)Value;
    }
    return Destination;
}

int memcmp(const void *First, const void *Second, size_t Length) {
    const UCHAR *A = First, *B = Second;
    while (Length >= 8 && *(const UNALIGNED_QUAD *)A == *(const UNALIGNED_QUAD *)B) {
        A += 8;
        B += 8;
        Length -= 8;
    }
    for (; Length; Length--, A++, B++) {
        if (*A != *B) {
            return *A < *B ? -1 : 1;
        }
    }
    return 0;
}

void *memchr(const void *Block, int Value, size_t Length) {
    for (const UCHAR *P = Block; Length--; P++) {
        if (*P == (UCHAR)Value) {
            return (void *)P;
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
    for (SIZE_T I = 0; I < Length / sizeof(ULONG); I++) {
        ((ULONG *)Destination)[I] = Pattern;
    }
}

VOID NTAPI RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern) {
    for (SIZE_T I = 0; I < Length / sizeof(ULONGLONG); I++) {
        ((ULONGLONG *)Destination)[I] = Pattern;
    }
}

SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length) {
    const UCHAR *A = Source1, *B = Source2;
    SIZE_T I = 0;
    while (I < Length && A[I] == B[I]) {
        I++;
    }
    return I;
}

SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern) {
    SIZE_T I = 0;
    while (I < Length / sizeof(ULONG) && ((const ULONG *)Source)[I] == Pattern) {
        I++;
    }
    return I * sizeof(ULONG);
}

VOID FASTCALL RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length) {
    for (SIZE_T I = 0; I < Length; I += 64) {
        __builtin_prefetch((const CHAR *)Source + I, 0, 0);
    }
}
