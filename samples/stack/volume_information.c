/* What is known of the volume. */
#include "fat.h"

static NTSTATUS QueryLabel(PVOLUME Volume, PFILE_FS_VOLUME_INFORMATION Out, ULONG Room, ULONG_PTR *Information) {
    ULONG Head = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), Fits;
    if (Room < sizeof(FILE_FS_VOLUME_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    Fits = min(Volume->LabelLength, Room - Head);
    *Out = (FILE_FS_VOLUME_INFORMATION){.VolumeSerialNumber = Volume->Serial, .VolumeLabelLength = Volume->LabelLength};
    RtlCopyMemory(Out->VolumeLabel, Volume->Label, Fits);
    *Information = Head + Fits;
    return Fits == Volume->LabelLength ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* The system's name: FAT for 12 and 16 bits, FAT32. */
static NTSTATUS QueryAttributes(PVOLUME Volume, PFILE_FS_ATTRIBUTE_INFORMATION Out, ULONG Room, ULONG_PTR *Information) {
    static const WCHAR Name[] = L"FAT32";
    ULONG Head = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName), Length = (Volume->Bits == 32 ? 5 : 3) * sizeof(WCHAR), Fits;
    if (Room < sizeof(FILE_FS_ATTRIBUTE_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    Fits = min(Length, Room - Head);
    *Out = (FILE_FS_ATTRIBUTE_INFORMATION){.FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK,
                                           .MaximumComponentNameLength = NAME_MAX,
                                           .FileSystemNameLength = Length};
    RtlCopyMemory(Out->FileSystemName, Name, Fits);
    *Information = Head + Fits;
    return Fits == Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS FatQueryVolume(PVOLUME Volume, PIRP Irp, ULONG_PTR *Information) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Out = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = Stack->Parameters.QueryVolume.Length;
    switch (Stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation: return QueryLabel(Volume, Out, Room, Information);
    case FileFsAttributeInformation: return QueryAttributes(Volume, Out, Room, Information);
    case FileFsSizeInformation:
        if (Room < sizeof(FILE_FS_SIZE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_FS_SIZE_INFORMATION)Out = (FILE_FS_SIZE_INFORMATION){.TotalAllocationUnits.QuadPart = Volume->Clusters,
                                                                     .AvailableAllocationUnits.QuadPart = Volume->Free,
                                                                     .SectorsPerAllocationUnit = Volume->ClusterSectors,
                                                                     .BytesPerSector = SECTOR};
        *Information = sizeof(FILE_FS_SIZE_INFORMATION);
        return STATUS_SUCCESS;
    case FileFsFullSizeInformation:
        if (Room < sizeof(FILE_FS_FULL_SIZE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_FS_FULL_SIZE_INFORMATION)Out = (FILE_FS_FULL_SIZE_INFORMATION){.TotalAllocationUnits.QuadPart = Volume->Clusters,
                                                                               .CallerAvailableAllocationUnits.QuadPart = Volume->Free,
                                                                               .ActualAvailableAllocationUnits.QuadPart = Volume->Free,
                                                                               .SectorsPerAllocationUnit = Volume->ClusterSectors,
                                                                               .BytesPerSector = SECTOR};
        *Information = sizeof(FILE_FS_FULL_SIZE_INFORMATION);
        return STATUS_SUCCESS;
    case FileFsDeviceInformation:
        if (Room < sizeof(FILE_FS_DEVICE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        *(PFILE_FS_DEVICE_INFORMATION)Out =
            (FILE_FS_DEVICE_INFORMATION){.DeviceType = FILE_DEVICE_DISK, .Characteristics = Volume->Device->Characteristics};
        *Information = sizeof(FILE_FS_DEVICE_INFORMATION);
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_INFO_CLASS;
    }
}
