/* For tests that hold under every schedule: each thread's own random numbers, and checks that many threads make. The run fails if one does not hold. */
#pragma once
#include "threads.h"

typedef struct _DICE {
    ULONG State;
} DICE;

/* Below Sides. */
static inline ULONG Roll(DICE *Dice, ULONG Sides) {
    Dice->State = Dice->State * 1664525u + 1013904223u;
    return (Dice->State >> 12) % Sides;
}

static volatile LONG Violations;
static PCSTR FirstViolation;

/* Any thread, DPC or interrupt. */
static inline VOID Must(BOOLEAN Holds, PCSTR What) {
    if (!Holds && InterlockedIncrement(&Violations) == 1)
        FirstViolation = What;
}

static inline VOID ReportViolations(PCSTR Family) {
    ok(Violations == 0, "%s: %d violations%s%s", Family, Violations, Violations ? ", first: " : "", Violations ? FirstViolation : "");
}

/* The performance counter is the interrupt time here: 100 ns. */
static inline ULONG64 Now(VOID) { return (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart; }

/* A call of the kernel without effect: another processor may go on. */
static inline VOID Point(VOID) { KeQueryPerformanceCounter(NULL); }

/* All of them stay objects until the last has ended. */
static inline VOID RunThreads(ULONG Count, PKSTART_ROUTINE Routine, PCSTR What) {
    static PKTHREAD Threads[128];
    ULONG Ended = 0;

    for (ULONG Index = 0; Index < Count; Index++)
        Threads[Index] = StartThread(Routine, (PVOID)(ULONG_PTR)Index);
    for (ULONG Index = 0; Index < Count; Index++) {
        LARGE_INTEGER Limit = {.QuadPart = -MILLISECONDS(10000)};

        Ended += Threads[Index] != NULL && KeWaitForSingleObject(Threads[Index], Executive, KernelMode, FALSE, &Limit) == STATUS_SUCCESS;
    }
    for (ULONG Index = 0; Index < Count; Index++) {
        if (Threads[Index] != NULL)
            ObDereferenceObject(Threads[Index]);
    }
    is(Ended, Count, What);
}
