/*
 * Every kind of lock, wanted by a hundred threads at once on as many processors as there are: who is inside is counted, and a call of the kernel inside lets another
 * processor go on. What the threads do, and where processors change, follows from --seed.
 */
#include "torture.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define THREADS 100
#define ROUNDS  6

NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);

typedef union _STATE { /* between taking and giving back */
    KIRQL Irql;
    KLOCK_QUEUE_HANDLE Queued;
} STATE;

typedef struct _FAMILY {
    PCSTR Name;
    VOID (*Enter)(STATE *State, BOOLEAN Shared);
    VOID (*Leave)(STATE *State, BOOLEAN Shared);
    BOOLEAN CanShare;
    LONG Limit; /* how many may be inside exclusively */
} FAMILY;

static KSPIN_LOCK SpinLock, QueuedLock;
static EX_SPIN_LOCK ReadWriteLock;
static KMUTEX Mutex;
static FAST_MUTEX FastMutex;
static KGUARDED_MUTEX GuardedMutex;
static KSEMAPHORE Semaphore;
static KEVENT Event;
static ERESOURCE Resource;
static EX_PUSH_LOCK PushLock;

static VOID EnterSpin(STATE *State, BOOLEAN Shared) { KeAcquireSpinLock(&SpinLock, &State->Irql); }
static VOID LeaveSpin(STATE *State, BOOLEAN Shared) { KeReleaseSpinLock(&SpinLock, State->Irql); }
static VOID EnterQueued(STATE *State, BOOLEAN Shared) { KeAcquireInStackQueuedSpinLock(&QueuedLock, &State->Queued); }
static VOID LeaveQueued(STATE *State, BOOLEAN Shared) { KeReleaseInStackQueuedSpinLock(&State->Queued); }
static VOID EnterReadWrite(STATE *State, BOOLEAN Shared) {
    State->Irql = Shared ? ExAcquireSpinLockShared(&ReadWriteLock) : ExAcquireSpinLockExclusive(&ReadWriteLock);
}
static VOID LeaveReadWrite(STATE *State, BOOLEAN Shared) {
    if (Shared)
        ExReleaseSpinLockShared(&ReadWriteLock, State->Irql);
    else
        ExReleaseSpinLockExclusive(&ReadWriteLock, State->Irql);
}
static VOID EnterMutex(STATE *State, BOOLEAN Shared) { KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL); }
static VOID LeaveMutex(STATE *State, BOOLEAN Shared) { KeReleaseMutex(&Mutex, FALSE); }
static VOID EnterFast(STATE *State, BOOLEAN Shared) { ExAcquireFastMutex(&FastMutex); }
static VOID LeaveFast(STATE *State, BOOLEAN Shared) { ExReleaseFastMutex(&FastMutex); }
static VOID EnterGuarded(STATE *State, BOOLEAN Shared) { KeAcquireGuardedMutex(&GuardedMutex); }
static VOID LeaveGuarded(STATE *State, BOOLEAN Shared) { KeReleaseGuardedMutex(&GuardedMutex); }
static VOID EnterSemaphore(STATE *State, BOOLEAN Shared) { KeWaitForSingleObject(&Semaphore, Executive, KernelMode, FALSE, NULL); }
static VOID LeaveSemaphore(STATE *State, BOOLEAN Shared) { KeReleaseSemaphore(&Semaphore, 0, 1, FALSE); }
static VOID EnterEvent(STATE *State, BOOLEAN Shared) { KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL); }
static VOID LeaveEvent(STATE *State, BOOLEAN Shared) { KeSetEvent(&Event, 1, FALSE); }
static VOID EnterResource(STATE *State, BOOLEAN Shared) {
    KeEnterCriticalRegion();
    if (Shared)
        ExAcquireResourceSharedLite(&Resource, TRUE);
    else
        ExAcquireResourceExclusiveLite(&Resource, TRUE);
}
static VOID LeaveResource(STATE *State, BOOLEAN Shared) {
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}
static VOID EnterPush(STATE *State, BOOLEAN Shared) {
    KeEnterCriticalRegion();
    if (Shared)
        ExfAcquirePushLockShared(&PushLock);
    else
        ExfAcquirePushLockExclusive(&PushLock);
}
static VOID LeavePush(STATE *State, BOOLEAN Shared) {
    ExfReleasePushLock(&PushLock);
    KeLeaveCriticalRegion();
}

static const FAMILY Families[] = {
    {"spin lock", EnterSpin, LeaveSpin, FALSE, 1},
    {"in-stack queued spin lock", EnterQueued, LeaveQueued, FALSE, 1},
    {"reader/writer spin lock", EnterReadWrite, LeaveReadWrite, TRUE, 1},
    {"mutex", EnterMutex, LeaveMutex, FALSE, 1},
    {"fast mutex", EnterFast, LeaveFast, FALSE, 1},
    {"guarded mutex", EnterGuarded, LeaveGuarded, FALSE, 1},
    {"semaphore of 3", EnterSemaphore, LeaveSemaphore, FALSE, 3},
    {"synchronization event", EnterEvent, LeaveEvent, FALSE, 1},
    {"resource", EnterResource, LeaveResource, TRUE, 1},
    {"push lock", EnterPush, LeavePush, TRUE, 1},
};
#define FAMILIES RTL_NUMBER_OF(Families)

static struct {
    volatile LONG Inside, Readers, MostReaders, Most;
    volatile LONG Entries, Violations;
    LONG Unprotected; /* counted without an interlocked operation: exact only if nobody else is inside */
} Seen[FAMILIES];

static VOID Check(BOOLEAN Good, volatile LONG *Violations) {
    if (!Good)
        InterlockedIncrement(Violations);
}

static VOID Visit(ULONG Kind, BOOLEAN Shared) {
    const FAMILY *Family = &Families[Kind];
    STATE State;

    Family->Enter(&State, Shared);
    if (Shared) {
        LONG Readers = InterlockedIncrement(&Seen[Kind].Readers);
        Check(Seen[Kind].Inside == 0, &Seen[Kind].Violations);
        if (Readers > Seen[Kind].MostReaders)
            Seen[Kind].MostReaders = Readers;
        Point();
        Check(Seen[Kind].Inside == 0, &Seen[Kind].Violations);
        InterlockedDecrement(&Seen[Kind].Readers);
    } else {
        LONG Before, Inside = InterlockedIncrement(&Seen[Kind].Inside);
        Check(Inside <= Family->Limit && Seen[Kind].Readers == 0, &Seen[Kind].Violations);
        if (Inside > Seen[Kind].Most)
            Seen[Kind].Most = Inside;
        Before = Seen[Kind].Unprotected;
        Point();
        Seen[Kind].Unprotected = Before + 1;
        Check(Seen[Kind].Inside <= Family->Limit && Seen[Kind].Readers == 0, &Seen[Kind].Violations);
        InterlockedIncrement(&Seen[Kind].Entries);
        InterlockedDecrement(&Seen[Kind].Inside);
    }
    Family->Leave(&State, Shared);
}

static VOID NTAPI Torturer(PVOID Context) {
    ULONG Random = (ULONG)(ULONG_PTR)Context * 2654435761u + 12345;

    for (ULONG Round = 0; Round < ROUNDS * FAMILIES; Round++) {
        ULONG Kind = ((ULONG)(ULONG_PTR)Context + Round) % FAMILIES;

        Random = Random * 1664525u + 1013904223u;
        Visit(Kind, Families[Kind].CanShare && (Random >> 24) % 3 != 0);
        if ((Random >> 16) % 16 == 0)
            Sleep100ns(Random >> 20);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    KeInitializeSpinLock(&SpinLock);
    KeInitializeSpinLock(&QueuedLock);
    KeInitializeMutex(&Mutex, 0);
    ExInitializeFastMutex(&FastMutex);
    KeInitializeGuardedMutex(&GuardedMutex);
    KeInitializeSemaphore(&Semaphore, 3, 3);
    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    ExInitializeResourceLite(&Resource);
    RunThreads(THREADS, Torturer, "all threads ended");
    for (ULONG Kind = 0; Kind < FAMILIES; Kind++) {
        BOOLEAN Exact = Families[Kind].Limit != 1 || Seen[Kind].Unprotected == Seen[Kind].Entries;

        ok(Seen[Kind].Violations == 0 && Exact, "%s: %d entries, at most %d inside, %d readers; %d violations", Families[Kind].Name,
           Seen[Kind].Entries, Seen[Kind].Most, Seen[Kind].MostReaders, Seen[Kind].Violations);
    }
    is(ExDeleteResourceLite(&Resource), STATUS_SUCCESS, "and the resource is free");
    ok(ReadWriteLock == 0 && PushLock == 0 && SpinLock == 0 && QueuedLock == 0, "as are the locks of one word");
}
