/* Who runs next: ready queues by priority, preemption, processors. */
#include "ke/ke.h"

static LIST_ENTRY KipReadyList[MAXIMUM_PRIORITY];
static ULONG KipReadySummary; /* bit n: list n is not empty */

VOID KiInitializeReadyLists(VOID) {
    for (ULONG Priority = 0; Priority < MAXIMUM_PRIORITY; Priority++)
        InitializeListHead(&KipReadyList[Priority]);
}

static KPRIORITY KipRunningPriority(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    return Thread == KiProcessor->IdleThread ? -1 : Thread->Priority;
}

static VOID KipInsertReady(PKTHREAD Thread, BOOLEAN Head) {
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
    if (Thread->Priority > KipRunningPriority())
        KiProcessor->DispatchRequested = TRUE;
}

KPRIORITY KiBestReadyPriority(VOID) { return KipReadySummary == 0 ? -1 : 31 - __builtin_clz(KipReadySummary); }

/* Takes the next thread out of the queues, and says on which processor it runs: the one it ran on, if it still may. */
PKTHREAD KiSelectThread(VOID) {
    KPRIORITY Best = KiBestReadyPriority();
    PKTHREAD Thread;
    KAFFINITY Allowed;

    if (Best < 0)
        return NULL;
    Thread = CONTAINING_RECORD(KipReadyList[Best].Flink, struct _KTHREAD, ReadyListEntry);
    KipRemoveReady(Thread);
    Allowed = Thread->Affinity & KeQueryActiveProcessors();
    if (((Allowed >> Thread->Processor) & 1) == 0)
        Thread->Processor = (UCHAR)__builtin_ctzll(Allowed);
    return Thread;
}

/* The running thread makes room for a better one, or for its equals when its turn is over. It comes back when it is the best again. */
VOID KiPreemptThread(VOID) {
    PKTHREAD Thread = KiCurrentThread();
    KPRIORITY Best = KiBestReadyPriority();
    BOOLEAN QuantumEnd = KiProcessor->QuantumEnd;
    BOOLEAN WrongProcessor = ((Thread->Affinity >> KiProcessor->Number) & 1) == 0;

    KiProcessor->DispatchRequested = KiProcessor->QuantumEnd = FALSE;
    if (!WrongProcessor && (Best < Thread->Priority || (Best == Thread->Priority && !QuantumEnd)))
        return;
    KipInsertReady(Thread, !QuantumEnd);
    KiSwapThread();
}

VOID KiChangePriority(PKTHREAD Thread, KPRIORITY Priority) {
    if (Priority == Thread->Priority)
        return;
    if (Thread->State == Ready) {
        KipRemoveReady(Thread);
        Thread->Priority = (SCHAR)Priority;
        KipInsertReady(Thread, FALSE);
    } else {
        Thread->Priority = (SCHAR)Priority;
    }
    if (KiBestReadyPriority() > KipRunningPriority())
        KiProcessor->DispatchRequested = TRUE;
}

/* A tick has passed: dynamic boosts fade at the end of a turn, and equals take turns. */
VOID KiChargeTick(PKTHREAD Thread) {
    if (Thread == KiProcessor->IdleThread || --Thread->Quantum > 0)
        return;
    Thread->Quantum = KI_QUANTUM;
    if (Thread->Priority < LOW_REALTIME_PRIORITY && Thread->Priority > Thread->BasePriority)
        Thread->Priority--;
    if (KiBestReadyPriority() >= Thread->Priority)
        KiProcessor->DispatchRequested = KiProcessor->QuantumEnd = TRUE;
}

NTSTATUS NTAPI NtYieldExecution(VOID) {
    PKTHREAD Thread = KiCurrentThread();
    KIRQL Irql;

    if (KiBestReadyPriority() < 0)
        return STATUS_NO_YIELD_PERFORMED;
    Irql = KfRaiseIrql(DISPATCH_LEVEL);
    Thread->Quantum = KI_QUANTUM;
    if (Thread->Priority < LOW_REALTIME_PRIORITY && Thread->Priority > Thread->BasePriority)
        Thread->Priority--;
    KipInsertReady(Thread, FALSE);
    Thread->WaitReason = WrYieldExecution;
    KiSwapThread();
    KeLowerIrql(Irql);
    return STATUS_SUCCESS;
}
