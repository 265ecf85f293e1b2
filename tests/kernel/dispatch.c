/* When another thread runs: at once, if it is better and the level allows it; at the end of a turn, if it is as good. Affinities keep all on one processor. */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static KEVENT Event, Never;
static KSEMAPHORE Semaphore;
static KMUTEX Mutex;
static KQUEUE Queue;
static volatile LONG Woken;

NTKERNELAPI VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count);
NTKERNELAPI LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry);
NTKERNELAPI PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout);

typedef struct _WAITER {
    KPRIORITY Priority;
    PVOID Object; /* &Queue: an entry of it */
    BOOLEAN Alertable;
} WAITER;

static VOID NTAPI Waiter(PVOID Context) {
    WAITER *Self = Context;

    KeSetSystemAffinityThread(1);
    KeSetPriorityThread(KeGetCurrentThread(), Self->Priority);
    if (Self->Object == &Queue)
        KeRemoveQueue(&Queue, KernelMode, NULL);
    else
        KeWaitForSingleObject(Self->Object, Executive, KernelMode, Self->Alertable, NULL);
    Woken++;
    if (Self->Object == &Mutex)
        KeReleaseMutex(&Mutex, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A thread that waits by now. */
static PKTHREAD Waiting(WAITER *Parameters) {
    PKTHREAD Thread = StartThread(Waiter, Parameters);

    Woken = 0;
    Sleep100ns(MILLISECONDS(1));
    return Thread;
}

static VOID TestEvents(VOID) {
    WAITER Better = {.Priority = 12, .Object = &Event}, Equal = {.Priority = 8, .Object = &Event};
    PKTHREAD Thread = Waiting(&Better);
    KIRQL Old;

    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    is(Woken, 1, "a better thread runs before KeSetEvent returns");
    JoinThread(Thread);
    Thread = Waiting(&Better);
    KeRaiseIrql(APC_LEVEL, &Old);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    is(Woken, 1, "at APC_LEVEL too");
    KeLowerIrql(Old);
    JoinThread(Thread);
    Thread = Waiting(&Better);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    is(Woken, 0, "not at DISPATCH_LEVEL");
    KeLowerIrql(Old);
    is(Woken, 1, "but when the level drops");
    JoinThread(Thread);
    Thread = Waiting(&Equal);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    is(Woken, 0, "an equal thread waits for its turn");
    JoinThread(Thread);
    Thread = Waiting(&Equal);
    KeSetEvent(&Event, 2, FALSE);
    is(Woken, 1, "unless the event gives it an increment");
    JoinThread(Thread);
}

static VOID TestOthers(VOID) {
    static LIST_ENTRY Entry;
    WAITER ForSemaphore = {.Priority = 12, .Object = &Semaphore}, ForMutex = {.Priority = 12, .Object = &Mutex};
    WAITER ForQueue = {.Priority = 12, .Object = &Queue}, ForAlert = {.Priority = 12, .Object = &Never, .Alertable = TRUE};
    PKTHREAD Thread = Waiting(&ForSemaphore);

    KeReleaseSemaphore(&Semaphore, 0, 1, FALSE);
    is(Woken, 1, "KeReleaseSemaphore");
    JoinThread(Thread);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    Thread = Waiting(&ForMutex);
    KeReleaseMutex(&Mutex, FALSE);
    is(Woken, 1, "KeReleaseMutex");
    JoinThread(Thread);
    Thread = Waiting(&ForQueue);
    KeInsertQueue(&Queue, &Entry);
    is(Woken, 1, "KeInsertQueue");
    JoinThread(Thread);
    Thread = Waiting(&ForAlert);
    KeAlertThread(Thread, KernelMode);
    is(Woken, 1, "KeAlertThread");
    JoinThread(Thread);
}

static volatile LONG Turns, LastTurn;

static VOID NTAPI Computes(PVOID Context) {
    LONGLONG End = KeQueryPerformanceCounter(NULL).QuadPart + MILLISECONDS(400);

    KeSetSystemAffinityThread(1);
    while (KeQueryPerformanceCounter(NULL).QuadPart < End) {
        if (LastTurn != (LONG)(LONG_PTR)Context) {
            LastTurn = (LONG)(LONG_PTR)Context;
            Turns++;
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A turn is two ticks of 15.625 ms: in 400 ms about thirteen. */
static VOID TestTurns(VOID) {
    PKTHREAD First = StartThread(Computes, (PVOID)1), Second = StartThread(Computes, (PVOID)2);

    ok(JoinThread(First) && JoinThread(Second), "two threads that compute end");
    ok(Turns >= 8 && Turns <= 20, "and took turns: %d", Turns);
}

static volatile LONG TimerRan;

static VOID NTAPI TimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { TimerRan++; }

static VOID TestPolling(VOID) {
    static KTIMER Timer;
    static KDPC Dpc;
    LARGE_INTEGER Due = {.QuadPart = -MILLISECONDS(2)};
    LONGLONG Start = KeQueryPerformanceCounter(NULL).QuadPart, Now;

    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, TimerDpc, NULL);
    KeSetTimer(&Timer, Due, &Dpc);
    do
        Now = KeQueryPerformanceCounter(NULL).QuadPart;
    while (!TimerRan && Now < Start + MILLISECONDS(100));
    ok(TimerRan && Now - Start <= MILLISECONDS(3), "a timer goes off under a thread that polls the counter: after %I64d us", (Now - Start) / 10);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    KPRIORITY Before = KeQueryPriorityThread(KeGetCurrentThread());

    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Never, SynchronizationEvent, FALSE);
    KeInitializeSemaphore(&Semaphore, 0, 1);
    KeInitializeMutex(&Mutex, 0);
    KeInitializeQueue(&Queue, 1);
    KeSetSystemAffinityThread(1);
    KeSetPriorityThread(KeGetCurrentThread(), 8);
    TestEvents();
    TestOthers();
    TestTurns();
    TestPolling();
    KeSetPriorityThread(KeGetCurrentThread(), Before);
    KeRevertToUserAffinityThread();
}
