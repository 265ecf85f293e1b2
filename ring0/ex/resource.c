/* Executive resources: shared and exclusive, recursive, with waiters in order. */
#include "ex/ex.h"
#include "ps/ps.h"
#include "vf/left.h"

/*
 * OwnerEntry is the exclusive owner, or the first shared one; further shared owners stand in OwnerTable, whose first entry tells its size.
 * ActiveCount is 1 while the resource is owned exclusively, else the number of shared owners. Waiting threads have a block on their stacks,
 * in one list for all resources, in the order of arrival. A release hands the resource over: to the first waiter if that one wants it exclusively,
 * else to all that want it shared.
 */
#define TABLE_STEP 4u
#define OWNER_TAG  'tOxE'

#define OWNER_PATIENCE 5000000ll /* 500 ms: so long a thread waits before owners are boosted, and again */
#define OWNER_PRIORITY 14

/* wdm.h lacks the name. */
#define ResourceHasDisabledPriorityBoost 0x08

typedef struct _RESOURCE_WAIT {
    LIST_ENTRY Link;
    PERESOURCE Resource;
    ERESOURCE_THREAD Thread;
    BOOLEAN Exclusive;
    KEVENT Event;
} RESOURCE_WAIT;

static LIST_ENTRY ExpResources = {&ExpResources, &ExpResources};
static LIST_ENTRY ExpResourceWaiters = {&ExpResourceWaiters, &ExpResourceWaiters};

PERESOURCE ExFindResource(const VOID *Start, SIZE_T Size) {
    for (PLIST_ENTRY Entry = ExpResources.Flink; Entry != &ExpResources; Entry = Entry->Flink) {
        PERESOURCE Resource = CONTAINING_RECORD(Entry, ERESOURCE, SystemResourcesList);

        if ((ULONG_PTR)Resource - (ULONG_PTR)Start < Size)
            return Resource;
    }
    return NULL;
}

static BOOLEAN ExpIsKnown(PERESOURCE Resource) { return VfMayBeLinked(&Resource->SystemResourcesList) && ExFindResource(Resource, 1) != NULL; }

static ERESOURCE_THREAD ExpSelf(VOID) { return (ERESOURCE_THREAD)KiCurrentThread(); }

static BOOLEAN ExpIsExclusive(PERESOURCE Resource) { return (Resource->Flag & ResourceOwnedExclusive) != 0; }

static VOID ExpMisuse(PERESOURCE Resource, ULONG_PTR Kind, PCSTR Message) {
    KiBugCheck(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, ExpSelf(), (ULONG_PTR)Resource->OwnerTable, Kind, NULL, Message);
}

/* Those that there are, are known for the verifier's sake alone. */
NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource) {
    if (VfIsOn() && ExpIsKnown(Resource))
        VfStopObject(0xD0, Resource,
                     "a resource is initialized that is in use already: call ExDeleteResourceLite before, or ExReinitializeResourceLite");
    RtlZeroMemory(Resource, sizeof(*Resource));
    if (VfIsOn())
        InsertTailList(&ExpResources, &Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

static VOID ExpFreeTable(PERESOURCE Resource) {
    if (Resource->OwnerTable != NULL)
        ExFreePoolWithTag(Resource->OwnerTable, OWNER_TAG);
    Resource->OwnerTable = NULL;
}

NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource) {
    if (VfIsOn()) {
        if (!ExpIsKnown(Resource))
            VfStopObject(0xD1, Resource, "a resource is deleted that was never initialized, or has been deleted before");
        RemoveEntryList(&Resource->SystemResourcesList);
    }
    ExpFreeTable(Resource);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource) {
    LIST_ENTRY Link = Resource->SystemResourcesList;

    ExpFreeTable(Resource);
    RtlZeroMemory(Resource, sizeof(*Resource));
    Resource->SystemResourcesList = Link;
    return STATUS_SUCCESS;
}

/* The entry of a shared owner, or NULL. */
static POWNER_ENTRY ExpFindOwner(PERESOURCE Resource, ERESOURCE_THREAD Thread) {
    if (Resource->OwnerEntry.OwnerThread == Thread)
        return &Resource->OwnerEntry;
    for (ULONG Index = 1; Resource->OwnerTable != NULL && Index < Resource->OwnerTable->TableSize; Index++) {
        if (Resource->OwnerTable[Index].OwnerThread == Thread)
            return &Resource->OwnerTable[Index];
    }
    return NULL;
}

/* A free entry; the table grows when there is none. */
static POWNER_ENTRY ExpNewOwner(PERESOURCE Resource) {
    ULONG Size = Resource->OwnerTable != NULL ? Resource->OwnerTable->TableSize : 1;
    POWNER_ENTRY Table;

    if (Resource->OwnerEntry.OwnerThread == 0)
        return &Resource->OwnerEntry;
    for (ULONG Index = 1; Index < Size; Index++) {
        if (Resource->OwnerTable[Index].OwnerThread == 0)
            return &Resource->OwnerTable[Index];
    }
    Table = ExAllocatePoolWithTag(NonPagedPoolNx, (Size + TABLE_STEP) * sizeof(*Table), OWNER_TAG);
    if (Table == NULL)
        return NULL;
    RtlZeroMemory(Table, (Size + TABLE_STEP) * sizeof(*Table));
    if (Resource->OwnerTable != NULL)
        RtlCopyMemory(Table, Resource->OwnerTable, Size * sizeof(*Table));
    ExpFreeTable(Resource);
    Table->TableSize = Size + TABLE_STEP;
    Resource->OwnerTable = Table;
    return &Table[Size];
}

static VOID ExpOwnExclusive(PERESOURCE Resource, ERESOURCE_THREAD Thread) {
    Resource->Flag |= ResourceOwnedExclusive;
    Resource->ActiveCount = 1;
    Resource->ActiveEntries = 1;
    Resource->OwnerEntry.OwnerThread = Thread;
    Resource->OwnerEntry.OwnerCount = 1;
}

static BOOLEAN ExpOwnShared(PERESOURCE Resource, ERESOURCE_THREAD Thread) {
    POWNER_ENTRY Owner = ExpFindOwner(Resource, Thread);

    if (Owner == NULL) {
        Owner = ExpNewOwner(Resource);
        if (Owner == NULL)
            return FALSE;
        Owner->OwnerThread = Thread;
        Owner->OwnerCount = 0;
        Resource->ActiveCount++;
        Resource->ActiveEntries++;
    }
    Owner->OwnerCount++;
    return TRUE;
}

/* An owner that keeps a better thread waiting gets a turn at priority 14. TRUE: it does not wait itself, so that it is worth looking again. */
static BOOLEAN ExpBoostOwner(const OWNER_ENTRY *Owner, KPRIORITY Waiter) {
    PKTHREAD Thread = (PKTHREAD)Owner->OwnerThread;

    if (Owner->OwnerThread == 0 || (Owner->OwnerThread & 3) != 0 || !PspIsThread(Thread))
        return FALSE;
    if (Thread->Priority < Waiter)
        KiBoostThread(Thread, OWNER_PRIORITY);
    return Thread->State != Waiting;
}

static BOOLEAN ExpBoostOwners(PERESOURCE Resource, KPRIORITY Waiter) {
    BOOLEAN Again;

    if ((Resource->Flag & ResourceHasDisabledPriorityBoost) != 0)
        return FALSE;
    Again = ExpBoostOwner(&Resource->OwnerEntry, Waiter);
    for (ULONG Index = 1; Resource->OwnerTable != NULL && Index < Resource->OwnerTable->TableSize; Index++)
        Again |= ExpBoostOwner(&Resource->OwnerTable[Index], Waiter);
    return Again;
}

static VOID ExpWaitForResource(PERESOURCE Resource, BOOLEAN Exclusive) {
    LARGE_INTEGER Timeout = {.QuadPart = -OWNER_PATIENCE};
    BOOLEAN Again = TRUE;
    RESOURCE_WAIT Wait = {.Resource = Resource, .Thread = ExpSelf(), .Exclusive = Exclusive};

    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    InsertTailList(&ExpResourceWaiters, &Wait.Link);
    if (Exclusive)
        Resource->NumberOfExclusiveWaiters++;
    else
        Resource->NumberOfSharedWaiters++;
    Resource->ContentionCount++;
    while (KeWaitForSingleObject(&Wait.Event, WrResource, KernelMode, FALSE, Again ? &Timeout : NULL) == STATUS_TIMEOUT)
        Again = ExpBoostOwners(Resource, KiCurrentThread()->Priority);
}

PERESOURCE ExWaitedResource(PVOID WaitObject) { return CONTAINING_RECORD(WaitObject, RESOURCE_WAIT, Event)->Resource; }

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) {
    if (Resource->ActiveCount == 0) {
        ExpOwnExclusive(Resource, ExpSelf());
        return TRUE;
    }
    if (ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == ExpSelf()) {
        Resource->OwnerEntry.OwnerCount++;
        return TRUE;
    }
    if (!Wait)
        return FALSE;
    ExpWaitForResource(Resource, TRUE);
    return TRUE;
}

/* What the three shared forms differ in: whether waiting exclusive requests hold a newcomer, or even one that owns it already, back. */
static BOOLEAN ExpAcquireShared(PERESOURCE Resource, BOOLEAN Wait, BOOLEAN YieldToWaiters, BOOLEAN YieldEvenAsOwner) {
    ERESOURCE_THREAD Self = ExpSelf();
    BOOLEAN Owner = ExpFindOwner(Resource, Self) != NULL;

    if (ExpIsExclusive(Resource) && Owner) {
        Resource->OwnerEntry.OwnerCount++;
        return TRUE;
    }
    if (!ExpIsExclusive(Resource) && (!YieldToWaiters || Resource->NumberOfExclusiveWaiters == 0 || (Owner && !YieldEvenAsOwner))) {
        while (!ExpOwnShared(Resource, Self)) {
            LARGE_INTEGER Delay = {.QuadPart = -100000};

            if (!Wait)
                return FALSE;
            KeDelayExecutionThread(KernelMode, FALSE, &Delay); /* until there is pool for the owner's entry */
        }
        return TRUE;
    }
    if (!Wait)
        return FALSE;
    ExpWaitForResource(Resource, FALSE);
    return TRUE;
}

BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) { return ExpAcquireShared(Resource, Wait, TRUE, FALSE); }

BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait) { return ExpAcquireShared(Resource, Wait, FALSE, FALSE); }

BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait) { return ExpAcquireShared(Resource, Wait, TRUE, TRUE); }

static VOID ExpGrant(PERESOURCE Resource, RESOURCE_WAIT *Wait) {
    RemoveEntryList(&Wait->Link);
    if (Wait->Exclusive)
        Resource->NumberOfExclusiveWaiters--;
    else
        Resource->NumberOfSharedWaiters--;
    KeSetEvent(&Wait->Event, 0, FALSE);
}

/* The first waiter decides: an exclusive one gets it alone, a shared one with all shared ones. */
static VOID ExpHandOver(PERESOURCE Resource) {
    PLIST_ENTRY Entry = ExpResourceWaiters.Flink;

    if (Resource->NumberOfExclusiveWaiters + Resource->NumberOfSharedWaiters == 0)
        return;
    while (Entry != &ExpResourceWaiters) {
        RESOURCE_WAIT *Wait = CONTAINING_RECORD(Entry, RESOURCE_WAIT, Link);

        Entry = Entry->Flink;
        if (Wait->Resource != Resource)
            continue;
        if (Wait->Exclusive) {
            if (Resource->ActiveCount == 0) {
                ExpOwnExclusive(Resource, Wait->Thread);
                ExpGrant(Resource, Wait);
                return;
            }
            continue;
        }
        if (!ExpOwnShared(Resource, Wait->Thread))
            return; /* no pool for the entry: the next release tries again */
        ExpGrant(Resource, Wait);
    }
}

VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId) {
    POWNER_ENTRY Owner = ExpFindOwner(Resource, ResourceThreadId);

    if (Resource->ActiveCount == 0 || Owner == NULL || ResourceThreadId == 0)
        ExpMisuse(Resource, 1, "a resource is released that this thread does not own");
    if (--Owner->OwnerCount != 0)
        return;
    Owner->OwnerThread = 0;
    Resource->ActiveEntries--;
    if (--Resource->ActiveCount == 0) {
        Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
        ExpHandOver(Resource);
    }
}

VOID FASTCALL ExReleaseResourceLite(PERESOURCE Resource) { ExReleaseResourceForThreadLite(Resource, ExpSelf()); }

VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource) {
    if (!ExpIsExclusive(Resource) || Resource->OwnerEntry.OwnerThread != ExpSelf())
        ExpMisuse(Resource, 2, "a resource is converted to shared that this thread does not own exclusively");
    Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    ExpHandOver(Resource);
}

/* The owner's entry goes on under another name, which must have its two low bits set: another thread will release it. */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer) {
    POWNER_ENTRY Owner = ExpFindOwner(Resource, ExpSelf()), Other;

    if (Owner == NULL)
        ExpMisuse(Resource, 3, "a resource is given to another owner by a thread that does not own it");
    Other = ExpIsExclusive(Resource) ? NULL : ExpFindOwner(Resource, (ERESOURCE_THREAD)OwnerPointer);
    if (Other == NULL) {
        Owner->OwnerThread = (ERESOURCE_THREAD)OwnerPointer;
        return;
    }
    Other->OwnerCount += Owner->OwnerCount;
    Owner->OwnerThread = 0;
    Resource->ActiveCount--;
    Resource->ActiveEntries--;
}

/* With FLAG_OWNER_POINTER_IS_THREAD the other name is that of a thread, which may then release the resource as its own. */
VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags) {
    if ((Flags & ~FLAG_OWNER_POINTER_IS_THREAD) != 0 || (((ULONG_PTR)OwnerPointer & 3) == 3) == ((Flags & FLAG_OWNER_POINTER_IS_THREAD) != 0))
        KiBugCheck(KI_SECURITY_CHECK_FAILURE, KI_FAIL_INVALID_ARGUMENT, 0, 0, 0, NULL,
                   "ExSetResourceOwnerPointerEx takes a thread with FLAG_OWNER_POINTER_IS_THREAD, and else an address with its two low bits set");
    ExSetResourceOwnerPointer(Resource, OwnerPointer);
}

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource) {
    return ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == ExpSelf();
}

ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource) {
    POWNER_ENTRY Owner = ExpFindOwner(Resource, ExpSelf());

    return Owner != NULL ? Owner->OwnerCount : 0;
}

ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource) { return Resource->NumberOfExclusiveWaiters; }

ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource) { return Resource->NumberOfSharedWaiters; }

VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource) { Resource->Flag |= ResourceHasDisabledPriorityBoost; }

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Resource, TRUE);
    return KiCurrentThread();
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Resource, TRUE);
    return KiCurrentThread();
}

VOID FASTCALL ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource);
PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource) {
    KeEnterCriticalRegion();
    ExAcquireSharedWaitForExclusive(Resource, TRUE);
    return KiCurrentThread();
}
