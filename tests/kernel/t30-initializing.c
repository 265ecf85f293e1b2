/*
 * T30: DO_DEVICE_INITIALIZING keeps requests out. The I/O manager clears it after DriverEntry for the devices that exist then; the program of the same
 * name finds that one open, and one that was made later closed until its driver clears the flag itself.
 */
#include <ntddk.h>
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "tap.h"

static UNICODE_STRING Names[] = {RTL_CONSTANT_STRING(L"\\Device\\T30"), RTL_CONSTANT_STRING(L"\\Device\\T30Later")};
static UNICODE_STRING Links[] = {RTL_CONSTANT_STRING(L"\\DosDevices\\T30"), RTL_CONSTANT_STRING(L"\\DosDevices\\T30Later")};
static PDEVICE_OBJECT Devices[2];
static PDRIVER_OBJECT Driver;

static NTSTATUS MakeDevice(ULONG Index) {
    NTSTATUS Status = IoCreateDevice(Driver, 0, &Names[Index], FILE_DEVICE_UNKNOWN, 0, FALSE, &Devices[Index]);

    if (NT_SUCCESS(Status))
        Status = IoCreateSymbolicLink(&Links[Index], &Names[Index]);
    return Status;
}

/* A write to the first device: of one byte makes the second, of two lets it be opened. */
static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(Device);

    if (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.Length == 1)
        Status = MakeDevice(1);
    if (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.Length == 2)
        Devices[1]->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    for (ULONG Index = 0; Index < 2; Index++) {
        if (Devices[Index]) {
            IoDeleteSymbolicLink(&Links[Index]);
            IoDeleteDevice(Devices[Index]);
        }
    }
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    UNREFERENCED_PARAMETER(RegistryPath);

    Driver = DriverObject;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] =
        DriverObject->MajorFunction[IRP_MJ_WRITE] = Dispatch;
    ok(NT_SUCCESS(MakeDevice(0)), "a device");
    ok(Devices[0]->Flags & DO_DEVICE_INITIALIZING, "is made with the flag");
    InitializeObjectAttributes(&Attributes, &Names[0], OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    is((ULONG)ZwCreateFile(&Handle, SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
       (ULONG)STATUS_NO_SUCH_DEVICE, "and cannot be opened while DriverEntry runs");
}
