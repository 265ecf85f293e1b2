/* Groups, calls on every processor, and the system's numbered locks. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

VOID NTAPI KeFlushEntireTb(BOOLEAN, BOOLEAN);

static KIRQL Level;
static ULONG Count;

static ULONG_PTR NTAPI OnEach(ULONG_PTR Context) {
    Level = KeGetCurrentIrql();
    Count++;
    return Context + KeGetCurrentProcessorNumber();
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    GROUP_AFFINITY All = {.Mask = KeQueryActiveProcessors()}, None = {.Mask = 1, .Group = 9}, Old = {.Mask = 99};
    is(KeIpiGenericCall(OnEach, 100), 100 + KeGetCurrentProcessorNumber(), "a call on each processor gives this one's result");
    is(Level, 14, "at IPI_LEVEL");
    is(Count, KeQueryActiveProcessorCount(NULL), "and each was called");
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and back");
    KeSetSystemGroupAffinityThread(&All, &Old);
    is(Old.Mask, 0, "the thread had no system affinity");
    KeRevertToUserGroupAffinityThread(&Old);
    KeSetSystemGroupAffinityThread(&None, &Old);
    is(Old.Mask, 0, "a group that is not there changes nothing");
    is(KeInvalidateAllCaches(), TRUE, "caches");
    KeFlushEntireTb(TRUE, TRUE);
    KIRQL Before = KeAcquireQueuedSpinLock((KSPIN_LOCK_QUEUE_NUMBER)5);
    is(KeGetCurrentIrql(), DISPATCH_LEVEL, "a numbered lock is held at DISPATCH_LEVEL");
    KeReleaseQueuedSpinLock((KSPIN_LOCK_QUEUE_NUMBER)5, Before);
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and given back");
}
