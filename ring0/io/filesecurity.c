/* Descriptors of files: IRP_MJ_QUERY_SECURITY and IRP_MJ_SET_SECURITY to the file system that keeps them. */
#include "io/io.h"

/* The file's driver answers in the caller's context: UserBuffer is the caller's own address ("IRP_MJ_QUERY_SECURITY"). */
static NTSTATUS CallFileSystem(PFILE_OBJECT File, PDEVICE_OBJECT Device, PIRP Irp, PIO_STATUS_BLOCK Result) {
    BOOLEAN Locked = (File->Flags & FO_SYNCHRONOUS_IO) != 0;
    NTSTATUS Status;

    Irp->Tail.Overlay.OriginalFileObject = File;
    IoGetNextIrpStackLocation(Irp)->FileObject = File;
    if (Locked)
        IopLockFile(File);
    Status = IopCallSynchronously(Device, Irp, Result);
    if (Locked)
        IopUnlockFile(File);
    return Status;
}

NTSTATUS IopQueryFileSecurity(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Buffer, PULONG Length, KPROCESSOR_MODE Mode) {
    PFILE_OBJECT File = Object;
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;
    NTSTATUS Status;

    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->RequestorMode = Mode;
    Irp->UserBuffer = Buffer;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_QUERY_SECURITY;
    Stack->Parameters.QuerySecurity.SecurityInformation = Information;
    Stack->Parameters.QuerySecurity.Length = *Length;
    Status = CallFileSystem(File, Device, Irp, &Result);
    *Length = (ULONG)Result.Information;
    return Status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : Status;
}

NTSTATUS IopSetFileSecurity(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Given, KPROCESSOR_MODE Mode) {
    PFILE_OBJECT File = Object;
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;

    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->RequestorMode = Mode;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_SET_SECURITY;
    Stack->Parameters.SetSecurity.SecurityInformation = Information;
    Stack->Parameters.SetSecurity.SecurityDescriptor = Given;
    return CallFileSystem(File, Device, Irp, &Result);
}
