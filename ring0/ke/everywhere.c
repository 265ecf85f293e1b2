/* What concerns all processors: calls on each, caches, and the numbered locks of the system. */
#include "ke/ke.h"

/* The others are idle while this one runs, so the function runs for each in turn, at IPI_LEVEL; the result is that of the caller's processor. */
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context) {
    PKPROCESSOR Self = KiProcessor;
    KIRQL Old;
    ULONG_PTR Result;

    KeRaiseIrql(IPI_LEVEL, &Old);
    Result = BroadcastFunction(Context);
    for (ULONG i = 0; i < KiMachine->cpus; i++) {
        if (i == Self->Number)
            continue;
        KIRQL Level = KiProcessors[i].Irql;
        KiProcessor = &KiProcessors[i];
        KiProcessor->Irql = IPI_LEVEL;
        BroadcastFunction(Context);
        KiProcessor->Irql = Level;
        KiProcessor = Self;
    }
    KeLowerIrql(Old);
    return Result;
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
