/*
 * Who gets IRP_MJ_SHUTDOWN when the machine ends: the devices of IoRegisterShutdownNotification, last registered first; registered file systems; the devices of
 * IoRegisterLastChanceShutdownNotification.
 */
#include "io/mount.h"

#define IOP_SHUTDOWN_TAG 'hSoI'

typedef struct _SHUTDOWN_ENTRY {
    LIST_ENTRY Entry;
    PDEVICE_OBJECT Device; /* referenced */
} SHUTDOWN_ENTRY;

static LIST_ENTRY Devices = {&Devices, &Devices};
static LIST_ENTRY LastChance = {&LastChance, &LastChance};

static NTSTATUS Register(PLIST_ENTRY List, PDEVICE_OBJECT Device) {
    SHUTDOWN_ENTRY *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Entry, IOP_SHUTDOWN_TAG);
    if (!Entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObfReferenceObject(Device);
    Entry->Device = Device;
    InsertHeadList(List, &Entry->Entry);
    Device->Flags |= DO_SHUTDOWN_REGISTERED;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject) { return Register(&Devices, DeviceObject); }

NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject) { return Register(&LastChance, DeviceObject); }

static VOID Unregister(PLIST_ENTRY List, PDEVICE_OBJECT Device) {
    for (PLIST_ENTRY Link = List->Flink, Next; Link != List; Link = Next) {
        SHUTDOWN_ENTRY *Entry = CONTAINING_RECORD(Link, SHUTDOWN_ENTRY, Entry);
        Next = Link->Flink;
        if (Entry->Device != Device)
            continue;
        RemoveEntryList(Link);
        ExFreePoolWithTag(Entry, IOP_SHUTDOWN_TAG);
        ObfDereferenceObject(Device);
    }
}

VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject) {
    DeviceObject->Flags &= ~(ULONG)DO_SHUTDOWN_REGISTERED;
    Unregister(&Devices, DeviceObject);
    Unregister(&LastChance, DeviceObject);
}

static VOID NTAPI Tell(PDEVICE_OBJECT DeviceObject, BOOLEAN Active) {
    PDEVICE_OBJECT Device = IoGetAttachedDevice(DeviceObject);
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    IO_STATUS_BLOCK Result;

    if (!Irp)
        return;
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_SHUTDOWN;
    IopCallSynchronously(Device, Irp, &Result);
}

static VOID Notify(PLIST_ENTRY List) {
    while (!IsListEmpty(List)) {
        SHUTDOWN_ENTRY *Entry = CONTAINING_RECORD(RemoveHeadList(List), SHUTDOWN_ENTRY, Entry);
        Tell(Entry->Device, FALSE);
        ObfDereferenceObject(Entry->Device);
        ExFreePoolWithTag(Entry, IOP_SHUTDOWN_TAG);
    }
}

VOID IoShutdownSystem(VOID) {
    Notify(&Devices);
    IopTellFileSystems(Tell);
    Notify(&LastChance);
}
