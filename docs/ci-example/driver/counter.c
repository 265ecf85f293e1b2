/* Counter: adds up the bytes that are written to it; a read gives the sum. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD CounterUnload;
DRIVER_DISPATCH CounterOpenClose;
DRIVER_DISPATCH CounterWrite;
DRIVER_DISPATCH CounterRead;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Counter");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Counter");
static LONG64 Sum;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS CounterOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

NTSTATUS CounterWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    const UCHAR *Bytes = Irp->AssociatedIrp.SystemBuffer;
    LONG64 More = 0;

    for (ULONG i = 0; i < Length; i++)
        More += Bytes[i];
    InterlockedAdd64(&Sum, More);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

NTSTATUS CounterRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(LONG64))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    *(LONG64 *)Irp->AssociatedIrp.SystemBuffer = InterlockedAdd64(&Sum, 0);
    return Complete(Irp, STATUS_SUCCESS, sizeof(LONG64));
}

VOID CounterUnload(PDRIVER_OBJECT DriverObject) {
    DbgPrint("Counter: %I64d\n", Sum);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CounterOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CounterOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = CounterWrite;
    DriverObject->MajorFunction[IRP_MJ_READ] = CounterRead;
    DriverObject->DriverUnload = CounterUnload;
    return STATUS_SUCCESS;
}
