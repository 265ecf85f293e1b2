/* T8: what a level masks waits, and comes when the level drops below it, the highest first. All of it on one processor. */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

/* Who has run so far, a letter each, and at which level. */
static CHAR Log[32], LevelLog[32];
static ULONG Logged;

static VOID Note(CHAR Letter) {
    Log[Logged] = Letter;
    LevelLog[Logged++] = (CHAR)('0' + KeGetCurrentIrql());
    Log[Logged] = LevelLog[Logged] = '\0';
}

static BOOLEAN Is(PCSTR Letters) {
    if (strcmp(Log, Letters) == 0)
        return TRUE;
    DbgPrint("# ran: %s at %s\n", Log, LevelLog);
    return FALSE;
}

static VOID NTAPI OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { Note((CHAR)(ULONG_PTR)Context); }

static VOID NTAPI OnApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    Note((CHAR)(ULONG_PTR)*Argument1);
}

static VOID NTAPI OnNormal(PVOID Context, PVOID Argument1, PVOID Argument2) { Note('N'); }

static KEVENT Go;

static VOID NTAPI Better(PVOID Context) {
    StayOnFirst();
    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY);
    for (ULONG Times = (ULONG)(ULONG_PTR)Context; Times != 0; Times--) {
        KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
        Note('B');
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static KDPC Medium, High, Low, TimerDpc;
static KTIMER Timer;
static KAPC Special, Normal;

/* All that can wait, at HIGH_LEVEL; the better thread once more, for whom the event was set before. */
static VOID MakeAllPending(VOID) {
    LARGE_INTEGER Due = {.QuadPart = -100};

    Logged = 0;
    Log[0] = '\0';
    KeSetTimer(&Timer, Due, &TimerDpc);
    KeInsertQueueApc(&Normal, (PVOID)'n', NULL, 0);
    KeInsertQueueApc(&Special, (PVOID)'s', NULL, 0);
    KeSetEvent(&Go, IO_NO_INCREMENT, FALSE);
    KeStallExecutionProcessor(50);
    KeInsertQueueDpc(&Medium, NULL, NULL);
    KeInsertQueueDpc(&High, NULL, NULL);
    KeInsertQueueDpc(&Low, NULL, NULL);
}

static VOID TestAll(VOID) {
    PKTHREAD Thread = StartThread(Better, (PVOID)2);
    KIRQL Old;

    Sleep100ns(MILLISECONDS(1));
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    MakeAllPending();
    KeRaiseIrql(HIGH_LEVEL, &Old);
    ok(Is(""), "at HIGH_LEVEL a timer, DPCs, APCs and a better thread wait");
    KeLowerIrql(DISPATCH_LEVEL);
    ok(Is(""), "and at DISPATCH_LEVEL");
    KeLowerIrql(APC_LEVEL);
    ok(strchr(Log, 't') && strchr(Log, 'h') < strchr(Log, 'm') && strchr(Log, 'm') < strchr(Log, 'l') && strlen(Log) == 5 && Log[4] == 'B',
       "at APC_LEVEL the timer's DPC and the others have run, and then the better thread");
    ok(strcmp(LevelLog, "22220") == 0, "DPCs at DISPATCH_LEVEL, the thread at its own level: %s", LevelLog);
    is(KeGetCurrentIrql(), APC_LEVEL, "and this one is at its level again");
    KeLowerIrql(PASSIVE_LEVEL);
    ok(strcmp(Log + 5, "snN") == 0 && strcmp(LevelLog + 5, "110") == 0, "at PASSIVE_LEVEL the APCs, the special one first: %s at %s", Log + 5,
       LevelLog + 5);

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    MakeAllPending();
    KeLowerIrql(PASSIVE_LEVEL);
    ok(strlen(Log) == 8 && strcmp(Log + 4, "BsnN") == 0, "in one step the order is the same: %s", Log);
    JoinThread(Thread);
}

/* A level is the processor's while a thread has it: below DISPATCH_LEVEL it goes and comes with the thread. */
static VOID TestThreads(VOID) {
    PKTHREAD Thread = StartThread(Better, (PVOID)2);
    LARGE_INTEGER Zero = {.QuadPart = 0};
    KIRQL Old;

    Sleep100ns(MILLISECONDS(1));
    Logged = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeSetEvent(&Go, IO_NO_INCREMENT, FALSE);
    Note('a');
    is(KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT, "the thread that waited has the event");
    KeLowerIrql(APC_LEVEL);
    Note('b');
    KeSetEvent(&Go, IO_NO_INCREMENT, FALSE);
    Note('c');
    KeLowerIrql(Old);
    ok(Is("aBbBc") && strcmp(LevelLog, "20101") == 0, "a better thread runs at once below DISPATCH_LEVEL, at the level that is its own: %s",
       LevelLog);
    JoinThread(Thread);
}

/* A DPC that is queued in a DPC runs after it; an APC that is queued in a DPC when the level is PASSIVE_LEVEL again. */
static VOID NTAPI Nests(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    Note('1');
    KeInsertQueueDpc(&Medium, NULL, NULL);
    KeInsertQueueApc(&Special, (PVOID)'s', NULL, 0);
    Note('2');
}

static VOID TestNesting(VOID) {
    static KDPC Outer;

    Logged = 0;
    KeInitializeDpc(&Outer, Nests, NULL);
    KeInsertQueueDpc(&Outer, NULL, NULL);
    ok(Is("12ms") && strcmp(LevelLog, "2221") == 0, "nothing of a level interrupts that level: %s", LevelLog);
}

static VOID TestInlined(VOID) {
    KIRQL Old;
    BOOLEAN Same = TRUE;

    for (KIRQL Level = PASSIVE_LEVEL; Level <= HIGH_LEVEL; Level++) {
        KeRaiseIrql(Level, &Old);
        Same = Same && Old == PASSIVE_LEVEL && (KIRQL)__readcr8() == Level && KeGetCurrentIrql() == Level;
        KeLowerIrql(Old);
    }
    ok(Same, "CR8 is the level, at every level");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    StayOnFirst();
    KeInitializeEvent(&Go, SynchronizationEvent, FALSE);
    KeInitializeDpc(&Medium, OnDpc, (PVOID)'m');
    KeInitializeDpc(&High, OnDpc, (PVOID)'h');
    KeInitializeDpc(&Low, OnDpc, (PVOID)'l');
    KeInitializeDpc(&TimerDpc, OnDpc, (PVOID)'t');
    KeSetImportanceDpc(&High, HighImportance);
    KeSetImportanceDpc(&Low, LowImportance);
    KeInitializeTimer(&Timer);
    KeInitializeApc(&Special, KeGetCurrentThread(), OriginalApcEnvironment, OnApc, NULL, NULL, KernelMode, NULL);
    KeInitializeApc(&Normal, KeGetCurrentThread(), OriginalApcEnvironment, OnApc, NULL, OnNormal, KernelMode, NULL);
    TestAll();
    TestThreads();
    TestNesting();
    TestInlined();
}
