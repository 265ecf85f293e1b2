/* Cache-aware rundown protection: acquired and released by any number, until the owner waits for the last. A resource that is handed to another thread. */
// ringside run --memory 16M
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define TAG 'nuR '
static PEX_RUNDOWN_REF_CACHE_AWARE Ref;
static volatile LONG Done;

static VOID NTAPI RunDown(PVOID Context) {
    ExWaitForRundownProtectionReleaseCacheAware(Ref);
    Done = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Cycle(PCSTR What) {
    PKTHREAD Thread;

    Done = 0;
    ok(ExAcquireRundownProtectionCacheAware(Ref) && ExAcquireRundownProtectionCacheAwareEx(Ref, 3), "%s: acquired once and three times", What);
    Thread = StartThread(RunDown, NULL);
    Sleep100ns(MILLISECONDS(1));
    is(Done, 0, "the rundown waits");
    is(ExAcquireRundownProtectionCacheAware(Ref), FALSE, "and lets nobody in");
    ExReleaseRundownProtectionCacheAwareEx(Ref, 3);
    Sleep100ns(MILLISECONDS(1));
    is(Done, 0, "for the last");
    ExReleaseRundownProtectionCacheAware(Ref);
    JoinThread(Thread);
    is(Done, 1, "then it is over");
    is(ExAcquireRundownProtectionCacheAwareEx(Ref, 1), FALSE, "for good");
}

static ERESOURCE Resource;
static KEVENT Given;
static volatile BOOLEAN Owned;

static VOID NTAPI Takes(PVOID Context) {
    KeWaitForSingleObject(&Given, Executive, KernelMode, FALSE, NULL);
    Owned = ExIsResourceAcquiredExclusiveLite(&Resource);
    ExReleaseResourceLite(&Resource);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestOwner(VOID) {
    PKTHREAD Thread;

    KeInitializeEvent(&Given, NotificationEvent, FALSE);
    ExInitializeResourceLite(&Resource);
    Thread = StartThread(Takes, NULL);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExSetResourceOwnerPointerEx(&Resource, Thread, FLAG_OWNER_POINTER_IS_THREAD);
    ok(!ExIsResourceAcquiredExclusiveLite(&Resource) && !ExAcquireResourceSharedLite(&Resource, FALSE), "a resource is handed to another thread");
    KeSetEvent(&Given, 0, FALSE);
    JoinThread(Thread);
    ok(Owned && ExAcquireResourceExclusiveLite(&Resource, FALSE), "which owns it, and has released it");
    ExReleaseResourceLite(&Resource);
    ExDeleteResourceLite(&Resource);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestOwner();
    SIZE_T Size = ExSizeOfRundownProtectionCacheAware();
    PVOID Own;

    Ref = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, TAG);
    ok(Ref != NULL, "allocated");
    Cycle("allocated");
    ExRundownCompletedCacheAware(Ref);
    ExReInitializeRundownProtectionCacheAware(Ref);
    Cycle("initialized again");
    ExFreeCacheAwareRundownProtection(Ref);
    for (ULONG i = 0; i < 1000000 && Ref != NULL; i++) {
        Ref = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, TAG);
        if (Ref != NULL)
            ExFreeCacheAwareRundownProtection(Ref);
    }
    ok(Ref != NULL, "a million are freed: they would not fit");
    ok(Size >= sizeof(EX_RUNDOWN_REF), "it has a size");
    Own = Ref = ExAllocatePoolWithTag(NonPagedPoolNx, Size, TAG);
    RtlFillMemory(Own, Size, 0xFF);
    ExInitializeRundownProtectionCacheAware(Ref, Size);
    is(ExAcquireRundownProtectionCacheAware(Ref), TRUE, "initialized");
    ExReleaseRundownProtectionCacheAware(Ref);
    ExRundownCompletedCacheAware(Ref);
    is(ExAcquireRundownProtectionCacheAware(Ref), FALSE, "marked as run down");
    ExReInitializeRundownProtectionCacheAware(Ref);
    Cycle("in memory of the driver's own");
    ExFreePoolWithTag(Own, TAG);
}
