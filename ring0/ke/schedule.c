/* Schedules: which processor goes on where another one may. */
#include "ke/ke.h"

/* A change at every fourth point on average: often enough that calls of different processors mix, seldom enough that one gets somewhere. */
#define CHANGE_IN 4u

static ULONG64 KipRandomState;

static VOID KipBeginRandom(ULONG64 Seed) { KipRandomState = Seed ^ 0x9E3779B97F4A7C15ull; }

/* SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"). */
static ULONG64 KipRandom(VOID) {
    ULONG64 Value = KipRandomState += 0x9E3779B97F4A7C15ull;

    Value = (Value ^ (Value >> 30)) * 0xBF58476D1CE4E5B9ull;
    Value = (Value ^ (Value >> 27)) * 0x94D049BB133111EBull;
    return Value ^ (Value >> 31);
}

static ULONG KipChooseRandom(ULONG64 Runnable, ULONG Current) {
    ULONG64 Random = KipRandom();
    ULONG Skip;

    if (((Runnable >> Current) & 1) != 0 && Random % CHANGE_IN != 0)
        return Current;
    Skip = (ULONG)((Random >> 32) % (ULONG)__builtin_popcountll(Runnable));
    while (Skip-- != 0)
        Runnable &= Runnable - 1;
    return (ULONG)__builtin_ctzll(Runnable);
}

static VOID KipBeginRoundRobin(ULONG64 Seed) {}

/* The next number above the current one, or the lowest. */
static ULONG KipChooseNext(ULONG64 Runnable, ULONG Current) {
    ULONG64 Above = Current < 63 ? Runnable & (~0ull << (Current + 1)) : 0;

    return (ULONG)__builtin_ctzll(Above != 0 ? Above : Runnable);
}

const KI_SCHEDULE KiSchedules[] = {
    [HAL_SCHEDULE_RANDOM] = {"random", KipBeginRandom, KipChooseRandom},
    [HAL_SCHEDULE_ROUND_ROBIN] = {"round-robin", KipBeginRoundRobin, KipChooseNext},
};
