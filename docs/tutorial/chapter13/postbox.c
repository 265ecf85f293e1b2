/* Keeps notes, for one program at a time. */
#include <ntddk.h>

#define MOST 1000 /* bytes in a note */
#define TAG  'bxoP'

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PostboxUnload;
DRIVER_DISPATCH PostboxCreate;
DRIVER_DISPATCH PostboxClose;
DRIVER_DISPATCH PostboxWrite;
DRIVER_DISPATCH PostboxRead;

typedef struct _NOTE {
    LIST_ENTRY Link;
    ULONG Length;
    char Text[];
} NOTE, *PNOTE;

typedef struct _POSTBOX {
    KSPIN_LOCK Lock;
    LIST_ENTRY Notes; /* oldest first */
} POSTBOX, *PPOSTBOX;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Postbox");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Postbox");

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS PostboxCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    /* \\.\Postbox\something: there is nothing behind our name. */
    if (File->FileName.Length != 0)
        return Complete(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS PostboxClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

NTSTATUS PostboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPOSTBOX Box = DeviceObject->DeviceExtension;
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PNOTE Note;

    if (Length == 0 || Length > MOST)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    Note = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NOTE) + Length, TAG);
    if (Note == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    Note->Length = Length;
    RtlCopyMemory(Note->Text, Irp->AssociatedIrp.SystemBuffer, Length);
    ExInterlockedInsertTailList(&Box->Notes, &Note->Link, &Box->Lock);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

NTSTATUS PostboxRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPOSTBOX Box = DeviceObject->DeviceExtension;
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    PLIST_ENTRY Entry;
    PNOTE Note;

    Entry = ExInterlockedRemoveHeadList(&Box->Notes, &Box->Lock);
    if (Entry == NULL)
        return Complete(Irp, STATUS_SUCCESS, 0);
    Note = CONTAINING_RECORD(Entry, NOTE, Link);
    if (Note->Length > Length) {
        ExInterlockedInsertHeadList(&Box->Notes, &Note->Link, &Box->Lock);
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    Length = Note->Length;
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Note->Text, Length);
    ExFreePoolWithTag(Note, TAG);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

VOID PostboxUnload(PDRIVER_OBJECT DriverObject) {
    PPOSTBOX Box = DriverObject->DeviceObject->DeviceExtension;
    PLIST_ENTRY Entry;

    while ((Entry = ExInterlockedRemoveHeadList(&Box->Notes, &Box->Lock)) != NULL)
        ExFreePoolWithTag(CONTAINING_RECORD(Entry, NOTE, Link), TAG);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    PPOSTBOX Box;
    NTSTATUS Status;

    Status = IoCreateDevice(DriverObject, sizeof(POSTBOX), &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, TRUE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Box = Device->DeviceExtension;
    KeInitializeSpinLock(&Box->Lock);
    InitializeListHead(&Box->Notes);
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PostboxCreate;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PostboxClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = PostboxWrite;
    DriverObject->MajorFunction[IRP_MJ_READ] = PostboxRead;
    DriverObject->DriverUnload = PostboxUnload;
    return STATUS_SUCCESS;
}
