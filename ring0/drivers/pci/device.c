/* What the PDO of a device on the bus answers. */
#include "pci.h"

static const GUID BusTypePci = {0xC8EBDFB0, 0xB510, 0x11D0, {0x80, 0xE5, 0x00, 0xA0, 0xC9, 0x25, 0x42, 0xE3}};

/* What is made in pool, or NULL. */
static NTSTATUS PciAnswer(PIRP Irp, PVOID Made) {
    Irp->IoStatus.Information = (ULONG_PTR)Made;
    return Made != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID PciFillCapabilities(PPCI_DEVICE Device, PDEVICE_CAPABILITIES Capabilities) {
    Capabilities->Address = Device->Slot << 16;
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (SYSTEM_POWER_STATE State = PowerSystemSleeping1; State < PowerSystemMaximum; State++)
        Capabilities->DeviceState[State] = PowerDeviceD3;
}

static NTSTATUS PciAnswerTarget(PPCI_DEVICE Device, PIRP Irp) {
    PDEVICE_RELATIONS Relations = ExAllocatePoolWithTag(PagedPool, sizeof(*Relations), PCI_TAG);

    if (Relations != NULL) {
        Relations->Count = 1;
        Relations->Objects[0] = Device->Self;
        ObReferenceObject(Device->Self);
    }
    return PciAnswer(Irp, Relations);
}

static NTSTATUS PciAnswerBus(PIRP Irp) {
    PPNP_BUS_INFORMATION Bus = ExAllocatePoolWithTag(PagedPool, sizeof(*Bus), PCI_TAG);

    if (Bus != NULL)
        *Bus = (PNP_BUS_INFORMATION){.BusTypeGuid = BusTypePci, .LegacyBusType = PCIBus, .BusNumber = 0};
    return PciAnswer(Irp, Bus);
}

static NTSTATUS PciTransferConfig(PPCI_DEVICE Device, PIO_STACK_LOCATION Stack, PIRP Irp, BOOLEAN Write) {
    if (Stack->Parameters.ReadWriteConfig.WhichSpace != PCI_WHICHSPACE_CONFIG)
        return STATUS_INVALID_PARAMETER_1;
    Irp->IoStatus.Information = PciAccess(Device, Stack->Parameters.ReadWriteConfig.Buffer, Stack->Parameters.ReadWriteConfig.Offset,
                                          Stack->Parameters.ReadWriteConfig.Length, Write);
    return Irp->IoStatus.Information == Stack->Parameters.ReadWriteConfig.Length ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

/* The bus keeps its device's PDO as long as the device is in its slot. */
NTSTATUS PciDevicePnp(PPCI_DEVICE Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = Irp->IoStatus.Status;
    BUS_QUERY_ID_TYPE Id = Stack->Parameters.QueryId.IdType;
    DEVICE_TEXT_TYPE Text = Stack->Parameters.QueryDeviceText.DeviceTextType;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        PciConfigure(Device, Stack->Parameters.StartDevice.AllocatedResources);
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE:
        PciConfigure(Device, NULL);
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: Status = STATUS_SUCCESS; break;
    case IRP_MN_QUERY_ID:
        if (Id <= BusQueryInstanceID)
            Status = PciAnswer(Irp, PciMakeId(Device, Id));
        break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        if (Text <= DeviceTextLocationInformation)
            Status = PciAnswer(Irp, PciMakeText(Device, Text));
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        PciFillCapabilities(Device, Stack->Parameters.DeviceCapabilities.Capabilities);
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_RESOURCES: Status = PciAnswer(Irp, PciMakeResources(Device)); break;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS: Status = PciAnswer(Irp, PciMakeRequirements(Device)); break;
    case IRP_MN_QUERY_BUS_INFORMATION: Status = PciAnswerBus(Irp); break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (Stack->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation)
            Status = PciAnswerTarget(Device, Irp);
        break;
    case IRP_MN_QUERY_INTERFACE: Status = PciQueryInterface(Device, Stack, Status); break;
    case IRP_MN_READ_CONFIG: Status = PciTransferConfig(Device, Stack, Irp, FALSE); break;
    case IRP_MN_WRITE_CONFIG: Status = PciTransferConfig(Device, Stack, Irp, TRUE); break;
    default: break;
    }
    return PciComplete(Irp, Status);
}
