/*
 * Waits for one, any and all of semaphores, mutexes, synchronization events and timers, with and without an end, alertable and not. Each object is so many tokens: who
 * has waited for it holds one, and nobody ever holds more than there are; in the end all are back.
 */
#include "torture.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define THREADS 24
#define ROUNDS  10

enum { SEMAPHORE, SEMAPHORE_OF_3, EVENT, MUTEX, OTHER_EVENT, OTHER_MUTEX, OBJECTS };

static KSEMAPHORE Semaphore, SemaphoreOf3;
static KEVENT Event, OtherEvent;
static KMUTEX Mutex, OtherMutex;
static const PVOID Objects[OBJECTS] = {&Semaphore, &SemaphoreOf3, &Event, &Mutex, &OtherEvent, &OtherMutex};
static const LONG Tokens[OBJECTS] = {1, 3, 1, 1, 1, 1};
static volatile LONG Held[OBJECTS];
static volatile LONG Singles, Anys, Alls, Timeouts, Alerts;
static PKTHREAD volatile Waiters[THREADS];

static VOID Take(ULONG Which) { Must(InterlockedIncrement(&Held[Which]) <= Tokens[Which], "more tokens are held than there are"); }

static VOID Give(ULONG Which) {
    InterlockedDecrement(&Held[Which]);
    switch (Which) {
    case SEMAPHORE: Must(KeReleaseSemaphore(&Semaphore, 1, 1, FALSE) == 0, "a semaphore's count"); break;
    case SEMAPHORE_OF_3: Must(KeReleaseSemaphore(&SemaphoreOf3, 1, 1, FALSE) < 3, "a semaphore's count"); break;
    case EVENT: Must(KeSetEvent(&Event, 1, FALSE) == 0, "an event was set that somebody held"); break;
    case OTHER_EVENT: Must(KeSetEvent(&OtherEvent, 1, FALSE) == 0, "an event was set that somebody held"); break;
    case MUTEX: Must(KeReleaseMutex(&Mutex, FALSE) == 0, "a mutex's count"); break;
    default: Must(KeReleaseMutex(&OtherMutex, FALSE) == 0, "a mutex's count"); break;
    }
}

/* Some objects, each at most once, in any order; at most one mutex and one of the rest held by a thread at a time, so that nobody waits in a circle. */
static ULONG Choose(DICE *Dice, ULONG *Which, PVOID *Chosen) {
    ULONG Count = 2 + Roll(Dice, OBJECTS - 2), First = Roll(Dice, OBJECTS);

    for (ULONG Index = 0; Index < Count; Index++) {
        Which[Index] = (First + Index) % OBJECTS;
        Chosen[Index] = Objects[Which[Index]];
    }
    return Count;
}

/* What is not had within its time was waited for at least that long. */
static BOOLEAN Had(NTSTATUS Status, const LARGE_INTEGER *Limit, ULONG64 Began) {
    if (Status == STATUS_TIMEOUT) {
        Must(Limit != NULL && Now() - Began >= (ULONG64)-Limit->QuadPart, "a wait ended before its time");
        InterlockedIncrement(&Timeouts);
        return FALSE;
    }
    if (Status == STATUS_ALERTED) {
        InterlockedIncrement(&Alerts);
        return FALSE;
    }
    return TRUE;
}

static VOID NTAPI Waiter(PVOID Context) {
    DICE Dice = {(ULONG)(ULONG_PTR)Context * 2654435761u + 99};
    ULONG Which[OBJECTS];
    PVOID Chosen[OBJECTS];
    KWAIT_BLOCK Blocks[OBJECTS];

    Waiters[(ULONG_PTR)Context] = KeGetCurrentThread();
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        ULONG Count = Choose(&Dice, Which, Chosen), Kind = Roll(&Dice, 3);
        LARGE_INTEGER Time = {.QuadPart = -(LONGLONG)Roll(&Dice, 3000)}, *Limit = Roll(&Dice, 3) == 0 ? &Time : NULL;
        BOOLEAN Alertable = Roll(&Dice, 4) == 0;
        ULONG64 Began = Now();
        NTSTATUS Status;

        if (Kind == 0) {
            Status = KeWaitForSingleObject(Chosen[0], Executive, KernelMode, Alertable, Limit);
            if (Had(Status, Limit, Began)) {
                Must(Status == STATUS_SUCCESS, "a wait for one object");
                Take(Which[0]);
                Point();
                Give(Which[0]);
                InterlockedIncrement(&Singles);
            }
        } else {
            WAIT_TYPE Type = Kind == 1 ? WaitAny : WaitAll;

            Status = KeWaitForMultipleObjects(Count, Chosen, Type, Executive, KernelMode, Alertable, Limit, Blocks);
            if (Had(Status, Limit, Began)) {
                Must(Type == WaitAll ? Status == STATUS_WAIT_0 : (ULONG)Status < Count, "a wait's result");
                for (ULONG Index = 0; Index < Count; Index++)
                    if (Type == WaitAll || Index == (ULONG)Status)
                        Take(Which[Index]);
                Point();
                for (ULONG Index = Count; Index-- != 0;)
                    if (Type == WaitAll || Index == (ULONG)Status)
                        Give(Which[Index]);
                InterlockedIncrement(Type == WaitAll ? &Alls : &Anys);
            }
        }
        if (Roll(&Dice, 8) == 0) {
            PKTHREAD Other = Waiters[Roll(&Dice, THREADS)];

            if (Other != NULL)
                KeAlertThread(Other, KernelMode);
        }
    }
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL); /* twice, as its owner may */
    Must(KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS, "a mutex's owner waits for it again");
    Take(MUTEX);
    Must(KeReleaseMutex(&Mutex, FALSE) == -1, "a mutex taken twice is still owned after one release");
    Point();
    Give(MUTEX);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A notification event lets all through, each generation once; a synchronization event lets through one for each time that it is set. */
#define CROWD 16
static KEVENT Gate, Turnstile;
static volatile LONG Through, Turns, Present;

static VOID NTAPI Visitor(PVOID Context) {
    LARGE_INTEGER None = {.QuadPart = 0};

    InterlockedIncrement(&Present);
    KeWaitForSingleObject(&Gate, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&Through);
    KeWaitForSingleObject(&Turnstile, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&Turns);
    Must(KeWaitForSingleObject(&Gate, Executive, KernelMode, FALSE, &None) == STATUS_SUCCESS, "a notification event stays set");
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI GateKeeper(PVOID Context) {
    while (Present < CROWD)
        Sleep100ns(100);
    Must(Through == 0, "nobody passes before the gate is open");
    KeSetEvent(&Gate, 0, FALSE);
    for (LONG Turn = 1; Turn <= CROWD; Turn++) {
        while (Through < CROWD)
            Sleep100ns(100);
        KeSetEvent(&Turnstile, 0, FALSE);
        while (Turns < Turn)
            Sleep100ns(100);
        Must(Turns == Turn, "a synchronization event lets one through");
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI CrowdOrKeeper(PVOID Context) { (ULONG_PTR) Context == 0 ? GateKeeper(Context) : Visitor(Context); }

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    KeInitializeSemaphore(&Semaphore, 1, 1);
    KeInitializeSemaphore(&SemaphoreOf3, 3, 3);
    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    KeInitializeEvent(&OtherEvent, SynchronizationEvent, TRUE);
    KeInitializeMutex(&Mutex, 0);
    KeInitializeMutex(&OtherMutex, 0);
    KeInitializeEvent(&Gate, NotificationEvent, FALSE);
    KeInitializeEvent(&Turnstile, SynchronizationEvent, FALSE);
    RunThreads(THREADS, Waiter, "all waiters ended");
    ok(KeReadStateSemaphore(&Semaphore) == 1 && KeReadStateSemaphore(&SemaphoreOf3) == 3 && KeReadStateEvent(&Event) &&
           KeReadStateEvent(&OtherEvent) && KeReadStateMutex(&Mutex) == 1 && KeReadStateMutex(&OtherMutex) == 1,
       "all tokens are back: %d single waits, %d any, %d all, %d timed out, %d alerted", Singles, Anys, Alls, Timeouts, Alerts);
    RunThreads(CROWD + 1, CrowdOrKeeper, "a gate and a turnstile");
    is(Turns, CROWD, "each went through");
    ReportViolations("waits");
}
