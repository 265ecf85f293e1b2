/* Keeps the last note. There is a mistake in it. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PostboxUnload;
DRIVER_DISPATCH PostboxOpenClose;
DRIVER_DISPATCH PostboxWrite;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Postbox");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Postbox");
static char Note[100];

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS PostboxOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

NTSTATUS PostboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    const char *Text = Irp->UserBuffer;
    size_t Length = strlen(Text);

    RtlCopyMemory(Note, Text, Length + 1);
    DbgPrint("Postbox: kept: %s\n", Note);
    return Complete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

VOID PostboxUnload(PDRIVER_OBJECT DriverObject) {
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = PostboxWrite;
    DriverObject->DriverUnload = PostboxUnload;
    return STATUS_SUCCESS;
}
