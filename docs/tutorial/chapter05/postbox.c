#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PostboxUnload;
DRIVER_DISPATCH PostboxOpenClose;
DRIVER_DISPATCH PostboxWrite;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Postbox");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Postbox");

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS PostboxOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    static const char *const Names[] = {[IRP_MJ_CREATE] = "create", [IRP_MJ_CLEANUP] = "cleanup", [IRP_MJ_CLOSE] = "close"};

    DbgPrint("Postbox: %s\n", Names[IoGetCurrentIrpStackLocation(Irp)->MajorFunction]);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS PostboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;

    DbgPrint("Postbox: %lu bytes: %.*s\n", Length, (int)Length, (char *)Irp->AssociatedIrp.SystemBuffer);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

VOID PostboxUnload(PDRIVER_OBJECT DriverObject) {
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
    DbgPrint("Postbox: goodbye\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = PostboxWrite;
    DriverObject->DriverUnload = PostboxUnload;
    return STATUS_SUCCESS;
}
