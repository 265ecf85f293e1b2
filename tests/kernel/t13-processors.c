/* T13: processors at levels of their own, DPCs for each of them, a spin lock that two want, calls on all. Run with one and with several processors. */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static ULONG Cpus;
static volatile LONG Arrived, Seen[64];
static volatile KIRQL Level[64];

typedef struct _PLACE {
    ULONG Number;
    KIRQL Irql;
} PLACE;

/* Each stays at its level until it has seen the other at another. */
static VOID NTAPI AtLevel(PVOID Context) {
    PLACE *Place = Context;
    KIRQL Old;

    KeSetSystemAffinityThread((KAFFINITY)1 << Place->Number);
    KeRaiseIrql(Place->Irql, &Old);
    Level[Place->Number] = KeGetCurrentIrql();
    Seen[Place->Number] = (LONG)KeGetCurrentProcessorNumber();
    InterlockedIncrement(&Arrived);
    while (Arrived < 2)
        KeStallExecutionProcessor(1);
    Level[Place->Number] = KeGetCurrentIrql();
    KeLowerIrql(Old);
    KeRevertToUserAffinityThread();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestLevels(VOID) {
    static PLACE First = {0, DISPATCH_LEVEL}, Second = {1, APC_LEVEL};
    PKTHREAD A, B;

    if (Cpus < 2)
        return;
    A = StartThread(AtLevel, &First);
    B = StartThread(AtLevel, &Second);
    ok(JoinThread(A) && JoinThread(B), "two threads that wait for each other at raised IRQL end");
    ok(Seen[0] == 0 && Seen[1] == 1, "each ran on its processor: %d and %d", Seen[0], Seen[1]);
    ok(Level[0] == DISPATCH_LEVEL && Level[1] == APC_LEVEL, "each at its level: %u and %u", Level[0], Level[1]);
}

static volatile LONG DpcProcessor;
static volatile KIRQL DpcLevel;
static KEVENT DpcDone;

static VOID NTAPI NoteDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    DpcProcessor = (LONG)KeGetCurrentProcessorNumber();
    DpcLevel = KeGetCurrentIrql();
    KeSetEvent(&DpcDone, 0, FALSE);
}

static VOID TestDpcs(VOID) {
    static KDPC Dpc;
    PROCESSOR_NUMBER None = {.Number = 63}, Last = {.Number = (UCHAR)(Cpus - 1)};
    ULONG Good = 0;

    KeInitializeEvent(&DpcDone, SynchronizationEvent, FALSE);
    for (ULONG Number = 0; Number < Cpus; Number++) {
        KeInitializeDpc(&Dpc, NoteDpc, NULL);
        KeSetTargetProcessorDpc(&Dpc, (CCHAR)Number);
        DpcProcessor = -1;
        KeInsertQueueDpc(&Dpc, NULL, NULL);
        KeWaitForSingleObject(&DpcDone, Executive, KernelMode, FALSE, NULL);
        Good += DpcProcessor == (LONG)Number && DpcLevel == DISPATCH_LEVEL;
    }
    is(Good, Cpus, "a DPC for each processor runs there, at DISPATCH_LEVEL");
    is(KeSetTargetProcessorDpcEx(&Dpc, &Last), STATUS_SUCCESS, "KeSetTargetProcessorDpcEx");
    if (Cpus < 64)
        is(KeSetTargetProcessorDpcEx(&Dpc, &None), STATUS_INVALID_PARAMETER, "for a processor that is not there");
    DpcProcessor = -1;
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    is(DpcProcessor, Cpus - 1, "KeFlushQueuedDpcs waits for the other processor's DPC");
    Good = 0;
    for (ULONG Number = 0; Number < Cpus; Number++) {
        KeInitializeThreadedDpc(&Dpc, NoteDpc, NULL);
        KeSetTargetProcessorDpc(&Dpc, (CCHAR)Number);
        DpcProcessor = -1;
        KeClearEvent(&DpcDone);
        KeInsertQueueDpc(&Dpc, NULL, NULL);
        KeFlushQueuedDpcs();
        Good += DpcProcessor == (LONG)Number && DpcLevel == PASSIVE_LEVEL;
    }
    is(Good, Cpus, "a threaded DPC for each processor runs there, at PASSIVE_LEVEL");
}

#define ROUNDS 200
static KSPIN_LOCK Lock;
static LONG Inside, Total, Clashes;

static VOID NTAPI Contender(PVOID Context) {
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        KIRQL Old;
        LONG Mine;

        KeAcquireSpinLock(&Lock, &Old);
        Clashes += Inside++ != 0;
        Mine = Total;
        KeGetCurrentProcessorNumberEx(NULL); /* another processor may go on here */
        Total = Mine + 1;
        Inside--;
        KeReleaseSpinLock(&Lock, Old);
        KeQueryPerformanceCounter(NULL);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestSpinLock(VOID) {
    PKTHREAD Threads[8];

    KeInitializeSpinLock(&Lock);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        Threads[Index] = StartThread(Contender, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        JoinThread(Threads[Index]);
    ok(Clashes == 0 && Total == ROUNDS * RTL_NUMBER_OF(Threads), "a spin lock lets one in at a time: %d rounds, %d clashes", Total, Clashes);
}

static volatile LONG Flag;

static VOID NTAPI FlagSetter(PVOID Context) {
    KeSetSystemAffinityThread(2);
    Flag = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A loop without a call, at DISPATCH_LEVEL: only another processor can end it. */
static VOID TestSilentLoop(VOID) {
    PKTHREAD Thread;
    KIRQL Old;

    if (Cpus < 2)
        return;
    KeSetSystemAffinityThread(1);
    Thread = StartThread(FlagSetter, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    while (!Flag)
        YieldProcessor();
    KeLowerIrql(Old);
    KeRevertToUserAffinityThread();
    ok(JoinThread(Thread), "a silent loop at DISPATCH_LEVEL ends when another processor has set its flag");
}

static volatile LONG InCall, MostInCall, Calls;

static ULONG_PTR NTAPI OnEach(ULONG_PTR Context) {
    LONG Now = InterlockedIncrement(&InCall);

    if (Now > MostInCall)
        MostInCall = Now;
    if (KeGetCurrentIrql() == IPI_LEVEL)
        InterlockedIncrement(&Calls);
    for (ULONG Round = 0; Round < 4; Round++)
        KeGetCurrentProcessorNumberEx(NULL);
    Level[KeGetCurrentProcessorNumber()] = IPI_LEVEL;
    InterlockedDecrement(&InCall);
    return Context + KeGetCurrentProcessorNumber();
}

static VOID NTAPI Caller(PVOID Context) {
    for (ULONG Round = 0; Round < 20; Round++)
        KeIpiGenericCall(OnEach, 0);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestCalls(VOID) {
    PKTHREAD Threads[3];
    ULONG Good = 0;

    for (ULONG Number = 0; Number < Cpus; Number++) {
        RtlZeroMemory((PVOID)Level, sizeof(Level));
        KeSetSystemAffinityThread((KAFFINITY)1 << Number);
        Good += KeIpiGenericCall(OnEach, 100) == 100 + Number;
        for (ULONG Other = 0; Other < Cpus; Other++)
            Good += Level[Other] == IPI_LEVEL;
    }
    KeRevertToUserAffinityThread();
    is(Good, Cpus * (Cpus + 1), "a call on every processor, from each of them");
    Calls = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        Threads[Index] = StartThread(Caller, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        JoinThread(Threads[Index]);
    is(Calls, Cpus * 20 * RTL_NUMBER_OF(Threads), "three callers at once");
    ok(Cpus == 1 || MostInCall > 1, "processors were in it together: %d", MostInCall);
}

static VOID TestAffinity(VOID) {
    ULONG Good = 0;
    KAFFINITY Old;

    for (ULONG Number = 0; Number < Cpus; Number++) {
        Old = KeSetSystemAffinityThreadEx((KAFFINITY)1 << Number);
        Good += KeGetCurrentProcessorNumber() == Number && KeGetCurrentProcessorNumberEx(NULL) == Number;
        Good += Old == (Number == 0 ? 0 : (KAFFINITY)1 << (Number - 1));
    }
    is(Good, 2 * Cpus, "a thread moves to each processor, and is told where it was bound before");
    KeRevertToUserAffinityThreadEx(0);
    is(KeSetSystemAffinityThreadEx(KeQueryActiveProcessors()), 0, "then to none");
    KeRevertToUserAffinityThread();
    is(KeQueryActiveProcessorCountEx(0), Cpus, "KeQueryActiveProcessorCountEx");
    is(KeQueryActiveProcessors(), Cpus == 64 ? ~0ull : (1ull << Cpus) - 1, "KeQueryActiveProcessors");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Cpus = KeQueryActiveProcessorCount(NULL);
    TestAffinity();
    TestLevels();
    TestDpcs();
    TestSpinLock();
    TestCalls();
    TestSilentLoop();
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "all is as it was");
}
