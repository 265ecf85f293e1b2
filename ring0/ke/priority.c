/* Thread priorities and processor affinities. */
#include "ke/ke.h"

KPRIORITY NTAPI KeQueryPriorityThread(PRKTHREAD Thread) { return Thread->Priority; }

KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
    KPRIORITY Old = Thread->Priority;

    if (Priority <= LOW_PRIORITY || Priority > HIGH_PRIORITY)
        KiBugCheck(KI_SECURITY_CHECK_FAILURE, KI_FAIL_INVALID_ARGUMENT, 0, 0, 0, NULL,
                   "KeSetPriorityThread is given a priority that there is not: those of threads go from 1 to 31");
    Thread->Quantum = KI_QUANTUM;
    Thread->Starved = FALSE;
    KiChangePriority(Thread, Priority);
    if (KiProcessor->DispatchRequested && KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
    return Old;
}

LONG KiQueryBasePriority(PKTHREAD Thread) {
    return Thread->Saturation != 0 ? Thread->Saturation * ((HIGH_PRIORITY + 1) / 2) : Thread->BasePriority - Thread->Process->BasePriority;
}

/* Increment is relative to the process's base priority; beyond 15 it saturates at the end of the process's class. */
LONG NTAPI KeSetBasePriorityThread(PRKTHREAD Thread, LONG Increment) {
    LONG Process = Thread->Process->BasePriority;
    LONG Old = KiQueryBasePriority(Thread);
    LONG Low = Process >= LOW_REALTIME_PRIORITY ? LOW_REALTIME_PRIORITY : 1;
    LONG High = Process >= LOW_REALTIME_PRIORITY ? HIGH_PRIORITY : LOW_REALTIME_PRIORITY - 1;
    LONG New = Process + Increment;

    Thread->Saturation = (SCHAR)((Increment >= 16) - (Increment <= -16));
    if (Increment >= 16 || New > High)
        New = High;
    else if (Increment <= -16 || New < Low)
        New = Low;
    Thread->BasePriority = (SCHAR)New;
    KeSetPriorityThread(Thread, New);
    return Old;
}

/* A thread that may not stay where it is moves when IRQL allows. */
static VOID KipApplyAffinity(PKTHREAD Thread, KAFFINITY Affinity) {
    Thread->Affinity = Affinity;
    if (Thread->State != Running || ((Affinity >> Thread->Processor) & 1) != 0)
        return;
    KiProcessors[Thread->Processor].DispatchRequested = TRUE;
    if (Thread == KiCurrentThread() && KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
}

KAFFINITY NTAPI KeSetAffinityThread(PKTHREAD Thread, KAFFINITY Affinity) {
    KAFFINITY Old = Thread->UserAffinity, New = Affinity & KeQueryActiveProcessors();

    if (New == 0)
        return 0;
    Thread->UserAffinity = New;
    if (!Thread->SystemAffinity)
        KipApplyAffinity(Thread, New);
    return Old;
}

KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity) {
    PKTHREAD Thread = KiCurrentThread();
    KAFFINITY Old = Thread->SystemAffinity ? Thread->Affinity : 0, New = Affinity & KeQueryActiveProcessors();

    if (New == 0)
        return 0;
    Thread->SystemAffinity = TRUE;
    KipApplyAffinity(Thread, New);
    return Old;
}

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity) { KeSetSystemAffinityThreadEx(Affinity); }

VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity) {
    PKTHREAD Thread = KiCurrentThread();

    Thread->SystemAffinity = Affinity != 0;
    KipApplyAffinity(Thread, Affinity != 0 ? Affinity : Thread->UserAffinity);
}

VOID NTAPI KeRevertToUserAffinityThread(VOID) { KeRevertToUserAffinityThreadEx(0); }

UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor) {
    UCHAR Old = Thread->IdealProcessor;

    if (Processor >= KiMachine->cpus)
        return Old;
    Thread->IdealProcessor = Processor;
    if (Thread->State != Running)
        Thread->Processor = Processor;
    return Old;
}

/* Kernel stacks are never paged out here: the wish is kept, and told when it changes. */
BOOLEAN NTAPI KeSetKernelStackSwapEnable(BOOLEAN Enable) {
    PKTHREAD Thread = KiCurrentThread();
    BOOLEAN Old = !Thread->StackSwapDisabled;

    Thread->StackSwapDisabled = !Enable;
    return Old;
}

/* There is one group, 0. Invalid affinities are ignored, and the previous one is then said to be none ("KeSetSystemGroupAffinityThread"). */
VOID NTAPI KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity) {
    KAFFINITY Old = 0;

    if (Affinity->Group == 0 && (Affinity->Mask & ~KeQueryActiveProcessors()) == 0)
        Old = KeSetSystemAffinityThreadEx(Affinity->Mask);
    if (PreviousAffinity != NULL)
        *PreviousAffinity = (GROUP_AFFINITY){.Mask = Old};
}

VOID NTAPI KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity) {
    if (PreviousAffinity->Group == 0)
        KeRevertToUserAffinityThreadEx(PreviousAffinity->Mask);
}
