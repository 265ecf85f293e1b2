/*
 * Timers that the system allocates (documentation: "ExXxxTimer Routines and EX_TIMER Objects"). The object begins with a KTIMER, so that it can be waited for; its DPC is always
 * ours, for the last expiration may have to delete it.
 */
#include "ex/ex.h"

#define EXP_SHORTEST_PERIOD 5000 /* 0.5 ms: the fastest clock a PC has; a timer expires once a tick at most */

struct _EX_TIMER {
    KI_FINE_TIMER Timer;
    KDPC Dpc;
    PEXT_CALLBACK Callback;
    PVOID Context;
    BOOLEAN HighResolution;
    BOOLEAN Disabled; /* ExDeleteTimer was called */
    BOOLEAN InCallback;
    PKEVENT Waiter; /* of an ExDeleteTimer that waits; NULL: none */
    EXT_DELETE_PARAMETERS Delete;
};

/* "The routine bug checks", say the pages, and not with which code: docs/oracle.md. */
static DECLSPEC_NORETURN VOID ExpRefuseTimer(PCSTR Sentence) {
    KiBugCheck(KI_SECURITY_CHECK_FAILURE, KI_FAIL_INVALID_ARGUMENT, 0, 0, 0, NULL, Sentence);
}

static BOOLEAN ExpIsPending(PEX_TIMER Timer) { return Timer->Timer.Timer.Header.Inserted || Timer->Dpc.DpcData != NULL || Timer->InCallback; }

static VOID ExpFree(PEX_TIMER Timer) {
    EXT_DELETE_PARAMETERS Delete = Timer->Delete;
    PKEVENT Waiter = Timer->Waiter;

    ExFreePool(Timer);
    if (Delete.DeleteCallback != NULL)
        Delete.DeleteCallback(Delete.DeleteContext);
    if (Waiter != NULL)
        KeSetEvent(Waiter, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI ExpTimerExpired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PEX_TIMER Timer = Context;

    if (Timer->Callback != NULL) {
        Timer->InCallback = TRUE;
        Timer->Callback(Timer, Timer->Context);
        Timer->InCallback = FALSE;
    }
    if (Timer->Disabled && !ExpIsPending(Timer))
        ExpFree(Timer);
}

PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes) {
    PEX_TIMER Timer;

    if ((Attributes & (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE)) == (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE))
        ExpRefuseTimer("ExAllocateTimer is asked for a timer of high resolution that does not wake the processor: it is one or the other");
    Timer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Timer), 'mTxE');
    if (Timer == NULL)
        return NULL;
    RtlZeroMemory(Timer, sizeof(*Timer));
    KiInitializeFineTimer(&Timer->Timer, Attributes & EX_TIMER_NOTIFICATION ? NotificationTimer : SynchronizationTimer);
    Timer->Timer.Owner = (PVOID)(ULONG_PTR)Callback;
    KeInitializeDpc(&Timer->Dpc, ExpTimerExpired, Timer);
    Timer->Callback = Callback;
    Timer->Context = CallbackContext;
    Timer->HighResolution = (Attributes & EX_TIMER_HIGH_RESOLUTION) != 0;
    return Timer;
}

/* NoWakeTolerance is leave to be late, and nothing is late here. */
BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters) {
    LARGE_INTEGER Due = {.QuadPart = DueTime};

    if (Period < 0 || Period > MAXLONG)
        ExpRefuseTimer("ExSetTimer is given a period that is negative or above MAXLONG");
    if (Timer->HighResolution && DueTime >= 0)
        ExpRefuseTimer("ExSetTimer is given an absolute time for a timer of high resolution: such a timer takes a relative one, below 0");
    if (Timer->Disabled)
        return FALSE;
    if (Period != 0 && Period < EXP_SHORTEST_PERIOD)
        Period = EXP_SHORTEST_PERIOD;
    return KiSetFineTimer(&Timer->Timer, Due, (ULONG64)Period, &Timer->Dpc);
}

BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters) { return !Timer->Disabled && KeCancelTimer(&Timer->Timer.Timer); }

BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters) {
    BOOLEAN Cancelled;
    KEVENT Done;

    if (Wait && !Cancel)
        ExpRefuseTimer("ExDeleteTimer is to wait for a timer that it is not to cancel: with Wait, Cancel must be TRUE");
    if (Timer->Disabled)
        return FALSE;
    if (Parameters != NULL)
        Timer->Delete = *Parameters;
    Timer->Disabled = TRUE;
    Timer->Timer.Period = 0; /* no more than one expiration from now on */
    Cancelled = Cancel && KeCancelTimer(&Timer->Timer.Timer);
    if (!ExpIsPending(Timer)) {
        ExpFree(Timer);
    } else if (Wait) {
        KeInitializeEvent(&Done, NotificationEvent, FALSE);
        Timer->Waiter = &Done;
        KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    }
    return Cancelled;
}
