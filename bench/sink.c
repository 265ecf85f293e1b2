/* The cheapest honest driver: buffered writes are counted and completed. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static ULONG64 Bytes;

static NTSTATUS Complete(PIRP Irp, ULONG_PTR Information) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS SinkOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, 0);
}

static NTSTATUS SinkWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    Bytes += Length;
    return Complete(Irp, Length);
}

static VOID SinkUnload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Sink");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Sink"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Sink");
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    DriverObject->DriverUnload = SinkUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] =
        SinkOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = SinkWrite;
    return STATUS_SUCCESS;
}
