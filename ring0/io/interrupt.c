/* Connecting and disconnecting interrupt objects. What they do then is in ke/interrupt.c. */
#include "ke/interrupt.h"
#include "io/io.h"

#define TAG_INTERRUPT    'tnIK'
#define DRIVER_VIOLATION 0x121u

/* The vector and level are HalGetInterruptVector's; no driver's guess can be right by itself. */
static BOOLEAN IopIsInterruptValid(ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE Mode, KAFFINITY Affinity) {
    if (!KI_IS_VECTOR(Vector) || Irql != KI_LINE_IRQL(KI_VECTOR_LINE(Vector)) || SynchronizeIrql < Irql || SynchronizeIrql > HIGH_LEVEL)
        return FALSE;
    return (Mode == LevelSensitive || Mode == Latched) && (Affinity & KeQueryActiveProcessors()) != 0;
}

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                                  ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                  KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave) {
    PKINTERRUPT Interrupt;

    *InterruptObject = NULL;
    if (ServiceRoutine == NULL || !IopIsInterruptValid(Vector, Irql, SynchronizeIrql, InterruptMode, ProcessorEnableMask))
        return STATUS_INVALID_PARAMETER;
    Interrupt = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Interrupt), TAG_INTERRUPT);
    if (Interrupt == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Interrupt = (struct _KINTERRUPT){.ServiceRoutine = ServiceRoutine,
                                      .ServiceContext = ServiceContext,
                                      .Line = KI_VECTOR_LINE(Vector),
                                      .Irql = Irql,
                                      .SynchronizeIrql = SynchronizeIrql,
                                      .Mode = InterruptMode,
                                      .ShareVector = ShareVector,
                                      .Affinity = ProcessorEnableMask & KeQueryActiveProcessors()};
    Interrupt->ActualLock = SpinLock != NULL ? SpinLock : &Interrupt->SpinLock;
    *InterruptObject = Interrupt; /* the routine may run, and use it, before this function returns */
    if (!KiConnectInterrupt(Interrupt)) {
        *InterruptObject = NULL;
        ExFreePoolWithTag(Interrupt, TAG_INTERRUPT);
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
    if (!KiDisconnectInterrupt(InterruptObject))
        KiBugCheck(DRIVER_VIOLATION, (ULONG_PTR)InterruptObject, 0, 0, 0, NULL, "an interrupt object is disconnected that is not connected");
    ExFreePoolWithTag(InterruptObject, TAG_INTERRUPT);
}

/*
 * Only the fully specified form says which vector is meant. The others want the resources that the PnP manager has assigned to a physical device object,
 * and there is none that has any.
 */
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
    const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *Full = &Parameters->FullySpecified;

    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        if (Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP && Full->Group != 0)
            return STATUS_INVALID_PARAMETER;
        return IoConnectInterrupt(Full->InterruptObject, Full->ServiceRoutine, Full->ServiceContext, Full->SpinLock, Full->Vector, Full->Irql,
                                  Full->SynchronizeIrql, Full->InterruptMode, Full->ShareVector, Full->ProcessorEnableMask, Full->FloatingSave);
    case CONNECT_LINE_BASED:
    case CONNECT_MESSAGE_BASED: return Full->PhysicalDeviceObject != NULL ? STATUS_NOT_FOUND : STATUS_INVALID_PARAMETER;
    default: Parameters->Version = CONNECT_FULLY_SPECIFIED; return STATUS_NOT_SUPPORTED;
    }
}

VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
    IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
}
