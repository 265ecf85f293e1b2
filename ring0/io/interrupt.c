/* Connecting and disconnecting interrupt objects. What they do then is in ke/interrupt.c. */
#include "ke/interrupt.h"
#include "io/io.h"
#include "pnp/pnp.h"

#define TAG_INTERRUPT 'tnIK'

/* The vector and level are HalGetInterruptVector's; no driver's guess can be right by itself. */
static BOOLEAN IopIsInterruptValid(ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE Mode, KAFFINITY Affinity) {
    if (!KI_IS_VECTOR(Vector) || Irql != KI_LINE_IRQL(KI_VECTOR_LINE(Vector)) || SynchronizeIrql < Irql || SynchronizeIrql > HIGH_LEVEL)
        return FALSE;
    return (Mode == Latched || (Mode == LevelSensitive && !KI_IS_MESSAGE(Vector))) && (Affinity & KeQueryActiveProcessors()) != 0;
}

/* An interrupt object that is not connected yet. */
static NTSTATUS IopMakeInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                                 ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                 KAFFINITY ProcessorEnableMask) {
    PKINTERRUPT Interrupt;

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
    *InterruptObject = Interrupt;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                                  ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                  KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave) {
    PKINTERRUPT Interrupt = NULL;
    NTSTATUS Status = IopMakeInterrupt(&Interrupt, ServiceRoutine, ServiceContext, SpinLock, Vector, Irql, SynchronizeIrql, InterruptMode,
                                       ShareVector, ProcessorEnableMask);

    *InterruptObject = Interrupt; /* the routine may run, and use it, before this function returns */
    if (!NT_SUCCESS(Status))
        return Status;
    if (!KiConnectInterrupt(Interrupt)) {
        *InterruptObject = NULL;
        ExFreePoolWithTag(Interrupt, TAG_INTERRUPT);
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

/* What is not connected is no pool of ours any more, or never was: bug check 0xC2 (docs/oracle.md). */
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
    KiDisconnectInterrupt(InterruptObject);
    ExFreePoolWithTag(InterruptObject, TAG_INTERRUPT);
}

/* ---- By the resources of a device ---- */
static NTSTATUS IopConnectFound(const PNP_INTERRUPT *Found, PKINTERRUPT *Object, PKSERVICE_ROUTINE Routine, PVOID Context, PKSPIN_LOCK Lock,
                                KIRQL SynchronizeIrql, BOOLEAN FloatingSave) {
    return IoConnectInterrupt(Object, Routine, Context, Lock, Found->Vector, Found->Irql, SynchronizeIrql != 0 ? SynchronizeIrql : Found->Irql,
                              Found->Mode, Found->Shared, Found->Affinity, FloatingSave);
}

/* The line of the device. STATUS_NOT_FOUND: it has none, or interrupts by messages. */
static NTSTATUS IopConnectLine(PIO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS Line) {
    PNP_INTERRUPT Found;

    *Line->InterruptObject = NULL;
    if (Line->PhysicalDeviceObject == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!PnpQueryInterrupt(Line->PhysicalDeviceObject, 0, &Found) || Found.IsMessage)
        return STATUS_NOT_FOUND;
    return IopConnectFound(&Found, Line->InterruptObject, Line->ServiceRoutine, Line->ServiceContext, Line->SpinLock, Line->SynchronizeIrql,
                           Line->FloatingSave);
}

static VOID IopDisconnectMessages(PIO_INTERRUPT_MESSAGE_INFO Table) {
    for (ULONG Message = 0; Message < Table->MessageCount; Message++)
        IoDisconnectInterrupt(Table->MessageInfo[Message].InterruptObject);
    ExFreePoolWithTag(Table, TAG_INTERRUPT);
}

/* What a routine for messages is told besides is in its interrupt object. */
static BOOLEAN NTAPI IopCallMessageRoutine(PKINTERRUPT Interrupt, PVOID Context) {
    return Interrupt->MessageRoutine(Interrupt, Context, Interrupt->MessageId);
}

static NTSTATUS IopConnectMessage(PIO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS Given, PIO_INTERRUPT_MESSAGE_INFO Table,
                                  const PNP_INTERRUPT *Found) {
    PIO_INTERRUPT_MESSAGE_INFO_ENTRY Entry = &Table->MessageInfo[Table->MessageCount];
    PKINTERRUPT Interrupt;
    NTSTATUS Status;

    *Entry = (IO_INTERRUPT_MESSAGE_INFO_ENTRY){.MessageAddress = Found->Address,
                                               .TargetProcessorSet = Found->Affinity,
                                               .MessageData = Found->Data,
                                               .Vector = Found->Vector,
                                               .Irql = Found->Irql,
                                               .Mode = Found->Mode,
                                               .Polarity = InterruptActiveHigh};
    Status = IopMakeInterrupt(&Interrupt, IopCallMessageRoutine, Given->ServiceContext, Given->SpinLock, Found->Vector, Found->Irql,
                              max(Given->SynchronizeIrql, Found->Irql), Found->Mode, FALSE, Found->Affinity);
    if (!NT_SUCCESS(Status))
        return Status;
    Interrupt->MessageRoutine = Given->MessageServiceRoutine;
    Interrupt->MessageId = Table->MessageCount;
    Entry->InterruptObject = Interrupt;
    if (!KiConnectInterrupt(Interrupt)) {
        ExFreePoolWithTag(Interrupt, TAG_INTERRUPT);
        return STATUS_INVALID_PARAMETER;
    }
    Table->MessageCount++;
    return STATUS_SUCCESS;
}

/* All messages of the device; without any its line, if there is a routine for it: the version says which it was ("IoConnectInterruptEx"). */
static NTSTATUS IopConnectMessages(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
    PIO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS Given = &Parameters->MessageBased;
    PIO_INTERRUPT_MESSAGE_INFO Table;
    PNP_INTERRUPT Found;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count = 0;

    *Given->ConnectionContext.Generic = NULL;
    if (Given->PhysicalDeviceObject == NULL || Given->MessageServiceRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!PnpQueryInterrupt(Given->PhysicalDeviceObject, 0, &Found) || (!Found.IsMessage && Given->FallBackServiceRoutine == NULL))
        return STATUS_NOT_FOUND;
    if (!Found.IsMessage) {
        Status = IopConnectFound(&Found, Given->ConnectionContext.InterruptObject, Given->FallBackServiceRoutine, Given->ServiceContext,
                                 Given->SpinLock, Given->SynchronizeIrql, Given->FloatingSave);
        if (NT_SUCCESS(Status))
            Parameters->Version = CONNECT_LINE_BASED;
        return Status;
    }
    while (PnpQueryInterrupt(Given->PhysicalDeviceObject, Count, &Found) && Found.IsMessage)
        Count++;
    Table = ExAllocatePoolWithTag(NonPagedPoolNx, FIELD_OFFSET(IO_INTERRUPT_MESSAGE_INFO, MessageInfo) + Count * sizeof(Table->MessageInfo[0]),
                                  TAG_INTERRUPT);
    if (Table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Table->MessageCount = 0;
    Table->UnifiedIrql = Given->SpinLock != NULL || Given->SynchronizeIrql != 0 ? max(Given->SynchronizeIrql, KI_MESSAGE_IRQL) : 0;
    *Given->ConnectionContext.InterruptMessageTable = Table; /* a routine may run, and use it, before this function returns */
    for (ULONG Message = 0; Message < Count && NT_SUCCESS(Status); Message++) {
        PnpQueryInterrupt(Given->PhysicalDeviceObject, Message, &Found);
        Status = IopConnectMessage(Given, Table, &Found);
    }
    if (!NT_SUCCESS(Status)) {
        *Given->ConnectionContext.InterruptMessageTable = NULL;
        IopDisconnectMessages(Table);
    }
    return Status;
}

NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
    const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *Full = &Parameters->FullySpecified;

    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        if (Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP && Full->Group != 0)
            return STATUS_INVALID_PARAMETER;
        return IoConnectInterrupt(Full->InterruptObject, Full->ServiceRoutine, Full->ServiceContext, Full->SpinLock, Full->Vector, Full->Irql,
                                  Full->SynchronizeIrql, Full->InterruptMode, Full->ShareVector, Full->ProcessorEnableMask, Full->FloatingSave);
    case CONNECT_LINE_BASED: return IopConnectLine(&Parameters->LineBased);
    case CONNECT_MESSAGE_BASED: return IopConnectMessages(Parameters);
    default: Parameters->Version = CONNECT_FULLY_SPECIFIED; return STATUS_NOT_SUPPORTED;
    }
}

VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
    if (Parameters->Version == CONNECT_MESSAGE_BASED)
        IopDisconnectMessages(Parameters->ConnectionContext.InterruptMessageTable);
    else
        IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
}
