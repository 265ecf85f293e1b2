/* The system time is set: what follows it, and what does not. Resolution of the clock. */
#include "threads.h"

NTSYSAPI NTSTATUS NTAPI ZwSetSystemTime(PLARGE_INTEGER, PLARGE_INTEGER);
NTKERNELAPI VOID NTAPI ExQueryTimerResolution(PULONG, PULONG, PULONG);

#define HOUR (3600ll * 10000000)

static LONGLONG SystemNow(VOID) {
    LARGE_INTEGER Now;
    KeQuerySystemTimePrecise(&Now);
    return Now.QuadPart;
}

static ULONGLONG InterruptNow(VOID) {
    ULONG64 Stamp;
    return KeQueryInterruptTimePrecise(&Stamp);
}

static NTSTATUS Forward(LONGLONG Units) {
    LARGE_INTEGER New = {.QuadPart = SystemNow() + Units};
    return ZwSetSystemTime(&New, NULL);
}

static ULONG Told;
static KIRQL ToldAt;
static LONGLONG ToldTime;

static VOID NTAPI OnTimeSet(PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Context);
    Told += Argument1 == NULL && Argument2 == NULL;
    ToldAt = KeGetCurrentIrql();
    ToldTime = SystemNow();
}

static VOID TestSetting(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\SetSystemTime");
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Object;
    PVOID Registration;
    LARGE_INTEGER New, Old, Coarse;
    LONGLONG Before = SystemNow();
    ULONGLONG Interrupt = InterruptNow();
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = ExCreateCallback(&Object, &Attributes, FALSE, TRUE);
    STATUS(Status, STATUS_SUCCESS, "\\Callback\\SetSystemTime");
    if (!NT_SUCCESS(Status))
        return;
    Registration = ExRegisterCallback(Object, OnTimeSet, NULL);
    New.QuadPart = Before + HOUR;
    STATUS(ZwSetSystemTime(&New, &Old), STATUS_SUCCESS, "an hour forward");
    ok(Old.QuadPart >= Before && Old.QuadPart < Before + 1000, "the time before is told");
    ok(SystemNow() >= New.QuadPart && SystemNow() < New.QuadPart + 1000, "it is later now");
    KeQuerySystemTime(&Coarse);
    ok(Coarse.QuadPart >= New.QuadPart && Coarse.QuadPart < New.QuadPart + 1000, "for everybody at once");
    ok(InterruptNow() - Interrupt < 1000, "the interrupt time goes on");
    ok(Told == 1 && ToldAt == PASSIVE_LEVEL && ToldTime >= New.QuadPart, "who has registered is told, when it is done");
    STATUS(ZwSetSystemTime(&Old, NULL), STATUS_SUCCESS, "and back");
    ok(SystemNow() < Before + 10000, "it is as before");
    New.QuadPart = -1;
    STATUS(ZwSetSystemTime(&New, NULL), STATUS_INVALID_PARAMETER, "a time that is none");
    New.QuadPart = 0x2000000100000000;
    STATUS(ZwSetSystemTime(&New, NULL), STATUS_INVALID_PARAMETER, "and one after all years");
    is(Told, 2, "nobody is told of these");
    ExUnregisterCallback(Registration);
    ObDereferenceObject(Object);
}

static KTIMER Timer;

static NTSTATUS Poll(PVOID Object) {
    LARGE_INTEGER Zero = {.QuadPart = 0};
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

static VOID TestTimers(VOID) {
    LARGE_INTEGER Due;
    ULONGLONG Start;

    KeInitializeTimer(&Timer);
    Due.QuadPart = SystemNow() + HOUR;
    KeSetTimer(&Timer, Due, NULL);
    Forward(HOUR / 2);
    STATUS(Poll(&Timer), STATUS_TIMEOUT, "half the way an absolute timer is not due");
    Forward(HOUR / 2);
    STATUS(Poll(&Timer), STATUS_SUCCESS, "when the time passes it, it goes off at once");
    Forward(-HOUR);
    Due.QuadPart = -(LONGLONG)MILLISECONDS(50);
    Start = InterruptNow();
    KeSetTimer(&Timer, Due, NULL);
    Forward(HOUR);
    STATUS(Poll(&Timer), STATUS_TIMEOUT, "a relative timer does not follow");
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    ok(InterruptNow() - Start >= MILLISECONDS(50) && InterruptNow() - Start < MILLISECONDS(51), "and goes off after its time");
    Due.QuadPart = SystemNow() + MILLISECONDS(20);
    Start = InterruptNow();
    KeSetTimer(&Timer, Due, NULL);
    Forward(-(LONGLONG)MILLISECONDS(30));
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    ok(InterruptNow() - Start >= MILLISECONDS(50) && InterruptNow() - Start < MILLISECONDS(51), "put back, the time makes an absolute timer later");
    Due.QuadPart = SystemNow() + MILLISECONDS(10);
    KeSetTimerEx(&Timer, Due, 10, NULL);
    Sleep100ns(MILLISECONDS(15));
    STATUS(Poll(&Timer), STATUS_SUCCESS, "a periodic one, the first time absolute");
    KeCancelTimer(&Timer);
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeSetTimerEx(&Timer, Due, 10, NULL);
    STATUS(Poll(&Timer), STATUS_SUCCESS, "is due");
    Forward(-HOUR);
    Sleep100ns(MILLISECONDS(11));
    STATUS(Poll(&Timer), STATUS_SUCCESS, "its period goes on");
    KeCancelTimer(&Timer);
}

static KEVENT Never;
static volatile NTSTATUS WaitStatus;
static ULONGLONG WaitTook;

static VOID NTAPI WaitUntil(PVOID Context) {
    LARGE_INTEGER Until = {.QuadPart = SystemNow() + HOUR};
    ULONGLONG Start = InterruptNow();

    UNREFERENCED_PARAMETER(Context);
    WaitStatus = KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &Until);
    WaitTook = InterruptNow() - Start;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestWaits(VOID) {
    PKTHREAD Waiter;

    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    Waiter = StartThread(WaitUntil, NULL);
    Sleep100ns(MILLISECONDS(10));
    Forward(HOUR);
    ok(JoinThread(Waiter), "a thread waits until a time");
    STATUS(WaitStatus, STATUS_TIMEOUT, "an absolute wait ends when the time has come");
    ok(WaitTook < MILLISECONDS(100), "which is when it was set");
    Forward(-HOUR);
}

/* How often the time that is read without a call changes within 16 ms. */
static ULONG Updates(VOID) {
    ULONGLONG End = InterruptNow() + MILLISECONDS(16), Last = 0;
    ULONG Count = 0;

    while (InterruptNow() < End) {
        ULONGLONG Now = *(volatile ULONG *)(KI_USER_SHARED_DATA + 8);
        Count += Now != Last;
        Last = Now;
    }
    return Count;
}

static VOID TestResolution(VOID) {
    ULONG Maximum, Minimum, Current, Increment = KeQueryTimeIncrement();

    ExQueryTimerResolution(&Maximum, &Minimum, &Current);
    ok(Maximum == Increment && Current == Increment && Minimum == 5000, "ticks are the coarsest resolution, and the first; the finest is 0.5 ms");
    ok(Updates() <= 3, "times that are read without a call are those of the last tick");
    is(ExSetTimerResolution(10000, TRUE), 10000, "1 ms");
    ok(Updates() > 10, "they are newer then");
    is(ExSetTimerResolution(20000, TRUE), 10000, "a coarser one changes nothing");
    is(ExSetTimerResolution(1, TRUE), 5000, "and one that is too fine gives the finest");
    ExQueryTimerResolution(&Maximum, &Minimum, &Current);
    is(Current, 5000, "which is the current one");
    is(KeQueryTimeIncrement(), Increment, "the time increment is what it was");
    is(ExSetTimerResolution(0, FALSE), 5000, "one of three gives it up");
    is(ExSetTimerResolution(0, FALSE), 5000, "the second");
    is(ExSetTimerResolution(0, FALSE), Increment, "the last: back to the default");
    is(ExSetTimerResolution(0, FALSE), Increment, "nobody is left");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestSetting();
    TestTimers();
    TestWaits();
    TestResolution();
}
