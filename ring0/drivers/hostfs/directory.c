/*
 * Listing a directory. The host gives entries one by one, in name order, from a snapshot it takes when the listing begins; each
 * query fills its buffer with as many as fit and match.
 */
#include "hostfsp.h"

typedef struct _HOSTFS_ENTRY {
    hal_file_info Info;
    ULONG Attributes;
    UNICODE_STRING Name;
    WCHAR NameBuffer[HOSTFS_MAX_COMPONENT];
    CHAR HostName[HAL_MAX_PATH];
    WCHAR PathBuffer[]; /* the directory's path and a name */
} HOSTFS_ENTRY, *PHOSTFS_ENTRY;

/* Where the name begins in an entry of this class; 0: not a class of directories. */
static ULONG HostfsEntryHead(FILE_INFORMATION_CLASS Class) {
    switch (Class) {
    case FileDirectoryInformation: return FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName);
    case FileFullDirectoryInformation: return FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName);
    case FileIdFullDirectoryInformation: return FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName);
    case FileBothDirectoryInformation: return FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName);
    case FileIdBothDirectoryInformation: return FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName);
    case FileNamesInformation: return FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName);
    default: return 0;
    }
}

/* What the machine has noted of an entry. ".." is shown as the directory itself is. */
static VOID HostfsNoteEntry(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, PHOSTFS_ENTRY Entry, BOOLEAN IsDot) {
    UNICODE_STRING Path = Fcb->Path;
    HOSTFS_FACTS Facts;

    if (!IsDot) {
        USHORT Slash = Fcb->Path.Length > sizeof(WCHAR) ? sizeof(WCHAR) : 0;

        Path.Buffer = Entry->PathBuffer;
        Path.Length = (USHORT)(Fcb->Path.Length + Slash + Entry->Name.Length);
        RtlCopyMemory(Path.Buffer, Fcb->Path.Buffer, Fcb->Path.Length);
        Path.Buffer[Fcb->Path.Length / sizeof(WCHAR)] = L'\\';
        RtlCopyMemory((CHAR *)Path.Buffer + Fcb->Path.Length + Slash, Entry->Name.Buffer, Entry->Name.Length);
    }
    HostfsApplyNote(Volume, &Path, &Facts, &Entry->Info);
    Entry->Attributes = HostfsAttributes(&Entry->Info, &Facts);
}

/* The entry at *Index, which moves on. STATUS_NO_MORE_FILES at the end. */
static NTSTATUS HostfsNextEntry(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, PHOSTFS_ENTRY Entry, ULONG64 *Index) {
    ULONG64 Dots = Fcb->Path.Length > sizeof(WCHAR) ? 2 : 0; /* the root has neither "." nor ".." */
    int64_t Result;

    Entry->Name.Buffer = Entry->NameBuffer;
    Entry->Name.MaximumLength = sizeof(Entry->NameBuffer);
    if (*Index < Dots) {
        Result = HalOps->file_info(Ccb->Handle, &Entry->Info);
        if (Result < 0)
            return HostfsStatus(Result);
        Entry->NameBuffer[0] = Entry->NameBuffer[1] = L'.';
        Entry->Name.Length = (USHORT)((*Index + 1) * sizeof(WCHAR));
        ++*Index;
        HostfsNoteEntry(Volume, Fcb, Entry, TRUE);
        return STATUS_SUCCESS;
    }
    do {
        Result = HalOps->file_list(Ccb->Handle, *Index - Dots, Entry->HostName, &Entry->Info);
        if (Result == -HAL_ENOENT)
            return STATUS_NO_MORE_FILES;
        if (Result < 0)
            return HostfsStatus(Result);
        ++*Index;
        Entry->Name.Length = HostfsFromHostName(Entry->HostName, Entry->NameBuffer);
    } while (Entry->Name.Length == 0);
    HostfsNoteEntry(Volume, Fcb, Entry, FALSE);
    return STATUS_SUCCESS;
}

/* The fixed part; Out has room for it. All classes but names begin alike. */
static VOID HostfsFillEntry(FILE_INFORMATION_CLASS Class, const HOSTFS_ENTRY *Entry, PVOID Out) {
    PFILE_DIRECTORY_INFORMATION Directory = Out;

    RtlZeroMemory(Out, HostfsEntryHead(Class));
    if (Class == FileNamesInformation) {
        ((PFILE_NAMES_INFORMATION)Out)->FileNameLength = Entry->Name.Length;
        return;
    }
    Directory->CreationTime.QuadPart = (LONGLONG)Entry->Info.create_time;
    Directory->LastAccessTime.QuadPart = (LONGLONG)Entry->Info.access_time;
    Directory->LastWriteTime.QuadPart = (LONGLONG)Entry->Info.write_time;
    Directory->ChangeTime.QuadPart = (LONGLONG)Entry->Info.change_time;
    Directory->EndOfFile.QuadPart = (LONGLONG)Entry->Info.size;
    Directory->AllocationSize.QuadPart = HostfsAllocation(&Entry->Info);
    Directory->FileAttributes = Entry->Attributes;
    Directory->FileNameLength = Entry->Name.Length;
    if (Class == FileIdFullDirectoryInformation)
        ((PFILE_ID_FULL_DIR_INFORMATION)Out)->FileId.QuadPart = (LONGLONG)Entry->Info.id;
    else if (Class == FileIdBothDirectoryInformation)
        ((PFILE_ID_BOTH_DIR_INFORMATION)Out)->FileId.QuadPart = (LONGLONG)Entry->Info.id;
}

/* The pattern belongs to the first query of a handle and holds for all that follow. "*" and none at all are everything. */
static NTSTATUS HostfsSetPattern(PHOSTFS_CCB Ccb, PCUNICODE_STRING Pattern) {
    if (Ccb->Listing || Pattern == NULL || Pattern->Length == 0 || (Pattern->Length == sizeof(WCHAR) && Pattern->Buffer[0] == L'*'))
        return STATUS_SUCCESS;
    Ccb->Pattern.Buffer = ExAllocatePoolWithTag(PagedPool, Pattern->Length, HOSTFS_TAG);
    if (Ccb->Pattern.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Ccb->Pattern.Length = Ccb->Pattern.MaximumLength = Pattern->Length;
    RtlCopyMemory(Ccb->Pattern.Buffer, Pattern->Buffer, Pattern->Length);
    return STATUS_SUCCESS;
}

/* Fills Buffer from the listing; *Used is what was written. */
static NTSTATUS HostfsList(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, PHOSTFS_CCB Ccb, PIO_STACK_LOCATION Stack, PHOSTFS_ENTRY Entry, UCHAR *Buffer,
                           ULONG *Used) {
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryDirectory.FileInformationClass;
    ULONG Room = Stack->Parameters.QueryDirectory.Length, Head = HostfsEntryHead(Class), At = 0, Last = 0;
    NTSTATUS Status;

    *Used = 0;
    for (;;) {
        ULONG64 Index = Ccb->NextIndex;

        Status = HostfsNextEntry(Volume, Fcb, Ccb, Entry, &Index);
        if (!NT_SUCCESS(Status))
            break;
        if (Ccb->Pattern.Buffer != NULL && !HostfsMatch(&Ccb->Pattern, &Entry->Name)) {
            Ccb->NextIndex = Index;
            continue;
        }
        At = (*Used + 7) & ~7u;
        if (At > Room || Room - At < Head + Entry->Name.Length) {
            if (*Used != 0)
                return STATUS_SUCCESS; /* it comes with the next query */
            /* Not even the first one fits: as much of it as does, and it is gone. Room for the fixed part was checked. */
            HostfsFillEntry(Class, Entry, Buffer);
            RtlCopyMemory(Buffer + Head, Entry->NameBuffer, (Room - Head) & ~1u);
            *Used = Room;
            Ccb->NextIndex = Index;
            Ccb->AnyMatch = TRUE;
            return STATUS_BUFFER_OVERFLOW;
        }
        if (*Used != 0)
            *(ULONG *)(Buffer + Last) = At - Last; /* NextEntryOffset, the first field of each class */
        HostfsFillEntry(Class, Entry, Buffer + At);
        RtlCopyMemory(Buffer + At + Head, Entry->NameBuffer, Entry->Name.Length);
        Last = At;
        *Used = At + Head + Entry->Name.Length;
        Ccb->NextIndex = Index;
        Ccb->AnyMatch = TRUE;
        if ((Stack->Flags & SL_RETURN_SINGLE_ENTRY) != 0)
            return STATUS_SUCCESS;
    }
    if (Status != STATUS_NO_MORE_FILES)
        return Status;
    if (*Used != 0)
        return STATUS_SUCCESS;
    return Ccb->AnyMatch ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
}

NTSTATUS NTAPI HostfsDirectoryControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PHOSTFS_FCB Fcb = Stack->FileObject->FsContext;
    PHOSTFS_CCB Ccb = Stack->FileObject->FsContext2;
    ULONG Head = HostfsEntryHead(Stack->Parameters.QueryDirectory.FileInformationClass), Used = 0;
    PHOSTFS_ENTRY Entry;
    NTSTATUS Status;
    PVOID Buffer;

    if (Stack->MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY)
        return HostfsWatch(Volume, Irp);
    if (Stack->MinorFunction != IRP_MN_QUERY_DIRECTORY)
        return HostfsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (!Fcb->IsDirectory)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (Head == 0)
        return HostfsComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryDirectory.Length < Head + sizeof(WCHAR))
        return HostfsComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    Buffer = HostfsBuffer(Irp);
    Entry = ExAllocatePoolWithTag(PagedPool, sizeof(*Entry) + Fcb->Path.Length + (HOSTFS_MAX_COMPONENT + 1) * sizeof(WCHAR), HOSTFS_TAG);
    if (Buffer == NULL || Entry == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Done;
    }
    HostfsLock(Volume);
    Status = HostfsSetPattern(Ccb, Stack->Parameters.QueryDirectory.FileName);
    if (NT_SUCCESS(Status)) {
        if ((Stack->Flags & SL_INDEX_SPECIFIED) != 0)
            Ccb->NextIndex = Stack->Parameters.QueryDirectory.FileIndex;
        else if ((Stack->Flags & SL_RESTART_SCAN) != 0)
            Ccb->NextIndex = 0;
        Ccb->Listing = TRUE;
        Status = HostfsList(Volume, Fcb, Ccb, Stack, Entry, Buffer, &Used);
    }
    HostfsUnlock(Volume);
Done:
    if (Entry != NULL)
        ExFreePoolWithTag(Entry, HOSTFS_TAG);
    return HostfsComplete(Irp, Status, Used);
}
