/* The driver of drive C: and of the shares, which are directories of the host: start-up, and what all requests use. */
#include "hostfsp.h"

DRIVER_INITIALIZE DriverEntry;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(INIT, HostfsCreateVolume)

NTSTATUS HostfsStatus(int64_t HostError) {
    switch (-HostError) {
    case HAL_ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case HAL_ENOTDIR: /* of a path: a component before the last is absent, or a file */ return STATUS_OBJECT_PATH_NOT_FOUND;
    case HAL_EACCES: return STATUS_ACCESS_DENIED;
    case HAL_EEXIST: return STATUS_OBJECT_NAME_COLLISION;
    case HAL_EISDIR: return STATUS_FILE_IS_A_DIRECTORY;
    case HAL_EINVAL:
    case HAL_ENAMETOOLONG: return STATUS_OBJECT_NAME_INVALID;
    case HAL_ENOTEMPTY: return STATUS_DIRECTORY_NOT_EMPTY;
    case HAL_ENOSPC: return STATUS_DISK_FULL;
    case HAL_ENOMEM: return STATUS_INSUFFICIENT_RESOURCES;
    case HAL_EBADF: return STATUS_FILE_CLOSED;
    default: return STATUS_IO_DEVICE_ERROR;
    }
}

NTSTATUS HostfsComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

PVOID HostfsBuffer(PIRP Irp) {
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->AssociatedIrp.SystemBuffer != NULL ? Irp->AssociatedIrp.SystemBuffer : Irp->UserBuffer;
}

/* The host's path of a file, for the image loader; no other control code is known here. */
NTSTATUS NTAPI HostfsFileSystemControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PHOSTFS_CCB Ccb = Stack->FileObject->FsContext2;
    int64_t Result;

    if (Stack->MinorFunction != IRP_MN_USER_FS_REQUEST && Stack->MinorFunction != IRP_MN_KERNEL_CALL)
        return HostfsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Stack->Parameters.FileSystemControl.FsControlCode != FSCTL_HOSTFS_QUERY_HOST_PATH || Irp->RequestorMode != KernelMode || Ccb->Handle < 0)
        return HostfsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Stack->Parameters.FileSystemControl.OutputBufferLength < HAL_MAX_PATH)
        return HostfsComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    Result = HalOps->file_host_path(Ccb->Handle, Irp->AssociatedIrp.SystemBuffer);
    return Result < 0 ? HostfsComplete(Irp, HostfsStatus(Result), 0) : HostfsComplete(Irp, STATUS_SUCCESS, HAL_MAX_PATH);
}

static NTSTATUS NTAPI HostfsNoEas(PDEVICE_OBJECT Device, PIRP Irp) { return HostfsComplete(Irp, STATUS_EAS_NOT_SUPPORTED, 0); }

NTSTATUS HostfsCreateVolume(PDRIVER_OBJECT Driver, PUNICODE_STRING Name, DEVICE_TYPE Type, ULONG Characteristics, PDEVICE_OBJECT *Device) {
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(HOSTFS_EXTENSION), Name, Type, Characteristics, FALSE, Device);
    PHOSTFS_EXTENSION Volume;

    if (!NT_SUCCESS(Status))
        return Status;
    (*Device)->Flags |= DO_DIRECT_IO;
    Volume = (*Device)->DeviceExtension;
    ExInitializeFastMutex(&Volume->Lock);
    InitializeListHead(&Volume->Fcbs);
    InitializeListHead(&Volume->Watches);
    FsRtlNotifyInitializeSync(&Volume->Notify);
    HostfsInitializeNotes(Volume);
    return HostfsCreateDefaults(Volume, Type == FILE_DEVICE_DISK_FILE_SYSTEM);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\HostFs");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\C:");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    Driver->MajorFunction[IRP_MJ_CREATE] = HostfsCreate;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = HostfsCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = HostfsClose;
    Driver->MajorFunction[IRP_MJ_READ] = HostfsRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = HostfsWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = HostfsFlush;
    Driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = HostfsQueryInformation;
    Driver->MajorFunction[IRP_MJ_SET_INFORMATION] = HostfsSetInformation;
    Driver->MajorFunction[IRP_MJ_DIRECTORY_CONTROL] = HostfsDirectoryControl;
    Driver->MajorFunction[IRP_MJ_QUERY_VOLUME_INFORMATION] = HostfsQueryVolume;
    Driver->MajorFunction[IRP_MJ_QUERY_SECURITY] = HostfsQuerySecurity;
    Driver->MajorFunction[IRP_MJ_SET_SECURITY] = HostfsSetSecurity;
    Driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = HostfsFileSystemControl;
    Driver->MajorFunction[IRP_MJ_QUERY_EA] = Driver->MajorFunction[IRP_MJ_SET_EA] = HostfsNoEas;
    Driver->MajorFunction[IRP_MJ_LOCK_CONTROL] = HostfsLockControl;

    /* A file system's device rather than a disk's: a disk would want something mounted on it. */
    Status = HostfsCreateVolume(Driver, &Name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&((PHOSTFS_EXTENSION)Device->DeviceExtension)->Label, L"Ringside");
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (NT_SUCCESS(Status))
        Status = HostfsCreateShares(Driver);
    while (!NT_SUCCESS(Status) && Driver->DeviceObject != NULL)
        IoDeleteDevice(Driver->DeviceObject);
    return Status;
}
