/* Spin locks. Who finds one taken lets other processors go on until it is free. */
#include "ke/ke.h"

/*
 * A lock's value is 0, or the thread that took it with bit 0 set, for whoever looks at it in a bug check; bit 1 says that a DPC took it and the
 * thread is the one that the DPC interrupted. An in-stack queued lock's value is the last of the queue of handles whose first owns the lock.
 */
static ULONG_PTR KipOwnerValue(VOID) { return (ULONG_PTR)KiCurrentThread() | 1 | (KiProcessor->DpcRoutineActive ? 2 : 0); }

static DECLSPEC_NORETURN VOID KipNeverFree(PKSPIN_LOCK SpinLock, ULONG_PTR Owner) {
    if (!KiInterleaves || (Owner & ~(ULONG_PTR)3) == (ULONG_PTR)KiCurrentThread())
        KiBugCheck(
            SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0, NULL,
            "a spin lock is taken that is taken already: by the same code once more, or by code that never released it, or it was not initialized");
    KiBugCheck(KI_DPC_WATCHDOG, 1, KiMachine->watchdog_seconds * 64, (ULONG_PTR)SpinLock, 0, NULL,
               "every processor waits for a spin lock: this one for a lock that another took, which waits in turn, or that was never released");
}

VOID KiSpinLockNeverFree(PVOID Lock) { KipNeverFree(Lock, 0); }

static __attribute__((noinline)) VOID KipContend(PKSPIN_LOCK SpinLock) {
    ULONG_PTR Owner;

    while ((Owner = *SpinLock) != 0) {
        if ((Owner & ~(ULONG_PTR)3) == (ULONG_PTR)KiCurrentThread() || !KiSpinWhile((const volatile LONG *)SpinLock, (LONG)Owner))
            KipNeverFree(SpinLock, Owner);
    }
}

static VOID KipTake(PKSPIN_LOCK SpinLock) {
    if (*SpinLock != 0)
        KipContend(SpinLock);
    *SpinLock = KipOwnerValue();
}

static VOID KipGive(PKSPIN_LOCK SpinLock) {
    if (*SpinLock == 0)
        KiBugCheck(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0, NULL, "a spin lock is released that nobody holds");
    *SpinLock = 0;
}

VOID KiAwaitSpinLock(PKSPIN_LOCK SpinLock) {
    if (*SpinLock != 0)
        KipContend(SpinLock);
}

VOID NTAPI KiInitializeSpinLock(PKSPIN_LOCK SpinLock) { *SpinLock = 0; }

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);

    KipTake(SpinLock);
    return Old;
}

KIRQL NTAPI KeAcquireSpinLockRaiseToSynch(PKSPIN_LOCK SpinLock) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    KIRQL Old = KiRaiseIrqlToSynchLevel();

    KipTake(SpinLock);
    return Old;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
    KipGive(SpinLock);
    KeLowerIrql(NewIrql);
}

static VOID KipCheckDispatchLevel(const VOID *SpinLock) {
    if (KiProcessor->Irql < DISPATCH_LEVEL)
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)SpinLock, KiProcessor->Irql, 0, 0, NULL,
                   "KeAcquireSpinLockAtDpcLevel is for callers that are at DISPATCH_LEVEL already");
}

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    KipCheckDispatchLevel(SpinLock);
    KipTake(SpinLock);
}

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) { KipGive(SpinLock); }

BOOLEAN FASTCALL KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    if (*SpinLock != 0)
        return FALSE;
    *SpinLock = KipOwnerValue();
    return TRUE;
}

BOOLEAN FASTCALL KeTestSpinLock(PKSPIN_LOCK SpinLock) { return *SpinLock == 0; }

/* The forms for code that may run in a threaded DPC at PASSIVE_LEVEL or in an ordinary one. */
KIRQL FASTCALL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock) {
    KIRQL Old = KiProcessor->Irql;

    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    if (Old < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    KipTake(SpinLock);
    return Old;
}

VOID FASTCALL KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql) {
    KipGive(SpinLock);
    if (OldIrql < KiProcessor->Irql)
        KeLowerIrql(OldIrql);
}

/*
 * Queued locks are had in the order of asking: each waits for a number in its own handle, which the one before it clears. (Mellor-Crummey and Scott,
 * "Algorithms for Scalable Synchronization on Shared-Memory Multiprocessors", 1991.) Bit 0 of the handle's Lock says that it still waits.
 */
#define QUEUE_WAIT ((ULONG_PTR)1)

static VOID KipTakeQueued(PKSPIN_LOCK SpinLock, PKSPIN_LOCK_QUEUE Self) {
    volatile KSPIN_LOCK_QUEUE *Handle = Self;
    PKSPIN_LOCK_QUEUE Last = (PKSPIN_LOCK_QUEUE)*SpinLock;

    Handle->Next = NULL;
    Handle->Lock = SpinLock;
    *SpinLock = (KSPIN_LOCK)Self;
    if (Last == NULL)
        return;
    if (!KiInterleaves || Last == Self)
        KipNeverFree(SpinLock, (ULONG_PTR)KiCurrentThread());
    Handle->Lock = (PKSPIN_LOCK)((ULONG_PTR)SpinLock | QUEUE_WAIT);
    ((volatile KSPIN_LOCK_QUEUE *)Last)->Next = Self;
    while (((ULONG_PTR)Handle->Lock & QUEUE_WAIT) != 0) {
        if (!KiSpinWhile((const volatile LONG *)&Self->Lock, (LONG)(ULONG_PTR)Handle->Lock))
            KipNeverFree(SpinLock, 0);
    }
}

static VOID KipGiveQueued(PKSPIN_LOCK_QUEUE Self) {
    PKSPIN_LOCK SpinLock = Self->Lock;
    PKSPIN_LOCK_QUEUE Next = Self->Next;

    if (*SpinLock == 0)
        KiBugCheck(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0, NULL, "a spin lock is released that nobody holds");
    if (Next == NULL)
        *SpinLock = 0;
    else
        Next->Lock = SpinLock;
}

VOID FASTCALL KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    KipCheckDispatchLevel(SpinLock);
    KipTakeQueued(SpinLock, &LockHandle->LockQueue);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) { KipGiveQueued(&LockHandle->LockQueue); }

VOID FASTCALL KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    LockHandle->OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    KipTakeQueued(SpinLock, &LockHandle->LockQueue);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
    KipGiveQueued(&LockHandle->LockQueue);
    KeLowerIrql(LockHandle->OldIrql);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    LockHandle->OldIrql = KiProcessor->Irql;
    if (LockHandle->OldIrql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    KipTakeQueued(SpinLock, &LockHandle->LockQueue);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle) {
    KipGiveQueued(&LockHandle->LockQueue);
    if (LockHandle->OldIrql < KiProcessor->Irql)
        KeLowerIrql(LockHandle->OldIrql);
}
