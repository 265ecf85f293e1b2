/* A handle: from the name to the file, and its end. */
#include "fat.h"

/* Down the path, but for its last component, which may be missing. Parent: NO_PARENT for the root itself. */
static NTSTATUS Walk(PVOLUME Volume, UNICODE_STRING Path, PULONG Parent, PUNICODE_STRING Last, PENTRY Entry) {
    ULONG Directory;
    *Parent = NO_PARENT;
    RtlZeroMemory(Entry, FIELD_OFFSET(ENTRY, Text));
    Entry->Raw.Attributes = FILE_ATTRIBUTE_DIRECTORY;
    *Last = (UNICODE_STRING){0};
    for (;;) {
        ULONG Count = 0;
        while (Path.Length != 0 && Path.Buffer[0] == L'\\') {
            Path.Buffer++;
            Path.Length -= sizeof(WCHAR);
        }
        if (Path.Length == 0)
            return STATUS_SUCCESS;
        while (Count < Path.Length / sizeof(WCHAR) && Path.Buffer[Count] != L'\\')
            Count++;
        *Last = (UNICODE_STRING){.Length = (USHORT)(Count * sizeof(WCHAR)), .MaximumLength = (USHORT)(Count * sizeof(WCHAR)), .Buffer = Path.Buffer};
        if (!FatIsName(Last))
            return STATUS_OBJECT_NAME_INVALID;
        Path.Buffer += Count;
        Path.Length -= Last->Length;
        if (!IsDirectory(&Entry->Raw))
            return STATUS_OBJECT_PATH_NOT_FOUND;
        Directory = *Parent == NO_PARENT ? ROOT : FirstOf(Volume, &Entry->Raw);
        *Parent = Directory;
        NTSTATUS Status = FatFind(Volume, Directory, Last, Entry);
        PFCB Open = NT_SUCCESS(Status) ? FatFindFcb(Volume, Directory, Entry->Last) : NULL;
        if (Open != NULL)
            Entry->Raw = Open->Raw;
        BOOLEAN More = FALSE;
        for (ULONG Index = 0; Index < Path.Length / sizeof(WCHAR); Index++)
            More |= Path.Buffer[Index] != L'\\';
        if (!NT_SUCCESS(Status))
            return Status == STATUS_OBJECT_NAME_NOT_FOUND && More ? STATUS_OBJECT_PATH_NOT_FOUND : Status;
    }
}

/* A directory's first cluster holds "." and ".." before anything leads to it. ".." of a directory in the root is cluster 0. */
static NTSTATUS MakeDirectory(PVOLUME Volume, ULONG Parent, PRAW_ENTRY Raw) {
    ULONG Tail, New, Bytes = ClusterBytes(Volume);
    PRAW_ENTRY Data = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
    NTSTATUS Status;
    if (Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FatExtend(Volume, 0, 1, &Tail, &New);
    if (NT_SUCCESS(Status)) {
        RtlZeroMemory(Data, Bytes);
        SetFirst(Volume, Raw, New);
        Data[0] = Data[1] = *Raw;
        RtlCopyMemory(Data[0].Name, ".          ", 11);
        RtlCopyMemory(Data[1].Name, "..         ", 11);
        SetFirst(Volume, &Data[1], Parent != ROOT ? Parent : 0);
        Status = FatReadWrite(Volume, IRP_MJ_WRITE, New, 0, Bytes, (PUCHAR)Data);
        if (NT_SUCCESS(Status))
            Status = FatFlush(Volume, 0);
        if (!NT_SUCCESS(Status))
            FatForget(Volume, New);
    }
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

static NTSTATUS MakeFile(PVOLUME Volume, ULONG Parent, PCUNICODE_STRING Name, BOOLEAN Directory, PENTRY Entry) {
    RAW_ENTRY Raw = {.Attributes = Directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE};
    NTSTATUS Status = FatMarkChanged(Volume);
    FatStamp(&Raw, TRUE);
    if (NT_SUCCESS(Status) && Directory)
        Status = MakeDirectory(Volume, Parent, &Raw);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FatAddEntry(Volume, Parent, Name, &Raw, Entry);
    if (!NT_SUCCESS(Status)) {
        FatForget(Volume, FirstOf(Volume, &Raw));
        FatFlush(Volume, 0);
    }
    return Status;
}

static NTSTATUS CheckFound(PFCB Fcb, ACCESS_MASK Access, ULONG Options, ULONG Disposition) {
    BOOLEAN Overwrite = Disposition == FILE_OVERWRITE || Disposition == FILE_OVERWRITE_IF || Disposition == FILE_SUPERSEDE;
    if (Fcb->DeletePending)
        return STATUS_DELETE_PENDING;
    if (Disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!IsDirectory(&Fcb->Raw) && (Options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (IsDirectory(&Fcb->Raw) && ((Options & FILE_NON_DIRECTORY_FILE) || Overwrite))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (((Access & FILE_WRITE_DATA) || Overwrite) && !MmFlushImageSection(&Fcb->Section, MmFlushForWrite))
        return STATUS_SHARING_VIOLATION;
    if ((Options & FILE_DELETE_ON_CLOSE) && !MmFlushImageSection(&Fcb->Section, MmFlushForDelete))
        return STATUS_CANNOT_DELETE;
    return Overwrite && !MmCanFileBeTruncated(&Fcb->Section, &(LARGE_INTEGER){0}) ? STATUS_USER_MAPPED_FILE : STATUS_SUCCESS;
}

static NTSTATUS OpenVolume(ULONG Options, ULONG Disposition, PULONG Parent, PENTRY Entry) {
    RtlZeroMemory(Entry, FIELD_OFFSET(ENTRY, Text));
    *Parent = WHOLE_VOLUME;
    if (Options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if ((Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF) || (Options & FILE_DELETE_ON_CLOSE))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

NTSTATUS FatCreate(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Options = Stack->Parameters.Create.Options & 0xFFFFFF, Disposition = Stack->Parameters.Create.Options >> 24, Parent;
    ACCESS_MASK Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;
    UNICODE_STRING Path = File->FileName, Named = Path, Last;
    PENTRY Entry = ExAllocatePoolWithTag(PagedPool, sizeof *Entry, TAG);
    PCCB Ccb = ExAllocatePoolWithTag(PagedPool, sizeof *Ccb, TAG);
    PFCB Fcb = NULL;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    BOOLEAN Created = FALSE;
    if (Entry == NULL || Ccb == NULL)
        goto done;
    RtlZeroMemory(Ccb, sizeof *Ccb);
    if (Stack->Parameters.Create.EaLength != 0) {
        Status = STATUS_EAS_NOT_SUPPORTED;
        goto done;
    }
    if (File->RelatedFileObject != NULL) {
        Status = STATUS_NOT_SUPPORTED; /* paths begin at the root */
        goto done;
    }
    Status = Path.Length == 0 ? OpenVolume(Options, Disposition, &Parent, Entry) : Walk(Volume, Path, &Parent, &Last, Entry);
    if ((Stack->Flags & SL_OPEN_TARGET_DIRECTORY) && Path.Length != 0) { /* for a rename: the parent, and whether the name is taken there */
        if (Parent == NO_PARENT || (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_NOT_FOUND)) {
            Status = NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER : Status;
            goto done;
        }
        *Information = NT_SUCCESS(Status) ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
        UNICODE_STRING Above = {.Buffer = Path.Buffer, .Length = (USHORT)((PUCHAR)Last.Buffer - (PUCHAR)Path.Buffer)};
        Named = Above;
        Status = Walk(Volume, Above, &Parent, &Last, Entry);
        Options = 0;
        Disposition = FILE_OPEN;
    } else if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Disposition != FILE_OPEN && Disposition != FILE_OVERWRITE) {
        Status = MakeFile(Volume, Parent, &Last, (Options & FILE_DIRECTORY_FILE) != 0, Entry);
        Created = NT_SUCCESS(Status);
        *Information = FILE_CREATED;
    } else {
        *Information = FILE_OPENED;
    }
    if (!NT_SUCCESS(Status))
        goto done;
    Status = STATUS_INSUFFICIENT_RESOURCES;
    if ((Fcb = FatMakeFcb(Volume, Parent, Entry)) == NULL)
        goto done;
    if (Fcb->Path.Buffer == NULL && !NT_SUCCESS(FatSetPath(Fcb, &Named)))
        goto done;
    Status = Created ? STATUS_SUCCESS : CheckFound(Fcb, Access, Options, Disposition);
    if (NT_SUCCESS(Status) && Fcb->Handles != 0)
        Status = IoCheckShareAccess(Access, Stack->Parameters.Create.ShareAccess, File, &Fcb->Share, TRUE);
    else if (NT_SUCCESS(Status))
        IoSetShareAccess(Access, Stack->Parameters.Create.ShareAccess, File, &Fcb->Share);
    if (NT_SUCCESS(Status) && !Created && Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF) {
        *Information = Disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
        FatStamp(&Fcb->Raw, FALSE);
        Status = FatMarkChanged(Volume);
        if (NT_SUCCESS(Status))
            Status = FatResize(Volume, Fcb, 0);
        if (!NT_SUCCESS(Status))
            IoRemoveShareAccess(File, &Fcb->Share);
    }
    if (NT_SUCCESS(Status)) {
        Ccb->DeleteOnClose = (Options & FILE_DELETE_ON_CLOSE) != 0;
        Fcb->References++;
        Fcb->Handles++;
        File->FsContext = Fcb;
        File->FsContext2 = Ccb;
        File->SectionObjectPointer = &Fcb->Section;
        Ccb = NULL;
        if (Created)
            FatReport(Volume, Fcb, 0, FILE_ACTION_ADDED);
        else if (Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF)
            FatReport(Volume, Fcb, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    }

done:
    if (Fcb != NULL)
        FatDropFcb(Fcb);
    if (Entry != NULL)
        ExFreePoolWithTag(Entry, TAG);
    if (Ccb != NULL)
        ExFreePoolWithTag(Ccb, TAG);
    return Status;
}

/* ---- The end of a handle ---- */

VOID FatCleanup(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File) {
    PFCB Fcb = File->FsContext;
    PCCB Ccb = File->FsContext2;
    FsRtlFastUnlockAll(&Fcb->Locks, File, IoGetRequestorProcess(Irp), NULL);
    FsRtlNotifyCleanup(Volume->Notify, &Volume->Watches, Ccb);
    IoRemoveShareAccess(File, &Fcb->Share);
    if (Ccb->DeleteOnClose && NT_SUCCESS(FatMayDelete(Volume, Fcb)))
        Fcb->DeletePending = TRUE;
    if (--Fcb->Handles == 0 && Fcb->DeletePending && NT_SUCCESS(FatMarkChanged(Volume)) && NT_SUCCESS(FatDelete(Volume, Fcb)))
        FatReport(Volume, Fcb, 0, FILE_ACTION_REMOVED);
    File->Flags |= FO_CLEANUP_COMPLETE;
}

VOID FatClose(PFILE_OBJECT File) {
    PFCB Fcb = File->FsContext;
    PCCB Ccb = File->FsContext2;
    if (Ccb->Pattern.Buffer != NULL)
        ExFreePoolWithTag(Ccb->Pattern.Buffer, TAG);
    ExFreePoolWithTag(Ccb, TAG);
    Fcb->References--;
    FatDropFcb(Fcb);
}
