/* What is known of a file, and what can be changed of it: its size, attributes, name. */
#include "fat.h"

ULONG FatAttributes(const RAW_ENTRY *Raw) {
    ULONG Attributes = Raw->Attributes & 0x37;
    return Attributes != 0 ? Attributes : FILE_ATTRIBUTE_NORMAL;
}

ULONG FatAllocation(PVOLUME Volume, const RAW_ENTRY *Raw) {
    ULONG Bytes = ClusterBytes(Volume);
    return Raw->Size / Bytes * Bytes + (Raw->Size % Bytes != 0 ? Bytes : 0);
}

NTSTATUS FatQueryInformation(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    PVOID Out = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = Stack->Parameters.QueryFile.Length;
    FILE_BASIC_INFORMATION Basic = {.CreationTime = FatTime(Fcb->Raw.CreateDate, Fcb->Raw.CreateTime),
                                    .LastAccessTime = FatTime(Fcb->Raw.AccessDate, 0),
                                    .LastWriteTime = FatTime(Fcb->Raw.WriteDate, Fcb->Raw.WriteTime),
                                    .ChangeTime = FatTime(Fcb->Raw.WriteDate, Fcb->Raw.WriteTime),
                                    .FileAttributes = FatAttributes(&Fcb->Raw)};
    FILE_STANDARD_INFORMATION Standard = {.AllocationSize.QuadPart = FatAllocation(Volume, &Fcb->Raw),
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

/* ---- Another name ---- */

/* What is in the way of a file may have to go first. An open file, or a directory, stays. */
static NTSTATUS Replace(PVOLUME Volume, PFCB Fcb, ULONG Directory, BOOLEAN MayReplace, const ENTRY *Found) {
    FCB Other = {.Parent = Directory, .First = Found->First, .Last = Found->Last, .Raw = Found->Raw};
    if (Directory == Fcb->Parent && Found->Last == Fcb->Last)
        return STATUS_SUCCESS; /* the file itself, under its other name or in other letters */
    if (!MayReplace)
        return STATUS_OBJECT_NAME_COLLISION;
    if (FatFindFcb(Volume, Directory, Found->Last) != NULL || IsDirectory(&Found->Raw) || (Found->Raw.Attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_ACCESS_DENIED;
    return FatDelete(Volume, &Other);
}

/* In the same directory and sector if there is room. A directory has no other way: it stays in its parent, whose number it carries inside, and it cannot be copied, for
   its entries would be there twice. */
static NTSTATUS Move(PVOLUME Volume, PFCB Fcb, ULONG Directory, PCUNICODE_STRING Name, PENTRY Entry) {
    NTSTATUS Status = STATUS_RETRY;
    if (Directory == Fcb->Parent)
        Status = FatMoveEntry(Volume, Directory, Name, FALSE, &Fcb->First, &Fcb->Last, &Fcb->Raw);
    if (Status == STATUS_RETRY && IsDirectory(&Fcb->Raw))
        Status = FatMoveEntry(Volume, Directory, Name, TRUE, &Fcb->First, &Fcb->Last, &Fcb->Raw);
    else if (Status == STATUS_RETRY && NT_SUCCESS(Status = FatHandOver(Volume, Fcb, Directory, Name, Entry))) {
        Fcb->Parent = Directory;
        Fcb->First = Entry->First;
        Fcb->Last = Entry->Last;
        Fcb->Raw = Entry->Raw;
    }
    return Status == STATUS_RETRY ? STATUS_DISK_FULL : Status;
}

/* The path that the file has now: Directory's, which ends in the name before, and the new name. Not told: watchers hear of it under its old one. */
static VOID TellRename(PVOLUME Volume, PFCB Fcb, PFILE_OBJECT Target, PCUNICODE_STRING Name) {
    UNICODE_STRING Old = Fcb->Path, Directory = Old, New;
    if (Target != NULL)
        Directory = ((PFCB)Target->FsContext)->Path;
    while (Target == NULL && Directory.Length > sizeof(WCHAR) && Directory.Buffer[Directory.Length / sizeof(WCHAR) - 1] != L'\\')
        Directory.Length -= sizeof(WCHAR);
    New.Length = 0;
    New.MaximumLength = (USHORT)(Directory.Length + Name->Length + 2 * sizeof(WCHAR));
    New.Buffer = ExAllocatePoolWithTag(PagedPool, New.MaximumLength, TAG);
    if (New.Buffer == NULL)
        return;
    RtlAppendUnicodeStringToString(&New, &Directory);
    if (New.Length != 0 && New.Buffer[New.Length / sizeof(WCHAR) - 1] != L'\\')
        RtlAppendUnicodeToString(&New, L"\\");
    RtlAppendUnicodeStringToString(&New, Name);
    Fcb->Path = New;
    FatReportRename(Volume, Fcb, &Old);
    ExFreePoolWithTag(Old.Buffer, TAG);
}

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
        Directory = DirectoryOf(Volume, Target->FsContext);
    if (IsDirectory(&Fcb->Raw) && Directory != Fcb->Parent)
        return STATUS_NOT_SUPPORTED;
    PENTRY Entry = ExAllocatePoolWithTag(PagedPool, sizeof *Entry, TAG);
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = FatFind(Volume, Directory, &Name, Entry);
    if (NT_SUCCESS(Status))
        Status = Replace(Volume, Fcb, Directory, Rename->ReplaceIfExists, Entry);
    if (NT_SUCCESS(Status) || Status == STATUS_OBJECT_NAME_NOT_FOUND)
        Status = Move(Volume, Fcb, Directory, &Name, Entry);
    if (NT_SUCCESS(Status))
        TellRename(Volume, Fcb, Target, &Name);
    ExFreePoolWithTag(Entry, TAG);
    return Status;
}

/* ---- Setting ---- */

static NTSTATUS SetSize(PVOLUME Volume, PFCB Fcb, LONGLONG Size) {
    if (IsDirectory(&Fcb->Raw) || Size < 0)
        return STATUS_INVALID_PARAMETER;
    if (Size > MAXULONG)
        return STATUS_DISK_FULL;
    if (Size < Fcb->Raw.Size && !MmCanFileBeTruncated(&Fcb->Section, &(LARGE_INTEGER){.QuadPart = Size}))
        return STATUS_USER_MAPPED_FILE;
    FatStamp(&Fcb->Raw, FALSE);
    NTSTATUS Status = FatResize(Volume, Fcb, (ULONG)Size);
    if (NT_SUCCESS(Status))
        FatReport(Volume, Fcb, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    return Status;
}

NTSTATUS FatSetInformation(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    PVOID In = Irp->AssociatedIrp.SystemBuffer;
    LONGLONG Size;
    NTSTATUS Status = FatMarkChanged(Volume);
    ULONG Attributes;
    if (!NT_SUCCESS(Status))
        return Status;
    switch (Stack->Parameters.SetFile.FileInformationClass) {
    case FileDispositionInformation:
        Status = ((PFILE_DISPOSITION_INFORMATION)In)->DeleteFile ? FatMayDelete(Volume, Fcb) : STATUS_SUCCESS;
        if (NT_SUCCESS(Status))
            Fcb->DeletePending = ((PFILE_DISPOSITION_INFORMATION)In)->DeleteFile;
        return Status;
    case FileRenameInformation: return Rename(Volume, Fcb, Stack->Parameters.SetFile.FileObject, In);
    case FileEndOfFileInformation: return SetSize(Volume, Fcb, ((PFILE_END_OF_FILE_INFORMATION)In)->EndOfFile.QuadPart);
    case FileAllocationInformation: /* room is taken when it is needed; less than the file has shortens it */
        Size = ((PFILE_ALLOCATION_INFORMATION)In)->AllocationSize.QuadPart;
        return Size >= 0 && Size >= Fcb->Raw.Size && !IsDirectory(&Fcb->Raw) ? STATUS_SUCCESS : SetSize(Volume, Fcb, Size);
    case FilePositionInformation: File->CurrentByteOffset = ((PFILE_POSITION_INFORMATION)In)->CurrentByteOffset; return STATUS_SUCCESS;
    case FileBasicInformation: /* attributes; times stay what the volume has seen */
        Attributes = ((PFILE_BASIC_INFORMATION)In)->FileAttributes;
        if (Attributes == 0 || Fcb->Parent == NO_PARENT)
            return STATUS_SUCCESS;
        Fcb->Raw.Attributes = (UCHAR)((Fcb->Raw.Attributes & ~0x27) | (Attributes & 0x27));
        return FatUpdate(Volume, Fcb);
    default: return STATUS_INVALID_PARAMETER;
    }
}
