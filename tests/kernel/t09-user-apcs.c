/* T9: queues user APCs for the program that writes the address of a routine; tests/user/t09-user-apcs.c. */
#include <ntifs.h>

#pragma clang diagnostic ignored "-Wunused-parameter"

enum { OriginalApcEnvironment };
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC, PKTHREAD, int, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE, KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE);

DRIVER_INITIALIZE DriverEntry;
static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\UserApcs"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\UserApcs");

typedef struct _REQUEST {
    ULONG64 Routine;
    ULONG Count, Test, Drop;
} REQUEST;

static VOID NTAPI Delivered(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    if (KeGetCurrentIrql() != APC_LEVEL)
        *Argument2 = (PVOID)0xBAD;
    if (*Argument2 == (PVOID)1)
        *NormalRoutine = NULL;
    ExFreePool(Apc);
}

/* Argument 1 counts; argument 2 says that the kernel routine is to take the call back. */
static NTSTATUS Queue(const REQUEST *Request) {
    for (ULONG i = 1; i <= Request->Count; i++) {
        PKAPC Apc = ExAllocatePoolWithTag(NonPagedPool, sizeof *Apc, 'cpA ');
        if (Apc == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        KeInitializeApc(Apc, KeGetCurrentThread(), OriginalApcEnvironment, Delivered, NULL, (PKNORMAL_ROUTINE)(ULONG_PTR)Request->Routine, UserMode,
                        (PVOID)7);
        KeInsertQueueApc(Apc, UlongToPtr(i), UlongToPtr(i == Request->Drop), 0);
    }
    if (Request->Test)
        KeTestAlertThread(UserMode);
    return STATUS_SUCCESS;
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_WRITE)
        Irp->IoStatus.Status = Stack->Parameters.Write.Length == sizeof(REQUEST) ? Queue(Irp->AssociatedIrp.SystemBuffer) : STATUS_INVALID_PARAMETER;
    NTSTATUS Status = Irp->IoStatus.Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] =
        DriverObject->MajorFunction[IRP_MJ_WRITE] = Dispatch;
    return IoCreateSymbolicLink(&Link, &Name);
}
