/* T9: kernel APCs, special and normal; what keeps them away: APC_LEVEL, guarded and critical regions, fast mutexes; waits, attached processes, the end of a thread. */
#include <ntifs.h>
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

/* KeQueryInterruptTime is as old as the last tick. */
static ULONGLONG Now(VOID) {
    ULONG64 Stamp;
    return KeQueryInterruptTimePrecise(&Stamp);
}

static CHAR Log[32], LevelLog[32];
static ULONG Logged;

static VOID Clear(VOID) {
    Logged = 0;
    Log[0] = LevelLog[0] = '\0';
}

static VOID Note(CHAR Letter) {
    Log[Logged] = Letter;
    LevelLog[Logged++] = (CHAR)('0' + KeGetCurrentIrql());
    Log[Logged] = LevelLog[Logged] = '\0';
}

static VOID Ran(PCSTR Letters, PCSTR Levels, PCSTR What) {
    ok(strcmp(Log, Letters) == 0 && strcmp(LevelLog, Levels) == 0, "%s: %s at %s", What, Log, LevelLog);
}

/* The kernel routine notes the APC's letter in lower case, the normal routine in upper case. */
static VOID NTAPI OnKernel(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    Note((CHAR)((ULONG_PTR)*Argument1 | 32));
}
static VOID NTAPI OnNormal(PVOID Context, PVOID Argument1, PVOID Argument2) { Note((CHAR)(ULONG_PTR)Argument1); }

static KAPC A, B, C;

static VOID Special(PKAPC Apc, KAPC_ENVIRONMENT Environment) {
    KeInitializeApc(Apc, KeGetCurrentThread(), Environment, OnKernel, NULL, NULL, KernelMode, NULL);
}
static VOID Normal(PKAPC Apc) { KeInitializeApc(Apc, KeGetCurrentThread(), OriginalApcEnvironment, OnKernel, NULL, OnNormal, KernelMode, NULL); }
static BOOLEAN Queue(PKAPC Apc, CHAR Letter) { return KeInsertQueueApc(Apc, (PVOID)(ULONG_PTR)Letter, NULL, 0); }

static VOID TestOrder(VOID) {
    KIRQL Old;

    Normal(&A);
    Special(&B, OriginalApcEnvironment);
    Normal(&C);
    Clear();
    KeRaiseIrql(APC_LEVEL, &Old);
    Queue(&A, 'A');
    Queue(&B, 'B');
    Queue(&C, 'C');
    Ran("", "", "at APC_LEVEL none runs");
    ok(!Queue(&A, 'A'), "one that is queued is not queued again");
    KeLowerIrql(Old);
    Ran("baAcC", "11010", "special ones before normal ones, each of these with both its routines");
}

/* In a normal routine: special ones come, normal ones wait. */
static VOID NTAPI Nests(PVOID Context, PVOID Argument1, PVOID Argument2) {
    Note('1');
    Queue(&B, 'B');
    Queue(&C, 'C');
    Note('2');
    ok(!KeAreApcsDisabled(), "a normal routine is in no critical region");
}

static VOID TestNesting(VOID) {
    KeInitializeApc(&A, KeGetCurrentThread(), OriginalApcEnvironment, OnKernel, NULL, Nests, KernelMode, NULL);
    Special(&B, OriginalApcEnvironment);
    Normal(&C);
    Clear();
    Queue(&A, 'A');
    Ran("a1b2cC", "101010", "within a normal routine a special one runs, a normal one afterwards");
}

/* The kernel routine may change the arguments of the normal routine, or do without it. */
static VOID NTAPI Changes(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    if (*Argument1 == (PVOID)'X')
        *NormalRoutine = NULL;
    *Argument1 = (PVOID)'Z';
}

static VOID TestKernelRoutine(VOID) {
    KeInitializeApc(&A, KeGetCurrentThread(), OriginalApcEnvironment, Changes, NULL, OnNormal, KernelMode, NULL);
    Clear();
    Queue(&A, 'Y');
    Ran("Z", "0", "the kernel routine changes an argument");
    Queue(&A, 'X');
    Ran("Z", "0", "or takes the normal routine away");
}

static VOID TestRegions(VOID) {
    static FAST_MUTEX Mutex;

    Special(&A, OriginalApcEnvironment);
    Normal(&B);
    Clear();
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    Queue(&B, 'B');
    Queue(&A, 'A');
    Ran("a", "1", "in a critical region a special one runs, a normal one waits");
    KeLeaveCriticalRegion();
    Ran("a", "1", "regions nest");
    KeLeaveCriticalRegion();
    Ran("abB", "110", "until the last is left");

    Clear();
    KeEnterGuardedRegion();
    KeEnterCriticalRegion();
    Queue(&B, 'B');
    Queue(&A, 'A');
    KeLeaveCriticalRegion();
    Ran("", "", "in a guarded region none runs");
    KeLeaveGuardedRegion();
    Ran("abB", "110", "until it is left");

    Clear();
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    Queue(&B, 'B');
    Queue(&A, 'A');
    Ran("", "", "nor while a fast mutex is held");
    ExReleaseFastMutex(&Mutex);
    Ran("abB", "110", "but when it is released");
}

/* ---- Another thread's ------------------------------------------------------------------------------------------------------------ */
typedef struct _WAITER {
    KIRQL Irql;
    BOOLEAN Guarded;
    KEVENT Event;
    NTSTATUS Status;
    ULONG64 Took;
    PKTHREAD Thread;
} WAITER, *PWAITER;

static VOID NTAPI Waits(PVOID Context) {
    PWAITER Waiter = Context;
    LARGE_INTEGER Limit = {.QuadPart = -(LONGLONG)MILLISECONDS(20)};
    ULONG64 Start;
    KIRQL Old;

    StayOnFirst();
    Start = Now();
    if (Waiter->Guarded)
        KeEnterGuardedRegion();
    KeRaiseIrql(Waiter->Irql, &Old);
    Waiter->Status = KeWaitForSingleObject(&Waiter->Event, Executive, KernelMode, TRUE, &Limit);
    Note('w');
    KeLowerIrql(Old);
    if (Waiter->Guarded)
        KeLeaveGuardedRegion();
    Waiter->Took = Now() - Start;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestWait(KIRQL Irql, BOOLEAN Guarded, PCSTR Letters, PCSTR Levels, PCSTR What) {
    WAITER Waiter = {.Irql = Irql, .Guarded = Guarded};

    KeInitializeEvent(&Waiter.Event, NotificationEvent, FALSE);
    Clear();
    Waiter.Thread = StartThread(Waits, &Waiter);
    Sleep100ns(MILLISECONDS(5));
    KeInitializeApc(&A, Waiter.Thread, OriginalApcEnvironment, OnKernel, NULL, OnNormal, KernelMode, NULL);
    KeInitializeApc(&B, Waiter.Thread, OriginalApcEnvironment, OnKernel, NULL, NULL, KernelMode, NULL);
    Queue(&A, 'A');
    Queue(&B, 'B');
    JoinThread(Waiter.Thread);
    Ran(Letters, Levels, What);
    ok(Waiter.Status == STATUS_TIMEOUT && Waiter.Took >= MILLISECONDS(20) && Waiter.Took < MILLISECONDS(21),
       "its wait lasts as long as it was to: %I64u", Waiter.Took);
}

/* ---- Attached processes, and ends ------------------------------------------------------------------------------------------------ */
static VOID TestAttached(VOID) {
    KAPC_STATE State;

    Clear();
    Special(&A, OriginalApcEnvironment);
    KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &State);
    Queue(&A, 'A');
    KeUnstackDetachProcess(&State);
    Ran("a", "1", "attaching to one's own process is no attachment");
}

static KEVENT Never;
static ULONG Rundowns;

static VOID NTAPI OnRundown(PKAPC Apc) {
    Rundowns++;
    ok(KeGetCurrentIrql() == PASSIVE_LEVEL, "a rundown routine is called at PASSIVE_LEVEL");
}

static VOID NTAPI Ends(PVOID Context) {
    StayOnFirst();
    KeEnterCriticalRegion();
    KeSetEvent(Context, 0, FALSE);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestEnd(VOID) {
    KEVENT Ready;
    PKTHREAD Thread;

    KeInitializeEvent(&Ready, NotificationEvent, FALSE);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    Thread = StartThread(Ends, &Ready);
    KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
    KeInitializeApc(&A, Thread, OriginalApcEnvironment, OnKernel, OnRundown, OnNormal, UserMode, NULL);
    KeInitializeApc(&B, Thread, OriginalApcEnvironment, OnKernel, OnRundown, OnNormal, KernelMode, NULL);
    Clear();
    ok(Queue(&A, 'A') && Queue(&B, 'B'), "a user and a kernel APC for a thread that will end");
    ObReferenceObject(Thread);
    KeSetEvent(&Never, 0, FALSE);
    JoinThread(Thread);
    Ran("bB", "10", "the kernel one runs before the end");
    is(Rundowns, 1, "the other one is run down");
    KeInitializeApc(&A, Thread, OriginalApcEnvironment, OnKernel, OnRundown, NULL, KernelMode, NULL);
    ok(!Queue(&A, 'A'), "a thread that has ended takes none");
    ObDereferenceObject(Thread);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    StayOnFirst();
    TestOrder();
    TestNesting();
    TestKernelRoutine();
    TestRegions();
    TestWait(PASSIVE_LEVEL, FALSE, "baAw", "1100", "a thread that waits at PASSIVE_LEVEL runs its APCs as they come");
    TestWait(APC_LEVEL, FALSE, "wbaA", "1110", "one that waits at APC_LEVEL afterwards");
    TestWait(PASSIVE_LEVEL, TRUE, "wbaA", "0110", "and one in a guarded region");
    TestAttached();
    TestEnd();
}
