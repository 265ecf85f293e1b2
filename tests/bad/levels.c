/*
 * Calls at a level that is not theirs. The name of the file says which: the service is named after it (tests/t10-levels.t copies the file). The name "nearly"
 * makes the calls that are just allowed.
 */
#include <ntifs.h>

#define MISTAKE static __declspec(noinline) __attribute__((disable_tail_calls)) VOID /* a frame of its own on the stack that the screen shows */
#define TAG     'lveL'

NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);
/* The kernel's functions: the header's write CR8, where a lower level is no mistake that anybody could see. */
static KIRQL (*Raise)(KIRQL NewIrql);
static VOID (*Lower)(KIRQL NewIrql);
DRIVER_INITIALIZE DriverEntry;

static KSPIN_LOCK Lock;
static FAST_MUTEX Mutex;
static EX_PUSH_LOCK PushLock;
static KEVENT Event;
static KDPC Dpc;
static KDEVICE_QUEUE Queue;
static KDEVICE_QUEUE_ENTRY Entry;
static LARGE_INTEGER Now, Later = {.QuadPart = -10000};

/* ---- What is broken ---------------------------------------------------------------------------------------------------------- */
MISTAKE RaiseLower(VOID) {
    Raise(DISPATCH_LEVEL);
    Raise(APC_LEVEL);
}
MISTAKE RaiseBeyond(VOID) { Raise(HIGH_LEVEL + 1); }
MISTAKE LowerHigher(VOID) { Lower(DISPATCH_LEVEL); }
MISTAKE NTAPI LoweringDpc(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Lower(PASSIVE_LEVEL);
}
MISTAKE DpcLowers(VOID) {
    KeInitializeDpc(&Dpc, LoweringDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
MISTAKE ReleaseLow(VOID) { KeReleaseSpinLock(&Lock, PASSIVE_LEVEL); }
MISTAKE MutexHigh(VOID) {
    Raise(DISPATCH_LEVEL);
    ExAcquireFastMutex(&Mutex);
}
MISTAKE MutexReleasedLow(VOID) {
    ExAcquireFastMutex(&Mutex);
    Lower(PASSIVE_LEVEL);
    ExReleaseFastMutex(&Mutex);
}
MISTAKE UnsafeMutex(VOID) { ExAcquireFastMutexUnsafe(&Mutex); }
MISTAKE UnsafeMutexReleased(VOID) {
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Mutex);
    KeLeaveCriticalRegion();
    ExReleaseFastMutexUnsafe(&Mutex);
}
MISTAKE LeaveOutside(VOID) { KeLeaveCriticalRegion(); }
MISTAKE AtDpcLow(VOID) { KeAcquireSpinLockAtDpcLevel(&Lock); }
MISTAKE FromDpcLow(VOID) { KeReleaseSpinLockFromDpcLevel(&Lock); }
MISTAKE AcquireHigh(VOID) {
    Raise(DISPATCH_LEVEL + 1);
    KeAcquireSpinLockRaiseToDpc(&Lock);
}
MISTAKE PagedHigh(VOID) {
    Raise(DISPATCH_LEVEL);
    ExAllocatePoolWithTag(PagedPool, 24, TAG);
}
MISTAKE PoolHigh(VOID) {
    Raise(DISPATCH_LEVEL + 1);
    ExAllocatePoolWithTag(NonPagedPool, 24, TAG);
}
MISTAKE MapHigh(VOID) {
    PHYSICAL_ADDRESS Address = {.QuadPart = 0xD0000000};
    Raise(DISPATCH_LEVEL + 1);
    MmMapIoSpace(Address, PAGE_SIZE, MmNonCached);
}
MISTAKE UserMapHigh(VOID) {
    PMDL Mdl = IoAllocateMdl(&Event, sizeof Event, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    Raise(DISPATCH_LEVEL);
    MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
}
MISTAKE SetEventHigh(VOID) {
    Raise(DISPATCH_LEVEL + 1);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
}
MISTAKE SetEventWait(VOID) {
    Raise(DISPATCH_LEVEL);
    KeSetEvent(&Event, IO_NO_INCREMENT, TRUE);
}
MISTAKE Zw(VOID) {
    Raise(APC_LEVEL);
    ZwClose(NULL);
}
MISTAKE ZwGuarded(VOID) {
    KeEnterGuardedRegion();
    ZwClose(NULL);
}
MISTAKE PushLockOpen(VOID) { ExfAcquirePushLockExclusive(&PushLock); }
MISTAKE EnterHigh(VOID) {
    Raise(DISPATCH_LEVEL);
    KeEnterCriticalRegion();
}
MISTAKE LeaveHigh(VOID) {
    KeEnterCriticalRegion();
    Raise(DISPATCH_LEVEL);
    KeLeaveCriticalRegion();
}
MISTAKE WaitHigh(VOID) {
    Raise(DISPATCH_LEVEL + 1);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Now);
}
MISTAKE WaitForever(VOID) {
    Raise(DISPATCH_LEVEL);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}
MISTAKE WaitLong(VOID) {
    PVOID Objects[2] = {&Event, &Event};
    Raise(DISPATCH_LEVEL);
    KeWaitForMultipleObjects(2, Objects, WaitAny, Executive, KernelMode, FALSE, &Later, NULL);
}
MISTAKE DelayHigh(VOID) {
    Raise(DISPATCH_LEVEL);
    KeDelayExecutionThread(KernelMode, FALSE, &Later);
}
MISTAKE QueueLow(VOID) { KeInsertDeviceQueue(&Queue, &Entry); }
MISTAKE ReferenceHigh(VOID) {
    PVOID Object;
    Raise(APC_LEVEL);
    ObReferenceObjectByHandle(NtCurrentProcess(), 0, NULL, KernelMode, &Object, NULL);
}
MISTAKE CompleteHigh(VOID) {
    PIRP Irp = IoAllocateIrp(1, FALSE);
    Raise(DISPATCH_LEVEL + 1);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}
MISTAKE CallHigh(VOID) {
    Raise(DISPATCH_LEVEL + 1);
    IoCallDriver(NULL, NULL);
}
MISTAKE LookupHigh(VOID) {
    PEPROCESS Process;
    Raise(DISPATCH_LEVEL);
    PsLookupProcessByProcessId(PsGetCurrentProcessId(), &Process);
}

static const struct {
    PCWSTR Name;
    VOID (*Make)(VOID);
} Mistakes[] = {
    {L"raise-lower", RaiseLower},
    {L"raise-beyond", RaiseBeyond},
    {L"lower-higher", LowerHigher},
    {L"dpc-lowers", DpcLowers},
    {L"release-low", ReleaseLow},
    {L"mutex-high", MutexHigh},
    {L"mutex-released-low", MutexReleasedLow},
    {L"unsafe-mutex", UnsafeMutex},
    {L"unsafe-mutex-released", UnsafeMutexReleased},
    {L"leave-outside", LeaveOutside},
    {L"at-dpc-low", AtDpcLow},
    {L"from-dpc-low", FromDpcLow},
    {L"acquire-high", AcquireHigh},
    {L"paged-high", PagedHigh},
    {L"pool-high", PoolHigh},
    {L"map-high", MapHigh},
    {L"user-map-high", UserMapHigh},
    {L"set-event-high", SetEventHigh},
    {L"set-event-wait", SetEventWait},
    {L"zw", Zw},
    {L"zw-guarded", ZwGuarded},
    {L"push-lock", PushLockOpen},
    {L"enter-high", EnterHigh},
    {L"leave-high", LeaveHigh},
    {L"wait-high", WaitHigh},
    {L"wait-forever", WaitForever},
    {L"wait-long", WaitLong},
    {L"delay-high", DelayHigh},
    {L"queue-low", QueueLow},
    {L"reference-high", ReferenceHigh},
    {L"complete-high", CompleteHigh},
    {L"call-high", CallHigh},
    {L"lookup-high", LookupHigh},
};

/* ---- What is just allowed ------------------------------------------------------------------------------------------------------ */
static VOID Nearly(VOID) {
    PVOID Objects[2] = {&Event, &Event}, Object;
    PEPROCESS Process;
    PMDL Mdl;
    KIRQL Old;

    Old = Raise(PASSIVE_LEVEL);
    Lower(Old);
    Old = Raise(HIGH_LEVEL);
    Lower(HIGH_LEVEL);
    Lower(Old);
    KeAcquireSpinLock(&Lock, &Old);
    KeReleaseSpinLock(&Lock, Old);
    Old = Raise(APC_LEVEL);
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    ExAcquireFastMutexUnsafe(&Mutex);
    ExReleaseFastMutexUnsafe(&Mutex);
    ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 24, TAG), TAG);
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    if (NT_SUCCESS(PsLookupProcessByProcessId(PsGetCurrentProcessId(), &Process)))
        ObDereferenceObject(Process);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Later);
    KeDelayExecutionThread(KernelMode, FALSE, &Later);
    Lower(Old);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Mutex);
    ExReleaseFastMutexUnsafe(&Mutex);
    ExfAcquirePushLockExclusive(&PushLock);
    ExfReleasePushLock(&PushLock);
    ZwClose(NULL); /* normal kernel APCs may be off */
    KeLeaveCriticalRegion();
    KeEnterGuardedRegion();
    if (NT_SUCCESS(ObReferenceObjectByHandle(NtCurrentProcess(), 0, NULL, KernelMode, &Object, NULL))) {
        ObDereferenceObject(Object);
    }
    KeLeaveGuardedRegion();
    Mdl = IoAllocateMdl(&Event, sizeof Event, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    Old = Raise(DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 24, TAG), TAG);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Now);
    KeWaitForMultipleObjects(2, Objects, WaitAny, Executive, KernelMode, FALSE, &Now, NULL);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&Event);
    KeInsertDeviceQueue(&Queue, &Entry);
    MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    IoFreeMdl(Mdl);
    Lower(Old);
    KeSetEvent(&Event, IO_NO_INCREMENT, TRUE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = *RegistryPath, Wanted;

    UNREFERENCED_PARAMETER(DriverObject);
    while (Name.Length != 0 && RegistryPath->Buffer[Name.Length / sizeof(WCHAR) - 1] != L'\\')
        Name.Length -= sizeof(WCHAR);
    Name.Buffer += Name.Length / sizeof(WCHAR);
    Name.Length = RegistryPath->Length - Name.Length;
    RtlInitUnicodeString(&Wanted, L"KfRaiseIrql");
    Raise = (KIRQL(*)(KIRQL))(ULONG_PTR)MmGetSystemRoutineAddress(&Wanted);
    RtlInitUnicodeString(&Wanted, L"KeLowerIrql");
    Lower = (VOID(*)(KIRQL))(ULONG_PTR)MmGetSystemRoutineAddress(&Wanted);
    ExInitializeFastMutex(&Mutex);
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KeInitializeSpinLock(&Lock);
    KeInitializeDeviceQueue(&Queue);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Mistakes); i++) {
        RtlInitUnicodeString(&Wanted, Mistakes[i].Name);
        if (RtlEqualUnicodeString(&Wanted, &Name, TRUE)) {
            Mistakes[i].Make();
            DbgPrint("it went unseen\n");
            return STATUS_UNSUCCESSFUL;
        }
    }
    Nearly();
    DbgPrint("all of it was allowed\n");
    return STATUS_UNSUCCESSFUL;
}
