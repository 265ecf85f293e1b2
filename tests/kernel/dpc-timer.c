/* DPCs, timers and the clocks, in virtual time: what takes no time is exact to the microseconds that calls themselves take. */
#include "threads.h"

typedef ULONGLONG NTAPI INTERRUPT_TIME(VOID); /* inline, it is the published one */
static INTERRUPT_TIME *InterruptTime;

#define SLACK 2000 /* 200 us: what the calls on the way may take */

static VOID IsAbout(ULONG64 Elapsed, ULONG64 Expected, PCSTR What) {
    ok(Elapsed >= Expected && Elapsed <= Expected + SLACK, "%s: %I64u, expected %I64u", What, Elapsed, Expected);
}

typedef struct _SEEN {
    PKDPC Dpc;
    PVOID Context, Argument1, Argument2;
    KIRQL Irql;
    ULONG Runs;
    ULONG64 Time[128];
    KEVENT Done;
    ULONG Wanted;
} SEEN;
static SEEN Seen;

static VOID NTAPI Note(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    SEEN *To = Context;
    To->Dpc = Dpc;
    To->Context = Context;
    To->Argument1 = Argument1;
    To->Argument2 = Argument2;
    To->Irql = KeGetCurrentIrql();
    if (To->Runs < RTL_NUMBER_OF(To->Time)) {
        To->Time[To->Runs] = InterruptTime();
    }
    if (++To->Runs == To->Wanted) {
        KeSetEvent(&To->Done, IO_NO_INCREMENT, FALSE);
    }
}

static VOID Expect(ULONG Runs) {
    RtlZeroMemory(&Seen, sizeof(Seen));
    KeInitializeEvent(&Seen.Done, NotificationEvent, FALSE);
    Seen.Wanted = Runs;
}

static NTSTATUS AwaitSeen(VOID) {
    LARGE_INTEGER Limit = {.QuadPart = -MILLISECONDS(60000)};
    return KeWaitForSingleObject(&Seen.Done, Executive, KernelMode, FALSE, &Limit);
}

static VOID NTAPI QueueAgain(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (++*(PULONG)Context < 5) {
        KeInsertQueueDpc(Dpc, NULL, NULL);
    }
}

static VOID TestDpc(VOID) {
    static KDPC Dpc;
    static ULONG Count;
    int First, Second;
    Expect(1);
    KeInitializeDpc(&Dpc, Note, &Seen);
    KeInsertQueueDpc(&Dpc, &First, &Second);
    is(AwaitSeen(), STATUS_SUCCESS, "a DPC sets an event");
    ok(Seen.Dpc == &Dpc && Seen.Context == &Seen, "it gets its DPC and its context");
    ok(Seen.Argument1 == &First && Seen.Argument2 == &Second, "and the two arguments of KeInsertQueueDpc");
    is(Seen.Irql, DISPATCH_LEVEL, "at DISPATCH_LEVEL");
    KeInitializeDpc(&Dpc, QueueAgain, &Count);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    is(Count, 5, "a DPC may queue itself");
    Expect(1);
    KeInitializeDpc(&Dpc, Note, &Seen);
    KeSetTargetProcessorDpc(&Dpc, 0);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    is(Seen.Runs, 1, "KeFlushQueuedDpcs: a DPC for processor 0 has run");
    Expect(1);
    KeInitializeThreadedDpc(&Dpc, Note, &Seen);
    KeInsertQueueDpc(&Dpc, &First, NULL);
    is(AwaitSeen(), STATUS_SUCCESS, "a threaded DPC");
    ok(Seen.Argument1 == &First && (Seen.Irql == PASSIVE_LEVEL || Seen.Irql == DISPATCH_LEVEL), "runs at one of the two levels");
}

static VOID TestOneShot(VOID) {
    KTIMER Timer;
    KDPC Dpc;
    LARGE_INTEGER Due = {.QuadPart = -MILLISECONDS(25)}, Zero = {.QuadPart = 0};
    ULONG64 Start;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Note, &Seen);
    Expect(1);
    is(KeReadStateTimer(&Timer), FALSE, "a new timer is not signaled");
    Start = InterruptTime();
    is(KeSetTimer(&Timer, Due, &Dpc), FALSE, "it was not set before");
    is(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT, "it is not due yet");
    is(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "a wait for it");
    IsAbout(InterruptTime() - Start, MILLISECONDS(25), "ends after 25 ms");
    is(Seen.Runs, 1, "its DPC has run");
    IsAbout(Seen.Time[0] - Start, MILLISECONDS(25), "at that time");
    is(KeReadStateTimer(&Timer), TRUE, "a notification timer stays signaled");
    is(KeCancelTimer(&Timer), FALSE, "there is nothing left to cancel");
    Expect(1);
    Start = InterruptTime();
    KeSetTimer(&Timer, Due, &Dpc);
    is(KeReadStateTimer(&Timer), FALSE, "setting it resets its state");
    Due.QuadPart = -MILLISECONDS(40);
    is(KeSetTimer(&Timer, Due, &Dpc), TRUE, "setting it again says that it was set");
    AwaitSeen();
    IsAbout(Seen.Time[0] - Start, MILLISECONDS(40), "and the second time counts");
    Expect(1);
    KeSetTimer(&Timer, Due, &Dpc);
    is(KeCancelTimer(&Timer), TRUE, "a timer that is set is cancelled");
    is(KeCancelTimer(&Timer), FALSE, "once");
    Sleep100ns(MILLISECONDS(100));
    is(Seen.Runs, 0, "its DPC does not run");
    is(KeReadStateTimer(&Timer), FALSE, "it is not signaled");
    Expect(1);
    is(KeSetCoalescableTimer(&Timer, Due, 0, 5, &Dpc), FALSE, "KeSetCoalescableTimer");
    is(AwaitSeen(), STATUS_SUCCESS, "expires as well");
}

static VOID TestAbsolute(VOID) {
    KTIMER Timer;
    KDPC Dpc;
    LARGE_INTEGER Due;
    ULONG64 Start;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Note, &Seen);
    Expect(1);
    KeQuerySystemTimePrecise(&Due);
    Start = InterruptTime();
    Due.QuadPart += MILLISECONDS(2000);
    KeSetTimer(&Timer, Due, &Dpc);
    AwaitSeen();
    ULONG64 Elapsed = Seen.Time[0] - Start;
    ok(Elapsed + SLACK >= MILLISECONDS(2000) && Elapsed <= MILLISECONDS(2000) + SLACK, "an absolute time 2 s ahead: %I64u", Elapsed);
    Expect(1);
    Due.QuadPart -= MILLISECONDS(5000);
    Start = InterruptTime();
    KeSetTimer(&Timer, Due, &Dpc);
    AwaitSeen();
    IsAbout(Seen.Time[0] - Start, 0, "a time that has passed is now");
}

static VOID TestPeriodic(VOID) {
    KTIMER Timer;
    KDPC Dpc;
    LARGE_INTEGER Due = {.QuadPart = -MILLISECONDS(30)}, Limit = {.QuadPart = -MILLISECONDS(1000)};
    ULONG64 Start;
    ULONG Exact = 0, Got = 0;
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeInitializeDpc(&Dpc, Note, &Seen);
    Expect(101);
    Start = InterruptTime();
    KeSetTimerEx(&Timer, Due, 10, &Dpc);
    is(AwaitSeen(), STATUS_SUCCESS, "a periodic timer runs until it is cancelled");
    is(KeCancelTimer(&Timer), TRUE, "which says that it was set");
    for (ULONG i = 0; i < 101; i++) {
        ULONG64 Want = Start + MILLISECONDS(30) + MILLISECONDS(10) * i;
        Exact += Seen.Time[i] >= Want && Seen.Time[i] <= Want + SLACK;
    }
    is(Exact, 101, "a hundred periods without drift");
    Sleep100ns(MILLISECONDS(50));
    is(Seen.Runs, 101, "nothing comes after the cancellation");
    KeSetTimerEx(&Timer, Due, 10, NULL);
    for (ULONG i = 0; i < 5; i++) {
        Got += KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Limit) == STATUS_SUCCESS;
    }
    is(Got, 5, "a synchronization timer releases one wait at each period");
    is(KeReadStateTimer(&Timer), FALSE, "and resets itself");
    KeCancelTimer(&Timer);
}

static VOID TestDelay(VOID) {
    LARGE_INTEGER Interval = {.QuadPart = -MILLISECONDS(10)};
    ULONG64 Start = InterruptTime();
    is(KeDelayExecutionThread(KernelMode, FALSE, &Interval), STATUS_SUCCESS, "a delay of 10 ms");
    IsAbout(InterruptTime() - Start, MILLISECONDS(10), "takes 10 ms");
    Interval.QuadPart = -MILLISECONDS(3600000);
    Start = InterruptTime();
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
    IsAbout(InterruptTime() - Start, MILLISECONDS(3600000), "one of an hour takes an hour");
    KeQuerySystemTimePrecise(&Interval);
    Interval.QuadPart += MILLISECONDS(500);
    Start = InterruptTime();
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
    ok(InterruptTime() - Start + SLACK >= MILLISECONDS(500), "an absolute one");
    Interval.QuadPart = 0;
    is(KeDelayExecutionThread(KernelMode, FALSE, &Interval), STATUS_SUCCESS, "one of 0 yields");
}

static VOID TestClocks(VOID) {
    LARGE_INTEGER System, Precise, Ticks, Frequency, Before, After;
    ULONG64 Inline, Stamp, Time;
    BOOLEAN Monotone = TRUE;
    KeQuerySystemTime(&System);
    KeQuerySystemTimePrecise(&Precise);
    ok(System.QuadPart <= Precise.QuadPart && Precise.QuadPart - System.QuadPart <= KeQueryTimeIncrement(),
       "the system time in KUSER_SHARED_DATA is at most a tick behind");
    Inline = KeQueryInterruptTime();
    Time = InterruptTime();
    ok(Inline <= Time && Time - Inline <= KeQueryTimeIncrement(), "the interrupt time too");
    is(KeQueryTimeIncrement(), 156250, "a tick is 15.625 ms");
    KeQueryTickCount(&Ticks);
    Time = InterruptTime() / 156250;
    ok((ULONG64)Ticks.QuadPart == Time || (ULONG64)Ticks.QuadPart + 1 == Time, "the tick count is the interrupt time in ticks");
    Time = KeQueryInterruptTimePrecise(&Stamp);
    ok(Time <= InterruptTime() && Stamp <= (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart, "KeQueryInterruptTimePrecise");
    ok(KeQueryUnbiasedInterruptTime() >= Time, "KeQueryUnbiasedInterruptTime: this machine never sleeps");
    Before = KeQueryPerformanceCounter(&Frequency);
    is(Frequency.QuadPart, 10000000, "the performance counter's frequency");
    for (ULONG i = 0; i < 10000; i++) {
        After = KeQueryPerformanceCounter(NULL);
        Monotone = Monotone && After.QuadPart > Before.QuadPart;
        Before = After;
    }
    ok(Monotone, "the performance counter only grows");
    Before = KeQueryPerformanceCounter(NULL);
    Sleep100ns(MILLISECONDS(1000));
    After = KeQueryPerformanceCounter(NULL);
    IsAbout((ULONG64)(After.QuadPart - Before.QuadPart), 10000000, "a second on the performance counter");
    Time = InterruptTime();
    KeStallExecutionProcessor(50);
    IsAbout(InterruptTime() - Time, 500, "a stall of 50 us");
    Time = KeQueryInterruptTime() + MILLISECONDS(50);
    while (KeQueryInterruptTime() < Time) {
        YieldProcessor();
    }
    ok(TRUE, "a loop that polls the interrupt time inline ends");
    KeQuerySystemTime(&System);
    do {
        KeQuerySystemTime(&Precise);
    } while (Precise.QuadPart < System.QuadPart + MILLISECONDS(50));
    ok(TRUE, "so does one that polls the system time");
    ok(SharedUserData->NtMajorVersion == 10 && SharedUserData->NtSystemRoot[0] == L'C', "other fields of KUSER_SHARED_DATA");
}

/* The instructions that compilers make of reads of KUSER_SHARED_DATA. */
static VOID TestInstructions(VOID) {
    ULONG64 Base = KI_USER_SHARED_DATA, A = 5, B = 0xFFFFFFFFFFFFFF00ull, C = 0x1234567800000000ull, D = ~0ull;
    BOOLEAN Equal, Below, Greater, Zero, Carry;
    __asm__ volatile("addl 0x26C(%1), %k0" : "+r"(A) : "r"(Base) : "cc"); /* NtMajorVersion: 10 */
    is(A, 15, "add r32, m32");
    __asm__ volatile("movb 0x26C(%1), %b0" : "+r"(B) : "r"(Base));
    is(B, 0xFFFFFFFFFFFFFF0A, "mov r8, m8");
    __asm__ volatile("movzwl 0x26C(%1), %k0" : "+r"(C) : "r"(Base));
    is(C, 10, "movzx r32, m16");
    __asm__ volatile("cmpl $10, 0x26C(%1)" : "=@ccz"(Equal) : "r"(Base));
    is(Equal, TRUE, "cmp m32, imm");
    __asm__ volatile("cmpl 0x26C(%2), %1" : "=@ccb"(Below) : "r"(9u), "r"(Base));
    is(Below, TRUE, "cmp r32, m32: below");
    __asm__ volatile("cmpl %1, 0x26C(%2)" : "=@ccg"(Greater) : "r"(9u), "r"(Base));
    is(Greater, TRUE, "cmp m32, r32: greater");
    __asm__ volatile("testb $5, 0x26C(%1)" : "=@ccz"(Zero) : "r"(Base));
    is(Zero, TRUE, "test m8, imm");
    __asm__ volatile("subw 0x26C(%2), %w0" : "+r"(D), "=@ccc"(Carry) : "r"(Base));
    ok(D == 0xFFFFFFFFFFFFFFF5 && !Carry, "sub r16, m16");
    A = 6;
    __asm__ volatile("andl 0x26C(%1), %k0\n\torl 0x26C(%1), %k0\n\txorl 0x26C(%1), %k0" : "+r"(A) : "r"(Base) : "cc");
    is(A, 0, "and, or, xor r32, m32");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"KeQueryInterruptTime");
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    InterruptTime = (INTERRUPT_TIME *)MmGetSystemRoutineAddress(&Name);
    ok(InterruptTime != NULL, "KeQueryInterruptTime is exported");
    if (!InterruptTime) {
        return;
    }
    TestDpc();
    TestOneShot();
    TestAbsolute();
    TestPeriodic();
    TestDelay();
    TestClocks();
    TestInstructions();
}
