/* Who is told of the end of the machine, and when: tests/shutdown-order.t. */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
static PDEVICE_OBJECT First, Second, Last, FileSystem;

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_SHUTDOWN) {
        DbgPrint("shutdown of %s\n", Device == First    ? "the first"
                                     : Device == Second ? "the second"
                                     : Device == Last   ? "the last chance"
                                                        : "the file system");
        if (Device == FileSystem)
            IoUnregisterFileSystem(FileSystem); /* which would keep the driver */
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    DbgPrint("shutdown of the driver\n");
    while (DriverObject->DeviceObject != NULL)
        IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT *All[] = {&First, &Second, &Last, &FileSystem};
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        DriverObject->MajorFunction[Major] = Dispatch;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(All); Index++) {
        NTSTATUS Status =
            IoCreateDevice(DriverObject, 0, NULL, Index == 3 ? FILE_DEVICE_DISK_FILE_SYSTEM : FILE_DEVICE_UNKNOWN, 0, FALSE, All[Index]);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    IoRegisterLastChanceShutdownNotification(Last);
    IoRegisterFileSystem(FileSystem);
    IoRegisterShutdownNotification(First);
    IoRegisterShutdownNotification(Second);
    DbgPrint("ready\n");
    return STATUS_SUCCESS;
}
