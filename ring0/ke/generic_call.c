/*
 * A DPC on every processor at once: KeGenericCallDpc ("KeSignalCallDpcDone", "KeSignalCallDpcSynchronize"). Each routine's SystemArgument1 counts those that are done,
 * SystemArgument2 is where they meet; the caller waits below DISPATCH_LEVEL until all are done.
 */
#include "ke/ke.h"

VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1);
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2);

typedef struct _KI_GENERIC_CALL {
    volatile LONG Meeting; /* processors that are still to come; of this round */
    volatile LONG Round;
    volatile LONG Working;
    KEVENT Done;
} KI_GENERIC_CALL, *PKI_GENERIC_CALL;

VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context) {
    static KDPC Dpcs[64];
    static BOOLEAN Busy; /* one such call at a time, as on Windows */
    LARGE_INTEGER Tick = {.QuadPart = -1};
    KI_GENERIC_CALL Call = {.Meeting = (LONG)KiMachine->cpus, .Working = (LONG)KiMachine->cpus};

    while (Busy)
        KeDelayExecutionThread(KernelMode, FALSE, &Tick);
    Busy = TRUE;
    KeInitializeEvent(&Call.Done, NotificationEvent, FALSE);
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        KeInitializeDpc(&Dpcs[Number], Routine, Context);
        KeSetTargetProcessorDpc(&Dpcs[Number], (CCHAR)Number);
        KeSetImportanceDpc(&Dpcs[Number], HighImportance);
    }
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL); /* this processor's runs when the others' are queued */
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++)
        KeInsertQueueDpc(&Dpcs[Number], (PVOID)&Call.Working, &Call);
    KeLowerIrql(Old);
    KeWaitForSingleObject(&Call.Done, Executive, KernelMode, FALSE, NULL);
    Busy = FALSE;
}

VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1) {
    PKI_GENERIC_CALL Call = CONTAINING_RECORD(SystemArgument1, KI_GENERIC_CALL, Working);

    if (--Call->Working == 0)
        KeSetEvent(&Call->Done, IO_NO_INCREMENT, FALSE);
}

/* TRUE for one of those who meet: the last to come. */
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2) {
    PKI_GENERIC_CALL Call = SystemArgument2;
    LONG Round = Call->Round;

    if (--Call->Meeting == 0) {
        Call->Meeting = (LONG)KiMachine->cpus;
        Call->Round++;
        return TRUE;
    }
    while (Call->Round == Round) {
        if (!KiSpinWhile(&Call->Round, Round))
            KiBugCheck(KI_DPC_WATCHDOG, 0, KiMachine->watchdog_seconds * 64, KiMachine->watchdog_seconds * 64, 0, NULL,
                       "KeSignalCallDpcSynchronize waits for a processor whose DPC does not call it");
    }
    return FALSE;
}
