/* What programs ask of a disk: how large it is, what it is, whether its medium is in. What this disk cannot do fails with STATUS_INVALID_DEVICE_REQUEST. */
#include "disk.h"
#include <ntddstor.h>
#include <stddef.h>

#ifndef IOCTL_STORAGE_CHECK_VERIFY2
#define IOCTL_STORAGE_CHECK_VERIFY2 CTL_CODE(IOCTL_STORAGE_BASE, 0x0200, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif

/* An answer of a known size, in the buffer that came with the question. */
static NTSTATUS Give(PIRP Irp, const VOID *Answer, ULONG Size, ULONG_PTR *Information) {
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength < Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Answer, Size);
    *Information = Size;
    return STATUS_SUCCESS;
}

static DISK_GEOMETRY GeometryOf(const DISK *Disk) {
    return (DISK_GEOMETRY){.Cylinders.QuadPart = Disk->Sectors / Disk->CylinderSectors,
                           .MediaType = Disk->Removable ? RemovableMedia : FixedMedia,
                           .TracksPerCylinder = 1,
                           .SectorsPerTrack = Disk->CylinderSectors,
                           .BytesPerSector = SECTOR};
}

typedef struct _DESCRIPTION {
    STORAGE_DEVICE_DESCRIPTOR Head;
    CHAR Vendor[9], Product[12], Revision[4];
} DESCRIPTION;

/* The caller may have room for the beginning only, which says how much there is. */
static NTSTATUS QueryProperty(const DISK *Disk, PIRP Irp, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PSTORAGE_PROPERTY_QUERY Query = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    DESCRIPTION Answer = {.Head = {.Version = sizeof(STORAGE_DEVICE_DESCRIPTOR),
                                   .Size = sizeof Answer,
                                   .RemovableMedia = Disk->Removable,
                                   .VendorIdOffset = offsetof(DESCRIPTION, Vendor),
                                   .ProductIdOffset = offsetof(DESCRIPTION, Product),
                                   .ProductRevisionOffset = offsetof(DESCRIPTION, Revision),
                                   .BusType = Disk->Removable ? BusTypeUsb : BusTypeUnknown},
                          .Vendor = "Ringside",
                          .Product = "Stack disk",
                          .Revision = "1.0"};
    if (Stack->Parameters.DeviceIoControl.InputBufferLength < offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters))
        return STATUS_INVALID_PARAMETER;
    if (Query->PropertyId != StorageDeviceProperty)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Query->QueryType == PropertyExistsQuery)
        return STATUS_SUCCESS;
    if (Query->QueryType != PropertyStandardQuery)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Room < sizeof(STORAGE_DESCRIPTOR_HEADER))
        return STATUS_BUFFER_TOO_SMALL;
    *Information = min(Room, sizeof Answer);
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Answer, *Information);
    return STATUS_SUCCESS;
}

static NTSTATUS Answer(PDISK Disk, PIRP Irp, ULONG_PTR *Information) {
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    GET_LENGTH_INFORMATION Length = {.Length.QuadPart = (LONGLONG)Disk->Sectors * SECTOR};
    STORAGE_DEVICE_NUMBER Number = {.DeviceType = FILE_DEVICE_DISK, .DeviceNumber = Disk->Number, .PartitionNumber = 0};
    STORAGE_HOTPLUG_INFO Hotplug = {.Size = sizeof Hotplug, .MediaRemovable = Disk->Removable};
    DISK_GEOMETRY Geometry = GeometryOf(Disk);
    switch (Code) {
    case IOCTL_STORAGE_QUERY_PROPERTY: return QueryProperty(Disk, Irp, Information);
    case IOCTL_STORAGE_GET_DEVICE_NUMBER: return Give(Irp, &Number, sizeof Number, Information);
    case IOCTL_STORAGE_GET_HOTPLUG_INFO: return Give(Irp, &Hotplug, sizeof Hotplug, Information);
    }
    if (!DiskIsIn(Disk)) /* the rest is of the medium */
        return STATUS_NO_MEDIA_IN_DEVICE;
    switch (Code) {
    case IOCTL_DISK_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY2:
    case IOCTL_DISK_IS_WRITABLE: return STATUS_SUCCESS;
    case IOCTL_DISK_GET_DRIVE_GEOMETRY:
    case IOCTL_STORAGE_GET_MEDIA_TYPES:
    case IOCTL_DISK_GET_MEDIA_TYPES: return Give(Irp, &Geometry, sizeof Geometry, Information);
    case IOCTL_DISK_GET_LENGTH_INFO: return Give(Irp, &Length, sizeof Length, Information);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS DiskControl(PDISK Disk, PIRP Irp) {
    ULONG_PTR Information = 0;
    NTSTATUS Status = Answer(Disk, Irp, &Information);
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}
