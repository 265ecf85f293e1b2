/*
 * Opening for one device of a volume's stack: what a file system filter needs to open files without being asked itself (documentation of
 * IoCreateFileSpecifyDeviceObjectHint and IO_DRIVER_CREATE_CONTEXT). The create, and every request on the file object afterwards, go to that device.
 */
#include "io/io.h"

#define IOP_EXTENSION_TAG 'xEoI'

BOOLEAN IopIsInStack(PDEVICE_OBJECT Device, PDEVICE_OBJECT Base) {
    for (; Base; Base = Base->AttachedDevice)
        if (Base == Device)
            return TRUE;
    return FALSE;
}

NTSTATUS IopExtendFile(PFILE_OBJECT File, const IOP_OPEN_PACKET *Packet) {
    PIOP_FILE_EXTENSION Extension;

    if (!Packet->Hint && !(Packet->Options & IO_IGNORE_SHARE_ACCESS_CHECK))
        return STATUS_SUCCESS;
    Extension = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Extension, IOP_EXTENSION_TAG);
    if (!Extension)
        return STATUS_INSUFFICIENT_RESOURCES;
    Extension->Hint = Packet->Hint;
    Extension->IgnoreShareAccess = (Packet->Options & IO_IGNORE_SHARE_ACCESS_CHECK) != 0;
    File->FileObjectExtension = Extension;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                            PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options) {
    KPROCESSOR_MODE Mode = Options & IO_NO_PARAMETER_CHECKING ? KernelMode : KiPreviousMode();
    return IopCreateFile(Mode, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                         CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, NULL);
}

/* There are no transactions: a context that holds one is refused. */
NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                              PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options,
                              PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    KPROCESSOR_MODE Mode = Options & IO_NO_PARAMETER_CHECKING ? KernelMode : KiPreviousMode();

    if (DriverContext && DriverContext->Size < (CSHORT)sizeof(IO_DRIVER_CREATE_CONTEXT))
        return STATUS_INVALID_PARAMETER;
    if (DriverContext && DriverContext->TxnParameters)
        return STATUS_NOT_SUPPORTED;
    return IopCreateFile(Mode, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                         CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, DriverContext);
}

/* A filter calls it in whatever thread it is, with memory of its own: parameters are not checked. */
NTSTATUS NTAPI IoCreateFileSpecifyDeviceObjectHint(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                                   PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                                                   ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                                   CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options, PVOID DeviceObject) {
    IO_DRIVER_CREATE_CONTEXT Context = {.Size = sizeof Context, .DeviceObjectHint = DeviceObject};
    return IopCreateFile(KernelMode, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
                         Disposition, CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, &Context);
}

/* ---- Extra create parameters: the list of a create's IRP ---- */

static BOOLEAN IsCreate(PIRP Irp) {
    PIO_STACK_LOCATION Stack =
        Irp->CurrentLocation <= Irp->StackCount ? IoGetCurrentIrpStackLocation(Irp) : IoGetNextIrpStackLocation(Irp); /* not sent yet */
    return Stack->MajorFunction == IRP_MJ_CREATE || Stack->MajorFunction == IRP_MJ_CREATE_NAMED_PIPE ||
           Stack->MajorFunction == IRP_MJ_CREATE_MAILSLOT;
}

NTSTATUS NTAPI IoGetIrpExtraCreateParameter(PIRP Irp, struct _ECP_LIST **ExtraCreateParameter) {
    if (!IsCreate(Irp))
        return STATUS_INVALID_PARAMETER;
    *ExtraCreateParameter = IopExtraParameters(Irp);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoSetIrpExtraCreateParameter(PIRP Irp, struct _ECP_LIST *ExtraCreateParameter) {
    if (!IsCreate(Irp) || IopExtraParameters(Irp))
        return STATUS_INVALID_PARAMETER;
    IopExtraParameters(Irp) = ExtraCreateParameter;
    return STATUS_SUCCESS;
}

VOID NTAPI IoClearIrpExtraCreateParameter(PIRP Irp) {
    if (IsCreate(Irp))
        IopExtraParameters(Irp) = NULL;
}
