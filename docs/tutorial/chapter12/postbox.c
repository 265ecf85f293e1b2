/* Keeps notes. A write adds one, a read takes the oldest; IO controls do the rest. */
#include <ntddk.h>
#include "postbox.h"

#define MOST 1000 /* bytes in a note */
#define TAG  'bxoP'

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PostboxUnload;
DRIVER_DISPATCH PostboxOpenClose;
DRIVER_DISPATCH PostboxWrite;
DRIVER_DISPATCH PostboxRead;
DRIVER_DISPATCH PostboxControl;

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

NTSTATUS PostboxOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

/* The text becomes the newest note, after "Name: " if there is a name. */
static NTSTATUS AddNote(PPOSTBOX Box, const char *Name, ULONG NameLength, const char *Text, ULONG Length) {
    ULONG Before = NameLength == 0 ? 0 : NameLength + 2;
    PNOTE Note;

    if (Length == 0 || Length > MOST || NameLength > 20)
        return STATUS_INVALID_PARAMETER;
    Note = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NOTE) + Before + Length, TAG);
    if (Note == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Note->Length = Before + Length;
    if (Before != 0) {
        RtlCopyMemory(Note->Text, Name, NameLength);
        RtlCopyMemory(Note->Text + NameLength, ": ", 2);
    }
    RtlCopyMemory(Note->Text + Before, Text, Length);
    ExInterlockedInsertTailList(&Box->Notes, &Note->Link, &Box->Lock);
    return STATUS_SUCCESS;
}

NTSTATUS PostboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NTSTATUS Status = AddNote(DeviceObject->DeviceExtension, NULL, 0, Irp->AssociatedIrp.SystemBuffer, Length);

    return Complete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
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

/* How many notes begin with the letter, or how many there are at all. */
static ULONG Count(PPOSTBOX Box, char Letter, BOOLEAN All) {
    PLIST_ENTRY Entry;
    ULONG Number = 0;
    KIRQL Irql;

    KeAcquireSpinLock(&Box->Lock, &Irql);
    for (Entry = Box->Notes.Flink; Entry != &Box->Notes; Entry = Entry->Flink)
        Number += All || CONTAINING_RECORD(Entry, NOTE, Link)->Text[0] == Letter;
    KeReleaseSpinLock(&Box->Lock, Irql);
    return Number;
}

/* METHOD_BUFFERED: one system buffer, for what comes in and for what goes out. */
static NTSTATUS ControlCount(PPOSTBOX Box, PIRP Irp, ULONG OutLength) {
    if (OutLength < sizeof(ULONG))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    *(PULONG)Irp->AssociatedIrp.SystemBuffer = Count(Box, 0, TRUE);
    return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}

/* METHOD_IN_DIRECT: the first buffer as a copy, the second one locked, for the driver to read. */
static NTSTATUS ControlSigned(PPOSTBOX Box, PIRP Irp, ULONG InLength, ULONG OutLength) {
    const char *Text;

    if (InLength == 0 || Irp->MdlAddress == NULL)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    Text = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (Text == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    return Complete(Irp, AddNote(Box, Irp->AssociatedIrp.SystemBuffer, InLength, Text, OutLength), 0);
}

/* METHOD_OUT_DIRECT: the second buffer locked, for the driver to write. */
static NTSTATUS ControlPeek(PPOSTBOX Box, PIRP Irp, ULONG OutLength) {
    NTSTATUS Status = STATUS_NO_MORE_ENTRIES;
    ULONG Length = 0;
    PNOTE Note;
    char *To;
    KIRQL Irql;

    if (Irp->MdlAddress == NULL)
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    To = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (To == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeAcquireSpinLock(&Box->Lock, &Irql);
    if (!IsListEmpty(&Box->Notes)) {
        Note = CONTAINING_RECORD(Box->Notes.Flink, NOTE, Link);
        Status = STATUS_BUFFER_TOO_SMALL;
        if (Note->Length <= OutLength) {
            Length = Note->Length;
            RtlCopyMemory(To, Note->Text, Length);
            Status = STATUS_SUCCESS;
        }
    }
    KeReleaseSpinLock(&Box->Lock, Irql);
    return Complete(Irp, Status, Length);
}

/* METHOD_NEITHER: two addresses of the program's. No lock is held while they are touched. */
static NTSTATUS ControlFind(PPOSTBOX Box, PIRP Irp, PIO_STACK_LOCATION Stack) {
    const char *In = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    PULONG Out = Irp->UserBuffer;
    ULONG Number;
    char Letter;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength != 1 || Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    __try {
        ProbeForRead((void *)In, 1, 1);
        Letter = *In;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return Complete(Irp, GetExceptionCode(), 0);
    }
    Number = Count(Box, Letter, FALSE);
    __try {
        ProbeForWrite(Out, sizeof(ULONG), sizeof(ULONG));
        *Out = Number;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return Complete(Irp, GetExceptionCode(), 0);
    }
    return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}

NTSTATUS PostboxControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG InLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG OutLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_POSTBOX_COUNT: return ControlCount(DeviceObject->DeviceExtension, Irp, OutLength);
    case IOCTL_POSTBOX_SIGNED: return ControlSigned(DeviceObject->DeviceExtension, Irp, InLength, OutLength);
    case IOCTL_POSTBOX_PEEK: return ControlPeek(DeviceObject->DeviceExtension, Irp, OutLength);
    case IOCTL_POSTBOX_FIND: return ControlFind(DeviceObject->DeviceExtension, Irp, Stack);
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
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

    Status = IoCreateDevice(DriverObject, sizeof(POSTBOX), &DeviceName, FILE_DEVICE_POSTBOX, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
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
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = PostboxWrite;
    DriverObject->MajorFunction[IRP_MJ_READ] = PostboxRead;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PostboxControl;
    DriverObject->DriverUnload = PostboxUnload;
    return STATUS_SUCCESS;
}
