/*
 * Volumes: the RAW file system for what nobody recognises, media that are changed, opening for one device of a stack, stream file objects.
 */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define SECTOR 512u

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Disk, FileSystem, Volume, Filter;
static UCHAR Medium; /* what a sector of the disk is full of; 0xFF: nobody knows it */
static UCHAR Mounted;
static ULONG FilterSaw, VolumeSaw, Verified, Cleanups, Closes, Controls;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* The disk: sectors of one byte's value. Whoever has not been told of another medium is told first. */
static NTSTATUS DiskRequest(PIRP Irp, PIO_STACK_LOCATION Stack) {
    PVOID Buffer;
    switch (Stack->MajorFunction) {
    case IRP_MJ_READ:
        if ((Disk->Flags & DO_VERIFY_VOLUME) && !(Stack->Flags & SL_OVERRIDE_VERIFY_VOLUME)) {
            IoSetHardErrorOrVerifyDevice(Irp, Disk);
            return Complete(Irp, STATUS_VERIFY_REQUIRED, 0);
        }
        Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        RtlFillMemory(Buffer, Stack->Parameters.Read.Length, Medium);
        return Complete(Irp, STATUS_SUCCESS, Stack->Parameters.Read.Length);
    case IRP_MJ_DEVICE_CONTROL: Controls++; return Complete(Irp, STATUS_SUCCESS, 0);
    default: return Complete(Irp, STATUS_SUCCESS, 0);
    }
}

static NTSTATUS SystemRequest(PIRP Irp, PIO_STACK_LOCATION Stack) {
    NTSTATUS Status;
    if (Stack->MajorFunction != IRP_MJ_FILE_SYSTEM_CONTROL || Stack->MinorFunction != IRP_MN_MOUNT_VOLUME)
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Medium == 0xFF)
        return Complete(Irp, STATUS_UNRECOGNIZED_VOLUME, 0);
    Status = IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Volume);
    if (!NT_SUCCESS(Status))
        return Complete(Irp, Status, 0);
    Stack->Parameters.MountVolume.Vpb->DeviceObject = Volume;
    Disk->Flags &= ~(ULONG)DO_VERIFY_VOLUME;
    Mounted = Medium;
    return Complete(Irp, Status, 0);
}

/* The file system: a read asks for the first sector, whatever the file. */
static NTSTATUS VolumeRequest(PDEVICE_OBJECT Device, PIRP Irp, PIO_STACK_LOCATION Stack) {
    VolumeSaw++;
    switch (Stack->MajorFunction) {
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        if (Stack->MinorFunction != IRP_MN_VERIFY_VOLUME)
            return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
        Verified++;
        ok(Stack->Parameters.VerifyVolume.DeviceObject == Device && Stack->Parameters.VerifyVolume.Vpb->RealDevice == Disk, "asked for its volume");
        if (Medium != Mounted)
            return Complete(Irp, STATUS_WRONG_VOLUME, 0);
        Disk->Flags &= ~(ULONG)DO_VERIFY_VOLUME;
        return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_READ:
        if (Disk->Flags & DO_VERIFY_VOLUME) {
            NTSTATUS Status;
            IoSetDeviceToVerify(PsGetCurrentThread(), Disk);
            ok(IoGetDeviceToVerify(PsGetCurrentThread()) == Disk, "whom to verify");
            IoSetDeviceToVerify(PsGetCurrentThread(), NULL);
            Status = IoVerifyVolume(Disk, FALSE);
            if (!NT_SUCCESS(Status))
                return Complete(Irp, Status, 0);
        }
        return Complete(Irp, STATUS_SUCCESS, 1);
    case IRP_MJ_CLEANUP: Cleanups++; return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLOSE: Closes++; return Complete(Irp, STATUS_SUCCESS, 0);
    default: return Complete(Irp, STATUS_SUCCESS, 0);
    }
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Device == Disk)
        return DiskRequest(Irp, Stack);
    if (Device == FileSystem)
        return SystemRequest(Irp, Stack);
    if (Device == Filter) {
        FilterSaw++;
        IoSkipCurrentIrpStackLocation(Irp);
        return IoCallDriver(Volume, Irp);
    }
    return VolumeRequest(Device, Irp, Stack);
}

static NTSTATUS Open(PCWSTR Path, ACCESS_MASK Access, ULONG Share, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Iosb;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwOpenFile(Handle, Access | SYNCHRONIZE, &Attributes, &Iosb, Share, FILE_SYNCHRONOUS_IO_NONALERT);
}

static NTSTATUS Hinted(PCWSTR Path, ULONG Share, ULONG Options, PVOID Hint, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Iosb;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return IoCreateFileSpecifyDeviceObjectHint(Handle, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, Share, FILE_OPEN,
                                               FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, CreateFileTypeNone, NULL, Options, Hint);
}

static PFILE_OBJECT ObjectOf(HANDLE Handle) {
    PFILE_OBJECT File;
    ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL);
    ObDereferenceObject(File); /* the handle keeps it */
    return File;
}

static NTSTATUS Read(HANDLE Handle, PUCHAR Byte) {
    static UCHAR Sector[SECTOR];
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status = ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Sector, sizeof Sector, NULL, NULL);
    *Byte = Sector[0];
    return Status;
}

static VOID Raw(VOID) {
    static const WCHAR Path[] = L"\\Device\\VolumesTestDisk";
    HANDLE First, Second;
    IO_STATUS_BLOCK Iosb;
    UCHAR Byte;
    struct {
        FILE_FS_ATTRIBUTE_INFORMATION Info;
        WCHAR Rest[8];
    } Attributes;
    FILE_POSITION_INFORMATION Position;

    Medium = 0xFF;
    STATUS(Open(L"\\Device\\VolumesTestDisk\\file", FILE_READ_DATA, 7, &First), STATUS_UNRECOGNIZED_VOLUME, "no files on what nobody knows");
    ok(!(Disk->Vpb->Flags & VPB_MOUNTED), "and nothing is mounted for them");
    STATUS(Open(Path, FILE_READ_DATA, FILE_SHARE_READ, &First), 0, "the volume itself");
    ok((Disk->Vpb->Flags & (VPB_MOUNTED | VPB_RAW_MOUNT)) == (VPB_MOUNTED | VPB_RAW_MOUNT) && Disk->Vpb->ReferenceCount == 1, "is mounted RAW");
    ok(IoGetRelatedDeviceObject(ObjectOf(First)) == Disk->Vpb->DeviceObject && (ObjectOf(First)->Flags & FO_VOLUME_OPEN), "requests go there");
    STATUS(Open(L"\\Device\\VolumesTestDisk\\file", FILE_READ_DATA, 7, &Second), STATUS_UNRECOGNIZED_VOLUME, "still no files");
    STATUS(Open(Path, FILE_WRITE_DATA, 7, &Second), STATUS_SHARING_VIOLATION, "nobody writes below a reader who does not share");
    STATUS(Read(First, &Byte), 0, "a sector");
    is(Byte, 0xFF, "is the disk's");
    STATUS(ZwQueryInformationFile(First, &Iosb, &Position, sizeof Position, FilePositionInformation), 0, "the position");
    is(Position.CurrentByteOffset.QuadPart, SECTOR, "is behind it");
    STATUS(ZwQueryVolumeInformationFile(First, &Iosb, &Attributes, sizeof Attributes, FileFsAttributeInformation), 0, "which file system");
    ok(Attributes.Info.FileSystemNameLength == 6 && RtlCompareMemory(Attributes.Info.FileSystemName, L"RAW", 6) == 6, "RAW");
    STATUS(ZwDeviceIoControlFile(First, NULL, NULL, NULL, &Iosb, CTL_CODE(FILE_DEVICE_DISK, 0, METHOD_BUFFERED, 0), NULL, 0, NULL, 0), 0,
           "a control");
    is(Controls, 1, "is the disk's");
    STATUS(ZwFsControlFile(First, NULL, NULL, NULL, &Iosb, FSCTL_DISMOUNT_VOLUME, NULL, 0, NULL, 0), STATUS_ACCESS_DENIED,
           "dismounting needs the lock");
    STATUS(ZwFsControlFile(First, NULL, NULL, NULL, &Iosb, FSCTL_LOCK_VOLUME, NULL, 0, NULL, 0), 0, "locked");
    STATUS(Open(Path, FILE_READ_DATA, 7, &Second), STATUS_ACCESS_DENIED, "for all others");
    STATUS(ZwFsControlFile(First, NULL, NULL, NULL, &Iosb, FSCTL_UNLOCK_VOLUME, NULL, 0, NULL, 0), 0, "unlocked");
    STATUS(ZwFsControlFile(First, NULL, NULL, NULL, &Iosb, FSCTL_UNLOCK_VOLUME, NULL, 0, NULL, 0), STATUS_NOT_LOCKED, "once");

    Disk->Flags |= DO_VERIFY_VOLUME;
    STATUS(Read(First, &Byte), STATUS_WRONG_VOLUME, "the medium may be another one: RAW cannot tell");
    ok(!(Disk->Flags & DO_VERIFY_VOLUME) && ObjectOf(First)->Vpb != Disk->Vpb, "it is mounted again");
    STATUS(Read(First, &Byte), STATUS_WRONG_VOLUME, "and the old handle has lost it");
    STATUS(Open(Path, FILE_READ_DATA, 7, &Second), 0, "a new one");
    STATUS(Read(Second, &Byte), 0, "reads");
    ZwClose(First);
    ZwClose(Second);
    ok(!(Disk->Vpb->Flags & VPB_MOUNTED) && Disk->Vpb->DeviceObject == NULL, "the last handle dismounts it");
}

static VOID Change(VOID) {
    HANDLE Old, New;
    UCHAR Byte;
    PVPB Vpb;
    PDEVICE_OBJECT OldVolume;

    IoRegisterFileSystem(FileSystem);
    Medium = 1;
    STATUS(Open(L"\\Device\\VolumesTestDisk\\file", FILE_READ_DATA, 7, &Old), 0, "a medium that is known");
    STATUS(Read(Old, &Byte), 0, "is read");
    Vpb = Disk->Vpb;
    OldVolume = Volume;
    Disk->Flags |= DO_VERIFY_VOLUME;
    STATUS(Read(Old, &Byte), 0, "taken out and put back");
    ok(Verified == 1 && Disk->Vpb == Vpb, "the same volume goes on");
    Disk->Flags |= DO_VERIFY_VOLUME;
    Medium = 2;
    STATUS(Read(Old, &Byte), STATUS_WRONG_VOLUME, "another one");
    ok(Verified == 2 && Disk->Vpb != Vpb && Volume != OldVolume && Mounted == 2, "is mounted anew");
    ok(ObjectOf(Old)->Vpb == Vpb && IoGetRelatedDeviceObject(ObjectOf(Old)) == OldVolume, "the file stays with its own");
    STATUS(Open(L"\\Device\\VolumesTestDisk\\file", FILE_READ_DATA, 7, &New), 0, "a file on the new one");
    ok(IoGetRelatedDeviceObject(ObjectOf(New)) == Volume, "is the new file system's");
    ZwClose(Old);
    IoDeleteDevice(OldVolume);
    Disk->Flags |= DO_VERIFY_VOLUME;
    Medium = 0xFF;
    STATUS(IoVerifyVolume(Disk, FALSE), STATUS_WRONG_VOLUME, "one that nobody knows");
    ok(!(Disk->Vpb->Flags & VPB_MOUNTED) && !(Disk->Flags & DO_VERIFY_VOLUME), "leaves the drive without a volume");
    STATUS(IoVerifyVolume(Disk, FALSE), STATUS_UNRECOGNIZED_VOLUME, "which is still so");
    STATUS(IoVerifyVolume(FileSystem, FALSE), STATUS_INVALID_DEVICE_REQUEST, "not a drive");
    ZwClose(New);
    IoDeleteDevice(Volume);
    Medium = 3;
    STATUS(IoVerifyVolume(Disk, FALSE), 0, "the third is mounted by the question");
    ok((Disk->Vpb->Flags & VPB_MOUNTED) && Mounted == 3, "so");
}

/* The volume of medium 3 with a filter above it. */
static VOID Hints(VOID) {
    static const WCHAR Path[] = L"\\Device\\VolumesTestDisk\\file", C[] = L"\\??\\C:\\hint.txt";
    HANDLE Handle, Other;
    UCHAR Byte;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\hint.txt");
    IO_STATUS_BLOCK Iosb;
    IO_DRIVER_CREATE_CONTEXT Context = {.Size = sizeof Context};

    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Filter);
    Filter->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoAttachDeviceToDeviceStack(Filter, Volume);
    STATUS(Hinted(Path, 7, 0, NULL, &Handle), 0, "without a hint");
    is(FilterSaw, 1, "the filter sees the create");
    ZwClose(Handle);
    FilterSaw = VolumeSaw = 0;
    STATUS(Hinted(Path, 7, 0, Volume, &Handle), 0, "with the file system as hint");
    ok(FilterSaw == 0 && VolumeSaw == 1, "it does not");
    ok(IoGetRelatedDeviceObject(ObjectOf(Handle)) == Volume, "nor what follows");
    Read(Handle, &Byte);
    ZwClose(Handle);
    ok(FilterSaw == 0 && VolumeSaw == 4, "read, cleanup and close: %u", VolumeSaw);
    STATUS(Hinted(Path, 7, 0, Filter, &Handle), 0, "the filter itself");
    is(FilterSaw, 1, "is asked");
    ZwClose(Handle);
    STATUS(Hinted(Path, 7, 0, FileSystem, &Handle), STATUS_INVALID_DEVICE_OBJECT_PARAMETER, "a device that is not in the stack");

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    STATUS(ZwCreateFile(&Handle, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0, FILE_OVERWRITE_IF,
                        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
           0, "a file for oneself");
    STATUS(Hinted(C, 0, 0, NULL, &Other), STATUS_SHARING_VIOLATION, "others do not get in");
    STATUS(Hinted(C, 0, IO_IGNORE_SHARE_ACCESS_CHECK, NULL, &Other), 0, "but who ignores share access does");
    ZwClose(Handle);
    STATUS(Hinted(C, 0, 0, NULL, &Handle), 0, "and is in nobody's way");
    ZwClose(Handle);
    ZwClose(Other);
    Context.DeviceObjectHint = FileSystem;
    STATUS(IoCreateFileEx(&Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 7, FILE_OPEN, 0, NULL, 0, CreateFileTypeNone, NULL, 0,
                          &Context),
           STATUS_INVALID_DEVICE_OBJECT_PARAMETER, "IoCreateFileEx takes the hint");
}

static VOID Streams(VOID) {
    static const WCHAR Path[] = L"\\Device\\VolumesTestDisk\\file";
    HANDLE Handle, OfStream;
    PFILE_OBJECT File, Stream;

    Hinted(Path, 7, 0, Volume, &Handle);
    File = ObjectOf(Handle);
    Cleanups = Closes = 0;
    Stream = IoCreateStreamFileObject(File, NULL);
    ok(Stream->DeviceObject == Disk && Stream->Vpb == File->Vpb && (Stream->Flags & FO_STREAM_FILE), "a stream file object");
    ok(Cleanups == 1 && Closes == 0, "has had its cleanup");
    ObDereferenceObject(Stream);
    is(Closes, 1, "and gets its close with the last reference");
    Stream = IoCreateStreamFileObjectLite(File, NULL);
    ObDereferenceObject(Stream);
    ok(Cleanups == 1 && Closes == 2, "the lite one has no cleanup");
    Stream = IoCreateStreamFileObjectEx(NULL, Disk, &OfStream);
    ok(ObjectOf(OfStream) == Stream && Stream->Vpb == NULL && Cleanups == 1, "one with a handle");
    ZwClose(OfStream);
    is(Cleanups, 2, "which brings the cleanup when it is closed");
    ObDereferenceObject(Stream);
    is(Closes, 3, "the close as ever");
    ZwClose(Handle);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\VolumesTestDisk"), Known = RTL_CONSTANT_STRING(L"\\Device\\RawDisk");
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device;
    PIRP Irp;
    Driver = DriverObject;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        DriverObject->MajorFunction[Major] = Dispatch;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &FileSystem);
    IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_DISK, FILE_REMOVABLE_MEDIA, FALSE, &Disk);
    FileSystem->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Disk->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Disk->Flags |= DO_DIRECT_IO;

    STATUS(IoGetDeviceObjectPointer(&Known, FILE_READ_ATTRIBUTES, &File, &Device), 0, "the RAW file system's control device, for filters");
    ok(Device->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM, "of a file system's type");
    ObDereferenceObject(File);
    ok(IoSetThreadHardErrorMode(FALSE) == TRUE && IoSetThreadHardErrorMode(TRUE) == FALSE, "hard errors of the thread");
    Irp = IoAllocateIrp(1, FALSE);
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetHardErrorOrVerifyDevice(Irp, Disk);
    ok(IoGetDeviceToVerify(PsGetCurrentThread()) == Disk, "a driver names its device for the thread that asked");
    IoSetDeviceToVerify(PsGetCurrentThread(), NULL);
    ok(IoGetDeviceToVerify(PsGetCurrentThread()) == NULL, "and it is forgotten");
    IoFreeIrp(Irp);

    Raw();
    Change();
    Hints();
    Streams();
    IoUnregisterFileSystem(FileSystem);
    IoDetachDevice(Volume);
    IoDeleteDevice(Filter);
    Disk->Vpb->Flags &= (USHORT)~VPB_MOUNTED;
    Disk->Vpb->DeviceObject = NULL;
    IoDeleteDevice(Volume);
    IoDeleteDevice(Disk);
    IoDeleteDevice(FileSystem);
}
