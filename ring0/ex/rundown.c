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
