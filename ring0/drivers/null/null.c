/*
 * \Device\Null, which programs open as NUL: reads are at their end at once, writes succeed and go nowhere.
 * Also the smallest useful driver here: one device, one name for it in the DOS namespace, five requests.
 */
#include "hal/ddk.h"
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD NullUnload;
static DRIVER_DISPATCH NullCreateClose, NullRead, NullWrite, NullQueryInformation;

#pragma alloc_text(INIT, DriverEntry)

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Null");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\NUL");

static NTSTATUS NullComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI NullCreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    /* There is nothing below the device: \Device\Null\x does not exist. */
    if (Stack->MajorFunction == IRP_MJ_CREATE && Stack->FileObject->FileName.Length != 0)
        return NullComplete(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    return NullComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI NullRead(PDEVICE_OBJECT Device, PIRP Irp) { return NullComplete(Irp, STATUS_END_OF_FILE, 0); }

static NTSTATUS NTAPI NullWrite(PDEVICE_OBJECT Device, PIRP Irp) {
    return NullComplete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

/* An empty file, as far as anybody asks. */
static NTSTATUS NTAPI NullQueryInformation(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_STANDARD_INFORMATION Standard = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.QueryFile.FileInformationClass != FileStandardInformation)
        return NullComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryFile.Length < sizeof(*Standard))
        return NullComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    RtlZeroMemory(Standard, sizeof(*Standard));
    Standard->NumberOfLinks = 1;
    return NullComplete(Irp, STATUS_SUCCESS, sizeof(*Standard));
}

static VOID NTAPI NullUnload(PDRIVER_OBJECT Driver) {
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    Driver->MajorFunction[IRP_MJ_CREATE] = NullCreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = NullCreateClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = NullCreateClose;
    Driver->MajorFunction[IRP_MJ_READ] = NullRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = NullWrite;
    Driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = NullQueryInformation;
    Driver->DriverUnload = NullUnload;

    /* Neither buffered nor direct: nobody here looks at the data. */
    Status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_NULL, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Device);
    return Status;
}
