/* The driver's entries, and what its two kinds of devices have in common. */
#include "pci.h"

DRIVER_INITIALIZE DriverEntry;

#pragma alloc_text(INIT, DriverEntry)

NTSTATUS PciComplete(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS NTAPI PciPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPCI_BUS Bus = DeviceObject->DeviceExtension;

    return Bus->IsBus ? PciBusPnp(Bus, Irp) : PciDevicePnp(DeviceObject->DeviceExtension, Irp);
}

/* A device is in the state that it is put into; what costs no power knows no others. */
NTSTATUS NTAPI PciPower(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PPCI_BUS Bus = DeviceObject->DeviceExtension;

    PoStartNextPowerIrp(Irp);
    if (Bus->IsBus) {
        IoSkipCurrentIrpStackLocation(Irp);
        return PoCallDriver(Bus->Lower, Irp);
    }
    if (Stack->MinorFunction != IRP_MN_SET_POWER && Stack->MinorFunction != IRP_MN_QUERY_POWER)
        return PciComplete(Irp, Irp->IoStatus.Status);
    if (Stack->MinorFunction == IRP_MN_SET_POWER && Stack->Parameters.Power.Type == DevicePowerState)
        PoSetPowerState(DeviceObject, DevicePowerState, Stack->Parameters.Power.State);
    return PciComplete(Irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI PciSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPCI_BUS Bus = DeviceObject->DeviceExtension;

    if (!Bus->IsBus)
        return PciComplete(Irp, Irp->IoStatus.Status);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Bus->Lower, Irp);
}

NTSTATUS NTAPI PciAddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo) {
    PDEVICE_OBJECT Device;
    PPCI_BUS Bus;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(*Bus), NULL, FILE_DEVICE_BUS_EXTENDER, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Bus = Device->DeviceExtension;
    Bus->IsBus = TRUE;
    Bus->Self = Device;
    Bus->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    if (Bus->Lower == NULL) {
        IoDeleteDevice(Device);
        return STATUS_NO_SUCH_DEVICE;
    }
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* No unload routine: the bus is there as long as the machine. */
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    Driver->MajorFunction[IRP_MJ_PNP] = PciPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = PciPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PciSystemControl;
    Driver->DriverExtension->AddDevice = PciAddDevice;
    return STATUS_SUCCESS;
}
