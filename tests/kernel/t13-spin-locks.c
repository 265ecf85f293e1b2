/* T13: what spin locks of each kind let in and keep out, and what they do to the level. One processor is enough. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static VOID TestReadersAndWriters(VOID) {
    EX_SPIN_LOCK Lock = 0;
    KIRQL First, Second;

    First = ExAcquireSpinLockShared(&Lock);
    Second = ExAcquireSpinLockShared(&Lock);
    ok(First == PASSIVE_LEVEL && Second == DISPATCH_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "two readers, at DISPATCH_LEVEL");
    is(ExTryConvertSharedSpinLockExclusive(&Lock), FALSE, "neither of two readers becomes a writer");
    ExReleaseSpinLockShared(&Lock, Second);
    is(ExTryConvertSharedSpinLockExclusive(&Lock), TRUE, "a single one does");
    is(ExTryConvertSharedSpinLockExclusive(&Lock), FALSE, "once");
    ExReleaseSpinLockExclusive(&Lock, First);
    ok(Lock == 0 && KeGetCurrentIrql() == PASSIVE_LEVEL, "its release frees the lock and goes back to the level before");
    First = ExAcquireSpinLockExclusive(&Lock);
    ok(First == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL && Lock != 0, "a writer, at DISPATCH_LEVEL");
    ExReleaseSpinLockExclusive(&Lock, First);
    KeRaiseIrql(DISPATCH_LEVEL, &First);
    ExAcquireSpinLockSharedAtDpcLevel(&Lock);
    ok(Lock != 0, "the AtDpcLevel forms: a reader");
    ExReleaseSpinLockSharedFromDpcLevel(&Lock);
    ok(Lock == 0, "gone");
    ExAcquireSpinLockExclusiveAtDpcLevel(&Lock);
    ok(Lock != 0, "a writer");
    ExReleaseSpinLockExclusiveFromDpcLevel(&Lock);
    ok(Lock == 0 && KeGetCurrentIrql() == DISPATCH_LEVEL, "gone, and the level is left alone");
    KeLowerIrql(First);
}

static VOID TestQueued(VOID) {
    KSPIN_LOCK Lock;
    KLOCK_QUEUE_HANDLE Handle;
    KIRQL Old;

    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLockForDpc(&Lock, &Handle);
    ok(KeGetCurrentIrql() == DISPATCH_LEVEL && !KeTestSpinLock(&Lock), "a queued lock for code that may be a threaded DPC's raises the level");
    KeReleaseInStackQueuedSpinLockForDpc(&Handle);
    ok(KeGetCurrentIrql() == PASSIVE_LEVEL && KeTestSpinLock(&Lock), "and its release lowers it");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeAcquireInStackQueuedSpinLockForDpc(&Lock, &Handle);
    KeReleaseInStackQueuedSpinLockForDpc(&Handle);
    is(KeGetCurrentIrql(), DISPATCH_LEVEL, "in an ordinary DPC the level stays");
    KeLowerIrql(Old);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestReadersAndWriters();
    TestQueued();
}
