/* A driver for any device, as function driver or filter: says what it is asked, under its service's name. */
#include <wdm.h>

typedef struct _EXTENSION {
    PDEVICE_OBJECT Lower;
} EXTENSION, *PEXTENSION;

static WCHAR Service[32];

static NTSTATUS Pass(PDEVICE_OBJECT Device, PIRP Irp) {
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((PEXTENSION)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS OnPnp(PDEVICE_OBJECT Device, PIRP Irp) {
    PDEVICE_OBJECT Lower = ((PEXTENSION)Device->DeviceExtension)->Lower;
    NTSTATUS Status;
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: DbgPrint("%ws: START_DEVICE\n", Service); break;
    case IRP_MN_QUERY_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    case IRP_MN_REMOVE_DEVICE:
        DbgPrint("%ws: REMOVE_DEVICE\n", Service);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Status = Pass(Device, Irp);
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
        return Status;
    default: break;
    }
    return Pass(Device, Irp);
}

static NTSTATUS OnPower(PDEVICE_OBJECT Device, PIRP Irp) {
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(((PEXTENSION)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    ((PEXTENSION)Device->DeviceExtension)->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags |= DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    DbgPrint("%ws: AddDevice\n", Service);
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver) { DbgPrint("%ws: unload\n", Service); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    PWSTR Name = RegistryPath->Buffer + RegistryPath->Length / sizeof(WCHAR);
    while (Name[-1] != L'\\')
        Name--;
    wcscpy(Service, Name);
    Driver->DriverUnload = Unload;
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->MajorFunction[IRP_MJ_PNP] = OnPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = OnPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = Pass;
    return STATUS_SUCCESS;
}
