/* The file system's requests: opening, reading, writing, renaming, deleting, listing. \Device\StackFat is the volume's root, and E: leads to it. */
#include "fat.h"

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static PVOID BufferOf(PIRP Irp) {
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->AssociatedIrp.SystemBuffer != NULL ? Irp->AssociatedIrp.SystemBuffer : Irp->UserBuffer;
}

/* ---- Open files ---- */

static PFCB FindFcb(PVOLUME Volume, ULONG Parent, ULONG Last) {
    for (PLIST_ENTRY Link = Volume->Files.Flink; Link != &Volume->Files; Link = Link->Flink) {
        PFCB Fcb = CONTAINING_RECORD(Link, FCB, Link);
        if (Fcb->Parent == Parent && (Parent == NO_PARENT || Fcb->Last == Last) && !(Fcb->Handles == 0 && Fcb->DeletePending))
            return Fcb;
    }
    return NULL;
}

static PFCB MakeFcb(PVOLUME Volume, ULONG Parent, const ENTRY *Entry) {
    PFCB Fcb = FindFcb(Volume, Parent, Entry->Last);
    if (Fcb != NULL)
        return Fcb;
    Fcb = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Fcb, TAG);
    if (Fcb == NULL)
        return NULL;
    RtlZeroMemory(Fcb, sizeof *Fcb);
    Fcb->Parent = Parent;
    Fcb->First = Entry->First;
    Fcb->Last = Entry->Last;
    Fcb->Raw = Entry->Raw;
    InsertTailList(&Volume->Files, &Fcb->Link);
    return Fcb;
}

static VOID DropFcb(PFCB Fcb) {
    if (Fcb->References != 0)
        return;
    RemoveEntryList(&Fcb->Link);
    ExFreePoolWithTag(Fcb, TAG);
}

static NTSTATUS Update(PVOLUME Volume, PFCB Fcb) { return FatUpdateEntry(Volume, Fcb->Parent, Fcb->Last, &Fcb->Raw); }

/* To Size bytes: an entry is shorter before its clusters are free, and longer after they are its own. */
static NTSTATUS Resize(PVOLUME Volume, PFCB Fcb, ULONG Size) {
    RAW_ENTRY Before = Fcb->Raw;
    ULONG First = Fcb->Raw.Cluster, Bytes = ClusterBytes(Volume), Keep = Size / Bytes + (Size % Bytes != 0), Tail = First;
    NTSTATUS Status;
    if (Size >= Before.Size) {
        if (!NT_SUCCESS(Status = FatExtend(Volume, &First, Size)) || !NT_SUCCESS(Status = FatFlush(Volume)))
            return Status;
        Fcb->Raw.Cluster = (USHORT)First;
        Fcb->Raw.Size = Size;
        return Update(Volume, Fcb);
    }
    Fcb->Raw.Size = Size;
    Fcb->Raw.Cluster = Keep == 0 ? 0 : (USHORT)First;
    if (!NT_SUCCESS(Status = Update(Volume, Fcb))) {
        Fcb->Raw = Before;
        return Status;
    }
    for (ULONG Index = 1; Index < Keep; Index++)
        Tail = FatGet(Volume, Tail);
    First = Keep == 0 ? First : FatGet(Volume, Tail);
    if (Keep != 0 && First != END_OF_CHAIN)
        FatSet(Volume, Tail, END_OF_CHAIN);
    if (!NT_SUCCESS(Status = FatFlush(Volume)))
        return Status;
    FatForget(Volume, First);
    return FatFlush(Volume);
}

static NTSTATUS ZeroGap(PVOLUME Volume, PFCB Fcb, ULONG From, ULONG To) {
    NTSTATUS Status = STATUS_SUCCESS;
    PUCHAR Zeros = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    if (Zeros == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Zeros, PAGE_SIZE);
    for (ULONG Count; From < To && NT_SUCCESS(Status); From += Count) {
        Count = min(To - From, PAGE_SIZE);
        Status = FatReadWrite(Volume, IRP_MJ_WRITE, Fcb->Raw.Cluster, From, Count, Zeros);
    }
    ExFreePoolWithTag(Zeros, TAG);
    return Status;
}

/* ---- Create ---- */

/* Down the path, but for its last component, which may be missing. Parent: NO_PARENT for the root itself. */
static NTSTATUS Walk(PVOLUME Volume, UNICODE_STRING Path, PULONG Parent, PUNICODE_STRING Last, PENTRY Entry) {
    ULONG Directory = 0;
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
        Directory = *Parent == NO_PARENT ? 0 : Entry->Raw.Cluster;
        *Parent = Directory;
        NTSTATUS Status = FatFind(Volume, Directory, Last, Entry);
        PFCB Open = NT_SUCCESS(Status) ? FindFcb(Volume, Directory, Entry->Last) : NULL;
        if (Open != NULL)
            Entry->Raw = Open->Raw;
        BOOLEAN More = FALSE;
        for (ULONG Index = 0; Index < Path.Length / sizeof(WCHAR); Index++)
            More |= Path.Buffer[Index] != L'\\';
        if (!NT_SUCCESS(Status))
            return Status == STATUS_OBJECT_NAME_NOT_FOUND && More ? STATUS_OBJECT_PATH_NOT_FOUND : Status;
    }
}

/* A directory's first cluster holds "." and ".." before anything leads to it. */
static NTSTATUS MakeDirectory(PVOLUME Volume, ULONG Parent, PRAW_ENTRY Raw) {
    ULONG First = 0, Bytes = ClusterBytes(Volume);
    PRAW_ENTRY Data = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
    NTSTATUS Status;
    if (Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FatExtend(Volume, &First, 1);
    if (NT_SUCCESS(Status)) {
        RtlZeroMemory(Data, Bytes);
        Raw->Cluster = (USHORT)First;
        Data[0] = Data[1] = *Raw;
        RtlCopyMemory(Data[0].Name, ".          ", 11);
        RtlCopyMemory(Data[1].Name, "..         ", 11);
        Data[1].Cluster = (USHORT)Parent;
        Status = FatReadWrite(Volume, IRP_MJ_WRITE, First, 0, Bytes, (PUCHAR)Data);
    }
    if (NT_SUCCESS(Status))
        Status = FatFlush(Volume);
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

static NTSTATUS MakeFile(PVOLUME Volume, ULONG Parent, PCUNICODE_STRING Name, BOOLEAN Directory, PENTRY Entry) {
    RAW_ENTRY Raw = {.Attributes = Directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE};
    NTSTATUS Status = STATUS_SUCCESS;
    FatStamp(&Raw, TRUE);
    if (Directory)
        Status = MakeDirectory(Volume, Parent, &Raw);
    return NT_SUCCESS(Status) ? FatAddEntry(Volume, Parent, Name, &Raw, Entry) : Status;
}

static NTSTATUS CheckFound(PFCB Fcb, ULONG Options, ULONG Disposition) {
    BOOLEAN Overwrite = Disposition == FILE_OVERWRITE || Disposition == FILE_OVERWRITE_IF || Disposition == FILE_SUPERSEDE;
    if (Fcb->DeletePending)
        return STATUS_DELETE_PENDING;
    if (Disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!IsDirectory(&Fcb->Raw) && (Options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (IsDirectory(&Fcb->Raw) && ((Options & FILE_NON_DIRECTORY_FILE) || Overwrite))
        return STATUS_FILE_IS_A_DIRECTORY;
    return STATUS_SUCCESS;
}

static NTSTATUS Open(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Options = Stack->Parameters.Create.Options & 0xFFFFFF, Disposition = Stack->Parameters.Create.Options >> 24, Parent;
    ACCESS_MASK Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;
    UNICODE_STRING Path = File->FileName, Last;
    PENTRY Entry = ExAllocatePoolWithTag(PagedPool, sizeof *Entry, TAG);
    PCCB Ccb = ExAllocatePoolWithTag(PagedPool, sizeof *Ccb, TAG);
    PFCB Fcb = NULL;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    BOOLEAN Created = FALSE;
    if (Entry == NULL || Ccb == NULL)
        goto done;
    RtlZeroMemory(Ccb, sizeof *Ccb);
    if (File->RelatedFileObject != NULL) {
        Status = STATUS_NOT_SUPPORTED; /* paths begin at the root */
        goto done;
    }
    Status = Walk(Volume, Path, &Parent, &Last, Entry);
    if (Stack->Flags & SL_OPEN_TARGET_DIRECTORY) { /* for a rename: the parent, and whether the name is taken there */
        if (Parent == NO_PARENT || (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_NOT_FOUND)) {
            Status = NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER : Status;
            goto done;
        }
        *Information = NT_SUCCESS(Status) ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
        UNICODE_STRING Above = {.Buffer = Path.Buffer, .Length = (USHORT)((PUCHAR)Last.Buffer - (PUCHAR)Path.Buffer)};
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
    if ((Fcb = MakeFcb(Volume, Parent, Entry)) == NULL)
        goto done;
    Status = Created ? STATUS_SUCCESS : CheckFound(Fcb, Options, Disposition);
    if (NT_SUCCESS(Status) && Fcb->Handles != 0)
        Status = IoCheckShareAccess(Access, Stack->Parameters.Create.ShareAccess, File, &Fcb->Share, TRUE);
    else if (NT_SUCCESS(Status))
        IoSetShareAccess(Access, Stack->Parameters.Create.ShareAccess, File, &Fcb->Share);
    if (NT_SUCCESS(Status) && !Created && Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF) {
        *Information = Disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
        FatStamp(&Fcb->Raw, FALSE);
        Status = Resize(Volume, Fcb, 0);
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
    }

done:
    if (Fcb != NULL)
        DropFcb(Fcb);
    if (Entry != NULL)
        ExFreePoolWithTag(Entry, TAG);
    if (Ccb != NULL)
        ExFreePoolWithTag(Ccb, TAG);
    return Status;
}

/* ---- The end of a handle ---- */

static NTSTATUS Delete(PVOLUME Volume, PFCB Fcb) {
    NTSTATUS Status = FatRemoveEntry(Volume, Fcb->Parent, Fcb->First, Fcb->Last);
    if (!NT_SUCCESS(Status))
        return Status;
    FatForget(Volume, Fcb->Raw.Cluster);
    return FatFlush(Volume);
}

static NTSTATUS MayDelete(PVOLUME Volume, PFCB Fcb) {
    if (Fcb->Parent == NO_PARENT || (Fcb->Raw.Attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    return IsDirectory(&Fcb->Raw) && !FatIsEmpty(Volume, Fcb->Raw.Cluster) ? STATUS_DIRECTORY_NOT_EMPTY : STATUS_SUCCESS;
}

static VOID Cleanup(PVOLUME Volume, PFILE_OBJECT File) {
    PFCB Fcb = File->FsContext;
    PCCB Ccb = File->FsContext2;
    IoRemoveShareAccess(File, &Fcb->Share);
    if (Ccb->DeleteOnClose && NT_SUCCESS(MayDelete(Volume, Fcb)))
        Fcb->DeletePending = TRUE;
    if (--Fcb->Handles == 0 && Fcb->DeletePending)
        Delete(Volume, Fcb);
    File->Flags |= FO_CLEANUP_COMPLETE;
}

static VOID Close(PFILE_OBJECT File) {
    PFCB Fcb = File->FsContext;
    PCCB Ccb = File->FsContext2;
    if (Ccb->Pattern.Buffer != NULL)
        ExFreePoolWithTag(Ccb->Pattern.Buffer, TAG);
    ExFreePoolWithTag(Ccb, TAG);
    Fcb->References--;
    DropFcb(Fcb);
}

/* ---- Reading and writing ---- */

static NTSTATUS Transfer(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    ULONG Length = Stack->Parameters.Read.Length, Size = Fcb->Raw.Size;
    LONGLONG Offset = Stack->Parameters.Read.ByteOffset.QuadPart;
    PUCHAR Buffer = BufferOf(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    if (IsDirectory(&Fcb->Raw))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.ByteOffset.LowPart == FILE_WRITE_TO_END_OF_FILE &&
        Stack->Parameters.Write.ByteOffset.HighPart == -1)
        Offset = Size;
    if (Offset < 0)
        return STATUS_INVALID_PARAMETER;
    if (Length != 0 && Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Stack->MajorFunction == IRP_MJ_READ) {
        if (Offset >= Size)
            return Length == 0 ? STATUS_SUCCESS : STATUS_END_OF_FILE;
        Length = min(Length, Size - (ULONG)Offset);
    } else if (Length != 0) {
        if (Offset + Length > MAXULONG)
            return STATUS_DISK_FULL;
        FatStamp(&Fcb->Raw, FALSE);
        Status = Offset + Length > Size ? Resize(Volume, Fcb, (ULONG)Offset + Length) : Update(Volume, Fcb);
        if (NT_SUCCESS(Status) && Offset > Size)
            Status = ZeroGap(Volume, Fcb, Size, (ULONG)Offset);
    }
    if (NT_SUCCESS(Status))
        Status = FatReadWrite(Volume, Stack->MajorFunction, Fcb->Raw.Cluster, (ULONG)Offset, Length, Buffer);
    if (NT_SUCCESS(Status)) {
        *Information = Length;
        if (File->Flags & FO_SYNCHRONOUS_IO)
            File->CurrentByteOffset.QuadPart = Offset + Length;
    }
    return Status;
}

/* ---- Information ---- */

static ULONG AttributesOf(const RAW_ENTRY *Raw) {
    ULONG Attributes = Raw->Attributes & 0x37;
    return Attributes != 0 ? Attributes : FILE_ATTRIBUTE_NORMAL;
}

static ULONG AllocationOf(PVOLUME Volume, const RAW_ENTRY *Raw) {
    ULONG Bytes = ClusterBytes(Volume);
    return (Raw->Size + Bytes - 1) / Bytes * Bytes;
}

static NTSTATUS QueryInformation(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    PVOID Out = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = Stack->Parameters.QueryFile.Length;
    FILE_BASIC_INFORMATION Basic = {.CreationTime = FatTime(Fcb->Raw.CreateDate, Fcb->Raw.CreateTime),
                                    .LastAccessTime = FatTime(Fcb->Raw.AccessDate, 0),
                                    .LastWriteTime = FatTime(Fcb->Raw.WriteDate, Fcb->Raw.WriteTime),
                                    .ChangeTime = FatTime(Fcb->Raw.WriteDate, Fcb->Raw.WriteTime),
                                    .FileAttributes = AttributesOf(&Fcb->Raw)};
    FILE_STANDARD_INFORMATION Standard = {.AllocationSize.QuadPart = AllocationOf(Volume, &Fcb->Raw),
                                          .EndOfFile.QuadPart = Fcb->Raw.Size,
                                          .NumberOfLinks = 1,
                                          .DeletePending = Fcb->DeletePending,
                                          .Directory = IsDirectory(&Fcb->Raw)};
    switch (Stack->Parameters.QueryFile.FileInformationClass) {
    case FileBasicInformation:
        *Information = sizeof Basic;
        if (Room < sizeof Basic)
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_BASIC_INFORMATION)Out = Basic;
        return STATUS_SUCCESS;
    case FileStandardInformation:
        *Information = sizeof Standard;
        if (Room < sizeof Standard)
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_STANDARD_INFORMATION)Out = Standard;
        return STATUS_SUCCESS;
    case FileNetworkOpenInformation:
        *Information = sizeof(FILE_NETWORK_OPEN_INFORMATION);
        if (Room < sizeof(FILE_NETWORK_OPEN_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_NETWORK_OPEN_INFORMATION)Out =
            (FILE_NETWORK_OPEN_INFORMATION){Basic.CreationTime,      Basic.LastAccessTime, Basic.LastWriteTime, Basic.ChangeTime,
                                            Standard.AllocationSize, Standard.EndOfFile,   Basic.FileAttributes};
        return STATUS_SUCCESS;
    default: *Information = 0; return STATUS_INVALID_PARAMETER;
    }
}

/* The new entry is there before the old one goes. A directory stays in its parent, whose number it carries inside. */
static NTSTATUS Rename(PVOLUME Volume, PFCB Fcb, PFILE_OBJECT Target, PFILE_RENAME_INFORMATION Rename) {
    UNICODE_STRING Name = {.Buffer = Rename->FileName, .Length = (USHORT)Rename->FileNameLength};
    ULONG Directory = Fcb->Parent, Start = 0;
    if (Fcb->Parent == NO_PARENT)
        return STATUS_INVALID_PARAMETER;
    for (ULONG Index = 0; Index < Name.Length / sizeof(WCHAR); Index++)
        Start = Name.Buffer[Index] == L'\\' ? Index + 1 : Start;
    Name.Buffer += Start;
    Name.Length -= (USHORT)(Start * sizeof(WCHAR));
    if (!FatIsName(&Name))
        return STATUS_OBJECT_NAME_INVALID;
    if (Target != NULL)
        Directory = ((PFCB)Target->FsContext)->Parent == NO_PARENT ? 0 : ((PFCB)Target->FsContext)->Raw.Cluster;
    if (IsDirectory(&Fcb->Raw) && Directory != Fcb->Parent)
        return STATUS_NOT_SUPPORTED;
    PENTRY Entry = ExAllocatePoolWithTag(PagedPool, sizeof *Entry, TAG);
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = FatFind(Volume, Directory, &Name, Entry);
    if (NT_SUCCESS(Status) && !(Directory == Fcb->Parent && Entry->Last == Fcb->Last)) {
        FCB Other = {.Parent = Directory, .First = Entry->First, .Last = Entry->Last, .Raw = Entry->Raw};
        Status = !Rename->ReplaceIfExists                                              ? STATUS_OBJECT_NAME_COLLISION
                 : FindFcb(Volume, Directory, Entry->Last) || IsDirectory(&Entry->Raw) ? STATUS_ACCESS_DENIED
                                                                                       : Delete(Volume, &Other);
    } else if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status))
        Status = FatAddEntry(Volume, Directory, &Name, &Fcb->Raw, Entry);
    if (NT_SUCCESS(Status))
        Status = FatRemoveEntry(Volume, Fcb->Parent, Fcb->First, Fcb->Last);
    if (NT_SUCCESS(Status)) {
        Fcb->Parent = Directory;
        Fcb->First = Entry->First;
        Fcb->Last = Entry->Last;
        Fcb->Raw = Entry->Raw;
    }
    ExFreePoolWithTag(Entry, TAG);
    return Status;
}

static NTSTATUS SetInformation(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    PVOID In = Irp->AssociatedIrp.SystemBuffer;
    LONGLONG Size;
    NTSTATUS Status;
    ULONG Before = Fcb->Raw.Size, Attributes;
    switch (Stack->Parameters.SetFile.FileInformationClass) {
    case FileDispositionInformation:
        Status = ((PFILE_DISPOSITION_INFORMATION)In)->DeleteFile ? MayDelete(Volume, Fcb) : STATUS_SUCCESS;
        if (NT_SUCCESS(Status))
            Fcb->DeletePending = ((PFILE_DISPOSITION_INFORMATION)In)->DeleteFile;
        return Status;
    case FileRenameInformation: return Rename(Volume, Fcb, Stack->Parameters.SetFile.FileObject, In);
    case FileEndOfFileInformation:
        Size = ((PFILE_END_OF_FILE_INFORMATION)In)->EndOfFile.QuadPart;
        if (IsDirectory(&Fcb->Raw) || Size < 0)
            return STATUS_INVALID_PARAMETER;
        if (Size > MAXULONG)
            return STATUS_DISK_FULL;
        FatStamp(&Fcb->Raw, FALSE);
        Status = Resize(Volume, Fcb, (ULONG)Size);
        return NT_SUCCESS(Status) && Size > Before ? ZeroGap(Volume, Fcb, Before, (ULONG)Size) : Status;
    case FileAllocationInformation: /* room is taken when it is needed; less than the file has shortens it */
        Size = ((PFILE_ALLOCATION_INFORMATION)In)->AllocationSize.QuadPart;
        return !IsDirectory(&Fcb->Raw) && Size >= 0 ? (Size < Before ? Resize(Volume, Fcb, (ULONG)Size) : STATUS_SUCCESS) : STATUS_INVALID_PARAMETER;
    case FilePositionInformation: File->CurrentByteOffset = ((PFILE_POSITION_INFORMATION)In)->CurrentByteOffset; return STATUS_SUCCESS;
    case FileBasicInformation: /* attributes; times stay what the volume has seen */
        Attributes = ((PFILE_BASIC_INFORMATION)In)->FileAttributes;
        if (Attributes == 0 || Fcb->Parent == NO_PARENT)
            return STATUS_SUCCESS;
        Fcb->Raw.Attributes = (UCHAR)((Fcb->Raw.Attributes & ~0x27) | (Attributes & 0x27));
        return Update(Volume, Fcb);
    default: return STATUS_INVALID_PARAMETER;
    }
}

/* ---- Directories ---- */

static ULONG HeadOf(FILE_INFORMATION_CLASS Class) {
    switch (Class) {
    case FileDirectoryInformation: return FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName);
    case FileFullDirectoryInformation: return FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName);
    case FileBothDirectoryInformation: return FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName);
    case FileIdBothDirectoryInformation: return FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName);
    case FileNamesInformation: return FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName);
    default: return 0;
    }
}

static VOID FillEntry(PVOLUME Volume, FILE_INFORMATION_CLASS Class, const ENTRY *Entry, PVOID Out) {
    PFILE_DIRECTORY_INFORMATION Directory = Out;
    RtlZeroMemory(Out, HeadOf(Class));
    if (Class == FileNamesInformation) {
        ((PFILE_NAMES_INFORMATION)Out)->FileNameLength = Entry->Name.Length;
        return;
    }
    Directory->CreationTime = FatTime(Entry->Raw.CreateDate, Entry->Raw.CreateTime);
    Directory->LastAccessTime = FatTime(Entry->Raw.AccessDate, 0);
    Directory->LastWriteTime = Directory->ChangeTime = FatTime(Entry->Raw.WriteDate, Entry->Raw.WriteTime);
    Directory->EndOfFile.QuadPart = Entry->Raw.Size;
    Directory->AllocationSize.QuadPart = AllocationOf(Volume, &Entry->Raw);
    Directory->FileAttributes = AttributesOf(&Entry->Raw);
    Directory->FileNameLength = Entry->Name.Length;
}

static NTSTATUS SetPattern(PCCB Ccb, PCUNICODE_STRING Pattern) {
    if (Ccb->Listing || Pattern == NULL || Pattern->Length == 0)
        return STATUS_SUCCESS;
    Ccb->Pattern.Buffer = ExAllocatePoolWithTag(PagedPool, Pattern->Length, TAG);
    if (Ccb->Pattern.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Ccb->Pattern.MaximumLength = Pattern->Length;
    return RtlUpcaseUnicodeString(&Ccb->Pattern, Pattern, FALSE);
}

static NTSTATUS Fill(PVOLUME Volume, PIO_STACK_LOCATION Stack, PCCB Ccb, const UCHAR *Data, ULONG Size, PENTRY Entry, PUCHAR Out, ULONG_PTR *Used) {
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryDirectory.FileInformationClass;
    ULONG Room = Stack->Parameters.QueryDirectory.Length, Head = HeadOf(Class), At = 0;
    PULONG Link = NULL;
    for (ULONG Slot = Ccb->Next; NT_SUCCESS(FatNextEntry(Data, Size, &Slot, Entry));) {
        if (Ccb->Pattern.Buffer != NULL && !FsRtlIsNameInExpression(&Ccb->Pattern, &Entry->Name, TRUE, NULL)) {
            Ccb->Next = Slot;
            continue;
        }
        if (At > Room || Room - At < Head + Entry->Name.Length)
            return Link == NULL ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
        FillEntry(Volume, Class, Entry, Out + At);
        RtlCopyMemory(Out + At + Head, Entry->Name.Buffer, Entry->Name.Length);
        if (Link != NULL)
            *Link = (ULONG)(Out + At - (PUCHAR)Link);
        Link = (PULONG)(Out + At);
        *Used = At + Head + Entry->Name.Length;
        At = (At + Head + Entry->Name.Length + 7) & ~7u;
        Ccb->Next = Slot;
        Ccb->AnyMatch = TRUE;
        if (Stack->Flags & SL_RETURN_SINGLE_ENTRY)
            return STATUS_SUCCESS;
    }
    return Link != NULL ? STATUS_SUCCESS : Ccb->AnyMatch ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
}

static NTSTATUS List(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    PCCB Ccb = File->FsContext2;
    PUCHAR Data, Out = BufferOf(Irp);
    ULONG Size;
    if (Stack->MinorFunction != IRP_MN_QUERY_DIRECTORY)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!IsDirectory(&Fcb->Raw) || HeadOf(Stack->Parameters.QueryDirectory.FileInformationClass) == 0)
        return IsDirectory(&Fcb->Raw) ? STATUS_INVALID_INFO_CLASS : STATUS_INVALID_PARAMETER;
    if (Out == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = SetPattern(Ccb, Stack->Parameters.QueryDirectory.FileName);
    if (!NT_SUCCESS(Status))
        return Status;
    Ccb->Listing = TRUE;
    if (Stack->Flags & SL_RESTART_SCAN)
        Ccb->Next = 0;
    Status = FatLoadDirectory(Volume, Fcb->Parent == NO_PARENT ? 0 : Fcb->Raw.Cluster, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    PENTRY Entry = ExAllocatePoolWithTag(PagedPool, sizeof *Entry, TAG);
    Status = Entry != NULL ? Fill(Volume, Stack, Ccb, Data, Size, Entry, Out, Information) : STATUS_INSUFFICIENT_RESOURCES;
    if (Entry != NULL)
        ExFreePoolWithTag(Entry, TAG);
    ExFreePoolWithTag(Data, TAG);
    return Status;
}

static NTSTATUS QueryVolume(PVOLUME Volume, PIRP Irp, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Out = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = Stack->Parameters.QueryVolume.Length;
    switch (Stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsSizeInformation:
        if (Room < sizeof(FILE_FS_SIZE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_FS_SIZE_INFORMATION)Out = (FILE_FS_SIZE_INFORMATION){.TotalAllocationUnits.QuadPart = Volume->Clusters,
                                                                     .AvailableAllocationUnits.QuadPart = FatFree(Volume),
                                                                     .SectorsPerAllocationUnit = Volume->ClusterSectors,
                                                                     .BytesPerSector = SECTOR};
        *Information = sizeof(FILE_FS_SIZE_INFORMATION);
        return STATUS_SUCCESS;
    case FileFsDeviceInformation:
        if (Room < sizeof(FILE_FS_DEVICE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_FS_DEVICE_INFORMATION)Out = (FILE_FS_DEVICE_INFORMATION){.DeviceType = FILE_DEVICE_DISK, .Characteristics = FILE_REMOVABLE_MEDIA};
        *Information = sizeof(FILE_FS_DEVICE_INFORMATION);
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_INFO_CLASS;
    }
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

/* ---- All requests, one after another ---- */

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PVOLUME Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    KeWaitForSingleObject(&Volume->Lock, Executive, KernelMode, FALSE, NULL);
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: Status = Open(Volume, Irp, File, &Information); break;
    case IRP_MJ_CLEANUP: Cleanup(Volume, File); break;
    case IRP_MJ_CLOSE: Close(File); break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE: Status = Transfer(Volume, Irp, File, &Information); break;
    case IRP_MJ_QUERY_INFORMATION: Status = QueryInformation(Volume, Irp, File, &Information); break;
    case IRP_MJ_SET_INFORMATION: Status = SetInformation(Volume, Irp, File); break;
    case IRP_MJ_DIRECTORY_CONTROL: Status = List(Volume, Irp, File, &Information); break;
    case IRP_MJ_QUERY_VOLUME_INFORMATION: Status = QueryVolume(Volume, Irp, &Information); break;
    case IRP_MJ_FLUSH_BUFFERS: Status = Flush(Volume); break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
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
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
