/* Four devices that not everybody may open: a driver as the documentation of "Securing Device Objects" has it, for `ringside cc`. */
#include <ntddk.h>
#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
DRIVER_DISPATCH CreateClose, Control;

#define IOCTL_READ  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)
#define IOCTL_WRITE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_ANY   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)

static const GUID Class = {0x8e6f5b0a, 0x2d17, 0x4f0e, {0x9b, 0x1c, 0x51, 0x0a, 0x77, 0x3d, 0x20, 0x04}};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS);
}

/* A code for anybody that turns out to write is checked by the driver itself. */
NTSTATUS Control(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, Code == IOCTL_ANY ? IoValidateDeviceIoControlAccess(Irp, FILE_WRITE_ACCESS) : STATUS_SUCCESS);
}

static NTSTATUS Make(PDRIVER_OBJECT DriverObject, PCWSTR Name, PCWSTR Link, ULONG Characteristics, PCUNICODE_STRING Sddl) {
    UNICODE_STRING DeviceName, LinkName;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    RtlInitUnicodeString(&DeviceName, Name);
    RtlInitUnicodeString(&LinkName, Link);
    Status = IoCreateDeviceSecure(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, Characteristics, FALSE, Sddl, &Class, &Device);
    return NT_SUCCESS(Status) ? IoCreateSymbolicLink(&LinkName, &DeviceName) : Status;
}

static const struct {
    PCWSTR Device, Link;
} Names[] = {{L"\\Device\\SecAdmins", L"\\DosDevices\\SecAdmins"},
             {L"\\Device\\SecLeaky", L"\\DosDevices\\SecLeaky"},
             {L"\\Device\\SecReaders", L"\\DosDevices\\SecReaders"},
             {L"\\Device\\SecKernel", L"\\DosDevices\\SecKernel"}};

VOID Unload(PDRIVER_OBJECT DriverObject) {
    for (ULONG i = 0; i < sizeof Names / sizeof Names[0]; i++) {
        UNICODE_STRING Link;
        RtlInitUnicodeString(&Link, Names[i].Link);
        IoDeleteSymbolicLink(&Link);
    }
    while (DriverObject->DeviceObject)
        IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Nonsense = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;Everybody)"), Name = RTL_CONSTANT_STRING(L"\\Device\\SecNonsense");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DbgPrint("secure: nonsense gives %08x\n", IoCreateDeviceSecure(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Nonsense, NULL, &Device));
    DbgPrint("secure: no name gives %08x\n",
             IoCreateDeviceSecure(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &SDDL_DEVOBJ_SYS_ALL, NULL, &Device));
    Status = Make(DriverObject, Names[0].Device, Names[0].Link, FILE_DEVICE_SECURE_OPEN, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    if (NT_SUCCESS(Status))
        Status = Make(DriverObject, Names[1].Device, Names[1].Link, 0, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    if (NT_SUCCESS(Status))
        Status = Make(DriverObject, Names[2].Device, Names[2].Link, FILE_DEVICE_SECURE_OPEN, &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R);
    if (NT_SUCCESS(Status))
        Status = Make(DriverObject, Names[3].Device, Names[3].Link, FILE_DEVICE_SECURE_OPEN, &SDDL_DEVOBJ_KERNEL_ONLY);
    if (!NT_SUCCESS(Status))
        Unload(DriverObject);
    return Status;
}
