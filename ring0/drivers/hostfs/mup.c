/*
 * The shares: \\ringside\NAME\file is \??\UNC\ringside\NAME\file, UNC leads to \Device\Mup, and that sends the open on to the share's own device. Windows'
 * provider of UNC names lets a redirector have the path; here the answer to who has it is a name, so the I/O manager looks that up instead.
 */
#include "hostfsp.h"

#pragma alloc_text(INIT, HostfsCreateShares)

#define HOSTFS_DEVICE_NAME L"\\Device\\HostFs00"

static const UNICODE_STRING HostfsServer = RTL_CONSTANT_STRING(L"ringside");
static PDRIVER_OBJECT HostfsDriver;

/* "\Device\HostFs7" */
static VOID HostfsShareDevice(ULONG Number, WCHAR Buffer[RTL_NUMBER_OF(HOSTFS_DEVICE_NAME)], PUNICODE_STRING Name) {
    RtlCopyMemory(Buffer, HOSTFS_DEVICE_NAME, sizeof(HOSTFS_DEVICE_NAME));
    ULONG Digits = Number >= 10 ? 2 : 1, End = RTL_NUMBER_OF(HOSTFS_DEVICE_NAME) - 3 + Digits;

    for (ULONG I = 1; I <= Digits; I++, Number /= 10)
        Buffer[End - I] = (WCHAR)(L'0' + Number % 10);
    Buffer[End] = 0;
    RtlInitUnicodeString(Name, Buffer);
}

static NTSTATUS HostfsCreateShare(PDRIVER_OBJECT Driver, ULONG Number, PCSTR Name) {
    WCHAR Buffer[RTL_NUMBER_OF(HOSTFS_DEVICE_NAME)];
    UNICODE_STRING DeviceName;
    PHOSTFS_EXTENSION Volume;
    PDEVICE_OBJECT Device;
    ULONG Bytes, Length = 0;
    NTSTATUS Status;

    while (Name[Length] != '\0')
        Length++;
    HostfsShareDevice(Number, Buffer, &DeviceName);
    Status = HostfsCreateVolume(Driver, &DeviceName, FILE_DEVICE_NETWORK_FILE_SYSTEM, FILE_REMOTE_DEVICE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Volume = Device->DeviceExtension;
    if (Length + 3 > sizeof(Volume->HostPrefix))
        return STATUS_NAME_TOO_LONG;
    Volume->HostPrefix[0] = Volume->HostPrefix[1] = '/';
    RtlCopyMemory(Volume->HostPrefix + 2, Name, Length + 1);
    Volume->Number = Number;
    Status = RtlUTF8ToUnicodeN(Volume->LabelBuffer, sizeof(Volume->LabelBuffer), &Bytes, Name, Length);
    if (Status != STATUS_SUCCESS)
        return STATUS_OBJECT_NAME_INVALID;
    Volume->Label = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, Volume->LabelBuffer};
    return STATUS_SUCCESS;
}

NTSTATUS HostfsCreateShares(PDRIVER_OBJECT Driver) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Mup"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\UNC");
    PDEVICE_OBJECT Device;
    NTSTATUS Status = STATUS_SUCCESS;

    HostfsDriver = Driver;
    for (ULONG I = 0; NT_SUCCESS(Status) && I < KiMachine->share_count; I++)
        Status = HostfsCreateShare(Driver, I + 1, KiMachine->shares[I]);
    if (NT_SUCCESS(Status))
        Status = HostfsCreateVolume(Driver, &Name, FILE_DEVICE_MULTI_UNC_PROVIDER, FILE_REMOTE_DEVICE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    ((PHOSTFS_EXTENSION)Device->DeviceExtension)->IsMup = TRUE;
    return IoCreateSymbolicLink(&Link, &Name);
}

/* The next component of a path, and the path behind it. */
static UNICODE_STRING HostfsNextComponent(PUNICODE_STRING Path) {
    USHORT Start = 0, End, Count = Path->Length / sizeof(WCHAR);
    UNICODE_STRING Component;

    while (Start < Count && Path->Buffer[Start] == L'\\')
        Start++;
    End = Start;
    while (End < Count && Path->Buffer[End] != L'\\')
        End++;
    Component.Buffer = Path->Buffer + Start;
    Component.Length = Component.MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    Path->Buffer += End;
    Path->Length -= End * sizeof(WCHAR);
    return Component;
}

NTSTATUS HostfsRedirect(PFILE_OBJECT File) {
    UNICODE_STRING Path = File->FileName, Server = HostfsNextComponent(&Path), Share, Name;
    WCHAR Buffer[RTL_NUMBER_OF(HOSTFS_DEVICE_NAME)], *Target;
    PDEVICE_OBJECT Device = HostfsDriver->DeviceObject;

    if (Server.Length != 0 && Server.Buffer[0] == L';') /* ";E:00000000000112e0": which drive letter it came by */
        Server = HostfsNextComponent(&Path);
    if (!RtlEqualUnicodeString(&Server, &HostfsServer, TRUE))
        return STATUS_BAD_NETWORK_PATH;
    Share = HostfsNextComponent(&Path);
    while (Device != NULL) {
        PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
        if (Volume->Number != 0 && RtlEqualUnicodeString(&Volume->Label, &Share, TRUE))
            break;
        Device = Device->NextDevice;
    }
    if (Device == NULL)
        return STATUS_BAD_NETWORK_NAME;
    HostfsShareDevice(((PHOSTFS_EXTENSION)Device->DeviceExtension)->Number, Buffer, &Name);
    /* "\\ringside\NAME" is the root of the share: a volume is nothing that a network has. */
    ULONG Slash = Path.Length == 0 ? sizeof(WCHAR) : 0, Length = Name.Length + Slash + Path.Length;
    if (Length > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    Target = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), HOSTFS_TAG);
    if (Target == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Target, Name.Buffer, Name.Length);
    if (Slash != 0)
        Target[Name.Length / sizeof(WCHAR)] = L'\\';
    RtlCopyMemory((PUCHAR)Target + Name.Length + Slash, Path.Buffer, Path.Length);
    Target[Length / sizeof(WCHAR)] = 0;
    ExFreePool(File->FileName.Buffer);
    File->FileName = (UNICODE_STRING){(USHORT)Length, (USHORT)(Length + sizeof(WCHAR)), Target};
    return STATUS_REPARSE;
}
