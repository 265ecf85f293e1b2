/* Kernel functions that irql.c, wait.c, dpc-timer.c and processors.c leave out: one processor's facts and affinities, times, locks, breakpoints. */
#include "kernel/more.h"

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY);
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY);
VOID NTAPI KeRevertToUserAffinityThread(VOID);
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY);
KAFFINITY NTAPI RealSetAffinityThread(PKTHREAD, KAFFINITY) __asm__("KeSetAffinityThread");
NTSTATUS NTAPI ZwYieldExecution(VOID);
NTSTATUS NTAPI NtQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
VOID NTAPI DbgBreakPointWithStatus(ULONG);
NTSTATUS NTAPI KdDisableDebugger(VOID);
NTSTATUS NTAPI KdEnableDebugger(VOID);
BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID);
VOID FASTCALL ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX);
VOID FASTCALL ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX);
VOID NTAPI ExfAcquirePushLockExclusive(PVOID);
VOID NTAPI ExfAcquirePushLockShared(PVOID);
VOID NTAPI ExfReleasePushLock(PVOID);
VOID NTAPI KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX);
VOID NTAPI KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX);
NTSTATUS NTAPI ExUuidCreate(UUID *);
BOOLEAN NTAPI RealAcquireRundownEx(PEX_RUNDOWN_REF, ULONG) __asm__("ExAcquireRundownProtectionEx");
VOID NTAPI RealReleaseRundownEx(PEX_RUNDOWN_REF, ULONG) __asm__("ExReleaseRundownProtectionEx");
__declspec(dllimport) extern POBJECT_TYPE *ExSemaphoreObjectType;

/* The headers have bodies of their own for some; what the kernel exports is meant. */
static PVOID Export(PCWSTR Name) {
    UNICODE_STRING String;
    PVOID Routine;
    RtlInitUnicodeString(&String, Name);
    Routine = MmGetSystemRoutineAddress(&String);
    ok(Routine != NULL, "%ws is there", Name);
    return Routine;
}

static VOID TestThread(VOID) {
    PKTHREAD(NTAPI * Current)(VOID) = Export(L"KeGetCurrentThread");
    PETHREAD(NTAPI * CurrentPs)(VOID) = Export(L"PsGetCurrentThread");
    PETHREAD Found = NULL;
    PsLookupThreadByThreadId(PsGetCurrentThreadId(), &Found);
    ok((PETHREAD)Current() == Found && CurrentPs() == Found, "KeGetCurrentThread and PsGetCurrentThread");
    ObDereferenceObject(Found);
}

static VOID TestProcessors(VOID) {
    PROCESSOR_NUMBER Number = {7, 7, 7}, Bad = {9, 0, 0};
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    KAFFINITY All = KeQueryActiveProcessors();
    ok(All == (1ull << Count) - 1, "KeQueryActiveProcessors");
    is(*(volatile CCHAR *)&KeNumberProcessors, Count, "KeNumberProcessors");
    ok(KeQueryActiveProcessorCountEx(0) == Count && KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) == Count && !KeQueryActiveProcessorCountEx(5),
       "KeQueryActiveProcessorCountEx");
    is(KeQueryMaximumProcessorCount(), Count, "KeQueryMaximumProcessorCount");
    is(KeQueryMaximumProcessorCountEx(0), Count, "KeQueryMaximumProcessorCountEx");
    is(KeQueryActiveGroupCount(), 1, "KeQueryActiveGroupCount");
    is(KeQueryMaximumGroupCount(), 1, "KeQueryMaximumGroupCount");
    ok(KeQueryGroupAffinity(0) == All && !KeQueryGroupAffinity(3), "KeQueryGroupAffinity");
    is(KeGetCurrentProcessorNumberEx(&Number), 0, "KeGetCurrentProcessorNumberEx");
    ok(Number.Group == 0 && Number.Number == 0, "fills the number");
    Number = (PROCESSOR_NUMBER){7, 7, 7};
    STATUS(KeGetProcessorNumberFromIndex(0, &Number), 0, "KeGetProcessorNumberFromIndex");
    ok(Number.Group == 0 && Number.Number == 0, "of the first");
    STATUS(KeGetProcessorNumberFromIndex(999, &Number), STATUS_INVALID_PARAMETER, "of none");
    ok(KeGetProcessorIndexFromNumber(&Number) == 0 && KeGetProcessorIndexFromNumber(&Bad) == INVALID_PROCESSOR_INDEX,
       "KeGetProcessorIndexFromNumber");
}

static VOID TestAffinity(VOID) {
    GROUP_AFFINITY Group = {.Mask = 1}, Previous = {.Mask = 7}, Again = {.Mask = 7};
    PROCESSOR_NUMBER First = {0, 0, 0};
    KDPC Dpc, Other;
    is(KeSetSystemAffinityThreadEx(1), 0, "KeSetSystemAffinityThreadEx: none before");
    is(KeSetSystemAffinityThreadEx(1), 1, "now there is one");
    KeRevertToUserAffinityThreadEx(0);
    is(KeSetSystemAffinityThreadEx(1), 0, "KeRevertToUserAffinityThreadEx takes it away");
    KeRevertToUserAffinityThread();
    KeSetSystemAffinityThread(1);
    is(KeSetSystemAffinityThreadEx(1), 1, "KeSetSystemAffinityThread");
    KeRevertToUserAffinityThread();
    is(KeSetSystemAffinityThreadEx(1), 0, "KeRevertToUserAffinityThread takes it away");
    KeRevertToUserAffinityThreadEx(0);
    KeSetSystemGroupAffinityThread(&Group, &Previous);
    is(Previous.Mask, 0, "KeSetSystemGroupAffinityThread: none before");
    KeSetSystemGroupAffinityThread(&Group, &Again);
    is(Again.Mask, 1, "now there is one");
    KeRevertToUserGroupAffinityThread(&Previous);
    KeSetSystemGroupAffinityThread(&Group, &Again);
    is(Again.Mask, 0, "KeRevertToUserGroupAffinityThread takes it away");
    KeRevertToUserGroupAffinityThread(&Previous);
    KeInitializeDpc(&Dpc, NULL, NULL);
    KeInitializeDpc(&Other, NULL, NULL);
    KeSetTargetProcessorDpc(&Dpc, 0);
    STATUS(KeSetTargetProcessorDpcEx(&Other, &First), 0, "KeSetTargetProcessorDpcEx");
    ok(Dpc.Number == Other.Number && Dpc.Number != 0, "KeSetTargetProcessorDpc does the same");
    is(RealSetAffinityThread(KeGetCurrentThread(), 1), KeQueryActiveProcessors(), "KeSetAffinityThread says what was");
}

static VOID TestIrql(VOID) {
    KIRQL(NTAPI * ToDpc)(VOID) = Export(L"KeRaiseIrqlToDpcLevel");
    KIRQL(NTAPI * ToSynch)(VOID) = Export(L"KeRaiseIrqlToSynchLevel");
    VOID(NTAPI * Lower)(KIRQL) = Export(L"KfLowerIrql");
    VOID(NTAPI * InitializeLock)(PKSPIN_LOCK) = Export(L"KeInitializeSpinLock");
    KSPIN_LOCK Lock = 0xEEEE;
    KIRQL Old = ToDpc(), Middle;
    ok(Old == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "KeRaiseIrqlToDpcLevel");
    Middle = ToSynch();
    ok(Middle == DISPATCH_LEVEL && KeGetCurrentIrql() == 12, "KeRaiseIrqlToSynchLevel");
    Lower(Middle);
    is(KeGetCurrentIrql(), DISPATCH_LEVEL, "KfLowerIrql");
    KeLowerIrql(Old);
    InitializeLock(&Lock);
    is(Lock, 0, "KeInitializeSpinLock");
}

static VOID TestTimes(VOID) {
    VOID(NTAPI * SystemTime)(PLARGE_INTEGER) = Export(L"KeQuerySystemTime");
    VOID(NTAPI * TickCount)(PLARGE_INTEGER) = Export(L"KeQueryTickCount");
    LARGE_INTEGER Before = {.QuadPart = 0}, After = {.QuadPart = 0}, Ticks = {.QuadPart = -1}, Later = {.QuadPart = -1},
                  Pause = {.QuadPart = -1000000};
    SystemTime(&Before);
    TickCount(&Ticks);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    SystemTime(&After);
    TickCount(&Later);
    ok(Before.QuadPart > 0x01D000000000000 && After.QuadPart - Before.QuadPart >= 1000000, "KeQuerySystemTime");
    ok(Later.QuadPart > Ticks.QuadPart && Ticks.QuadPart >= 0, "KeQueryTickCount");
}

static volatile LONG Yields;

static VOID NTAPI Other(PVOID Context) {
    Yields = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestYield(VOID) {
    HANDLE Thread;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    KeSetPriorityThread(KeGetCurrentThread(), 8);
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Other, NULL);
    for (ULONG i = 0; i < 10 && !Yields; i++)
        ZwYieldExecution();
    is(Yields, 1, "ZwYieldExecution lets another thread run");
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
}

static VOID TestLocks(VOID) {
    ULONG_PTR Push = 0xEEEE;
    EX_RUNDOWN_REF Rundown;
    KGUARDED_MUTEX Mutex;
    FAST_MUTEX Fast;
    UUID One = {0}, Two = {0};
    ExInitializePushLock((PEX_PUSH_LOCK)&Push);
    is(Push, 0, "ExInitializePushLock");
    KeEnterCriticalRegion();
    ExfAcquirePushLockExclusive(&Push);
    ok(Push != 0, "ExfAcquirePushLockExclusive");
    ExfReleasePushLock(&Push);
    is(Push, 0, "ExfReleasePushLock");
    ExfAcquirePushLockShared(&Push);
    ok(Push != 0, "ExfAcquirePushLockShared");
    ExfReleasePushLock(&Push);
    KeLeaveCriticalRegion();
    ExInitializeRundownProtection(&Rundown);
    ok(RealAcquireRundownEx(&Rundown, 3), "ExAcquireRundownProtectionEx");
    RealReleaseRundownEx(&Rundown, 3);
    ExWaitForRundownProtectionRelease(&Rundown);
    ok(!RealAcquireRundownEx(&Rundown, 1), "ExReleaseRundownProtectionEx: it could run down");
    KeInitializeGuardedMutex(&Mutex);
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&Mutex);
    ok(!KeTryToAcquireGuardedMutex(&Mutex), "KeAcquireGuardedMutexUnsafe: it is held");
    KeReleaseGuardedMutexUnsafe(&Mutex);
    ok(KeTryToAcquireGuardedMutex(&Mutex), "KeReleaseGuardedMutexUnsafe: it is free");
    KeReleaseGuardedMutex(&Mutex);
    KeLeaveGuardedRegion();
    ExInitializeFastMutex(&Fast);
    ExEnterCriticalRegionAndAcquireFastMutexUnsafe(&Fast);
    ok(KeAreApcsDisabled() && !ExTryToAcquireFastMutex(&Fast), "ExEnterCriticalRegionAndAcquireFastMutexUnsafe");
    ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(&Fast);
    ok(!KeAreApcsDisabled() && ExTryToAcquireFastMutex(&Fast), "ExReleaseFastMutexUnsafeAndLeaveCriticalRegion");
    ExReleaseFastMutex(&Fast);
    ok(ExUuidCreate(&One) == 0 && ExUuidCreate(&Two) == 0 && RtlCompareMemory(&One, &Two, sizeof One) != sizeof One, "ExUuidCreate: each is another");
}

static VOID TestSystem(VOID) {
    struct {
        ULONG Reserved, TimerResolution, PageSize, Pages, LowestPage, HighestPage, Granularity;
        ULONG_PTR MinimumUser, MaximumUser, ActiveProcessors;
        CCHAR Processors;
    } Basic = {0}; /* SYSTEM_BASIC_INFORMATION */
    ULONG Length = 0;
    STATUS(ZwQuerySystemInformation(0, &Basic, sizeof Basic, &Length), 0, "ZwQuerySystemInformation");
    ok(Basic.PageSize == PAGE_SIZE && Basic.Processors == (CCHAR)KeQueryActiveProcessorCount(NULL) && Length == sizeof Basic, "basic information");
    RtlZeroMemory(&Basic, sizeof Basic);
    STATUS(NtQuerySystemInformation(0, &Basic, sizeof Basic, NULL), 0, "NtQuerySystemInformation");
    is(Basic.Granularity, 65536, "the same");
    STATUS(ZwQuerySystemInformation(0, &Basic, 3, &Length), STATUS_INFO_LENGTH_MISMATCH, "too little room");
}

static VOID TestSemaphoreType(VOID) {
    PKSEMAPHORE Semaphore = NULL;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ObCreateObject(KernelMode, *ExSemaphoreObjectType, &Attributes, KernelMode, NULL, sizeof *Semaphore, 0, 0, (PVOID *)&Semaphore), 0,
           "ObCreateObject of the type ExSemaphoreObjectType");
    ok(Semaphore != NULL, "an object");
    if (Semaphore) {
        HANDLE Handle = NULL;
        PVOID Found = NULL;
        KeInitializeSemaphore(Semaphore, 1, 5);
        STATUS(ObInsertObject(Semaphore, NULL, SEMAPHORE_ALL_ACCESS, 0, NULL, &Handle), 0, "ObInsertObject");
        STATUS(ObReferenceObjectByHandle(Handle, SEMAPHORE_ALL_ACCESS, *ExSemaphoreObjectType, KernelMode, &Found, NULL), 0, "by its handle");
        ok(Found == Semaphore && KeReadStateSemaphore(Found) == 1, "the same");
        ObDereferenceObject(Found);
        ZwClose(Handle);
    }
}

static VOID TestBreak(VOID) {
    volatile ULONG Code = 0;
    __try {
        DbgBreakPoint();
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, (ULONG)STATUS_BREAKPOINT, "DbgBreakPoint");
    Code = 0;
    __try {
        DbgBreakPointWithStatus(5);
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, (ULONG)STATUS_BREAKPOINT, "DbgBreakPointWithStatus");
    ok(!*(volatile BOOLEAN *)&KD_DEBUGGER_ENABLED && *(volatile BOOLEAN *)&KD_DEBUGGER_NOT_PRESENT, "KdDebuggerEnabled and KdDebuggerNotPresent");
    is(KdRefreshDebuggerNotPresent(), TRUE, "KdRefreshDebuggerNotPresent");
    STATUS(KdDisableDebugger(), STATUS_DEBUGGER_INACTIVE, "KdDisableDebugger");
    STATUS(KdEnableDebugger(), STATUS_DEBUGGER_INACTIVE, "KdEnableDebugger");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestThread();
    TestProcessors();
    TestAffinity();
    TestIrql();
    TestTimes();
    TestYield();
    TestLocks();
    TestSystem();
    TestSemaphoreType();
    TestBreak();
}
