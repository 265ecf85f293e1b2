/* Opening and closing. A create looks first (path, kind, disposition, share access), and only then asks the host to act. */
#include "hostfsp.h"

typedef struct _HOSTFS_OPEN { /* a create request, taken apart */
    PFILE_OBJECT File;
    ACCESS_MASK Access;
    PACCESS_STATE State;
    KPROCESSOR_MODE Mode; /* UserMode: what is opened must allow it */
    ULONG Options;
    ULONG Disposition;
    ULONG Attributes; /* that a new or overwritten file is to have */
    USHORT Share;
    BOOLEAN TargetDirectory; /* SL_OPEN_TARGET_DIRECTORY: open the parent, say whether the last component is there */
    BOOLEAN MustBeDirectory; /* FILE_DIRECTORY_FILE */
    BOOLEAN TrailingSlash;   /* the name ended in a backslash */
    ULONG Information;
    UNICODE_STRING Path; /* allocated */
    CHAR HostPath[HAL_MAX_PATH];
} HOSTFS_OPEN, *PHOSTFS_OPEN;

/* Path: the related file object's and FileName joined, without a trailing backslash. Allocates it. */
static NTSTATUS HostfsJoinPath(PHOSTFS_OPEN Open) {
    PFILE_OBJECT Related = Open->File->RelatedFileObject;
    UNICODE_STRING Name = Open->File->FileName, Base = {0};
    ULONG Length, Slash;
    WCHAR *End;

    if (Related != NULL) {
        PHOSTFS_FCB Fcb = Related->FsContext;

        if (Name.Length != 0 && Name.Buffer[0] == L'\\')
            return STATUS_INVALID_PARAMETER;
        if (!Fcb->IsDirectory && !Fcb->IsVolume && Name.Length != 0)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        Base = Fcb->Path;
        if (Base.Length == sizeof(WCHAR)) /* the root: the backslash that joins is its own */
            Base.Length = 0;
    } else if (Name.Length != 0 && Name.Buffer[0] != L'\\') {
        return STATUS_OBJECT_NAME_INVALID;
    }
    Slash = Related != NULL && (Name.Length != 0 || (Base.Length == 0 && !((PHOSTFS_FCB)Related->FsContext)->IsVolume)) ? sizeof(WCHAR) : 0;
    Length = Base.Length + Slash + Name.Length;
    if (Length > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    Open->Path.Buffer = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), HOSTFS_TAG);
    if (Open->Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    End = Open->Path.Buffer;
    RtlCopyMemory(End, Base.Buffer, Base.Length);
    End += Base.Length / sizeof(WCHAR);
    if (Slash != 0)
        *End++ = L'\\';
    RtlCopyMemory(End, Name.Buffer, Name.Length);
    Open->Path.MaximumLength = (USHORT)Length;
    if (Length > sizeof(WCHAR) && Open->Path.Buffer[Length / sizeof(WCHAR) - 1] == L'\\') {
        Open->TrailingSlash = TRUE;
        Length -= sizeof(WCHAR);
    }
    Open->Path.Length = (USHORT)Length;
    return STATUS_SUCCESS;
}

/* Checks that need the request alone. */
static NTSTATUS HostfsParseCreate(PIRP Irp, PHOSTFS_OPEN Open) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    Open->File = Stack->FileObject;
    Open->Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;
    Open->State = Stack->Parameters.Create.SecurityContext->AccessState;
    Open->Mode = (Stack->Flags & SL_FORCE_ACCESS_CHECK) != 0 ? UserMode : Irp->RequestorMode;
    RtlMapGenericMask(&Open->State->RemainingDesiredAccess, IoGetFileObjectGenericMapping());
    Open->Options = Stack->Parameters.Create.Options & 0x00FFFFFF;
    Open->Disposition = Stack->Parameters.Create.Options >> 24;
    Open->Share = Stack->Parameters.Create.ShareAccess;
    Open->TargetDirectory = (Stack->Flags & SL_OPEN_TARGET_DIRECTORY) != 0;
    Open->MustBeDirectory = (Open->Options & FILE_DIRECTORY_FILE) != 0;
    Open->Attributes = Stack->Parameters.Create.FileAttributes & (HOSTFS_KEPT_ATTRIBUTES | FILE_ATTRIBUTE_READONLY);
    Open->Attributes = Open->MustBeDirectory ? Open->Attributes & ~(ULONG)FILE_ATTRIBUTE_TEMPORARY : Open->Attributes | FILE_ATTRIBUTE_ARCHIVE;
    if (Stack->Parameters.Create.EaLength != 0)
        return STATUS_EAS_NOT_SUPPORTED;
    if ((Open->Options & FILE_OPEN_BY_FILE_ID) != 0)
        return STATUS_NOT_SUPPORTED;
    if ((Stack->Flags & SL_OPEN_PAGING_FILE) != 0)
        return STATUS_NOT_SUPPORTED;
    return HostfsJoinPath(Open);
}

static uint32_t HostfsHostAccess(const HOSTFS_OPEN *Open, const hal_file_info *Info) {
    uint32_t Access = 0;

    if ((Open->Access & (FILE_READ_DATA | FILE_EXECUTE | GENERIC_READ | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED)) != 0)
        Access |= HAL_FILE_READ;
    if ((Open->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)) != 0)
        Access |= HAL_FILE_WRITE;
    if ((Open->Access & MAXIMUM_ALLOWED) != 0 && !Info->is_readonly)
        Access |= HAL_FILE_WRITE;
    return Access;
}

static BOOLEAN HostfsOverwrites(const HOSTFS_OPEN *Open) {
    return Open->Disposition == FILE_OVERWRITE || Open->Disposition == FILE_OVERWRITE_IF || Open->Disposition == FILE_SUPERSEDE;
}

/* Is this kind of file there, and does it let itself be opened so? Info is the host's description. */
static NTSTATUS HostfsCheckExisting(const HOSTFS_OPEN *Open, const hal_file_info *Info) {
    BOOLEAN Overwrite = HostfsOverwrites(Open);

    if (Open->Disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (Info->is_directory)
        return (Open->Options & FILE_NON_DIRECTORY_FILE) != 0 || Overwrite ? STATUS_FILE_IS_A_DIRECTORY : STATUS_SUCCESS;
    if (Open->MustBeDirectory)
        return STATUS_NOT_A_DIRECTORY;
    if (Open->TrailingSlash)
        return STATUS_OBJECT_NAME_INVALID;
    if (!Info->is_readonly)
        return STATUS_SUCCESS;
    if ((Open->Options & FILE_DELETE_ON_CLOSE) != 0)
        return STATUS_CANNOT_DELETE;
    if (Overwrite || (Open->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)) != 0)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* May this opener open what is there? What is hidden or a system file is overwritten only by who says that it is to be that again ("CreateFile"). */
static NTSTATUS HostfsCheckOpener(PHOSTFS_EXTENSION Volume, PHOSTFS_OPEN Open, hal_file_info *Info) {
    const ULONG Marks = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
    PACCESS_STATE State = Open->State;
    ACCESS_MASK Besides = 0;
    HOSTFS_FACTS Facts;
    NTSTATUS Status;

    HostfsApplyNote(Volume, &Open->Path, &Facts, Info);
    if (HostfsOverwrites(Open)) {
        if ((HostfsAttributes(Info, &Facts) & Marks & ~Open->Attributes) != 0)
            return STATUS_ACCESS_DENIED;
        Besides = Open->Disposition == FILE_SUPERSEDE ? DELETE : FILE_WRITE_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES;
    }
    if (Open->Mode == KernelMode)
        return STATUS_SUCCESS;
    Status = HostfsCheckOpen(Volume, &Open->Path, Info->is_directory != 0, State, Besides);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Info->is_readonly) /* all that is allowed is not that */
        State->PreviouslyGrantedAccess &= ~(ACCESS_MASK)(FILE_WRITE_DATA | FILE_APPEND_DATA);
    Open->Access = State->PreviouslyGrantedAccess;
    return STATUS_SUCCESS;
}

/* Before a file is made: may it be, and room for what will be noted of it. */
static NTSTATUS HostfsPrepareNew(PHOSTFS_EXTENSION Volume, PHOSTFS_OPEN Open, PHOSTFS_SECURITY *Security) {
    NTSTATUS Status = STATUS_SUCCESS;

    if ((Open->Options & FILE_DELETE_ON_CLOSE) != 0 && (Open->Attributes & FILE_ATTRIBUTE_READONLY) != 0)
        return STATUS_CANNOT_DELETE;
    if (Open->Mode != KernelMode)
        Status = HostfsCheckCreate(Volume, &Open->Path, Open->MustBeDirectory, Open->State);
    if (!NT_SUCCESS(Status))
        return Status;
    HostfsForgetNotes(Volume, &Open->Path, Open->MustBeDirectory); /* of one that somebody has removed on the host */
    Status = HostfsAssignSecurity(Volume, &Open->Path, Open->MustBeDirectory, Open->State, Open->Mode, Security);
    if (NT_SUCCESS(Status) && *Security != NULL && HostfsMakeNote(Volume, &Open->Path) == NULL) {
        HostfsReleaseSecurity(*Security);
        *Security = NULL;
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    return Status;
}

/* The file is there, new or emptied: what is noted of it, and its attributes. */
static NTSTATUS HostfsFinishNew(PHOSTFS_EXTENSION Volume, PHOSTFS_OPEN Open, PHOSTFS_FCB Fcb, int64_t Handle, const hal_file_info *Info,
                                PHOSTFS_SECURITY Security) {
    if (Security != NULL)
        HostfsSetNoteSecurity(HostfsFindNote(Volume, &Open->Path), Security);
    if (Open->Mode != KernelMode && Open->Information == FILE_CREATED)
        HostfsGrantMaker(Volume, &Open->Path, Fcb->IsDirectory, Open->State);
    return HostfsSetAttributes(Volume, Fcb, Handle, Info, Open->Attributes);
}

/* The host's part. Exists: the file is there and was checked; otherwise the disposition makes it. */
static NTSTATUS HostfsOpenHost(PHOSTFS_OPEN Open, BOOLEAN Exists, hal_file_info *Info, int64_t *Handle) {
    static const uint32_t Dispositions[] = {
        [FILE_SUPERSEDE] = HAL_SUPERSEDE, [FILE_OPEN] = HAL_OPEN,           [FILE_CREATE] = HAL_CREATE,
        [FILE_OPEN_IF] = HAL_OPEN_IF,     [FILE_OVERWRITE] = HAL_OVERWRITE, [FILE_OVERWRITE_IF] = HAL_OVERWRITE_IF};
    uint32_t Access = HostfsHostAccess(Open, Info);

    if (!Exists)
        *Handle = HalOps->file_open(Open->HostPath, Open->MustBeDirectory ? HAL_FILE_DIRECTORY : Access, HAL_CREATE, Info);
    else if (Info->is_directory)
        *Handle = HalOps->file_open(Open->HostPath, 0, HAL_OPEN, Info);
    else
        *Handle = HalOps->file_open(Open->HostPath, Access, Dispositions[Open->Disposition], Info);
    if (*Handle < 0)
        return HostfsStatus(*Handle);
    if (!Exists)
        Open->Information = FILE_CREATED;
    else if (Open->Disposition == FILE_SUPERSEDE)
        Open->Information = FILE_SUPERSEDED;
    else if (Open->Disposition == FILE_OVERWRITE || Open->Disposition == FILE_OVERWRITE_IF)
        Open->Information = FILE_OVERWRITTEN;
    else
        Open->Information = FILE_OPENED;
    return STATUS_SUCCESS;
}

/* Ties FCB and CCB to the file object; the last step, which cannot fail. */
static VOID HostfsAttach(PHOSTFS_OPEN Open, PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, int64_t Handle) {
    Ccb->Handle = Handle;
    Ccb->DeleteOnClose = (Open->Options & FILE_DELETE_ON_CLOSE) != 0;
    Ccb->AppendOnly = (Open->Access & (FILE_APPEND_DATA | FILE_WRITE_DATA)) == FILE_APPEND_DATA;
    Fcb->Handles++;
    Open->File->FsContext = Fcb;
    Open->File->FsContext2 = Ccb;
    Open->File->SectionObjectPointer = &Fcb->Section;
}

/* Opens Open->Path, which names a file or a directory. Lock held. */
static NTSTATUS HostfsOpenPath(PHOSTFS_EXTENSION Volume, PHOSTFS_OPEN Open, PHOSTFS_CCB Ccb) {
    PHOSTFS_FCB Fcb = HostfsFindFcb(Volume, &Open->Path);
    PHOSTFS_SECURITY Security = NULL;
    hal_file_info Info = {0};
    int64_t Handle;
    BOOLEAN Exists;
    NTSTATUS Status;

    Handle = HalOps->file_open(Open->HostPath, 0, HAL_OPEN, &Info);
    Exists = Handle >= 0;
    if (Exists)
        HalOps->file_close(Handle);
    else if (Handle != -HAL_ENOENT)
        return HostfsStatus(Handle);
    if (Exists && Fcb != NULL && Fcb->DeletePending)
        return STATUS_DELETE_PENDING;
    if (Exists) {
        Status = HostfsCheckExisting(Open, &Info);
        if (NT_SUCCESS(Status))
            Status = HostfsCheckOpener(Volume, Open, &Info);
        if (!NT_SUCCESS(Status))
            return Status;
    } else if (Open->Disposition == FILE_OPEN || Open->Disposition == FILE_OVERWRITE) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (Open->TrailingSlash && !Open->MustBeDirectory) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (Fcb != NULL && Fcb->Handles != 0) {
        Status = IoCheckShareAccess(Open->Access, Open->Share, Open->File, &Fcb->ShareAccess, FALSE);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Fcb != NULL && HostfsOverwrites(Open) && Fcb->Section.DataSectionObject != NULL)
        return STATUS_USER_MAPPED_FILE;
    if (Fcb != NULL && Exists && !MmFlushImageSection(&Fcb->Section, MmFlushForWrite)) {
        if ((Open->Access & FILE_WRITE_DATA) != 0 || HostfsOverwrites(Open))
            return STATUS_SHARING_VIOLATION;
        if ((Open->Options & FILE_DELETE_ON_CLOSE) != 0)
            return STATUS_CANNOT_DELETE;
    }
    if (Fcb != NULL)
        Fcb->References++;
    else if ((Fcb = HostfsCreateFcb(Volume, &Open->Path)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = Exists ? STATUS_SUCCESS : HostfsPrepareNew(Volume, Open, &Security);
    if (!NT_SUCCESS(Status)) {
        HostfsDereferenceFcb(Fcb);
        return Status;
    }
    Status = HostfsOpenHost(Open, Exists, &Info, &Handle);
    if (!NT_SUCCESS(Status)) {
        if (Security != NULL) {
            HostfsForgetNotes(Volume, &Open->Path, FALSE);
            HostfsReleaseSecurity(Security);
        }
        HostfsDereferenceFcb(Fcb);
        return Status;
    }
    Fcb->IsDirectory = Info.is_directory != 0;
    if (!Exists || HostfsOverwrites(Open)) {
        Status = HostfsFinishNew(Volume, Open, Fcb, Handle, &Info, Security);
        if (!NT_SUCCESS(Status)) {
            HalOps->file_close(Handle);
            if (!Exists) {
                HalOps->file_delete(Open->HostPath);
                HostfsForgetNotes(Volume, &Open->Path, FALSE);
            }
            HostfsDereferenceFcb(Fcb);
            return Status;
        }
    }
    if (Fcb->Handles == 0)
        IoSetShareAccess(Open->Access, Open->Share, Open->File, &Fcb->ShareAccess);
    else
        IoUpdateShareAccess(Open->File, &Fcb->ShareAccess);
    HostfsAttach(Open, Fcb, Ccb, Handle);
    if (Open->Information == FILE_CREATED)
        HostfsReport(Volume, &Fcb->Path, HostfsNameFilter(Fcb), FILE_ACTION_ADDED);
    else if (Open->Information != FILE_OPENED)
        HostfsReport(Volume, &Fcb->Path, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    return STATUS_SUCCESS;
}

/* For a rename: the directory that the path lies in. The file object's name becomes the last component, as the I/O manager wants it. Lock held. */
static NTSTATUS HostfsOpenTarget(PHOSTFS_EXTENSION Volume, PHOSTFS_OPEN Open, PHOSTFS_CCB Ccb) {
    UNICODE_STRING Parent, Last;
    hal_file_info Info;
    int64_t Handle = HalOps->file_open(Open->HostPath, 0, HAL_OPEN, &Info);
    NTSTATUS Status;
    ULONG Found = Handle >= 0 ? FILE_EXISTS : FILE_DOES_NOT_EXIST;

    if (Handle >= 0)
        HalOps->file_close(Handle);
    else if (Handle != -HAL_ENOENT)
        return HostfsStatus(Handle);
    HostfsSplitPath(&Open->Path, &Parent, &Last);
    if (Last.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    RtlMoveMemory(Open->File->FileName.Buffer, Last.Buffer, Last.Length); /* never longer than the name it came from */
    Open->File->FileName.Length = Last.Length;
    Open->Path = (UNICODE_STRING){Parent.Length, Open->Path.MaximumLength, Parent.Buffer};
    Open->Disposition = FILE_OPEN;
    Open->Options &= ~(ULONG)(FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE);
    Open->TrailingSlash = FALSE;
    Status = HostfsToHostPath(Volume, &Open->Path, Open->HostPath);
    if (NT_SUCCESS(Status))
        Status = HostfsOpenPath(Volume, Open, Ccb);
    Open->Information = Found;
    return Status;
}

/* An open of the volume itself. Lock held. */
static NTSTATUS HostfsOpenVolume(PHOSTFS_EXTENSION Volume, PHOSTFS_OPEN Open, PHOSTFS_CCB Ccb) {
    PHOSTFS_FCB Fcb;

    if (Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OPEN_IF)
        return STATUS_ACCESS_DENIED;
    if (Open->MustBeDirectory)
        return STATUS_NOT_A_DIRECTORY;
    if ((Open->Options & FILE_DELETE_ON_CLOSE) != 0)
        return STATUS_CANNOT_DELETE;
    if ((Fcb = HostfsFindFcb(Volume, &Open->Path)) != NULL)
        Fcb->References++;
    else if ((Fcb = HostfsCreateFcb(Volume, &Open->Path)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    HostfsAttach(Open, Fcb, Ccb, -1);
    Open->Information = FILE_OPENED;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI HostfsCreate(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PHOSTFS_OPEN Open = ExAllocatePoolWithTag(PagedPool, sizeof(*Open), HOSTFS_TAG); /* too large for a kernel stack */
    PHOSTFS_CCB Ccb = ExAllocatePoolWithTag(PagedPool, sizeof(*Ccb), HOSTFS_TAG);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    ULONG_PTR Information = 0;

    if (Open == NULL || Ccb == NULL)
        goto Done;
    RtlZeroMemory(Open, sizeof(*Open));
    RtlZeroMemory(Ccb, sizeof(*Ccb));
    Status = HostfsParseCreate(Irp, Open);
    if (NT_SUCCESS(Status) && Volume->IsMup && Open->Path.Length != 0) {
        Status = HostfsRedirect(Open->File);
        Information = Status == STATUS_REPARSE ? IO_REPARSE : 0;
        goto Done;
    }
    if (NT_SUCCESS(Status))
        Status = HostfsToHostPath(Volume, &Open->Path, Open->HostPath);
    if (!NT_SUCCESS(Status))
        goto Done;
    HostfsLock(Volume);
    if (Open->Path.Length == 0)
        Status = HostfsOpenVolume(Volume, Open, Ccb);
    else if (Open->TargetDirectory)
        Status = HostfsOpenTarget(Volume, Open, Ccb);
    else
        Status = HostfsOpenPath(Volume, Open, Ccb);
    HostfsUnlock(Volume);
    if (NT_SUCCESS(Status)) {
        Information = Open->Information;
        Ccb = NULL; /* the file object's now */
    }
Done:
    if (Open != NULL && Open->Path.Buffer != NULL)
        ExFreePoolWithTag(Open->Path.Buffer, HOSTFS_TAG);
    if (Open != NULL)
        ExFreePoolWithTag(Open, HOSTFS_TAG);
    if (Ccb != NULL)
        ExFreePoolWithTag(Ccb, HOSTFS_TAG);
    return HostfsComplete(Irp, Status, Information);
}

/* The last handle of a file object is closed. What is to be deleted goes when nobody has a handle any more. */
NTSTATUS NTAPI HostfsCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PHOSTFS_FCB Fcb = File->FsContext;
    PHOSTFS_CCB Ccb = File->FsContext2;
    CHAR *HostPath;

    FsRtlFastUnlockAll(&Fcb->Locks, File, IoGetRequestorProcess(Irp), NULL);
    FsRtlNotifyCleanup(Volume->Notify, &Volume->Watches, Ccb);
    HostfsLock(Volume);
    if (!Fcb->IsVolume)
        IoRemoveShareAccess(File, &Fcb->ShareAccess);
    Fcb->Handles--;
    if (Ccb->DeleteOnClose)
        Fcb->DeletePending = TRUE;
    if (Fcb->DeletePending && Fcb->Handles == 0) {
        /* Cleanup has no error to report it with: a directory that has been filled meanwhile, or a file the host protects, stays. */
        HostPath = ExAllocatePoolWithTag(PagedPool, HAL_MAX_PATH, HOSTFS_TAG);
        if (HostPath != NULL && NT_SUCCESS(HostfsToHostPath(Volume, &Fcb->Path, HostPath)) && HalOps->file_delete(HostPath) >= 0) {
            HostfsForgetNotes(Volume, &Fcb->Path, Fcb->IsDirectory);
            HostfsReport(Volume, &Fcb->Path, HostfsNameFilter(Fcb), FILE_ACTION_REMOVED);
        }
        if (HostPath != NULL)
            ExFreePoolWithTag(HostPath, HOSTFS_TAG);
        Fcb->DeletePending = FALSE;
    }
    HostfsUnlock(Volume);
    File->Flags |= FO_CLEANUP_COMPLETE;
    return HostfsComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI HostfsClose(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PHOSTFS_CCB Ccb = File->FsContext2;

    if (Ccb->Handle >= 0)
        HalOps->file_close(Ccb->Handle);
    if (Ccb->Pattern.Buffer != NULL)
        ExFreePoolWithTag(Ccb->Pattern.Buffer, HOSTFS_TAG);
    ExFreePoolWithTag(Ccb, HOSTFS_TAG);
    HostfsLock(Volume);
    HostfsDereferenceFcb(File->FsContext);
    HostfsUnlock(Volume);
    File->FsContext = File->FsContext2 = NULL;
    return HostfsComplete(Irp, STATUS_SUCCESS, 0);
}
