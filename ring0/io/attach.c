/* Stacks of devices: attaching, detaching, who is on top and who is at the bottom, and getting at a device by name. */
#include "io/io.h"

static BOOLEAN CanBeAttachedTo(PDEVICE_OBJECT Device) {
    return !(Device->Flags & DO_DEVICE_INITIALIZING) && !(IopExtension(Device)->ExtensionFlags & (DOE_DELETE_PENDING | DOE_UNLOAD_PENDING));
}

/* Puts Source on top of the stack that Target is in; *AttachedTo is what it lies on then. STATUS_NO_SUCH_DEVICE when that one is going or not ready. */
static NTSTATUS Attach(PDEVICE_OBJECT Source, PDEVICE_OBJECT Target, PDEVICE_OBJECT volatile *AttachedTo) {
    PDEVICE_OBJECT Top = IoGetAttachedDevice(Target);
    if (!CanBeAttachedTo(Top) || Top == Source) {
        *AttachedTo = NULL;
        return STATUS_NO_SUCH_DEVICE;
    }
    *AttachedTo = Top;
    Top->AttachedDevice = Source;
    IopExtension(Source)->AttachedTo = Top;
    Source->StackSize = (CCHAR)(Top->StackSize + 1);
    Source->AlignmentRequirement = Top->AlignmentRequirement;
    Source->SectorSize = Top->SectorSize;
    return STATUS_SUCCESS;
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
    PDEVICE_OBJECT AttachedTo;
    Attach(SourceDevice, TargetDevice, &AttachedTo);
    return AttachedTo;
}

/* AttachedToDeviceObject is set before the device becomes reachable: that is what is safe about it. */
NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice, PDEVICE_OBJECT *AttachedToDeviceObject) {
    return Attach(SourceDevice, TargetDevice, AttachedToDeviceObject);
}

NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
    PDEVICE_OBJECT AttachedTo;
    return Attach(SourceDevice, TargetDevice, &AttachedTo);
}

static NTSTATUS OpenDevice(PUNICODE_STRING Name, ACCESS_MASK Access, ULONG Options, PFILE_OBJECT *File, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(Handle, Access, &Attributes, &Iosb, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, Options);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(*Handle, 0, IopFileType, KernelMode, (PVOID *)File, NULL);
    if (!NT_SUCCESS(Status))
        ZwClose(*Handle);
    return Status;
}

NTSTATUS NTAPI IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice, PDEVICE_OBJECT *AttachedDevice) {
    PFILE_OBJECT File;
    HANDLE Handle;
    NTSTATUS Status = OpenDevice(TargetDevice, FILE_READ_ATTRIBUTES, 0, &File, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Attach(SourceDevice, IoGetRelatedDeviceObject(File), AttachedDevice);
    ObfDereferenceObject(File);
    ZwClose(Handle);
    return Status;
}

VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice) {
    PDEVICE_OBJECT Source = TargetDevice->AttachedDevice;
    if (!Source)
        return;
    IopExtension(Source)->AttachedTo = NULL;
    TargetDevice->AttachedDevice = NULL;
    if (IopExtension(TargetDevice)->ExtensionFlags & (DOE_DELETE_PENDING | DOE_UNLOAD_PENDING))
        IopCompleteUnloadOrDelete(TargetDevice);
}

/* The handle is closed at once, so the driver sees IRP_MJ_CLEANUP now and IRP_MJ_CLOSE when the caller drops the file object. */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PFILE_OBJECT *FileObject,
                                        PDEVICE_OBJECT *DeviceObject) {
    PFILE_OBJECT File;
    HANDLE Handle;
    NTSTATUS Status = OpenDevice(ObjectName, DesiredAccess, FILE_NON_DIRECTORY_FILE, &File, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    *FileObject = File;
    *DeviceObject = IoGetRelatedDeviceObject(File);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}

PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject) {
    while (DeviceObject->AttachedDevice)
        DeviceObject = DeviceObject->AttachedDevice;
    return DeviceObject;
}

PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject) {
    PDEVICE_OBJECT Top = IoGetAttachedDevice(DeviceObject);
    ObfReferenceObject(Top);
    return Top;
}

/* Top of the file system's stack when the volume is mounted, of the device's otherwise; or the device in it that the file was opened for. */
PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
    PDEVICE_OBJECT Device = FileObject->DeviceObject;
    if (FileObject->Vpb && FileObject->Vpb->DeviceObject)
        Device = FileObject->Vpb->DeviceObject;
    else if (!(FileObject->Flags & FO_DIRECT_DEVICE_OPEN) && Device->Vpb && Device->Vpb->DeviceObject)
        Device = Device->Vpb->DeviceObject;
    if (FileObject->FileObjectExtension && IopFileExtension(FileObject)->Hint && IopIsInStack(IopFileExtension(FileObject)->Hint, Device))
        return IopFileExtension(FileObject)->Hint;
    return IoGetAttachedDevice(Device);
}

PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject) {
    PDEVICE_OBJECT Device = FileObject->DeviceObject;
    if (FileObject->Vpb && FileObject->Vpb->DeviceObject)
        return FileObject->Vpb->DeviceObject;
    if (!(FileObject->Flags & FO_DIRECT_DEVICE_OPEN) && Device->Vpb && Device->Vpb->DeviceObject)
        return Device->Vpb->DeviceObject;
    return Device;
}

PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject) {
    PDEVICE_OBJECT Lower = IopExtension(DeviceObject)->AttachedTo;
    if (Lower && (IopExtension(DeviceObject)->ExtensionFlags & (DOE_DELETE_PENDING | DOE_UNLOAD_PENDING)))
        return NULL;
    if (Lower)
        ObfReferenceObject(Lower);
    return Lower;
}

PDEVICE_OBJECT NTAPI IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject) {
    while (IopExtension(DeviceObject)->AttachedTo)
        DeviceObject = IopExtension(DeviceObject)->AttachedTo;
    ObfReferenceObject(DeviceObject);
    return DeviceObject;
}

/* Each device in the list is referenced for the caller. STATUS_BUFFER_TOO_SMALL: as many as fitted; the number that there are is told either way. */
NTSTATUS NTAPI IoEnumerateDeviceObjectList(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT *DeviceObjectList, ULONG DeviceObjectListSize,
                                           PULONG ActualNumberDeviceObjects) {
    ULONG Count = 0, Room = DeviceObjectListSize / sizeof(PDEVICE_OBJECT);
    for (PDEVICE_OBJECT Device = DriverObject->DeviceObject; Device; Device = Device->NextDevice, Count++) {
        if (Count >= Room)
            continue;
        ObfReferenceObject(Device);
        DeviceObjectList[Count] = Device;
    }
    *ActualNumberDeviceObjects = Count;
    return Count > Room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}
