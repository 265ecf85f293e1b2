/* Reader/writer spin locks: a word for any number of readers or one writer. A writer that waits keeps new readers out. */
#include "ex/ex.h"

typedef volatile LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;
NTKERNELAPI KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI LOGICAL NTAPI ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock);

/* The word: bit 31 held by a writer, bit 30 a writer waits, the rest the number of readers. */
#define EXCLUSIVE ((LONG)0x80000000)
#define WAITING   0x40000000

static VOID ExpAwaitChange(PEX_SPIN_LOCK SpinLock, LONG Value) {
    if (!KiSpinWhile(SpinLock, Value))
        KiSpinLockNeverFree((PVOID)SpinLock);
}

VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
    while ((*SpinLock & ~WAITING) != 0) {
        *SpinLock |= WAITING;
        ExpAwaitChange(SpinLock, *SpinLock);
    }
    *SpinLock = EXCLUSIVE;
}

VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
    while ((*SpinLock & (EXCLUSIVE | WAITING)) != 0)
        ExpAwaitChange(SpinLock, *SpinLock);
    ++*SpinLock;
}

VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
    if ((*SpinLock & EXCLUSIVE) == 0)
        KeBugCheckEx(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0);
    *SpinLock &= ~EXCLUSIVE;
}

VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
    if ((*SpinLock & EXCLUSIVE) != 0 || (*SpinLock & ~WAITING) == 0)
        KeBugCheckEx(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)SpinLock, 0, 0, 0);
    --*SpinLock;
}

KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);

    ExAcquireSpinLockExclusiveAtDpcLevel(SpinLock);
    return Old;
}

KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);

    ExAcquireSpinLockSharedAtDpcLevel(SpinLock);
    return Old;
}

VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
    ExReleaseSpinLockExclusiveFromDpcLevel(SpinLock);
    KeLowerIrql(OldIrql);
}

VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
    ExReleaseSpinLockSharedFromDpcLevel(SpinLock);
    KeLowerIrql(OldIrql);
}

LOGICAL NTAPI ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
    if ((*SpinLock & ~WAITING) != 1)
        return FALSE;
    *SpinLock = EXCLUSIVE | (*SpinLock & WAITING);
    return TRUE;
}
