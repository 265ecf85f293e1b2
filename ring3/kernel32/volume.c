/* What lies behind a drive letter or a share: its kind, its label, its size. The root directory is opened and asked. */
#include "kernel32.h"
#include <winioctl.h>

#define FILE_REMOTE_DEVICE_   0x10u
#define FILE_REMOVABLE_MEDIA_ 0x01u

typedef struct _VOLUME_INFORMATION { /* FILE_FS_VOLUME_INFORMATION */
    LARGE_INTEGER CreationTime;
    ULONG SerialNumber, LabelLength;
    BOOLEAN SupportsObjects;
    WCHAR Label[MAX_PATH];
} VOLUME_INFORMATION;
typedef struct _ATTRIBUTE_INFORMATION { /* FILE_FS_ATTRIBUTE_INFORMATION */
    ULONG Attributes;
    LONG MaximumComponentLength;
    ULONG NameLength;
    WCHAR Name[MAX_PATH];
} ATTRIBUTE_INFORMATION;

/* The root of Root, or of the current directory for NULL. */
static NTSTATUS OpenRoot(PCWSTR Root, ULONG Options, PHANDLE Volume) {
    WCHAR current[] = L"C:\\";
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    if (!Root) {
        RtlAcquirePebLock();
        current[0] = NtPeb()->ProcessParameters->CurrentDirectory.DosPath.Buffer[0];
        RtlReleasePebLock();
        Root = current;
    }
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(Root, &path, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenFile(Volume, SYNCHRONIZE | FILE_READ_ATTRIBUTES, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE, Options);
    RtlFreeUnicodeString(&path);
    return status;
}
static NTSTATUS Ask(HANDLE Volume, PVOID Answer, ULONG Size, ULONG Class) {
    IO_STATUS_BLOCK io;
    return NtQueryVolumeInformationFile(Volume, &io, Answer, Size, Class);
}

UINT WINAPI GetDriveTypeW(LPCWSTR Root) {
    NT_FILE_FS_DEVICE_INFORMATION device;
    WCHAR letter[] = L"C:\\";
    HANDLE volume;
    if (Root && Root[0] && Root[1] == ':' && !Root[2]) { /* "C:" is taken for its root, not for its current directory */
        letter[0] = Root[0];
        Root = letter;
    }
    if (!NT_SUCCESS(OpenRoot(Root, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, &volume)))
        return DRIVE_NO_ROOT_DIR;
    NTSTATUS status = Ask(volume, &device, sizeof device, FileFsDeviceInformation_);
    NtClose(volume);
    if (!NT_SUCCESS(status))
        return DRIVE_UNKNOWN;
    if (device.Characteristics & FILE_REMOTE_DEVICE_)
        return DRIVE_REMOTE;
    switch (device.DeviceType) {
    case FILE_DEVICE_NETWORK:
    case FILE_DEVICE_NETWORK_FILE_SYSTEM: return DRIVE_REMOTE;
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM: return DRIVE_CDROM;
    case FILE_DEVICE_VIRTUAL_DISK: return DRIVE_RAMDISK;
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM: return device.Characteristics & FILE_REMOVABLE_MEDIA_ ? DRIVE_REMOVABLE : DRIVE_FIXED;
    default: return DRIVE_UNKNOWN;
    }
}
UINT WINAPI GetDriveTypeA(LPCSTR Root) {
    PWSTR wide = BaseWide(Root);
    UINT type = Root && !wide ? DRIVE_UNKNOWN : GetDriveTypeW(wide);
    BaseFree(wide);
    return type;
}

/* "A trailing backslash is required." */
static BOOL OpenForSize(PCWSTR Root, BOOL NeedsBackslash, PHANDLE Volume) {
    SIZE_T length = Root ? BaseLength(Root) : 0;
    if (Root && (!length || (NeedsBackslash && Root[length - 1] != '\\')))
        return BaseFail(ERROR_INVALID_NAME);
    return BaseResult(OpenRoot(Root, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, Volume));
}

static BOOL CopyText(PCWSTR Text, ULONG Bytes, LPWSTR Buffer, DWORD Size) {
    ULONG length = Bytes / (ULONG)sizeof(WCHAR);
    if (!Buffer)
        return TRUE;
    if (length + 1 > Size)
        return BaseFail(ERROR_BAD_LENGTH);
    memcpy(Buffer, Text, Bytes);
    Buffer[length] = 0;
    return TRUE;
}

WINBOOL WINAPI GetVolumeInformationByHandleW(HANDLE File, LPWSTR Label, DWORD LabelSize, LPDWORD Serial, LPDWORD MaximumLength, LPDWORD Flags,
                                             LPWSTR FileSystem, DWORD FileSystemSize) {
    VOLUME_INFORMATION about;
    ATTRIBUTE_INFORMATION attributes;
    NTSTATUS status = Ask(File, &about, sizeof about, FileFsVolumeInformation_);
    if (NT_SUCCESS(status))
        status = Ask(File, &attributes, sizeof attributes, FileFsAttributeInformation_);
    if (!BaseResult(status))
        return FALSE;
    if (Serial)
        *Serial = about.SerialNumber;
    if (MaximumLength)
        *MaximumLength = (DWORD)attributes.MaximumComponentLength;
    if (Flags)
        *Flags = attributes.Attributes;
    return CopyText(about.Label, about.LabelLength, Label, LabelSize) && CopyText(attributes.Name, attributes.NameLength, FileSystem, FileSystemSize);
}
WINBOOL WINAPI GetVolumeInformationW(LPCWSTR Root, LPWSTR Label, DWORD LabelSize, LPDWORD Serial, LPDWORD MaximumLength, LPDWORD Flags,
                                     LPWSTR FileSystem, DWORD FileSystemSize) {
    HANDLE volume;
    if (!OpenForSize(Root, TRUE, &volume))
        return FALSE;
    BOOL done = GetVolumeInformationByHandleW(volume, Label, LabelSize, Serial, MaximumLength, Flags, FileSystem, FileSystemSize);
    NtClose(volume);
    return done;
}
WINBOOL WINAPI GetVolumeInformationA(LPCSTR Root, LPSTR Label, DWORD LabelSize, LPDWORD Serial, LPDWORD MaximumLength, LPDWORD Flags,
                                     LPSTR FileSystem, DWORD FileSystemSize) {
    WCHAR label[MAX_PATH + 1], name[MAX_PATH + 1];
    PWSTR wide = BaseWide(Root);
    BOOL done = (!Root || wide) && GetVolumeInformationW(wide, label, ARRAYSIZE(label), Serial, MaximumLength, Flags, name, ARRAYSIZE(name));
    BaseFree(wide);
    if (done && Label && BaseNarrow(label, BaseLength(label), Label, LabelSize) >= LabelSize)
        done = BaseFail(ERROR_BAD_LENGTH);
    if (done && FileSystem && BaseNarrow(name, BaseLength(name), FileSystem, FileSystemSize) >= FileSystemSize)
        done = BaseFail(ERROR_BAD_LENGTH);
    return done;
}

WINBOOL WINAPI GetDiskFreeSpaceW(LPCWSTR Root, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector, LPDWORD FreeClusters, LPDWORD Clusters) {
    NT_FILE_FS_SIZE_INFORMATION size;
    HANDLE volume;
    if (!OpenForSize(Root, TRUE, &volume))
        return FALSE;
    NTSTATUS status = Ask(volume, &size, sizeof size, FileFsSizeInformation_);
    NtClose(volume);
    if (!BaseResult(status))
        return FALSE;
    if (SectorsPerCluster)
        *SectorsPerCluster = size.SectorsPerAllocationUnit;
    if (BytesPerSector)
        *BytesPerSector = size.BytesPerSector;
    if (FreeClusters)
        *FreeClusters = size.AvailableAllocationUnits.HighPart ? 0xFFFFFFFF : size.AvailableAllocationUnits.LowPart;
    if (Clusters)
        *Clusters = size.TotalAllocationUnits.HighPart ? 0xFFFFFFFF : size.TotalAllocationUnits.LowPart;
    return TRUE;
}
WINBOOL WINAPI GetDiskFreeSpaceA(LPCSTR Root, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector, LPDWORD FreeClusters, LPDWORD Clusters) {
    PWSTR wide = BaseWide(Root);
    BOOL done = (!Root || wide) && GetDiskFreeSpaceW(wide, SectorsPerCluster, BytesPerSector, FreeClusters, Clusters);
    BaseFree(wide);
    return done;
}

/* Any directory of the volume will do. */
WINBOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR Directory, PULARGE_INTEGER Available, PULARGE_INTEGER Total, PULARGE_INTEGER Free) {
    NT_FILE_FS_SIZE_INFORMATION size;
    HANDLE volume;
    if (!OpenForSize(Directory, FALSE, &volume))
        return FALSE;
    NTSTATUS status = Ask(volume, &size, sizeof size, FileFsSizeInformation_);
    NtClose(volume);
    if (!BaseResult(status))
        return FALSE;
    ULONGLONG unit = (ULONGLONG)size.SectorsPerAllocationUnit * size.BytesPerSector;
    if (Available)
        Available->QuadPart = (ULONGLONG)size.AvailableAllocationUnits.QuadPart * unit;
    if (Total)
        Total->QuadPart = (ULONGLONG)size.TotalAllocationUnits.QuadPart * unit;
    if (Free)
        Free->QuadPart = (ULONGLONG)size.AvailableAllocationUnits.QuadPart * unit;
    return TRUE;
}
WINBOOL WINAPI GetDiskFreeSpaceExA(LPCSTR Directory, PULARGE_INTEGER Available, PULARGE_INTEGER Total, PULARGE_INTEGER Free) {
    PWSTR wide = BaseWide(Directory);
    BOOL done = (!Directory || wide) && GetDiskFreeSpaceExW(wide, Available, Total, Free);
    BaseFree(wide);
    return done;
}
