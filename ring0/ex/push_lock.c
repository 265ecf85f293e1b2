/* Push locks: shared and exclusive locks of one word, not recursive, had in the order of asking. */
#include "ex/ex.h"

NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock);

/*
 * The word: 0 free, bit 0 held exclusively, bit 1 somebody waits, the rest in steps of 16 the number of threads that hold it shared. Who waits stands in one list for all
 * push locks, in the order of coming. The last release hands the lock over: to the first waiter if that one wants it exclusively, else to all that come before the next that
 * does. While anybody waits, a newcomer waits as well: a writer gets its turn however many readers there are.
 */
#define EXCLUSIVE        ((ULONG_PTR)1)
#define WAITING          ((ULONG_PTR)2)
#define SHARED_INCREMENT ((ULONG_PTR)16)

typedef struct _PUSH_WAIT {
    LIST_ENTRY Link;
    PEX_PUSH_LOCK Lock;
    BOOLEAN Exclusive;
    KEVENT Event;
} PUSH_WAIT;

static LIST_ENTRY ExpPushWaiters = {&ExpPushWaiters, &ExpPushWaiters};

/* Comes back as the holder. */
static VOID ExpWaitForPushLock(PEX_PUSH_LOCK PushLock, BOOLEAN Exclusive) {
    PUSH_WAIT Wait = {.Lock = PushLock, .Exclusive = Exclusive};

    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    InsertTailList(&ExpPushWaiters, &Wait.Link);
    *PushLock |= WAITING;
    KeWaitForSingleObject(&Wait.Event, WrPushLock, KernelMode, FALSE, NULL);
}

PEX_PUSH_LOCK ExWaitedPushLock(PVOID WaitObject) { return CONTAINING_RECORD(WaitObject, PUSH_WAIT, Event)->Lock; }

/* The lock is free, and somebody waits. */
static VOID ExpHandOverPushLock(PEX_PUSH_LOCK PushLock) {
    PLIST_ENTRY Entry = ExpPushWaiters.Flink;

    *PushLock = 0;
    while (Entry != &ExpPushWaiters) {
        PUSH_WAIT *Wait = CONTAINING_RECORD(Entry, PUSH_WAIT, Link);

        Entry = Entry->Flink;
        if (Wait->Lock != PushLock)
            continue;
        if (*PushLock == EXCLUSIVE || (Wait->Exclusive && *PushLock != 0)) {
            *PushLock |= WAITING;
            return;
        }
        *PushLock = Wait->Exclusive ? EXCLUSIVE : *PushLock + SHARED_INCREMENT;
        RemoveEntryList(&Wait->Link);
        KeSetEvent(&Wait->Event, 0, FALSE);
    }
}

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { *PushLock = 0; }

BOOLEAN NTAPI ExTryAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock) {
    if (*PushLock != 0)
        return FALSE;
    *PushLock = EXCLUSIVE;
    return TRUE;
}

BOOLEAN NTAPI ExTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock) {
    if ((*PushLock & (EXCLUSIVE | WAITING)) != 0)
        return FALSE;
    *PushLock += SHARED_INCREMENT;
    return TRUE;
}

VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock) {
    if (!ExTryAcquirePushLockExclusive(PushLock))
        ExpWaitForPushLock(PushLock, TRUE);
}

VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock) {
    if (!ExTryAcquirePushLockShared(PushLock))
        ExpWaitForPushLock(PushLock, FALSE);
}

VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock) {
    if (*PushLock & EXCLUSIVE)
        *PushLock &= ~EXCLUSIVE;
    else
        *PushLock -= SHARED_INCREMENT;
    if (*PushLock == WAITING)
        ExpHandOverPushLock(PushLock);
}

VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfAcquirePushLockExclusive(PushLock); }

VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfAcquirePushLockShared(PushLock); }

VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfReleasePushLock(PushLock); }

VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfReleasePushLock(PushLock); }

/*
 * Blocking on a push lock until somebody says that what it guards has changed: ExBlockPushLock, then a look whether it is still worth waiting, then the wait.
 */
typedef struct _EX_PUSH_BLOCK { /* in the caller's wait block */
    LIST_ENTRY Link;            /* in ExpPushBlocked; empty when it has been unblocked */
    PEX_PUSH_LOCK Lock;
    KEVENT Event;
} EX_PUSH_BLOCK, *PEX_PUSH_BLOCK;
static LIST_ENTRY ExpPushBlocked = {&ExpPushBlocked, &ExpPushBlocked};

VOID NTAPI ExBlockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock);
NTSTATUS NTAPI ExTimedWaitForUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock, PLARGE_INTEGER Timeout);
VOID NTAPI ExWaitForUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock);
VOID FASTCALL ExfUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock);

VOID NTAPI ExBlockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock) {
    PEX_PUSH_BLOCK Block = WaitBlock;

    KeInitializeEvent(&Block->Event, SynchronizationEvent, FALSE);
    Block->Lock = PushLock;
    InsertTailList(&ExpPushBlocked, &Block->Link);
}

static VOID ExpUnblock(PEX_PUSH_BLOCK Block) {
    RemoveEntryList(&Block->Link);
    InitializeListHead(&Block->Link);
    KeSetEvent(&Block->Event, 0, FALSE);
}

/* With a wait block: that one, whose owner does not wait after all. Without: all of this lock. */
VOID FASTCALL ExfUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock) {
    PEX_PUSH_BLOCK Own = WaitBlock;
    PLIST_ENTRY Entry = ExpPushBlocked.Flink;

    if (Own != NULL && !IsListEmpty(&Own->Link))
        ExpUnblock(Own);
    while (Own == NULL && Entry != &ExpPushBlocked) {
        PEX_PUSH_BLOCK Block = CONTAINING_RECORD(Entry, EX_PUSH_BLOCK, Link);

        Entry = Entry->Flink;
        if (Block->Lock == PushLock)
            ExpUnblock(Block);
    }
}

NTSTATUS NTAPI ExTimedWaitForUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock, PLARGE_INTEGER Timeout) {
    PEX_PUSH_BLOCK Block = WaitBlock;
    NTSTATUS Status = KeWaitForSingleObject(&Block->Event, WrPushLock, KernelMode, FALSE, Timeout);

    if (!IsListEmpty(&Block->Link)) {
        RemoveEntryList(&Block->Link);
        InitializeListHead(&Block->Link);
    }
    return Status;
}

VOID NTAPI ExWaitForUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock) { ExTimedWaitForUnblockPushLock(PushLock, WaitBlock, NULL); }
