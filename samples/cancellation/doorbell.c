/*
 * Doorbell: a read waits until somebody rings; a write rings, and what it says goes to who has waited longest.
 *
 * It shows how a request waits that may be taken back at any moment: it lies in a cancel-safe queue, whose functions decide under one lock whether it is
 * cancelled or answered. Whoever takes it out of the queue completes it, and nobody else.
 */
#include <ntddk.h>
#include "doorbell.h"

#define TAG 'lleB'

typedef struct _DOORBELL {
    IO_CSQ Queue;
    KSPIN_LOCK Lock;        /* of the list, of Counts.Waiting, and of every VISITOR */
    LIST_ENTRY Waiting;     /* IRPs, by Tail.Overlay.ListEntry, the longest waiting first */
    DOORBELL_COUNTS Counts; /* the other two are counted interlocked, without the lock */
} DOORBELL, *PDOORBELL;

typedef struct _VISITOR { /* an open file: FileObject->FsContext */
    ULONG Waiting;
    BOOLEAN Gone;
} VISITOR, *PVISITOR;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Create, Close, Cleanup, Read, Write, DeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#pragma alloc_text(PAGE, Create)
#pragma alloc_text(PAGE, Close)
#endif

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static PVISITOR VisitorOf(PIRP Irp) { return IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext; }

/* ---- The queue: what the system calls, at <= DISPATCH_LEVEL, the first three with the lock held ---------------------------------------------- */

static PDOORBELL BellOf(PIO_CSQ Queue) { return CONTAINING_RECORD(Queue, DOORBELL, Queue); }

/* A failure is IoCsqInsertIrpEx's, and the IRP then stays its caller's. A read that comes behind its file's clean-up would wait for ever: refused here, under the
   lock that the clean-up holds when it says so. */
static NTSTATUS CsqInsert(PIO_CSQ Queue, PIRP Irp, PVOID Context) {
    PDOORBELL Bell = BellOf(Queue);
    PVISITOR Visitor = VisitorOf(Irp);

    UNREFERENCED_PARAMETER(Context);
    if (Visitor->Gone)
        return STATUS_CANCELLED;
    if (Visitor->Waiting == DOORBELL_MOST_WAITING)
        return STATUS_QUOTA_EXCEEDED;
    InsertTailList(&Bell->Waiting, &Irp->Tail.Overlay.ListEntry);
    Visitor->Waiting++;
    Bell->Counts.Waiting++;
    return STATUS_SUCCESS;
}

static VOID CsqRemove(PIO_CSQ Queue, PIRP Irp) {
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    VisitorOf(Irp)->Waiting--;
    BellOf(Queue)->Counts.Waiting--;
}

/* The first that waits behind Irp, or at all; of the file that Context is, if it is one. */
static PIRP CsqPeek(PIO_CSQ Queue, PIRP Irp, PVOID Context) {
    PLIST_ENTRY Head = &BellOf(Queue)->Waiting, Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Head->Flink;

    for (; Link != Head; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if (Context == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == Context)
            return Next;
    }
    return NULL;
}

static VOID CsqAcquire(PIO_CSQ Queue, PKIRQL Irql) { KeAcquireSpinLock(&BellOf(Queue)->Lock, Irql); }
static VOID CsqRelease(PIO_CSQ Queue, KIRQL Irql) { KeReleaseSpinLock(&BellOf(Queue)->Lock, Irql); }

/* The IRP is out of the queue and nobody's but ours. Completing may call back into this driver: not with the lock. */
static VOID CsqCanceled(PIO_CSQ Queue, PIRP Irp) {
    InterlockedIncrement((PLONG)&BellOf(Queue)->Counts.Cancelled);
    Complete(Irp, STATUS_CANCELLED, 0);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Create(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PVISITOR Visitor;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    Visitor = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(VISITOR), TAG); /* looked at with a spin lock held */
    if (Visitor == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlZeroMemory(Visitor, sizeof(VISITOR));
    IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext = Visitor;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* The last handle is closed. What waits holds the file open, so there is no IRP_MJ_CLOSE before this has completed it. */
static NTSTATUS Cleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PDOORBELL Bell = DeviceObject->DeviceExtension;
    ULONG Count = 0;
    KIRQL Irql;
    PIRP Left;

    KeAcquireSpinLock(&Bell->Lock, &Irql);
    VisitorOf(Irp)->Gone = TRUE;
    KeReleaseSpinLock(&Bell->Lock, Irql);
    while ((Left = IoCsqRemoveNextIrp(&Bell->Queue, IoGetCurrentIrpStackLocation(Irp)->FileObject)) != NULL) {
        CsqCanceled(&Bell->Queue, Left);
        Count++;
    }
    if (Count != 0)
        DbgPrint("doorbell: %lu waited when their file was closed\n", Count);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Close(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    ExFreePoolWithTag(VisitorOf(Irp), TAG);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* Once it is in the queue the IRP may be gone before IoCsqInsertIrpEx returns: it is marked pending before, and not looked at afterwards. */
static NTSTATUS Read(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PDOORBELL Bell = DeviceObject->DeviceExtension;
    NTSTATUS Status;

    IoMarkIrpPending(Irp);
    Status = IoCsqInsertIrpEx(&Bell->Queue, Irp, NULL, NULL);
    if (!NT_SUCCESS(Status))
        Complete(Irp, Status, 0);
    return STATUS_PENDING;
}

static NTSTATUS Write(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PDOORBELL Bell = DeviceObject->DeviceExtension;
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length, Room;
    PIRP Waiting = IoCsqRemoveNextIrp(&Bell->Queue, NULL);

    if (Waiting == NULL)
        return Complete(Irp, STATUS_DEVICE_NOT_READY, 0);
    Room = min(Length, IoGetCurrentIrpStackLocation(Waiting)->Parameters.Read.Length);
    if (Room != 0) /* neither has a system buffer if its length is 0 */
        RtlCopyMemory(Waiting->AssociatedIrp.SystemBuffer, Irp->AssociatedIrp.SystemBuffer, Room);
    InterlockedIncrement((PLONG)&Bell->Counts.Answered);
    Complete(Waiting, Room == Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, Room);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static NTSTATUS DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PDOORBELL Bell = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    KIRQL Irql;

    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_DOORBELL_COUNTS)
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(DOORBELL_COUNTS))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    KeAcquireSpinLock(&Bell->Lock, &Irql);
    *(PDOORBELL_COUNTS)Irp->AssociatedIrp.SystemBuffer = Bell->Counts;
    KeReleaseSpinLock(&Bell->Lock, Irql);
    return Complete(Irp, STATUS_SUCCESS, sizeof(DOORBELL_COUNTS));
}

/* ---- The beginning and the end --------------------------------------------------------------------------------------------------------------- */

/* The system calls this when no file is open any more; a read that waits keeps its file open, so none waits. */
static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Doorbell");

    PAGED_CODE();
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Doorbell"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Doorbell");
    PDEVICE_OBJECT Device;
    PDOORBELL Bell;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, sizeof(DOORBELL), &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Bell = Device->DeviceExtension;
    KeInitializeSpinLock(&Bell->Lock);
    InitializeListHead(&Bell->Waiting);
    Status = IoCsqInitializeEx(&Bell->Queue, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqCanceled);
    if (NT_SUCCESS(Status))
        Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    Device->Flags |= DO_BUFFERED_IO;
    return STATUS_SUCCESS;
}
