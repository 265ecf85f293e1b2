/* Fast and guarded mutexes: a count, an owner, and an event for those who wait. */
#include "ex/ex.h"

/* Count is 1 when free; each thread that wants the mutex takes one off. The event hands it over to one waiter at a time. */

static VOID ExpLock(PFAST_MUTEX Mutex) {
    if (--Mutex->Count != 0) {
        Mutex->Contention++;
        KeWaitForSingleObject(&Mutex->Event, WrFastMutex, KernelMode, FALSE, NULL);
    }
    Mutex->Owner = KiCurrentThread();
}

static VOID ExpUnlock(PFAST_MUTEX Mutex) {
    Mutex->Owner = NULL;
    if (++Mutex->Count <= 0)
        KeSetEvent(&Mutex->Event, 1, FALSE);
}

VOID FASTCALL ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
    KIRQL Old = KfRaiseIrql(APC_LEVEL);

    ExpLock(FastMutex);
    FastMutex->OldIrql = Old;
}

VOID FASTCALL ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
    KIRQL Old = (KIRQL)FastMutex->OldIrql;

    ExpUnlock(FastMutex);
    KeLowerIrql(Old);
}

BOOLEAN FASTCALL ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
    if (FastMutex->Count != 1)
        return FALSE;
    FastMutex->OldIrql = KfRaiseIrql(APC_LEVEL);
    FastMutex->Count = 0;
    FastMutex->Owner = KiCurrentThread();
    return TRUE;
}

VOID FASTCALL ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) { ExpLock(FastMutex); }

VOID FASTCALL ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) { ExpUnlock(FastMutex); }

VOID FASTCALL ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(FastMutex);
}

VOID FASTCALL ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex) {
    ExpUnlock(FastMutex);
    KeLeaveCriticalRegion();
}

/* Since Windows 8 a guarded mutex is a fast mutex with another name for its last field; the structures begin alike. */
_Static_assert(offsetof(KGUARDED_MUTEX, Gate) == offsetof(FAST_MUTEX, Event), "KGUARDED_MUTEX");

VOID FASTCALL KeInitializeGuardedMutex(PKGUARDED_MUTEX GuardedMutex) {
    RtlZeroMemory(GuardedMutex, sizeof(*GuardedMutex));
    ExInitializeFastMutex((PFAST_MUTEX)GuardedMutex);
}

VOID FASTCALL KeAcquireGuardedMutex(PKGUARDED_MUTEX GuardedMutex) {
    KeEnterGuardedRegion();
    ExpLock((PFAST_MUTEX)GuardedMutex);
}

VOID FASTCALL KeReleaseGuardedMutex(PKGUARDED_MUTEX GuardedMutex) {
    ExpUnlock((PFAST_MUTEX)GuardedMutex);
    KeLeaveGuardedRegion();
}

VOID FASTCALL KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX GuardedMutex) { ExAcquireFastMutexUnsafe((PFAST_MUTEX)GuardedMutex); }

VOID FASTCALL KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX GuardedMutex) { ExpUnlock((PFAST_MUTEX)GuardedMutex); }

BOOLEAN FASTCALL KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX GuardedMutex) {
    if (GuardedMutex->Count != 1)
        return FALSE;
    KeEnterGuardedRegion();
    GuardedMutex->Count = 0;
    GuardedMutex->Owner = KiCurrentThread();
    return TRUE;
}
