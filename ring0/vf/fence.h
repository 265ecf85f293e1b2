/* What a driver's routine leaves as it found it: the level, interrupts, and the thread's counts of APC disables. Looked at under the verifier. */
#pragma once
#include "ke/ke.h"
#include "vf/vf.h"

typedef struct _VF_FENCE {
    KIRQL Irql;
    BOOLEAN InterruptsDisabled;
    SHORT KernelApcDisable, SpecialApcDisable;
} VF_FENCE;

/* In the current thread, before the call. */
static inline VF_FENCE VfEnter(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    return (VF_FENCE){KiProcessor->Irql, KiProcessor->InterruptsDisabled, Thread->KernelApcDisable, Thread->SpecialApcDisable};
}

/* In the same thread, after it. */
static inline BOOLEAN VfIsUnchanged(const VF_FENCE *Fence) {
    VF_FENCE Now = VfEnter();

    return Now.Irql == Fence->Irql && Now.InterruptsDisabled == Fence->InterruptsDisabled && Now.KernelApcDisable == Fence->KernelApcDisable &&
           Now.SpecialApcDisable == Fence->SpecialApcDisable;
}

/* The bug checks when it is not: 0xC9 with 5, 0xC4 with 0xC1 or 0xC5 for a dispatch routine; 0xC4 with 0xFA or 0xFB for a completion routine. */
DECLSPEC_NORETURN VOID VfStopDispatch(const VF_FENCE *Fence, PVOID Routine, PDEVICE_OBJECT DeviceObject);
DECLSPEC_NORETURN VOID VfStopCompletion(const VF_FENCE *Fence, PVOID Routine);
