/* What the pages of waits, APCs and timers say of the details: abandoned mutexes among others, alerts, kernel routines that change what runs, regions in regions. */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static LARGE_INTEGER Zero, Past = {.QuadPart = 1}, TenMilliseconds = {.QuadPart = -MILLISECONDS(10)};
static KMUTANT Mutants[2];
static KEVENT Event;
static KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];

/* ---- Waits ---- */

static VOID NTAPI AbandonBoth(PVOID Context) {
    PVOID Both[] = {&Mutants[0], &Mutants[1]};
    KeWaitForMultipleObjects(2, Both, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
}

static NTSTATUS WaitFor(ULONG Count, PVOID *Objects, WAIT_TYPE Type, PLARGE_INTEGER Timeout) {
    return KeWaitForMultipleObjects(Count, Objects, Type, Executive, KernelMode, FALSE, Timeout, Blocks);
}

static VOID TestAbandoned(VOID) {
    PVOID Objects[] = {&Event, &Mutants[0], &Mutants[1]};
    KeInitializeMutant(&Mutants[0], FALSE);
    KeInitializeMutant(&Mutants[1], FALSE);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    JoinThread(StartThread(AbandonBoth, NULL));
    is(WaitFor(3, Objects, WaitAny, &Zero), STATUS_ABANDONED_WAIT_0 + 1, "an abandoned mutex, with its index");
    is(WaitFor(3, Objects, WaitAll, &Zero), STATUS_TIMEOUT, "a wait for all that is not satisfied");
    is(KeReadStateMutant(&Mutants[1]), 1, "takes nothing");
    KeSetEvent(&Event, 0, FALSE);
    is(WaitFor(3, Objects, WaitAll, &Zero), STATUS_ABANDONED_WAIT_0, "one that is says that one was abandoned, not which");
    is(KeReadStateMutant(&Mutants[0]), (ULONG64)-1, "and takes the other once more");
    KeReleaseMutant(&Mutants[0], 0, FALSE, FALSE);
    KeReleaseMutant(&Mutants[0], 0, FALSE, FALSE);
    KeReleaseMutant(&Mutants[1], 0, FALSE, FALSE);
}

static VOID TestTimeouts(VOID) {
    PVOID Objects[] = {&Event};
    ULONG64 Stamp, Before;
    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    is(WaitFor(1, Objects, WaitAny, &Past), STATUS_SUCCESS, "a time that is past satisfies a wait that can be");
    is(WaitFor(1, Objects, WaitAny, &Past), STATUS_TIMEOUT, "and ends one that cannot");
    is(KeDelayExecutionThread(KernelMode, FALSE, &Past), STATUS_SUCCESS, "a delay until then is over");
    Before = KeQueryInterruptTimePrecise(&Stamp);
    is(WaitFor(1, Objects, WaitAny, &TenMilliseconds), STATUS_TIMEOUT, "a relative time");
    ok(KeQueryInterruptTimePrecise(&Stamp) - Before >= MILLISECONDS(10), "is counted from the call");
    for (ULONG n = 0; n < 3; n++) {
        KeSetEvent(&Event, 0, FALSE);
    }
    is(WaitFor(1, Objects, WaitAny, &Zero), STATUS_SUCCESS, "an event does not count how often it is set");
    is(WaitFor(1, Objects, WaitAny, &Zero), STATUS_TIMEOUT, "one wait is all");
}

static VOID TestAlerts(VOID) {
    PKTHREAD Self = KeGetCurrentThread();
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    KeAlertThread(Self, KernelMode);
    is(KeWaitForSingleObject(&Event, Executive, KernelMode, TRUE, NULL), STATUS_SUCCESS, "an object that is signaled comes before an alert");
    KeClearEvent(&Event);
    is(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT, "a wait that is not alertable leaves it");
    is(KeWaitForSingleObject(&Event, Executive, KernelMode, TRUE, NULL), STATUS_ALERTED, "one that is takes it");
    is(KeWaitForSingleObject(&Event, Executive, KernelMode, TRUE, &Zero), STATUS_TIMEOUT, "once");
    KeAlertThread(Self, UserMode);
    is(KeWaitForSingleObject(&Event, Executive, KernelMode, TRUE, &Zero), STATUS_TIMEOUT, "an alert of user mode is not for a wait of kernel mode");
    is(KeWaitForSingleObject(&Event, Executive, UserMode, TRUE, &Zero), STATUS_ALERTED, "but for one of user mode");
    KeAlertThread(Self, KernelMode);
    is(KeDelayExecutionThread(UserMode, TRUE, &TenMilliseconds), STATUS_ALERTED, "which an alert of kernel mode ends as well");
}

/* ---- APCs ---- */

static CHAR Log[32];
static ULONG Logged;
static VOID Note(CHAR Letter) {
    Log[Logged++] = Letter;
    Log[Logged] = '\0';
}
static VOID Ran(PCSTR Letters, PCSTR What) {
    ok(strcmp(Log, Letters) == 0, "%s: %s", What, Log);
    Logged = 0;
    Log[0] = '\0';
}

static VOID NTAPI OnNormal(PVOID Context, PVOID Argument1, PVOID Argument2) { Note((CHAR)(ULONG_PTR)Argument1); }
static VOID NTAPI OnOther(PVOID Context, PVOID Argument1, PVOID Argument2) {
    ok(Context == Log && Argument2 == &Logged, "the arguments are those that the kernel routine has put there");
    Note((CHAR)(ULONG_PTR)Argument1);
}
static VOID NTAPI OnKernel(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) { Note('k'); }
static VOID NTAPI TakesAway(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    Note('t');
    *NormalRoutine = NULL;
}
static VOID NTAPI Replaces(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    Note('r');
    *NormalRoutine = OnOther;
    *Context = Log;
    *Argument1 = (PVOID)(ULONG_PTR)'O';
    *Argument2 = &Logged;
}

static KAPC Apc;
static VOID Queue(PKKERNEL_ROUTINE KernelRoutine, PKNORMAL_ROUTINE NormalRoutine) {
    KeInitializeApc(&Apc, KeGetCurrentThread(), OriginalApcEnvironment, KernelRoutine, NULL, NormalRoutine, KernelMode, NULL);
    KeInsertQueueApc(&Apc, (PVOID)(ULONG_PTR)'N', NULL, 0);
}

static VOID TestKernelRoutines(VOID) {
    Queue(OnKernel, OnNormal);
    Ran("kN", "a normal APC at PASSIVE_LEVEL runs when it is queued");
    Queue(TakesAway, OnNormal);
    Ran("t", "a kernel routine may take the normal routine away");
    Queue(Replaces, OnNormal);
    Ran("rO", "or put another in its place");
    KeEnterCriticalRegion();
    Queue(Replaces, NULL);
    Ran("r", "it cannot make a special APC a normal one");
    KeLeaveCriticalRegion();
    Ran("", "then or later");
}

static VOID TestRegions(VOID) {
    KIRQL Old;
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    Queue(OnKernel, OnNormal);
    KeLeaveCriticalRegion();
    Ran("", "a critical region in another");
    ok(KeAreApcsDisabled(), "normal APCs are disabled until the outer one is left");
    KeLeaveCriticalRegion();
    Ran("kN", "then they run");
    KeEnterGuardedRegion();
    KeEnterCriticalRegion();
    Queue(OnKernel, NULL);
    KeLeaveCriticalRegion();
    Ran("", "a critical region in a guarded one");
    ok(KeAreAllApcsDisabled(), "all APCs are disabled");
    KeLeaveGuardedRegion();
    Ran("k", "until the guarded one is left");
    KeEnterCriticalRegion();
    KeEnterGuardedRegion();
    Queue(OnKernel, OnNormal);
    KeLeaveGuardedRegion();
    Ran("", "the other way round a normal one waits on");
    ok(!KeAreAllApcsDisabled() && KeAreApcsDisabled(), "for the critical region alone");
    KeLeaveCriticalRegion();
    Ran("kN", "and runs when that is left");
    KeEnterCriticalRegion();
    Queue(OnKernel, OnNormal);
    KeRaiseIrql(APC_LEVEL, &Old);
    KeLeaveCriticalRegion();
    Ran("", "a region that is left at APC_LEVEL");
    ok(KeAreAllApcsDisabled() && !KeAreApcsDisabled(), "which is what keeps them away");
    KeLowerIrql(Old);
    Ran("kN", "until the level drops");
}

/* ---- Timers ---- */

static VOID TestTimers(VOID) {
    KTIMER Timer;
    LARGE_INTEGER Due = {.QuadPart = -MILLISECONDS(5)};
    KeInitializeTimerEx(&Timer, NotificationTimer);
    ok(!KeReadStateTimer(&Timer), "a timer that was never set is not signaled");
    ok(!KeSetTimer(&Timer, Due, NULL), "it was not set");
    ok(KeSetTimer(&Timer, Due, NULL), "set once more it was");
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    ok(KeReadStateTimer(&Timer) && !KeCancelTimer(&Timer), "one that has gone off is not set any more");
    ok(KeReadStateTimer(&Timer), "it cannot be canceled, and stays signaled");
    ok(!KeSetTimer(&Timer, Due, NULL) && !KeReadStateTimer(&Timer), "until it is set");
    ok(KeCancelTimer(&Timer) && !KeReadStateTimer(&Timer), "one that is canceled is not signaled by that");
    ok(!KeSetTimer(&Timer, Past, NULL) && KeReadStateTimer(&Timer), "a time that is past signals it at once");
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeSetTimerEx(&Timer, Due, 5, NULL);
    is(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "a periodic one");
    ok(!KeReadStateTimer(&Timer), "of one wait at a time");
    is(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "comes again");
    ok(KeCancelTimer(&Timer), "and is set until it is canceled");
}

/* ---- Queues: of those that serve one only so many run ---- */

static KQUEUE WorkQueue;
static LIST_ENTRY Entries[2];
static KEVENT Blocked;
static VOID NTAPI Serve(PVOID Context) {
    PLIST_ENTRY Entry = KeRemoveQueue(&WorkQueue, KernelMode, NULL);
    Note(Entry == &Entries[0] ? '0' : Entry == &Entries[1] ? '1' : 'x');
    if (Entry == &Entries[0]) {
        KeSetEvent(Context, 0, FALSE);
        KeWaitForSingleObject(&Blocked, Executive, KernelMode, FALSE, NULL);
        Note('e');
    }
    KeRemoveQueue(&WorkQueue, KernelMode, &Zero);
}
static VOID TestQueues(VOID) {
    KEVENT Took;
    KeInitializeQueue(&WorkQueue, 1);
    KeInitializeEvent(&Blocked, NotificationEvent, FALSE);
    KeInitializeEvent(&Took, NotificationEvent, FALSE);
    ok(PtrToLong(KeRemoveQueue(&WorkQueue, KernelMode, &Zero)) == STATUS_TIMEOUT, "a queue without entries: STATUS_TIMEOUT in their place");
    KeRundownQueue(&WorkQueue); /* this thread does not serve it any more */
    KeInitializeQueue(&WorkQueue, 1);
    PKTHREAD First = StartThread(Serve, &Took), Second = StartThread(Serve, &Took);
    Sleep100ns(MILLISECONDS(1));
    KeInsertQueue(&WorkQueue, &Entries[0]);
    KeWaitForSingleObject(&Took, Executive, KernelMode, FALSE, NULL);
    KeInsertQueue(&WorkQueue, &Entries[1]);
    Sleep100ns(MILLISECONDS(1));
    Ran("01", "the second of two threads is let on when the first one waits for something else");
    KeSetEvent(&Blocked, 0, FALSE);
    JoinThread(First);
    JoinThread(Second);
    Ran("e", "the first one goes on");
    ok(KeRundownQueue(&WorkQueue) == NULL, "and nothing is left");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    StayOnFirst();
    TestAbandoned();
    TestTimeouts();
    TestAlerts();
    TestKernelRoutines();
    TestRegions();
    TestTimers();
    TestQueues();
}
