/* NtCreateFile and its kin: parameter checks, capture, the open packet, the handle (documentation of NtCreateFile and ZwCreateFile). */
#include "io/io.h"

#define IOP_EA_TAG            'aEoI'
#define VALID_FILE_ATTRIBUTES 0x00007FB7u
#define MAX_EA_LENGTH         0x10000u
#define SYNCHRONOUS_OPTIONS   (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)
#define DIRECTORY_OPTIONS                                                                                                                            \
    (FILE_DIRECTORY_FILE | SYNCHRONOUS_OPTIONS | FILE_WRITE_THROUGH | FILE_COMPLETE_IF_OPLOCKED | FILE_OPEN_FOR_BACKUP_INTENT |                      \
     FILE_DELETE_ON_CLOSE | FILE_OPEN_FOR_FREE_SPACE_QUERY | FILE_OPEN_BY_FILE_ID | FILE_NO_COMPRESSION | FILE_OPEN_REPARSE_POINT |                  \
     FILE_OPEN_REQUIRING_OPLOCK)

static BOOLEAN AreParametersValid(ACCESS_MASK Access, ULONG Attributes, ULONG Share, ULONG Disposition, ULONG Options) {
    if ((Attributes & ~VALID_FILE_ATTRIBUTES) || (Share & ~(ULONG)FILE_SHARE_VALID_FLAGS) || Disposition > FILE_MAXIMUM_DISPOSITION ||
        (Options & ~(ULONG)FILE_VALID_OPTION_FLAGS))
        return FALSE;
    if ((Options & SYNCHRONOUS_OPTIONS) && (!(Access & SYNCHRONIZE) || (Options & SYNCHRONOUS_OPTIONS) == SYNCHRONOUS_OPTIONS))
        return FALSE;
    if ((Options & FILE_DELETE_ON_CLOSE) && !(Access & DELETE))
        return FALSE;
    if ((Options & FILE_DIRECTORY_FILE) &&
        ((Options & ~(ULONG)DIRECTORY_OPTIONS) || (Disposition != FILE_CREATE && Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF)))
        return FALSE;
    if ((Options & FILE_COMPLETE_IF_OPLOCKED) && (Options & FILE_RESERVE_OPFILTER))
        return FALSE;
    return !((Options & FILE_NO_INTERMEDIATE_BUFFERING) && (Access & FILE_APPEND_DATA));
}

NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset) {
    ULONG Offset = 0, Left = EaLength;
    for (;;) {
        PFILE_FULL_EA_INFORMATION Ea = (PFILE_FULL_EA_INFORMATION)((PUCHAR)EaBuffer + Offset);
        ULONG Size;
        *ErrorOffset = Offset;
        if (Left < FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName) + 1)
            return STATUS_EA_LIST_INCONSISTENT;
        Size = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName) + Ea->EaNameLength + 1u + Ea->EaValueLength;
        if (Size > Left || Ea->EaName[Ea->EaNameLength])
            return STATUS_EA_LIST_INCONSISTENT;
        if (!Ea->NextEntryOffset)
            return STATUS_SUCCESS;
        if (Ea->NextEntryOffset < Size || Ea->NextEntryOffset > Left || Ea->NextEntryOffset % sizeof(ULONG))
            return STATUS_EA_LIST_INCONSISTENT;
        Offset += Ea->NextEntryOffset;
        Left -= Ea->NextEntryOffset;
    }
}

/* What a caller points at, into the packet. May raise. */
static NTSTATUS CaptureParameters(PIOP_OPEN_PACKET Packet, KPROCESSOR_MODE Mode, PHANDLE FileHandle, PIO_STATUS_BLOCK Iosb,
                                  PLARGE_INTEGER AllocationSize, PVOID EaBuffer, ULONG EaLength) {
    ULONG ErrorOffset;
    NTSTATUS Status;

    if (Mode != KernelMode) {
        ProbeForWrite(FileHandle, sizeof(HANDLE), sizeof(ULONG));
        ProbeForWrite(Iosb, sizeof *Iosb, sizeof(ULONG));
        if (AllocationSize)
            ProbeForRead(AllocationSize, sizeof *AllocationSize, sizeof(ULONG));
        if (EaBuffer && EaLength)
            ProbeForRead(EaBuffer, EaLength, sizeof(ULONG));
    }
    if (AllocationSize)
        Packet->AllocationSize = *AllocationSize;
    if (Packet->AllocationSize.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if (!EaBuffer || !EaLength)
        return STATUS_SUCCESS;
    if (EaLength > MAX_EA_LENGTH)
        return STATUS_EA_TOO_LARGE;
    Packet->EaBuffer = ExAllocatePoolWithTag(NonPagedPoolNx, EaLength, IOP_EA_TAG);
    if (!Packet->EaBuffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    Packet->EaLength = EaLength;
    RtlCopyMemory(Packet->EaBuffer, EaBuffer, EaLength);
    Status = IoCheckEaBufferValidity(Packet->EaBuffer, EaLength, &ErrorOffset);
    if (!NT_SUCCESS(Status)) {
        Iosb->Status = Status;
        Iosb->Information = ErrorOffset;
    }
    return Status;
}

NTSTATUS IopCreateFile(KPROCESSOR_MODE Mode, PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes,
                       PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition,
                       ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE Type, PVOID TypeParameters, ULONG Options,
                       const IO_DRIVER_CREATE_CONTEXT *Driver) {
    IOP_OPEN_PACKET Packet = {
        .Type = IO_TYPE_OPEN_PACKET,
        .Size = sizeof(IOP_OPEN_PACKET),
        .CreateOptions = CreateOptions,
        .FileAttributes = (USHORT)FileAttributes,
        .ShareAccess = (USHORT)ShareAccess,
        .Disposition = Disposition,
        .Options = Options & ~(ULONG)IO_NO_PARAMETER_CHECKING,
        .CreateFileType = Type,
        .TypeParameters = TypeParameters,
        .Hint = Driver ? Driver->DeviceObjectHint : NULL,
        .ExtraParameters = Driver ? Driver->ExtraCreateParameter : NULL,
    };
    HANDLE Handle;
    NTSTATUS Status;

    /* Parameters of a caller in kernel mode are checked only when it asks for it ("IoCreateFile", Options): drivers open files for synchronous use
       without SYNCHRONIZE. */
    if ((Mode != KernelMode || (Options & IO_CHECK_CREATE_PARAMETERS)) &&
        !AreParametersValid(DesiredAccess, FileAttributes, ShareAccess, Disposition, CreateOptions))
        return STATUS_INVALID_PARAMETER;
    __try {
        Status = CaptureParameters(&Packet, Mode, FileHandle, IoStatusBlock, AllocationSize, EaBuffer, EaLength);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        goto done;

    Status = ObOpenObjectByName(Attributes, IopFileType, Mode, NULL, DesiredAccess, &Packet, &Handle);
    if (!Packet.Parsed) { /* the name led to something that is no file */
        if (NT_SUCCESS(Status)) {
            ObCloseHandle(Handle, Mode);
            Status = STATUS_OBJECT_TYPE_MISMATCH;
        }
        goto done;
    }
    if (NT_SUCCESS(Status))
        Packet.FileObject->Flags |= FO_HANDLE_CREATED;
    else if (!NT_SUCCESS(Packet.FinalStatus))
        Status = Packet.FinalStatus;
    if (NT_ERROR(Status))
        goto done;
    __try {
        if (NT_SUCCESS(Status))
            *FileHandle = Handle;
        IoStatusBlock->Information = Packet.Information;
        IoStatusBlock->Status = Packet.FinalStatus;
        Status = Packet.FinalStatus;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        if (NT_SUCCESS(Status))
            ObCloseHandle(Handle, Mode);
        Status = GetExceptionCode();
    }
done:
    if (Packet.EaBuffer)
        ExFreePoolWithTag(Packet.EaBuffer, IOP_EA_TAG);
    return Status;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                            PVOID EaBuffer, ULONG EaLength) {
    return IopCreateFile(KiPreviousMode(), FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
                         CreateDisposition, CreateOptions, EaBuffer, EaLength, CreateFileTypeNone, NULL, 0, NULL);
}

NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                          ULONG ShareAccess, ULONG OpenOptions) {
    return IopCreateFile(KiPreviousMode(), FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess, FILE_OPEN, OpenOptions,
                         NULL, 0, CreateFileTypeNone, NULL, 0, NULL);
}

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE FileHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, ULONG NamedPipeType, ULONG ReadMode,
                                     ULONG CompletionMode, ULONG MaximumInstances, ULONG InboundQuota, ULONG OutboundQuota,
                                     PLARGE_INTEGER DefaultTimeout); /* not in the DDK's headers */

/* ShareAccess says which way data flows; DefaultTimeout NULL: only for a pipe that is there ("NtCreateNamedPipeFile"). */
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE FileHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, ULONG NamedPipeType, ULONG ReadMode,
                                     ULONG CompletionMode, ULONG MaximumInstances, ULONG InboundQuota, ULONG OutboundQuota,
                                     PLARGE_INTEGER DefaultTimeout) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    NAMED_PIPE_CREATE_PARAMETERS Parameters = {
        .NamedPipeType = NamedPipeType,
        .ReadMode = ReadMode,
        .CompletionMode = CompletionMode,
        .MaximumInstances = MaximumInstances,
        .InboundQuota = InboundQuota,
        .OutboundQuota = OutboundQuota,
        .TimeoutSpecified = DefaultTimeout != NULL,
    };

    __try {
        if (DefaultTimeout != NULL) {
            if (Mode != KernelMode)
                ProbeForRead(DefaultTimeout, sizeof(*DefaultTimeout), sizeof(ULONG));
            Parameters.DefaultTimeout = *DefaultTimeout;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return IopCreateFile(Mode, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess, CreateDisposition, CreateOptions,
                         NULL, 0, CreateFileTypeNamedPipe, &Parameters, 0, NULL);
}

/* Windows opens, marks for deletion and closes in one go: so does this. */
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE Handle;
    IOP_OPEN_PACKET Packet = {
        .Type = IO_TYPE_OPEN_PACKET,
        .Size = sizeof(IOP_OPEN_PACKET),
        .CreateOptions = FILE_DELETE_ON_CLOSE,
        .ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        .Disposition = FILE_OPEN,
    };
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, IopFileType, Mode, NULL, DELETE, &Packet, &Handle);
    if (!NT_SUCCESS(Status))
        return Packet.Parsed && !NT_SUCCESS(Packet.FinalStatus) ? Packet.FinalStatus : Status;
    if (Packet.Parsed)
        Packet.FileObject->Flags |= FO_HANDLE_CREATED;
    ObCloseHandle(Handle, Mode);
    return Packet.Parsed ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

/* A file by name, asked and closed again. */
static NTSTATUS QueryByName(POBJECT_ATTRIBUTES ObjectAttributes, FILE_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE Handle;
    ULONG Returned;
    IOP_OPEN_PACKET Packet = {
        .Type = IO_TYPE_OPEN_PACKET,
        .Size = sizeof(IOP_OPEN_PACKET),
        .CreateOptions = FILE_OPEN_REPARSE_POINT,
        .ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        .Disposition = FILE_OPEN,
    };
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, IopFileType, Mode, NULL, FILE_READ_ATTRIBUTES, &Packet, &Handle);
    if (!NT_SUCCESS(Status))
        return Packet.Parsed && !NT_SUCCESS(Packet.FinalStatus) ? Packet.FinalStatus : Status;
    if (!Packet.Parsed) {
        ObCloseHandle(Handle, Mode);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    Packet.FileObject->Flags |= FO_HANDLE_CREATED;
    ObfReferenceObject(Packet.FileObject);
    Status = IopQueryFile(Packet.FileObject, IRP_MJ_QUERY_INFORMATION, Class, Information, Length, &Returned);
    ObCloseHandle(Handle, Mode);
    ObfDereferenceObject(Packet.FileObject);
    return Status;
}

static NTSTATUS QueryByNameTo(POBJECT_ATTRIBUTES ObjectAttributes, FILE_INFORMATION_CLASS Class, PVOID Information, PVOID To, ULONG Length) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    NTSTATUS Status = ObpProbeOutput(To, Length, sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = QueryByName(ObjectAttributes, Class, Information, Length);
    return NT_SUCCESS(Status) ? ObpStore(To, Information, Length, Mode) : Status;
}

NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_BASIC_INFORMATION FileInformation) {
    FILE_BASIC_INFORMATION Basic;
    return QueryByNameTo(ObjectAttributes, FileBasicInformation, &Basic, FileInformation, sizeof Basic);
}

NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_NETWORK_OPEN_INFORMATION FileInformation) {
    FILE_NETWORK_OPEN_INFORMATION Network;
    return QueryByNameTo(ObjectAttributes, FileNetworkOpenInformation, &Network, FileInformation, sizeof Network);
}
