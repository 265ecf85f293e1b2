/* Keeps every read in a queue of its own until a write comes, with a cancel routine under the cancel spin lock, as the DDK showed it before
   cancel-safe queues. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static LIST_ENTRY Queue; /* under the cancel spin lock */

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID CancelRead(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Keep(PIRP Irp) {
    KIRQL Irql;
    IoAcquireCancelSpinLock(&Irql);
    if (Irp->Cancel) {
        IoReleaseCancelSpinLock(Irql);
        return Complete(Irp, STATUS_CANCELLED, 0);
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, CancelRead);
    InsertTailList(&Queue, &Irp->Tail.Overlay.ListEntry);
    IoReleaseCancelSpinLock(Irql);
    return STATUS_PENDING;
}

/* The oldest read of File (NULL: of any), which cannot be cancelled any more; NULL: none. */
static PIRP Take(PFILE_OBJECT File) {
    PIRP Found = NULL;
    KIRQL Irql;
    IoAcquireCancelSpinLock(&Irql);
    for (PLIST_ENTRY Link = Queue.Flink; Link != &Queue && !Found; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        if (!File || IoGetCurrentIrpStackLocation(Irp)->FileObject == File) {
            Found = Irp;
        }
    }
    if (Found) {
        RemoveEntryList(&Found->Tail.Overlay.ListEntry);
        IoSetCancelRoutine(Found, NULL);
    }
    IoReleaseCancelSpinLock(Irql);
    return Found;
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PIRP Waiting;
    UNREFERENCED_PARAMETER(Device);
    switch (Stack->MajorFunction) {
    case IRP_MJ_READ: return Keep(Irp);
    case IRP_MJ_WRITE:
        Waiting = Take(NULL);
        if (Waiting) {
            PIO_STACK_LOCATION Reader = IoGetCurrentIrpStackLocation(Waiting);
            ULONG Length = min(Stack->Parameters.Write.Length, Reader->Parameters.Read.Length);
            RtlCopyMemory(Waiting->AssociatedIrp.SystemBuffer, Irp->AssociatedIrp.SystemBuffer, Length);
            Complete(Waiting, STATUS_SUCCESS, Length);
        }
        return Complete(Irp, Waiting ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY, Waiting ? Stack->Parameters.Write.Length : 0);
    case IRP_MJ_CLEANUP: /* what the file's handle has asked for ends with it */
        while ((Waiting = Take(Stack->FileObject)) != NULL) {
            Complete(Waiting, STATUS_CANCELLED, 0);
        }
        break;
    }
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\CompletionTest");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\CompletionTest"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\CompletionTest");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    InitializeListHead(&Queue);
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] =
        DriverObject->MajorFunction[IRP_MJ_READ] = DriverObject->MajorFunction[IRP_MJ_WRITE] = Dispatch;
    return STATUS_SUCCESS;
}
