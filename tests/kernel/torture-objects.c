/*
 * What threads hand to each other, on as many processors as there are: queues, semaphores, S-lists, interlocked lists, DPCs, APCs, timers, rundown protection and
 * remove locks. Nothing may be lost, come twice, or come after the end.
 */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define MAKERS 8
#define TAKERS 8
#define ITEMS  40 /* of each maker */
#define TOTAL  (MAKERS * ITEMS)

NTKERNELAPI VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count);
NTKERNELAPI LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry);
NTKERNELAPI PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout);
NTKERNELAPI PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue);
typedef ULONGLONG NTAPI INTERRUPT_TIME(VOID); /* inline, it is the published one */
static INTERRUPT_TIME *InterruptTime;

typedef struct DECLSPEC_ALIGN(16) _ITEM {
    union {
        LIST_ENTRY Link;
        SLIST_ENTRY Single;
    };
    volatile LONG Taken;
} ITEM;

static ITEM Items[TOTAL];

static ULONG TakenOnce(VOID) {
    ULONG Count = 0;

    for (ULONG Index = 0; Index < TOTAL; Index++)
        Count += Items[Index].Taken == 1;
    return Count;
}

/* Makers and takers, each TOTAL / count of the items; the threads end when all have gone through. */
static VOID RunThreads(PKSTART_ROUTINE Maker, PKSTART_ROUTINE Taker, PCSTR What) {
    PKTHREAD Threads[MAKERS + TAKERS];
    ULONG Ended = 0;

    RtlZeroMemory(Items, sizeof(Items));
    for (ULONG Index = 0; Index < MAKERS; Index++)
        Threads[Index] = StartThread(Maker, (PVOID)(ULONG_PTR)Index);
    for (ULONG Index = 0; Index < TAKERS; Index++)
        Threads[MAKERS + Index] = StartThread(Taker, (PVOID)(ULONG_PTR)Index);
    for (ULONG Index = 0; Index < MAKERS + TAKERS; Index++)
        Ended += Threads[Index] != NULL && JoinThread(Threads[Index]);
    is(Ended, MAKERS + TAKERS, What);
    is(TakenOnce(), TOTAL, "each item was taken once");
}

static KQUEUE Queue;

static VOID NTAPI QueueMaker(PVOID Context) {
    for (ULONG Index = 0; Index < ITEMS; Index++)
        KeInsertQueue(&Queue, &Items[(ULONG_PTR)Context * ITEMS + Index].Link);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI QueueTaker(PVOID Context) {
    for (ULONG Index = 0; Index < TOTAL / TAKERS; Index++)
        InterlockedIncrement(&CONTAINING_RECORD(KeRemoveQueue(&Queue, KernelMode, NULL), ITEM, Link)->Taken);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static SLIST_HEADER SList;
static KSEMAPHORE Available;

static VOID NTAPI SListMaker(PVOID Context) {
    for (ULONG Index = 0; Index < ITEMS; Index++) {
        ExInterlockedPushEntrySList(&SList, &Items[(ULONG_PTR)Context * ITEMS + Index].Single, NULL);
        KeReleaseSemaphore(&Available, 1, 1, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI SListTaker(PVOID Context) {
    for (ULONG Index = 0; Index < TOTAL / TAKERS; Index++) {
        PSLIST_ENTRY Entry;

        KeWaitForSingleObject(&Available, Executive, KernelMode, FALSE, NULL);
        Entry = ExInterlockedPopEntrySList(&SList, NULL);
        if (Entry != NULL)
            InterlockedIncrement(&CONTAINING_RECORD(Entry, ITEM, Single)->Taken);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static LIST_ENTRY List;
static KSPIN_LOCK ListLock;

static VOID NTAPI ListMaker(PVOID Context) {
    for (ULONG Index = 0; Index < ITEMS; Index++) {
        ExInterlockedInsertTailList(&List, &Items[(ULONG_PTR)Context * ITEMS + Index].Link, &ListLock);
        KeReleaseSemaphore(&Available, 1, 1, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Half of them take the lock themselves: the interlocked forms wait for it. */
static VOID NTAPI ListTaker(PVOID Context) {
    for (ULONG Index = 0; Index < TOTAL / TAKERS; Index++) {
        PLIST_ENTRY Entry;

        KeWaitForSingleObject(&Available, Executive, KernelMode, FALSE, NULL);
        if ((ULONG_PTR)Context & 1) {
            KIRQL Old;

            KeAcquireSpinLock(&ListLock, &Old);
            KeQueryPerformanceCounter(NULL);
            Entry = IsListEmpty(&List) ? NULL : RemoveHeadList(&List);
            KeReleaseSpinLock(&ListLock, Old);
        } else {
            Entry = ExInterlockedRemoveHeadList(&List, &ListLock);
        }
        if (Entry != NULL)
            InterlockedIncrement(&CONTAINING_RECORD(Entry, ITEM, Link)->Taken);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static EX_RUNDOWN_REF Rundown;
static IO_REMOVE_LOCK RemoveLock;
static volatile LONG Users, AfterEnd, Refused;
static volatile BOOLEAN Over;

/* Counts a use; now and then somebody else has a turn even on one processor. */
static VOID Use(VOID) {
    if (Over)
        InterlockedIncrement(&AfterEnd);
    if (InterlockedIncrement(&Users) % 64 == 0)
        Sleep100ns(1000);
    KeQueryPerformanceCounter(NULL);
}

static VOID NTAPI RundownUser(PVOID Context) {
    while (ExAcquireRundownProtection(&Rundown)) {
        Use();
        ExReleaseRundownProtection(&Rundown);
    }
    InterlockedIncrement(&Refused);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI RemoveLockUser(PVOID Context) {
    while (NT_SUCCESS(IoAcquireRemoveLock(&RemoveLock, Context))) {
        Use();
        IoReleaseRemoveLock(&RemoveLock, Context);
    }
    InterlockedIncrement(&Refused);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestEnd(PKSTART_ROUTINE User, BOOLEAN WithRemoveLock, PCSTR What) {
    PKTHREAD Threads[10];

    Over = FALSE;
    Users = AfterEnd = Refused = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        Threads[Index] = StartThread(User, (PVOID)(ULONG_PTR)(Index + 1));
    Sleep100ns(MILLISECONDS(1));
    if (WithRemoveLock) {
        IoAcquireRemoveLock(&RemoveLock, &RemoveLock);
        IoReleaseRemoveLockAndWait(&RemoveLock, &RemoveLock);
    } else {
        ExWaitForRundownProtectionRelease(&Rundown);
    }
    Over = TRUE;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        JoinThread(Threads[Index]);
    ok(Users > 0 && AfterEnd == 0 && Refused == RTL_NUMBER_OF(Threads), "%s: %d uses, %d after the end", What, Users, AfterEnd);
}

#define TIMERS 40
static struct {
    KTIMER Timer;
    KDPC Dpc;
    ULONG64 Due, Ran;
} Timers[TIMERS];
static volatile LONG TimersLeft;
static KEVENT AllRan;

static VOID NTAPI TimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    ULONG Index = (ULONG)(ULONG_PTR)Context;

    Timers[Index].Ran = InterruptTime();
    if (InterlockedDecrement(&TimersLeft) == 0)
        KeSetEvent(&AllRan, 0, FALSE);
}

static VOID TestTimers(VOID) {
    ULONG Early = 0, Late = 0, Random = (ULONG)InterruptTime();

    KeInitializeEvent(&AllRan, NotificationEvent, FALSE);
    TimersLeft = TIMERS;
    for (ULONG Index = 0; Index < TIMERS; Index++) {
        LARGE_INTEGER Due;

        Random = Random * 1664525u + 1013904223u;
        Due.QuadPart = -(LONGLONG)(10000 + (Random >> 8));
        KeInitializeTimer(&Timers[Index].Timer);
        KeInitializeDpc(&Timers[Index].Dpc, TimerDpc, (PVOID)(ULONG_PTR)Index);
        KeSetTargetProcessorDpc(&Timers[Index].Dpc, (CCHAR)(Index % KeQueryActiveProcessorCount(NULL)));
        Timers[Index].Due = InterruptTime() + (ULONG64)-Due.QuadPart;
        KeSetTimer(&Timers[Index].Timer, Due, &Timers[Index].Dpc);
    }
    KeWaitForSingleObject(&AllRan, Executive, KernelMode, FALSE, NULL);
    for (ULONG Index = 0; Index < TIMERS; Index++) {
        Early += Timers[Index].Ran + 1000 < Timers[Index].Due;
        Late += Timers[Index].Ran > Timers[Index].Due + KeQueryTimeIncrement();
    }
    ok(Early == 0 && Late == 0, "%u timers: %u early, %u more than a tick late", TIMERS, Early, Late);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"KeQueryInterruptTime");

    InterruptTime = (INTERRUPT_TIME *)MmGetSystemRoutineAddress(&Name);
    KeInitializeQueue(&Queue, 0);
    RunThreads(QueueMaker, QueueTaker, "a queue between eight and eight threads");
    ok(KeRundownQueue(&Queue) == NULL, "and nothing is left in it");
    KeInitializeSemaphore(&Available, 0, TOTAL);
    InitializeSListHead(&SList);
    RunThreads(SListMaker, SListTaker, "an S-list and a semaphore");
    ok(ExQueryDepthSList(&SList) == 0 && KeReadStateSemaphore(&Available) == 0, "both are empty");
    InitializeListHead(&List);
    KeInitializeSpinLock(&ListLock);
    RunThreads(ListMaker, ListTaker, "an interlocked list");
    ok(IsListEmpty(&List), "is empty");
    ExInitializeRundownProtection(&Rundown);
    TestEnd(RundownUser, FALSE, "rundown protection");
    IoInitializeRemoveLock(&RemoveLock, 'tseT', 0, 0);
    TestEnd(RemoveLockUser, TRUE, "a remove lock");
    TestTimers();
}
