/*
 * Waiting for a value in memory to change: the base of all user-mode locks. Waiters queue on their own stacks, in the order they came, in one of a
 * few lists chosen by address; a waker takes one off its list and alerts its thread.
 */
#include "ntdllp.h"
#include "lock.h"

typedef struct _WAITER {
    LIST_ENTRY Link;
    const volatile VOID *Address;
    HANDLE Thread;
    volatile LONG Woken;
} WAITER;

static struct {
    volatile LONG Busy;
    LIST_ENTRY Waiters; /* Flink NULL: nobody has ever waited here */
} RtlpWaitLists[64];

/* The lists are held for a few instructions; who is preempted there lets the others spin for one time slice. */
static ULONG RtlpLockList(const volatile VOID *Address) {
    ULONG n = (ULONG)(((ULONG_PTR)Address >> 3) ^ ((ULONG_PTR)Address >> 9)) % ARRAYSIZE(RtlpWaitLists);
    while (InterlockedExchange(&RtlpWaitLists[n].Busy, 1))
        NtYieldExecution();
    if (!RtlpWaitLists[n].Waiters.Flink)
        RtlpInitializeListHead(&RtlpWaitLists[n].Waiters);
    return n;
}
static VOID RtlpUnlockList(ULONG n) { InterlockedExchange(&RtlpWaitLists[n].Busy, 0); }

static BOOLEAN RtlpStillEqual(const volatile VOID *Address, const VOID *Compare, SIZE_T Size) {
    switch (Size) {
    case 1: return *(const volatile UCHAR *)Address == *(const UCHAR *)Compare;
    case 2: return *(const volatile USHORT *)Address == *(const USHORT *)Compare;
    case 4: return *(const volatile ULONG *)Address == *(const ULONG *)Compare;
    default: return *(const volatile ULONG64 *)Address == *(const ULONG64 *)Compare;
    }
}

NTSTATUS NTAPI RtlWaitOnAddress(const volatile VOID *Address, PVOID Compare, SIZE_T Size, PLARGE_INTEGER Timeout) {
    if (Size != 1 && Size != 2 && Size != 4 && Size != 8)
        return STATUS_INVALID_PARAMETER;
    LARGE_INTEGER end = {.QuadPart = 0}, rest, *wait = Timeout;
    if (Timeout && Timeout->QuadPart < 0) { /* by the counter, whose unit is a timeout's: setting the system time does not move it */
        NtQueryPerformanceCounter(&end, NULL);
        end.QuadPart -= Timeout->QuadPart;
    }
    WAITER waiter = {.Address = Address, .Thread = NtTeb()->UniqueThread};
    ULONG n = RtlpLockList(Address);
    if (!RtlpStillEqual(Address, Compare, Size)) {
        RtlpUnlockList(n);
        return STATUS_SUCCESS;
    }
    RtlpInsertTail(&RtlpWaitLists[n].Waiters, &waiter.Link);
    RtlpUnlockList(n);
    while (!waiter.Woken) {
        NTSTATUS status = NtWaitForAlertByThreadId((PVOID)Address, wait);
        if (waiter.Woken)
            break;
        if (status == STATUS_TIMEOUT) {
            RtlpLockList(Address);
            if (!waiter.Woken) {
                RtlpRemove(&waiter.Link);
                RtlpUnlockList(n);
                return STATUS_TIMEOUT;
            }
            RtlpUnlockList(n);
            break;
        }
        if (Timeout && Timeout->QuadPart < 0) { /* resumed after a stray alert, a wait does not start anew */
            NtQueryPerformanceCounter(&rest, NULL);
            rest.QuadPart = rest.QuadPart < end.QuadPart ? rest.QuadPart - end.QuadPart : 0;
            wait = &rest;
        }
    }
    return STATUS_SUCCESS;
}

static VOID RtlpWakeAddress(const volatile VOID *Address, BOOLEAN All) {
    HANDLE thread;
    do {
        thread = NULL;
        ULONG n = RtlpLockList(Address);
        PLIST_ENTRY head = &RtlpWaitLists[n].Waiters;
        for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink) {
            WAITER *waiter = CONTAINING_RECORD(link, WAITER, Link);
            if (waiter->Address == Address) {
                RtlpRemove(link);
                thread = waiter->Thread;
                waiter->Woken = 1; /* from here on its stack may go away */
                break;
            }
        }
        RtlpUnlockList(n);
        if (thread)
            NtAlertThreadByThreadId(thread);
    } while (All && thread);
}
VOID NTAPI RtlWakeAddressSingle(PVOID Address) { RtlpWakeAddress(Address, FALSE); }
VOID NTAPI RtlWakeAddressAll(PVOID Address) { RtlpWakeAddress(Address, TRUE); }

VOID RtlpRecoverLocksAtExit(VOID) {
    for (ULONG n = 0; n < ARRAYSIZE(RtlpWaitLists); n++) {
        RtlpWaitLists[n].Busy = 0;
        RtlpWaitLists[n].Waiters.Flink = NULL;
    }
}
