/* What a directory contains. */
#include "fat.h"

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
    Directory->AllocationSize.QuadPart = FatAllocation(Volume, &Entry->Raw);
    Directory->FileAttributes = FatAttributes(&Entry->Raw);
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

NTSTATUS FatList(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    PCCB Ccb = File->FsContext2;
    PUCHAR Data, Out = FatBuffer(Irp);
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
    Status = FatLoadDirectory(Volume, DirectoryOf(Volume, Fcb), &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    PENTRY Entry = ExAllocatePoolWithTag(PagedPool, sizeof *Entry, TAG);
    Status = Entry != NULL ? Fill(Volume, Stack, Ccb, Data, Size, Entry, Out, Information) : STATUS_INSUFFICIENT_RESOURCES;
    if (Entry != NULL)
        ExFreePoolWithTag(Entry, TAG);
    ExFreePoolWithTag(Data, TAG);
    return Status;
}
