/* Volumes, and news of file systems. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static VOID NTAPI OnFileSystem(PDEVICE_OBJECT Device, BOOLEAN Active) {}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:"), Letter;
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device, Disk;

    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &File, &Device), 0, "the volume C:");
    STATUS(RtlVolumeDeviceToDosName(File->DeviceObject, &Letter), 0, "has a letter");
    ok(Letter.Length == 4 && Letter.Buffer[0] == L'C' && Letter.Buffer[1] == L':', "%wZ", &Letter);
    ExFreePool(Letter.Buffer);
    STATUS(IoVolumeDeviceToDosName(File->DeviceObject, &Letter), 0, "by its other name too");
    ExFreePool(Letter.Buffer);
    STATUS(IoGetDiskDeviceObject(File->DeviceObject, &Disk), STATUS_INVALID_PARAMETER, "no disk is behind it");
    ObDereferenceObject(File);
    STATUS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), 0, "some device");
    STATUS(RtlVolumeDeviceToDosName(Device, &Letter), STATUS_INVALID_DEVICE_REQUEST, "is no volume");
    IoDeleteDevice(Device);
    STATUS(IoRegisterFsRegistrationChange(DriverObject, OnFileSystem), 0, "news of file systems");
    STATUS(IoRegisterFsRegistrationChange(DriverObject, OnFileSystem), STATUS_DEVICE_ALREADY_ATTACHED, "once is enough");
    IoUnregisterFsRegistrationChange(DriverObject, OnFileSystem);
    STATUS(IoRegisterFsRegistrationChange(DriverObject, OnFileSystem), 0, "again");
    IoUnregisterFsRegistrationChange(DriverObject, OnFileSystem);
}
