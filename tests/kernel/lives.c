/*
 * Counts the files of its device, and records in which process their CLEANUP and CLOSE run. A write references the file until a work item has run, one
 * of a single byte for 30 ms more, so that its CLOSE comes after its CLEANUP and elsewhere; a read of fewer bytes than LIVES waits until it is cancelled, a
 * longer one gives the counts. At unload it says what it has counted.
 */
#include <ntddk.h>
#include "kernel/lives.h"

DRIVER_INITIALIZE DriverEntry;

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Lives"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Lives");
static PDEVICE_OBJECT Device;
static LIVES Lives;

typedef struct _KEPT {
    PIO_WORKITEM Item;
    PFILE_OBJECT File;
    BOOLEAN Long;
} KEPT, *PKEPT;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Open(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext = PsGetCurrentProcessId();
    InterlockedIncrement((volatile LONG *)&Lives.Creates);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Cleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    HANDLE Opener = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedIncrement((volatile LONG *)&Lives.Cleanups);
    if (Opener != PsGetCurrentProcessId())
        InterlockedIncrement((volatile LONG *)&Lives.CleanupElsewhere);
    Lives.LastCleanupProcess = (ULONG_PTR)PsGetCurrentProcessId();
    Lives.LastCleanupThread = (ULONG_PTR)PsGetCurrentThreadId();
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Close(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    HANDLE Opener = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
    UNREFERENCED_PARAMETER(DeviceObject);
    InterlockedIncrement((volatile LONG *)&Lives.Closes);
    if (Opener != PsGetCurrentProcessId())
        InterlockedIncrement((volatile LONG *)&Lives.CloseElsewhere);
    Lives.LastOpener = (ULONG_PTR)Opener;
    Lives.LastCloseProcess = (ULONG_PTR)PsGetCurrentProcessId();
    Lives.LastCloseThread = (ULONG_PTR)PsGetCurrentThreadId();
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID LetGo(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    PKEPT Kept = Context;
    LARGE_INTEGER Pause = {.QuadPart = -30 * 10000};
    UNREFERENCED_PARAMETER(DeviceObject);

    if (Kept->Long)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    IoFreeWorkItem(Kept->Item);
    ObDereferenceObject(Kept->File);
    ExFreePoolWithTag(Kept, 'evil');
}

static NTSTATUS Write(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PKEPT Kept = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KEPT), 'evil');

    if (!Kept)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    Kept->Item = IoAllocateWorkItem(DeviceObject);
    if (!Kept->Item) {
        ExFreePoolWithTag(Kept, 'evil');
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Kept->File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    Kept->Long = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length == 1;
    ObReferenceObject(Kept->File);
    IoQueueWorkItem(Kept->Item, LetGo, DelayedWorkQueue, Kept);
    return Complete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

static VOID Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Read(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KIRQL Old;
    UNREFERENCED_PARAMETER(DeviceObject);

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length >= sizeof(Lives)) {
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Lives, sizeof(Lives));
        return Complete(Irp, STATUS_SUCCESS, sizeof(Lives));
    }
    IoAcquireCancelSpinLock(&Old);
    if (Irp->Cancel) {
        IoReleaseCancelSpinLock(Old);
        return Complete(Irp, STATUS_CANCELLED, 0);
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, Cancel);
    IoReleaseCancelSpinLock(Old);
    return STATUS_PENDING;
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("Lives: %u creates, %u cleanups, %u closes; %u cleanups elsewhere\n", Lives.Creates, Lives.Cleanups, Lives.Closes,
             Lives.CleanupElsewhere);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Open;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Device);
    return Status;
}
