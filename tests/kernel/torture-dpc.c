/*
 * DPCs, timers, APCs and calls on all processors. What was queued runs once or was taken out, as the functions said; a timer's DPC comes when it is due and no
 * tick later; an APC comes to its thread, not into a critical region; a call of all processors holds them all.
 */
#include "torture.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static ULONG Cpus;

/* ---- DPCs ---- */
#define DPCS   12
#define ROUNDS 20

static struct {
    KDPC Dpc;
    LONG Target; /* -1: none */
    volatile LONG Queued, Ran, Removed, Running;
} Dpcs[DPCS];

static VOID NTAPI CountDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    ULONG Index = (ULONG)(ULONG_PTR)Context;

    Must(KeGetCurrentIrql() == DISPATCH_LEVEL, "a DPC's level");
    Must(Argument1 == &Dpcs[Index] && Argument2 == Dpc, "a DPC's arguments");
    if (Dpcs[Index].Target >= 0) {
        Must((LONG)KeGetCurrentProcessorNumber() == Dpcs[Index].Target, "a DPC's processor");
        Must(InterlockedIncrement(&Dpcs[Index].Running) == 1, "a DPC with a target runs twice at once");
        Point();
        InterlockedDecrement(&Dpcs[Index].Running);
    }
    InterlockedIncrement(&Dpcs[Index].Ran);
}

static VOID NTAPI DpcUser(PVOID Context) {
    DICE Dice = {(ULONG)(ULONG_PTR)Context * 2654435761u + 5};

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        ULONG Index = Roll(&Dice, DPCS);

        if (Roll(&Dice, 4) == 0) {
            if (KeRemoveQueueDpc(&Dpcs[Index].Dpc))
                InterlockedIncrement(&Dpcs[Index].Removed);
        } else {
            KIRQL Old;
            BOOLEAN High = Roll(&Dice, 2) == 0;

            if (High)
                KeRaiseIrql(DISPATCH_LEVEL, &Old);
            if (KeInsertQueueDpc(&Dpcs[Index].Dpc, &Dpcs[Index], &Dpcs[Index].Dpc))
                InterlockedIncrement(&Dpcs[Index].Queued);
            Point();
            if (High)
                KeLowerIrql(Old);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestDpcs(VOID) {
    LONG Queued = 0, Ran = 0, Removed = 0;

    for (ULONG Index = 0; Index < DPCS; Index++) {
        KeInitializeDpc(&Dpcs[Index].Dpc, CountDpc, (PVOID)(ULONG_PTR)Index);
        KeSetImportanceDpc(&Dpcs[Index].Dpc, (KDPC_IMPORTANCE)(Index % 3));
        Dpcs[Index].Target = Index % 2 == 0 ? (LONG)(Index / 2 % Cpus) : -1;
        if (Dpcs[Index].Target >= 0)
            KeSetTargetProcessorDpc(&Dpcs[Index].Dpc, (CCHAR)Dpcs[Index].Target);
    }
    RunThreads(8, DpcUser, "all who queue DPCs ended");
    KeFlushQueuedDpcs();
    for (ULONG Index = 0; Index < DPCS; Index++) {
        Must(Dpcs[Index].Queued == Dpcs[Index].Ran + Dpcs[Index].Removed, "a DPC runs once or is removed");
        Queued += Dpcs[Index].Queued, Ran += Dpcs[Index].Ran, Removed += Dpcs[Index].Removed;
    }
    ok(Queued == Ran + Removed, "%d DPCs queued, %d ran, %d removed", Queued, Ran, Removed);
}

/* ---- Timers ---- */
#define TIMERS 30
#define SLACK  5000u /* 0.5 ms: what others may do before it, at 1 us for each call; a tick is 15.6 ms */

static struct {
    KTIMER Timer;
    KDPC Dpc;
    ULONG64 Due;
    ULONG Period; /* ms; 0: once */
    volatile LONG Fired;
} Timers[TIMERS];
static volatile ULONG64 Latest;

static VOID NTAPI TimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    ULONG Index = (ULONG)(ULONG_PTR)Context;
    ULONG64 Due = Timers[Index].Due + (ULONG64)Timers[Index].Period * MILLISECONDS(1) * (ULONG)Timers[Index].Fired, When = Now();

    Must(When >= Due, "a timer's DPC came early");
    Must(When <= Due + SLACK, "a timer's DPC came late");
    if (When > Due && When - Due > Latest)
        Latest = When - Due;
    InterlockedIncrement(&Timers[Index].Fired);
}

static VOID NTAPI Sleeper(PVOID Context) {
    DICE Dice = {(ULONG)(ULONG_PTR)Context * 374761393u + 3};

    for (ULONG Round = 0; Round < 3; Round++) {
        ULONG Time = 100 + Roll(&Dice, 300000);
        ULONG64 Began = Now(), Took;

        Sleep100ns(Time);
        Took = Now() - Began;
        Must(Took >= Time, "a delay ended early");
        Must(Took <= Time + SLACK, "a delay ended late");
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestTimers(VOID) {
    DICE Dice = {(ULONG)Now()};
    ULONG Cancelled = 0, Right = 0, Expected = 0;
    ULONG64 End;

    for (ULONG Index = 0; Index < TIMERS; Index++) {
        LARGE_INTEGER Due = {.QuadPart = -(LONGLONG)(10000 + Roll(&Dice, 400000))};

        KeInitializeTimerEx(&Timers[Index].Timer, Index % 2 == 0 ? NotificationTimer : SynchronizationTimer);
        KeInitializeDpc(&Timers[Index].Dpc, TimerDpc, (PVOID)(ULONG_PTR)Index);
        KeSetTargetProcessorDpc(&Timers[Index].Dpc, (CCHAR)(Index % Cpus));
        Timers[Index].Period = Index % 3 == 0 ? 7 + Index : 0;
        /* The time is asked for once more inside, and each question takes 1 us. */
        Timers[Index].Due = Now() + (ULONG64)-Due.QuadPart;
        KeSetTimerEx(&Timers[Index].Timer, Due, (LONG)Timers[Index].Period, &Timers[Index].Dpc);
    }
    RunThreads(20, Sleeper, "all who sleep woke");
    for (ULONG Index = 0; Index < TIMERS; Index++) {
        BOOLEAN Was = KeCancelTimer(&Timers[Index].Timer);

        End = Now();
        KeFlushQueuedDpcs();
        Cancelled += Was;
        Expected = Timers[Index].Period != 0 ? (ULONG)((End - Timers[Index].Due) / MILLISECONDS(Timers[Index].Period)) + 1 : 1;
        if (End < Timers[Index].Due)
            Expected = 0;
        /* With the end within the slack of a period, both counts are right. */
        Right += (ULONG)Timers[Index].Fired == Expected || (ULONG)Timers[Index].Fired + 1 == Expected;
        Must(Timers[Index].Period != 0 ? Was : Was == (Timers[Index].Fired == 0), "whether a timer was cancelled");
    }
    ok(Right == TIMERS, "%u of %u timers went off as often as they were due; %u were cancelled, %I64u00 ns is the latest", Right, TIMERS, Cancelled,
       Latest);
}

/* ---- APCs ---- */
#define APCS    40
#define TARGETS 5

static struct {
    KAPC Apc;
    volatile LONG Queued, Kernel, Normal, Removed;
} Apcs[APCS];
static PKTHREAD Targets[TARGETS];
static volatile LONG InRegion[TARGETS], Arrived;
static volatile BOOLEAN ApcsOver;

static ULONG TargetOf(ULONG Index) { return Index % TARGETS; }

static VOID NTAPI KernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    ULONG Index = (ULONG)(CONTAINING_RECORD(Apc, __typeof__(Apcs[0]), Apc) - Apcs);

    Must(KeGetCurrentIrql() == APC_LEVEL && KeGetCurrentThread() == Targets[TargetOf(Index)], "where a kernel routine runs");
    Must(*Normal == NULL || !InRegion[TargetOf(Index)], "a normal APC came into a critical region");
    InterlockedIncrement(&Apcs[Index].Kernel);
}

static VOID NTAPI NormalRoutine(PVOID Context, PVOID Argument1, PVOID Argument2) {
    ULONG Index = (ULONG)(ULONG_PTR)Argument1;

    Must(KeGetCurrentIrql() == PASSIVE_LEVEL && KeGetCurrentThread() == Targets[TargetOf(Index)], "where a normal routine runs");
    Must(!InRegion[TargetOf(Index)], "a normal routine ran in a critical region");
    Point();
    InterlockedIncrement(&Apcs[Index].Normal);
}

static VOID NTAPI ApcTarget(PVOID Context) {
    ULONG Self = (ULONG)(ULONG_PTR)Context;

    Targets[Self] = KeGetCurrentThread();
    InterlockedIncrement(&Arrived);
    while (!ApcsOver) {
        KeEnterCriticalRegion();
        InRegion[Self] = 1;
        Sleep100ns(50);
        InRegion[Self] = 0;
        KeLeaveCriticalRegion();
        Sleep100ns(50);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID ApcQueuer(ULONG Self) {
    while (Arrived < TARGETS)
        Sleep100ns(100);
    for (ULONG Index = Self; Index < APCS; Index += 3) {
        KeInitializeApc(&Apcs[Index].Apc, Targets[TargetOf(Index)], OriginalApcEnvironment, KernelRoutine, NULL,
                        Index % 4 == 0 ? NULL : NormalRoutine, KernelMode, NULL);
        Apcs[Index].Queued += KeInsertQueueApc(&Apcs[Index].Apc, (PVOID)(ULONG_PTR)Index, NULL, 0);
        if (Index % 5 == 0)
            Apcs[Index].Removed += KeRemoveQueueApc(&Apcs[Index].Apc);
    }
}

static volatile LONG QueuersLeft = 3;

static VOID NTAPI ApcThread(PVOID Context) {
    ULONG Self = (ULONG)(ULONG_PTR)Context;

    if (Self < TARGETS)
        ApcTarget(Context);
    ApcQueuer(Self - TARGETS);
    if (InterlockedDecrement(&QueuersLeft) == 0) {
        Sleep100ns(MILLISECONDS(1));
        ApcsOver = TRUE;
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestApcs(VOID) {
    ULONG Right = 0, Removed = 0;

    RunThreads(TARGETS + 3, ApcThread, "APCs' threads ended");
    for (ULONG Index = 0; Index < APCS; Index++) {
        LONG Come = Apcs[Index].Queued - Apcs[Index].Removed;

        Removed += (ULONG)Apcs[Index].Removed;
        Right += Apcs[Index].Queued == 1 && Apcs[Index].Kernel == Come && Apcs[Index].Normal == (Index % 4 == 0 ? 0 : Come);
    }
    ok(Right == APCS, "%u of %u APCs came once, or were removed (%u)", Right, APCS, Removed);
}

/* ---- Calls of all processors ---- */
static volatile LONG Inside, Calls, Callers;

static ULONG_PTR NTAPI OnEach(ULONG_PTR Context) {
    Must(KeGetCurrentIrql() == IPI_LEVEL, "the level of a call of all processors");
    Must(InterlockedIncrement(&Inside) <= (LONG)Cpus, "more are in the call than there are processors");
    InterlockedIncrement(&Calls);
    Point();
    InterlockedDecrement(&Inside);
    return Context;
}

static KSPIN_LOCK CallLock;

static VOID NTAPI Caller(PVOID Context) {
    for (ULONG Round = 0; Round < 3; Round++) {
        KIRQL Old;

        Must(KeIpiGenericCall(OnEach, (ULONG_PTR)Context + 1) == (ULONG_PTR)Context + 1, "what the call gives back");
        KeAcquireSpinLock(&CallLock, &Old); /* others wait at DISPATCH_LEVEL and answer all the same */
        InterlockedIncrement(&Callers);
        Point();
        KeReleaseSpinLock(&CallLock, Old);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestCalls(VOID) {
    KeInitializeSpinLock(&CallLock);
    RunThreads(4, Caller, "all callers ended");
    is(Calls, 4 * 3 * Cpus, "each processor was in each call");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Cpus = KeQueryActiveProcessorCount(NULL);
    TestDpcs();
    TestTimers();
    TestApcs();
    TestCalls();
    ReportViolations("DPCs, timers, APCs, calls");
}
