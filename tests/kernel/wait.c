/* Dispatcher objects and waits for them. */
#include "threads.h"

static const LARGE_INTEGER Now = {.QuadPart = 0};
static const LARGE_INTEGER Soon = {.QuadPart = -MILLISECONDS(10)};
static const LARGE_INTEGER Long = {.QuadPart = -MILLISECONDS(60000)};

static NTSTATUS Wait(PVOID Object, const LARGE_INTEGER *Timeout) {
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, (PLARGE_INTEGER)Timeout);
}

static NTSTATUS WaitMany(ULONG Count, PVOID *Objects, WAIT_TYPE Type, const LARGE_INTEGER *Timeout, PKWAIT_BLOCK Blocks) {
    return KeWaitForMultipleObjects(Count, Objects, Type, Executive, KernelMode, FALSE, (PLARGE_INTEGER)Timeout, Blocks);
}

/* A thread that waits for an object and counts itself in. */
typedef struct _WAITER {
    PVOID Object;
    LONG *Count;
    NTSTATUS Status;
    PKTHREAD Thread;
} WAITER;

static VOID NTAPI WaiterThread(PVOID Context) {
    WAITER *Waiter = Context;
    Waiter->Status = Wait(Waiter->Object, &Long);
    if (NT_SUCCESS(Waiter->Status) && Waiter->Status != STATUS_TIMEOUT) {
        InterlockedIncrement(Waiter->Count);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID StartWaiters(WAITER *Waiters, ULONG Count, PVOID Object, LONG *Woken) {
    *Woken = 0;
    for (ULONG i = 0; i < Count; i++) {
        Waiters[i] = (WAITER){Object, Woken, STATUS_PENDING, NULL};
        Waiters[i].Thread = StartThread(WaiterThread, &Waiters[i]);
    }
    Sleep100ns(MILLISECONDS(1));
}

static VOID JoinWaiters(WAITER *Waiters, ULONG Count) {
    for (ULONG i = 0; i < Count; i++) {
        JoinThread(Waiters[i].Thread);
    }
}

static VOID TestEvents(VOID) {
    static LONG Woken;
    WAITER Waiters[3];
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    is(Wait(&Event, &Now), STATUS_TIMEOUT, "an event that is not set");
    is(Wait(&Event, &Soon), STATUS_TIMEOUT, "nor within 10 ms");
    is(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0, "KeSetEvent returns the state before");
    is(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 1, "which is 1 the second time");
    is(Wait(&Event, &Now), STATUS_SUCCESS, "a notification event satisfies a wait");
    is(Wait(&Event, NULL), STATUS_SUCCESS, "and another one");
    is(KeReadStateEvent(&Event), 1, "and stays set");
    is(KeResetEvent(&Event), 1, "until it is reset");
    is(Wait(&Event, &Now), STATUS_TIMEOUT, "then it is not");
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&Event);
    is(KeReadStateEvent(&Event), 0, "KeClearEvent");
    StartWaiters(Waiters, 3, &Event, &Woken);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    JoinWaiters(Waiters, 3);
    is(Woken, 3, "a notification event wakes all that wait");
    KeClearEvent(&Event);
    StartWaiters(Waiters, 3, &Event, &Woken);
    KePulseEvent(&Event, IO_NO_INCREMENT, FALSE);
    JoinWaiters(Waiters, 3);
    ok(Woken == 3 && KeReadStateEvent(&Event) == 0, "a pulse wakes all that wait and leaves it reset");

    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    is(Wait(&Event, &Now), STATUS_SUCCESS, "a synchronization event satisfies one wait");
    is(Wait(&Event, &Now), STATUS_TIMEOUT, "and resets itself");
    StartWaiters(Waiters, 3, &Event, &Woken);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    Sleep100ns(MILLISECONDS(1));
    is(Woken, 1, "it wakes one of those that wait");
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    JoinWaiters(Waiters, 3);
    is(Woken, 3, "each set another one");
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    StartWaiters(Waiters, 1, &Event, &Woken);
    KeSetEvent(&Event, IO_NO_INCREMENT, TRUE);
    is(KeGetCurrentIrql(), DISPATCH_LEVEL, "KeSetEvent with Wait returns at DISPATCH_LEVEL");
    is(Wait(Waiters[0].Thread, NULL), STATUS_SUCCESS, "a wait follows");
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and lowers again");
    JoinWaiters(Waiters, 1);
}

static VOID TestSemaphores(VOID) {
    static LONG Woken;
    WAITER Waiters[4];
    KSEMAPHORE Semaphore;
    NTSTATUS Status = STATUS_SUCCESS;
    KeInitializeSemaphore(&Semaphore, 2, 3);
    ok(Wait(&Semaphore, &Now) == STATUS_SUCCESS && Wait(&Semaphore, &Now) == STATUS_SUCCESS, "a semaphore with a count of 2");
    is(Wait(&Semaphore, &Now), STATUS_TIMEOUT, "is used up by two waits");
    is(KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 3, FALSE), 0, "a release returns the count before");
    is(KeReadStateSemaphore(&Semaphore), 3, "and adds");
    __try {
        KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 1, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is((ULONG)Status, (ULONG)STATUS_SEMAPHORE_LIMIT_EXCEEDED, "a release above the limit raises");
    is(KeReadStateSemaphore(&Semaphore), 3, "and changes nothing");
    KeInitializeSemaphore(&Semaphore, 0, 10);
    StartWaiters(Waiters, 4, &Semaphore, &Woken);
    KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 3, FALSE);
    Sleep100ns(MILLISECONDS(1));
    is(Woken, 3, "a release of 3 wakes three of four");
    KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 1, FALSE);
    JoinWaiters(Waiters, 4);
    is(KeReadStateSemaphore(&Semaphore), 0, "nothing is left");
}

static VOID NTAPI TryMutex(PVOID Context) {
    WAITER *Waiter = Context;
    Waiter->Status = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(Waiter->Object, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Waiter->Status = GetExceptionCode();
    }
    *Waiter->Count = Wait(Waiter->Object, &Now);
}

static VOID NTAPI AbandonMutant(PVOID Context) {
    Wait(Context, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestMutexes(VOID) {
    static KMUTEX Mutex;
    static KMUTANT Mutant;
    static KEVENT Event;
    LONG Tried = 0;
    WAITER Other = {&Mutex, &Tried, STATUS_PENDING, NULL};
    PVOID Two[] = {&Event, &Mutant};
    KeInitializeMutex(&Mutex, 0);
    is(KeReadStateMutex(&Mutex), 1, "a free mutex");
    is(Wait(&Mutex, &Now), STATUS_SUCCESS, "is taken");
    is(KeAreApcsDisabled(), TRUE, "its owner gets no normal kernel APCs");
    is(Wait(&Mutex, &Now), STATUS_SUCCESS, "again by the same thread");
    is((ULONG)KeReadStateMutex(&Mutex), (ULONG)-1, "and counts");
    JoinThread(StartThread(TryMutex, &Other));
    is((ULONG)Other.Status, (ULONG)STATUS_MUTANT_NOT_OWNED, "another thread's release raises");
    is(Tried, STATUS_TIMEOUT, "and its wait times out");
    is((ULONG)KeReleaseMutex(&Mutex, FALSE), (ULONG)-1, "the first release returns the state before");
    is(KeReleaseMutex(&Mutex, FALSE), 0, "the second one frees it");
    is(KeReadStateMutex(&Mutex), 1, "for others");
    is(KeAreApcsDisabled(), FALSE, "and APCs come again");

    KeInitializeMutant(&Mutant, FALSE);
    JoinThread(StartThread(AbandonMutant, &Mutant));
    is(Wait(&Mutant, &Now), STATUS_ABANDONED_WAIT_0, "a mutant whose owner has ended is abandoned");
    is(Wait(&Mutant, &Now), STATUS_SUCCESS, "but only for the first wait");
    KeReleaseMutant(&Mutant, 0, FALSE, FALSE);
    KeReleaseMutant(&Mutant, 0, FALSE, FALSE);
    is(KeReadStateMutant(&Mutant), 1, "KeReadStateMutant");
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    JoinThread(StartThread(AbandonMutant, &Mutant));
    is(WaitMany(2, Two, WaitAny, &Now, NULL), STATUS_ABANDONED_WAIT_0 + 1, "as the second of two objects");
    KeReleaseMutant(&Mutant, 0, FALSE, FALSE);
    KeSetEvent(&Event, 0, FALSE);
    JoinThread(StartThread(AbandonMutant, &Mutant));
    is(WaitMany(2, Two, WaitAll, &Now, NULL), STATUS_ABANDONED_WAIT_0, "in a wait for all");
    KeReleaseMutant(&Mutant, 0, FALSE, FALSE);
    KeInitializeMutant(&Mutant, TRUE);
    is(KeReleaseMutant(&Mutant, 0, FALSE, FALSE), 0, "a mutant that is owned from the beginning");
}

static VOID TestMany(VOID) {
    static KEVENT Events[8];
    static KWAIT_BLOCK Blocks[8];
    PVOID Objects[8];
    KSEMAPHORE Semaphore;
    KTIMER Timer;
    PVOID Two[2] = {&Semaphore, &Events[0]}, Timed[2] = {&Events[0], &Timer};
    LARGE_INTEGER Due = {.QuadPart = -MILLISECONDS(5)};
    for (ULONG i = 0; i < 8; i++) {
        KeInitializeEvent(&Events[i], SynchronizationEvent, FALSE);
        Objects[i] = &Events[i];
    }
    is(WaitMany(3, Objects, WaitAny, &Now, NULL), STATUS_TIMEOUT, "any of three, none set");
    KeSetEvent(&Events[2], 0, FALSE);
    KeSetEvent(&Events[1], 0, FALSE);
    is(WaitMany(3, Objects, WaitAny, &Now, NULL), STATUS_WAIT_1, "the first that is set counts");
    is(WaitMany(3, Objects, WaitAny, &Now, NULL), STATUS_WAIT_2, "then the next");
    KeSetEvent(&Events[7], 0, FALSE);
    is(WaitMany(8, Objects, WaitAny, NULL, Blocks), STATUS_WAIT_0 + 7, "any of eight, with a wait block array");
    KeInitializeSemaphore(&Semaphore, 1, 1);
    is(WaitMany(2, Two, WaitAll, &Soon, NULL), STATUS_TIMEOUT, "all of two, one signaled");
    is(KeReadStateSemaphore(&Semaphore), 1, "takes nothing");
    KeSetEvent(&Events[0], 0, FALSE);
    is(WaitMany(2, Two, WaitAll, NULL, NULL), STATUS_SUCCESS, "all of two, both signaled");
    ok(KeReadStateSemaphore(&Semaphore) == 0 && KeReadStateEvent(&Events[0]) == 0, "takes both");
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, Due, NULL);
    is(WaitMany(2, Timed, WaitAny, &Long, NULL), STATUS_WAIT_1, "a timer among others");
    for (ULONG i = 0; i < 8; i++) {
        KeSetEvent(&Events[i], 0, FALSE);
    }
    is(WaitMany(8, Objects, WaitAll, NULL, Blocks), STATUS_SUCCESS, "all of eight");
}

typedef struct _SIGNALER {
    PKEVENT First, Second;
    volatile LONG Order;
} SIGNALER;

static VOID NTAPI SignalBoth(PVOID Context) {
    SIGNALER *Signaler = Context;
    Sleep100ns(MILLISECONDS(2));
    KeSetEvent(Signaler->First, 0, FALSE);
    Sleep100ns(MILLISECONDS(2));
    Signaler->Order = 1;
    KeSetEvent(Signaler->Second, 0, FALSE);
}

static VOID TestBlockingAll(VOID) {
    KEVENT First, Second;
    PVOID Objects[2] = {&First, &Second};
    SIGNALER Signaler = {&First, &Second, 0};
    PKTHREAD Thread;
    KeInitializeEvent(&First, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Second, SynchronizationEvent, FALSE);
    Thread = StartThread(SignalBoth, &Signaler);
    is(WaitMany(2, Objects, WaitAll, NULL, NULL), STATUS_SUCCESS, "a blocking wait for two events");
    is(Signaler.Order, 1, "ends when the second one is set");
    JoinThread(Thread);
    Thread = StartThread(SignalBoth, &Signaler);
    is(WaitMany(2, Objects, WaitAny, NULL, NULL), STATUS_WAIT_0, "a blocking wait for either ends with the first");
    JoinThread(Thread);
}

typedef struct _ALERTED {
    NTSTATUS Delay, Wait, Plain;
    KEVENT Event;
} ALERTED;

static VOID NTAPI AlertableThread(PVOID Context) {
    ALERTED *Alerted = Context;
    Alerted->Delay = KeDelayExecutionThread(KernelMode, TRUE, (PLARGE_INTEGER)&Long);
    Alerted->Wait = KeWaitForSingleObject(&Alerted->Event, Executive, KernelMode, TRUE, (PLARGE_INTEGER)&Long);
    Alerted->Plain = KeWaitForSingleObject(&Alerted->Event, Executive, KernelMode, FALSE, (PLARGE_INTEGER)&Soon);
}

static VOID TestAlerts(VOID) {
    static ALERTED Alerted;
    PKTHREAD Thread;
    KeInitializeEvent(&Alerted.Event, NotificationEvent, FALSE);
    Thread = StartThread(AlertableThread, &Alerted);
    Sleep100ns(MILLISECONDS(1));
    is(KeAlertThread(Thread, KernelMode), FALSE, "a thread in an alertable delay is alerted");
    Sleep100ns(MILLISECONDS(1));
    KeAlertThread(Thread, KernelMode);
    Sleep100ns(MILLISECONDS(1));
    KeAlertThread(Thread, KernelMode);
    ok(JoinThread(Thread), "it ends");
    is(Alerted.Delay, STATUS_ALERTED, "the delay ended with STATUS_ALERTED");
    is(Alerted.Wait, STATUS_ALERTED, "so did the wait");
    is(Alerted.Plain, STATUS_TIMEOUT, "one that is not alertable did not");
    KeAlertThread(KeGetCurrentThread(), KernelMode);
    is(KeTestAlertThread(KernelMode), TRUE, "an alert is remembered");
    is(KeTestAlertThread(KernelMode), FALSE, "until it is tested");
    KeAlertThread(KeGetCurrentThread(), KernelMode);
    is(KeDelayExecutionThread(KernelMode, TRUE, (PLARGE_INTEGER)&Long), STATUS_ALERTED, "or ends the next alertable wait");
}

typedef struct _APC_SEEN {
    KAPC Apc;
    PKTHREAD Thread;
    PVOID Context, Argument1, Argument2;
    KIRQL KernelIrql, NormalIrql;
    ULONG Kernel, Normal;
} APC_SEEN;

static VOID NTAPI ApcKernel(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    APC_SEEN *Seen = CONTAINING_RECORD(Apc, APC_SEEN, Apc);
    UNREFERENCED_PARAMETER(Normal);
    UNREFERENCED_PARAMETER(Context);
    Seen->KernelIrql = KeGetCurrentIrql();
    Seen->Thread = KeGetCurrentThread();
    Seen->Argument1 = *Argument1;
    Seen->Argument2 = *Argument2;
    Seen->Kernel++;
}

static VOID NTAPI ApcNormal(PVOID Context, PVOID Argument1, PVOID Argument2) {
    APC_SEEN *Seen = Context;
    Seen->NormalIrql = KeGetCurrentIrql();
    Seen->Context = Context;
    Seen->Normal += Argument1 == Seen->Argument1 && Argument2 == Seen->Argument2;
}

static VOID TestApcs(VOID) {
    static APC_SEEN Seen;
    static LONG Woken;
    WAITER Waiter;
    KEVENT Event;
    int First, Second;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    StartWaiters(&Waiter, 1, &Event, &Woken);
    KeInitializeApc(&Seen.Apc, Waiter.Thread, OriginalApcEnvironment, ApcKernel, NULL, ApcNormal, KernelMode, &Seen);
    is(KeInsertQueueApc(&Seen.Apc, &First, &Second, 0), TRUE, "a normal kernel APC for a thread that waits");
    Sleep100ns(MILLISECONDS(1));
    ok(Seen.Kernel == 1 && Seen.Normal == 1 && Seen.Thread == Waiter.Thread, "runs in that thread");
    ok(Seen.KernelIrql == APC_LEVEL && Seen.NormalIrql == PASSIVE_LEVEL, "kernel routine at APC_LEVEL, normal routine at PASSIVE_LEVEL");
    ok(Seen.Argument1 == &First && Seen.Argument2 == &Second && Seen.Context == &Seen, "with its arguments");
    is(Woken, 0, "the wait goes on");
    KeSetEvent(&Event, 0, FALSE);
    JoinWaiters(&Waiter, 1);
    is(Waiter.Status, STATUS_SUCCESS, "and ends as if nothing had been");

    KeInitializeApc(&Seen.Apc, KeGetCurrentThread(), OriginalApcEnvironment, ApcKernel, NULL, ApcNormal, KernelMode, &Seen);
    Seen.Kernel = Seen.Normal = 0;
    KeEnterCriticalRegion();
    is(KeAreApcsDisabled(), TRUE, "in a critical region");
    is(KeAreAllApcsDisabled(), FALSE, "only normal kernel APCs are disabled");
    is(KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0), TRUE, "an APC is queued");
    is(KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0), FALSE, "but not twice");
    is(Seen.Kernel, 0, "and waits");
    KeLeaveCriticalRegion();
    ok(Seen.Kernel == 1 && Seen.Normal == 1, "until the region is left");
    KeEnterCriticalRegion();
    KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0);
    is(KeRemoveQueueApc(&Seen.Apc), TRUE, "a queued APC is taken out");
    is(KeRemoveQueueApc(&Seen.Apc), FALSE, "once");
    KeLeaveCriticalRegion();
    is(Seen.Kernel, 1, "and does not run");
    KeInitializeApc(&Seen.Apc, KeGetCurrentThread(), OriginalApcEnvironment, ApcKernel, NULL, NULL, KernelMode, NULL);
    Seen.Kernel = 0;
    KeEnterCriticalRegion();
    KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0);
    is(Seen.Kernel, 1, "a special one runs in a critical region");
    KeLeaveCriticalRegion();
    KeEnterGuardedRegion();
    is(KeAreAllApcsDisabled(), TRUE, "a guarded region disables all");
    KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0);
    is(Seen.Kernel, 1, "special ones too");
    KeLeaveGuardedRegion();
    is(Seen.Kernel, 2, "until it is left");
}

static VOID TestQueue(VOID) {
    KQUEUE Queue;
    LIST_ENTRY Entries[3];
    PLIST_ENTRY Got;
    KeInitializeQueue(&Queue, 1);
    is((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, (PLARGE_INTEGER)&Soon), STATUS_TIMEOUT, "an empty queue");
    is(KeInsertQueue(&Queue, &Entries[0]), 0, "KeInsertQueue returns how many there were");
    is(KeInsertQueue(&Queue, &Entries[1]), 1, "one");
    is(KeInsertHeadQueue(&Queue, &Entries[2]), 2, "two");
    is(KeReadStateQueue(&Queue), 3, "KeReadStateQueue");
    ok(KeRemoveQueue(&Queue, KernelMode, NULL) == &Entries[2] && KeRemoveQueue(&Queue, KernelMode, NULL) == &Entries[0], "first in, first out");
    Got = KeRundownQueue(&Queue);
    ok(Got == &Entries[1] && Got->Flink == Got, "a rundown returns what is left");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestEvents();
    TestSemaphores();
    TestMutexes();
    TestMany();
    TestBlockingAll();
    TestAlerts();
    TestApcs();
    TestQueue();
}
