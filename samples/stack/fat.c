/* The file system's requests, one after another. \Device\StackFat1 is the first volume, and E: leads to it. */
#include "fat.h"

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

PVOID FatBuffer(PIRP Irp) {
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->AssociatedIrp.SystemBuffer != NULL ? Irp->AssociatedIrp.SystemBuffer : Irp->UserBuffer;
}

static NTSTATUS Flush(PVOLUME Volume, PFCB Fcb) {
    IO_STATUS_BLOCK Iosb = {.Status = STATUS_SUCCESS};
    KEVENT Event;
    CcFlushCache(&Fcb->Section, NULL, 0, &Iosb);
    if (!NT_SUCCESS(Iosb.Status))
        return Iosb.Status;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Volume->Below, NULL, 0, NULL, &Event, &Iosb);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoCallDriver(Volume->Below, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    return Status;
}

static BOOLEAN IsWholeVolume(PIO_STACK_LOCATION Stack) {
    PFCB Fcb = Stack->MajorFunction != IRP_MJ_CREATE && Stack->FileObject != NULL ? Stack->FileObject->FsContext : NULL;
    return Fcb != NULL && Fcb->Parent == WHOLE_VOLUME;
}

static NTSTATUS Handle(PVOLUME Volume, PIRP Irp, PIO_STACK_LOCATION Stack, ULONG_PTR *Information) {
    PFILE_OBJECT File = Stack->FileObject;
    NTSTATUS Status;
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return FatCreate(Volume, Irp, File, Information);
    case IRP_MJ_CLEANUP: FatCleanup(Volume, Irp, File); return STATUS_SUCCESS;
    case IRP_MJ_CLOSE: FatClose(File); return STATUS_SUCCESS;
    case IRP_MJ_READ: return FatTransferFile(Volume, Irp, File, Information);
    case IRP_MJ_WRITE: Status = FatMarkChanged(Volume); return NT_SUCCESS(Status) ? FatTransferFile(Volume, Irp, File, Information) : Status;
    case IRP_MJ_QUERY_INFORMATION: return FatQueryInformation(Volume, Irp, File, Information);
    case IRP_MJ_SET_INFORMATION: return FatSetInformation(Volume, Irp, File);
    case IRP_MJ_DIRECTORY_CONTROL:
        if (Stack->MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY)
            return FatWatch(Volume, Irp, File);
        return FatList(Volume, Irp, File, Information);
    case IRP_MJ_QUERY_VOLUME_INFORMATION: return FatQueryVolume(Volume, Irp, Information);
    case IRP_MJ_FLUSH_BUFFERS: return Flush(Volume, File->FsContext);
    case IRP_MJ_QUERY_EA:
    case IRP_MJ_SET_EA: return STATUS_EAS_NOT_SUPPORTED;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PVOLUME Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR Information = 0;
    NTSTATUS Status;
    if (IsWholeVolume(Stack)) {
        switch (Stack->MajorFunction) {
        case IRP_MJ_DEVICE_CONTROL: /* whoever has opened the volume itself talks to the disk: it may ask, and read sectors */
        case IRP_MJ_READ: IoSkipCurrentIrpStackLocation(Irp); return IoCallDriver(Volume->Below, Irp);
        case IRP_MJ_WRITE: return Complete(Irp, STATUS_ACCESS_DENIED, 0); /* but not write below a file system that is in use */
        case IRP_MJ_SET_INFORMATION: return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
    }
    if (Stack->MajorFunction == IRP_MJ_LOCK_CONTROL) { /* has a lock of its own */
        PFCB Fcb = Stack->FileObject->FsContext;
        return IsDirectory(&Fcb->Raw) ? Complete(Irp, STATUS_INVALID_PARAMETER, 0) : FsRtlProcessFileLock(&Fcb->Locks, Irp, NULL);
    }
    KeWaitForSingleObject(&Volume->Lock, Executive, KernelMode, FALSE, NULL);
    Status = Handle(Volume, Irp, Stack, &Information);
    KeReleaseMutex(&Volume->Lock, FALSE);
    return Status == STATUS_PENDING ? Status : Complete(Irp, Status, Information);
}

/* ---- The beginning and the end ---- */

/* The drive letter's name in Text, which is as long as this. */
#define LINK L"\\DosDevices\\E:"
static UNICODE_STRING LinkName(const VOLUME *Volume, PWSTR Text) {
    RtlCopyMemory(Text, LINK, sizeof LINK);
    Text[RTL_NUMBER_OF(LINK) - 3] = Volume->Letter;
    return (UNICODE_STRING){.Buffer = Text, .Length = sizeof LINK - sizeof(WCHAR), .MaximumLength = sizeof LINK};
}

static VOID Remove(PVOLUME Volume) {
    WCHAR Text[RTL_NUMBER_OF(LINK)];
    UNICODE_STRING Link = LinkName(Volume, Text);
    if (Volume->Linked)
        IoDeleteSymbolicLink(&Link);
    FatDismount(Volume);
    if (Volume->Fat != NULL)
        ExFreePoolWithTag(Volume->Fat, TAG);
    if (Volume->Dirty != NULL)
        ExFreePoolWithTag(Volume->Dirty, TAG);
    FsRtlNotifyUninitializeSync(&Volume->Notify);
    if (Volume->BelowFile != NULL)
        ObDereferenceObject(Volume->BelowFile);
    IoDeleteDevice(Volume->Device);
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    while (Driver->DeviceObject != NULL)
        Remove(Driver->DeviceObject->DeviceExtension);
}

/* \Device\StackFat1 on \Device\StackVolume1 is E:, and so on. */
static NTSTATUS AddVolume(PDRIVER_OBJECT Driver, ULONG Number) {
    WCHAR NameText[] = L"\\Device\\StackFat1", BelowText[] = L"\\Device\\StackVolume1", LinkText[RTL_NUMBER_OF(LINK)];
    UNICODE_STRING Name = {.Buffer = NameText, .Length = sizeof NameText - sizeof(WCHAR), .MaximumLength = sizeof NameText};
    UNICODE_STRING Below = {.Buffer = BelowText, .Length = sizeof BelowText - sizeof(WCHAR), .MaximumLength = sizeof BelowText}, Link;
    PDEVICE_OBJECT Device;
    NameText[RTL_NUMBER_OF(NameText) - 2] += (WCHAR)Number;
    BelowText[RTL_NUMBER_OF(BelowText) - 2] += (WCHAR)Number;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(VOLUME), &Name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    PVOLUME Volume = Device->DeviceExtension;
    Volume->Device = Device;
    Volume->Letter = (WCHAR)(L'E' + Number);
    KeInitializeMutex(&Volume->Lock, 0);
    InitializeListHead(&Volume->Files);
    InitializeListHead(&Volume->Watches);
    FsRtlNotifyInitializeSync(&Volume->Notify);
    Link = LinkName(Volume, LinkText);
    /* For attributes alone, so that no file system is mounted in between. */
    Status = IoGetDeviceObjectPointer(&Below, FILE_READ_ATTRIBUTES, &Volume->BelowFile, &Volume->Below);
    if (NT_SUCCESS(Status))
        Status = FatMount(Volume);
    if (NT_SUCCESS(Status))
        Status = IoCreateSymbolicLink(&Link, &Name);
    Volume->Linked = NT_SUCCESS(Status);
    if (!NT_SUCCESS(Status)) {
        Remove(Volume);
        return Status;
    }
    Device->StackSize = (CCHAR)(Volume->Below->StackSize + 1);
    Device->Characteristics |= Volume->Below->Characteristics & FILE_REMOVABLE_MEDIA;
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* A volume without a file system that is known here has no letter; the others keep theirs. */
DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    NTSTATUS First = STATUS_SUCCESS, Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index++)
        Driver->MajorFunction[Index] = Dispatch;
    Driver->DriverUnload = Unload;
    for (ULONG Number = 0; Number < MOST_VOLUMES && Status != STATUS_OBJECT_NAME_NOT_FOUND; Number++) {
        Status = AddVolume(Driver, Number);
        First = Number == 0 ? Status : First;
    }
    return Driver->DeviceObject != NULL ? STATUS_SUCCESS : First;
}
