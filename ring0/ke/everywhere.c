/* What concerns all processors: calls on each, caches, and the numbered locks of the system. */
#include "ke/ke.h"

/*
 * A call on every processor. The caller waits at IPI_LEVEL until all others have come to that level, so none runs anything else meanwhile; then all call the function,
 * and the caller waits until all have. One such call at a time.
 */
static volatile LONG KipIpiBusy;
static volatile LONG KipIpiMissing; /* processors that have not come yet */
static volatile LONG KipIpiWorking; /* processors other than the caller's whose call has not returned */
static volatile LONG KipIpiGo;
static ULONG_PTR KipIpiContext;

static VOID KipAwaitIpi(const volatile LONG *Number, LONG Value) {
    while (*Number != Value) {
        LONG Now = *Number;

        if (Now != Value && !KiSpinWhile(Number, Now))
            KiBugCheck(KI_DPC_WATCHDOG, 1, KiMachine->watchdog_seconds * 64, 0, 0, NULL,
                       "KeIpiGenericCall waits for a processor that never comes below IPI_LEVEL");
    }
}

ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context) {
    KIRQL Old = KiProcessor->Irql;
    ULONG_PTR Result;

    /* Others' calls are served while this one waits for its turn. */
    if (Old < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    KipAwaitIpi(&KipIpiBusy, 0);
    KipIpiBusy = 1;
    KipIpiGo = 0;
    KipIpiContext = Context;
    KipIpiMissing = KipIpiWorking = (LONG)KiMachine->cpus - 1;
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        if (&KiProcessors[Number] != KiProcessor)
            KiProcessors[Number].IpiRoutine = BroadcastFunction;
    }
    KfRaiseIrql(IPI_LEVEL);
    KipAwaitIpi(&KipIpiMissing, 0);
    KipIpiGo = 1;
    Result = BroadcastFunction(Context);
    KipAwaitIpi(&KipIpiWorking, 0);
    KipIpiBusy = 0;
    KeLowerIrql(Old);
    return Result;
}

VOID KiServeIpi(VOID) {
    PKPROCESSOR Self = KiProcessor;
    PKIPI_BROADCAST_WORKER Routine = Self->IpiRoutine;
    const volatile LONG *SpinsOn = Self->SpinsOn;
    LONG SpinValue = Self->SpinValue;
    KIRQL Old = Self->Irql;

    if (Routine == NULL || Old >= IPI_LEVEL)
        return;
    KiSetIrql(IPI_LEVEL);
    Self->IpiRoutine = NULL;
    KipIpiMissing--;
    KipAwaitIpi(&KipIpiGo, 1);
    Self->SpinsOn = NULL;
    Routine(KipIpiContext);
    KipIpiWorking--;
    Self->SpinsOn = SpinsOn;
    Self->SpinValue = SpinValue;
    KiSetIrql(Old);
}

/* Memory is coherent and every mapping is changed where it is kept: there is nothing to flush that could be seen. */
BOOLEAN NTAPI KeInvalidateAllCaches(VOID) { return TRUE; }

VOID NTAPI KeFlushEntireTb(BOOLEAN Invalid, BOOLEAN AllProcessors) {}

#define KIP_QUEUED_LOCKS 64u /* more than there are numbers (KSPIN_LOCK_QUEUE_NUMBER) */
static KSPIN_LOCK KipQueuedLocks[KIP_QUEUED_LOCKS];

KIRQL FASTCALL KeAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number) {
    NT_ASSERT_OURS((ULONG)Number < KIP_QUEUED_LOCKS);
    return KeAcquireSpinLockRaiseToDpc(&KipQueuedLocks[Number]);
}

VOID FASTCALL KeReleaseQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, KIRQL OldIrql) {
    NT_ASSERT_OURS((ULONG)Number < KIP_QUEUED_LOCKS);
    KeReleaseSpinLock(&KipQueuedLocks[Number], OldIrql);
}

LOGICAL FASTCALL KeTryToAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, PKIRQL OldIrql) {
    KIRQL Old = KiProcessor->Irql;
    NT_ASSERT_OURS((ULONG)Number < KIP_QUEUED_LOCKS);
    if (Old < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    if (!KeTryToAcquireSpinLockAtDpcLevel(&KipQueuedLocks[Number])) {
        KeLowerIrql(Old);
        return FALSE;
    }
    *OldIrql = Old;
    return TRUE;
}
