/*
 * Interrupt objects. The machine's own devices interrupt the kernel itself; no vector belongs to a driver's device, so none can be connected,
 * and there is no interrupt object that the rest could be called with.
 */
#include "io/io.h"

#define DRIVER_VIOLATION 0x121u

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                                  ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                  KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave) {
    *InterruptObject = NULL;
    return STATUS_INVALID_PARAMETER;
}

static DECLSPEC_NORETURN VOID IopNoInterruptObject(PKINTERRUPT Interrupt) {
    KiBugCheck(DRIVER_VIOLATION, (ULONG_PTR)Interrupt, 0, 0, 0, NULL, "no interrupt object can exist here: IoConnectInterrupt has refused it");
}

VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject) { IopNoInterruptObject(InterruptObject); }

BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine, PVOID SynchronizeContext) {
    IopNoInterruptObject(Interrupt);
}

KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) { IopNoInterruptObject(Interrupt); }

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql) { IopNoInterruptObject(Interrupt); }
