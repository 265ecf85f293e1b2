/* Rundown protection: an object may be used until its owner waits for the last user to be gone. */
#include "ex/ex.h"

/* Count: the number of users in steps of two; bit 0 set: rundown has begun, and the rest is the address of the waiting block (or nothing). */
typedef struct _RUNDOWN_WAIT {
    ULONG_PTR Count;
    KEVENT Event;
} RUNDOWN_WAIT;

VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }

VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }

BOOLEAN FASTCALL ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
    if (RunRef->Count & EX_RUNDOWN_ACTIVE)
        return FALSE;
    RunRef->Count += (ULONG_PTR)Count * EX_RUNDOWN_COUNT_INC;
    return TRUE;
}

BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) { return ExAcquireRundownProtectionEx(RunRef, 1); }

VOID FASTCALL ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
    RUNDOWN_WAIT *Wait;

    if ((RunRef->Count & EX_RUNDOWN_ACTIVE) == 0) {
        RunRef->Count -= (ULONG_PTR)Count * EX_RUNDOWN_COUNT_INC;
        return;
    }
    Wait = (RUNDOWN_WAIT *)(RunRef->Count & ~(ULONG_PTR)EX_RUNDOWN_ACTIVE);
    Wait->Count -= Count;
    if (Wait->Count == 0)
        KeSetEvent(&Wait->Event, 0, FALSE);
}

VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { ExReleaseRundownProtectionEx(RunRef, 1); }

VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { RunRef->Count = EX_RUNDOWN_ACTIVE; }

VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
    RUNDOWN_WAIT Wait = {.Count = RunRef->Count / EX_RUNDOWN_COUNT_INC};

    if (RunRef->Count & EX_RUNDOWN_ACTIVE)
        return;
    if (Wait.Count != 0) {
        KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
        RunRef->Count = (ULONG_PTR)&Wait | EX_RUNDOWN_ACTIVE;
        KeWaitForSingleObject(&Wait.Event, WrRundown, KernelMode, FALSE, NULL);
    }
    RunRef->Count = EX_RUNDOWN_ACTIVE;
}

/*
 * The cache-aware form is for objects that many processors use at once, each by a count of its own. Here one of them runs at a time, and one count serves all.
 */
struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF Ref;
    BOOLEAN Allocated; /* by ExAllocateCacheAwareRundownProtection */
};

SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID) { return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE); }

VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, SIZE_T Size) { RtlZeroMemory(RunRef, Size); }

PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG Tag) {
    PEX_RUNDOWN_REF_CACHE_AWARE RunRef = ExAllocatePoolWithTag(PoolType, sizeof(*RunRef), Tag);

    if (RunRef != NULL)
        *RunRef = (struct _EX_RUNDOWN_REF_CACHE_AWARE){.Allocated = TRUE};
    return RunRef;
}

/* Memory of the caller's own is the caller's to free. */
VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
    if (RunRef->Allocated)
        ExFreePool(RunRef);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) { return ExAcquireRundownProtection(&RunRef->Ref); }

BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count) {
    return ExAcquireRundownProtectionEx(&RunRef->Ref, Count);
}

VOID FASTCALL ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) { ExReleaseRundownProtection(&RunRef->Ref); }

VOID FASTCALL ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count) {
    ExReleaseRundownProtectionEx(&RunRef->Ref, Count);
}

VOID FASTCALL ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) { ExWaitForRundownProtectionRelease(&RunRef->Ref); }

VOID FASTCALL ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) { ExReInitializeRundownProtection(&RunRef->Ref); }

VOID FASTCALL ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) { ExRundownCompleted(&RunRef->Ref); }
