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
