/* Byte-range locks, and who watches directories: the library's work. What changes on the host behind the machine's back nobody is told of. */
#include "hostfsp.h"

NTSTATUS NTAPI HostfsLockControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_FCB Fcb = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    if (Fcb->IsVolume || Fcb->IsDirectory)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    return FsRtlProcessFileLock(&Fcb->Locks, Irp, NULL);
}

NTSTATUS HostfsWatch(PHOSTFS_EXTENSION Volume, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PHOSTFS_FCB Fcb = Stack->FileObject->FsContext;

    if (!Fcb->IsDirectory)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    HostfsLock(Volume); /* the path */
    if (Fcb->DeletePending) {
        HostfsUnlock(Volume);
        return HostfsComplete(Irp, STATUS_DELETE_PENDING, 0);
    }
    FsRtlNotifyFullChangeDirectory(Volume->Notify, &Volume->Watches, Stack->FileObject->FsContext2, (PSTRING)&Fcb->Path,
                                   (Stack->Flags & SL_WATCH_TREE) != 0, FALSE, Stack->Parameters.NotifyDirectory.CompletionFilter, Irp, NULL, NULL);
    HostfsUnlock(Volume);
    return STATUS_PENDING;
}

VOID HostfsReport(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, ULONG Filter, ULONG Action) {
    UNICODE_STRING Parent, Last, Target = *Path;

    if (IsListEmpty(&Volume->Watches))
        return;
    HostfsSplitPath(Path, &Parent, &Last);
    FsRtlNotifyFullReportChange(Volume->Notify, &Volume->Watches, (PSTRING)&Target, (USHORT)(Path->Length - Last.Length), NULL, NULL, Filter, Action,
                                NULL);
}
