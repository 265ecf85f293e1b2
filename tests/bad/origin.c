/* Who printed what, and when: tests/t21-log.t reads it out of the log. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
NTSYSAPI NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Origin"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Origin");
static KDPC Dpc;
static KTIMER Timer;
static KEVENT First, Second;

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
    DbgPrint("unload\n");
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE) {
        DbgPrint("create\n");
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "an error of \"IHVDRIVER\"\n");
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL, "filtered out\n");
        DbgPrintEx(DPFLTR_SERIAL_ID, 0xFFFFFFFF, "a mask\n");
        DbgPrint("text <\x1b[31m\t\xE4\\>\n");
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID InDpc(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    DbgPrint("dpc\n");
}

static VOID Worker(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&First, Executive, KernelMode, FALSE, NULL);
    DbgPrint("worker's ");
    DbgPrint("line\n");
    DbgPrint("worker's half");
    KeSetEvent(&Second, 0, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Half a line, then another thread's, then the rest. */
static VOID Interleave(VOID) {
    HANDLE Thread;
    KeInitializeEvent(&First, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Second, SynchronizationEvent, FALSE);
    if (!NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Worker, NULL))) {
        return;
    }
    DbgPrint("entry's first half");
    KeSetEvent(&First, 0, FALSE);
    KeWaitForSingleObject(&Second, Executive, KernelMode, FALSE, NULL);
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
    DbgPrint("entry's second half\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    LARGE_INTEGER Due = {.QuadPart = -10 * 1000 * 1000}, Wait = {.QuadPart = -20 * 1000 * 1000};
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = Dispatch;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DbgPrint("entry\n");
    Interleave();
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, InDpc, NULL);
    KeSetTimer(&Timer, Due, &Dpc);
    KeDelayExecutionThread(KernelMode, FALSE, &Wait);
    DbgPrint("two seconds later\n");
    return STATUS_SUCCESS;
}
