/* Reading, writing and flushing. There is no cache of ours: the host has one. */
#include "hostfsp.h"

static NTSTATUS HostfsCheckData(PFILE_OBJECT File) {
    PHOSTFS_FCB Fcb = File->FsContext;
    return Fcb->IsVolume || Fcb->IsDirectory ? STATUS_INVALID_DEVICE_REQUEST : STATUS_SUCCESS;
}

/* A synchronous file object has a position, which moves behind what was transferred. */
static VOID HostfsAdvance(PIRP Irp, PFILE_OBJECT File, LONGLONG Offset, ULONG_PTR Count) {
    if ((File->Flags & FO_SYNCHRONOUS_IO) != 0 && (Irp->Flags & IRP_PAGING_IO) == 0)
        File->CurrentByteOffset.QuadPart = Offset + (LONGLONG)Count;
}

/* The lock keeps the path. */
static VOID HostfsReportWrite(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb) {
    HostfsLock(Volume);
    HostfsReport(Volume, &Fcb->Path, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    HostfsUnlock(Volume);
}

NTSTATUS NTAPI HostfsRead(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    LONGLONG Offset = Stack->Parameters.Read.ByteOffset.QuadPart;
    ULONG Length = Stack->Parameters.Read.Length;
    NTSTATUS Status = HostfsCheckData(File);
    int64_t Count;
    PVOID Buffer;

    if (!NT_SUCCESS(Status))
        return HostfsComplete(Irp, Status, 0);
    if (Length == 0)
        return HostfsComplete(Irp, STATUS_SUCCESS, 0);
    if (Offset < 0)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if ((Irp->Flags & IRP_PAGING_IO) == 0 && !FsRtlCheckLockForReadAccess(&((PHOSTFS_FCB)File->FsContext)->Locks, Irp))
        return HostfsComplete(Irp, STATUS_FILE_LOCK_CONFLICT, 0);
    Buffer = HostfsBuffer(Irp);
    if (Buffer == NULL)
        return HostfsComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    if ((Irp->Flags & IRP_PAGING_IO) == 0 && !NT_SUCCESS(Status = MmFlushMappedFile(File->SectionObjectPointer)))
        return HostfsComplete(Irp, Status, 0);
    Count = HalOps->file_read(((PHOSTFS_CCB)File->FsContext2)->Handle, (uint64_t)Offset, Buffer, Length);
    if (Count < 0)
        return HostfsComplete(Irp, HostfsStatus(Count), 0);
    if (Count == 0)
        return HostfsComplete(Irp, STATUS_END_OF_FILE, 0);
    HostfsAdvance(Irp, File, Offset, (ULONG_PTR)Count);
    return HostfsComplete(Irp, STATUS_SUCCESS, (ULONG_PTR)Count);
}

NTSTATUS NTAPI HostfsWrite(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    PHOSTFS_CCB Ccb = File->FsContext2;
    LARGE_INTEGER Where = Stack->Parameters.Write.ByteOffset;
    LONGLONG Offset = Where.QuadPart;
    ULONG Length = Stack->Parameters.Write.Length;
    NTSTATUS Status = HostfsCheckData(File);
    hal_file_info Info;
    int64_t Count;
    PVOID Buffer;

    if (!NT_SUCCESS(Status))
        return HostfsComplete(Irp, Status, 0);
    if (Length == 0)
        return HostfsComplete(Irp, STATUS_SUCCESS, 0);
    if (Ccb->AppendOnly || (Where.LowPart == FILE_WRITE_TO_END_OF_FILE && Where.HighPart == -1)) {
        Count = HalOps->file_info(Ccb->Handle, &Info);
        if (Count < 0)
            return HostfsComplete(Irp, HostfsStatus(Count), 0);
        Offset = (LONGLONG)Info.size;
    }
    if (Offset < 0 || Offset > MAXLONGLONG - Length)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if ((Irp->Flags & IRP_PAGING_IO) == 0 &&
        !FsRtlFastCheckLockForWrite(&((PHOSTFS_FCB)File->FsContext)->Locks, &(LARGE_INTEGER){.QuadPart = Offset},
                                    &(LARGE_INTEGER){.QuadPart = Length}, Stack->Parameters.Write.Key, File, IoGetRequestorProcess(Irp)))
        return HostfsComplete(Irp, STATUS_FILE_LOCK_CONFLICT, 0);
    Buffer = HostfsBuffer(Irp);
    if (Buffer == NULL)
        return HostfsComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    if ((Irp->Flags & IRP_PAGING_IO) == 0 && !NT_SUCCESS(Status = MmFlushMappedFile(File->SectionObjectPointer)))
        return HostfsComplete(Irp, Status, 0);
    Count = HalOps->file_write(Ccb->Handle, (uint64_t)Offset, Buffer, Length);
    if (Count < 0)
        return HostfsComplete(Irp, HostfsStatus(Count), 0);
    HostfsAdvance(Irp, File, Offset, (ULONG_PTR)Count);
    if (((PHOSTFS_FCB)File->FsContext)->LacksArchive)
        HostfsMarkWritten(Device->DeviceExtension, File->FsContext);
    if (!IsListEmpty(&((PHOSTFS_EXTENSION)Device->DeviceExtension)->Watches))
        HostfsReportWrite(Device->DeviceExtension, File->FsContext);
    if ((Irp->Flags & IRP_PAGING_IO) == 0 && !NT_SUCCESS(Status = MmRefreshMappedFile(File->SectionObjectPointer, (ULONG64)Offset, (ULONG64)Count)))
        return HostfsComplete(Irp, Status, (ULONG_PTR)Count);
    /* Part of it: the host's disk is full. */
    return HostfsComplete(Irp, (ULONG)Count == Length ? STATUS_SUCCESS : STATUS_DISK_FULL, (ULONG_PTR)Count);
}

NTSTATUS NTAPI HostfsFlush(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_CCB Ccb = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext2;
    int64_t Result = Ccb->Handle < 0 ? 0 : HalOps->file_flush(Ccb->Handle);

    return HostfsComplete(Irp, Result < 0 ? HostfsStatus(Result) : STATUS_SUCCESS, 0);
}
