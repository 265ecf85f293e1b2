/* Work items: routines that system threads run at PASSIVE_LEVEL in the System process. */
#include "ex/ex.h"
#include "ex/work.h"
#include "ps/ps.h"

/* A queue for each priority at which work runs on Windows, with its threads. The other queue types of the DDK are served by the nearest. */
typedef struct _WORK_QUEUE {
    KQUEUE Queue;
    KPRIORITY Priority;
    ULONG Threads;
} WORK_QUEUE;

enum { ExpCritical, ExpDelayed, ExpHyperCritical, ExpWorkQueues };

static WORK_QUEUE ExpQueues[ExpWorkQueues] = {
    [ExpCritical] = {.Priority = 13, .Threads = 4},
    [ExpDelayed] = {.Priority = 12, .Threads = 4},
    [ExpHyperCritical] = {.Priority = 15, .Threads = 1},
};

VOID ExpInitializeWorkQueues(VOID) {
    /* Threads of one queue may all run: an item that waits for another must not keep it from running. */
    for (ULONG Index = 0; Index < ExpWorkQueues; Index++)
        KeInitializeQueue(&ExpQueues[Index].Queue, ExpQueues[Index].Threads);
}

static VOID ExpCheckWorker(PWORKER_THREAD_ROUTINE Routine, PVOID Parameter, PWORK_QUEUE_ITEM Item) {
    PKTHREAD Thread = KiCurrentThread();

    if (KiProcessor->Irql != PASSIVE_LEVEL)
        KiBugCheckInRoutine(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)Routine, KiProcessor->Irql, (ULONG_PTR)Parameter, (ULONG_PTR)Item,
                            (PVOID)(ULONG_PTR)Routine, "a work item returned at another IRQL than PASSIVE_LEVEL");
    if (Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0 || Thread->ApcStateIndex != 0)
        KiBugCheck(APC_INDEX_MISMATCH, (ULONG_PTR)Routine, Thread->ApcStateIndex,
                   ((ULONG)(USHORT)Thread->SpecialApcDisable << 16) | (USHORT)Thread->KernelApcDisable, 0, NULL,
                   "a work item returned inside a critical or guarded region or attached to a process");
}

static VOID NTAPI ExpWorker(PVOID Context) {
    WORK_QUEUE *Queue = Context;

    KeSetPriorityThread(KiCurrentThread(), Queue->Priority);
    for (;;) {
        PWORK_QUEUE_ITEM Item = CONTAINING_RECORD(KeRemoveQueue(&Queue->Queue, KernelMode, NULL), WORK_QUEUE_ITEM, List);
        PWORKER_THREAD_ROUTINE Routine = Item->WorkerRoutine;
        PVOID Parameter = (PVOID)Item->Parameter;

        Routine(Parameter); /* may free the item */
        ExpCheckWorker(Routine, Parameter, Item);
    }
}

VOID ExStartWorkers(VOID) {
    for (ULONG Index = 0; Index < ExpWorkQueues; Index++) {
        for (ULONG Thread = 0; Thread < ExpQueues[Index].Threads; Thread++) {
            HANDLE Handle;

            if (!NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ExpWorker, &ExpQueues[Index])))
                KiFatal("the worker threads cannot be made");
            ObCloseHandle(Handle, KernelMode);
        }
    }
}

static BOOLEAN ExpIsWorkOf(PLIST_ENTRY Entry, const VOID *Start, SIZE_T Size, BOOLEAN Routines) {
    PWORK_QUEUE_ITEM Item = CONTAINING_RECORD(Entry, WORK_QUEUE_ITEM, List);

    return (ULONG_PTR)Item - (ULONG_PTR)Start < Size || (Routines && (ULONG_PTR)Item->WorkerRoutine - (ULONG_PTR)Start < Size);
}

/* An item that a worker has been given, and has not begun with, is in no list any more. */
static PLIST_ENTRY ExpFindHandedOver(PKQUEUE Queue, const VOID *Start, SIZE_T Size, BOOLEAN Routines) {
    for (PLIST_ENTRY Link = Queue->ThreadListHead.Flink; Link != &Queue->ThreadListHead; Link = Link->Flink) {
        PLIST_ENTRY Entry = CONTAINING_RECORD(Link, struct _KTHREAD, QueueListEntry)->QueueEntry;

        if (Entry != NULL && ExpIsWorkOf(Entry, Start, Size, Routines))
            return Entry;
    }
    return NULL;
}

PWORK_QUEUE_ITEM ExFindWork(const VOID *Start, SIZE_T Size, BOOLEAN Routines) {
    for (ULONG Index = 0; Index < ExpWorkQueues; Index++) {
        PKQUEUE Queue = &ExpQueues[Index].Queue;
        PLIST_ENTRY Found = KiHandedOver != 0 ? ExpFindHandedOver(Queue, Start, Size, Routines) : NULL;

        if (Queue->EntryListHead.Flink == NULL)
            break; /* the system is not that far */
        for (PLIST_ENTRY Entry = Queue->EntryListHead.Flink; Found == NULL && Entry != &Queue->EntryListHead; Entry = Entry->Flink) {
            if (ExpIsWorkOf(Entry, Start, Size, Routines))
                Found = Entry;
        }
        if (Found != NULL)
            return CONTAINING_RECORD(Found, WORK_QUEUE_ITEM, List);
    }
    return NULL;
}

VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
    ULONG Index = QueueType == DelayedWorkQueue || QueueType == BackgroundWorkQueue            ? ExpDelayed
                  : QueueType == HyperCriticalWorkQueue || QueueType == SuperCriticalWorkQueue ? ExpHyperCritical
                                                                                               : ExpCritical;

    if ((ULONG_PTR)WorkItem->WorkerRoutine < HAL_USER_END)
        KiBugCheck(WORKER_INVALID, 7, (ULONG_PTR)WorkItem, QueueType, 0, NULL,
                   "a work item is queued whose routine is no kernel address: call ExInitializeWorkItem first");
    if (WorkItem->List.Flink != NULL)
        KiBugCheck(WORKER_INVALID, 1, (ULONG_PTR)WorkItem, QueueType, 0, NULL, "a work item is queued that is queued already");
    WorkItem->List.Flink = &WorkItem->List; /* not NULL while it is handed over directly, either */
    KeInsertQueue(&ExpQueues[Index].Queue, &WorkItem->List);
}
