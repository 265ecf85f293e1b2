/* Deferred procedure calls: a queue per processor, retired at DISPATCH_LEVEL. */
#include "ke/ke.h"

#define DPC_OBJECT          19
#define THREADED_DPC_OBJECT 24
#define TARGETED            0x800u /* KDPC.Number of a DPC that is meant for one processor: this plus its number */

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    RtlZeroMemory(Dpc, sizeof(*Dpc));
    Dpc->Type = DPC_OBJECT;
    Dpc->Importance = MediumImportance;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
}

/* Threaded DPCs may be switched off system-wide, and then run as ordinary ones; here they are. */
VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
    Dpc->Type = THREADED_DPC_OBJECT;
}

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) { Dpc->Importance = (UCHAR)Importance; }

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) { Dpc->Number = (USHORT)(TARGETED + (UCHAR)Number); }

NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
    if (KeGetProcessorIndexFromNumber(ProcNumber) == INVALID_PROCESSOR_INDEX)
        return STATUS_INVALID_PARAMETER;
    Dpc->Number = (USHORT)(TARGETED + ProcNumber->Number);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
    PKPROCESSOR Processor = KiProcessor;

    if (Dpc->DpcData != NULL)
        return FALSE;
    if (Dpc->Number >= TARGETED && Dpc->Number - TARGETED < KiMachine->cpus)
        Processor = &KiProcessors[Dpc->Number - TARGETED];
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    Dpc->DpcData = Processor;
    if (Dpc->Importance == HighImportance)
        InsertHeadList(&Processor->DpcListHead, &Dpc->DpcListEntry);
    else
        InsertTailList(&Processor->DpcListHead, &Dpc->DpcListEntry);
    Processor->DpcCount++;
    KiPending |= KI_PENDING_DPCS;
    if (KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
    return TRUE;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc) {
    PKPROCESSOR Processor = Dpc->DpcData;

    if (Processor == NULL)
        return FALSE;
    RemoveEntryList(&Dpc->DpcListEntry);
    Processor->DpcCount--;
    Dpc->DpcData = NULL;
    return TRUE;
}

VOID NTAPI KeFlushQueuedDpcs(VOID) {
    if (KiHasPending())
        KiDeliverPending(KiProcessor->Irql);
}

/* The running processor's queue first, the others in the order of their numbers. */
static PKPROCESSOR KipProcessorWithDpc(VOID) {
    if (KiProcessor->DpcCount != 0)
        return KiProcessor;
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        if (KiProcessors[Number].DpcCount != 0)
            return &KiProcessors[Number];
    }
    return NULL;
}

static VOID KipRunDpc(PKPROCESSOR Processor) {
    PKDPC Dpc = CONTAINING_RECORD(RemoveHeadList(&Processor->DpcListHead), KDPC, DpcListEntry);
    PKDEFERRED_ROUTINE Routine = Dpc->DeferredRoutine;
    PVOID Context = Dpc->DeferredContext, Argument1 = Dpc->SystemArgument1, Argument2 = Dpc->SystemArgument2;
    PKPROCESSOR Here = KiProcessor;

    /* The DPC may free or queue itself: from here on it is not ours. */
    Processor->DpcCount--;
    Dpc->DpcData = NULL;
    if (Processor != Here) { /* an idle processor is interrupted */
        KiProcessor = Processor;
        KiLoadBlock(Processor->CurrentThread->Block);
    }
    Processor->Irql = DISPATCH_LEVEL;
    Processor->CurrentDpc = Dpc;
    Processor->DpcRoutineActive = TRUE;
    Routine(Dpc, Context, Argument1, Argument2);
    if (Processor->Irql != DISPATCH_LEVEL)
        KiBugCheck(IRQL_UNEXPECTED_VALUE, ((ULONG)Processor->Irql << 16) | (DISPATCH_LEVEL << 8), (ULONG_PTR)Routine, (ULONG_PTR)Dpc, 0, NULL,
                   "a DPC returned at another IRQL than DISPATCH_LEVEL");
    Processor->DpcRoutineActive = FALSE;
    Processor->CurrentDpc = NULL;
    if (Processor != Here) {
        Processor->Irql = PASSIVE_LEVEL;
        KiProcessor = Here;
        KiLoadBlock(Here->CurrentThread->Block);
        if (Processor->DispatchRequested) {
            Processor->DispatchRequested = FALSE;
            Here->DispatchRequested = TRUE;
        }
    }
}

VOID KiRetireDpcs(VOID) {
    PKPROCESSOR Processor;

    while (KiPending != 0) {
        if (KiPending & KI_PENDING_TIMERS) {
            KiPending &= ~KI_PENDING_TIMERS;
            KiExpireTimers();
        } else if ((Processor = KipProcessorWithDpc()) != NULL) {
            KipRunDpc(Processor);
        } else {
            KiPending &= ~KI_PENDING_DPCS;
        }
    }
}
