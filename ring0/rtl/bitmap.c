/* Bit maps: bit n is bit n % 32 of word n / 32. Positions that are not found are 0xFFFFFFFF. */
#include "rtl/rtlp.h"

#define NOT_FOUND 0xFFFFFFFFu

static BOOLEAN RtlpBit(const RTL_BITMAP *Map, ULONG Bit) { return (Map->Buffer[Bit / 32] >> (Bit % 32)) & 1; }

static VOID RtlpPut(PRTL_BITMAP Map, ULONG Bit, BOOLEAN Set) {
    if (Set) {
        Map->Buffer[Bit / 32] |= 1u << (Bit % 32);
    } else {
        Map->Buffer[Bit / 32] &= ~(1u << (Bit % 32));
    }
}

static VOID RtlpPutRun(PRTL_BITMAP Map, ULONG Start, ULONG Count, BOOLEAN Set) {
    for (ULONG Bit = Start; Bit < Start + Count;) {
        if (Bit % 32 == 0 && Start + Count - Bit >= 32) {
            Map->Buffer[Bit / 32] = Set ? ~0u : 0;
            Bit += 32;
        } else {
            RtlpPut(Map, Bit++, Set);
        }
    }
}

/* First bit at or after From, below End, that is as Set says; End if there is none. */
static ULONG RtlpNext(const RTL_BITMAP *Map, ULONG From, ULONG End, BOOLEAN Set) {
    ULONG Skip = Set ? 0 : ~0u; /* a word of the other kind */
    while (From < End) {
        if (From % 32 == 0 && End - From >= 32 && Map->Buffer[From / 32] == Skip) {
            From += 32;
        } else if (RtlpBit(Map, From) == Set) {
            return From;
        } else {
            From++;
        }
    }
    return End;
}

static ULONG RtlpFindRun(const RTL_BITMAP *Map, ULONG Count, ULONG From, ULONG End, BOOLEAN Set) {
    while (From < End) {
        ULONG Start = RtlpNext(Map, From, End, Set);
        if (Start == End) {
            break;
        }
        ULONG Limit = End - Start < Count ? End : Start + Count;
        From = RtlpNext(Map, Start, Limit, !Set);
        if (From - Start >= Count) {
            return Start;
        }
    }
    return NOT_FOUND;
}

/* From the hint to the end, then from the start; the second search may run past the hint. The hint counts from the word it is in. */
static ULONG RtlpFind(const RTL_BITMAP *Map, ULONG Count, ULONG Hint, BOOLEAN Set) {
    ULONG Size = Map->SizeOfBitMap;
    Hint = Hint < Size ? Hint & ~7u : 0;
    if (Count == 0) {
        return Hint;
    }
    if (Count > Size) {
        return NOT_FOUND;
    }
    ULONG Found = RtlpFindRun(Map, Count, Hint, Size, Set);
    if (Found == NOT_FOUND && Hint) {
        ULONG End = Size - Hint < Count ? Size : Hint + Count;
        Found = RtlpFindRun(Map, Count, 0, End, Set);
    }
    return Found;
}

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap) {
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMapHeader) { memset(BitMapHeader->Buffer, 0, (BitMapHeader->SizeOfBitMap + 31ull) / 32 * 4); }

VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMapHeader) { memset(BitMapHeader->Buffer, 0xFF, (BitMapHeader->SizeOfBitMap + 31ull) / 32 * 4); }

VOID NTAPI RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { RtlpPut(BitMapHeader, BitNumber, FALSE); }

VOID NTAPI RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { RtlpPut(BitMapHeader, BitNumber, TRUE); }

BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { return RtlpBit(BitMapHeader, BitNumber); }

VOID NTAPI RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear) {
    RtlpPutRun(BitMapHeader, StartingIndex, NumberToClear, FALSE);
}

VOID NTAPI RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet) {
    RtlpPutRun(BitMapHeader, StartingIndex, NumberToSet, TRUE);
}

static BOOLEAN RtlpAreAll(const RTL_BITMAP *Map, ULONG Start, ULONG Length, BOOLEAN Set) {
    return Length != 0 && Start < Map->SizeOfBitMap && Length <= Map->SizeOfBitMap - Start &&
           RtlpNext(Map, Start, Start + Length, !Set) == Start + Length;
}

BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
    return RtlpAreAll(BitMapHeader, StartingIndex, Length, FALSE);
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
    return RtlpAreAll(BitMapHeader, StartingIndex, Length, TRUE);
}

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    return RtlpFind(BitMapHeader, NumberToFind, HintIndex, FALSE);
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    return RtlpFind(BitMapHeader, NumberToFind, HintIndex, TRUE);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    ULONG Found = RtlpFind(BitMapHeader, NumberToFind, HintIndex, FALSE);
    if (Found != NOT_FOUND) {
        RtlpPutRun(BitMapHeader, Found, NumberToFind, TRUE);
    }
    return Found;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    ULONG Found = RtlpFind(BitMapHeader, NumberToFind, HintIndex, TRUE);
    if (Found != NOT_FOUND) {
        RtlpPutRun(BitMapHeader, Found, NumberToFind, FALSE);
    }
    return Found;
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader) {
    ULONG N = 0, Size = BitMapHeader->SizeOfBitMap;
    for (ULONG I = 0; I < Size / 32; I++) {
        N += (ULONG)__builtin_popcount(BitMapHeader->Buffer[I]);
    }
    for (ULONG Bit = Size & ~31u; Bit < Size; Bit++) {
        N += RtlpBit(BitMapHeader, Bit);
    }
    return N;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader) { return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader); }

ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target) { return (ULONG)__builtin_popcountll(Target); }

ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
    ULONG Size = BitMapHeader->SizeOfBitMap;
    ULONG Start = FromIndex < Size ? RtlpNext(BitMapHeader, FromIndex, Size, FALSE) : Size;
    *StartingRunIndex = Start < Size ? Start : FromIndex;
    return Start < Size ? RtlpNext(BitMapHeader, Start, Size, TRUE) - Start : 0;
}

ULONG NTAPI RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
    return RtlFindNextForwardRunClear(BitMapHeader, 0, StartingIndex);
}

ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
    ULONG End = FromIndex < BitMapHeader->SizeOfBitMap ? FromIndex + 1 : BitMapHeader->SizeOfBitMap;
    while (End && RtlpBit(BitMapHeader, End - 1)) {
        End--;
    }
    ULONG Start = End;
    while (Start && !RtlpBit(BitMapHeader, Start - 1)) {
        Start--;
    }
    *StartingRunIndex = End ? Start : FromIndex;
    return End - Start;
}

/* Runs in order of position, or the longest ones, longest first. */
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray, BOOLEAN LocateLongestRuns) {
    ULONG Found = 0, At = 0, Start, Length;
    while ((LocateLongestRuns || Found < SizeOfRunArray) && (Length = RtlFindNextForwardRunClear(BitMapHeader, At, &Start)) != 0) {
        At = Start + Length;
        ULONG I = Found;
        if (LocateLongestRuns) {
            for (I = 0; I < Found && RunArray[I].NumberOfBits >= Length; I++) {
            }
            if (I == SizeOfRunArray) {
                continue;
            }
            for (ULONG K = Found < SizeOfRunArray ? Found : SizeOfRunArray - 1; K > I; K--) {
                RunArray[K] = RunArray[K - 1];
            }
        }
        RunArray[I].StartingIndex = Start;
        RunArray[I].NumberOfBits = Length;
        Found += Found < SizeOfRunArray;
    }
    return Found;
}

ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
    RTL_BITMAP_RUN Run = {0, 0};
    RtlFindClearRuns(BitMapHeader, &Run, 1, TRUE);
    *StartingIndex = Run.StartingIndex;
    return Run.NumberOfBits;
}

CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set) { return Set ? (CCHAR)__builtin_ctzll(Set) : -1; }

CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set) { return Set ? (CCHAR)(63 - __builtin_clzll(Set)) : -1; }
