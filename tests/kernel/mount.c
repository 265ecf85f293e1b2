/* A file system registers, and mounts a disk when its contents are opened first. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTKERNELAPI VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject);

static PDEVICE_OBJECT FileSystem, Disk, Volume, Opened;
static ULONG Mounts, Asked, Came, Went;
static BOOLEAN Known;
static PDRIVER_OBJECT Driver;

static VOID NTAPI OnFileSystem(PDEVICE_OBJECT Device, BOOLEAN Active) {
    if (Device == FileSystem) {
        *(Active ? &Came : &Went) += 1;
    }
}

static NTSTATUS Mount(PIO_STACK_LOCATION Stack) {
    NTSTATUS Status;
    Asked++;
    ok(Stack->Parameters.MountVolume.Vpb == Disk->Vpb && Stack->Parameters.MountVolume.DeviceObject == Disk, "asked for this disk");
    if (!Known) {
        return STATUS_UNRECOGNIZED_VOLUME;
    }
    Status = IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Volume);
    if (NT_SUCCESS(Status)) {
        Stack->Parameters.MountVolume.Vpb->DeviceObject = Volume;
        Mounts++;
    }
    return Status;
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Stack->MajorFunction == IRP_MJ_CREATE) {
        Opened = Device;
    } else if (Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL) {
        Status = Device == FileSystem && Stack->MinorFunction == IRP_MN_MOUNT_VOLUME ? Mount(Stack) : STATUS_INVALID_DEVICE_REQUEST;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static PFILE_OBJECT Open(PCWSTR Path, ACCESS_MASK Access) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    PFILE_OBJECT File;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    Opened = NULL;
    STATUS(ZwOpenFile(&Handle, Access, &Attributes, &Iosb, FILE_SHARE_READ, 0), 0, "an open");
    ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL);
    ZwClose(Handle);
    return File;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\MountTestDisk");
    PFILE_OBJECT File;
    Driver = DriverObject;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        DriverObject->MajorFunction[Major] = Dispatch;
    }
    STATUS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &FileSystem), 0, "a file system's control device");
    STATUS(IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_DISK, 0, FALSE, &Disk), 0, "a disk");
    FileSystem->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Disk->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    STATUS(IoRegisterFsRegistrationChange(DriverObject, OnFileSystem), 0, "news of file systems");
    IoRegisterFileSystem(FileSystem);
    is(Came, 1, "it has come");
    IoUnregisterFsRegistrationChange(DriverObject, OnFileSystem);
    STATUS(IoRegisterFsRegistrationChange(DriverObject, OnFileSystem), 0, "news again");
    is(Came, 2, "what is there already is told at once");

    File = Open(L"\\Device\\MountTestDisk", FILE_READ_ATTRIBUTES);
    ok(Opened == Disk && Asked == 0 && (File->Flags & FO_DIRECT_DEVICE_OPEN), "for attributes the disk itself is opened");
    ObDereferenceObject(File);
    File = Open(L"\\Device\\MountTestDisk", FILE_READ_DATA | SYNCHRONIZE);
    ok(Asked == 1 && Opened == NULL && (Disk->Vpb->Flags & VPB_RAW_MOUNT), "nobody knows it: it is mounted RAW");
    ObDereferenceObject(File);
    ok(!(Disk->Vpb->Flags & VPB_MOUNTED), "until it is closed");
    Known = TRUE;
    File = Open(L"\\Device\\MountTestDisk\\some\\file", FILE_READ_DATA | SYNCHRONIZE);
    ok(Asked == 2 && Mounts == 1 && Opened == Volume, "it is mounted, and the file system opens the file");
    ok(File->Vpb == Disk->Vpb && (Disk->Vpb->Flags & VPB_MOUNTED) && File->DeviceObject == Disk, "the VPB says so");
    ok(IoGetRelatedDeviceObject(File) == Volume && Volume->StackSize == Disk->StackSize + 1, "requests go through the volume");
    ok(File->FileName.Length == 20 && File->FileName.Buffer[1] == L's', "%wZ", &File->FileName);
    ObDereferenceObject(File);
    File = Open(L"\\Device\\MountTestDisk", FILE_READ_DATA | SYNCHRONIZE);
    ok(Mounts == 1 && Opened == Volume && (File->Flags & FO_VOLUME_OPEN), "once is enough; this is the volume");
    ObDereferenceObject(File);

    IoUnregisterFileSystem(FileSystem);
    is(Went, 1, "it goes");
    IoUnregisterFsRegistrationChange(DriverObject, OnFileSystem);
    Disk->Vpb->Flags &= (USHORT)~VPB_MOUNTED;
    Disk->Vpb->DeviceObject = NULL;
    File = Open(L"\\Device\\MountTestDisk", FILE_READ_DATA | SYNCHRONIZE);
    ok(Asked == 2 && Opened == NULL, "and is asked no more");
    ObDereferenceObject(File);
    IoDeleteDevice(Volume);
    IoDeleteDevice(Disk);
    IoDeleteDevice(FileSystem);
}
