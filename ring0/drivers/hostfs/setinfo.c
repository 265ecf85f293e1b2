/* Changes to an open file: its end, its name, whether it is to go. */
#include "hostfsp.h"

/* A date to set; 0, and -1 and -2, which are about later updates, leave it ("FILE_BASIC_INFORMATION"). */
static uint64_t HostfsDate(LARGE_INTEGER Date) { return Date.QuadPart > 0 ? (uint64_t)Date.QuadPart : 0; }

/* Times and attributes. The host keeps when the file was written and read, and that it is read-only; the rest is noted. 0 in the attributes leaves them. */
static NTSTATUS HostfsSetBasic(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, const FILE_BASIC_INFORMATION *Basic) {
    const LARGE_INTEGER *Dates[] = {&Basic->CreationTime, &Basic->LastAccessTime, &Basic->LastWriteTime, &Basic->ChangeTime};
    uint64_t Access = HostfsDate(Basic->LastAccessTime), Write = HostfsDate(Basic->LastWriteTime);
    PHOSTFS_NOTE Note = NULL;
    NTSTATUS Status;
    hal_file_info Info;
    int64_t Result = HalOps->file_info(Ccb->Handle, &Info);

    if (Result < 0)
        return HostfsStatus(Result);
    for (ULONG I = 0; I < RTL_NUMBER_OF(Dates); I++)
        if (Dates[I]->QuadPart < -2)
            return STATUS_INVALID_PARAMETER;
    if ((Basic->FileAttributes & (Info.is_directory ? FILE_ATTRIBUTE_TEMPORARY : FILE_ATTRIBUTE_DIRECTORY)) != 0)
        return STATUS_INVALID_PARAMETER;
    if (HostfsDate(Basic->CreationTime) != 0 || HostfsDate(Basic->ChangeTime) != 0) {
        Note = HostfsMakeNote(Volume, &Fcb->Path);
        if (Note == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Basic->FileAttributes != 0) {
        Status = HostfsSetAttributes(Volume, Fcb, Ccb->Handle, &Info, Basic->FileAttributes);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Access != 0 || Write != 0) {
        Result = HalOps->file_change(Ccb->Handle, Access, Write, HAL_READONLY_AS_IS);
        if (Result < 0)
            return HostfsStatus(Result);
    }
    if (HostfsDate(Basic->CreationTime) != 0)
        Note->Facts.CreationTime = Basic->CreationTime.QuadPart;
    if (HostfsDate(Basic->ChangeTime) != 0 && HalOps->file_info(Ccb->Handle, &Info) >= 0) {
        Note->Facts.ChangeTime = Basic->ChangeTime.QuadPart;
        Note->Facts.HostChangeTime = (LONGLONG)Info.change_time;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS HostfsSetSize(PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, LONGLONG Size) {
    int64_t Result;

    if (Fcb->IsDirectory || Size < 0)
        return STATUS_INVALID_PARAMETER;
    if (!MmCanFileBeTruncated(&Fcb->Section, &(LARGE_INTEGER){.QuadPart = Size}))
        return STATUS_USER_MAPPED_FILE;
    Result = HalOps->file_resize(Ccb->Handle, (uint64_t)Size);
    return Result < 0 ? HostfsStatus(Result) : STATUS_SUCCESS;
}

/* Space is the host's affair; but an allocation smaller than the file cuts it. */
static NTSTATUS HostfsSetAllocation(PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, LONGLONG Size) {
    hal_file_info Info;
    int64_t Result = HalOps->file_info(Ccb->Handle, &Info);

    if (Result < 0)
        return HostfsStatus(Result);
    if (Fcb->IsDirectory || Size < 0)
        return STATUS_INVALID_PARAMETER;
    return (uint64_t)Size < Info.size ? HostfsSetSize(Fcb, Ccb, Size) : STATUS_SUCCESS;
}

static NTSTATUS HostfsSetDisposition(PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, BOOLEAN Delete) {
    hal_file_info Info;
    CHAR *Name;
    int64_t Result;

    if (!Delete) {
        Fcb->DeletePending = FALSE;
        return STATUS_SUCCESS;
    }
    Result = HalOps->file_info(Ccb->Handle, &Info);
    if (Result < 0)
        return HostfsStatus(Result);
    if (Info.is_readonly || Fcb->Path.Length <= sizeof(WCHAR) || !MmFlushImageSection(&Fcb->Section, MmFlushForDelete)) /* the root stays */
        return STATUS_CANNOT_DELETE;
    if (Fcb->IsDirectory) {
        hal_file_info First;
        Name = ExAllocatePoolWithTag(PagedPool, HAL_MAX_PATH, HOSTFS_TAG);
        if (Name == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Result = HalOps->file_list(Ccb->Handle, 0, Name, &First);
        ExFreePoolWithTag(Name, HOSTFS_TAG);
        if (Result >= 0)
            return STATUS_DIRECTORY_NOT_EMPTY;
    }
    Fcb->DeletePending = TRUE;
    return STATUS_SUCCESS;
}

/*
 * The new path. When the I/O manager has opened the target's directory (Target), the name's last component goes there; a name alone stays in the
 * file's own directory. Allocates Path->Buffer.
 */
static NTSTATUS HostfsRenamePath(PHOSTFS_FCB Fcb, PFILE_OBJECT Target, const FILE_RENAME_INFORMATION *Rename, PUNICODE_STRING Path) {
    UNICODE_STRING Given, Directory, Last, OldLast;
    ULONG Slash, Length;

    if (Rename->FileNameLength == 0 || Rename->FileNameLength > MAXUSHORT - 1 || Rename->FileNameLength % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    Given.Buffer = (WCHAR *)Rename->FileName;
    Given.Length = Given.MaximumLength = (USHORT)Rename->FileNameLength;
    if (Target != NULL) {
        Directory = ((PHOSTFS_FCB)Target->FsContext)->Path;
        HostfsSplitPath(&Given, &OldLast, &Last);
    } else {
        HostfsSplitPath(&Fcb->Path, &Directory, &OldLast);
        Last = Given;
        for (ULONG I = 0; I < Given.Length / sizeof(WCHAR); I++)
            if (Given.Buffer[I] == L'\\')
                return STATUS_INVALID_PARAMETER; /* a path: somebody has to have opened its directory */
    }
    if (Last.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    Slash = Directory.Length > sizeof(WCHAR) ? sizeof(WCHAR) : 0; /* the root ends in its own */
    Length = Directory.Length + Slash + Last.Length;
    if (Length > MAXUSHORT - 1)
        return STATUS_NAME_TOO_LONG;
    Path->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Length, HOSTFS_TAG);
    if (Path->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Path->Length = Path->MaximumLength = (USHORT)Length;
    RtlCopyMemory(Path->Buffer, Directory.Buffer, Directory.Length);
    if (Slash != 0)
        Path->Buffer[Directory.Length / sizeof(WCHAR)] = L'\\';
    RtlCopyMemory((CHAR *)Path->Buffer + Directory.Length + Slash, Last.Buffer, Last.Length);
    return STATUS_SUCCESS;
}

/* Is a file open somewhere below this directory? Its FCB is found by its path, which a rename of the directory would change. Lock held. */
static BOOLEAN HostfsHasOpenChildren(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Directory) {
    for (PLIST_ENTRY Entry = Volume->Fcbs.Flink; Entry != &Volume->Fcbs; Entry = Entry->Flink) {
        PHOSTFS_FCB Fcb = CONTAINING_RECORD(Entry, HOSTFS_FCB, Links);
        ULONG At = Directory->Path.Length / sizeof(WCHAR);

        if (Fcb->Path.Length > Directory->Path.Length && Fcb->Path.Buffer[At] == L'\\' && RtlPrefixUnicodeString(&Directory->Path, &Fcb->Path, TRUE))
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN HostfsSameDirectory(PCUNICODE_STRING A, PCUNICODE_STRING B) {
    UNICODE_STRING DirectoryA, DirectoryB, Last;

    HostfsSplitPath(A, &DirectoryA, &Last);
    HostfsSplitPath(B, &DirectoryB, &Last);
    return RtlEqualUnicodeString(&DirectoryA, &DirectoryB, TRUE);
}

/* A name that changes in its directory is a pair; one that goes to another is gone there and new here, as NTFS says it. */
static VOID ReportRename(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, PCUNICODE_STRING To) {
    BOOLEAN Same = HostfsSameDirectory(&Fcb->Path, To);

    HostfsReport(Volume, &Fcb->Path, HostfsNameFilter(Fcb), Same ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED);
    HostfsReport(Volume, To, HostfsNameFilter(Fcb), Same ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED);
}

static NTSTATUS HostfsRename(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, PFILE_OBJECT Target, BOOLEAN Replace, const FILE_RENAME_INFORMATION *Rename) {
    CHAR *From = ExAllocatePoolWithTag(PagedPool, 2 * HAL_MAX_PATH, HOSTFS_TAG), *To = From + HAL_MAX_PATH;
    UNICODE_STRING Path = {0};
    PHOSTFS_FCB There;
    int64_t Result;
    NTSTATUS Status;

    if (From == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Target != NULL && Target->DeviceObject->DeviceExtension != Volume) {
        ExFreePoolWithTag(From, HOSTFS_TAG);
        return STATUS_NOT_SAME_DEVICE;
    }
    Status = Fcb->IsVolume || Fcb->Path.Length <= sizeof(WCHAR) ? STATUS_INVALID_PARAMETER : HostfsRenamePath(Fcb, Target, Rename, &Path);
    if (NT_SUCCESS(Status))
        Status = HostfsToHostPath(Volume, &Fcb->Path, From);
    if (NT_SUCCESS(Status))
        Status = HostfsToHostPath(Volume, &Path, To);
    if (!NT_SUCCESS(Status))
        goto Done;
    There = HostfsFindFcb(Volume, &Path);
    if (Fcb->IsDirectory && HostfsHasOpenChildren(Volume, Fcb)) {
        Status = STATUS_ACCESS_DENIED;
    } else if (There != NULL && There != Fcb && There->Handles != 0) {
        Status = Replace ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_COLLISION;
    } else if (!HostfsSameDirectory(&Fcb->Path, &Path) && !NT_SUCCESS(Status = HostfsKeepSecurity(Volume, &Fcb->Path, Fcb->IsDirectory))) {
        goto Done;
    } else if ((Result = HalOps->file_rename(From, To, Replace)) < 0) {
        Status = HostfsStatus(Result);
    } else {
        HostfsMoveNotes(Volume, &Fcb->Path, &Path, Fcb->IsDirectory);
        if (There != NULL && There != Fcb) { /* replaced, and still to be closed by somebody: nobody shall find it any more */
            RemoveEntryList(&There->Links);
            InitializeListHead(&There->Links);
        }
        ReportRename(Volume, Fcb, &Path);
        ExFreePoolWithTag(Fcb->Path.Buffer, HOSTFS_TAG);
        Fcb->Path = Path;
        Path.Buffer = NULL;
    }
Done:
    if (Path.Buffer != NULL)
        ExFreePoolWithTag(Path.Buffer, HOSTFS_TAG);
    ExFreePoolWithTag(From, HOSTFS_TAG);
    return Status;
}

static ULONG HostfsMinimum(FILE_INFORMATION_CLASS Class) {
    switch (Class) {
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    case FilePositionInformation: return sizeof(FILE_POSITION_INFORMATION);
    case FileEndOfFileInformation: return sizeof(FILE_END_OF_FILE_INFORMATION);
    case FileAllocationInformation: return sizeof(FILE_ALLOCATION_INFORMATION);
    case FileDispositionInformation: return sizeof(FILE_DISPOSITION_INFORMATION);
    case FileRenameInformation: return sizeof(FILE_RENAME_INFORMATION);
    default: return 0;
    }
}

NTSTATUS NTAPI HostfsSetInformation(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FILE_INFORMATION_CLASS Class = Stack->Parameters.SetFile.FileInformationClass;
    ULONG Length = Stack->Parameters.SetFile.Length, Minimum = HostfsMinimum(Class);
    PFILE_OBJECT File = Stack->FileObject;
    PHOSTFS_FCB Fcb = File->FsContext;
    PHOSTFS_CCB Ccb = File->FsContext2;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    PFILE_RENAME_INFORMATION Rename = Buffer;
    NTSTATUS Status;

    if (Ccb->Handle < 0)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (Class == FileLinkInformation) /* as a file system without hard links has it */
        return HostfsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Minimum == 0)
        return HostfsComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Length < Minimum)
        return HostfsComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    HostfsLock(Volume);
    switch (Class) {
    case FileBasicInformation: Status = HostfsSetBasic(Volume, Fcb, Ccb, Buffer); break;
    case FilePositionInformation:
        Status = ((PFILE_POSITION_INFORMATION)Buffer)->CurrentByteOffset.QuadPart < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
        if (NT_SUCCESS(Status))
            File->CurrentByteOffset = ((PFILE_POSITION_INFORMATION)Buffer)->CurrentByteOffset;
        break;
    case FileEndOfFileInformation: Status = HostfsSetSize(Fcb, Ccb, ((PFILE_END_OF_FILE_INFORMATION)Buffer)->EndOfFile.QuadPart); break;
    case FileAllocationInformation: Status = HostfsSetAllocation(Fcb, Ccb, ((PFILE_ALLOCATION_INFORMATION)Buffer)->AllocationSize.QuadPart); break;
    case FileDispositionInformation: Status = HostfsSetDisposition(Fcb, Ccb, ((PFILE_DISPOSITION_INFORMATION)Buffer)->DeleteFile); break;
    default: /* FileRenameInformation */
        if (Rename->FileNameLength > Length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName))
            Status = STATUS_INVALID_PARAMETER;
        else
            Status = HostfsRename(Volume, Fcb, Stack->Parameters.SetFile.FileObject,
                                  Stack->Parameters.SetFile.ReplaceIfExists || Rename->ReplaceIfExists, Rename);
        break;
    }
    if (NT_SUCCESS(Status) && (Class == FileEndOfFileInformation || Class == FileAllocationInformation))
        HostfsReport(Volume, &Fcb->Path, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    if (NT_SUCCESS(Status) && Class == FileBasicInformation)
        HostfsReport(Volume, &Fcb->Path, FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_CREATION,
                     FILE_ACTION_MODIFIED);
    HostfsUnlock(Volume);
    return HostfsComplete(Irp, Status, 0);
}
