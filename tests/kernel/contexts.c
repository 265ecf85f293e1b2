/*
 * Where a user's buffer can be reached from. A write to \\.\ContextsBuffered, ContextsDirect or ContextsNeither is looked at in the dispatch routine, in a DPC
 * and in a work item, and then completed; a read from \\.\ContextsBuffered gives what was seen.
 */
#include <ntddk.h>
#include "kernel/contexts.h"

DRIVER_INITIALIZE DriverEntry;

static const struct {
    UNICODE_STRING Name, Link;
    ULONG Flag;
} Kinds[] = {
    {RTL_CONSTANT_STRING(L"\\Device\\ContextsBuffered"), RTL_CONSTANT_STRING(L"\\DosDevices\\ContextsBuffered"), DO_BUFFERED_IO},
    {RTL_CONSTANT_STRING(L"\\Device\\ContextsDirect"), RTL_CONSTANT_STRING(L"\\DosDevices\\ContextsDirect"), DO_DIRECT_IO},
    {RTL_CONSTANT_STRING(L"\\Device\\ContextsNeither"), RTL_CONSTANT_STRING(L"\\DosDevices\\ContextsNeither"), 0},
};

static PDEVICE_OBJECT Devices[RTL_NUMBER_OF(Kinds)];
static CONTEXTS Seen;
static KDPC Dpc;
static PIO_WORKITEM Worker;
static PIRP Pended;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS ReadUser(const volatile UCHAR *Address) {
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        (void)*Address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

/* The request's bytes at an address that is there in every context; NULL for neither I/O. */
static PUCHAR SystemBytes(PIRP Irp) {
    if (Irp->MdlAddress)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->AssociatedIrp.SystemBuffer;
}

static VOID Work(PDEVICE_OBJECT Device, PVOID Context) {
    PIRP Irp = Pended;
    PUCHAR Bytes = SystemBytes(Irp);
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Context);

    Seen.WorkerId = (ULONG_PTR)PsGetCurrentProcessId();
    if (Bytes)
        Seen.FirstInWorker = Bytes[0];
    if (Irp->MdlAddress && Bytes) {
        Bytes[0] = '!';
        Seen.Direct = 1;
    }
    if (Seen.UserAddress)
        Seen.UserInWorker = ReadUser((const volatile UCHAR *)(ULONG_PTR)Seen.UserAddress);
    Complete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

static VOID NTAPI AtDispatchLevel(PKDPC ThisDpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PUCHAR Bytes = SystemBytes(Pended);
    UNREFERENCED_PARAMETER(ThisDpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);

    Seen.Irql = KeGetCurrentIrql();
    if (Bytes)
        Seen.FirstInDpc = Bytes[0];
    IoQueueWorkItem(Worker, Work, DelayedWorkQueue, NULL);
}

static NTSTATUS Write(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    RtlZeroMemory(&Seen, sizeof(Seen));
    Seen.CallerId = (ULONG_PTR)PsGetCurrentProcessId();
    Seen.UserAddress = Irp->MdlAddress || Irp->AssociatedIrp.SystemBuffer ? 0 : (ULONG_PTR)Irp->UserBuffer;
    if (Irp->MdlAddress)
        SystemBytes(Irp); /* maps the pages here; a DPC may not */
    if (Seen.UserAddress)
        Seen.UserInCaller = ReadUser(Irp->UserBuffer);
    Pended = Irp;
    IoMarkIrpPending(Irp);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return STATUS_PENDING;
}

static NTSTATUS Read(PDEVICE_OBJECT Device, PIRP Irp) {
    if (Device != Devices[0] || IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(Seen))
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Seen, sizeof(Seen));
    return Complete(Irp, STATUS_SUCCESS, sizeof(Seen));
}

static NTSTATUS Succeed(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    if (Worker)
        IoFreeWorkItem(Worker);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Kinds); Index++) {
        if (Devices[Index]) {
            IoDeleteSymbolicLink((PUNICODE_STRING)&Kinds[Index].Link);
            IoDeleteDevice(Devices[Index]);
        }
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    KeInitializeDpc(&Dpc, AtDispatchLevel, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Kinds) && NT_SUCCESS(Status); Index++) {
        Status = IoCreateDevice(DriverObject, 0, (PUNICODE_STRING)&Kinds[Index].Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Devices[Index]);
        if (NT_SUCCESS(Status)) {
            Devices[Index]->Flags |= Kinds[Index].Flag;
            Status = IoCreateSymbolicLink((PUNICODE_STRING)&Kinds[Index].Link, (PUNICODE_STRING)&Kinds[Index].Name);
        }
    }
    if (NT_SUCCESS(Status)) {
        Worker = IoAllocateWorkItem(Devices[0]);
        Status = Worker ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(Status))
        Unload(DriverObject);
    return Status;
}
