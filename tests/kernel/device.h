/* What the tests of devices share: devices whose extension says which routine handles what is sent to them, and ways to send it. */
#pragma once
#include <ntifs.h>
#include "tap.h"

#define TAG 'tseT'

typedef struct _EXTENSION {
    PDRIVER_DISPATCH Dispatch;
    PDEVICE_OBJECT Lower;
    ULONG Seen;
    UCHAR LastMajor;
    UCHAR Fill[64];
} EXTENSION, *PEXTENSION;

static PDRIVER_OBJECT Driver;

static PEXTENSION ExtensionOf(PDEVICE_OBJECT Device) { return Device->DeviceExtension; }

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Succeed(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PEXTENSION Extension = ExtensionOf(Device);
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    Extension->Seen++;
    Extension->LastMajor = Major;
    if (!Extension->Dispatch || Major == IRP_MJ_CREATE || Major == IRP_MJ_CLEANUP || Major == IRP_MJ_CLOSE) {
        return Succeed(Device, Irp);
    }
    return Extension->Dispatch(Device, Irp);
}

static PDEVICE_OBJECT CreateDevice(PCWSTR Name, BOOLEAN Exclusive, PDRIVER_DISPATCH Routine) {
    UNICODE_STRING DeviceName;
    PDEVICE_OBJECT Device = NULL;
    RtlInitUnicodeString(&DeviceName, Name);
    STATUS(IoCreateDevice(Driver, sizeof(EXTENSION), Name ? &DeviceName : NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, Exclusive, &Device),
           STATUS_SUCCESS, "IoCreateDevice");
    ExtensionOf(Device)->Dispatch = Routine;
    return Device;
}

static VOID Ready(PDEVICE_OBJECT Device) { Device->Flags &= ~DO_DEVICE_INITIALIZING; }

static NTSTATUS Open(PCWSTR Name, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;
    IO_STATUS_BLOCK Iosb;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenFile(Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, 0, FILE_SYNCHRONOUS_IO_NONALERT);
}

static VOID Sleep(LONG Milliseconds) {
    LARGE_INTEGER Time = {.QuadPart = -10000ll * Milliseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

static VOID UseDispatch(PDRIVER_OBJECT DriverObject) {
    Driver = DriverObject;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        DriverObject->MajorFunction[Major] = Dispatch;
    }
}

/* ---- Routines of devices, and requests to them ---- */
static NTSTATUS PassDown(PDEVICE_OBJECT Device, PIRP Irp) {
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(ExtensionOf(Device)->Lower, Irp);
}

/* METHOD_BUFFERED: turns each byte into the next one. */
static NTSTATUS Increment(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PUCHAR Bytes = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = min(Stack->Parameters.DeviceIoControl.InputBufferLength, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    UNREFERENCED_PARAMETER(Device);
    for (ULONG i = 0; i < Length; i++) {
        Bytes[i]++;
    }
    return Complete(Irp, STATUS_SUCCESS, Length);
}

#define IOCTL_TEST CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* Sends a control code and waits. */
static NTSTATUS Control(PDEVICE_OBJECT Device, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PIO_STATUS_BLOCK Iosb) {
    KEVENT Event;
    NTSTATUS Status;
    PIRP Irp;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    RtlFillMemory(Iosb, sizeof *Iosb, 0xEE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TEST, Device, Input, InputLength, Output, OutputLength, FALSE, &Event, Iosb);
    if (!Irp) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb->Status;
    }
    return Status;
}

typedef struct _COMPLETION {
    KEVENT Event;
    ULONG Calls;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    BOOLEAN Pending;
    KIRQL Irql;
    NTSTATUS Answer;
} COMPLETION, *PCOMPLETION;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    PCOMPLETION Completion = Context;
    Completion->Calls++;
    Completion->Device = Device;
    Completion->Status = Irp->IoStatus.Status;
    Completion->Pending = Irp->PendingReturned;
    Completion->Irql = KeGetCurrentIrql();
    if (Irp->PendingReturned && Completion->Answer != STATUS_MORE_PROCESSING_REQUIRED) {
        IoMarkIrpPending(Irp);
    }
    KeSetEvent(&Completion->Event, IO_NO_INCREMENT, FALSE);
    return Completion->Answer;
}

static VOID InitializeCompletion(PCOMPLETION Completion, NTSTATUS Answer) {
    RtlZeroMemory(Completion, sizeof *Completion);
    KeInitializeEvent(&Completion->Event, NotificationEvent, FALSE);
    Completion->Answer = Answer;
}

static NTSTATUS Fail(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_DEVICE_BUSY, 0);
}

static NTSTATUS SendOwn(PDEVICE_OBJECT Device, PCOMPLETION Completion, BOOLEAN Success, BOOLEAN Error) {
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    NTSTATUS Status;
    InitializeCompletion(Completion, STATUS_MORE_PROCESSING_REQUIRED);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(Irp, Completed, Completion, Success, Error, FALSE);
    Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Completion->Event, Executive, KernelMode, FALSE, NULL);
    }
    if (Completion->Calls) {
        IoFreeIrp(Irp);
    }
    return Status;
}

/* Sends it down and gets it back before it goes on up, as drivers do that start a device. */
static COMPLETION Regained;
static NTSTATUS Regain(PDEVICE_OBJECT Device, PIRP Irp) {
    NTSTATUS Status;
    InitializeCompletion(&Regained, STATUS_MORE_PROCESSING_REQUIRED);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Completed, &Regained, TRUE, TRUE, TRUE);
    Status = IoCallDriver(ExtensionOf(Device)->Lower, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Regained.Event, Executive, KernelMode, FALSE, NULL);
    }
    return Complete(Irp, Irp->IoStatus.Status == STATUS_DEVICE_BUSY ? STATUS_RETRY : Irp->IoStatus.Status, Irp->IoStatus.Information + 1);
}
