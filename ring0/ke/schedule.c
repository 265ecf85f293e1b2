/* Schedules: which processor goes on where another one may. */
#include "ke/ke.h"

static ULONG64 KipRandomState;

static VOID KipSeed(ULONG64 Seed) { KipRandomState = Seed ^ 0x9E3779B97F4A7C15ull; }

/* SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"). */
static ULONG64 KipNextRandom(ULONG64 *State) {
    ULONG64 Value = *State += 0x9E3779B97F4A7C15ull;

    Value = (Value ^ (Value >> 30)) * 0xBF58476D1CE4E5B9ull;
    Value = (Value ^ (Value >> 27)) * 0x94D049BB133111EBull;
    return Value ^ (Value >> 31);
}

static ULONG64 KipRandom(VOID) { return KipNextRandom(&KipRandomState); }

/* A sequence of its own: what processors do does not depend on it. */
BOOLEAN KiChoosesLate(VOID) {
    static ULONG64 State;

    if (KiMachine->seed == 0)
        return FALSE;
    if (State == 0)
        State = KiMachine->seed;
    return (BOOLEAN)(KipNextRandom(&State) & 1);
}

static BOOLEAN KipIsIn(ULONG64 Runnable, ULONG Number) { return (Runnable >> Number) & 1; }

/* ---- random ---- */

/* A change at every fourth point on average: often enough that calls of different processors mix, seldom enough that one gets somewhere. */
#define CHANGE_IN 4u

static VOID KipBeginRandom(ULONG64 Seed, ULONG Depth) { KipSeed(Seed); }

static ULONG KipChooseRandom(ULONG64 Runnable, ULONG Current) {
    ULONG64 Random = KipRandom();
    ULONG Skip;

    if (KipIsIn(Runnable, Current) && Random % CHANGE_IN != 0)
        return Current;
    Skip = (ULONG)((Random >> 32) % (ULONG)__builtin_popcountll(Runnable));
    while (Skip-- != 0)
        Runnable &= Runnable - 1;
    return (ULONG)__builtin_ctzll(Runnable);
}

/* ---- round-robin ---- */

static VOID KipBeginRoundRobin(ULONG64 Seed, ULONG Depth) {}

/* The next number above the current one, or the lowest. */
static ULONG KipChooseNext(ULONG64 Runnable, ULONG Current) {
    ULONG64 Above = Current < 63 ? Runnable & (~0ull << (Current + 1)) : 0;

    return (ULONG)__builtin_ctzll(Above != 0 ? Above : Runnable);
}

/* ---- What follows lets one processor go on for long: not for ever, if it waits for another by an interlocked operation in a loop ---- */

#define LONGEST_RUN 1000u

static ULONG KipRunOf, KipRunLength;

static BOOLEAN KipRanTooLong(ULONG Current) {
    if (Current != KipRunOf)
        KipRunLength = 0;
    KipRunOf = Current;
    return ++KipRunLength % LONGEST_RUN == 0;
}

/*
 * ---- pct ----
 * Burckhardt, Kothari, Musuvathi, Nagarakatte: "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. Processors have random
 * priorities, the highest goes on, and at DEPTH - 1 random points the one that runs falls below all others. A mistake that takes DEPTH ordered events
 * among n processors and k points is found with a probability of at least 1 / (n * k^(DEPTH - 1)). As k is not known, the run is cut into rounds, of 16
 * points and then always twice as many up to 4096, each with priorities and points of its own.
 */
#define FIRST_ROUND   16u
#define LONGEST_ROUND 4096u

static struct {
    ULONG Depth, Length, Step;
    LONG Lowest;
    LONG Priority[64];
    ULONG ChangeAt[HAL_SCHEDULE_DEPTH_MAX];
} KipPct;

static VOID KipBeginRound(ULONG Length) {
    KipPct.Length = Length;
    KipPct.Step = 0;
    KipPct.Lowest = 0;
    for (ULONG Number = 0; Number < 64; Number++) {
        ULONG Other = (ULONG)(KipRandom() % (Number + 1));

        KipPct.Priority[Number] = KipPct.Priority[Other];
        KipPct.Priority[Other] = (LONG)Number + 1;
    }
    for (ULONG Index = 0; Index + 1 < KipPct.Depth; Index++)
        KipPct.ChangeAt[Index] = (ULONG)(KipRandom() % Length);
}

static VOID KipBeginPct(ULONG64 Seed, ULONG Depth) {
    KipSeed(Seed);
    KipPct.Depth = Depth;
    KipBeginRound(FIRST_ROUND);
}

static VOID KipGiveWayPct(ULONG Current) { KipPct.Priority[Current] = --KipPct.Lowest; }

static ULONG KipChoosePct(ULONG64 Runnable, ULONG Current) {
    ULONG Best = (ULONG)__builtin_ctzll(Runnable);

    if ((Runnable & (Runnable - 1)) == 0)
        return Best;
    if (KipPct.Step == KipPct.Length)
        KipBeginRound(min(KipPct.Length * 2, LONGEST_ROUND));
    for (ULONG Index = 0; Index + 1 < KipPct.Depth; Index++) {
        if (KipPct.ChangeAt[Index] == KipPct.Step)
            KipGiveWayPct(Current);
    }
    KipPct.Step++;
    if (KipRanTooLong(Current))
        KipGiveWayPct(Current);
    for (Runnable &= Runnable - 1; Runnable != 0; Runnable &= Runnable - 1) {
        if (KipPct.Priority[__builtin_ctzll(Runnable)] > KipPct.Priority[Best])
            Best = (ULONG)__builtin_ctzll(Runnable);
    }
    return Best;
}

/*
 * ---- exhaustive ----
 * A processor goes on until it waits, except at SWITCHES places, where it gives way to the next. A place is a number: how many choices between processors were
 * made before. The seed is the number of a set of places, in the order of the last place, then of the one before it (the combinatorial number system), so the
 * seeds below C(k, SWITCHES) are all the ways to switch so often among the first k choices.
 */
static struct {
    ULONG Count, Next;
    ULONG64 Made, Places[HAL_SCHEDULE_DEPTH_MAX];
} KipExhaustive;

/* Of Choose(N, Size), or the largest number. Each division is exact. */
static ULONG64 KipSubsets(ULONG64 N, ULONG Size) {
    ULONG64 Result = 1;

    for (ULONG Index = 0; Index < Size; Index++) {
        if (N < Index + 1)
            return 0;
        if (Result > ~0ull / (N - Index))
            return ~0ull;
        Result = Result * (N - Index) / (Index + 1);
    }
    return Result;
}

static VOID KipBeginExhaustive(ULONG64 Seed, ULONG Switches) {
    KipExhaustive.Count = Switches;
    for (ULONG Size = Switches; Size != 0; Size--) {
        ULONG64 Low = Size - 1, High = Size;

        while (High < 1ull << 40 && KipSubsets(High, Size) <= Seed)
            High *= 2;
        while (High - Low > 1) {
            ULONG64 Middle = Low + (High - Low) / 2;

            if (KipSubsets(Middle, Size) <= Seed)
                Low = Middle;
            else
                High = Middle;
        }
        KipExhaustive.Places[Size - 1] = Low;
        Seed -= KipSubsets(Low, Size);
    }
}

static ULONG KipChooseExhaustive(ULONG64 Runnable, ULONG Current) {
    BOOLEAN Switch = FALSE;

    if ((Runnable & (Runnable - 1)) == 0)
        return (ULONG)__builtin_ctzll(Runnable);
    if (KipExhaustive.Next < KipExhaustive.Count && KipExhaustive.Made++ == KipExhaustive.Places[KipExhaustive.Next]) {
        KipExhaustive.Next++;
        Switch = TRUE;
    }
    return Switch || KipRanTooLong(Current) || !KipIsIn(Runnable, Current) ? KipChooseNext(Runnable, Current) : Current;
}

const KI_SCHEDULE KiSchedules[] = {
    [HAL_SCHEDULE_RANDOM] = {"random", KipBeginRandom, KipChooseRandom, NULL},
    [HAL_SCHEDULE_ROUND_ROBIN] = {"round-robin", KipBeginRoundRobin, KipChooseNext, NULL},
    [HAL_SCHEDULE_PCT] = {"pct", KipBeginPct, KipChoosePct, KipGiveWayPct},
    [HAL_SCHEDULE_EXHAUSTIVE] = {"exhaustive", KipBeginExhaustive, KipChooseExhaustive, NULL},
};
