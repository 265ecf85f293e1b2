/* Keeps the last note, and believes nobody. */
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

/* Text is the program's: it may be any number, and what is there may change or go away at any time. */
static NTSTATUS Keep(const char *Text, ULONG Length) {
    char Copy[sizeof(Note)];

    if (Length == 0 || Length >= sizeof(Copy))
        return STATUS_INVALID_PARAMETER;
    __try {
        ProbeForRead((void *)Text, Length, 1);
        RtlCopyMemory(Copy, Text, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("Postbox: this buffer cannot be read: 0x%08X\n", GetExceptionCode());
        return GetExceptionCode();
    }
    Copy[Length] = '\0';
    RtlCopyMemory(Note, Copy, Length + 1);
    DbgPrint("Postbox: kept: %s\n", Note);
    return STATUS_SUCCESS;
}

NTSTATUS PostboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NTSTATUS Status = Keep(Irp->UserBuffer, Length);

    return Complete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
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
