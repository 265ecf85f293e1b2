/* Dereferences NULL in its dispatch routine for DEVICE_CONTROL, without a handler: 0x3B. Answers to the Example client. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS Complete(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static __declspec(noinline) NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    volatile PULONG Counter = DeviceObject->DeviceExtension;
    (*Counter)++;
    return Complete(DeviceObject, Irp);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Example");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Example"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Example");
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
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Complete;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BadControl;
    return STATUS_SUCCESS;
}
