/* System threads, priorities, and the locks they share: resources, fast and guarded mutexes, push locks. */
#include "threads.h"

typedef struct _LIFE {
    PVOID Context;
    KIRQL Irql;
    KPROCESSOR_MODE PreviousMode;
    HANDLE ProcessId, ThreadId;
    BOOLEAN SystemThread, SystemProcess, OnItsStack;
    KPRIORITY Priority;
} LIFE;
static LIFE Life;

static VOID NTAPI Live(PVOID Context) {
    ULONG_PTR Low, High;
    IoGetStackLimits(&Low, &High);
    Life.Context = Context;
    Life.Irql = KeGetCurrentIrql();
    Life.PreviousMode = ExGetPreviousMode();
    Life.ProcessId = PsGetCurrentProcessId();
    Life.ThreadId = PsGetCurrentThreadId();
    Life.SystemThread = PsIsSystemThread(PsGetCurrentThread());
    Life.SystemProcess = PsGetCurrentProcess() == PsInitialSystemProcess;
    Life.OnItsStack = (ULONG_PTR)&Low >= Low && (ULONG_PTR)&Low < High && High - Low > 22 * 1024 && High - Low <= 24 * 1024 &&
                      IoGetRemainingStackSize() > 16 * 1024;
    Life.Priority = KeQueryPriorityThread(KeGetCurrentThread());
    PsTerminateSystemThread(STATUS_DEVICE_BUSY);
    Life.Context = NULL;
}

static VOID NTAPI JustReturn(PVOID Context) { UNREFERENCED_PARAMETER(Context); }

static VOID TestLife(VOID) {
    HANDLE Handle;
    CLIENT_ID Id = {NULL, NULL};
    LARGE_INTEGER Zero = {.QuadPart = 0};
    PKTHREAD Thread;
    PETHREAD Found = NULL;
    int Marker;
    is(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, &Id, Live, &Marker), STATUS_SUCCESS, "PsCreateSystemThread");
    ok(Id.UniqueProcess == (HANDLE)4 && Id.UniqueThread != NULL, "the thread belongs to process 4");
    is(ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode, (PVOID *)&Thread, NULL), STATUS_SUCCESS, "its object by handle");
    is(PsLookupThreadByThreadId(Id.UniqueThread, &Found), STATUS_SUCCESS, "and by id");
    ok((PKTHREAD)Found == Thread, "is the same");
    is((ULONG_PTR)PsGetThreadId(Found), (ULONG_PTR)Id.UniqueThread, "PsGetThreadId");
    ObDereferenceObject(Found);
    is(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS, "a wait for the handle ends when the thread does");
    is(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Zero), STATUS_SUCCESS, "its object stays signaled");
    is((ULONG)PsGetThreadExitStatus((PETHREAD)Thread), (ULONG)STATUS_DEVICE_BUSY, "its exit status");
    ok(Life.Context == &Marker, "it got its context, and PsTerminateSystemThread did not return");
    is(Life.Irql, PASSIVE_LEVEL, "it ran at PASSIVE_LEVEL");
    is(Life.PreviousMode, KernelMode, "with KernelMode as previous mode");
    ok(Life.ProcessId == (HANDLE)4 && Life.ThreadId == Id.UniqueThread, "with the ids of its CLIENT_ID");
    ok(Life.SystemThread && Life.SystemProcess, "as a system thread in the System process");
    ok(Life.OnItsStack, "on a stack of 24 KiB, of which two thirds are left");
    is(Life.Priority, 8, "with priority 8");
    ZwClose(Handle);
    ObDereferenceObject(Thread);
    Sleep100ns(MILLISECONDS(1));
    is((ULONG)PsLookupThreadByThreadId(Id.UniqueThread, &Found), (ULONG)STATUS_INVALID_PARAMETER, "its id is gone");
    Thread = StartThread(JustReturn, NULL);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    is(PsGetThreadExitStatus((PETHREAD)Thread), STATUS_SUCCESS, "a routine that returns ends with STATUS_SUCCESS");
    ObDereferenceObject(Thread);
}

static volatile LONG Arrived;
static volatile LONG Place[3];
static KEVENT Start;

static VOID NTAPI Racer(PVOID Context) {
    StayOnFirst();
    KeSetPriorityThread(KeGetCurrentThread(), 10 + (KPRIORITY)(ULONG_PTR)Context);
    KeWaitForSingleObject(&Start, Executive, KernelMode, FALSE, NULL);
    Place[(ULONG_PTR)Context] = InterlockedIncrement(&Arrived);
}

static VOID TestPriorities(VOID) {
    PKTHREAD Self = KeGetCurrentThread(), Threads[3];
    KPRIORITY Old = KeQueryPriorityThread(Self);
    LONG Increment;
    StayOnFirst();
    is(KeSetPriorityThread(Self, LOW_REALTIME_PRIORITY), Old, "KeSetPriorityThread returns the priority before");
    is(KeQueryPriorityThread(Self), LOW_REALTIME_PRIORITY, "and sets it");
    KeInitializeEvent(&Start, NotificationEvent, FALSE);
    for (ULONG_PTR i = 0; i < 3; i++) {
        Threads[i] = StartThread(Racer, (PVOID)i);
    }
    Sleep100ns(MILLISECONDS(1));
    KeSetEvent(&Start, 0, FALSE);
    is(Arrived, 0, "those of lower priority do not run yet");
    for (ULONG i = 0; i < 3; i++) {
        JoinThread(Threads[i]);
    }
    ok(Place[2] == 1 && Place[1] == 2 && Place[0] == 3, "the highest priority goes first");
    KeSetPriorityThread(Self, Old);
    Increment = KeSetBasePriorityThread(Self, 2);
    is(KeQueryPriorityThread(Self), Old + 2, "KeSetBasePriorityThread is relative to the process");
    is(KeSetBasePriorityThread(Self, Increment), 2, "and returns the increment before");
    KeSetPriorityThread(Self, Old);
    KeRevertToUserAffinityThread();
}

/* ---- Locks under twenty threads ------------------------------------------------------------------------------------------- */

#define THREADS 20
#define ROUNDS  50

static ERESOURCE Resource;
static FAST_MUTEX FastMutex;
static KGUARDED_MUTEX GuardedMutex;
static EX_PUSH_LOCK PushLock;
static KMUTEX Mutex;
static KSPIN_LOCK SpinLock;
static KSEMAPHORE Slots; /* three */
static volatile LONG Inside[5], Readers, Broken, Total, InSlots, SpinTotal, MostReaders;

static VOID Rest(ULONG *Seed) { Sleep100ns(RtlRandomEx(Seed) % 500); }

/* Alone: nobody else may come in while this one sleeps. */
static VOID Alone(ULONG Which, ULONG *Seed) {
    LONG Before = Total;
    if (InterlockedIncrement(&Inside[Which]) != 1) {
        InterlockedIncrement(&Broken);
    }
    Rest(Seed);
    if (InterlockedDecrement(&Inside[Which]) != 0) {
        InterlockedIncrement(&Broken);
    }
    if (Which == 0) {
        if (Readers != 0 || Total != Before) {
            InterlockedIncrement(&Broken);
        }
        Total = Before + 1;
    }
}

static VOID Together(ULONG *Seed) {
    LONG Before = Total, Now = InterlockedIncrement(&Readers);
    if (Now > MostReaders) {
        MostReaders = Now;
    }
    Rest(Seed);
    if (Inside[0] != 0 || Total != Before) {
        InterlockedIncrement(&Broken);
    }
    InterlockedDecrement(&Readers);
}

static VOID NTAPI Crowd(PVOID Context) {
    ULONG Seed = (ULONG)(ULONG_PTR)Context * 7919 + 1;
    volatile double Mine = (double)(ULONG_PTR)Context;
    double Sum = 0;
    KIRQL Old;
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        KeEnterCriticalRegion();
        if ((Round + (ULONG_PTR)Context) % 4 == 0) {
            ExAcquireResourceExclusiveLite(&Resource, TRUE);
            Alone(0, &Seed);
        } else {
            ExAcquireResourceSharedLite(&Resource, TRUE);
            Together(&Seed);
        }
        ExReleaseResourceLite(&Resource);
        KeLeaveCriticalRegion();

        ExAcquireFastMutex(&FastMutex);
        Alone(1, &Seed);
        ExReleaseFastMutex(&FastMutex);

        KeAcquireGuardedMutex(&GuardedMutex);
        Alone(2, &Seed);
        KeReleaseGuardedMutex(&GuardedMutex);

        KeEnterCriticalRegion();
        ExAcquirePushLockExclusiveEx(&PushLock, 0);
        Alone(3, &Seed);
        ExReleasePushLockExclusiveEx(&PushLock, 0);
        KeLeaveCriticalRegion();

        KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
        Alone(4, &Seed);
        KeReleaseMutex(&Mutex, FALSE);

        KeWaitForSingleObject(&Slots, Executive, KernelMode, FALSE, NULL);
        if (InterlockedIncrement(&InSlots) > 3) {
            InterlockedIncrement(&Broken);
        }
        Rest(&Seed);
        InterlockedDecrement(&InSlots);
        KeReleaseSemaphore(&Slots, 0, 1, FALSE);

        KeAcquireSpinLock(&SpinLock, &Old);
        SpinTotal++;
        KeReleaseSpinLock(&SpinLock, Old);
        Sum += Mine;
    }
    if (Sum != Mine * ROUNDS) {
        InterlockedIncrement(&Broken);
    }
}

static VOID TestCrowd(VOID) {
    PKTHREAD Threads[THREADS];
    ULONG Ended = 0;
    LONG Exclusive = 0;
    ExInitializeResourceLite(&Resource);
    ExInitializeFastMutex(&FastMutex);
    KeInitializeGuardedMutex(&GuardedMutex);
    PushLock = 0;
    KeInitializeMutex(&Mutex, 0);
    KeInitializeSpinLock(&SpinLock);
    KeInitializeSemaphore(&Slots, 3, 3);
    for (ULONG_PTR i = 0; i < THREADS; i++) {
        Threads[i] = StartThread(Crowd, (PVOID)i);
    }
    for (ULONG i = 0; i < THREADS; i++) {
        Ended += JoinThread(Threads[i]);
    }
    for (ULONG i = 0; i < THREADS * ROUNDS; i++) {
        Exclusive += (i / ROUNDS + i % ROUNDS) % 4 == 0;
    }
    is(Ended, THREADS, "twenty threads fight for seven locks, and all end");
    is(Broken, 0, "nobody was where somebody else was");
    is(Total, Exclusive, "the resource's exclusive owners were all counted");
    ok(MostReaders > 1, "shared owners of the resource were together: %d", MostReaders);
    is(SpinTotal, THREADS * ROUNDS, "so were the spin lock's");
    is(ExDeleteResourceLite(&Resource), STATUS_SUCCESS, "ExDeleteResourceLite");
}

/* ---- One lock at a time ----------------------------------------------------------------------------------------------------- */

static volatile LONG Steps;

static VOID NTAPI WantExclusive(PVOID Context) {
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    *(volatile LONG *)Context = InterlockedIncrement(&Steps);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static VOID NTAPI WantShared(PVOID Context) {
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    *(volatile LONG *)Context = InterlockedIncrement(&Steps);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static VOID NTAPI TryBoth(PVOID Context) {
    PBOOLEAN Got = Context;
    KeEnterCriticalRegion();
    Got[0] = ExAcquireResourceExclusiveLite(&Resource, FALSE);
    Got[1] = ExAcquireResourceSharedLite(&Resource, FALSE);
    Got[2] = ExAcquireSharedStarveExclusive(&Resource, FALSE);
    if (Got[1]) {
        ExReleaseResourceLite(&Resource);
    }
    if (Got[2]) {
        ExReleaseResourceLite(&Resource);
    }
    KeLeaveCriticalRegion();
}

static VOID TestResource(VOID) {
    static LONG First, Second;
    static BOOLEAN Got[3];
    PKTHREAD Exclusive, Shared;
    is(ExInitializeResourceLite(&Resource), STATUS_SUCCESS, "ExInitializeResourceLite");
    KeEnterCriticalRegion();
    is(ExAcquireResourceExclusiveLite(&Resource, TRUE), TRUE, "a resource is acquired exclusively");
    is(ExAcquireResourceExclusiveLite(&Resource, FALSE), TRUE, "again by its owner");
    is(ExAcquireResourceSharedLite(&Resource, FALSE), TRUE, "shared too");
    is(ExIsResourceAcquiredExclusiveLite(&Resource), TRUE, "ExIsResourceAcquiredExclusiveLite");
    is(ExIsResourceAcquiredSharedLite(&Resource), 3, "the number of times it was acquired");
    JoinThread(StartThread(TryBoth, Got));
    ok(!Got[0] && !Got[1] && !Got[2], "another thread cannot have it in any way");
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    Shared = StartThread(WantShared, &First);
    Sleep100ns(MILLISECONDS(1));
    is(ExGetSharedWaiterCount(&Resource), 1, "one waits to share it");
    ExConvertExclusiveToSharedLite(&Resource);
    JoinThread(Shared);
    is(First, 1, "and does when the owner converts");
    is(ExIsResourceAcquiredExclusiveLite(&Resource), FALSE, "who is no exclusive owner any more");
    JoinThread(StartThread(TryBoth, Got));
    ok(!Got[0] && Got[1] && Got[2], "while it is shared, others can share it");
    Exclusive = StartThread(WantExclusive, &First);
    Sleep100ns(MILLISECONDS(1));
    is(ExGetExclusiveWaiterCount(&Resource), 1, "one waits to have it alone");
    JoinThread(StartThread(TryBoth, Got));
    ok(!Got[0] && !Got[1] && Got[2], "that one goes before those that share, but not before those that starve it");
    is(ExAcquireResourceSharedLite(&Resource, FALSE), TRUE, "who shares it already may again");
    ExReleaseResourceLite(&Resource);
    Shared = StartThread(WantShared, &Second);
    Sleep100ns(MILLISECONDS(1));
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    JoinThread(Exclusive);
    JoinThread(Shared);
    ok(First == 2 && Second == 3, "they get it in the order in which they came");
    is(ExAcquireSharedWaitForExclusive(&Resource, FALSE), TRUE, "ExAcquireSharedWaitForExclusive");
    ExSetResourceOwnerPointer(&Resource, (PVOID)((ULONG_PTR)&Resource | 3));
    is(ExIsResourceAcquiredSharedLite(&Resource), 0, "an owner pointer takes the place of the thread");
    ExReleaseResourceForThreadLite(&Resource, (ULONG_PTR)&Resource | 3);
    ok(ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource) != NULL && KeAreApcsDisabled(), "the form that enters a critical region");
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    is(KeAreApcsDisabled(), FALSE, "and the one that leaves it");
    is(ExReinitializeResourceLite(&Resource), STATUS_SUCCESS, "ExReinitializeResourceLite");
    ExDeleteResourceLite(&Resource);
}

static KEVENT TryNow;

static VOID NTAPI TryMutexes(PVOID Context) {
    PBOOLEAN Got = Context;
    KeWaitForSingleObject(&TryNow, Executive, KernelMode, FALSE, NULL);
    Got[0] = ExTryToAcquireFastMutex(&FastMutex);
    Got[1] = KeTryToAcquireGuardedMutex(&GuardedMutex);
    if (Got[0]) {
        ExReleaseFastMutex(&FastMutex);
    }
    if (Got[1]) {
        KeReleaseGuardedMutex(&GuardedMutex);
    }
}

static VOID TestMutexes(VOID) {
    static BOOLEAN Got[2];
    PKTHREAD Other;
    KeInitializeEvent(&TryNow, NotificationEvent, FALSE);
    ExInitializeFastMutex(&FastMutex);
    KeInitializeGuardedMutex(&GuardedMutex);
    ExAcquireFastMutex(&FastMutex);
    is(KeGetCurrentIrql(), APC_LEVEL, "a fast mutex raises to APC_LEVEL");
    ExReleaseFastMutex(&FastMutex);
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and its release lowers");
    Other = StartThread(TryMutexes, Got);
    KeAcquireGuardedMutex(&GuardedMutex);
    ok(KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreAllApcsDisabled(), "a guarded mutex leaves the level and disables APCs");
    ExAcquireFastMutex(&FastMutex);
    KeLowerIrql(PASSIVE_LEVEL);
    KeSetEvent(&TryNow, IO_NO_INCREMENT, FALSE);
    JoinThread(Other);
    KfRaiseIrql(APC_LEVEL);
    ok(!Got[0] && !Got[1], "another thread cannot have them");
    ExReleaseFastMutex(&FastMutex);
    KeReleaseGuardedMutex(&GuardedMutex);
    is(KeAreAllApcsDisabled(), FALSE, "APCs are enabled again");
    JoinThread(StartThread(TryMutexes, Got));
    ok(Got[0] && Got[1], "now it can");
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&FastMutex);
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "the unsafe form leaves the level");
    ExReleaseFastMutexUnsafe(&FastMutex);
    KeLeaveCriticalRegion();
}

static volatile LONG LowRan;

static VOID NTAPI RunLow(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeSetSystemAffinityThread(1);
    LowRan = KeQueryPriorityThread(KeGetCurrentThread());
    for (ULONG i = 0; i < 1000; i++)
        KeStallExecutionProcessor(100);
    LowRan |= KeQueryPriorityThread(KeGetCurrentThread()) << 8;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A thread that a better one keeps from running, on the one processor that both may use, gets a turn after four seconds. */
static VOID TestStarved(VOID) {
    LONG Old = KeSetBasePriorityThread(KeGetCurrentThread(), 4);
    PKTHREAD Thread;
    ULONG Tenths = 0;
    KeSetSystemAffinityThread(1);
    Thread = StartThread(RunLow, NULL);
    while (LowRan == 0 && Tenths++ < 100) {
        for (ULONG i = 0; i < 1000; i++)
            KeStallExecutionProcessor(100);
    }
    ok(Tenths >= 38 && Tenths <= 62, "a thread that is ready and cannot run gets a turn after four seconds: %u tenths", Tenths);
    is(LowRan & 255, LOW_REALTIME_PRIORITY - 1, "at the highest dynamic priority");
    KeRevertToUserAffinityThread();
    KeSetBasePriorityThread(KeGetCurrentThread(), Old);
    JoinThread(Thread);
    is(LowRan >> 8, 8, "and is back at its own when that is over");
}

static EX_RUNDOWN_REF Rundown;
static volatile LONG RundownDone;

static VOID NTAPI RunDown(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    ExWaitForRundownProtectionRelease(&Rundown);
    RundownDone = 1;
}

static VOID TestRundown(VOID) {
    PKTHREAD Thread;
    ExInitializeRundownProtection(&Rundown);
    is(ExAcquireRundownProtection(&Rundown), TRUE, "rundown protection");
    Thread = StartThread(RunDown, NULL);
    Sleep100ns(MILLISECONDS(1));
    is(RundownDone, 0, "the rundown waits for who has it");
    is(ExAcquireRundownProtection(&Rundown), FALSE, "and lets nobody in any more");
    ExReleaseRundownProtection(&Rundown);
    JoinThread(Thread);
    is(RundownDone, 1, "then it is over");
    is(ExAcquireRundownProtection(&Rundown), FALSE, "for good");
    ExReInitializeRundownProtection(&Rundown);
    is(ExAcquireRundownProtection(&Rundown), TRUE, "unless it is initialized again");
    ExReleaseRundownProtection(&Rundown);
}

static VOID NTAPI SharePushLock(PVOID Context) {
    KeEnterCriticalRegion();
    ExAcquirePushLockSharedEx(&PushLock, 0);
    *(volatile LONG *)Context = 1;
    ExReleasePushLockSharedEx(&PushLock, 0);
    KeLeaveCriticalRegion();
}

static VOID TestPushLock(VOID) {
    static LONG Shared;
    PKTHREAD Thread;
    PushLock = 0;
    KeEnterCriticalRegion();
    ExAcquirePushLockSharedEx(&PushLock, 0);
    JoinThread(StartThread(SharePushLock, &Shared));
    is(Shared, 1, "a push lock is shared");
    ExReleasePushLockSharedEx(&PushLock, 0);
    Shared = 0;
    ExAcquirePushLockExclusiveEx(&PushLock, 0);
    Thread = StartThread(SharePushLock, &Shared);
    Sleep100ns(MILLISECONDS(1));
    is(Shared, 0, "or held alone");
    ExReleasePushLockExclusiveEx(&PushLock, 0);
    JoinThread(Thread);
    is(Shared, 1, "until it is released");
    KeLeaveCriticalRegion();
    is(PushLock, 0, "a free push lock is zero");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestLife();
    TestPriorities();
    TestStarved();
    TestResource();
    TestMutexes();
    TestPushLock();
    TestRundown();
    TestCrowd();
}
