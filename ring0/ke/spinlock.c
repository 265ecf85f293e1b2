/*
 * Spin locks. Nobody spins: what runs at DISPATCH_LEVEL runs alone, so a lock that is taken when it is wanted was taken by the same code, or
 * never given back.
 */
#include "ke/ke.h"

/*
 * A lock's value is 0, or the thread that took it with bit 0 set, for whoever looks at it in a bug check; bit 1 says that a DPC took it and the
 * thread means nothing.
 */
static ULONG_PTR KipOwnerValue(VOID) { return (ULONG_PTR)KiCurrentThread() | 1 | (KiProcessor->DpcRoutineActive ? 2 : 0); }

static VOID KipTake(PKSPIN_LOCK SpinLock) {
    if (*SpinLock != 0)
        KiBugCheck(
            SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0, NULL,
            "a spin lock is taken that is taken already: by the same code once more, or by code that never released it, or it was not initialized");
    *SpinLock = KipOwnerValue();
}

static VOID KipGive(PKSPIN_LOCK SpinLock) {
    if (*SpinLock == 0)
        KiBugCheck(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0, NULL, "a spin lock is released that nobody holds");
    *SpinLock = 0;
}

VOID NTAPI KiInitializeSpinLock(PKSPIN_LOCK SpinLock) { *SpinLock = 0; }

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);

    KipTake(SpinLock);
    return Old;
}

KIRQL NTAPI KeAcquireSpinLockRaiseToSynch(PKSPIN_LOCK SpinLock) {
    KIRQL Old = KiRaiseIrqlToSynchLevel();

    KipTake(SpinLock);
    return Old;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
    KipGive(SpinLock);
    KeLowerIrql(NewIrql);
}

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    if (KiProcessor->Irql < DISPATCH_LEVEL)
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)SpinLock, KiProcessor->Irql, 0, 0, NULL,
                   "KeAcquireSpinLockAtDpcLevel is for callers that are at DISPATCH_LEVEL already");
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

VOID FASTCALL KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    LockHandle->LockQueue.Next = NULL;
    LockHandle->LockQueue.Lock = SpinLock;
    KeAcquireSpinLockAtDpcLevel(SpinLock);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) { KipGive(LockHandle->LockQueue.Lock); }

VOID FASTCALL KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    LockHandle->OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(SpinLock, LockHandle);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
    KipGive(LockHandle->LockQueue.Lock);
    KeLowerIrql(LockHandle->OldIrql);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    LockHandle->LockQueue.Next = NULL;
    LockHandle->LockQueue.Lock = SpinLock;
    LockHandle->OldIrql = KeAcquireSpinLockForDpc(SpinLock);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle) {
    KeReleaseSpinLockForDpc(LockHandle->LockQueue.Lock, LockHandle->OldIrql);
}
