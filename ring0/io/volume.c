/* Volumes: their drive letters, their disks, and who wants to know of file systems. */
#include "io/mount.h"

#define IOP_VOLUME_TAG 'loVI'

/* The letter is the link \GLOBAL??\X: that leads to the device. A device that has none is no volume with a mount point:
   STATUS_INVALID_DEVICE_REQUEST, as a device gives that does not know the mount manager's requests. */
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
    WCHAR path[] = L"\\GLOBAL??\\A:";
    WCHAR *letter = &path[RTL_NUMBER_OF(path) - 3];
    for (; *letter <= L'Z'; (*letter)++) {
        UNICODE_STRING name;
        PVOID object;
        RtlInitUnicodeString(&name, path);
        if (!NT_SUCCESS(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, IopDeviceType, KernelMode, NULL, &object)))
            continue;
        ObfDereferenceObject(object);
        if (object != VolumeDeviceObject)
            continue;
        DosName->Buffer = ExAllocatePoolWithTag(PagedPool, 3 * sizeof(WCHAR), IOP_VOLUME_TAG);
        if (DosName->Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(DosName->Buffer, letter, 3 * sizeof(WCHAR));
        DosName->Length = 2 * sizeof(WCHAR);
        DosName->MaximumLength = 3 * sizeof(WCHAR);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* STATUS_INVALID_PARAMETER: not a file system's volume; STATUS_VOLUME_DISMOUNTED: its disk is not mounted ("IoGetDiskDeviceObject"). */
NTSTATUS NTAPI IoGetDiskDeviceObject(PDEVICE_OBJECT FileSystemDeviceObject, PDEVICE_OBJECT *DiskDeviceObject) {
    PVPB vpb = IopExtension(FileSystemDeviceObject)->Vpb;
    if (vpb == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!(vpb->Flags & VPB_MOUNTED) || vpb->RealDevice == NULL)
        return STATUS_VOLUME_DISMOUNTED;
    ObfReferenceObject(vpb->RealDevice);
    *DiskDeviceObject = vpb->RealDevice;
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
    for (PLIST_ENTRY entry = IopFsNotifications.Flink; entry != &IopFsNotifications; entry = entry->Flink) {
        PIOP_FS_NOTIFICATION notification = CONTAINING_RECORD(entry, IOP_FS_NOTIFICATION, Entry);
        if (notification->Driver == Driver && notification->Routine == Routine)
            return notification;
    }
    return NULL;
}

NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    if (IopFindFsNotification(DriverObject, DriverNotificationRoutine) != NULL)
        return STATUS_DEVICE_ALREADY_ATTACHED;
    PIOP_FS_NOTIFICATION notification = ExAllocatePoolWithTag(PagedPool, sizeof(*notification), IOP_VOLUME_TAG);
    if (notification == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    notification->Driver = DriverObject;
    notification->Routine = DriverNotificationRoutine;
    ObfReferenceObject(DriverObject);
    InsertTailList(&IopFsNotifications, &notification->Entry);
    IopTellFileSystems(DriverNotificationRoutine); /* those that are there already */
    return STATUS_SUCCESS;
}

VOID IopNotifyFileSystem(PDEVICE_OBJECT System, BOOLEAN Active) {
    for (PLIST_ENTRY entry = IopFsNotifications.Flink, next; entry != &IopFsNotifications; entry = next) {
        next = entry->Flink;
        CONTAINING_RECORD(entry, IOP_FS_NOTIFICATION, Entry)->Routine(System, Active);
    }
}

VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    PIOP_FS_NOTIFICATION notification = IopFindFsNotification(DriverObject, DriverNotificationRoutine);
    if (notification == NULL)
        return;
    RemoveEntryList(&notification->Entry);
    ObfDereferenceObject(notification->Driver);
    ExFreePoolWithTag(notification, IOP_VOLUME_TAG);
}
