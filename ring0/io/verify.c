/*
 * Media that may have been changed (documentation: IoVerifyVolume, IRP_MN_VERIFY_VOLUME, DO_VERIFY_VOLUME). A storage driver that sees it sets the flag, names
 * its device by IoSetHardErrorOrVerifyDevice and fails with STATUS_VERIFY_REQUIRED; the file system above asks which device that was and has the I/O manager
 * verify it, which asks the file system back: STATUS_SUCCESS, and the volume goes on; STATUS_WRONG_VOLUME, and whatever is in the drive now is mounted anew.
 */
#include "io/mount.h"

VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject) {
    if (Irp->Tail.Overlay.Thread)
        Irp->Tail.Overlay.Thread->DeviceToVerify = DeviceObject;
}

PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread) { return Thread->DeviceToVerify; }

VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject) { Thread->DeviceToVerify = DeviceObject; }

/* Nobody sits at a dialog here, so nothing but the mode itself changes. */
BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    BOOLEAN Before = !Thread->HardErrorsAreDisabled;

    Thread->HardErrorsAreDisabled = !EnableHardErrors;
    return Before;
}

/* The VPB that the next volume is mounted in: files of the volume that was in the drive keep theirs, unless the file system has parted the two already. */
static NTSTATUS Unmount(PDEVICE_OBJECT Device, PVPB Old) {
    PVPB New;

    if (Device->Vpb != Old || !(Old->Flags & VPB_MOUNTED))
        return STATUS_SUCCESS;
    New = IopCreateVpb(Device);
    if (!New)
        return STATUS_INSUFFICIENT_RESOURCES;
    Device->Vpb = New;
    if (!Old->ReferenceCount)
        IopExtension(Old->DeviceObject)->Vpb = NULL;
    IopDropVpb(Old);
    return STATUS_SUCCESS;
}

/* STATUS_WRONG_VOLUME is said of the volume that was asked for, whether another one could be mounted or not. */
NTSTATUS NTAPI IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount) {
    PVPB Vpb = DeviceObject->Vpb;
    NTSTATUS Status = STATUS_WRONG_VOLUME, Mounted = STATUS_SUCCESS;
    BOOLEAN Was;

    if (!Vpb)
        return STATUS_INVALID_DEVICE_REQUEST;
    KeWaitForSingleObject(&DeviceObject->DeviceLock, Executive, KernelMode, FALSE, NULL);
    Vpb = DeviceObject->Vpb;
    Was = (Vpb->Flags & VPB_MOUNTED) != 0;
    if (Was)
        Status = IopAskFileSystem(Vpb->DeviceObject, IRP_MN_VERIFY_VOLUME, Vpb->DeviceObject, Vpb);
    if (Status == STATUS_WRONG_VOLUME) {
        Mounted = Was ? Unmount(DeviceObject, Vpb) : STATUS_SUCCESS;
        if (NT_SUCCESS(Mounted))
            Mounted = IopMountLocked(DeviceObject, AllowRawMount);
        if (!NT_SUCCESS(Mounted))
            DeviceObject->Flags &= ~(ULONG)DO_VERIFY_VOLUME;
    }
    KeSetEvent(&DeviceObject->DeviceLock, 0, FALSE);
    return Was ? Status : Mounted;
}
