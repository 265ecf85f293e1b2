/* Sectors, and the sectors of chains. */
#include "fat.h"

#define MAX_RUN 128u /* sectors of one request */

NTSTATUS FatTransfer(PVOLUME Volume, UCHAR Major, ULONG Sector, ULONG Count, PVOID Buffer) {
    LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)Sector * SECTOR};
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(Major, Volume->Below, Buffer, Count * SECTOR, &Offset, &Event, &Iosb);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoCallDriver(Volume->Below, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    return Status;
}

ULONG FatSectorAt(PVOLUME Volume, ULONG First, ULONG Offset, PULONG Run) {
    ULONG Cluster = First, Inside = Offset % ClusterBytes(Volume) / SECTOR;
    *Run = 0;
    if (First == ROOT && Volume->Bits != 32) {
        if (Offset / SECTOR >= Volume->RootSectors)
            return 0;
        *Run = min(Volume->RootSectors - Offset / SECTOR, MAX_RUN);
        return Volume->RootStart + Offset / SECTOR;
    }
    if (First == ROOT)
        Cluster = Volume->RootCluster;
    for (ULONG Skip = Offset / ClusterBytes(Volume); Skip != 0 && IsCluster(Volume, Cluster); Skip--)
        Cluster = FatGet(Volume, Cluster);
    if (!IsCluster(Volume, Cluster))
        return 0;
    ULONG Sector = Volume->DataStart + (Cluster - 2) * Volume->ClusterSectors + Inside;
    for (*Run = Volume->ClusterSectors - Inside; *Run < MAX_RUN && FatGet(Volume, Cluster) == Cluster + 1; Cluster++)
        *Run += Volume->ClusterSectors;
    *Run = min(*Run, MAX_RUN);
    return Sector;
}

/* Parts of a sector go through a buffer of one, and are read before they are written. */
static NTSTATUS ReadWritePart(PVOLUME Volume, UCHAR Major, ULONG Sector, ULONG Start, ULONG Count, PUCHAR Buffer, PUCHAR Bounce) {
    NTSTATUS Status = FatTransfer(Volume, IRP_MJ_READ, Sector, 1, Bounce);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Major == IRP_MJ_READ) {
        RtlCopyMemory(Buffer, Bounce + Start, Count);
        return STATUS_SUCCESS;
    }
    RtlCopyMemory(Bounce + Start, Buffer, Count);
    return FatTransfer(Volume, IRP_MJ_WRITE, Sector, 1, Bounce);
}

/* Whole sectors that follow one another go to the disk as one request, from or to the caller's memory. */
NTSTATUS FatReadWrite(PVOLUME Volume, UCHAR Major, ULONG First, ULONG Offset, ULONG Length, PUCHAR Buffer) {
    PUCHAR Bounce = ExAllocatePoolWithTag(NonPagedPoolNx, SECTOR, TAG);
    NTSTATUS Status = Bounce != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    while (Length != 0 && NT_SUCCESS(Status)) {
        ULONG Run, Start = Offset % SECTOR, Count = min(SECTOR - Start, Length), Sector = FatSectorAt(Volume, First, Offset, &Run);
        if (Sector == 0) {
            Status = STATUS_FILE_CORRUPT_ERROR;
        } else if (Count == SECTOR) {
            Run = min(Run, Length / SECTOR);
            Status = FatTransfer(Volume, Major, Sector, Run, Buffer);
            Count = Run * SECTOR;
        } else {
            Status = ReadWritePart(Volume, Major, Sector, Start, Count, Buffer, Bounce);
        }
        Offset += Count;
        Buffer += Count;
        Length -= Count;
    }
    if (Bounce != NULL)
        ExFreePoolWithTag(Bounce, TAG);
    return Status;
}

NTSTATUS FatZero(PVOLUME Volume, ULONG First, ULONG From, ULONG To) {
    NTSTATUS Status = STATUS_SUCCESS;
    PUCHAR Zeros;
    if (From >= To)
        return STATUS_SUCCESS;
    Zeros = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    if (Zeros == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Zeros, PAGE_SIZE);
    for (ULONG Count; From < To && NT_SUCCESS(Status); From += Count) {
        Count = min(To - From, PAGE_SIZE);
        Status = FatReadWrite(Volume, IRP_MJ_WRITE, First, From, Count, Zeros);
    }
    ExFreePoolWithTag(Zeros, TAG);
    return Status;
}
