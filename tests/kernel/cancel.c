/* Keeps every read in a cancel-safe queue until a write comes, which completes the oldest. The program of the same name cancels and ends requests. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static IO_CSQ Csq;
static LIST_ENTRY Queue;
static KSPIN_LOCK Lock;

static VOID NTAPI CsqInsert(PIO_CSQ Self, PIRP Irp) {
    UNREFERENCED_PARAMETER(Self);
    InsertTailList(&Queue, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI CsqRemove(PIO_CSQ Self, PIRP Irp) {
    UNREFERENCED_PARAMETER(Self);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* The next one behind Irp (NULL: the first) of the file that Context names (NULL: of any). */
static PIRP NTAPI CsqPeek(PIO_CSQ Self, PIRP Irp, PVOID Context) {
    PLIST_ENTRY Link = Irp ? Irp->Tail.Overlay.ListEntry.Flink : Queue.Flink;
    UNREFERENCED_PARAMETER(Self);
    for (; Link != &Queue; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        if (!Context || IoGetCurrentIrpStackLocation(Next)->FileObject == Context) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI CsqAcquire(PIO_CSQ Self, PKIRQL Irql) {
    UNREFERENCED_PARAMETER(Self);
    KeAcquireSpinLock(&Lock, Irql);
}

static VOID NTAPI CsqRelease(PIO_CSQ Self, KIRQL Irql) {
    UNREFERENCED_PARAMETER(Self);
    KeReleaseSpinLock(&Lock, Irql);
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI CsqComplete(PIO_CSQ Self, PIRP Irp) {
    UNREFERENCED_PARAMETER(Self);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PIRP Waiting;
    UNREFERENCED_PARAMETER(Device);
    switch (Stack->MajorFunction) {
    case IRP_MJ_READ:
        IoCsqInsertIrp(&Csq, Irp, NULL); /* marks it pending */
        return STATUS_PENDING;
    case IRP_MJ_WRITE:
        Waiting = IoCsqRemoveNextIrp(&Csq, NULL);
        if (Waiting) {
            PIO_STACK_LOCATION Reader = IoGetCurrentIrpStackLocation(Waiting);
            ULONG Length = min(Stack->Parameters.Write.Length, Reader->Parameters.Read.Length);
            RtlCopyMemory(Waiting->AssociatedIrp.SystemBuffer, Irp->AssociatedIrp.SystemBuffer, Length);
            Complete(Waiting, STATUS_SUCCESS, Length);
        }
        return Complete(Irp, Waiting ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY, Waiting ? Stack->Parameters.Write.Length : 0);
    case IRP_MJ_CLEANUP: /* what the file's handle has asked for ends with it */
        while ((Waiting = IoCsqRemoveNextIrp(&Csq, Stack->FileObject)) != NULL) {
            Complete(Waiting, STATUS_CANCELLED, 0);
        }
        break;
    }
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\CancelTest");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\CancelTest"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\CancelTest");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    InitializeListHead(&Queue);
    KeInitializeSpinLock(&Lock);
    Status = IoCsqInitialize(&Csq, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqComplete);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
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
