/* Volumes: their drive letters, their disks, and who wants to know of file systems. */
#include "io/mount.h"

#define IOP_VOLUME_TAG 'loVI'

/* The letter is the link \GLOBAL??\X: that leads to the device. A device that has none is no volume with a mount point:
   STATUS_INVALID_DEVICE_REQUEST, as a device gives that does not know the mount manager's requests. */
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
    WCHAR Path[] = L"\\GLOBAL??\\A:";
    WCHAR *Letter = &Path[RTL_NUMBER_OF(Path) - 3];
    for (; *Letter <= L'Z'; (*Letter)++) {
        UNICODE_STRING Name;
        PVOID Object;
        RtlInitUnicodeString(&Name, Path);
        if (!NT_SUCCESS(ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, IopDeviceType, KernelMode, NULL, &Object)))
            continue;
        ObfDereferenceObject(Object);
        if (Object != VolumeDeviceObject)
            continue;
        DosName->Buffer = ExAllocatePoolWithTag(PagedPool, 3 * sizeof(WCHAR), IOP_VOLUME_TAG);
        if (DosName->Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(DosName->Buffer, Letter, 3 * sizeof(WCHAR));
        DosName->Length = 2 * sizeof(WCHAR);
        DosName->MaximumLength = 3 * sizeof(WCHAR);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* STATUS_INVALID_PARAMETER: not a file system's volume; STATUS_VOLUME_DISMOUNTED: its disk is not mounted ("IoGetDiskDeviceObject"). */
NTSTATUS NTAPI IoGetDiskDeviceObject(PDEVICE_OBJECT FileSystemDeviceObject, PDEVICE_OBJECT *DiskDeviceObject) {
    PVPB Vpb = IopExtension(FileSystemDeviceObject)->Vpb;
    if (Vpb == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!(Vpb->Flags & VPB_MOUNTED) || Vpb->RealDevice == NULL)
        return STATUS_VOLUME_DISMOUNTED;
    ObfReferenceObject(Vpb->RealDevice);
    *DiskDeviceObject = Vpb->RealDevice;
    return STATUS_SUCCESS;
}

/* ---- News of file systems ---- */
typedef struct _IOP_FS_NOTIFICATION {
    LIST_ENTRY Entry;
    PDRIVER_OBJECT Driver;
    PDRIVER_FS_NOTIFICATION Routine;
} IOP_FS_NOTIFICATION, *PIOP_FS_NOTIFICATION;

static LIST_ENTRY IopFsNotifications = {&IopFsNotifications, &IopFsNotifications};

static PIOP_FS_NOTIFICATION IopFindFsNotification(PDRIVER_OBJECT Driver, PDRIVER_FS_NOTIFICATION Routine) {
    for (PLIST_ENTRY Entry = IopFsNotifications.Flink; Entry != &IopFsNotifications; Entry = Entry->Flink) {
        PIOP_FS_NOTIFICATION Notification = CONTAINING_RECORD(Entry, IOP_FS_NOTIFICATION, Entry);
        if (Notification->Driver == Driver && Notification->Routine == Routine)
            return Notification;
    }
    return NULL;
}

NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    if (IopFindFsNotification(DriverObject, DriverNotificationRoutine) != NULL)
        return STATUS_DEVICE_ALREADY_ATTACHED;
    PIOP_FS_NOTIFICATION Notification = ExAllocatePoolWithTag(PagedPool, sizeof(*Notification), IOP_VOLUME_TAG);
    if (Notification == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Notification->Driver = DriverObject;
    Notification->Routine = DriverNotificationRoutine;
    ObfReferenceObject(DriverObject);
    InsertTailList(&IopFsNotifications, &Notification->Entry);
    IopTellFileSystems(DriverNotificationRoutine); /* those that are there already */
    return STATUS_SUCCESS;
}

VOID IopNotifyFileSystem(PDEVICE_OBJECT System, BOOLEAN Active) {
    for (PLIST_ENTRY Entry = IopFsNotifications.Flink, Next; Entry != &IopFsNotifications; Entry = Next) {
        Next = Entry->Flink;
        CONTAINING_RECORD(Entry, IOP_FS_NOTIFICATION, Entry)->Routine(System, Active);
    }
}

VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    PIOP_FS_NOTIFICATION Notification = IopFindFsNotification(DriverObject, DriverNotificationRoutine);
    if (Notification == NULL)
        return;
    RemoveEntryList(&Notification->Entry);
    ObfDereferenceObject(Notification->Driver);
    ExFreePoolWithTag(Notification, IOP_VOLUME_TAG);
}
