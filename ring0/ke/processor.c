/* Virtual processors and their interrupt request levels. */
#include "ke/interrupt.h"
#include "ke/ke.h"
#include "vf/vf.h"

KPROCESSOR KiProcessors[64];
PKPROCESSOR KiProcessor;
ULONG KiPending;
KIRQL KiNoPreemptLevel = DISPATCH_LEVEL;
volatile CCHAR KeNumberProcessors;

NTKERNELAPI VOID NTAPI KfLowerIrql(KIRQL NewIrql);

KIRQL NTAPI KeGetCurrentIrql(VOID) { return KiProcessor->Irql; }

KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql) {
    KIRQL Old = KiProcessor->Irql;

    KiDriverRaises(__builtin_return_address(0), NewIrql);
    if (NewIrql < Old || NewIrql > HIGH_LEVEL) {
        VfCheckLevelChange(0x30, NewIrql, 0);
        KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, Old, NewIrql, 0, 0);
    }
    KiSetIrql(NewIrql);
    return Old;
}

VOID NTAPI KeLowerIrql(KIRQL NewIrql) {
    if (NewIrql > KiProcessor->Irql) {
        VfCheckLevelChange(0x31, NewIrql, 0);
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, KiProcessor->Irql, NewIrql, 0, (ULONG_PTR)__builtin_return_address(0));
    }
    if (NewIrql < DISPATCH_LEVEL && KiProcessor->DpcRoutineActive)
        VfCheckLevelChange(0x31, NewIrql, 1);
    KiLowerIrql(NewIrql);
}

VOID NTAPI KfLowerIrql(KIRQL NewIrql) { KeLowerIrql(NewIrql); }

KIRQL NTAPI KiRaiseIrqlToDpcLevel(VOID) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    return KfRaiseIrql(DISPATCH_LEVEL);
}

KIRQL NTAPI KiRaiseIrqlToSynchLevel(VOID) {
    KiDriverRaises(__builtin_return_address(0), DISPATCH_LEVEL);
    return KfRaiseIrql(12); /* SYNCH_LEVEL on x64 */
}

ULONG NTAPI KeGetCurrentProcessorNumber(VOID) { return KiProcessor->Number; }

ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
    if (ProcNumber != NULL)
        *ProcNumber = (PROCESSOR_NUMBER){.Number = KiProcessor->Number};
    return KiProcessor->Number;
}

static KAFFINITY KipAllProcessors(VOID) { return KiMachine->cpus >= 64 ? ~0ull : (1ull << KiMachine->cpus) - 1; }

KAFFINITY NTAPI KeQueryActiveProcessors(VOID) { return KipAllProcessors(); }

ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) {
    if (ActiveProcessors != NULL)
        *ActiveProcessors = KipAllProcessors();
    return KiMachine->cpus;
}

ULONG NTAPI KeQueryMaximumProcessorCount(VOID) { return KiMachine->cpus; }

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? KiMachine->cpus : 0;
}

ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber) { return KeQueryActiveProcessorCountEx(GroupNumber); }

USHORT NTAPI KeQueryActiveGroupCount(VOID) { return 1; }

USHORT NTAPI KeQueryMaximumGroupCount(VOID) { return 1; }

KAFFINITY NTAPI KeQueryGroupAffinity(USHORT GroupNumber) { return GroupNumber == 0 ? KipAllProcessors() : 0; }

NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber) {
    if (ProcIndex >= KiMachine->cpus)
        return STATUS_INVALID_PARAMETER;
    *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

ULONG NTAPI KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber) {
    if (ProcNumber->Group != 0 || ProcNumber->Reserved != 0 || ProcNumber->Number >= KiMachine->cpus)
        return INVALID_PROCESSOR_INDEX;
    return ProcNumber->Number;
}

/* The lowest IRQL first: what is delivered at a higher level may ask for what comes at a lower one, so each round starts again at the top. */
VOID KiDeliverPending(KIRQL NewIrql) {
    for (;;) {
        if (KiProcessor->InterruptsDisabled)
            break;
        if (KiDeviceIrql > NewIrql && KiDeliverDeviceInterrupt(NewIrql))
            continue;
        if (KiMachine->pending_events != 0 && NewIrql < KI_DEVICE_IRQL) {
            KiSetIrql(KI_DEVICE_IRQL);
            KiDeliverInterrupts();
            KiSetIrql(NewIrql);
            continue;
        }
        if (NewIrql >= DISPATCH_LEVEL || KiProcessor->DpcRoutineActive)
            break;
        if ((KiPending | KiProcessor->DpcCount) != 0) {
            KiSetIrql(DISPATCH_LEVEL);
            KiRetireDpcs();
            continue;
        }
        if (KiProcessor->DispatchRequested) {
            KiSetIrql(DISPATCH_LEVEL);
            KiPreemptThread();
            continue;
        }
        if (NewIrql == PASSIVE_LEVEL && KiKernelApcDeliverable(KiCurrentThread())) {
            KiSetIrql(APC_LEVEL);
            KiDeliverApc(KernelMode);
            KiSetIrql(PASSIVE_LEVEL);
            continue;
        }
        break;
    }
    KiSetIrql(NewIrql);
}
