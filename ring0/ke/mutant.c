/* Mutants (what programs call mutexes) and kernel mutexes, which also keep normal kernel APCs away from their owner. */
#include "ke/ke.h"

VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner) {
    PKTHREAD Thread = KiCurrentThread();

    RtlZeroMemory(Mutant, sizeof(*Mutant));
    Mutant->Header.Type = MutantObject;
    Mutant->Header.Size = sizeof(*Mutant) / sizeof(ULONG);
    InitializeListHead(&Mutant->Header.WaitListHead);
    Mutant->Header.SignalState = InitialOwner ? 0 : 1;
    if (InitialOwner) {
        Mutant->OwnerThread = Thread;
        InsertTailList(&Thread->MutantListHead, &Mutant->MutantListEntry);
    }
}

VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) {
    KeInitializeMutant(Mutex, FALSE);
    Mutex->ApcDisable = 1;
}

/* Gives the mutant up for good: recursion ends, and the next waiter gets it. */
static VOID KipDisown(PKMUTANT Mutant, KPRIORITY Increment) {
    PKTHREAD Owner = Mutant->OwnerThread;

    Mutant->Header.SignalState = 1;
    Mutant->OwnerThread = NULL;
    if (Owner != NULL) {
        RemoveEntryList(&Mutant->MutantListEntry);
        Owner->KernelApcDisable += Mutant->ApcDisable;
        if (Mutant->ApcDisable && Owner->KernelApcDisable == 0 && !IsListEmpty(&Owner->ApcState.ApcListHead[KernelMode]))
            Owner->ApcState.KernelApcPending = TRUE;
    }
    if (!IsListEmpty(&Mutant->Header.WaitListHead))
        KiWaitTest(Mutant, Increment);
}

LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait) {
    LONG Old = Mutant->Header.SignalState;

    if (!Abandoned && Mutant->OwnerThread != KiCurrentThread())
        ExRaiseStatus(Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
    if (Abandoned) {
        Mutant->Abandoned = TRUE;
        KipDisown(Mutant, Increment);
    } else if (Old == 0) {
        KipDisown(Mutant, Increment);
    } else {
        Mutant->Header.SignalState = Old + 1;
    }
    if (Wait)
        KiAnnounceWait();
    else if (KiProcessor->Irql == PASSIVE_LEVEL && KiKernelApcDeliverable(KiCurrentThread()))
        KiDeliverPending(PASSIVE_LEVEL);
    return Old;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) { return KeReleaseMutant(Mutex, 1, FALSE, Wait); }

LONG NTAPI KeReadStateMutant(PRKMUTANT Mutant) { return Mutant->Header.SignalState; }

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex) { return Mutex->Header.SignalState; }

VOID KiAbandonMutants(PKTHREAD Thread) {
    while (!IsListEmpty(&Thread->MutantListHead)) {
        PKMUTANT Mutant = CONTAINING_RECORD(Thread->MutantListHead.Flink, KMUTANT, MutantListEntry);

        if (Mutant->ApcDisable)
            KeBugCheckEx(THREAD_TERMINATE_HELD_MUTEX, (ULONG_PTR)Thread, (ULONG_PTR)Mutant, 0, 0);
        Mutant->Abandoned = TRUE;
        KipDisown(Mutant, 1);
    }
}

/* Both ids are 0 when nobody owns it. */
VOID NTAPI KeQueryOwnerMutant(PKMUTANT Mutant, PCLIENT_ID ClientId) {
    *ClientId = (CLIENT_ID){NULL, NULL};
    if (Mutant->OwnerThread != NULL) {
        ClientId->UniqueProcess = PsGetThreadProcessId((PETHREAD)Mutant->OwnerThread);
        ClientId->UniqueThread = PsGetThreadId((PETHREAD)Mutant->OwnerThread);
    }
}
