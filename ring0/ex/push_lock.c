/* Push locks: shared and exclusive locks of one word, not recursive, not fair. */
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
 * The word: 0 free, bit 0 held exclusively, the rest in steps of 16 the number of threads that hold it shared. Who waits is in
 * none of it: waiters stand in one list for all push locks, with the address of theirs, and each release wakes those of its lock.
 */
#define EXCLUSIVE        ((ULONG_PTR)1)
#define SHARED_INCREMENT ((ULONG_PTR)16)

typedef struct _PUSH_WAIT {
    LIST_ENTRY Link;
    PEX_PUSH_LOCK Lock;
    KEVENT Event;
} PUSH_WAIT;

static LIST_ENTRY ExpPushWaiters = {&ExpPushWaiters, &ExpPushWaiters};

static VOID ExpWaitForPushLock(PEX_PUSH_LOCK PushLock) {
    PUSH_WAIT Wait = {.Lock = PushLock};

    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    InsertTailList(&ExpPushWaiters, &Wait.Link);
    KeWaitForSingleObject(&Wait.Event, WrPushLock, KernelMode, FALSE, NULL);
}

PEX_PUSH_LOCK ExWaitedPushLock(PVOID WaitObject) { return CONTAINING_RECORD(WaitObject, PUSH_WAIT, Event)->Lock; }

static VOID ExpWakePushWaiters(PEX_PUSH_LOCK PushLock) {
    PLIST_ENTRY Entry = ExpPushWaiters.Flink;

    while (Entry != &ExpPushWaiters) {
        PUSH_WAIT *Wait = CONTAINING_RECORD(Entry, PUSH_WAIT, Link);

        Entry = Entry->Flink;
        if (Wait->Lock == PushLock) {
            RemoveEntryList(&Wait->Link);
            KeSetEvent(&Wait->Event, 0, FALSE);
        }
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
    if (*PushLock & EXCLUSIVE)
        return FALSE;
    *PushLock += SHARED_INCREMENT;
    return TRUE;
}

VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock) {
    while (!ExTryAcquirePushLockExclusive(PushLock))
        ExpWaitForPushLock(PushLock);
}

VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock) {
    while (!ExTryAcquirePushLockShared(PushLock))
        ExpWaitForPushLock(PushLock);
}

VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock) {
    if (*PushLock & EXCLUSIVE)
        *PushLock = 0;
    else
        *PushLock -= SHARED_INCREMENT;
    if (*PushLock == 0 && !IsListEmpty(&ExpPushWaiters))
        ExpWakePushWaiters(PushLock);
}

VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfAcquirePushLockExclusive(PushLock); }

VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfAcquirePushLockShared(PushLock); }

VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfReleasePushLock(PushLock); }

VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { ExfReleasePushLock(PushLock); }
