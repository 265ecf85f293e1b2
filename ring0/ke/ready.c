/* Who runs next: ready queues by priority, preemption, processors. */
#include "ke/ke.h"

/* A thread that has been ready for so long without running gets one long turn at the highest dynamic priority: what it owns, others may be waiting for ("Priority Inversion"). */
#define STARVED_TICKS 256u /* 4 s */
#define SCAN_TICKS    64u  /* who it is is looked for once a second */

static LIST_ENTRY KipReadyList[MAXIMUM_PRIORITY];
static ULONG KipReadySummary; /* bit n: list n is not empty */

VOID KiInitializeReadyLists(VOID) {
    for (ULONG Priority = 0; Priority < MAXIMUM_PRIORITY; Priority++)
        InitializeListHead(&KipReadyList[Priority]);
}

static KPRIORITY KipRunningPriority(PKPROCESSOR Processor) {
    PKTHREAD Thread = Processor->CurrentThread;

    return Thread == Processor->IdleThread ? -1 : Thread->Priority;
}

static BOOLEAN KipMayRunOn(PKTHREAD Thread, PKPROCESSOR Processor) { return (Thread->Affinity >> Processor->Number) & 1; }

/* The first of the highest queue that holds one for this processor; NULL: none. */
static PKTHREAD KipBestReady(PKPROCESSOR Processor) {
    for (ULONG Summary = KipReadySummary; Summary != 0;) {
        ULONG Priority = 31 - (ULONG)__builtin_clz(Summary);

        for (PLIST_ENTRY Entry = KipReadyList[Priority].Flink; Entry != &KipReadyList[Priority]; Entry = Entry->Flink) {
            PKTHREAD Thread = CONTAINING_RECORD(Entry, struct _KTHREAD, ReadyListEntry);

            if (KipMayRunOn(Thread, Processor))
                return Thread;
        }
        Summary &= ~(1u << Priority);
    }
    return NULL;
}

BOOLEAN KiIsReadyFor(PKPROCESSOR Processor) { return KipBestReady(Processor) != NULL; }

/* An idle processor finds a ready thread by itself. Else the processor with the least to do makes room, if that is less than this. */
static VOID KipRequestProcessor(PKTHREAD Thread) {
    PKPROCESSOR Least = NULL;

    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        PKPROCESSOR Processor = &KiProcessors[Number];

        if (!KipMayRunOn(Thread, Processor) || Processor->DispatchRequested)
            continue;
        if (Least == NULL || KipRunningPriority(Processor) < KipRunningPriority(Least))
            Least = Processor;
    }
    if (Least != NULL && Thread->Priority > KipRunningPriority(Least))
        Least->DispatchRequested = TRUE;
}

static VOID KipInsertReady(PKTHREAD Thread, BOOLEAN Head) {
    if (Thread->State != Ready)
        Thread->ReadySince = KiSharedData->TickCount.LowPart;
    Thread->State = Ready;
    if (Head)
        InsertHeadList(&KipReadyList[Thread->Priority], &Thread->ReadyListEntry);
    else
        InsertTailList(&KipReadyList[Thread->Priority], &Thread->ReadyListEntry);
    KipReadySummary |= 1u << Thread->Priority;
}

static VOID KipRemoveReady(PKTHREAD Thread) {
    if (RemoveEntryList(&Thread->ReadyListEntry))
        KipReadySummary &= ~(1u << Thread->Priority);
}

VOID KiReadyThread(PKTHREAD Thread) {
    NT_ASSERT_OURS(Thread->State != Ready && Thread->State != Running && Thread->State != Terminated);
    KipInsertReady(Thread, FALSE);
    KipRequestProcessor(Thread);
}

/* What is left in the queues may be better than what another processor runs. */
PKTHREAD KiSelectThread(VOID) {
    PKTHREAD Thread = KipBestReady(KiProcessor);

    if (Thread == NULL)
        return NULL;
    KipRemoveReady(Thread);
    Thread->Processor = KiProcessor->Number;
    if (KiInterleaves && KipReadySummary != 0)
        KipRequestProcessor(CONTAINING_RECORD(KipReadyList[31 - __builtin_clz(KipReadySummary)].Flink, struct _KTHREAD, ReadyListEntry));
    return Thread;
}

/* The running thread makes room for a better one, or for its equals when its turn is over. It comes back when it is the best again. */
VOID KiPreemptThread(VOID) {
    PKTHREAD Thread = KiCurrentThread(), Best = KipBestReady(KiProcessor);
    BOOLEAN QuantumEnd = KiProcessor->QuantumEnd;

    KiProcessor->DispatchRequested = KiProcessor->QuantumEnd = FALSE;
    if (KipMayRunOn(Thread, KiProcessor) &&
        (Best == NULL || Best->Priority < Thread->Priority || (Best->Priority == Thread->Priority && !QuantumEnd)))
        return;
    KipInsertReady(Thread, !QuantumEnd);
    KiSwapThread();
}

/* Whether a thread of at least this priority waits to run there. */
static BOOLEAN KipIsBeaten(PKPROCESSOR Processor, KPRIORITY Priority) {
    PKTHREAD Best = (ULONG64)KipReadySummary >> Priority != 0 ? KipBestReady(Processor) : NULL;

    return Best != NULL && Best->Priority >= Priority;
}

VOID KiChangePriority(PKTHREAD Thread, KPRIORITY Priority) {
    if (Priority == Thread->Priority)
        return;
    if (Thread->State == Ready) {
        KipRemoveReady(Thread);
        Thread->Priority = (SCHAR)Priority;
        KipInsertReady(Thread, FALSE);
        KipRequestProcessor(Thread);
    } else {
        Thread->Priority = (SCHAR)Priority;
        if (Thread->State == Running && KipIsBeaten(&KiProcessors[Thread->Processor], Priority + 1))
            KiProcessors[Thread->Processor].DispatchRequested = TRUE;
    }
}

VOID KiBoostThread(PKTHREAD Thread, KPRIORITY Priority) {
    if (Thread->DisableBoost || Thread->Priority >= Priority)
        return;
    KiChangePriority(Thread, Priority);
    Thread->Quantum = KI_QUANTUM;
    Thread->Starved = TRUE;
}

static VOID KipBoostStarved(VOID) {
    static ULONG LastScan;
    ULONG Now = KiSharedData->TickCount.LowPart;

    if (Now - LastScan < SCAN_TICKS)
        return;
    LastScan = Now;
    for (KPRIORITY Priority = LOW_PRIORITY + 1; Priority < LOW_REALTIME_PRIORITY - 1; Priority++) {
        for (PLIST_ENTRY Entry = KipReadyList[Priority].Flink, Next; Entry != &KipReadyList[Priority]; Entry = Next) {
            PKTHREAD Thread = CONTAINING_RECORD(Entry, struct _KTHREAD, ReadyListEntry);

            Next = Entry->Flink;
            if (Now - Thread->ReadySince < STARVED_TICKS)
                continue;
            KiChangePriority(Thread, LOW_REALTIME_PRIORITY - 1);
            Thread->Quantum = 2 * KI_QUANTUM;
            Thread->Starved = TRUE;
        }
    }
}

/* One level down, or all of them after a turn that was given to a starved thread. */
static VOID KipDecayPriority(PKTHREAD Thread) {
    if (Thread->Priority < LOW_REALTIME_PRIORITY && Thread->Priority > Thread->BasePriority)
        Thread->Priority = Thread->Starved ? Thread->BasePriority : Thread->Priority - 1;
    Thread->Starved = FALSE;
}

/* A tick has passed: dynamic boosts fade at the end of a turn, and equals take turns. */
VOID KiChargeTick(PKPROCESSOR Processor) {
    PKTHREAD Thread = Processor->CurrentThread;

    if (Processor->Number == 0)
        KipBoostStarved();
    if (Thread == Processor->IdleThread || --Thread->Quantum > 0)
        return;
    Thread->Quantum = KI_QUANTUM;
    KipDecayPriority(Thread);
    if (KipIsBeaten(Processor, Thread->Priority))
        Processor->DispatchRequested = Processor->QuantumEnd = TRUE;
}

NTSTATUS NTAPI NtYieldExecution(VOID) {
    PKTHREAD Thread = KiCurrentThread();
    KIRQL Irql;

    if (!KiIsReadyFor(KiProcessor))
        return STATUS_NO_YIELD_PERFORMED;
    Irql = KfRaiseIrql(DISPATCH_LEVEL);
    Thread->Quantum = KI_QUANTUM;
    KipDecayPriority(Thread);
    KipInsertReady(Thread, FALSE);
    Thread->WaitReason = WrYieldExecution;
    KiSwapThread();
    KeLowerIrql(Irql);
    return STATUS_SUCCESS;
}
