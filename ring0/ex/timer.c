/*
 * Timer objects of programs (documentation: "Waitable Timer Objects"). With an APC routine the timer's DPC queues an APC to the thread that has set
 * it; such a timer is in a list until it is done, cancelled or deleted, or the thread ends, which cancels it.
 */
#include "ex/ex.h"

#ifndef TIMER_ALL_ACCESS
#define TIMER_QUERY_STATE  1u
#define TIMER_MODIFY_STATE 2u
#define TIMER_ALL_ACCESS   (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | TIMER_QUERY_STATE | TIMER_MODIFY_STATE)
#endif

typedef struct _EXP_TIMER {
    KTIMER Timer;
    KDPC Dpc;
    KAPC Apc;
    LIST_ENTRY Link; /* in ExpApcTimers while HasApc */
    PKTHREAD Thread; /* that has set it; valid while HasApc */
    BOOLEAN HasApc;
} EXP_TIMER, *PEXP_TIMER;

typedef struct _EXP_TIMER_BASIC_INFORMATION { /* TIMER_BASIC_INFORMATION */
    LARGE_INTEGER RemainingTime;
    BOOLEAN TimerState;
} EXP_TIMER_BASIC_INFORMATION;

static POBJECT_TYPE ExpTimerType;
static LIST_ENTRY ExpApcTimers = {&ExpApcTimers, &ExpApcTimers};

static VOID ExpForgetApc(PEXP_TIMER Timer) {
    if (!Timer->HasApc)
        return;
    Timer->HasApc = FALSE;
    RemoveEntryList(&Timer->Link);
}

static VOID ExpStop(PEXP_TIMER Timer) {
    KeCancelTimer(&Timer->Timer);
    if (!Timer->HasApc)
        return;
    KeRemoveQueueDpc(&Timer->Dpc);
    KeRemoveQueueApc(&Timer->Apc);
    ExpForgetApc(Timer);
}

static VOID ExpDeleteTimer(PVOID Object) { ExpStop(Object); }

VOID ExpCreateTimerType(VOID) {
    const OB_TYPE_INITIALIZER Initializer = {
        .Name = L"Timer",
        .GenericMapping = {STANDARD_RIGHTS_READ | TIMER_QUERY_STATE, STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, TIMER_ALL_ACCESS},
        .ValidAccess = TIMER_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(EXP_TIMER),
        .Delete = ExpDeleteTimer,
    };

    if (!NT_SUCCESS(ObCreateObjectType(&Initializer, &ExpTimerType)))
        KiFatal("an object type cannot be made at boot");
}

VOID ExRundownTimers(PKTHREAD Thread) {
    for (PLIST_ENTRY Entry = ExpApcTimers.Flink, Next; Entry != &ExpApcTimers; Entry = Next) {
        PEXP_TIMER Timer = CONTAINING_RECORD(Entry, EXP_TIMER, Link);

        Next = Entry->Flink;
        if (Timer->Thread == Thread)
            ExpStop(Timer);
    }
}

/* The routine gets the system time at which the timer went off. An APC that is still queued from the last period is not queued again. */
static VOID NTAPI ExpTimerDpc(PKDPC Dpc, PVOID Context, PVOID SystemArgument1, PVOID SystemArgument2) {
    PEXP_TIMER Timer = Context;
    ULONG64 Now = KiQuerySystemTime();

    KeInsertQueueApc(&Timer->Apc, ULongToPtr((ULONG)Now), ULongToPtr((ULONG)(Now >> 32)), 1);
}

static VOID NTAPI ExpTimerApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    PEXP_TIMER Timer = CONTAINING_RECORD(Apc, EXP_TIMER, Apc);

    if (Timer->Timer.Period == 0)
        ExpForgetApc(Timer);
}

static VOID NTAPI ExpTimerRundown(PKAPC Apc) { ExpForgetApc(CONTAINING_RECORD(Apc, EXP_TIMER, Apc)); }

NTSTATUS NTAPI NtCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType) {
    PEXP_TIMER Timer;
    HANDLE Handle;
    NTSTATUS Status, Copied;

    if (TimerType != NotificationTimer && TimerType != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER_4;
    Status = ObCreateObject(KiPreviousMode(), ExpTimerType, ObjectAttributes, KiPreviousMode(), NULL, sizeof(*Timer), 0, 0, (PVOID *)&Timer);
    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeTimerEx(&Timer->Timer, TimerType);
    KeInitializeDpc(&Timer->Dpc, ExpTimerDpc, Timer);
    Timer->HasApc = FALSE;
    Status = ObInsertObject(Timer, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Copied = ExpReturnHandle(TimerHandle, Handle);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

NTSTATUS NTAPI NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ExpTimerType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);

    return NT_SUCCESS(Status) ? ExpReturnHandle(TimerHandle, Handle) : Status;
}

static NTSTATUS ExpReferenceTimer(HANDLE Handle, ACCESS_MASK Access, PEXP_TIMER *Timer) {
    return ObReferenceObjectByHandle(Handle, Access, ExpTimerType, KiPreviousMode(), (PVOID *)Timer, NULL);
}

/* Nothing here ever sleeps, so nothing can be woken up: asking for that is a success that says so. */
NTSTATUS NTAPI NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine, PVOID TimerContext, BOOLEAN ResumeTimer,
                          LONG Period, PBOOLEAN PreviousState) {
    LARGE_INTEGER Due;
    PEXP_TIMER Timer;
    BOOLEAN Previous;
    NTSTATUS Status;

    if (Period < 0)
        return STATUS_INVALID_PARAMETER_6;
    Status = KiCopyIn(&Due, DueTime, sizeof(Due));
    if (NT_SUCCESS(Status))
        Status = ExpReferenceTimer(TimerHandle, TIMER_MODIFY_STATE, &Timer);
    if (!NT_SUCCESS(Status))
        return Status;
    ExpStop(Timer);
    Previous = KeReadStateTimer(&Timer->Timer);
    if (TimerApcRoutine != NULL) {
        Timer->Thread = KiCurrentThread();
        KeInitializeApc(&Timer->Apc, Timer->Thread, CurrentApcEnvironment, ExpTimerApc, ExpTimerRundown, (PKNORMAL_ROUTINE)(PVOID)TimerApcRoutine,
                        KiPreviousMode(), TimerContext);
        Timer->HasApc = TRUE;
        InsertTailList(&ExpApcTimers, &Timer->Link);
    }
    KeSetTimerEx(&Timer->Timer, Due, Period, TimerApcRoutine != NULL ? &Timer->Dpc : NULL);
    ObDereferenceObject(Timer);
    Status = KiCopyOutOptional(PreviousState, &Previous, sizeof(Previous));
    return NT_SUCCESS(Status) && ResumeTimer ? STATUS_TIMER_RESUME_IGNORED : Status;
}

NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState) {
    PEXP_TIMER Timer;
    BOOLEAN State;
    NTSTATUS Status = ExpReferenceTimer(TimerHandle, TIMER_MODIFY_STATE, &Timer);

    if (!NT_SUCCESS(Status))
        return Status;
    ExpStop(Timer);
    State = KeReadStateTimer(&Timer->Timer);
    ObDereferenceObject(Timer);
    return KiCopyOutOptional(CurrentState, &State, sizeof(State));
}

NTSTATUS NTAPI NtQueryTimer(HANDLE TimerHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength) {
    EXP_TIMER_BASIC_INFORMATION Basic = {.TimerState = FALSE};
    ULONG Size = sizeof(Basic);
    PEXP_TIMER Timer;
    NTSTATUS Status;

    if (InformationClass != 0) /* TimerBasicInformation */
        return STATUS_INVALID_INFO_CLASS;
    if (Length != Size)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ExpReferenceTimer(TimerHandle, TIMER_QUERY_STATE, &Timer);
    if (!NT_SUCCESS(Status))
        return Status;
    Basic.RemainingTime.QuadPart = (LONGLONG)(Timer->Timer.DueTime.QuadPart - KiQueryInterruptTime());
    Basic.TimerState = KeReadStateTimer(&Timer->Timer);
    ObDereferenceObject(Timer);
    Status = KiCopyOut(Information, &Basic, sizeof(Basic));
    return NT_SUCCESS(Status) ? KiCopyOutOptional(ReturnLength, &Size, sizeof(Size)) : Status;
}
