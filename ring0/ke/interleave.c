/* Several processors on one Linux thread. */
#include "ke/ke.h"

/*
 * A processor is a level, a current thread and a DPC queue. KiProcessor is the one that executes; every other one stands still in KiRunProcessor, on the stack
 * of its current thread, which stays Running, or of its idle thread. Processors change only where this file is called: at a driver's calls of the
 * kernel (their twins come through here first), at its writes of CR8, at points inside its code (points.c), at system calls, when a processor spins or has
 * nothing to do, and when code has used its 20 ms without any of these. The kernel's own code is not interleaved, but for the driver code that it calls. Which processor goes on is the schedule's choice.
 */

BOOLEAN KiInterleaves;
static const KI_SCHEDULE *KipSchedule;
static ULONG64 KipProgress; /* counts points at which some processor was about to do something */

VOID KiStartProcessors(VOID) {
    if (KiMachine->cpus == 1)
        return;
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        PKPROCESSOR Processor = &KiProcessors[Number];

        Processor->IdleThread->WaitIrql = DISPATCH_LEVEL;
        if (!NT_SUCCESS(KiMakeStack(Processor->IdleThread, KiIdleLoop, NULL)))
            KiFatal("no memory for %u processors at boot", KiMachine->cpus);
        if (Processor != KiProcessor)
            Processor->Irql = DISPATCH_LEVEL;
    }
    KipSchedule = &KiSchedules[KiMachine->schedule];
    KipSchedule->Begin(KiMachine->seed, KiMachine->schedule_depth);
    KiNoPreemptLevel = HIGH_LEVEL + 1;
    KiInterleaves = TRUE;
}

/* Whether this processor would do anything if it went on. */
static BOOLEAN KipCanGoOn(PKPROCESSOR Processor) {
    if (Processor->SpinsOn != NULL)
        return *Processor->SpinsOn != Processor->SpinValue || (Processor->IpiRoutine != NULL && Processor->Irql < IPI_LEVEL);
    if (Processor->CurrentThread != Processor->IdleThread || Processor->DpcRoutineActive || Processor->Irql > DISPATCH_LEVEL)
        return TRUE;
    if (KiDeviceIrql > Processor->Irql)
        return TRUE;
    return (KiPending | Processor->DpcCount | KiMachine->pending_events) != 0 || Processor->IpiRoutine != NULL || KiIsReadyFor(Processor);
}

static ULONG64 KipOthers(VOID) {
    ULONG64 Mask = 0;

    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        if (&KiProcessors[Number] != KiProcessor && KipCanGoOn(&KiProcessors[Number]))
            Mask |= 1ull << Number;
    }
    return Mask;
}

VOID KiRunProcessor(PKPROCESSOR To) {
    PKTHREAD Old = KiCurrentThread();

    KiProcessor = To;
    KiSetIrql(To->Irql);
    KiBecomeThread(To->CurrentThread);
    KiSwapContext(Old, To->CurrentThread);
}

BOOLEAN KiYieldProcessor(VOID) {
    ULONG64 Others = KipOthers();

    if (Others == 0)
        return FALSE;
    KiRunProcessor(&KiProcessors[KipSchedule->Choose(Others, KiProcessor->Number)]);
    KiServeIpi();
    return TRUE;
}

VOID KiSchedulePoint(VOID) {
    ULONG Next;

    if (!KiInterleaves)
        return;
    KipProgress++;
    KiAdvanceClockOnEntry();
    Next = KipSchedule->Choose(KipOthers() | 1ull << KiProcessor->Number, KiProcessor->Number);
    if (Next != KiProcessor->Number)
        KiRunProcessor(&KiProcessors[Next]);
    KiServeIpi();
    if (KiHasPending())
        KiDeliverPending(KiProcessor->Irql);
}

/* Looks that cost 1 us each before they begin to cost twice as much, and how often that doubles: up to a clock tick. */
#define LOOKS_ALIKE   64u
#define LOOK_DOUBLES  14u
#define LOOK_TIME     10u
#define WATCHDOG_UNIT 10000000ull

BOOLEAN KiSpinPoint(VOID) {
    PKPROCESSOR Self = KiProcessor;

    if (!KiInterleaves)
        return TRUE;
    if (Self->LooksProgress != KipProgress) {
        Self->LooksProgress = KipProgress;
        Self->LooksSince = KiQueryInterruptTime();
        Self->Looks = 0;
    } else if (Self->Irql >= DISPATCH_LEVEL && KiQueryInterruptTime() - Self->LooksSince > KiMachine->watchdog_seconds * WATCHDOG_UNIT) {
        return FALSE;
    }
    KiMoveClockTo(KiQueryInterruptTime() + ((ULONG64)LOOK_TIME << min(Self->Looks++ / LOOKS_ALIKE, LOOK_DOUBLES)));
    if (KipSchedule->GiveWay != NULL)
        KipSchedule->GiveWay(Self->Number);
    KiYieldProcessor();
    if (KiHasPending())
        KiDeliverPending(KiProcessor->Irql);
    return TRUE;
}

BOOLEAN KiSpinWhile(const volatile LONG *Number, LONG Value) {
    PKPROCESSOR Self = KiProcessor;

    while (*Number == Value) {
        BOOLEAN Progress;

        if (!KiInterleaves)
            return FALSE;
        Self->SpinsOn = Number;
        Self->SpinValue = Value;
        Progress = KiYieldProcessor();
        Self->SpinsOn = NULL;
        if (!Progress && *Number == Value)
            return FALSE;
    }
    return TRUE;
}
