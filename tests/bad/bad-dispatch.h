/* A driver that makes one mistake, in its dispatch routine for DEVICE_CONTROL, which it defines as BadControl. It answers to the Example client. */
#pragma once
#include <ntifs.h>

/* A frame of its own on the stack that the screen shows. */
#define MISTAKE static __declspec(noinline)

DRIVER_INITIALIZE DriverEntry;
static NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp);

static NTSTATUS CompleteWith(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Complete(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return CompleteWith(Irp, STATUS_SUCCESS);
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
