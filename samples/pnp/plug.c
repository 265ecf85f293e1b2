/* Abacus: how the device comes, goes, sleeps and breaks. All Plug and Play IRPs come at PASSIVE_LEVEL, and power IRPs as well, because the device is DO_POWER_PAGABLE. */
#include "abacus.h"

#pragma alloc_text(PAGE, AddDevice)

static IO_COMPLETION_ROUTINE OnForwarded, OnSystemPower;
static REQUEST_POWER_COMPLETE OnDevicePower;

/* ---- Passing down ---------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS OnForwarded(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED; /* the IRP is ours again */
}

/* For what the bus driver has to do before this one can. Whoever calls completes the IRP. */
static NTSTATUS ForwardAndWait(PABACUS Abacus, PIRP Irp) {
    KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, OnForwarded, &Event, TRUE, TRUE, TRUE);
    if (IoCallDriver(Abacus->Lower, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    return Irp->IoStatus.Status;
}

static NTSTATUS Pass(PABACUS Abacus, PIRP Irp) {
    NTSTATUS Status;

    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Abacus->Lower, Irp);
    IoReleaseRemoveLock(&Abacus->RemoveLock, Irp); /* Irp is only a name here: it may be gone */
    return Status;
}

static NTSTATUS End(PABACUS Abacus, PIRP Irp, NTSTATUS Status) {
    Complete(Irp, Status, Irp->IoStatus.Information);
    IoReleaseRemoveLock(&Abacus->RemoveLock, Irp);
    return Status;
}

/* ---- Resources ------------------------------------------------------------------------------------------------------------------------------- */

/* Messages if the device has been given them (its INF, or --match ...,msi, permits it), else its line: Version says afterwards which. */
static NTSTATUS ConnectInterrupt(PABACUS Abacus) {
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_MESSAGE_BASED};
    NTSTATUS Status;

    Parameters.MessageBased.PhysicalDeviceObject = Abacus->Pdo;
    Parameters.MessageBased.ConnectionContext.Generic = &Abacus->Interrupt.ConnectionContext.Generic;
    Parameters.MessageBased.MessageServiceRoutine = OnMessage;
    Parameters.MessageBased.FallBackServiceRoutine = OnLine;
    Parameters.MessageBased.ServiceContext = Abacus;
    Status = IoConnectInterruptEx(&Parameters);
    if (NT_SUCCESS(Status))
        Abacus->Interrupt.Version = Parameters.Version;
    return Status;
}

/* The translated list is the one to use: addresses as the processor has them. Which descriptor is which, their order says. */
static NTSTATUS TakeResources(PABACUS Abacus, PCM_RESOURCE_LIST Translated) {
    PCM_PARTIAL_RESOURCE_LIST List = Translated != NULL ? &Translated->List[0].PartialResourceList : NULL;

    for (ULONG Index = 0; List != NULL && Index < List->Count && Abacus->Registers == NULL; Index++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = &List->PartialDescriptors[Index];

        if (Descriptor->Type != CmResourceTypeMemory || Descriptor->u.Memory.Length < PAGE_SIZE)
            continue;
        Abacus->RegisterLength = Descriptor->u.Memory.Length;
        Abacus->Registers = MmMapIoSpace(Descriptor->u.Memory.Start, Abacus->RegisterLength, MmNonCached);
        if (Abacus->Registers == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return Abacus->Registers != NULL ? ConnectInterrupt(Abacus) : STATUS_DEVICE_CONFIGURATION_ERROR;
}

/* In the order that lets the service routine touch registers as long as it may be called. */
static VOID GiveUpResources(PABACUS Abacus) {
    if (Abacus->Interrupt.Version != 0) {
        WRITE_REGISTER_ULONG((PULONG)(Abacus->Registers + STATUS), 0);
        IoDisconnectInterruptEx(&Abacus->Interrupt);
        KeFlushQueuedDpcs();
    }
    if (Abacus->Registers != NULL)
        MmUnmapIoSpace(Abacus->Registers, Abacus->RegisterLength);
    Abacus->Interrupt.Version = 0;
    Abacus->Registers = NULL;
}

/* ---- Plug and Play --------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo) {
    PDEVICE_OBJECT Device;
    PABACUS Abacus;
    NTSTATUS Status;

    PAGED_CODE();
    Status = IoCreateDevice(Driver, sizeof(ABACUS), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Abacus = Device->DeviceExtension;
    Abacus->Self = Device;
    Abacus->Pdo = Pdo;
    IoInitializeRemoveLock(&Abacus->RemoveLock, TAG, 0, 0);
    InitializeRequests(Abacus);
    Status = IoRegisterDeviceInterface(Pdo, &AbacusInterface, NULL, &Abacus->Interface);
    if (!NT_SUCCESS(Status))
        goto failed;
    Abacus->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    if (Abacus->Lower == NULL) {
        RtlFreeUnicodeString(&Abacus->Interface);
        Status = STATUS_NO_SUCH_DEVICE;
        goto failed;
    }
    Device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

failed:
    IoDeleteDevice(Device);
    return Status;
}

/* The bus driver starts first, then the device may be touched. Also after a stop, with other resources. */
static NTSTATUS Start(PABACUS Abacus, PIRP Irp, PIO_STACK_LOCATION Stack) {
    POWER_STATE Power = {.DeviceState = PowerDeviceD0};
    NTSTATUS Status = ForwardAndWait(Abacus, Irp);

    if (NT_SUCCESS(Status))
        Status = TakeResources(Abacus, Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    if (NT_SUCCESS(Status)) {
        PoSetPowerState(Abacus->Self, DevicePowerState, Power);
        Go(Abacus);
        IoSetDeviceInterfaceState(&Abacus->Interface, TRUE); /* programs find it from here on */
    } else {
        GiveUpResources(Abacus); /* REMOVE_DEVICE comes next */
    }
    return End(Abacus, Irp, Status);
}

/* Nothing of the device is touched any more, and nobody waits for it. What does not fail again is asked once, by SURPRISE_REMOVAL or by REMOVE_DEVICE. */
static VOID Quit(PABACUS Abacus) {
    IoSetDeviceInterfaceState(&Abacus->Interface, FALSE);
    GiveUpResources(Abacus);
    FailAll(Abacus);
}

/* The last IRP that the device gets: whoever else holds the lock is waited for. */
static NTSTATUS Remove(PABACUS Abacus, PIRP Irp) {
    PDEVICE_OBJECT Lower = Abacus->Lower;
    NTSTATUS Status;

    Quit(Abacus);
    IoReleaseRemoveLockAndWait(&Abacus->RemoveLock, Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    IoDetachDevice(Lower);
    RtlFreeUnicodeString(&Abacus->Interface);
    IoDeleteDevice(Abacus->Self);
    return Status;
}

NTSTATUS OnPnp(PDEVICE_OBJECT Device, PIRP Irp) {
    PABACUS Abacus = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoAcquireRemoveLock(&Abacus->RemoveLock, Irp);

    if (!NT_SUCCESS(Status))
        return Complete(Irp, Status, 0);
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return Start(Abacus, Irp, Stack);
    case IRP_MN_REMOVE_DEVICE: return Remove(Abacus, Irp);
    case IRP_MN_QUERY_STOP_DEVICE: /* requests wait until it is known what becomes of that */ Hold(Abacus); break;
    case IRP_MN_CANCEL_STOP_DEVICE:
        Status = ForwardAndWait(Abacus, Irp);
        Go(Abacus);
        return End(Abacus, Irp, Status);
    case IRP_MN_STOP_DEVICE: GiveUpResources(Abacus); break;
    case IRP_MN_SURPRISE_REMOVAL: Quit(Abacus); break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        if (Abacus->Broken)
            Irp->IoStatus.Information |= PNP_DEVICE_FAILED;
        break;
    case IRP_MN_QUERY_REMOVE_DEVICE: /* the manager has seen to it that nobody has the device open */
    case IRP_MN_CANCEL_REMOVE_DEVICE: break;
    default: return Pass(Abacus, Irp); /* with the status that it came with: it is not for us to say that we know it */
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return Pass(Abacus, Irp);
}

/* ---- Power ----------------------------------------------------------------------------------------------------------------------------------- */

/* This driver owns the power policy of its device: it asks for its states, and is sent them like everybody in the stack. */
VOID AskPower(PABACUS Abacus, DEVICE_POWER_STATE State) {
    POWER_STATE Power = {.DeviceState = State};

    if (!Abacus->Gone)
        PoRequestPowerIrp(Abacus->Pdo, IRP_MN_SET_POWER, Power, NULL, NULL, NULL);
}

/* Down: first this driver, then the bus. A computation takes 100 us, so it is waited for. Up: the other way round. */
static NTSTATUS SetDevicePower(PABACUS Abacus, PIRP Irp, POWER_STATE Power) {
    NTSTATUS Status;

    if (Power.DeviceState != PowerDeviceD0) {
        Hold(Abacus);
        PoSetPowerState(Abacus->Self, DevicePowerState, Power);
        return Pass(Abacus, Irp);
    }
    Status = ForwardAndWait(Abacus, Irp);
    if (NT_SUCCESS(Status)) {
        PoSetPowerState(Abacus->Self, DevicePowerState, Power);
        Go(Abacus);
    }
    return End(Abacus, Irp, Status);
}

static VOID OnDevicePower(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE Power, PVOID Context, PIO_STATUS_BLOCK Result) {
    PIRP Irp = Context;
    PABACUS Abacus = IoGetCurrentIrpStackLocation(Irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(Power);
    End(Abacus, Irp, Result->Status);
}

/* The drivers below know of the system's state: now the device gets one that fits, and until then the IRP of the system waits. */
static NTSTATUS OnSystemPower(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    PABACUS Abacus = Device->DeviceExtension;
    SYSTEM_POWER_STATE System = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.SystemState;
    POWER_STATE Power = {.DeviceState = System == PowerSystemWorking && Abacus->Opens != 0 ? PowerDeviceD0 : PowerDeviceD3};
    NTSTATUS Status = Irp->IoStatus.Status;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Status))
        Status = PoRequestPowerIrp(Abacus->Pdo, IRP_MN_SET_POWER, Power, OnDevicePower, Irp, NULL);
    if (Status == STATUS_PENDING)
        return STATUS_MORE_PROCESSING_REQUIRED; /* OnDevicePower completes it */
    Irp->IoStatus.Status = Status;
    IoReleaseRemoveLock(&Abacus->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS OnPower(PDEVICE_OBJECT Device, PIRP Irp) {
    PABACUS Abacus = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoAcquireRemoveLock(&Abacus->RemoveLock, Irp);

    PoStartNextPowerIrp(Irp);
    if (!NT_SUCCESS(Status))
        return Complete(Irp, Status, 0);
    if (Stack->MinorFunction != IRP_MN_SET_POWER)
        return Pass(Abacus, Irp);
    if (Stack->Parameters.Power.Type == DevicePowerState)
        return SetDevicePower(Abacus, Irp, Stack->Parameters.Power.State);
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, OnSystemPower, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(Abacus->Lower, Irp);
    return STATUS_PENDING;
}

/* Not for this driver: whoever is below may know. */
NTSTATUS OnSystemControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PABACUS Abacus = Device->DeviceExtension;
    NTSTATUS Status = IoAcquireRemoveLock(&Abacus->RemoveLock, Irp);

    return NT_SUCCESS(Status) ? Pass(Abacus, Irp) : Complete(Irp, Status, 0);
}
