/*
 * Threaded DPCs: each processor's run one after the other in a thread of its own, at PASSIVE_LEVEL and priority 31 ("Introduction to Threaded DPCs"). The
 * threads are made when the first threaded DPC comes.
 */
#include "ke/ke.h"
#include "ob/ob.h"
#include "ps/ps.h"

static VOID KipRunThreadedDpc(PKPROCESSOR Processor) {
    PKDPC Dpc = CONTAINING_RECORD(RemoveHeadList(&Processor->ThreadedDpcListHead), KDPC, DpcListEntry);
    PKDEFERRED_ROUTINE Routine = Dpc->DeferredRoutine;

    /* The DPC may free or queue itself: from the call on it is not ours. */
    Dpc->DpcData = NULL;
    Processor->CurrentThreadedDpc = Dpc;
    Routine(Dpc, Dpc->DeferredContext, Dpc->SystemArgument1, Dpc->SystemArgument2);
    if (KiProcessor->Irql != PASSIVE_LEVEL)
        KiBugCheckInRoutine(IRQL_UNEXPECTED_VALUE, KI_UNEXPECTED_IRQL(PASSIVE_LEVEL), 0, 0, 0, (PVOID)(ULONG_PTR)Routine,
                            "a threaded DPC returned at another IRQL than PASSIVE_LEVEL");
    Processor->CurrentThreadedDpc = NULL;
}

static VOID NTAPI KipThreadedDpcThread(PVOID Context) {
    PKPROCESSOR Processor = Context;

    KeSetSystemAffinityThread((KAFFINITY)1 << Processor->Number);
    KeSetPriorityThread(KiCurrentThread(), HIGH_PRIORITY);
    for (;;) {
        while (!IsListEmpty(&Processor->ThreadedDpcListHead))
            KipRunThreadedDpc(Processor);
        KeWaitForSingleObject(&Processor->ThreadedDpcEvent, WrQueue, KernelMode, FALSE, NULL);
    }
}

static VOID NTAPI KipMakeThreads(PVOID Context) {
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        PKPROCESSOR Processor = &KiProcessors[Number];
        HANDLE Thread;

        if (Processor->HasThreadedDpcThread || IsListEmpty(&Processor->ThreadedDpcListHead))
            continue;
        if (!NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, KipThreadedDpcThread, Processor)))
            KiFatal("the thread for threaded DPCs cannot be made");
        Processor->HasThreadedDpcThread = TRUE;
        ObCloseHandle(Thread, KernelMode);
    }
}

VOID KiQueueThreadedDpc(PKPROCESSOR Processor, PKDPC Dpc) {
    static WORK_QUEUE_ITEM MakeThreads;

    if (Dpc->Importance == HighImportance)
        InsertHeadList(&Processor->ThreadedDpcListHead, &Dpc->DpcListEntry);
    else
        InsertTailList(&Processor->ThreadedDpcListHead, &Dpc->DpcListEntry);
    if (Processor->HasThreadedDpcThread) {
        KeSetEvent(&Processor->ThreadedDpcEvent, 0, FALSE);
    } else if (MakeThreads.List.Flink == NULL) {
        ExInitializeWorkItem(&MakeThreads, KipMakeThreads, NULL);
        ExQueueWorkItem(&MakeThreads, CriticalWorkQueue);
    }
    KiExitDispatcher();
}
