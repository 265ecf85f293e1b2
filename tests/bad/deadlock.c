/*
 * Two threads take two locks, each in the other's order; the service's name says which locks: "deadlock-mutex", "-fast", "-guarded", "-resource", "-push", "-spin". Whether it comes to
 * a deadlock is the schedule's choice; both threads wait before the second lock, so that it always does but for "-spin".
 */
#include "../kernel/threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);

static KMUTEX Mutex[2];
static FAST_MUTEX Fast[2];
static KGUARDED_MUTEX Guarded[2];
static ERESOURCE Resource[2];
static EX_PUSH_LOCK Push[2];
static KSPIN_LOCK Spin[2];
static WCHAR Kind;

static VOID Take(ULONG Which) {
    switch (Kind) {
    case 'm': KeWaitForSingleObject(&Mutex[Which], Executive, KernelMode, FALSE, NULL); break;
    case 'f': ExAcquireFastMutexUnsafe(&Fast[Which]); break;
    case 'g': KeAcquireGuardedMutexUnsafe(&Guarded[Which]); break;
    case 'r': ExAcquireResourceExclusiveLite(&Resource[Which], TRUE); break;
    case 'p': ExfAcquirePushLockExclusive(&Push[Which]); break;
    default: KeAcquireSpinLockAtDpcLevel(&Spin[Which]); break;
    }
}

static VOID Give(ULONG Which) {
    switch (Kind) {
    case 'm': KeReleaseMutex(&Mutex[Which], FALSE); break;
    case 'f': ExReleaseFastMutexUnsafe(&Fast[Which]); break;
    case 'g': KeReleaseGuardedMutexUnsafe(&Guarded[Which]); break;
    case 'r': ExReleaseResourceLite(&Resource[Which]); break;
    case 'p': ExfReleasePushLock(&Push[Which]); break;
    default: KeReleaseSpinLockFromDpcLevel(&Spin[Which]); break;
    }
}

static VOID NTAPI Taker(PVOID Context) {
    ULONG First = (ULONG)(ULONG_PTR)Context;
    KIRQL Old = PASSIVE_LEVEL;

    KeEnterGuardedRegion();
    if (Kind == 's')
        KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Take(First);
    if (Kind != 's')
        Sleep100ns(MILLISECONDS(1));
    Take(1 - First);
    Give(1 - First);
    Give(First);
    KeLowerIrql(Old);
    KeLeaveGuardedRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PKTHREAD Threads[2];

    for (USHORT At = 0; At < RegistryPath->Length / sizeof(WCHAR); At++)
        Kind = RegistryPath->Buffer[At] == '-' ? RegistryPath->Buffer[At + 1] : Kind;
    for (ULONG Which = 0; Which < 2; Which++) {
        KeInitializeMutex(&Mutex[Which], 0);
        ExInitializeFastMutex(&Fast[Which]);
        KeInitializeGuardedMutex(&Guarded[Which]);
        ExInitializeResourceLite(&Resource[Which]);
        KeInitializeSpinLock(&Spin[Which]);
    }
    Threads[0] = StartThread(Taker, (PVOID)0);
    Threads[1] = StartThread(Taker, (PVOID)1);
    for (ULONG Which = 0; Which < 2; Which++) {
        KeWaitForSingleObject(Threads[Which], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Threads[Which]);
    }
    for (ULONG Which = 0; Which < 2; Which++)
        ExDeleteResourceLite(&Resource[Which]);
}
