/*
 * File systems and the volumes that they mount: who is registered, and what the first open of a disk's contents does ("IRP_MJ_FILE_SYSTEM_CONTROL",
 * IoRegisterFileSystem). The registered control devices of a kind are asked in their order, last registered first, those of low priority last;
 * who answers STATUS_UNRECOGNIZED_VOLUME passes the volume on. What nobody knows is RAW's, when the volume itself is opened and not a file on it.
 */
#include "io/mount.h"

static LIST_ENTRY DiskSystems = {&DiskSystems, &DiskSystems}, CdSystems = {&CdSystems, &CdSystems}, TapeSystems = {&TapeSystems, &TapeSystems},
                  NetworkSystems = {&NetworkSystems, &NetworkSystems};
static PLIST_ENTRY const AllSystems[] = {&DiskSystems, &CdSystems, &TapeSystems, &NetworkSystems};

static PDEVICE_OBJECT SystemOf(PLIST_ENTRY Link) { return CONTAINING_RECORD(Link, DEVICE_OBJECT, Queue.ListEntry); }

static PLIST_ENTRY ListOfSystem(DEVICE_TYPE Type) {
    switch (Type) {
    case FILE_DEVICE_DISK_FILE_SYSTEM: return &DiskSystems;
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM: return &CdSystems;
    case FILE_DEVICE_TAPE_FILE_SYSTEM: return &TapeSystems;
    case FILE_DEVICE_NETWORK_FILE_SYSTEM: return &NetworkSystems;
    default: return NULL;
    }
}

static PLIST_ENTRY ListForDevice(DEVICE_TYPE Type) {
    switch (Type) {
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_VIRTUAL_DISK: return &DiskSystems;
    case FILE_DEVICE_CD_ROM: return &CdSystems;
    case FILE_DEVICE_TAPE: return &TapeSystems;
    default: return NULL;
    }
}

VOID IopTellFileSystems(PDRIVER_FS_NOTIFICATION Routine) {
    for (ULONG Kind = 0; Kind < ARRAYSIZE(AllSystems); Kind++)
        for (PLIST_ENTRY Link = AllSystems[Kind]->Flink, Next; Link != AllSystems[Kind]; Link = Next) {
            Next = Link->Flink; /* it may go with the call */
            Routine(SystemOf(Link), TRUE);
        }
}

VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject) {
    PLIST_ENTRY List = ListOfSystem(DeviceObject->DeviceType);

    if (List && DeviceObject->Flags & DO_LOW_PRIORITY_FILESYSTEM)
        InsertTailList(List, &DeviceObject->Queue.ListEntry);
    else if (List)
        InsertHeadList(List, &DeviceObject->Queue.ListEntry);
    IopReferenceDevice(DeviceObject); /* its driver stays */
    IopNotifyFileSystem(DeviceObject, TRUE);
}

VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject) {
    if (ListOfSystem(DeviceObject->DeviceType)) {
        RemoveEntryList(&DeviceObject->Queue.ListEntry);
        InitializeListHead(&DeviceObject->Queue.ListEntry);
    }
    IopNotifyFileSystem(DeviceObject, FALSE);
    IopDereferenceDevice(DeviceObject);
}

NTSTATUS IopAskFileSystem(PDEVICE_OBJECT System, UCHAR Minor, PDEVICE_OBJECT Device, PVPB Vpb) {
    PDEVICE_OBJECT Top = IoGetAttachedDevice(System);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;

    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->RequestorMode = KernelMode;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_FILE_SYSTEM_CONTROL;
    Stack->MinorFunction = Minor;
    if (Minor != IRP_MN_LOAD_FILE_SYSTEM) {
        Stack->Parameters.MountVolume.Vpb = Vpb;
        Stack->Parameters.MountVolume.DeviceObject = Device;
    }
    return IopCallSynchronously(Top, Irp, &Result);
}

/* A recognizer knows the volume: its file system is loaded, registers itself, and all are asked once more. */
static NTSTATUS AskAll(PLIST_ENTRY List, PDEVICE_OBJECT Device, PVPB Vpb) {
    PLIST_ENTRY Link = List->Flink;
    PDEVICE_OBJECT Recognizer = NULL;

    while (Link != List) {
        PDEVICE_OBJECT System = SystemOf(Link);
        NTSTATUS Status = NT_SUCCESS(IopCheckDevice(System)) ? IopAskFileSystem(System, IRP_MN_MOUNT_VOLUME, IoGetAttachedDevice(Device), Vpb)
                                                             : STATUS_UNRECOGNIZED_VOLUME;
        if (Status == STATUS_FS_DRIVER_REQUIRED && System != Recognizer) {
            Recognizer = System;
            IopAskFileSystem(System, IRP_MN_LOAD_FILE_SYSTEM, NULL, NULL);
            Link = List->Flink;
            continue;
        }
        if (NT_SUCCESS(Status) || IoIsErrorUserInduced(Status) || Status == STATUS_INSUFFICIENT_RESOURCES)
            return Status;
        Link = Link->Flink;
    }
    return STATUS_UNRECOGNIZED_VOLUME;
}

NTSTATUS IopMountLocked(PDEVICE_OBJECT Device, BOOLEAN AllowRaw) {
    PVPB Vpb = Device->Vpb;
    BOOLEAN Raw;
    NTSTATUS Status;

    if (Vpb->Flags & VPB_MOUNTED)
        return STATUS_SUCCESS;
    Status = AskAll(ListForDevice(Device->DeviceType), Device, Vpb);
    Raw = Status == STATUS_UNRECOGNIZED_VOLUME && AllowRaw;
    if (Raw)
        Status = IopAskFileSystem(IopRawSystem(Device->DeviceType), IRP_MN_MOUNT_VOLUME, IoGetAttachedDevice(Device), Vpb);
    Vpb = Device->Vpb; /* a file system may put another one there */
    if (NT_SUCCESS(Status) && !Vpb->DeviceObject)
        Status = STATUS_UNRECOGNIZED_VOLUME;
    if (!NT_SUCCESS(Status))
        return Status;
    Vpb->Flags |= (USHORT)(VPB_MOUNTED | (Raw ? VPB_RAW_MOUNT : 0));
    Vpb->DeviceObject->StackSize = (CCHAR)(IoGetAttachedDevice(Device)->StackSize + 1);
    Vpb->DeviceObject->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IopExtension(Vpb->DeviceObject)->Vpb = Vpb;
    return STATUS_SUCCESS;
}

NTSTATUS IopMountVolume(PDEVICE_OBJECT Device, BOOLEAN AllowRaw) {
    NTSTATUS Status;

    if (Device->Vpb->Flags & VPB_LOCKED)
        return STATUS_ACCESS_DENIED;
    if (Device->Vpb->Flags & VPB_MOUNTED)
        return STATUS_SUCCESS;
    KeWaitForSingleObject(&Device->DeviceLock, Executive, KernelMode, FALSE, NULL);
    Status = IopMountLocked(Device, AllowRaw);
    KeSetEvent(&Device->DeviceLock, 0, FALSE);
    return Status;
}

VOID IopDropVpb(PVPB Vpb) {
    if (Vpb->ReferenceCount)
        return;
    if (Vpb->Flags & VPB_RAW_MOUNT) {
        IopExtension(Vpb->DeviceObject)->Vpb = NULL;
        IoDeleteDevice(Vpb->DeviceObject);
        Vpb->DeviceObject = NULL;
        Vpb->Flags = 0;
    }
    if (Vpb->RealDevice->Vpb != Vpb && !(Vpb->Flags & VPB_PERSISTENT))
        ExFreePool(Vpb);
}

VOID IopReleaseVolume(PFILE_OBJECT File) {
    PVPB Vpb = File->Vpb;

    File->Vpb = NULL;
    if (!Vpb)
        return;
    Vpb->ReferenceCount--;
    IopDropVpb(Vpb);
}
