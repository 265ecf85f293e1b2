/* A driver's routine that left something else than it found ("Bug Check 0xC4", "Bug Check 0xC9"). */
#include "vf/fence.h"
#include "rtl/crt.h"
#include "vf/vfp.h"

static ULONG_PTR VfpCount(SHORT KernelApcDisable, SHORT SpecialApcDisable) {
    return (ULONG_PTR)(LONG_PTR)(KernelApcDisable != 0 ? KernelApcDisable : SpecialApcDisable);
}

static PCSTR VfpLevels(PCSTR What, const VF_FENCE *Fence) {
    static CHAR Text[160];

    _snprintf(Text, sizeof(Text) - 1,
              "%s was called at IRQL %u and returned at %u: it lowers what it has raised, and releases the spin locks that it has taken", What,
              Fence->Irql, KiCurrentIrql());
    return Text;
}

VOID VfStopDispatch(const VF_FENCE *Fence, PVOID Routine, PDEVICE_OBJECT DeviceObject) {
    VF_FENCE Now = VfEnter();

    if (Now.Irql != Fence->Irql) {
        KiNameParameters((PCSTR[4]){"kind of violation", "device object", "IRQL before", "IRQL after"});
        KiBugCheckInRoutine(C9, 0x05, (ULONG_PTR)DeviceObject, Fence->Irql, Now.Irql, Routine, VfpLevels("a dispatch routine", Fence));
    }
    if (Now.InterruptsDisabled != Fence->InterruptsDisabled) {
        KiNameParameters((PCSTR[4]){"kind of violation", "dispatch routine", "", ""});
        KiBugCheckInRoutine(C4, 0xC1, (ULONG_PTR)Routine, 0, 0, Routine, "a dispatch routine returned with interrupts disabled");
    }
    KiNameParameters((PCSTR[4]){"kind of violation", "dispatch routine", "APC disable count", "APC disable count before"});
    KiBugCheckInRoutine(C4, 0xC5, (ULONG_PTR)Routine, VfpCount(Now.KernelApcDisable, Now.SpecialApcDisable),
                        VfpCount(Fence->KernelApcDisable, Fence->SpecialApcDisable), Routine,
                        "a dispatch routine returned inside a critical or guarded region that it entered, or outside one that it did not: it leaves "
                        "what it enters, and "
                        "releases the mutexes that it acquires");
}

VOID VfStopCompletion(const VF_FENCE *Fence, PVOID Routine) {
    VF_FENCE Now = VfEnter();

    if (Now.Irql != Fence->Irql) {
        KiNameParameters((PCSTR[4]){"kind of violation", "completion routine", "IRQL before", "IRQL after"});
        KiBugCheckInRoutine(C4, 0xFA, (ULONG_PTR)Routine, Fence->Irql, Now.Irql, Routine, VfpLevels("a completion routine", Fence));
    }
    KiNameParameters((PCSTR[4]){"kind of violation", "completion routine", "APC disable count", "APC disable count before"});
    KiBugCheckInRoutine(C4, 0xFB, (ULONG_PTR)Routine, VfpCount(Now.KernelApcDisable, Now.SpecialApcDisable),
                        VfpCount(Fence->KernelApcDisable, Fence->SpecialApcDisable), Routine,
                        "a completion routine returned inside a critical or guarded region that it entered, or with interrupts disabled");
}
