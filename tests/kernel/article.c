/*
 * A driver as beginners write it: its routines do their work and return a status, but never complete the request. Windows' I/O manager finishes
 * CREATE, CLEANUP, CLOSE, READ and WRITE that come back neither completed nor pending; so does this one. The program of the same name drives it.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
VOID ArticleUnload(PDRIVER_OBJECT DriverObject);
NTSTATUS ArticleCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS ArticleClose(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS ArticleRead(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS ArticleWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS ArticleUnsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, ArticleUnload)
#pragma alloc_text(PAGE, ArticleCreate)
#pragma alloc_text(PAGE, ArticleClose)
#pragma alloc_text(PAGE, ArticleRead)
#pragma alloc_text(PAGE, ArticleWrite)
#pragma alloc_text(PAGE, ArticleUnsupported)
#endif

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name, Link;
    PDEVICE_OBJECT Device = NULL;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);

    RtlInitUnicodeString(&Name, L"\\Device\\Article");
    RtlInitUnicodeString(&Link, L"\\DosDevices\\Article");
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (Status == STATUS_SUCCESS) {
        for (ULONG i = 0; i < IRP_MJ_MAXIMUM_FUNCTION; i++) { /* one short, as it is often seen */
            DriverObject->MajorFunction[i] = ArticleUnsupported;
        }
        DriverObject->MajorFunction[IRP_MJ_CREATE] = ArticleCreate;
        DriverObject->MajorFunction[IRP_MJ_CLOSE] = ArticleClose;
        DriverObject->MajorFunction[IRP_MJ_READ] = ArticleRead;
        DriverObject->MajorFunction[IRP_MJ_WRITE] = ArticleWrite;
        DriverObject->DriverUnload = ArticleUnload;
        Device->Flags |= DO_BUFFERED_IO;
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
        Status = IoCreateSymbolicLink(&Link, &Name);
    }
    return Status;
}

VOID ArticleUnload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link;
    RtlInitUnicodeString(&Link, L"\\DosDevices\\Article");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS ArticleCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return IoGetCurrentIrpStackLocation(Irp)->FileObject->FileName.Length ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

NTSTATUS ArticleClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    return STATUS_SUCCESS;
}

NTSTATUS ArticleRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    return STATUS_END_OF_FILE;
}

NTSTATUS ArticleWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PCHAR Text = Irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Text && Length && Text[Length - 1] == 0) { /* nothing without a terminator is printed */
        DbgPrint("Article: %s\n", Text);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ArticleUnsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    return STATUS_NOT_SUPPORTED;
}
