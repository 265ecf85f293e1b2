/*
 * How often the clock interrupts: the finest of what drivers and processes ask for (documentation: "ExSetTimerResolution", "timeBeginPeriod"). Timers are exact here whatever that is;
 * what depends on it is how old the times in KUSER_SHARED_DATA are.
 */
#include "ex/ex.h"
#include "ps/ps.h"

#define FINEST   5000u /* 0.5 ms */
#define COARSEST KI_TIME_INCREMENT

static ULONG ExpCurrentResolution = COARSEST;
static ULONG ExpDriverRequests; /* that have not been taken back */
static ULONG ExpDriverResolution;

static ULONG ExpPossible(ULONG Time) { return max(FINEST, min(COARSEST, Time)); }

static VOID ExpApplyResolution(VOID) {
    ULONG Resolution = ExpDriverRequests != 0 ? ExpDriverResolution : COARSEST;

    for (PLIST_ENTRY Entry = PsActiveProcessHead.Flink; Entry != &PsActiveProcessHead; Entry = Entry->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Entry, struct _EPROCESS, ActiveProcessLinks);

        if (Process->TimerResolution != 0)
            Resolution = min(Resolution, Process->TimerResolution);
    }
    ExpCurrentResolution = Resolution;
    KiSetClockInterval(Resolution);
}

/* The default comes back when each driver that has asked for another has said that it is done. */
ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution) {
    if (SetResolution) {
        ULONG Time = ExpPossible(DesiredTime);

        ExpDriverResolution = ExpDriverRequests != 0 ? min(ExpDriverResolution, Time) : Time;
        ExpDriverRequests++;
    } else if (ExpDriverRequests != 0) {
        ExpDriverRequests--;
    }
    ExpApplyResolution();
    return ExpCurrentResolution;
}

VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime) {
    *MaximumTime = COARSEST;
    *MinimumTime = FINEST;
    *CurrentTime = ExpCurrentResolution;
}

NTSTATUS NTAPI NtQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime) {
    ULONG Maximum, Minimum, Current;
    NTSTATUS Status;

    ExQueryTimerResolution(&Maximum, &Minimum, &Current);
    Status = KiCopyOut(MaximumTime, &Maximum, sizeof(Maximum));
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(MinimumTime, &Minimum, sizeof(Minimum));
    return NT_SUCCESS(Status) ? KiCopyOut(CurrentTime, &Current, sizeof(Current)) : Status;
}

/* A process has one wish, the last. */
NTSTATUS NTAPI NtSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution, PULONG ActualTime) {
    PEPROCESS Process = PsGetCurrentProcess();
    BOOLEAN Had = Process->TimerResolution != 0;
    NTSTATUS Status = KiCopyOut(ActualTime, &ExpCurrentResolution, sizeof(ULONG));

    if (!NT_SUCCESS(Status))
        return Status;
    Process->TimerResolution = SetResolution ? ExpPossible(DesiredTime) : 0;
    ExpApplyResolution();
    Status = KiCopyOut(ActualTime, &ExpCurrentResolution, sizeof(ULONG));
    return SetResolution || Had || !NT_SUCCESS(Status) ? Status : STATUS_TIMER_RESOLUTION_NOT_SET;
}

VOID ExRundownTimerResolution(PEPROCESS Process) {
    if (Process->TimerResolution == 0)
        return;
    Process->TimerResolution = 0;
    ExpApplyResolution();
}
