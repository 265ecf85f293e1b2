/* Semaphores. */
#include "ke/ke.h"

VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
    Semaphore->Header.Lock = 0;
    Semaphore->Header.Type = SemaphoreObject;
    Semaphore->Header.Size = sizeof(*Semaphore) / sizeof(ULONG);
    Semaphore->Header.SignalState = Count;
    InitializeListHead(&Semaphore->Header.WaitListHead);
    Semaphore->Limit = Limit;
}

LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) {
    LONG Old = Semaphore->Header.SignalState;
    LONG64 New = (LONG64)Old + Adjustment;

    if (New > Semaphore->Limit || New < Old)
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    Semaphore->Header.SignalState = (LONG)New;
    if (Old == 0 && !IsListEmpty(&Semaphore->Header.WaitListHead))
        KiWaitTest(Semaphore, Increment);
    if (Wait)
        KiAnnounceWait();
    return Old;
}

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore) { return Semaphore->Header.SignalState; }
