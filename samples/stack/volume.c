/*
 * The driver in the middle: it knows that a disk has a partition table. \Device\StackVolume1 is the first partition of \Device\StackDisk0, or the whole disk
 * where there is no table; \Device\StackVolume2 that of the next disk. Requests go down with the partition's start added.
 */
#include <ntddk.h>
#include <ntdddisk.h>

#define SECTOR      512u
#define TABLE       446u /* four entries of 16 bytes, then 55 AA */
#define ENTRY_TYPE  4u
#define ENTRY_START 8u
#define ENTRY_SIZE  12u
#define MOST_DISKS  8u

typedef struct _VOLUME {
    PDEVICE_OBJECT Below;
    PFILE_OBJECT File; /* keeps the disk open */
    LONGLONG Start, Size;
} VOLUME, *PVOLUME;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS CreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Transfer(PDEVICE_OBJECT Device, PIRP Irp) {
    PVOLUME Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LONGLONG Offset = Stack->Parameters.Read.ByteOffset.QuadPart;
    if (Offset < 0 || Offset > Volume->Size || Stack->Parameters.Read.Length > Volume->Size - Offset)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoGetNextIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart = Offset + Volume->Start;
    IoSetCompletionRoutine(Irp, NULL, NULL, FALSE, FALSE, FALSE);
    return IoCallDriver(Volume->Below, Irp);
}

static NTSTATUS Flush(PDEVICE_OBJECT Device, PIRP Irp) {
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((PVOLUME)Device->DeviceExtension)->Below, Irp);
}

static NTSTATUS Control(PDEVICE_OBJECT Device, PIRP Irp) {
    PVOLUME Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_DISK_GET_LENGTH_INFO)
        return Flush(Device, Irp);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(GET_LENGTH_INFORMATION))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    ((PGET_LENGTH_INFORMATION)Irp->AssociatedIrp.SystemBuffer)->Length.QuadPart = Volume->Size;
    return Complete(Irp, STATUS_SUCCESS, sizeof(GET_LENGTH_INFORMATION));
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    while (Driver->DeviceObject != NULL) {
        ObDereferenceObject(((PVOLUME)Driver->DeviceObject->DeviceExtension)->File);
        IoDeleteDevice(Driver->DeviceObject);
    }
}

/* A request of our own to the disk, and its end waited for. */
static NTSTATUS Ask(PDEVICE_OBJECT Below, PIRP Irp, PKEVENT Event, PIO_STATUS_BLOCK Iosb) {
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoCallDriver(Below, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb->Status;
    }
    return Status;
}

static ULONG Long(const UCHAR *At) { return At[0] | At[1] << 8 | At[2] << 16 | (ULONG)At[3] << 24; }

/* Is this an entry of a partition that lies on the disk? A boot sector has text or code there. */
static BOOLEAN IsPartition(const UCHAR *Entry, LONGLONG Sectors) {
    LONGLONG Start = Long(Entry + ENTRY_START), Size = Long(Entry + ENTRY_SIZE);
    return (Entry[0] & 0x7F) == 0 && Entry[ENTRY_TYPE] != 0 && Start != 0 && Size != 0 && Start + Size <= Sectors;
}

static NTSTATUS ReadTable(PVOLUME Volume) {
    GET_LENGTH_INFORMATION Length;
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    PUCHAR Sector = ExAllocatePoolWithTag(NonPagedPoolNx, SECTOR, 'loVS');
    if (Sector == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    NTSTATUS Status =
        Ask(Volume->Below,
            IoBuildDeviceIoControlRequest(IOCTL_DISK_GET_LENGTH_INFO, Volume->Below, NULL, 0, &Length, sizeof Length, FALSE, &Event, &Iosb), &Event,
            &Iosb);
    KeClearEvent(&Event);
    if (NT_SUCCESS(Status))
        Status = Ask(Volume->Below, IoBuildSynchronousFsdRequest(IRP_MJ_READ, Volume->Below, Sector, SECTOR, &Zero, &Event, &Iosb), &Event, &Iosb);
    if (NT_SUCCESS(Status)) {
        BOOLEAN Table = Sector[510] == 0x55 && Sector[511] == 0xAA && IsPartition(Sector + TABLE, Length.Length.QuadPart / SECTOR);
        Volume->Start = Table ? (LONGLONG)Long(Sector + TABLE + ENTRY_START) * SECTOR : 0;
        Volume->Size = Table ? (LONGLONG)Long(Sector + TABLE + ENTRY_SIZE) * SECTOR : Length.Length.QuadPart;
    }
    ExFreePoolWithTag(Sector, 'loVS');
    return Status;
}

/* Below the volume: \Device\StackDisk followed by the disk's number; the volume's is one more. */
static NTSTATUS AddVolume(PDRIVER_OBJECT Driver, ULONG Number) {
    WCHAR NameText[] = L"\\Device\\StackVolume1", BelowText[] = L"\\Device\\StackDisk0";
    UNICODE_STRING Name = {.Buffer = NameText, .Length = sizeof NameText - sizeof(WCHAR), .MaximumLength = sizeof NameText};
    UNICODE_STRING Below = {.Buffer = BelowText, .Length = sizeof BelowText - sizeof(WCHAR), .MaximumLength = sizeof BelowText};
    PDEVICE_OBJECT Device;
    NameText[RTL_NUMBER_OF(NameText) - 2] += (WCHAR)Number;
    BelowText[RTL_NUMBER_OF(BelowText) - 2] += (WCHAR)Number;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(VOLUME), &Name, FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    PVOLUME Volume = Device->DeviceExtension;
    /* For attributes alone, so that no file system is mounted in between. */
    Status = IoGetDeviceObjectPointer(&Below, FILE_READ_ATTRIBUTES, &Volume->File, &Volume->Below);
    if (NT_SUCCESS(Status) && !NT_SUCCESS(Status = ReadTable(Volume)))
        ObDereferenceObject(Volume->File);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->StackSize = (CCHAR)(Volume->Below->StackSize + 1);
    Device->Characteristics |= Volume->Below->Characteristics & FILE_REMOVABLE_MEDIA;
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_READ] = Driver->MajorFunction[IRP_MJ_WRITE] = Transfer;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = Flush;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    Status = AddVolume(Driver, 0);
    for (ULONG Number = 1; Number < MOST_DISKS && NT_SUCCESS(Status); Number++) {
        if (!NT_SUCCESS(AddVolume(Driver, Number)))
            break;
    }
    return Status;
}
