/* Priorities in numbers: what each way to wake a thread adds, how that fades, who is never boosted, owners of resources; and the order in which push locks are had. */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTSYSAPI NTSTATUS NTAPI ZwSetInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG, PULONG);
NTKERNELAPI VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK, ULONG);
NTKERNELAPI VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK, ULONG);
NTKERNELAPI VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK, ULONG);
NTKERNELAPI VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK, ULONG);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK, ULONG);

#define TICK_US  15625
#define NORMAL   8 /* a system thread's */
#define ABOVE    LOW_REALTIME_PRIORITY
#define THE_WAIT 100 /* ms; longer than anything here takes */

static PKTHREAD Self(VOID) { return KeGetCurrentThread(); }

/* ---- Woken ---------------------------------------------------------------------------------------------------------------------- */
typedef enum { ByEvent, ByPulse, BySemaphore, ByMutex, ByApc, ByIrp, ByTimer } HOW;

typedef struct _SLEEPER {
    HOW How;
    KEVENT Event;
    KSEMAPHORE Semaphore;
    KMUTEX Mutex;
    KTIMER Timer;
    KPRIORITY First; /* set by the thread itself before it waits; 0: not */
    BOOLEAN Disable;
    KPRIORITY Woken;
    KPRIORITY After[12]; /* at the end of each turn from then on */
    KAPC Apc;
} SLEEPER;

static PDEVICE_OBJECT Device;
static PIRP Pending;

static NTSTATUS NTAPI Pend(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    Pending = Irp;
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
}

static VOID SendAndWait(VOID) {
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_NEITHER, FILE_ANY_ACCESS), Device, NULL, 0, NULL, 0, FALSE,
                                        &Event, &Iosb);
    if (IoCallDriver(Device, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

static VOID NTAPI OnKernel(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {}

static VOID NTAPI OnApc(PVOID Context, PVOID Argument1, PVOID Argument2) { ((SLEEPER *)Context)->Woken = KeQueryPriorityThread(Self()); }

static VOID NTAPI Sleep(PVOID Context) {
    SLEEPER *Sleeper = Context;
    ULONG Disable = TRUE;
    LARGE_INTEGER Limit = {.QuadPart = -(LONGLONG)MILLISECONDS(THE_WAIT)};

    StayOnFirst();
    if (Sleeper->Disable)
        ZwSetInformationThread(NtCurrentThread(), ThreadPriorityBoost, &Disable, sizeof Disable);
    if (Sleeper->First != 0)
        KeSetPriorityThread(Self(), Sleeper->First);
    switch (Sleeper->How) {
    case BySemaphore: KeWaitForSingleObject(&Sleeper->Semaphore, Executive, KernelMode, FALSE, NULL); break;
    case ByMutex:
        KeWaitForSingleObject(&Sleeper->Mutex, Executive, KernelMode, FALSE, NULL);
        KeReleaseMutex(&Sleeper->Mutex, FALSE);
        break;
    case ByIrp: SendAndWait(); break;
    case ByTimer: KeWaitForSingleObject(&Sleeper->Timer, Executive, KernelMode, FALSE, NULL); break;
    case ByApc: KeWaitForSingleObject(&Sleeper->Event, Executive, KernelMode, FALSE, &Limit); return;
    default: KeWaitForSingleObject(&Sleeper->Event, Executive, KernelMode, FALSE, NULL); break;
    }
    Sleeper->Woken = KeQueryPriorityThread(Self());
    for (ULONG i = 0; i < RTL_NUMBER_OF(Sleeper->After); i++) {
        KeStallExecutionProcessor(2 * TICK_US); /* a turn */
        Sleeper->After[i] = KeQueryPriorityThread(Self());
    }
}

/* The caller is above: the thread runs when this waits for its end. */
static SLEEPER *Wake(HOW How, KPRIORITY Increment, KPRIORITY First, BOOLEAN Disable) {
    static SLEEPER Sleeper;
    LARGE_INTEGER Soon = {.QuadPart = -(LONGLONG)MILLISECONDS(10)};
    PKTHREAD Thread;

    RtlZeroMemory(&Sleeper, sizeof Sleeper);
    Sleeper.How = How;
    Sleeper.First = First;
    Sleeper.Disable = Disable;
    KeInitializeEvent(&Sleeper.Event, SynchronizationEvent, FALSE);
    KeInitializeSemaphore(&Sleeper.Semaphore, 0, 1);
    KeInitializeMutex(&Sleeper.Mutex, 0);
    KeInitializeTimer(&Sleeper.Timer);
    if (How == ByTimer)
        KeSetTimer(&Sleeper.Timer, Soon, NULL);
    if (How == ByMutex)
        KeWaitForSingleObject(&Sleeper.Mutex, Executive, KernelMode, FALSE, NULL);
    Thread = StartThread(Sleep, &Sleeper);
    Sleep100ns(MILLISECONDS(5));
    switch (How) {
    case ByEvent: KeSetEvent(&Sleeper.Event, Increment, FALSE); break;
    case ByPulse: KePulseEvent(&Sleeper.Event, Increment, FALSE); break;
    case BySemaphore: KeReleaseSemaphore(&Sleeper.Semaphore, Increment, 1, FALSE); break;
    case ByMutex: KeReleaseMutex(&Sleeper.Mutex, FALSE); break;
    case ByIrp: IoCompleteRequest(Pending, (CCHAR)Increment); break;
    case ByApc:
        KeInitializeApc(&Sleeper.Apc, Thread, OriginalApcEnvironment, OnKernel, NULL, OnApc, KernelMode, &Sleeper);
        KeInsertQueueApc(&Sleeper.Apc, NULL, NULL, Increment);
        break;
    default: break;
    }
    JoinThread(Thread);
    return &Sleeper;
}

static VOID TestIncrements(VOID) {
    static const struct {
        HOW How;
        KPRIORITY Increment, Woken;
        PCSTR What;
    } Cases[] = {
        {ByEvent, IO_NO_INCREMENT, NORMAL, "KeSetEvent with IO_NO_INCREMENT"},
        {ByEvent, EVENT_INCREMENT, NORMAL + 1, "with EVENT_INCREMENT"},
        {ByEvent, 6, NORMAL + 6, "with IO_KEYBOARD_INCREMENT"},
        {ByEvent, 8, LOW_REALTIME_PRIORITY - 1, "IO_SOUND_INCREMENT ends at 15"},
        {ByPulse, 3, NORMAL + 3, "KePulseEvent"},
        {BySemaphore, 2, NORMAL + 2, "KeReleaseSemaphore"},
        {ByMutex, 0, NORMAL + 1, "KeReleaseMutex, MUTANT_INCREMENT"},
        {ByApc, 4, NORMAL + 4, "KeInsertQueueApc"},
        {ByIrp, IO_SERIAL_INCREMENT, NORMAL + 2, "IoCompleteRequest, to the thread that waits"},
        {ByIrp, IO_NO_INCREMENT, NORMAL, "and with IO_NO_INCREMENT"},
        {ByTimer, 0, NORMAL, "a timer adds nothing"},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Cases); i++)
        is(Wake(Cases[i].How, Cases[i].Increment, 0, FALSE)->Woken, Cases[i].Woken, Cases[i].What);
}

static VOID TestFading(VOID) {
    SLEEPER *Sleeper = Wake(ByEvent, 6, 0, FALSE);
    BOOLEAN Right = TRUE;

    for (KPRIORITY i = 0; i < (KPRIORITY)RTL_NUMBER_OF(Sleeper->After); i++)
        Right = Right && Sleeper->After[i] == max(NORMAL, NORMAL + 6 - 1 - i);
    ok(Right, "a boost fades by one a turn, and not below the base: %d %d ... %d %d", Sleeper->After[0], Sleeper->After[1], Sleeper->After[6],
       Sleeper->After[11]);
    is(Wake(ByEvent, 1, 12, FALSE)->Woken, 12, "a boost that is less than what the thread has changes nothing");
    is(Wake(ByEvent, 6, 12, FALSE)->Woken, NORMAL + 6, "one that is more is relative to the base");
    Sleeper = Wake(ByEvent, 6, ABOVE + 2, FALSE);
    ok(Sleeper->Woken == ABOVE + 2 && Sleeper->After[11] == ABOVE + 2, "priorities from 16 on are never boosted, and do not fade");
    is(Wake(ByEvent, 6, 0, TRUE)->Woken, NORMAL, "nor are threads whose boost is disabled");
}

static VOID TestBase(VOID) {
    ULONG Value = 7, Size;
    struct {
        NTSTATUS ExitStatus;
        PVOID Teb;
        CLIENT_ID Id;
        KAFFINITY Affinity;
        KPRIORITY Priority;
        LONG Base;
    } Basic;

    STATUS(ZwQueryInformationThread(NtCurrentThread(), ThreadPriorityBoost, &Value, sizeof Value, &Size), STATUS_SUCCESS, "ThreadPriorityBoost");
    ok(Value == 0 && Size == sizeof Value, "is not disabled at first");
    STATUS(ZwSetInformationThread(NtCurrentThread(), ThreadPriorityBoost, &Value, 2), STATUS_INFO_LENGTH_MISMATCH, "and has four bytes");
    KeSetBasePriorityThread(Self(), 16);
    is(KeQueryPriorityThread(Self()), 15, "an increment of 16 is the end of the class");
    ZwQueryInformationThread(NtCurrentThread(), ThreadBasicInformation, &Basic, sizeof Basic, NULL);
    is(Basic.Base, 16, "and is told as such");
    is(KeSetBasePriorityThread(Self(), -16), 16, "by KeSetBasePriorityThread, too");
    is(KeQueryPriorityThread(Self()), 1, "-16 is the other end");
    is((ULONG)KeSetBasePriorityThread(Self(), 0), (ULONG)-16, "told as -16");
    is(KeQueryPriorityThread(Self()), NORMAL, "and back");
    KeSetPriorityThread(Self(), ABOVE);
}

/* ---- Owners of resources ------------------------------------------------------------------------------------------------------- */
static ERESOURCE Resource;
static KEVENT Owned;
static KPRIORITY OwnersPriority;
static LONGLONG Waited;
static volatile BOOLEAN Stop;

static LONGLONG Now(VOID) {
    ULONG64 Stamp;
    return (LONGLONG)KeQueryInterruptTimePrecise(&Stamp);
}

static VOID NTAPI Owner(PVOID Context) {
    StayOnFirst();
    KeSetBasePriorityThread(Self(), -4);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    KeSetEvent(&Owned, 0, FALSE);
    KeStallExecutionProcessor(1000); /* it is not done when others begin */
    OwnersPriority = KeQueryPriorityThread(Self());
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static VOID NTAPI Computes(PVOID Context) {
    StayOnFirst();
    while (!Stop)
        KeStallExecutionProcessor(1000);
}

static VOID NTAPI Wants(PVOID Context) {
    LONGLONG Start;

    StayOnFirst();
    KeSetPriorityThread(Self(), 12);
    Start = Now();
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    Waited = (Now() - Start) / MILLISECONDS(1);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static VOID Contend(VOID) {
    PKTHREAD First, Second, Third;

    KeInitializeEvent(&Owned, NotificationEvent, FALSE);
    Stop = FALSE;
    Waited = 0;
    First = StartThread(Owner, NULL);
    KeWaitForSingleObject(&Owned, Executive, KernelMode, FALSE, NULL);
    Second = StartThread(Computes, NULL);
    Third = StartThread(Wants, NULL);
    Sleep100ns(MILLISECONDS(2000));
    Stop = TRUE;
    JoinThread(Third);
    JoinThread(Second);
    JoinThread(First);
}

static VOID TestResource(VOID) {
    ExInitializeResourceLite(&Resource);
    Contend();
    ok(OwnersPriority == 14 && Waited >= 500 && Waited < 520, "an owner that keeps a better thread waiting for 500 ms runs at 14: %d, %I64d ms",
       OwnersPriority, Waited);
    ExDisableResourceBoostLite(&Resource);
    Contend();
    ok(OwnersPriority < NORMAL && Waited >= 1900, "not with ExDisableResourceBoostLite: %d, %I64d ms", OwnersPriority, Waited);
    ExDeleteResourceLite(&Resource);
}

/* ---- Push locks ------------------------------------------------------------------------------------------------------------------ */
static EX_PUSH_LOCK Lock;
static CHAR Order[8];
static ULONG Ordered;

static VOID NTAPI Writes(PVOID Context) {
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusiveEx(&Lock, 0);
    Order[Ordered++] = (CHAR)(ULONG_PTR)Context;
    Sleep100ns(MILLISECONDS(1));
    ExReleasePushLockExclusiveEx(&Lock, 0);
    KeLeaveCriticalRegion();
}

static VOID NTAPI Reads(PVOID Context) {
    KeEnterCriticalRegion();
    ExAcquirePushLockSharedEx(&Lock, 0);
    Order[Ordered++] = (CHAR)(ULONG_PTR)Context;
    Sleep100ns(MILLISECONDS(3));
    ExReleasePushLockSharedEx(&Lock, 0);
    KeLeaveCriticalRegion();
}

static VOID TestPushLock(VOID) {
    PKTHREAD Threads[5];
    const PKSTART_ROUTINE Routines[] = {Writes, Reads, Reads, Writes, Reads};

    Lock = 0;
    KeEnterCriticalRegion();
    ExAcquirePushLockSharedEx(&Lock, 0);
    ok(ExTryAcquirePushLockSharedEx(&Lock, 0), "a push lock is shared while nobody wants it for itself");
    ExReleasePushLockSharedEx(&Lock, 0);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Threads); i++) {
        Threads[i] = StartThread(Routines[i], (PVOID)(ULONG_PTR)("WrrVs"[i]));
        Sleep100ns(MILLISECONDS(1));
    }
    ok(!ExTryAcquirePushLockSharedEx(&Lock, 0), "a writer that waits holds readers back");
    is(Ordered, 0, "nobody else has it");
    ExReleasePushLockSharedEx(&Lock, 0);
    KeLeaveCriticalRegion();
    for (ULONG i = 0; i < RTL_NUMBER_OF(Threads); i++)
        JoinThread(Threads[i]);
    ok(strcmp(Order, "WrrVs") == 0, "it is had in the order of asking, by readers together: %s", Order);
    is(Lock, 0, "and is free in the end");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Pend;
    if (!NT_SUCCESS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    StayOnFirst();
    KeSetPriorityThread(Self(), ABOVE);
    TestIncrements();
    TestFading();
    TestBase();
    TestResource();
    TestPushLock();
    IoDeleteDevice(Device);
}
