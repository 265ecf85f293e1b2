/* DPCs on all processors, more kernel stack, extended state, topology. */
// ringside run --cpus 4
#include "kernel/more.h"

VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE, PVOID);
VOID NTAPI KeSignalCallDpcDone(PVOID);
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID);
NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT, PVOID, SIZE_T, BOOLEAN, PVOID);
NTSTATUS NTAPI KeQueryAuxiliaryCounterFrequency(PULONG64);
NTSTATUS NTAPI KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64, PULONG64, PULONG64);
NTSTATUS NTAPI KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64, PULONG64, PULONG64);
BOOLEAN NTAPI KeAreInterruptsEnabled(VOID);

static volatile LONG Before, After, Lasts, Early;
static volatile ULONG64 Seen;

static VOID NTAPI OnEach(PKDPC Dpc, PVOID Context, PVOID Done, PVOID Meet) {
    InterlockedOr64((volatile LONG64 *)&Seen, 1ll << KeGetCurrentProcessorNumberEx(NULL));
    InterlockedIncrement(&Before);
    for (ULONG Round = 0; Round < 3; Round++)
        if (KeSignalCallDpcSynchronize(Meet))
            InterlockedIncrement(&Lasts);
    if (Before != KeNumberProcessors)
        Early++;
    InterlockedIncrement(&After);
    KeSignalCallDpcDone(Done);
}

static VOID TestGenericCall(VOID) {
    KeGenericCallDpc(OnEach, NULL);
    is(Seen, 15, "KeGenericCallDpc: on each processor");
    is(After, 4, "KeSignalCallDpcDone: all are done");
    is(Early, 0, "KeSignalCallDpcSynchronize: nobody goes on before all have come");
    is(Lasts, 3, "and one is the last, each time");
}

/* ---- Stacks ---- */
static ULONG_PTR Room;
static ULONG Depth;

static __declspec(noinline) ULONG Recurse(ULONG Left) {
    volatile UCHAR Frame[1024];
    Frame[0] = (UCHAR)Left;
    Depth++;
    return Left ? Recurse(Left - 1) + Frame[0] : Frame[0];
}

static VOID NTAPI Callout(PVOID Parameter) {
    LARGE_INTEGER Moment = {.QuadPart = -10000};
    ULONG Raised = 0;
    Room = IoGetRemainingStackSize();
    Recurse(48);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment); /* other threads run meanwhile */
    __try {
        ExRaiseStatus(STATUS_DATA_ERROR);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Raised = 1;
    }
    *(PULONG)Parameter += Raised;
}

static VOID NTAPI Small(PVOID Parameter) { *(PULONG)Parameter += 0x100; }

static VOID TestStacks(VOID) {
    ULONG Called = 0;
    ULONG_PTR Here = IoGetRemainingStackSize();
    STATUS(KeExpandKernelStackAndCallout(Callout, &Called, 0x10000), 0, "KeExpandKernelStackAndCallout");
    ok(Called == 1 && Depth == 49, "48 KiB of frames, a wait, and an exception, on the stack that it gives");
    ok(Room >= 0x10000 && Here < 0x6000, "which is larger than a thread's");
    ok(IoGetRemainingStackSize() == Here, "and the thread's is back");
    STATUS(KeExpandKernelStackAndCalloutEx(Small, &Called, 0x100, TRUE, NULL), 0, "KeExpandKernelStackAndCalloutEx: for what fits");
    is(Called, 0x101, "it is called as well");
    STATUS(KeExpandKernelStackAndCallout(Small, &Called, 0x20000), STATUS_INVALID_PARAMETER_3, "too much");
    is(Called, 0x101, "is not called");
}

/* ---- Extended state ---- */
static BOOLEAN UseAvx(VOID) {
    XSTATE_SAVE Save = {0};
    UCHAR Before[32], After[32];
    ULONG Value[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    /* Upper halves of nonvolatile registers: nothing between here and there saves or uses them. */
    __asm__ volatile("vmovdqu %0, %%ymm8" : : "m"(Value) : "xmm8");
    __asm__ volatile("vmovdqu %%ymm8, %0" : "=m"(Before));
    NTSTATUS Status = KeSaveExtendedProcessorState(7, &Save);
    __asm__ volatile("vpxor %%xmm8, %%xmm8, %%xmm8" : : : "xmm8");
    if (NT_SUCCESS(Status))
        KeRestoreExtendedProcessorState(&Save);
    __asm__ volatile("vmovdqu %%ymm8, %0" : "=m"(After));
    STATUS(Status, 0, "KeSaveExtendedProcessorState");
    return RtlCompareMemory(Before + 16, After + 16, 16) == 16;
}

static VOID TestState(VOID) {
    ULONG64 Features = RtlGetEnabledExtendedFeatures(~0ull);
    is(Features & 3, 3, "RtlGetEnabledExtendedFeatures: x87 and SSE");
    is(RtlGetEnabledExtendedFeatures(2), 2, "of those that are asked for");
    if (Features & 4) {
        ok(UseAvx(), "KeRestoreExtendedProcessorState: YMM registers are as before");
    } else {
        XSTATE_SAVE Save = {0};
        STATUS(KeSaveExtendedProcessorState(3, &Save), 0, "KeSaveExtendedProcessorState");
        KeRestoreExtendedProcessorState(&Save);
        ok(TRUE, "no AVX here");
    }
}

/* ---- Topology ---- */
static VOID TestTopology(VOID) {
    GROUP_AFFINITY Affinity = {.Mask = 99};
    PROCESSOR_NUMBER Number = {.Number = 2};
    USHORT Count = 99;
    ULONG Length = 0, Entries = 0;
    UCHAR Buffer[0x400];
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Entry = (PVOID)Buffer;
    static ULONG64 Frequency;
    KDPC_WATCHDOG_INFORMATION Watchdog = {0};
    KIRQL Irql;
    is(KeQueryHighestNodeNumber(), 0, "KeQueryHighestNodeNumber");
    is(KeGetCurrentNodeNumber(), 0, "KeGetCurrentNodeNumber");
    is(KeQueryNodeMaximumProcessorCount(0), 4, "KeQueryNodeMaximumProcessorCount");
    KeQueryNodeActiveAffinity(0, &Affinity, &Count);
    ok(Affinity.Mask == 15 && Count == 4, "KeQueryNodeActiveAffinity");
    STATUS(KeQueryLogicalProcessorRelationship(NULL, RelationAll, NULL, &Length), STATUS_INFO_LENGTH_MISMATCH, "KeQueryLogicalProcessorRelationship");
    is(Length, 4 * 0x30 + 0x30 + 0x30 + 0x50, "four cores, a package, a node, a group");
    Length = sizeof Buffer;
    STATUS(KeQueryLogicalProcessorRelationship(NULL, RelationAll, Entry, &Length), 0, "all of them");
    for (PUCHAR At = Buffer; At < Buffer + Length; At += ((PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)At)->Size)
        Entries++;
    is(Entries, 7, "one after the other");
    Length = sizeof Buffer;
    STATUS(KeQueryLogicalProcessorRelationship(&Number, RelationProcessorCore, Entry, &Length), 0, "of one processor");
    ok(Length == 0x30 && Entry->Processor.GroupMask[0].Mask == 4, "its core");
    Number.Number = 7;
    STATUS(KeQueryLogicalProcessorRelationship(&Number, RelationProcessorCore, Entry, &Length), STATUS_INVALID_PARAMETER, "of one that is not there");
    STATUS(KeQueryAuxiliaryCounterFrequency(&Frequency), STATUS_NOT_SUPPORTED, "KeQueryAuxiliaryCounterFrequency: no such counter");
    STATUS(KeConvertAuxiliaryCounterToPerformanceCounter(1, &Frequency, NULL), STATUS_NOT_SUPPORTED, "nor this way");
    STATUS(KeConvertPerformanceCounterToAuxiliaryCounter(1, &Frequency, NULL), STATUS_NOT_SUPPORTED, "nor that");
    STATUS(KeQueryDpcWatchdogInformation(&Watchdog), STATUS_UNSUCCESSFUL, "KeQueryDpcWatchdogInformation: outside of DPCs");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    STATUS(KeQueryDpcWatchdogInformation(&Watchdog), 0, "and within");
    KeLowerIrql(Irql);
    ok(Watchdog.DpcTimeLimit && Watchdog.DpcTimeCount <= Watchdog.DpcTimeLimit, "its limit");
    ok(KeAreInterruptsEnabled(), "KeAreInterruptsEnabled");
}

static VOID TestObjects(VOID) {
    KMUTEX Mutex;
    KQUEUE Queue;
    CLIENT_ID Owner = {(HANDLE)1, (HANDLE)1};
    LIST_ENTRY Entries[3], *Array[4] = {0};
    LARGE_INTEGER Now = {0};
    KIRQL Irql = 99;
    KeInitializeMutex(&Mutex, 0);
    KeQueryOwnerMutant(&Mutex, &Owner);
    ok(!Owner.UniqueThread && !Owner.UniqueProcess, "KeQueryOwnerMutant: nobody");
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeQueryOwnerMutant(&Mutex, &Owner);
    ok(Owner.UniqueThread == PsGetCurrentThreadId() && Owner.UniqueProcess == PsGetCurrentProcessId(), "this thread");
    KeReleaseMutex(&Mutex, FALSE);
    KeInitializeQueue(&Queue, 0);
    for (ULONG i = 0; i < 3; i++)
        KeInsertQueue(&Queue, &Entries[i]);
    is(KeRemoveQueueEx(&Queue, KernelMode, FALSE, &Now, Array, 4), 3, "KeRemoveQueueEx: all that there is");
    ok(Array[0] == &Entries[0] && Array[2] == &Entries[2], "in order");
    is(KeRemoveQueueEx(&Queue, KernelMode, FALSE, &Now, Array, 4), STATUS_TIMEOUT, "and nothing more");
    KeRundownQueue(&Queue);
    ok(KeTryToAcquireQueuedSpinLock(LockQueueUnusedSpare1, &Irql), "KeTryToAcquireQueuedSpinLock");
    ok(Irql == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "raises");
    KeReleaseQueuedSpinLock(LockQueueUnusedSpare1, Irql);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestGenericCall();
    TestStacks();
    TestState();
    TestTopology();
    TestObjects();
}
