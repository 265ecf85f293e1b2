/*
 * The RAW file system: volumes that no other one recognises. There are no files on them; who opens the volume itself gets its bytes, and the disk's own
 * controls. A volume is mounted by its first open and gone with the last (mount.c), so that whoever registers meanwhile is asked at the next.
 */
#include "io/mount.h"

#define IOP_RAW_TAG 'waRI'
#define MEDIUM      (FILE_REMOVABLE_MEDIA | FILE_READ_ONLY_DEVICE | FILE_FLOPPY_DISKETTE | FILE_WRITE_ONCE_MEDIA)

typedef struct _RAW_VOLUME {   /* extension of a volume's device; a control device has none */
    PDEVICE_OBJECT Disk;       /* the top of the stack that it lies on */
    PDEVICE_OBJECT RealDevice; /* whose VPB it is */
    PVPB Vpb;
    SHARE_ACCESS Share; /* changed by creates and cleanups, which do not wait in between */
    PFILE_OBJECT Locker;
    BOOLEAN Gone; /* the medium may be another one: whoever has it open is told, and the next open asks all file systems again */
} RAW_VOLUME, *PRAW_VOLUME;

typedef struct _RAW_VERIFY { /* a request that its disk wants verified first */
    WORK_QUEUE_ITEM Item;
    PDEVICE_OBJECT Device;
    PIRP Irp;
} RAW_VERIFY, *PRAW_VERIFY;

static PDEVICE_OBJECT RawDisk, RawCdRom, RawTape;

PDEVICE_OBJECT IopRawSystem(DEVICE_TYPE Type) { return Type == FILE_DEVICE_CD_ROM ? RawCdRom : Type == FILE_DEVICE_TAPE ? RawTape : RawDisk; }

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* The volume moves data as its disk does. */
static NTSTATUS Mount(PDEVICE_OBJECT System, PIO_STACK_LOCATION Stack) {
    PDEVICE_OBJECT Disk = Stack->Parameters.MountVolume.DeviceObject, Device;
    PVPB Vpb = Stack->Parameters.MountVolume.Vpb;
    PRAW_VOLUME Volume;
    NTSTATUS Status = IoCreateDevice(System->DriverObject, sizeof *Volume, NULL, System->DeviceType, Disk->Characteristics & MEDIUM, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Volume = Device->DeviceExtension;
    Volume->Disk = Disk;
    Volume->RealDevice = Vpb->RealDevice;
    Volume->Vpb = Vpb;
    Device->Flags |= Disk->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO);
    Device->AlignmentRequirement = Disk->AlignmentRequirement;
    Device->SectorSize = Disk->SectorSize;
    Vpb->DeviceObject = Device;
    Vpb->SerialNumber = 0;
    Vpb->VolumeLabelLength = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS Create(PRAW_VOLUME Volume, PIO_STACK_LOCATION Stack) {
    PFILE_OBJECT File = Stack->FileObject;
    ULONG Options = Stack->Parameters.Create.Options & 0xFFFFFF, Disposition = Stack->Parameters.Create.Options >> 24;
    ACCESS_MASK Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;

    if (Volume->Gone)
        return STATUS_WRONG_VOLUME;
    if (File->FileName.Length || File->RelatedFileObject)
        return STATUS_UNRECOGNIZED_VOLUME; /* it was mounted for somebody who has opened the volume itself */
    if (Options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if ((Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF) || (Options & FILE_DELETE_ON_CLOSE))
        return STATUS_ACCESS_DENIED;
    if (!Volume->Share.OpenCount) {
        IoSetShareAccess(Access, Stack->Parameters.Create.ShareAccess, File, &Volume->Share);
        return STATUS_SUCCESS;
    }
    return IoCheckShareAccess(Access, Stack->Parameters.Create.ShareAccess, File, &Volume->Share, TRUE);
}

static VOID Cleanup(PRAW_VOLUME Volume, PFILE_OBJECT File) {
    IoRemoveShareAccess(File, &Volume->Share);
    if (Volume->Locker == File) {
        Volume->Locker = NULL;
        Volume->Vpb->Flags &= (USHORT)~VPB_LOCKED;
    }
    File->Flags |= FO_CLEANUP_COMPLETE;
}

/* ---- Reading and writing ------------------------------------------------------------------------------------------------------- */
static NTSTATUS SendDown(PDEVICE_OBJECT Device, PIRP Irp);

/* The I/O manager tells whether it is the same medium; RAW cannot know, so whoever had the volume open has it no more. */
static VOID NTAPI VerifyAndGoOn(PVOID Context) {
    PRAW_VERIFY Verify = Context;
    PRAW_VOLUME Volume = Verify->Device->DeviceExtension;
    NTSTATUS Status = IoVerifyVolume(Volume->RealDevice, TRUE);

    if (NT_SUCCESS(Status))
        SendDown(Verify->Device, Verify->Irp);
    else
        Complete(Verify->Irp, Status, 0);
    ExFreePoolWithTag(Verify, IOP_RAW_TAG);
}

static NTSTATUS NTAPI Transferred(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PRAW_VERIFY Verify;

    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (Irp->IoStatus.Status == STATUS_VERIFY_REQUIRED && (Verify = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Verify, IOP_RAW_TAG)) != NULL) {
        Verify->Device = Device;
        Verify->Irp = Irp;
        ExInitializeWorkItem(&Verify->Item, VerifyAndGoOn, Verify);
        ExQueueWorkItem(&Verify->Item, CriticalWorkQueue);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    if (File && (File->Flags & FO_SYNCHRONOUS_IO) && NT_SUCCESS(Irp->IoStatus.Status) && !(Irp->Flags & IRP_PAGING_IO))
        File->CurrentByteOffset.QuadPart =
            IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart + (LONGLONG)Irp->IoStatus.Information;
    return STATUS_CONTINUE_COMPLETION;
}

/* Whether it will have to be verified shows when it comes back, so it is pending from the start. */
static NTSTATUS SendDown(PDEVICE_OBJECT Device, PIRP Irp) {
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Transferred, NULL, TRUE, TRUE, TRUE);
    IofCallDriver(((PRAW_VOLUME)Device->DeviceExtension)->Disk, Irp);
    return STATUS_PENDING;
}

/* ---- What is asked of the volume itself ------------------------------------------------------------------------------------------- */
static NTSTATUS FileSystemControl(PRAW_VOLUME Volume, PIRP Irp, PIO_STACK_LOCATION Stack) {
    if (Stack->MinorFunction == IRP_MN_VERIFY_VOLUME) {
        Volume->RealDevice->Flags &= ~(ULONG)DO_VERIFY_VOLUME;
        Volume->Gone = TRUE;
        return STATUS_WRONG_VOLUME;
    }
    if (Stack->MinorFunction != IRP_MN_USER_FS_REQUEST)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (Stack->Parameters.FileSystemControl.FsControlCode) {
    case FSCTL_LOCK_VOLUME: /* for the only one that has it open */
        if (Volume->Locker || Volume->Share.OpenCount > 1)
            return STATUS_ACCESS_DENIED;
        Volume->Locker = Stack->FileObject;
        Volume->Vpb->Flags |= VPB_LOCKED;
        return STATUS_SUCCESS;
    case FSCTL_UNLOCK_VOLUME:
        if (Volume->Locker != Stack->FileObject)
            return STATUS_NOT_LOCKED;
        Volume->Locker = NULL;
        Volume->Vpb->Flags &= (USHORT)~VPB_LOCKED;
        return STATUS_SUCCESS;
    case FSCTL_DISMOUNT_VOLUME: /* with the last handle it goes anyway */
        return Volume->Locker == Stack->FileObject ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    case FSCTL_IS_VOLUME_MOUNTED: return Volume->Gone ? STATUS_WRONG_VOLUME : STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS QueryVolume(PRAW_VOLUME Volume, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information) {
    static const WCHAR Name[] = L"RAW";
    FILE_FS_ATTRIBUTE_INFORMATION *Attributes = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = Stack->Parameters.QueryVolume.Length, Fixed = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName),
          Text = sizeof Name - sizeof(WCHAR);

    switch (Stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation:
        *Information = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
        return STATUS_SUCCESS; /* no date, no number, no label: all zero, as the buffer is */
    case FileFsAttributeInformation:
        Attributes->FileSystemNameLength = Text;
        RtlCopyMemory(Attributes->FileSystemName, Name, min(Text, Room - Fixed));
        *Information = Fixed + min(Text, Room - Fixed);
        return Room < Fixed + Text ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS QueryOrSetFile(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information) {
    PFILE_POSITION_INFORMATION Position = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.QueryFile.FileInformationClass != FilePositionInformation)
        return STATUS_INVALID_PARAMETER;
    if (Stack->MajorFunction == IRP_MJ_SET_INFORMATION) {
        Stack->FileObject->CurrentByteOffset = Position->CurrentByteOffset;
        return STATUS_SUCCESS;
    }
    Position->CurrentByteOffset = Stack->FileObject->CurrentByteOffset;
    *Information = sizeof *Position;
    return STATUS_SUCCESS;
}

static NTSTATUS DispatchControlDevice(PDEVICE_OBJECT Device, PIRP Irp, PIO_STACK_LOCATION Stack) {
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return Complete(Irp, STATUS_SUCCESS, FILE_OPENED);
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE: return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        if (Stack->MinorFunction == IRP_MN_MOUNT_VOLUME)
            return Complete(Irp, Mount(Device, Stack), 0);
        break;
    }
    return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PRAW_VOLUME Volume = Device->DeviceExtension;
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    if (!Volume)
        return DispatchControlDevice(Device, Irp, Stack);
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: Status = Create(Volume, Stack); return Complete(Irp, Status, NT_SUCCESS(Status) ? FILE_OPENED : 0);
    case IRP_MJ_CLEANUP: Cleanup(Volume, Stack->FileObject); return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLOSE: return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_FILE_SYSTEM_CONTROL: return Complete(Irp, FileSystemControl(Volume, Irp, Stack), 0);
    case IRP_MJ_QUERY_VOLUME_INFORMATION: Status = QueryVolume(Volume, Irp, Stack, &Information); return Complete(Irp, Status, Information);
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_SET_INFORMATION: Status = QueryOrSetFile(Irp, Stack, &Information); return Complete(Irp, Status, Information);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE: return Volume->Gone ? Complete(Irp, STATUS_WRONG_VOLUME, 0) : SendDown(Device, Irp);
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FLUSH_BUFFERS:
    case IRP_MJ_SHUTDOWN:
    case IRP_MJ_PNP: IoSkipCurrentIrpStackLocation(Irp); return IofCallDriver(Volume->Disk, Irp);
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI Initialize(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    static const struct {
        PCWSTR Name;
        DEVICE_TYPE Type;
        PDEVICE_OBJECT *Device;
    } Systems[] = {{L"\\Device\\RawDisk", FILE_DEVICE_DISK_FILE_SYSTEM, &RawDisk},
                   {L"\\Device\\RawCdRom", FILE_DEVICE_CD_ROM_FILE_SYSTEM, &RawCdRom},
                   {L"\\Device\\RawTape", FILE_DEVICE_TAPE_FILE_SYSTEM, &RawTape}};
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        Driver->MajorFunction[Major] = Dispatch;
    for (ULONG Index = 0; Index < ARRAYSIZE(Systems) && NT_SUCCESS(Status); Index++) {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Systems[Index].Name);
        Status = IoCreateDevice(Driver, 0, &Name, Systems[Index].Type, 0, FALSE, Systems[Index].Device);
    }
    return Status;
}

VOID IopCreateRaw(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\FileSystem\\RAW");
    NTSTATUS Status = IoCreateDriver(&Name, Initialize);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}
