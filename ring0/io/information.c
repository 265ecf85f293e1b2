/*
 * NtQueryInformationFile, NtSetInformationFile, NtQueryVolumeInformationFile. Lengths and rights are those of the documentation of each class; what
 * the I/O manager knows by itself it answers, the rest is the driver's.
 */
#include "io/io.h"

typedef struct _CLASS {
    UCHAR Class;
    UCHAR QueryLength; /* least length; 0: cannot be queried */
    UCHAR SetLength;
    ACCESS_MASK QueryAccess;
    ACCESS_MASK SetAccess;
} CLASS;

static const CLASS FileClasses[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
    {FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0, 0, 0},
    {FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0, 0, 0},
    {FileEaInformation, sizeof(FILE_EA_INFORMATION), 0, 0, 0},
    {FileAccessInformation, sizeof(FILE_ACCESS_INFORMATION), 0, 0, 0},
    {FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0, 0, 0},
    {FileRenameInformation, 0, sizeof(FILE_RENAME_INFORMATION), 0, DELETE},
    {FileLinkInformation, 0, sizeof(FILE_LINK_INFORMATION), 0, 0},
    {FileDispositionInformation, 0, sizeof(FILE_DISPOSITION_INFORMATION), 0, DELETE},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), sizeof(FILE_POSITION_INFORMATION), 0, 0},
    {FileModeInformation, sizeof(FILE_MODE_INFORMATION), sizeof(FILE_MODE_INFORMATION), 0, 0},
    {FileAlignmentInformation, sizeof(FILE_ALIGNMENT_INFORMATION), 0, 0, 0},
    {FileAllInformation, sizeof(FILE_ALL_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileAllocationInformation, 0, sizeof(FILE_ALLOCATION_INFORMATION), 0, FILE_WRITE_DATA},
    {FileEndOfFileInformation, 0, sizeof(FILE_END_OF_FILE_INFORMATION), 0, FILE_WRITE_DATA},
    {FileAlternateNameInformation, sizeof(FILE_NAME_INFORMATION), 0, 0, 0},
    {FileStreamInformation, sizeof(FILE_STREAM_INFORMATION), 0, 0, 0},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
    {FilePipeLocalInformation, sizeof(FILE_PIPE_LOCAL_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileCompressionInformation, sizeof(FILE_COMPRESSION_INFORMATION), 0, 0, 0},
    {FileNetworkOpenInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileCompletionInformation, 0, sizeof(FILE_COMPLETION_INFORMATION), 0, 0},
    {FileReplaceCompletionInformation, 0, sizeof(FILE_COMPLETION_INFORMATION), 0, 0},
    {FileIoCompletionNotificationInformation, sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION),
     sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0, 0},
    {FileHardLinkInformation, sizeof(FILE_LINKS_INFORMATION), 0, 0, 0},
    {FileNormalizedNameInformation, sizeof(FILE_NAME_INFORMATION), 0, 0, 0},
    {FileIsRemoteDeviceInformation, sizeof(FILE_IS_REMOTE_DEVICE_INFORMATION), 0, 0, 0},
    {FileStandardLinkInformation, sizeof(FILE_STANDARD_LINK_INFORMATION), 0, 0, 0},
    {FileVolumeNameInformation, 2 * sizeof(ULONG), 0, 0, 0}, /* FILE_VOLUME_NAME_INFORMATION */
    {FileValidDataLengthInformation, 0, sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), 0, FILE_WRITE_DATA},
};

static const CLASS VolumeClasses[] = {
    {FileFsVolumeInformation, sizeof(FILE_FS_VOLUME_INFORMATION), 0, 0, 0},
    {FileFsSizeInformation, sizeof(FILE_FS_SIZE_INFORMATION), 0, 0, 0},
    {FileFsDeviceInformation, sizeof(FILE_FS_DEVICE_INFORMATION), 0, 0, 0},
    {FileFsAttributeInformation, sizeof(FILE_FS_ATTRIBUTE_INFORMATION), 0, 0, 0},
    {FileFsControlInformation, sizeof(FILE_FS_CONTROL_INFORMATION), 0, FILE_READ_DATA, 0},
    {FileFsFullSizeInformation, sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0, 0, 0},
    {FileFsObjectIdInformation, sizeof(FILE_FS_OBJECTID_INFORMATION), 0, 0, 0},
};

static const CLASS *FindClass(const CLASS *Classes, ULONG Count, ULONG Class) {
    for (ULONG Index = 0; Index < Count; Index++)
        if (Classes[Index].Class == Class)
            return &Classes[Index];
    return NULL;
}

#define MODE_OPTIONS                                                                                                                                 \
    (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING)

static ULONG GetMode(PFILE_OBJECT File) {
    ULONG Mode = 0;
    if (File->Flags & FO_SYNCHRONOUS_IO)
        Mode |= File->Flags & FO_ALERTABLE_IO ? FILE_SYNCHRONOUS_IO_ALERT : FILE_SYNCHRONOUS_IO_NONALERT;
    if (File->Flags & FO_WRITE_THROUGH)
        Mode |= FILE_WRITE_THROUGH;
    if (File->Flags & FO_SEQUENTIAL_ONLY)
        Mode |= FILE_SEQUENTIAL_ONLY;
    if (File->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        Mode |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (File->Flags & FO_DELETE_ON_CLOSE)
        Mode |= FILE_DELETE_ON_CLOSE;
    return Mode;
}

/* A file stays synchronous or asynchronous and buffered or not; the rest may change (documentation of FILE_MODE_INFORMATION). */
static NTSTATUS SetMode(PFILE_OBJECT File, ULONG Mode) {
    ULONG Synchronous = Mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    if ((Mode & ~(ULONG)MODE_OPTIONS) || Synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) ||
        (Synchronous != 0) != ((File->Flags & FO_SYNCHRONOUS_IO) != 0) ||
        ((Mode & FILE_NO_INTERMEDIATE_BUFFERING) != 0) != ((File->Flags & FO_NO_INTERMEDIATE_BUFFERING) != 0))
        return STATUS_INVALID_PARAMETER;
    File->Flags &= ~(ULONG)(FO_WRITE_THROUGH | FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
    if (Mode & FILE_WRITE_THROUGH)
        File->Flags |= FO_WRITE_THROUGH;
    if (Mode & FILE_SEQUENTIAL_ONLY)
        File->Flags |= FO_SEQUENTIAL_ONLY;
    if (Synchronous == FILE_SYNCHRONOUS_IO_ALERT)
        File->Flags |= FO_ALERTABLE_IO;
    return STATUS_SUCCESS;
}

#define NOTIFICATION_MODES (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE | FILE_SKIP_SET_USER_EVENT_ON_FAST_IO)

static ULONG GetNotificationModes(PFILE_OBJECT File) {
    return (File->Flags & FO_SKIP_COMPLETION_PORT ? FILE_SKIP_COMPLETION_PORT_ON_SUCCESS : 0) |
           (File->Flags & FO_SKIP_SET_EVENT ? FILE_SKIP_SET_EVENT_ON_HANDLE : 0) |
           (File->Flags & FO_SKIP_SET_FAST_IO ? FILE_SKIP_SET_USER_EVENT_ON_FAST_IO : 0);
}

/* A mode that is set stays (documentation of SetFileCompletionNotificationModes). The event of a synchronous file is what its requests wait for. */
static NTSTATUS SetNotificationModes(PFILE_OBJECT File, ULONG Modes) {
    if ((Modes & ~(ULONG)NOTIFICATION_MODES) || ((Modes & FILE_SKIP_SET_EVENT_ON_HANDLE) && (File->Flags & FO_SYNCHRONOUS_IO)))
        return STATUS_INVALID_PARAMETER;
    if (Modes & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
        File->Flags |= FO_SKIP_COMPLETION_PORT;
    if (Modes & FILE_SKIP_SET_EVENT_ON_HANDLE)
        File->Flags |= FO_SKIP_SET_EVENT;
    if (Modes & FILE_SKIP_SET_USER_EVENT_ON_FAST_IO)
        File->Flags |= FO_SKIP_SET_FAST_IO;
    return STATUS_SUCCESS;
}

/* A small answer of our own; a warning has one, too. Ends the request. */
static NTSTATUS Answer(PIOP_REQUEST Request, PIO_STATUS_BLOCK Iosb, PVOID To, const VOID *From, ULONG Size, NTSTATUS Status) {
    if (!NT_ERROR(Status)) {
        __try {
            if (Size)
                RtlCopyMemory(To, From, Size);
            Iosb->Information = Size;
            Iosb->Status = Status;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    IopEndRequest(Request);
    return Status;
}

/* Probes where status and information go; the request has been referenced before and is given up on failure. Least is the class's least length: a
   structure of less than four bytes (FILE_DISPOSITION_INFORMATION) may lie anywhere. */
static NTSTATUS ProbeAndBegin(PIOP_REQUEST Request, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, ULONG Least, BOOLEAN Write) {
    ULONG Alignment = Least < sizeof(ULONG) ? sizeof(UCHAR) : sizeof(ULONG);

    __try {
        if (Request->Mode != KernelMode) {
            ProbeForWrite(Iosb, sizeof *Iosb, 1);
            if (Write)
                ProbeForWrite(Buffer, Length, Alignment);
            else
                ProbeForRead(Buffer, Length, Alignment);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObfDereferenceObject(Request->File);
        return GetExceptionCode();
    }
    return IopBeginRequest(Request, NULL, NULL);
}

/* Sends a query to the driver, buffered whatever the device's flags are, and writes the status block. */
static NTSTATUS SendQuery(PIOP_REQUEST Request, UCHAR Major, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, ULONG Class) {
    PIRP Irp = IopMakeIrp(Request, Major, NULL, NULL, NULL);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;
    PVOID System;
    NTSTATUS Status;

    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    System = IopAllocateSystemBuffer(Irp, Length);
    if (!System) {
        IopAbandonRequest(Irp, Request->File, NULL, Request->Locked);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(System, Length);
    if (Class == FileAllInformation && Major == IRP_MJ_QUERY_INFORMATION) { /* the parts that the driver does not know */
        PFILE_ALL_INFORMATION All = System;
        All->AccessInformation.AccessFlags = Request->Granted;
        All->ModeInformation.Mode = GetMode(Request->File);
        All->AlignmentInformation.AlignmentRequirement = Request->Device->AlignmentRequirement;
    }
    Irp->AssociatedIrp.SystemBuffer = System;
    Irp->UserBuffer = Buffer;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.QueryFile.Length = Length; /* QueryVolume lies alike */
    Stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS)Class;
    Status = IopIssueSynchronously(Request, Irp, &Result);
    if (NT_ERROR(Status))
        return Status;
    __try {
        *Iosb = Result;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return Status;
}

/* As much as fits of the name of the device that the file is on. */
static NTSTATUS AnswerVolumeName(PIOP_REQUEST Request, PIO_STATUS_BLOCK Iosb, PVOID To, ULONG Length) {
    ULONG Size = 0;
    PVOID Information = NULL;
    NTSTATUS Status = IopQueryVolumeName(Request->File->DeviceObject, &Information, &Size);

    if (NT_SUCCESS(Status) && Size > Length) {
        Size = Length;
        Status = STATUS_BUFFER_OVERFLOW;
    }
    Status = Answer(Request, Iosb, To, Information, Size, Status);
    if (Information)
        ExFreePool(Information);
    return Status;
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass) {
    const CLASS *Class = FindClass(FileClasses, ARRAYSIZE(FileClasses), FileInformationClass);
    IOP_REQUEST Request;
    IOP_FAST_ANSWER Fast;
    IO_STATUS_BLOCK Result;
    NTSTATUS Status;
    ULONG Size;

    if (!Class || !Class->QueryLength)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Class->QueryLength)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopReferenceFile(&Request, FileHandle, Class->QueryAccess);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ProbeAndBegin(&Request, IoStatusBlock, FileInformation, Length, Class->QueryLength, TRUE);
    if (!NT_SUCCESS(Status))
        return Status;

    switch ((ULONG)FileInformationClass) {
    case FileAccessInformation: return Answer(&Request, IoStatusBlock, FileInformation, &Request.Granted, sizeof(ULONG), STATUS_SUCCESS);
    case FileModeInformation: {
        ULONG Mode = GetMode(Request.File);
        return Answer(&Request, IoStatusBlock, FileInformation, &Mode, sizeof Mode, STATUS_SUCCESS);
    }
    case FileIoCompletionNotificationInformation: {
        ULONG Modes = GetNotificationModes(Request.File);
        return Answer(&Request, IoStatusBlock, FileInformation, &Modes, sizeof Modes, STATUS_SUCCESS);
    }
    case FileAlignmentInformation:
        return Answer(&Request, IoStatusBlock, FileInformation, &Request.Device->AlignmentRequirement, sizeof(ULONG), STATUS_SUCCESS);
    case FileIsRemoteDeviceInformation: {
        BOOLEAN Remote = (Request.File->DeviceObject->Characteristics & FILE_REMOTE_DEVICE) != 0;
        return Answer(&Request, IoStatusBlock, FileInformation, &Remote, sizeof Remote, STATUS_SUCCESS);
    }
    case FileVolumeNameInformation: return AnswerVolumeName(&Request, IoStatusBlock, FileInformation, Length);
    case FilePositionInformation:
        if (Request.Locked)
            return Answer(&Request, IoStatusBlock, FileInformation, &Request.File->CurrentByteOffset, sizeof(LARGE_INTEGER), STATUS_SUCCESS);
        break;
    default:
        Size = IopTryFastQuery(&Request, FileInformationClass, &Fast, &Result);
        if (Size)
            return Answer(&Request, IoStatusBlock, FileInformation, &Fast, Size, Result.Status);
        break;
    }
    return SendQuery(&Request, IRP_MJ_QUERY_INFORMATION, IoStatusBlock, FileInformation, Length, FileInformationClass);
}

/* What the I/O manager keeps of a file, out of a caller's buffer. May raise. */
static NTSTATUS SetOwn(PIOP_REQUEST Request, PVOID Information, ULONG Class) {
    LARGE_INTEGER Offset;

    if (Class == FileModeInformation)
        return SetMode(Request->File, *(volatile ULONG *)Information);
    if (Class == FileIoCompletionNotificationInformation)
        return SetNotificationModes(Request->File, *(volatile ULONG *)Information);
    if (Class == FileCompletionInformation || Class == FileReplaceCompletionInformation) {
        FILE_COMPLETION_INFORMATION Completion = *(volatile FILE_COMPLETION_INFORMATION *)Information;
        return IopSetCompletion(Request->File, Completion.Port, Completion.Key, Class == FileReplaceCompletionInformation, Request->Mode);
    }
    Offset.QuadPart = *(volatile LONGLONG *)Information;
    if (Offset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if ((Request->File->Flags & FO_NO_INTERMEDIATE_BUFFERING) && (Offset.LowPart & Request->Device->AlignmentRequirement))
        return STATUS_INVALID_PARAMETER;
    Request->File->CurrentByteOffset = Offset;
    return STATUS_SUCCESS;
}

/* Lengths inside of what has been captured, which a file system relies on. */
static NTSTATUS CheckCaptured(PVOID System, ULONG Length, ULONG Class) {
    switch (Class) {
    case FileRenameInformation:
    case FileLinkInformation: {
        PFILE_RENAME_INFORMATION Rename = System; /* FILE_LINK_INFORMATION lies alike */
        if (!Rename->FileNameLength || (Rename->FileNameLength & 1) ||
            Rename->FileNameLength > Length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName))
            return STATUS_INVALID_PARAMETER;
        return STATUS_SUCCESS;
    }
    case FileAllocationInformation:
    case FileEndOfFileInformation:
    case FileValidDataLengthInformation: return *(LONGLONG *)System < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    default: return STATUS_SUCCESS;
    }
}

/*
 * A rename or link to a path: the I/O manager opens the target's directory and passes it on in Parameters.SetFile.FileObject (documentation of
 * IRP_MJ_SET_INFORMATION). A name alone stays in the file's directory: *Target is NULL. *Handle keeps it open; the caller closes both.
 */
static NTSTATUS OpenTargetDirectory(PIOP_REQUEST Request, PFILE_RENAME_INFORMATION Rename, PHANDLE Handle, PFILE_OBJECT *Target) {
    UNICODE_STRING Name = {(USHORT)Rename->FileNameLength, (USHORT)Rename->FileNameLength, Rename->FileName};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;

    *Handle = NULL;
    *Target = NULL;
    if (Rename->FileNameLength > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    if (Name.Buffer[0] != L'\\' && !Rename->RootDirectory)
        return STATUS_SUCCESS;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Rename->RootDirectory, NULL);
    Status = IoCreateFile(Handle, FILE_WRITE_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                          FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0, CreateFileTypeNone, NULL,
                          IO_OPEN_TARGET_DIRECTORY | IO_NO_PARAMETER_CHECKING | (Request->Mode != KernelMode ? IO_FORCE_ACCESS_CHECK : 0));
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(*Handle, 0, IopFileType, KernelMode, (PVOID *)Target, NULL);
    if (NT_SUCCESS(Status) && IoGetRelatedDeviceObject(*Target) != Request->Device) {
        ObfDereferenceObject(*Target);
        *Target = NULL;
        Status = STATUS_NOT_SAME_DEVICE;
    }
    if (!NT_SUCCESS(Status))
        ObCloseHandle(*Handle, KernelMode);
    return Status;
}

static NTSTATUS SendSet(PIOP_REQUEST Request, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, ULONG Class) {
    PIRP Irp = IopMakeIrp(Request, IRP_MJ_SET_INFORMATION, NULL, NULL, NULL);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;
    PVOID System;
    PFILE_OBJECT Target = NULL;
    HANDLE TargetHandle;
    BOOLEAN Renames = Class == FileRenameInformation || Class == FileLinkInformation;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (!Irp)
        return Status;
    System = IopAllocateSystemBuffer(Irp, Length);
    if (!System)
        goto abandon;
    Irp->AssociatedIrp.SystemBuffer = System;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    Status = STATUS_SUCCESS;
    __try {
        RtlCopyMemory(System, Buffer, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status))
        Status = CheckCaptured(System, Length, Class);
    if (NT_SUCCESS(Status) && Renames)
        Status = OpenTargetDirectory(Request, System, &TargetHandle, &Target);
    if (!NT_SUCCESS(Status))
        goto abandon;

    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.SetFile.Length = Length;
    Stack->Parameters.SetFile.FileInformationClass = (FILE_INFORMATION_CLASS)Class;
    if (Renames)
        Stack->Parameters.SetFile.ReplaceIfExists = ((PFILE_RENAME_INFORMATION)System)->ReplaceIfExists;
    Stack->Parameters.SetFile.FileObject = Target;
    Status = IopIssueSynchronously(Request, Irp, &Result);
    if (Target) {
        ObfDereferenceObject(Target);
        ObCloseHandle(TargetHandle, KernelMode);
    }
    if (NT_ERROR(Status))
        return Status;
    __try {
        *Iosb = Result;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return Status;
abandon:
    IopAbandonRequest(Irp, Request->File, NULL, Request->Locked);
    return Status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass) {
    const CLASS *Class = FindClass(FileClasses, ARRAYSIZE(FileClasses), FileInformationClass);
    IOP_REQUEST Request;
    NTSTATUS Status;

    if (!Class || !Class->SetLength)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Class->SetLength)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopReferenceFile(&Request, FileHandle, Class->SetAccess);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ProbeAndBegin(&Request, IoStatusBlock, FileInformation, Length, Class->SetLength, FALSE);
    if (!NT_SUCCESS(Status))
        return Status;
    if (FileInformationClass == FileModeInformation || FileInformationClass == FileIoCompletionNotificationInformation ||
        FileInformationClass == FileCompletionInformation || (ULONG)FileInformationClass == FileReplaceCompletionInformation ||
        (FileInformationClass == FilePositionInformation && Request.Locked)) {
        __try {
            Status = SetOwn(&Request, FileInformation, FileInformationClass);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
        return Answer(&Request, IoStatusBlock, NULL, NULL, 0, Status);
    }
    return SendSet(&Request, IoStatusBlock, FileInformation, Length, FileInformationClass);
}

NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                            FS_INFORMATION_CLASS FsInformationClass) {
    const CLASS *Class = FindClass(VolumeClasses, ARRAYSIZE(VolumeClasses), FsInformationClass);
    IOP_REQUEST Request;
    NTSTATUS Status;

    if (!Class)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Class->QueryLength)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopReferenceFile(&Request, FileHandle, Class->QueryAccess);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ProbeAndBegin(&Request, IoStatusBlock, FsInformation, Length, Class->QueryLength, TRUE);
    if (!NT_SUCCESS(Status))
        return Status;
    /* A file of drive C: belongs to its file system's device: there is no disk below, and the file system answers for it. */
    PDEVICE_OBJECT Device = Request.File->DeviceObject;
    BOOLEAN FileSystem = Device->DeviceType == FILE_DEVICE_NETWORK_FILE_SYSTEM || Device->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM;
    if (FsInformationClass == FileFsDeviceInformation && !FileSystem) {
        FILE_FS_DEVICE_INFORMATION Information = {Device->DeviceType, Device->Characteristics};
        if (Device->Vpb && (Device->Vpb->Flags & VPB_MOUNTED))
            Information.Characteristics |= FILE_DEVICE_IS_MOUNTED;
        return Answer(&Request, IoStatusBlock, FsInformation, &Information, sizeof Information, STATUS_SUCCESS);
    }
    return SendQuery(&Request, IRP_MJ_QUERY_VOLUME_INFORMATION, IoStatusBlock, FsInformation, Length, FsInformationClass);
}
