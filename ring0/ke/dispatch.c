/*
 * What drivers call by the names of KeSetEvent and its kin. On NT these raise to DISPATCH_LEVEL, and coming down from there lets a better thread run before
 * the call returns. The kernel's own callers use the forms that do not: their work stays one step.
 */
#include "ke/ke.h"

LONG NTAPI KiSetEventAndDispatch(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
LONG NTAPI KiPulseEventAndDispatch(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
LONG NTAPI KiReleaseSemaphoreAndDispatch(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait);
LONG NTAPI KiReleaseMutantAndDispatch(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait);
LONG NTAPI KiReleaseMutexAndDispatch(PRKMUTEX Mutex, BOOLEAN Wait);
LONG NTAPI KiInsertQueueAndDispatch(PRKQUEUE Queue, PLIST_ENTRY Entry);
LONG NTAPI KiInsertHeadQueueAndDispatch(PRKQUEUE Queue, PLIST_ENTRY Entry);
BOOLEAN NTAPI KiInsertQueueApcAndDispatch(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
BOOLEAN NTAPI KiAlertThreadAndDispatch(PKTHREAD Thread, KPROCESSOR_MODE Mode);

LONG NTAPI KiSetEventAndDispatch(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    LONG Old = KeSetEvent(Event, Increment, Wait);

    KiExitDispatcher();
    return Old;
}

LONG NTAPI KiPulseEventAndDispatch(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    LONG Old = KePulseEvent(Event, Increment, Wait);

    KiExitDispatcher();
    return Old;
}

LONG NTAPI KiReleaseSemaphoreAndDispatch(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) {
    LONG Old = KeReleaseSemaphore(Semaphore, Increment, Adjustment, Wait);

    KiExitDispatcher();
    return Old;
}

LONG NTAPI KiReleaseMutantAndDispatch(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait) {
    LONG Old = KeReleaseMutant(Mutant, Increment, Abandoned, Wait);

    KiExitDispatcher();
    return Old;
}

LONG NTAPI KiReleaseMutexAndDispatch(PRKMUTEX Mutex, BOOLEAN Wait) { return KiReleaseMutantAndDispatch(Mutex, 1, FALSE, Wait); }

LONG NTAPI KiInsertQueueAndDispatch(PRKQUEUE Queue, PLIST_ENTRY Entry) {
    LONG Old = KeInsertQueue(Queue, Entry);

    KiExitDispatcher();
    return Old;
}

LONG NTAPI KiInsertHeadQueueAndDispatch(PRKQUEUE Queue, PLIST_ENTRY Entry) {
    LONG Old = KeInsertHeadQueue(Queue, Entry);

    KiExitDispatcher();
    return Old;
}

BOOLEAN NTAPI KiInsertQueueApcAndDispatch(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment) {
    BOOLEAN Inserted = KeInsertQueueApc(Apc, SystemArgument1, SystemArgument2, Increment);

    KiExitDispatcher();
    return Inserted;
}

BOOLEAN NTAPI KiAlertThreadAndDispatch(PKTHREAD Thread, KPROCESSOR_MODE Mode) {
    BOOLEAN Old = KeAlertThread(Thread, Mode);

    KiExitDispatcher();
    return Old;
}
