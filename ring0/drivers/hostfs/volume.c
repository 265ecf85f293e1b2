/* Questions about the drive. Its size is a constant, so that a program's answer does not depend on the host's disk. */
#include "hostfsp.h"

#define HOSTFS_SERIAL 0x52494E47u
#define HOSTFS_UNITS  (1ull << 28) /* 1 TiB, all of it free */

static const WCHAR HostfsName[] = L"HOSTFS";

/* Text behind a fixed part: as much of it as fits. */
static NTSTATUS HostfsFillText(WCHAR *Out, const WCHAR *Text, ULONG Length, ULONG Room, ULONG Head, ULONG *Used) {
    ULONG Fits = Room - Head < Length ? (Room - Head) & ~1u : Length;

    RtlCopyMemory(Out, Text, Fits);
    *Used = Head + Fits;
    return Fits < Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS HostfsFillVolume(PHOSTFS_EXTENSION Extension, PFILE_FS_VOLUME_INFORMATION Volume, ULONG Room, ULONG *Used) {
    ULONG Length = Extension->Label.Length, Head = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);

    RtlZeroMemory(Volume, Head);
    Volume->VolumeSerialNumber = HOSTFS_SERIAL + Extension->Number;
    Volume->VolumeLabelLength = Length;
    return HostfsFillText(Volume->VolumeLabel, Extension->Label.Buffer, Length, Room, Head, Used);
}

static NTSTATUS HostfsFillAttribute(PFILE_FS_ATTRIBUTE_INFORMATION Attribute, ULONG Room, ULONG *Used) {
    ULONG Length = sizeof(HostfsName) - sizeof(WCHAR);

    Attribute->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_PERSISTENT_ACLS;
    Attribute->MaximumComponentNameLength = HOSTFS_MAX_COMPONENT;
    Attribute->FileSystemNameLength = Length;
    return HostfsFillText(Attribute->FileSystemName, HostfsName, Length, Room, FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName), Used);
}

static ULONG HostfsMinimum(FS_INFORMATION_CLASS Class) {
    switch (Class) {
    case FileFsVolumeInformation: return FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
    case FileFsAttributeInformation: return FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
    case FileFsSizeInformation: return sizeof(FILE_FS_SIZE_INFORMATION);
    case FileFsFullSizeInformation: return sizeof(FILE_FS_FULL_SIZE_INFORMATION);
    case FileFsDeviceInformation: return sizeof(FILE_FS_DEVICE_INFORMATION);
    default: return 0;
    }
}

NTSTATUS NTAPI HostfsQueryVolume(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FS_INFORMATION_CLASS Class = Stack->Parameters.QueryVolume.FsInformationClass;
    ULONG Room = Stack->Parameters.QueryVolume.Length, Used = HostfsMinimum(Class);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Used == 0)
        return HostfsComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Room < Used)
        return HostfsComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    switch (Class) {
    case FileFsVolumeInformation: Status = HostfsFillVolume(Device->DeviceExtension, Buffer, Room, &Used); break;
    case FileFsAttributeInformation: Status = HostfsFillAttribute(Buffer, Room, &Used); break;
    case FileFsSizeInformation:
        *(PFILE_FS_SIZE_INFORMATION)Buffer = (FILE_FS_SIZE_INFORMATION){
            .TotalAllocationUnits.QuadPart = HOSTFS_UNITS,
            .AvailableAllocationUnits.QuadPart = HOSTFS_UNITS,
            .SectorsPerAllocationUnit = HOSTFS_UNIT / 512,
            .BytesPerSector = 512,
        };
        break;
    case FileFsFullSizeInformation:
        *(PFILE_FS_FULL_SIZE_INFORMATION)Buffer = (FILE_FS_FULL_SIZE_INFORMATION){
            .TotalAllocationUnits.QuadPart = HOSTFS_UNITS,
            .CallerAvailableAllocationUnits.QuadPart = HOSTFS_UNITS,
            .ActualAvailableAllocationUnits.QuadPart = HOSTFS_UNITS,
            .SectorsPerAllocationUnit = HOSTFS_UNIT / 512,
            .BytesPerSector = 512,
        };
        break;
    default: /* FileFsDeviceInformation: a fixed disk, whatever kind of device object stands for it */
        *(PFILE_FS_DEVICE_INFORMATION)Buffer =
            (FILE_FS_DEVICE_INFORMATION){.DeviceType = FILE_DEVICE_DISK, .Characteristics = Device->Characteristics | FILE_DEVICE_IS_MOUNTED};
        break;
    }
    return HostfsComplete(Irp, Status, Used);
}
