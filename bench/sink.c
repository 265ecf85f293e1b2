/* The cheapest honest driver: requests are counted and completed; one device for each way of passing a buffer. */
#include <ntddk.h>

#include "sink.h"

#define SINK_TAG 'kniS'

DRIVER_INITIALIZE DriverEntry;
static ULONG64 Bytes;

static const struct {
    UNICODE_STRING Name, Link;
    ULONG Flags;
} Devices[] = {
    {RTL_CONSTANT_STRING(L"\\Device\\SinkBuffered"), RTL_CONSTANT_STRING(L"\\DosDevices\\SinkBuffered"), DO_BUFFERED_IO},
    {RTL_CONSTANT_STRING(L"\\Device\\SinkDirect"), RTL_CONSTANT_STRING(L"\\DosDevices\\SinkDirect"), DO_DIRECT_IO},
    {RTL_CONSTANT_STRING(L"\\Device\\SinkNeither"), RTL_CONSTANT_STRING(L"\\DosDevices\\SinkNeither"), 0},
};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS SinkOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS SinkReadWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    Bytes += Length;
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static NTSTATUS UsePool(ULONG Count) {
    while (Count--) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, SINK_TAG);
        if (Block == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        ExFreePoolWithTag(Block, SINK_TAG);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS UseLock(ULONG Count) {
    KSPIN_LOCK Lock;
    KIRQL Irql;
    KeInitializeSpinLock(&Lock);
    while (Count--) {
        KeAcquireSpinLock(&Lock, &Irql);
        KeReleaseSpinLock(&Lock, Irql);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS UseEvent(ULONG Count) {
    KEVENT Event;
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    while (Count--) {
        KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS UseIrp(PDEVICE_OBJECT DeviceObject, ULONG Count) {
    while (Count--) {
        PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
        if (Irp == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_WRITE;
        IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
        IoCallDriver(DeviceObject, Irp);
        IoFreeIrp(Irp);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SinkControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    if (Code == IOCTL_SINK_ECHO) {
        return Complete(Irp, STATUS_SUCCESS, min(Input, Stack->Parameters.DeviceIoControl.OutputBufferLength));
    }
    if (Input < sizeof(ULONG)) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    ULONG Count = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    switch (Code) {
    case IOCTL_SINK_POOL: return Complete(Irp, UsePool(Count), 0);
    case IOCTL_SINK_LOCK: return Complete(Irp, UseLock(Count), 0);
    case IOCTL_SINK_EVENT: return Complete(Irp, UseEvent(Count), 0);
    case IOCTL_SINK_IRP: return Complete(Irp, UseIrp(DeviceObject, Count), 0);
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID SinkUnload(PDRIVER_OBJECT DriverObject) {
    for (ULONG i = 0; i < ARRAYSIZE(Devices); i++) {
        IoDeleteSymbolicLink((PUNICODE_STRING)&Devices[i].Link);
    }
    while (DriverObject->DeviceObject != NULL) {
        IoDeleteDevice(DriverObject->DeviceObject);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = SinkUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] =
        SinkOpenClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = DriverObject->MajorFunction[IRP_MJ_WRITE] = SinkReadWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SinkControl;
    for (ULONG i = 0; i < ARRAYSIZE(Devices); i++) {
        PDEVICE_OBJECT Device;
        NTSTATUS Status =
            IoCreateDevice(DriverObject, 0, (PUNICODE_STRING)&Devices[i].Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
        if (NT_SUCCESS(Status)) {
            Device->Flags |= Devices[i].Flags;
            Status = IoCreateSymbolicLink((PUNICODE_STRING)&Devices[i].Link, (PUNICODE_STRING)&Devices[i].Name);
        }
        if (!NT_SUCCESS(Status)) {
            SinkUnload(DriverObject);
            return Status;
        }
    }
    return STATUS_SUCCESS;
}
