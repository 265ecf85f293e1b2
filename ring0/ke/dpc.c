/* Deferred procedure calls: a queue per processor, retired at DISPATCH_LEVEL. */
#include "ke/ke.h"
#include "vf/vf.h"

#define DPC_OBJECT 19
#define TARGETED   0x800u /* KDPC.Number of a DPC that is meant for one processor: this plus its number */

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    RtlZeroMemory(Dpc, sizeof(*Dpc));
    Dpc->Type = DPC_OBJECT;
    Dpc->Importance = MediumImportance;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
}

VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
    Dpc->Type = KI_THREADED_DPC;
}

BOOLEAN KiIsDpc(const KDPC *Dpc) { return Dpc->Type == DPC_OBJECT || Dpc->Type == KI_THREADED_DPC; }

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) { Dpc->Importance = (UCHAR)Importance; }

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) { Dpc->Number = (USHORT)(TARGETED + (UCHAR)Number); }

NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
    if (KeGetProcessorIndexFromNumber(ProcNumber) == INVALID_PROCESSOR_INDEX)
        return STATUS_INVALID_PARAMETER;
    Dpc->Number = (USHORT)(TARGETED + ProcNumber->Number);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
    return KiInsertQueueDpc(Dpc, SystemArgument1, SystemArgument2, KiProcessor);
}

BOOLEAN KiInsertQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2, PKPROCESSOR Processor) {
    if (Dpc->DpcData != NULL)
        return FALSE;
    if (Dpc->Number >= TARGETED && Dpc->Number - TARGETED < KiMachine->cpus)
        Processor = &KiProcessors[Dpc->Number - TARGETED];
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    Dpc->DpcData = Processor;
    if (Dpc->Type == KI_THREADED_DPC) {
        KiQueueThreadedDpc(Processor, Dpc);
        return TRUE;
    }
    if (Dpc->Importance == HighImportance)
        InsertHeadList(&Processor->DpcListHead, &Dpc->DpcListEntry);
    else
        InsertTailList(&Processor->DpcListHead, &Dpc->DpcListEntry);
    Processor->DpcCount++;
    if (Processor == KiProcessor && KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
    return TRUE;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc) {
    PKPROCESSOR Processor = Dpc->DpcData;

    if (Processor == NULL)
        return FALSE;
    RemoveEntryList(&Dpc->DpcListEntry);
    if (Dpc->Type != KI_THREADED_DPC)
        Processor->DpcCount--;
    Dpc->DpcData = NULL;
    return TRUE;
}

static PKDPC KipFindDpc(PLIST_ENTRY List, const VOID *Start, SIZE_T Size, PULONG What) {
    for (PLIST_ENTRY Entry = List->Flink; Entry != List; Entry = Entry->Flink) {
        PKDPC Dpc = CONTAINING_RECORD(Entry, KDPC, DpcListEntry);

        *What = (ULONG_PTR)Dpc - (ULONG_PTR)Start < Size ? KI_DPC_OBJECT : KI_DPC_ROUTINE;
        if (*What == KI_DPC_OBJECT || (ULONG_PTR)Dpc->DeferredRoutine - (ULONG_PTR)Start < Size)
            return Dpc;
    }
    return NULL;
}

PKDPC KiFindQueuedDpc(const VOID *Start, SIZE_T Size, PULONG What) {
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        PKDPC Dpc = KipFindDpc(&KiProcessors[Number].DpcListHead, Start, Size, What);

        if (Dpc == NULL)
            Dpc = KipFindDpc(&KiProcessors[Number].ThreadedDpcListHead, Start, Size, What);
        if (Dpc != NULL)
            return Dpc;
    }
    return NULL;
}

static VOID NTAPI KipFlushed(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { KeSetEvent(Context, 0, FALSE); }

/* A DPC at the tail of a queue runs when those that were there have. */
static VOID KipFlushBehind(PKPROCESSOR Processor, BOOLEAN Threaded) {
    KEVENT Done;
    KDPC Dpc;

    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, KipFlushed, &Done);
    if (Threaded)
        Dpc.Type = KI_THREADED_DPC;
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)Processor->Number);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}

VOID NTAPI KeFlushQueuedDpcs(VOID) {
    if (KiHasPending())
        KiDeliverPending(KiProcessor->Irql);
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        PKPROCESSOR Processor = &KiProcessors[Number];

        if (Processor->DpcCount != 0 || Processor->DpcRoutineActive)
            KipFlushBehind(Processor, FALSE);
        if (Processor->CurrentThreadedDpc || !IsListEmpty(&Processor->ThreadedDpcListHead))
            KipFlushBehind(Processor, TRUE);
    }
}

static VOID KipCallRoutine(PKDEFERRED_ROUTINE Routine, PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    __try {
        Routine(Dpc, Context, Argument1, Argument2);
    } __except (KiUnhandledException(GetExceptionInformation())) {
    }
}

static VOID KipRunDpc(PKPROCESSOR Processor) {
    PKDPC Dpc = CONTAINING_RECORD(RemoveHeadList(&Processor->DpcListHead), KDPC, DpcListEntry);
    PKDEFERRED_ROUTINE Routine = Dpc->DeferredRoutine;
    PVOID Context = Dpc->DeferredContext, Argument1 = Dpc->SystemArgument1, Argument2 = Dpc->SystemArgument2;

    SHORT ApcDisable = Processor->CurrentThread->KernelApcDisable;

    /* The DPC may free or queue itself: from here on it is not ours. */
    Processor->DpcCount--;
    Dpc->DpcData = NULL;
    Processor->CurrentDpc = Dpc;
    Processor->DpcRoutineActive = TRUE;
    KiDriverIsCalled((PVOID)Routine);
    KipCallRoutine(Routine, Dpc, Context, Argument1, Argument2);
    if (Processor->Irql != DISPATCH_LEVEL)
        KiBugCheckInRoutine(IRQL_UNEXPECTED_VALUE, KI_UNEXPECTED_IRQL(DISPATCH_LEVEL), 0, 0, 0, (PVOID)(ULONG_PTR)Routine,
                            "a DPC returned at another IRQL than DISPATCH_LEVEL");
    if (Processor->CurrentThread->KernelApcDisable != ApcDisable && VfIsOn())
        KiBugCheckInRoutine(KI_TIMER_OR_DPC_INVALID, 4, (ULONG_PTR)Routine, (ULONG_PTR)(LONG_PTR)ApcDisable,
                            (ULONG_PTR)(LONG_PTR)Processor->CurrentThread->KernelApcDisable, (PVOID)(ULONG_PTR)Routine,
                            "a DPC entered or left a critical region of the thread that it interrupted");
    Processor->DpcRoutineActive = FALSE;
    Processor->CurrentDpc = NULL;
}

VOID KiRetireDpcs(VOID) {
    while ((KiPending | KiProcessor->DpcCount) != 0) {
        if (KiPending & KI_PENDING_TIMERS) {
            KiPending &= ~KI_PENDING_TIMERS;
            KiExpireTimers();
        } else {
            KipRunDpc(KiProcessor);
        }
    }
}
