/* Byte-range locks, and who watches directories: the library's work. A file's name, for whoever watches, is that by which it was opened first, or renamed. */
#include "fat.h"

NTSTATUS FatSetPath(PFCB Fcb, PCUNICODE_STRING Path) {
    PWSTR Text = ExAllocatePoolWithTag(PagedPool, Path->Length + sizeof(WCHAR), TAG);
    if (Text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Text, Path->Buffer, Path->Length);
    if (Fcb->Path.Buffer != NULL)
        ExFreePoolWithTag(Fcb->Path.Buffer, TAG);
    Fcb->Path = (UNICODE_STRING){.Buffer = Text, .Length = Path->Length, .MaximumLength = (USHORT)(Path->Length + sizeof(WCHAR))};
    while (Fcb->Path.Length > sizeof(WCHAR) && Text[Fcb->Path.Length / sizeof(WCHAR) - 1] == L'\\')
        Fcb->Path.Length -= sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* Where the last component of a path begins, in bytes. */
static USHORT LastOf(PCUNICODE_STRING Path) {
    ULONG At = Path->Length / sizeof(WCHAR);
    while (At != 0 && Path->Buffer[At - 1] != L'\\')
        At--;
    return (USHORT)(At * sizeof(WCHAR));
}

static ULONG NameFilter(PFCB Fcb) { return IsDirectory(&Fcb->Raw) ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME; }

VOID FatReport(PVOLUME Volume, PFCB Fcb, ULONG Filter, ULONG Action) {
    if (Filter == 0)
        Filter = NameFilter(Fcb);
    FsRtlNotifyFullReportChange(Volume->Notify, &Volume->Watches, (PSTRING)&Fcb->Path, LastOf(&Fcb->Path), NULL, NULL, Filter, Action, NULL);
}

/* Old is what the file's path was: another name in the same directory is a pair, as watchers of NTFS know it; from one directory to another it goes and comes. */
VOID FatReportRename(PVOLUME Volume, PFCB Fcb, PUNICODE_STRING Old) {
    UNICODE_STRING From = *Old, To = Fcb->Path;
    From.Length = LastOf(Old);
    To.Length = LastOf(&Fcb->Path);
    BOOLEAN Same = RtlEqualUnicodeString(&From, &To, TRUE);
    FsRtlNotifyFullReportChange(Volume->Notify, &Volume->Watches, (PSTRING)Old, From.Length, NULL, NULL, NameFilter(Fcb),
                                Same ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED, NULL);
    FatReport(Volume, Fcb, 0, Same ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED);
}

NTSTATUS FatWatch(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    if (!IsDirectory(&Fcb->Raw))
        return STATUS_INVALID_PARAMETER;
    FsRtlNotifyFullChangeDirectory(Volume->Notify, &Volume->Watches, File->FsContext2, (PSTRING)&Fcb->Path, (Stack->Flags & SL_WATCH_TREE) != 0,
                                   FALSE, Stack->Parameters.NotifyDirectory.CompletionFilter, Irp, NULL, NULL);
    return STATUS_PENDING;
}

BOOLEAN FatMayTransfer(PIRP Irp, PFILE_OBJECT File, LONGLONG Offset, ULONG Length) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFCB Fcb = File->FsContext;
    LARGE_INTEGER At = {.QuadPart = Offset}, Size = {.QuadPart = Length};
    if (Irp->Flags & IRP_PAGING_IO)
        return TRUE;
    if (Stack->MajorFunction == IRP_MJ_READ)
        return FsRtlFastCheckLockForRead(&Fcb->Locks, &At, &Size, Stack->Parameters.Read.Key, File, IoGetRequestorProcess(Irp));
    return FsRtlFastCheckLockForWrite(&Fcb->Locks, &At, &Size, Stack->Parameters.Write.Key, File, IoGetRequestorProcess(Irp));
}
