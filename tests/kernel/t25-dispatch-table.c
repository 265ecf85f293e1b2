/* T25: every slot of MajorFunction holds the kernel's routine for requests that a driver does not handle, to the last; minor codes arrive. */
#include <ntddk.h>
#include "tap.h"

static UCHAR LastMajor, LastMinor;

static NTSTATUS Seen(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    LastMajor = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    LastMinor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Done(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(Device);
    *(NTSTATUS *)Context = Irp->IoStatus.Status;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Send(PDEVICE_OBJECT Device, UCHAR Major, UCHAR Minor) {
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    NTSTATUS Result = STATUS_PENDING;

    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MajorFunction = Major;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = Minor;
    IoSetCompletionRoutine(Irp, Done, &Result, TRUE, TRUE, TRUE);
    IoCallDriver(Device, Irp);
    IoFreeIrp(Irp);
    return Result;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDRIVER_DISPATCH Invalid = DriverObject->MajorFunction[0];
    PDEVICE_OBJECT Device;
    ULONG Slot, Same = 0, Refused = 0;
    UNREFERENCED_PARAMETER(RegistryPath);

    is(IRP_MJ_MAXIMUM_FUNCTION, 27, "the last slot");
    for (Slot = 0; Slot <= IRP_MJ_MAXIMUM_FUNCTION; Slot++)
        Same += DriverObject->MajorFunction[Slot] == Invalid;
    ok(Invalid && Same == 28, "all 28 slots are filled alike before DriverEntry");
    ok((PUCHAR)Invalid < (PUCHAR)DriverObject->DriverStart || (PUCHAR)Invalid >= (PUCHAR)DriverObject->DriverStart + DriverObject->DriverSize,
       "with a routine of the kernel's");
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    for (Slot = 0; Slot <= IRP_MJ_MAXIMUM_FUNCTION; Slot++)
        Refused += Send(Device, (UCHAR)Slot, 0) == STATUS_INVALID_DEVICE_REQUEST;
    is(Refused, 28, "which completes each with STATUS_INVALID_DEVICE_REQUEST");
    for (Slot = 0; Slot <= IRP_MJ_MAXIMUM_FUNCTION; Slot++)
        DriverObject->MajorFunction[Slot] = Seen;
    ok(NT_SUCCESS(Send(Device, IRP_MJ_MAXIMUM_FUNCTION, 0)) && LastMajor == 27, "a routine in the last slot is called");
    ok(NT_SUCCESS(Send(Device, IRP_MJ_PNP, IRP_MN_QUERY_CAPABILITIES)) && LastMajor == IRP_MJ_PNP && LastMinor == IRP_MN_QUERY_CAPABILITIES,
       "and sees the minor function code");
    IoDeleteDevice(Device);
}
