/* Timers that the system allocates: once and periodic to 100 ns, waits, cancellation, and all the ways to delete one. */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

/* KeQueryInterruptTime is as old as the last tick. */
static ULONGLONG Now(VOID) {
    ULONG64 Stamp;
    return KeQueryInterruptTimePrecise(&Stamp);
}

static ULONG Calls;
static ULONGLONG At[16];
static PEX_TIMER SeenTimer;
static PVOID SeenContext;
static KIRQL SeenIrql;
static BOOLEAN DeleteInside;
static ULONG Deleted;

static VOID NTAPI OnDeleted(PVOID Context) { Deleted += (ULONG)(ULONG_PTR)Context; }
static EXT_DELETE_PARAMETERS Told = {.DeleteCallback = OnDeleted, .DeleteContext = (PVOID)1};

static VOID NTAPI OnTimer(PEX_TIMER Timer, PVOID Context) {
    if (Calls < RTL_NUMBER_OF(At))
        At[Calls] = Now();
    Calls++;
    SeenTimer = Timer;
    SeenContext = Context;
    SeenIrql = KeGetCurrentIrql();
    if (DeleteInside)
        ok(ExDeleteTimer(Timer, TRUE, FALSE, &Told), "a periodic one is deleted in its own callback: the next period is cancelled");
}

static NTSTATUS Wait(PVOID Object, LONGLONG Units) {
    LARGE_INTEGER Limit = {.QuadPart = -Units};
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Limit);
}

static VOID TestOnce(VOID) {
    PEX_TIMER Timer = ExAllocateTimer(OnTimer, &Calls, 0);
    ULONGLONG Start;

    ok(Timer != NULL, "a timer");
    is(ExSetTimer(Timer, -(LONGLONG)MILLISECONDS(5), 0, NULL), FALSE, "was not set");
    Start = Now();
    is(ExSetTimer(Timer, -(LONGLONG)MILLISECONDS(3), 0, NULL), TRUE, "setting it again cancels the first time");
    is(Wait(Timer, MILLISECONDS(10)), STATUS_SUCCESS, "it can be waited for");
    ok(Calls == 1 && SeenTimer == Timer && SeenContext == &Calls && SeenIrql == DISPATCH_LEVEL, "its callback has run, at DISPATCH_LEVEL");
    ok(At[0] - Start >= MILLISECONDS(3) && At[0] - Start < MILLISECONDS(3) + 200, "when it was due: %I64u", At[0] - Start);
    is(Wait(Timer, 0), STATUS_TIMEOUT, "a synchronization timer satisfies one wait");
    is(ExCancelTimer(Timer, NULL), FALSE, "nothing is left to cancel");
    ExSetTimer(Timer, -(LONGLONG)MILLISECONDS(5), 0, NULL);
    is(ExCancelTimer(Timer, NULL), TRUE, "a timer that is set is cancelled");
    Sleep100ns(MILLISECONDS(8));
    is(Calls, 1, "and does not come");
    is(ExDeleteTimer(Timer, TRUE, TRUE, &Told), FALSE, "deleting one that is not set");
    is(Deleted, 1, "tells so before it returns");
}

static VOID TestPeriodic(VOID) {
    PEX_TIMER Timer = ExAllocateTimer(OnTimer, NULL, EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NOTIFICATION);
    BOOLEAN Exact = TRUE;

    Calls = Deleted = 0;
    ExSetTimer(Timer, -10000, 7777, NULL);
    Sleep100ns(10000 + 9 * 7777 + 1000);
    ExCancelTimer(Timer, NULL);
    is(Calls, 10, "a period of 777.7 us");
    for (ULONG i = 1; i < 10; i++)
        Exact = Exact && At[i] - At[0] >= i * 7777ull - 50 && At[i] - At[0] <= i * 7777ull + 50;
    ok(Exact, "is kept without drift");
    ok(Wait(Timer, 0) == STATUS_SUCCESS && Wait(Timer, 0) == STATUS_SUCCESS, "a notification timer stays signaled");
    ExSetTimer(Timer, -10000, 10000, NULL);
    is(ExDeleteTimer(Timer, FALSE, FALSE, &Told), FALSE, "deleted without cancelling it");
    is(Deleted, 0, "it is there");
    Calls = 0;
    Sleep100ns(50000);
    ok(Calls == 1 && Deleted == 1, "until it has expired, once: %u", Calls);
}

static VOID TestDelete(VOID) {
    PEX_TIMER Timer = ExAllocateTimer(NULL, NULL, EX_TIMER_NO_WAKE);

    Deleted = 0;
    ExSetTimer(Timer, -(LONGLONG)MILLISECONDS(5), 0, NULL);
    is(ExDeleteTimer(Timer, TRUE, TRUE, &Told), TRUE, "deleting one that is set cancels it");
    is(Deleted, 1, "and says so");
    Timer = ExAllocateTimer(OnTimer, NULL, 0);
    Calls = Deleted = 0;
    DeleteInside = TRUE;
    ExSetTimer(Timer, -1000, 1000, NULL);
    Sleep100ns(MILLISECONDS(2));
    ok(Calls == 1 && Deleted == 1, "and is gone afterwards");
    DeleteInside = FALSE;
    Timer = ExAllocateTimer(NULL, NULL, 0);
    ExSetTimer(Timer, -1000, 0, NULL);
    is(ExDeleteTimer(Timer, FALSE, FALSE, NULL), FALSE, "without a callback, not cancelled");
    is(ExSetTimer(Timer, -1000, 0, NULL), FALSE, "a timer that is being deleted is not set");
    is(ExCancelTimer(Timer, NULL), FALSE, "nor cancelled");
    is(ExDeleteTimer(Timer, TRUE, TRUE, NULL), FALSE, "nor deleted twice");
    Sleep100ns(MILLISECONDS(2));
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestOnce();
    TestPeriodic();
    TestDelete();
}
