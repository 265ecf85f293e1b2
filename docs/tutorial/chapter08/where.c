/* Built three times, with WAY as DO_BUFFERED_IO, DO_DIRECT_IO or 0: who can read what a program has written, and where is it? */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD WhereUnload;
DRIVER_DISPATCH WhereOpenClose;
DRIVER_DISPATCH WhereWrite;
IO_WORKITEM_ROUTINE WhereLater;

typedef struct _JOB {
    PIO_WORKITEM Item;
    PIRP Irp;
    const char *Text;
    ULONG Length;
} JOB, *PJOB;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Postbox");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Postbox");

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* Says who reads, and what it sees. */
static VOID Look(const char *When, const char *Text, ULONG Length) {
    char Copy[32] = "";

    __try {
        RtlCopyMemory(Copy, Text, min(Length, sizeof(Copy) - 1));
        DbgPrint("Where: %s, in the %s process: %s\n", When, PsGetCurrentProcess() == PsInitialSystemProcess ? "System" : "program's", Copy);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("Where: %s, in the %s process: exception 0x%08X\n", When, PsGetCurrentProcess() == PsInitialSystemProcess ? "System" : "program's",
                 GetExceptionCode());
    }
}

VOID WhereLater(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    PJOB Job = Context;

    Look("later", Job->Text, Job->Length);
    Complete(Job->Irp, STATUS_SUCCESS, Job->Length);
    IoFreeWorkItem(Job->Item);
    ExFreePool(Job);
}

NTSTATUS WhereWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PJOB Job = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(JOB), 'bxoP');

    if (Job == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    Job->Item = IoAllocateWorkItem(DeviceObject);
    Job->Irp = Irp;
    Job->Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    if (Irp->AssociatedIrp.SystemBuffer != NULL)
        Job->Text = Irp->AssociatedIrp.SystemBuffer;
    else if (Irp->MdlAddress != NULL)
        Job->Text = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    else
        Job->Text = Irp->UserBuffer;
    if (Job->Item == NULL || Job->Text == NULL) {
        if (Job->Item != NULL)
            IoFreeWorkItem(Job->Item);
        ExFreePool(Job);
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    DbgPrint("Where: SystemBuffer %s, MdlAddress %s, UserBuffer %s; the text is at a %s address\n", Irp->AssociatedIrp.SystemBuffer ? "set" : "NULL",
             Irp->MdlAddress ? "set" : "NULL", Irp->UserBuffer ? "set" : "NULL",
             (ULONG_PTR)Job->Text > (ULONG_PTR)MmHighestUserAddress ? "kernel" : "user");
    Look("at once", Job->Text, Job->Length);
    IoMarkIrpPending(Irp);
    IoQueueWorkItem(Job->Item, WhereLater, DelayedWorkQueue, Job);
    return STATUS_PENDING;
}

NTSTATUS WhereOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

VOID WhereUnload(PDRIVER_OBJECT DriverObject) {
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= WAY;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = WhereOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = WhereOpenClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = WhereWrite;
    DriverObject->DriverUnload = WhereUnload;
    return STATUS_SUCCESS;
}
