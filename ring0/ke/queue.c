/* Kernel queues: work for a set of threads of which only so many shall run at a time. */
#include "ke/ke.h"

/*
 * CurrentCount is the number of threads that serve the queue and are not waiting for anything. A thread becomes one of them with its first
 * KeRemoveQueue, and is taken off when it blocks, wherever that is (KiQueueServerBlocks), and on again when that ends (KiUnwaitThread). Waiting
 * threads are woken last in, first out: their stacks are the warm ones.
 */

VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count) {
    RtlZeroMemory(Queue, sizeof(*Queue));
    Queue->Header.Type = QueueObject;
    Queue->Header.Size = sizeof(*Queue) / sizeof(ULONG);
    InitializeListHead(&Queue->Header.WaitListHead);
    InitializeListHead(&Queue->EntryListHead);
    InitializeListHead(&Queue->ThreadListHead);
    Queue->MaximumCount = Count != 0 ? Count : KiMachine->cpus;
}

LONG NTAPI KeReadStateQueue(PRKQUEUE Queue) { return Queue->Header.SignalState; }

ULONG KiHandedOver;

static VOID KipHandOver(PKQUEUE Queue, PLIST_ENTRY Entry) {
    PKWAIT_BLOCK Block = CONTAINING_RECORD(Queue->Header.WaitListHead.Blink, KWAIT_BLOCK, WaitListEntry);

    Entry->Flink = NULL;
    Block->Thread->QueueEntry = Entry;
    KiHandedOver++;
    KiUnwaitThread(Block->Thread, STATUS_SUCCESS, 0);
}

static LONG KipInsertQueue(PKQUEUE Queue, PLIST_ENTRY Entry, BOOLEAN Head) {
    LONG Old = Queue->Header.SignalState;

    if (!IsListEmpty(&Queue->Header.WaitListHead) && Queue->CurrentCount < Queue->MaximumCount) {
        KipHandOver(Queue, Entry);
        return Old;
    }
    Queue->Header.SignalState++;
    if (Head)
        InsertHeadList(&Queue->EntryListHead, Entry);
    else
        InsertTailList(&Queue->EntryListHead, Entry);
    return Old;
}

LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) { return KipInsertQueue(Queue, Entry, FALSE); }

LONG NTAPI KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) { return KipInsertQueue(Queue, Entry, TRUE); }

static PLIST_ENTRY KipTakeEntry(PKQUEUE Queue) {
    PLIST_ENTRY Entry = RemoveHeadList(&Queue->EntryListHead);

    Queue->Header.SignalState--;
    Entry->Flink = NULL;
    return Entry;
}

VOID KiQueueServerBlocks(PKTHREAD Thread) {
    PKQUEUE Queue = Thread->Queue;

    Queue->CurrentCount--;
    if (Queue->CurrentCount < Queue->MaximumCount && !IsListEmpty(&Queue->EntryListHead) && !IsListEmpty(&Queue->Header.WaitListHead))
        KipHandOver(Queue, KipTakeEntry(Queue));
}

VOID KiLeaveQueue(PKTHREAD Thread) {
    if (Thread->Queue == NULL)
        return;
    KiQueueServerBlocks(Thread);
    RemoveEntryList(&Thread->QueueListEntry);
    Thread->Queue = NULL;
}

static VOID KipJoinQueue(PKTHREAD Thread, PKQUEUE Queue) {
    if (Thread->Queue == Queue)
        return;
    KiLeaveQueue(Thread);
    Thread->Queue = Queue;
    InsertTailList(&Queue->ThreadListHead, &Thread->QueueListEntry);
    Queue->CurrentCount++;
}

/* Takes further entries that are there already. */
static ULONG KipTakeMore(PKQUEUE Queue, PLIST_ENTRY *Entries, ULONG Taken, ULONG Count) {
    while (Taken < Count && !IsListEmpty(&Queue->EntryListHead))
        Entries[Taken++] = KipTakeEntry(Queue);
    return Taken;
}

NTSTATUS KiRemoveQueue(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY *Entries, ULONG Count,
                       PULONG Removed) {
    PKTHREAD Thread = KiCurrentThread();
    KI_DUE Due = KiTimeoutToDue(Timeout);

    *Removed = 0;
    if (Timeout == NULL || Timeout->QuadPart != 0)
        KiCheckWaitIrql(Queue);
    for (;;) {
        KIRQL Irql = KfRaiseIrql(DISPATCH_LEVEL);
        NTSTATUS Status;

        if (Irql == PASSIVE_LEVEL && KiKernelApcDeliverable(Thread)) {
            KeLowerIrql(Irql);
            continue;
        }
        KipJoinQueue(Thread, Queue);
        if (!IsListEmpty(&Queue->EntryListHead) && Queue->CurrentCount <= Queue->MaximumCount) {
            *Removed = KipTakeMore(Queue, Entries, 0, Count);
            KeLowerIrql(Irql);
            return STATUS_SUCCESS;
        }
        Status = KiTestWaitAlert(Thread, WaitMode, Alertable);
        if (Status == STATUS_SUCCESS && KiDueTime(Due) <= KiQueryInterruptTime())
            Status = STATUS_TIMEOUT;
        if (Status != STATUS_SUCCESS) {
            KeLowerIrql(Irql);
            return Status;
        }
        Thread->WaitBlock[0].Object = Queue;
        Thread->WaitBlock[0].WaitType = WaitAny;
        Thread->WaitBlock[0].WaitKey = STATUS_SUCCESS;
        Thread->QueueEntry = NULL;
        Status = KiBlockThread(Thread->WaitBlock, 1, Due, Irql, WrQueue, WaitMode, Alertable);
        if (Thread->QueueEntry != NULL) {
            Entries[0] = Thread->QueueEntry;
            Thread->QueueEntry = NULL;
            KiHandedOver--;
            *Removed = KipTakeMore(Queue, Entries, 1, Count);
            return STATUS_SUCCESS;
        }
        if (Status != STATUS_KERNEL_APC)
            return Status;
    }
}

/* An entry, or STATUS_TIMEOUT, STATUS_USER_APC or STATUS_ABANDONED in its place. */
PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout) {
    PLIST_ENTRY Entry;
    ULONG Removed;
    NTSTATUS Status = KiRemoveQueue(Queue, WaitMode, FALSE, Timeout, &Entry, 1, &Removed);

    return Status == STATUS_SUCCESS ? Entry : LongToPtr(Status);
}

/* No more work: waiting threads are released, what was queued is given back as a list without a head. */
PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue) {
    PLIST_ENTRY First = NULL;

    if (!IsListEmpty(&Queue->EntryListHead)) {
        First = Queue->EntryListHead.Flink;
        RemoveEntryList(&Queue->EntryListHead);
        InitializeListHead(&Queue->EntryListHead);
    }
    while (!IsListEmpty(&Queue->ThreadListHead)) {
        PKTHREAD Thread = CONTAINING_RECORD(Queue->ThreadListHead.Flink, struct _KTHREAD, QueueListEntry);

        RemoveEntryList(&Thread->QueueListEntry);
        Thread->Queue = NULL;
    }
    while (!IsListEmpty(&Queue->Header.WaitListHead))
        KiUnwaitThread(CONTAINING_RECORD(Queue->Header.WaitListHead.Flink, KWAIT_BLOCK, WaitListEntry)->Thread, STATUS_ABANDONED, 0);
    return First;
}

/* Up to Count entries at once; what the wait ended with when there are none. */
ULONG NTAPI KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY *EntryArray,
                            ULONG Count) {
    ULONG Removed = 0;
    NTSTATUS Status = KiRemoveQueue(Queue, WaitMode, Alertable, Timeout, EntryArray, Count, &Removed);

    return Status == STATUS_SUCCESS ? Removed : (ULONG)Status;
}
