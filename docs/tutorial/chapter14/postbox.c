/* Keeps notes. A write adds one; a read takes the oldest, and waits for one if there is none. */
#include <ntddk.h>

#define MOST 1000 /* bytes in a note */
#define TAG  'bxoP'

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PostboxUnload;
DRIVER_DISPATCH PostboxOpenClose;
DRIVER_DISPATCH PostboxWrite;
DRIVER_DISPATCH PostboxRead;
DRIVER_DISPATCH PostboxCleanup;
DRIVER_CANCEL PostboxCancel;

typedef struct _NOTE {
    LIST_ENTRY Link;
    ULONG Length;
    char Text[];
} NOTE, *PNOTE;

typedef struct _POSTBOX {
    KSPIN_LOCK Lock;
    LIST_ENTRY Notes;   /* oldest first */
    LIST_ENTRY Readers; /* IRPs that wait; one of the two lists is always empty */
} POSTBOX, *PPOSTBOX;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Postbox");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Postbox");

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS PostboxOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    DbgPrint("Postbox: %s\n", IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE ? "create" : "close");
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* The reader that has waited longest, taken from the list; NULL if there is none. With a file, only its readers. The lock is held. */
static PIRP TakeReader(PPOSTBOX Box, PFILE_OBJECT File) {
    PLIST_ENTRY Entry, Next;
    PIRP Irp;

    for (Entry = Box->Readers.Flink; Entry != &Box->Readers; Entry = Next) {
        Next = Entry->Flink;
        Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (File != NULL && IoGetCurrentIrpStackLocation(Irp)->FileObject != File)
            continue;
        /* Whoever takes the cancel routine away owns the IRP. If it is gone, PostboxCancel runs, and waits for the lock. */
        if (IoSetCancelRoutine(Irp, NULL) == NULL)
            continue;
        RemoveEntryList(Entry);
        return Irp;
    }
    return NULL;
}

VOID PostboxCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPOSTBOX Box = DeviceObject->DeviceExtension;
    KIRQL Irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Box->Lock, &Irql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Box->Lock, Irql);
    DbgPrint("Postbox: a reader is cancelled\n");
    Complete(Irp, STATUS_CANCELLED, 0);
}

/* The last handle to this file is closed: nobody will ask for what its readers get. */
NTSTATUS PostboxCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPOSTBOX Box = DeviceObject->DeviceExtension;
    PIRP Reader;
    KIRQL Irql;

    do {
        KeAcquireSpinLock(&Box->Lock, &Irql);
        Reader = TakeReader(Box, IoGetCurrentIrpStackLocation(Irp)->FileObject);
        KeReleaseSpinLock(&Box->Lock, Irql);
        if (Reader != NULL)
            Complete(Reader, STATUS_CANCELLED, 0);
    } while (Reader != NULL);
    DbgPrint("Postbox: cleanup\n");
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* Gives the note to the reader, and frees it. */
static NTSTATUS Hand(PIRP Irp, PNOTE Note) {
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    ULONG Length = min(Note->Length, Room);

    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Note->Text, Length);
    ExFreePoolWithTag(Note, TAG);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

NTSTATUS PostboxWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPOSTBOX Box = DeviceObject->DeviceExtension;
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PIRP Reader;
    PNOTE Note;
    KIRQL Irql;

    if (Length == 0 || Length > MOST)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    Note = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NOTE) + Length, TAG);
    if (Note == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    Note->Length = Length;
    RtlCopyMemory(Note->Text, Irp->AssociatedIrp.SystemBuffer, Length);

    KeAcquireSpinLock(&Box->Lock, &Irql);
    Reader = TakeReader(Box, NULL);
    if (Reader == NULL)
        InsertTailList(&Box->Notes, &Note->Link);
    KeReleaseSpinLock(&Box->Lock, Irql);
    if (Reader != NULL)
        Hand(Reader, Note);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

NTSTATUS PostboxRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PPOSTBOX Box = DeviceObject->DeviceExtension;
    PLIST_ENTRY Entry;
    KIRQL Irql;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0)
        return Complete(Irp, STATUS_SUCCESS, 0);
    KeAcquireSpinLock(&Box->Lock, &Irql);
    if (!IsListEmpty(&Box->Notes)) {
        Entry = RemoveHeadList(&Box->Notes);
        KeReleaseSpinLock(&Box->Lock, Irql);
        return Hand(Irp, CONTAINING_RECORD(Entry, NOTE, Link));
    }
    IoMarkIrpPending(Irp);
    InsertTailList(&Box->Readers, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, PostboxCancel);
    /* Cancelled before the routine was there: then it has not run and will not, unless it was found in between. */
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&Box->Lock, Irql);
        Complete(Irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    KeReleaseSpinLock(&Box->Lock, Irql);
    return STATUS_PENDING;
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

    Status = IoCreateDevice(DriverObject, sizeof(POSTBOX), &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Box = Device->DeviceExtension;
    KeInitializeSpinLock(&Box->Lock);
    InitializeListHead(&Box->Notes);
    InitializeListHead(&Box->Readers);
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PostboxOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = PostboxWrite;
    DriverObject->MajorFunction[IRP_MJ_READ] = PostboxRead;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = PostboxCleanup;
    DriverObject->DriverUnload = PostboxUnload;
    return STATUS_SUCCESS;
}
