/* A driver that comes back to its INIT section: what it does there when it is asked for something is Mistake. Its device is the example's, so that
   the example's client is its program. */
#pragma once
#include <ntddk.h>

#define INIT_CODE __attribute__((section("INIT"), noinline))

DRIVER_INITIALIZE DriverEntry;
static NTSTATUS Mistake(PDEVICE_OBJECT Device, PIRP Irp);
static VOID Unload(PDRIVER_OBJECT DriverObject);

static NTSTATUS Done(PIRP Irp) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Nothing(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Done(Irp);
}

static VOID RemoveDevice(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Example");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

INIT_CODE NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name, Link;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    RtlInitUnicodeString(&Name, L"\\Device\\Example");
    RtlInitUnicodeString(&Link, L"\\DosDevices\\Example");
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = Nothing;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Mistake;
    return STATUS_SUCCESS;
}
