/* The file system's requests, one after another. \Device\StackFat is the volume's root, and E: leads to it. */
#include "fat.h"

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

PVOID FatBuffer(PIRP Irp) {
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->AssociatedIrp.SystemBuffer != NULL ? Irp->AssociatedIrp.SystemBuffer : Irp->UserBuffer;
}

static NTSTATUS Flush(PVOLUME Volume) {
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Volume->Below, NULL, 0, NULL, &Event, &Iosb);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoCallDriver(Volume->Below, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    return Status;
}

static BOOLEAN IsWholeVolume(PIO_STACK_LOCATION Stack) {
    PFCB Fcb = Stack->MajorFunction != IRP_MJ_CREATE && Stack->FileObject != NULL ? Stack->FileObject->FsContext : NULL;
    return Fcb != NULL && Fcb->Parent == WHOLE_VOLUME;
}

static NTSTATUS Handle(PVOLUME Volume, PIRP Irp, PIO_STACK_LOCATION Stack, ULONG_PTR *Information) {
    PFILE_OBJECT File = Stack->FileObject;
    NTSTATUS Status;
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return FatCreate(Volume, Irp, File, Information);
    case IRP_MJ_CLEANUP: FatCleanup(Volume, File); return STATUS_SUCCESS;
    case IRP_MJ_CLOSE: FatClose(File); return STATUS_SUCCESS;
    case IRP_MJ_READ: return FatTransferFile(Volume, Irp, File, Information);
    case IRP_MJ_WRITE: Status = FatMarkChanged(Volume); return NT_SUCCESS(Status) ? FatTransferFile(Volume, Irp, File, Information) : Status;
    case IRP_MJ_QUERY_INFORMATION: return FatQueryInformation(Volume, Irp, File, Information);
    case IRP_MJ_SET_INFORMATION: return FatSetInformation(Volume, Irp, File);
    case IRP_MJ_DIRECTORY_CONTROL: return FatList(Volume, Irp, File, Information);
    case IRP_MJ_QUERY_VOLUME_INFORMATION: return FatQueryVolume(Volume, Irp, Information);
    case IRP_MJ_FLUSH_BUFFERS: return Flush(Volume);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PVOLUME Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR Information = 0;
    NTSTATUS Status;
    if (IsWholeVolume(Stack)) {
        switch (Stack->MajorFunction) {
        case IRP_MJ_DEVICE_CONTROL: /* whoever has opened the volume itself talks to the disk: it may ask, and read sectors */
        case IRP_MJ_READ: IoSkipCurrentIrpStackLocation(Irp); return IoCallDriver(Volume->Below, Irp);
        case IRP_MJ_WRITE: return Complete(Irp, STATUS_ACCESS_DENIED, 0); /* but not write below a file system that is in use */
        case IRP_MJ_SET_INFORMATION: return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
    }
    KeWaitForSingleObject(&Volume->Lock, Executive, KernelMode, FALSE, NULL);
    Status = Handle(Volume, Irp, Stack, &Information);
    KeReleaseMutex(&Volume->Lock, FALSE);
    return Complete(Irp, Status, Information);
}

/* ---- The beginning and the end ---- */

static const WCHAR LinkName[] = L"\\DosDevices\\E:";

static VOID Release(PVOLUME Volume) {
    if (Volume->Fat != NULL)
        ExFreePoolWithTag(Volume->Fat, TAG);
    if (Volume->Dirty != NULL)
        ExFreePoolWithTag(Volume->Dirty, TAG);
    if (Volume->BelowFile != NULL)
        ObDereferenceObject(Volume->BelowFile);
    IoDeleteDevice(Volume->Device);
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    UNICODE_STRING Link;
    RtlInitUnicodeString(&Link, LinkName);
    IoDeleteSymbolicLink(&Link);
    FatDismount(Driver->DeviceObject->DeviceExtension);
    Release(Driver->DeviceObject->DeviceExtension);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\StackFat"), Below = RTL_CONSTANT_STRING(L"\\Device\\StackVolume1"), Link;
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(VOLUME), &Name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    PVOLUME Volume = Device->DeviceExtension;
    Volume->Device = Device;
    KeInitializeMutex(&Volume->Lock, 0);
    InitializeListHead(&Volume->Files);
    RtlInitUnicodeString(&Link, LinkName);
    Status = IoGetDeviceObjectPointer(&Below, FILE_READ_DATA | FILE_WRITE_DATA, &Volume->BelowFile, &Volume->Below);
    if (NT_SUCCESS(Status))
        Status = FatMount(Volume);
    if (NT_SUCCESS(Status))
        Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        Release(Volume);
        return Status;
    }
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index++)
        Driver->MajorFunction[Index] = Dispatch;
    Driver->DriverUnload = Unload;
    Device->StackSize = (CCHAR)(Volume->Below->StackSize + 1);
    Device->Characteristics |= Volume->Below->Characteristics & FILE_REMOVABLE_MEDIA;
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
